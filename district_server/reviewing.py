"""Looking through what could not be taken, one dossier at a time; the applicant stays hidden.

Nothing a counter wrote is edited or deleted here. It is judged again as it stands, or left aside with a
reason.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, delete, func, select, tuple_, update

from counter_app.domain.events import ERASED
from district_server.caller import Caller
from district_server.database import lock_book
from district_server.faults import Refused
from district_server.ingest import free_emptied, take
from district_server.judging import as_it_came, judge
from district_server.keys import ServerKeys
from district_server.tables import device, quarantine

UNREPAIRED_DAYS = 3


@dataclass(frozen=True, slots=True)
class Aside:
    """One event that waits, without what it says."""

    device: str
    counter: int
    event_type: str
    occurred_at: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that waits of one dossier, in the order it was written."""

    commune: str
    subject: str
    dossier_code: str
    state: str
    """`waiting` or `discarded`."""
    set_aside_at: str
    decided_by: str
    decision: str
    events: tuple[Aside, ...]

    @property
    def revoked(self) -> bool:
        """Whether it waits because its device was revoked."""
        return any(one.code == "revoked" for one in self.events)

    @property
    def overdue_days(self) -> int:
        """Whole days that its counter has not put it right, from the third on; 0 before."""
        if self.revoked or self.state != "waiting" or not self.set_aside_at:
            return 0
        days = (datetime.now(UTC) - datetime.fromisoformat(self.set_aside_at)).days
        return days if days >= UNREPAIRED_DAYS else 0

    @property
    def first(self) -> Aside:
        """The one that holds up the others."""
        return self.events[0]


def waiting(connection: Connection) -> int:
    """Dossiers that wait, in all communes."""
    inner = (
        select(quarantine.c.commune, quarantine.c.subject)
        .where(quarantine.c.state == "waiting")
        .distinct()
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(inner)).scalar_one()


def cases(
    connection: Connection, state: str, limit: int, after: str = ""
) -> tuple[list[Case], str]:
    """Dossiers in that state, those that wait longest first; and behind which of them the next page begins,
    empty where there is none.
    """
    since_when = func.coalesce(func.min(quarantine.c.set_aside_at), "")
    place = (since_when, quarantine.c.commune, quarantine.c.subject)
    query = (
        select(*place)
        .where(quarantine.c.state == state)
        .group_by(quarantine.c.commune, quarantine.c.subject)
        .order_by(*place)
        .limit(limit + 1)
    )
    since, _, rest = after.partition(" ")
    org, _, subject = rest.partition(" ")
    if subject:
        query = query.having(tuple_(*place) > tuple_(since, org, subject))
    heads = connection.execute(query).fetchall()
    shown = [tuple(row) for row in heads[:limit]]
    found = (case_of(connection, org, subject) for _, org, subject in shown)
    further = " ".join(shown[-1]) if len(heads) > limit else ""
    return [case for case in found if case is not None], further


def case_of(connection: Connection, org: str, subject: str) -> Case | None:
    """One dossier's."""
    rows = connection.execute(
        select(quarantine, device.c.counter)
        .join(
            device,
            (device.c.commune == quarantine.c.commune) & (device.c.id == quarantine.c.device),
        )
        .where(quarantine.c.commune == org, quarantine.c.subject == subject)
        .order_by(quarantine.c.set_aside_at, quarantine.c.device, quarantine.c.dseq)
    ).fetchall()
    if not rows:
        return None
    states = {row.state for row in rows}
    events = []
    for row in rows:
        raw = msgspec.json.decode(row.raw)
        events.append(
            Aside(
                row.device,
                row.counter,
                str(raw.get("type", ""))[:60],
                str(raw.get("occurred_at", ""))[:40],
                row.code,
                row.message,
            )
        )
    return Case(
        org,
        subject,
        next((row.dossier_code for row in rows if row.dossier_code), ""),
        "waiting" if "waiting" in states else "discarded",
        rows[0].set_aside_at or "",
        next((row.decided_by for row in rows if row.decided_by), ""),
        next((row.decision for row in rows if row.decision), ""),
        tuple(events),
    )


def release(connection: Connection, keys: ServerKeys, org: str, subject: str) -> tuple[int, int]:
    """Judge the dossier's events again as if they came now: (taken, still waiting).

    A revoked device's are judged as its events of before: that somebody looked is the point.
    """
    lock_book(connection, org)
    mine = (quarantine.c.commune == org, quarantine.c.subject == subject)
    rows = connection.execute(
        select(quarantine).where(*mine).order_by(quarantine.c.set_aside_at, quarantine.c.dseq)
    ).fetchall()
    if not rows:
        raise Refused("case_unknown", "Hồ sơ này không còn chờ. Mở lại danh sách.", 404)
    since = {(row.device, row.incarnation, row.dseq): row.set_aside_at for row in rows}
    connection.execute(delete(quarantine).where(*mine))
    taken = 0
    for author in dict.fromkeys((row.device, row.incarnation) for row in rows):
        coming = [as_it_came(row.raw) for row in rows if (row.device, row.incarnation) == author]
        caller = _author(connection, org, author[0])
        good = judge(connection, caller, coming).good
        taken += len(good) - len(take(connection, keys, caller, good))
        if any(one.event.type == ERASED for one in good):
            taken += len(free_emptied(connection, keys, caller, {subject}))
    left = connection.execute(select(quarantine).where(*mine)).fetchall()
    for row in left:
        # it has waited since then, not since now
        connection.execute(
            update(quarantine)
            .where(
                *mine,
                quarantine.c.device == row.device,
                quarantine.c.incarnation == row.incarnation,
                quarantine.c.dseq == row.dseq,
            )
            .values(set_aside_at=since[row.device, row.incarnation, row.dseq])
        )
    return taken, len(left)


def discard(connection: Connection, org: str, subject: str, who: str, reason: str) -> None:
    """Leave the dossier's events aside for good; they stay as they came."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("reason_missing", "Chưa có lý do để riêng. Ghi lý do.")
    lock_book(connection, org)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = connection.execute(
        update(quarantine)
        .where(
            quarantine.c.commune == org,
            quarantine.c.subject == subject,
            quarantine.c.state == "waiting",
        )
        .values(state="discarded", decided_at=now, decided_by=who, decision=reason[:500])
    )
    if changed.rowcount == 0:
        raise Refused("case_unknown", "Hồ sơ này không còn chờ. Mở lại danh sách.", 404)


def _author(connection: Connection, org: str, device_id: str) -> Caller:
    counter = connection.execute(
        select(device.c.counter).where(device.c.commune == org, device.c.id == device_id)
    ).scalar_one()
    return Caller(device_id, org, counter, b"", None)
