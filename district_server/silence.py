"""Counters nobody has heard of: by line or by stick, whichever came last."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from counter_app.domain.clock import ClockState
from district_server.tables import device, event, quarantine, stream

AMBER_DAYS = 3
RED_DAYS = 7


@dataclass(frozen=True, slots=True)
class Heard:
    """A device and how it stands."""

    device: str
    commune: str
    counter: int
    enrolled_at: str
    last_sync_at: str | None
    revoked_at: str | None
    quarantined: int
    """Events that wait; what somebody left aside for good is not among them."""
    silent_days: int
    """Whole days since it was last heard of, or since it was enrolled."""
    also: tuple[int, ...] = ()
    """Counter numbers that copies of its store were given."""

    @property
    def silence(self) -> str:
        """`""`, `amber` from 3 days, `red` from 7; a revoked device is expected to be silent."""
        if self.revoked_at is not None or self.silent_days < AMBER_DAYS:
            return ""
        return "red" if self.silent_days >= RED_DAYS else "amber"


def heard(connection: Connection, now: datetime | None = None) -> list[Heard]:
    """Every device, by commune and counter."""
    now = now or datetime.now(UTC)
    aside = {
        (row.commune, row.device): row.n
        for row in connection.execute(
            select(quarantine.c.commune, quarantine.c.device, func.count().label("n"))
            .where(quarantine.c.state == "waiting")
            .group_by(quarantine.c.commune, quarantine.c.device)
        )
    }
    given = select(stream.c.commune, stream.c.device, stream.c.counter).where(
        stream.c.counter.is_not(None)
    )
    also: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in connection.execute(given):
        also[row.commune, row.device].add(row.counter)
    return [
        Heard(
            row.id,
            row.commune,
            row.counter,
            row.enrolled_at,
            row.last_sync_at,
            row.revoked_at,
            aside.get((row.commune, row.id), 0),
            max(0, (now - datetime.fromisoformat(row.last_sync_at or row.enrolled_at)).days),
            tuple(sorted(also[row.commune, row.id])),
        )
        for row in connection.execute(
            select(device).order_by(device.c.commune, device.c.counter, device.c.enrolled_at)
        )
    ]


def doubtful_clocks(connection: Connection, org: str) -> frozenset[str]:
    """Devices of a commune whose last act came with a time that its own counter doubted."""
    last = (
        (event.c.commune == stream.c.commune)
        & (event.c.device == stream.c.device)
        & (event.c.incarnation == stream.c.incarnation)
        & (event.c.dseq == stream.c.high)
    )
    query = select(stream.c.device, event.c.clock).join_from(stream, event, last)
    # of several lives of a device the newest act comes last
    rows = connection.execute(query.where(stream.c.commune == org).order_by(event.c.cseq))
    told = {row.device: row.clock.partition(" ")[0] for row in rows}
    return frozenset(one for one, state in told.items() if state != ClockState.OK)


def figures(connection: Connection) -> dict[str, dict[str, float]]:
    """Counters by how they stand, and what waits in quarantine, for the metrics."""
    devices = heard(connection)
    states = Counter("revoked" if one.revoked_at else one.silence or "active" for one in devices)
    named = ("active", "amber", "red", "revoked")
    return {
        "counters": {name: float(states[name]) for name in named},
        "quarantined_events": {"waiting": float(sum(one.quarantined for one in devices))},
    }
