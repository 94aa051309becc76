"""Handing a commune's events back to its counters."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, CursorResult, and_, case, func, or_, select

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
_AS_READ = {"stream_results": True, "max_row_buffer": MOST_EVENTS}
"""PostgreSQL hands out rows as they are read, five times as many at each turn; SQLite does so anyway."""


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
    others: list[tuple[int, Event]] = []
    upto, size = begin, 0
    held = held_by(connection, caller, life)
    with _ordered(connection, caller, held, begin, head) as rows:
        for cseq, is_own, *columns in rows:
            known = Event._make(columns)
            size += _PAIR if is_own else len(known.payload) + 200
            if upto > begin and size > max_bytes:
                break
            if is_own:
                own.append((known.incarnation, known.dseq, cseq))
            else:
                others.append((cseq, known))
            upto = cseq
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


def _ordered(
    connection: Connection, caller: Caller, held: Mapping[str, int], after: int, head: int
) -> CursorResult[*tuple[Any, ...]]:
    """Place, whether the caller holds it, and the event: without what it says where the caller does. To be
    read only as far as the page goes.
    """
    parts = [and_(event.c.incarnation == life, event.c.dseq <= high) for life, high in held.items()]
    is_own = and_(event.c.device == caller.device, or_(*parts))
    said = case((is_own, ""), else_=event.c.payload)
    columns = [said if column is event.c.payload else column for column in EVENT_COLUMNS]
    query = (
        select(event.c.cseq, is_own, *columns)
        .where(event.c.commune == caller.commune, event.c.cseq > after, event.c.cseq <= head)
        .order_by(event.c.cseq)
        .limit(MOST_EVENTS)
    )
    return connection.execute(query, execution_options=_AS_READ)


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
