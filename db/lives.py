"""The lives (đời dữ liệu, incarnations) of a store: where each stands, and how the next one begins.

A store that was restored, or whose file was copied, goes on under a new life, so that no place in
the log is ever written twice. What it wrote before and shares with the server keeps its place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, select, update

from counter_app.domain import chain
from counter_app.domain.code import LAST_NUMBER_OF_A_BLOCK
from counter_app.domain.events import SYSTEM, Event, IncarnationStarted, LifeReason
from counter_app.ports import IdSource
from db.log import EVENT_COLUMNS
from db.sets import insert_all
from db.store import Books
from db.tables import (
    HIGH,
    TRIGGERS,
    code_number,
    event_log,
    event_order,
    sync_state,
)

NO_END = date.max.isoformat()
"""A copy whose twin may still be running keeps to its own blocks on every day."""


@dataclass(frozen=True, slots=True)
class Head:
    """A place in the log: everything of a life up to it. 0 is before the first event."""

    life: str
    dseq: int


def lives_of(books: Books) -> list[str]:
    """The lives this store has lived itself, the oldest first, the present one last."""
    older = (books.settings.get("lives") or "").split()
    return [*older, books.settings.identity().incarnation]


def is_copy(books: Books) -> bool:
    """Whether this store shares its counter number with another."""
    return books.settings.get("blocks_until") == NO_END


def highs_of(books: Books) -> dict[str, int]:
    """How far the server has acknowledged each life."""
    query = select(sync_state).where(sync_state.c.name.startswith(HIGH))
    rows = books.connection.execute(query)
    return {row.name.removeprefix(HIGH): int(row.value) for row in rows}


def keep_high(books: Books, life: str, high: int) -> None:
    """The server has this life up to here; what that means for the lists."""
    put_state(books, **{HIGH + life: str(high)})
    keep_sent(books)


def keep_sent(books: Books) -> None:
    """Everything of this device up to that place in the log is with the server."""
    device, highs = books.settings.identity().device_id, highs_of(books)
    waiting = [
        first
        for life in lives_of(books)
        if (first := _first_after(books, device, life, highs.get(life, 0))) is not None
    ]
    if waiting:
        sent = min(waiting) - 1
    else:
        query = select(func.coalesce(func.max(event_log.c.num), 0))
        sent = books.connection.execute(query).scalar_one()
    put_state(books, sent_num=str(sent))


def _first_after(books: Books, device: str, life: str, high: int) -> int | None:
    query = (
        select(event_log.c.num)
        .where(
            event_log.c.device == device,
            event_log.c.incarnation == life,
            event_log.c.dseq > high,
        )
        .order_by(event_log.c.dseq)
        .limit(1)
    )
    return books.connection.execute(query).scalar_one_or_none()


def misses_acknowledged(books: Books) -> bool:
    """Whether the last that the server acknowledged of a life has no place in its order: it was set aside,
    or lost.
    """
    device, highs = books.settings.identity().device_id, highs_of(books)
    for life in lives_of(books):
        query = (
            select(event_order.c.cseq)
            .select_from(
                event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id)
            )
            .where(
                event_log.c.device == device,
                event_log.c.incarnation == life,
                event_log.c.dseq <= highs.get(life, 0),
            )
            .order_by(event_log.c.dseq.desc())
            .limit(1)
        )
        last = books.connection.execute(query).first()
        if last is not None and last.cseq is None:
            return True
    return False


def unsent(books: Books) -> int:
    """Own events that the server has not acknowledged."""
    device, highs = books.settings.identity().device_id, highs_of(books)
    count = 0
    for life in lives_of(books):
        query = select(func.count()).where(
            event_log.c.device == device,
            event_log.c.incarnation == life,
            event_log.c.dseq > highs.get(life, 0),
        )
        count += books.connection.execute(query).scalar_one()
    return count


def hash_at(books: Books, life: str, dseq: int) -> str | None:
    """The hash of an own event; that of no events is the genesis."""
    if dseq == 0:
        return chain.GENESIS
    query = select(event_log.c.hash).where(
        event_log.c.device == books.settings.identity().device_id,
        event_log.c.incarnation == life,
        event_log.c.dseq == dseq,
    )
    return books.connection.execute(query).scalar_one_or_none()


def last_shared(books: Books, life: str, places: Iterable[tuple[int, str]]) -> int:
    """The last of these places of a life that says the same here; one chain, so all before it do."""
    shared = [dseq for dseq, known in places if hash_at(books, life, dseq) == known]
    return max(shared, default=0)


def begin_life(
    books: Books, ids: IdSource, reason: LifeReason, shared: Head, at: datetime, blocks_until: str
) -> str:
    """Go on under a new life. Own events behind `shared` move into it, ids and contents as they were.

    Every local day up to and including `blocks_until` is numbered in a block of the new life.
    """
    before = lives_of(books)
    place = before.index(shared.life)
    left = before[place:]
    tail = _tail(books, left, shared.dseq)
    from_hash = hash_at(books, shared.life, shared.dseq) or chain.GENESIS
    kept = before[:place] + ([shared.life] if shared.dseq else [])
    life = ids.random(8).hex()
    for name, value in (
        ("lives", " ".join(kept)),
        ("incarnation", life),
        ("dseq", "0"),
        ("head", chain.GENESIS),
        ("blocks_until", max(blocks_until, books.settings.get("blocks_until") or "")),
    ):
        books.settings.put(name, value)
    # the other store may go on in the blocks that this one has begun
    books.connection.execute(
        update(code_number).where(code_number.c.block > 0).values(last=LAST_NUMBER_OF_A_BLOCK)
    )
    books.log.append(
        IncarnationStarted(reason, shared.life, shared.dseq, from_hash),
        actor=SYSTEM,
        at=at,
        subject=books.settings.identity().device_id,
    )
    _move(books, tail)
    for name in left:
        high = min(highs_of(books).get(name, 0), shared.dseq if name == shared.life else 0)
        keep_high(books, name, high)
    return life


def let_go_of_told(books: Books, clash: ColumnElement[bool]) -> set[str]:
    """A neighbour told of these events, and the server or the neighbour itself now says otherwise: what
    clashes goes, with everything behind it in that life. Gives the subjects to be folded again; none
    where it is not ours to give up.
    """
    query = select(
        event_log.c.device, event_log.c.incarnation, event_log.c.dseq, event_order.c.cseq
    ).select_from(event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id))
    row = books.connection.execute(query.where(clash)).one_or_none()
    if row is None or row.cseq is not None:
        return set()
    if row.device == books.settings.identity().device_id:
        return set()
    return _let_go(books, row.device, row.incarnation, row.dseq)


def _let_go(books: Books, device: str, life: str, first: int) -> set[str]:
    """Rows of the log that no server has in its order, from a place of a life on; their subjects."""
    run = books.connection.exec_driver_sql
    (guard,) = (trigger for trigger in TRIGGERS if " event_log_no_delete " in trigger)
    run("DROP TRIGGER event_log_no_delete")
    gone = books.connection.scalars(
        delete(event_log)
        .where(
            event_log.c.device == device,
            event_log.c.incarnation == life,
            event_log.c.dseq >= first,
            event_log.c.event_id.not_in(select(event_order.c.event_id)),
        )
        .returning(event_log.c.subject)
    ).all()
    run(guard)
    return set(gone)


def _tail(books: Books, lives: Sequence[str], after: int) -> list[Event]:
    """Own events of these lives, of the first one only those behind `after`."""
    device = books.settings.identity().device_id
    found: list[Event] = []
    for life in lives:
        query = (
            select(*EVENT_COLUMNS)
            .where(
                event_log.c.device == device,
                event_log.c.incarnation == life,
                event_log.c.dseq > (after if life == lives[0] else 0),
            )
            .order_by(event_log.c.dseq)
        )
        found += [Event(*row) for row in books.connection.execute(query)]
    return found


def _move(books: Books, tail: Sequence[Event]) -> None:
    """Seal these events anew behind the own head. The log gives up the place and the hash of events
    that the server has never taken under the old life.
    """
    if not tail:
        return
    own = books.settings.identity()
    for life in {event.incarnation for event in tail}:
        first = min(event.dseq for event in tail if event.incarnation == life)
        _let_go(books, own.device_id, life, first)
    head, dseq = books.settings.get("head") or "", int(books.settings.get("dseq") or 0)
    sealed = []
    for event in tail:
        dseq += 1
        moved = chain.seal(
            head, own.device_id, own.incarnation, dseq,
            event.event_id, event.type, event.version, event.subject, event.occurred_at,
            event.clock, event.actor_id, event.actor_name, event.payload, event.payload_hash,
        )  # fmt: skip
        head = moved.hash
        sealed.append(moved)
    books.log.keep(sealed)
    books.settings.put("head", head)
    books.settings.put("dseq", str(dseq))
    # they stand at new places, and where two lives were moved maybe in another order
    books.dossiers.refresh_all({event.subject for event in tail})


def following(
    books: Books, device: str, life: str, after: int, most: int, max_bytes: int
) -> list[Event]:
    """Events of a life behind a place, one after the other; at least one, however large."""
    query = (
        select(*EVENT_COLUMNS)
        .where(
            event_log.c.device == device,
            event_log.c.incarnation == life,
            event_log.c.dseq > after,
        )
        .order_by(event_log.c.dseq)
        .limit(most)
    )
    chosen: list[Event] = []
    size = 0
    for row in books.connection.execute(query):
        event = Event(*row)
        size += len(event.payload.encode()) + 200
        if event.dseq != after + len(chosen) + 1 or (chosen and size > max_bytes):
            break
        chosen.append(event)
    return chosen


def state_of(books: Books) -> dict[str, str]:
    """What is known of the server, by name."""
    rows = books.connection.execute(select(sync_state.c.name, sync_state.c.value))
    return {row.name: row.value for row in rows}


def put_state(books: Books, **values: str) -> None:
    """Keep what is known of the server."""
    insert_all(books.connection, sync_state, ("name", "value"), list(values.items()), key="name")
