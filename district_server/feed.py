"""Handing a commune's events back to its counters."""

import hashlib
from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Integer, func, select

from counter_app.domain.events import Event
from counter_app.wire.messages import OrderAnswer, PullAnswer, WireKey, runs_of
from counter_app.wire.signing import head_bytes
from district_server.caller import Caller
from district_server.database import get_meta
from district_server.keys import ServerKeys
from district_server.lives import held_by
from district_server.projection import EVENT_COLUMNS
from district_server.tables import commune, device, event

MOST_EVENTS = 500
MOST_PLACES = 4_000
_PAIR = 40
"""Bytes of an own event in a page: even these must come over a line that takes little at once."""


def pull(
    connection: Connection,
    caller: Caller,
    life: str,
    epoch: str,
    after: int,
    max_bytes: int,
    keys: str,
    signing: ServerKeys,
) -> PullAnswer:
    """What comes after the cursor. A cursor of another epoch starts again. What the caller must hold,
    being of its own life or before it, comes as a pair; what a copy of it wrote comes whole.
    """
    current = get_meta(connection, "epoch") or ""
    begin = after if epoch == current else 0
    # the row first: what is read after it holds at least everything it counts
    here = connection.execute(select(commune).where(commune.c.org == caller.commune)).one()
    head: int = here.seq
    own: list[tuple[str, int, int]] = []
    wanted: list[int] = []
    held = held_by(connection, caller, life)
    upto, size = begin, 0
    for cseq, author, its_life, dseq, length in _places(connection, caller.commune, begin, head):
        is_own = author == caller.device and dseq <= held.get(its_life, 0)
        size += _PAIR if is_own else length + 200
        if (own or wanted) and size > max_bytes:
            break
        if is_own:
            own.append((its_life, dseq, cseq))
        else:
            wanted.append(cseq)
        upto = cseq
    others = _events(connection, caller.commune, wanted)
    listed = key_list(connection, caller.commune)
    version = _version(listed)
    return PullAnswer(
        current,
        runs_of(others),
        tuple(own),
        upto,
        head,
        upto < head,
        here.digest,
        None if version == keys else tuple(listed),
        version,
        _signed_heads(signing, [known for _, known in others]),
    )


def _places(
    connection: Connection, org: str, after: int, head: int
) -> list[tuple[int, str, str, int, int]]:
    """What stands there, and how long it is, without what it says: most of it may not be asked for."""
    measure = func.octet_length if connection.dialect.name == "postgresql" else func.length
    query = (
        select(
            event.c.cseq,
            event.c.device,
            event.c.incarnation,
            event.c.dseq,
            measure(event.c.payload, type_=Integer),
        )
        .where(event.c.commune == org, event.c.cseq > after, event.c.cseq <= head)
        .order_by(event.c.cseq)
        .limit(MOST_EVENTS)
    )
    return [tuple(row) for row in connection.execute(query)]


def _events(connection: Connection, org: str, places: Sequence[int]) -> list[tuple[int, Event]]:
    if not places:
        return []
    query = (
        select(event.c.cseq, *EVENT_COLUMNS)
        .where(event.c.commune == org, event.c.cseq.between(places[0], places[-1]))
        .order_by(event.c.cseq)
    )
    asked = frozenset(places)
    rows = connection.execute(query).fetchall()
    return [(cseq, Event(*columns)) for cseq, *columns in rows if cseq in asked]


def _signed_heads(
    signing: ServerKeys, events: Sequence[Event]
) -> tuple[tuple[str, int, str, str], ...]:
    """The server's last own event of each life among these, signed: so a counter can give them back."""
    own = signing.server_id
    last = {known.incarnation: known for known in events if known.device == own}
    found = []
    for life, known in last.items():
        message = head_bytes(own, life, known.dseq, known.hash)
        found.append((life, known.dseq, known.hash, signing.sign(message)))
    return tuple(found)


def order_after(connection: Connection, caller: Caller, after: int) -> OrderAnswer:
    """What stands at each place after that one, so that a counter finds where it differs."""
    query = (
        select(event.c.hash)
        .where(event.c.commune == caller.commune, event.c.cseq > after)
        .order_by(event.c.cseq)
        .limit(MOST_PLACES + 1)
    )
    hashes = [known[:16] for known in connection.scalars(query)]
    return OrderAnswer(tuple(hashes[:MOST_PLACES]), len(hashes) > MOST_PLACES)


def key_list(connection: Connection, org: str) -> list[WireKey]:
    """The keys of a commune's devices, revoked ones included."""
    query = select(device).where(device.c.commune == org).order_by(device.c.enrolled_at)
    return [
        WireKey(row.key_id, row.public_key, row.id, row.counter, row.enrolled_at, row.revoked_at)
        for row in connection.execute(query)
    ]


def _version(keys: Sequence[WireKey]) -> str:
    return hashlib.sha256(msgspec.json.encode(keys)).hexdigest()[:16]


def total_events(connection: Connection) -> int:
    """All events of all communes."""
    return connection.execute(select(func.count()).select_from(event)).scalar_one()
