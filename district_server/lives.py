"""The lives (incarnations) of devices: what the server has of each, and what a store must hold."""

import msgspec
from sqlalchemy import Connection, bindparam, select, true

from counter_app.domain.events import Event, IncarnationStarted
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import StreamAnswer, WireProblem
from district_server.caller import Caller
from district_server.projection import EVENT_COLUMNS
from district_server.tables import event, quarantine, stream

MOST_PLACES = 2_000
_NUMBERS = select(stream.c.counter).where(
    stream.c.commune == bindparam("org"),
    stream.c.device == bindparam("author"),
    stream.c.counter.is_not(None),
)
_NO_END = 2**31 - 1
"""Behind every place: a column holds no more."""


def stream_of(connection: Connection, caller: Caller, life: str, after: int) -> StreamAnswer:
    """Place by place what the server has of a life of the caller, so that it finds where it differs."""
    high = connection.execute(
        select(stream.c.high).where(
            stream.c.commune == caller.commune,
            stream.c.device == caller.device,
            stream.c.incarnation == life,
        )
    ).scalar()
    taken = select(event.c.dseq, event.c.hash).where(
        event.c.commune == caller.commune,
        event.c.device == caller.device,
        event.c.incarnation == life,
        event.c.dseq > after,
    )
    rows = connection.execute(taken.order_by(event.c.dseq).limit(MOST_PLACES))
    places = [(row.dseq, row.hash) for row in rows]
    aside = select(quarantine.c.dseq, quarantine.c.raw).where(
        quarantine.c.commune == caller.commune,
        quarantine.c.device == caller.device,
        quarantine.c.incarnation == life,
        quarantine.c.dseq > after,
    )
    for row in connection.execute(aside.order_by(quarantine.c.dseq).limit(MOST_PLACES)):
        places.append((row.dseq, msgspec.json.decode(row.raw)["hash"]))
    kept = sorted(places)[:MOST_PLACES]
    last = high or 0
    return StreamAnswer(last, tuple(kept), len(kept) == MOST_PLACES and kept[-1][0] < last)


def aside_of(
    connection: Connection, caller: Caller, life: str, first: int = 1, last: int | None = None
) -> tuple[WireProblem, ...]:
    """What could not be taken of a life of the caller, and still waits or was left aside."""
    query = (
        select(quarantine)
        .where(
            quarantine.c.commune == caller.commune,
            quarantine.c.device == caller.device,
            quarantine.c.incarnation == life,
            quarantine.c.dseq >= first,
            quarantine.c.dseq <= last if last is not None else true(),
        )
        .order_by(quarantine.c.dseq)
    )
    return tuple(
        WireProblem(row.dseq, row.event_id, row.subject, row.dossier_code, row.code, row.message)
        for row in connection.execute(query)
    )


def numbers_of(connection: Connection, caller: Caller) -> frozenset[int]:
    """The counter numbers that a device's stores number under: its own, and what copies were given."""
    known = {"org": caller.commune, "author": caller.device}
    return frozenset((caller.counter, *connection.scalars(_NUMBERS, known)))


def held_by(connection: Connection, caller: Caller, life: str) -> dict[str, int]:
    """Life → how much of it a store in this life holds, being its own past. Of a life that has not
    told yet where it comes from nothing older is taken for granted.
    """
    # by its lives: asked of its events alone, this reads the place of every one of them
    first = (
        (event.c.commune == stream.c.commune)
        & (event.c.device == stream.c.device)
        & (event.c.incarnation == stream.c.incarnation)
        & (event.c.dseq == 1)
    )
    query = (
        select(*EVENT_COLUMNS)
        .join_from(stream, event, first)
        .where(
            stream.c.commune == caller.commune,
            stream.c.device == caller.device,
            event.c.type == "incarnation.started",
        )
    )
    begun = {}
    for row in connection.execute(query):
        known = Event(*row)
        payload = decode_payload(known)
        if isinstance(payload, IncarnationStarted):
            begun[known.incarnation] = payload
    held = {life: _NO_END}
    while (start := begun.get(life)) is not None and start.from_incarnation not in held:
        life = start.from_incarnation
        # whatever its author wrote
        held[life] = max(0, min(start.from_dseq, _NO_END))
    return held
