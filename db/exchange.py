"""What the counters of a commune tell each other, in the store: kept like what came from above, with
no place in the order until the upper server gives it one.
"""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import delete, func, select

from counter_app.domain.events import DOSSIER_TYPES, Event
from counter_app.ports.exchange import Peer, Told
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import PeerHave
from db.lives import highs_of, lives_of, put_state, state_of
from db.log import EVENT_COLUMNS
from db.pulled import take_in
from db.store import Books, Store
from db.tables import event_log, event_order, event_verdict, sync_state

_TOLD = "peer:"
_RELAY = "relay:"
_MOST_GAPS = 100
_MOST_IN_A_RUN, _BYTES_IN_A_RUN = 50, 16 * 1024
"""A run goes up whole or not at all, over whatever line its reader has."""

_have = msgspec.json.Decoder(tuple[PeerHave, ...])


class ExchangeStore:
    """Short transactions."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def device(self) -> str:
        """Who we are."""
        with self._store.read() as books:
            return books.settings.identity().device_id

    def peers(self) -> Sequence[Peer]:
        """The other counters that the upper server vouches for."""
        with self._store.read() as books:
            if not state_of(books).get("server_url"):
                return ()
            own = books.settings.identity().device_id
            return [
                Peer(key.device_id, key.counter, key.public_key)
                for key in books.settings.keys().values()
                if key.device_id != own and key.revoked_at is None
            ]

    def held(self, device: str) -> tuple[PeerHave, ...]:
        """Highest place of each life, and the first gaps before it."""
        with self._store.read() as books:
            query = (
                select(event_log.c.incarnation, func.max(event_log.c.dseq))
                .where(event_log.c.device == device)
                .group_by(event_log.c.incarnation)
                .order_by(event_log.c.incarnation)
            )
            return tuple(
                PeerHave(life, high, _gaps(books, device, life))
                for life, high in books.connection.execute(query)
            )

    def told(self, device: str) -> tuple[PeerHave, ...] | None:
        """What that counter said it holds of ours."""
        with self._store.read() as books:
            said = state_of(books).get(_TOLD + device)
        return None if said is None else _have.decode(said)

    def keep_told(self, device: str, have: Sequence[PeerHave]) -> None:
        """As it says: less than before where it was restored."""
        with self._store.write() as books:
            put_state(books, **{_TOLD + device: msgspec.json.encode(have).decode()})

    def wanted(self, have: Sequence[PeerHave] | None, most: int) -> Iterator[Sequence[Event]]:
        """Own events, run by run. What the upper server could not take waits for its repair."""
        with self._store.read() as books:
            if have is None:
                have = [PeerHave(life, high) for life, high in highs_of(books).items()]
            known = {one.life: one for one in have}
            found = [
                event
                for life in lives_of(books)
                for event in _lacking(books, known.get(life, PeerHave(life, 0)), most)
            ]
        run: list[Event] = []
        size = 0
        for event in found[:most]:
            size += len(event.payload) + 200
            last = run[-1] if run else None
            follows = last is not None and (
                (last.incarnation, last.dseq + 1) == (event.incarnation, event.dseq)
            )
            if run and (not follows or len(run) >= _MOST_IN_A_RUN or size > _BYTES_IN_A_RUN):
                yield run
                run, size = [], len(event.payload) + 200
            run.append(event)
        if run:
            yield run

    def take_in(self, events: Sequence[Event], signature: str) -> tuple[int, frozenset[str]]:
        """Events of a counter; the lists follow them."""
        with self._store.write() as books:
            entries = [(event, decode_payload(event)) for event in events]
            taken = take_in(books, entries, state_of(books).get("server_id", ""))
            new = [event for event, _ in taken.entries]
            if new:
                last = events[-1]
                told = [last.device, last.incarnation, last.dseq, signature]
                name = f"{_RELAY}{_next_relay(books):09}"
                put_state(books, **{name: msgspec.json.encode(told).decode()})
            for number in {event.subject for event in new if event.type == "pad.accounted"}:
                books.pads.refresh(number)
            told_of = [event.subject for event in new if event.type in DOSSIER_TYPES]
            books.dossiers.refresh_all(dict.fromkeys([*told_of, *taken.let_go]))
        return len(new), frozenset(event.subject for event in new)

    def next_to_relay(self) -> Told | None:
        """What that counter signed, as far as the server has not put it into its order."""
        with self._store.read() as books:
            query = (
                select(sync_state)
                .where(sync_state.c.name.startswith(_RELAY))
                .order_by(sync_state.c.name)
                .limit(1)
            )
            row = books.connection.execute(query).one_or_none()
            if row is None:
                return None
            device, life, upto, signature = msgspec.json.decode(row.value)
            found = books.connection.execute(
                select(*EVENT_COLUMNS)
                .select_from(
                    event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id)
                )
                .where(
                    event_log.c.device == device,
                    event_log.c.incarnation == life,
                    event_log.c.dseq <= upto,
                    event_order.c.cseq.is_(None),
                )
                .order_by(event_log.c.dseq.desc())
                .limit(_MOST_IN_A_RUN)
            )
            # backwards from the signed one, as far as they follow each other
            run: list[Event] = []
            for event in (Event(*columns) for columns in found):
                if event.dseq != upto - len(run):
                    break
                run.append(event)
        return Told(row.name, run[::-1], signature)

    def relayed(self, told: Told) -> None:
        """Once is enough."""
        with self._store.write() as books:
            books.connection.execute(delete(sync_state).where(sync_state.c.name == told.name))


def _next_relay(books: Books) -> int:
    names = [name for name in state_of(books) if name.startswith(_RELAY)]
    return int(max(names).removeprefix(_RELAY)) + 1 if names else 1


def _gaps(books: Books, device: str, life: str) -> tuple[tuple[int, int], ...]:
    mine = (event_log.c.device == device, event_log.c.incarnation == life)
    before = func.lag(event_log.c.dseq, 1, 0).over(order_by=event_log.c.dseq)
    places = select(event_log.c.dseq, before.label("before")).where(*mine).subquery()
    query = (
        select(places.c.before, places.c.dseq)
        .where(places.c.dseq > places.c.before + 1)
        .order_by(places.c.dseq)
        .limit(_MOST_GAPS)
    )
    return tuple((row.before + 1, row.dseq - 1) for row in books.connection.execute(query))


def _lacking(books: Books, known: PeerHave, most: int) -> list[Event]:
    """Own events of a life, without those that wait for their repair."""
    device = books.settings.identity().device_id
    aside = select(event_verdict.c.event_id).where(event_verdict.c.verdict == "quarantined")
    found: list[Event] = []
    for first, last in (*known.missing[:_MOST_GAPS], (known.high + 1, None)):
        query = (
            select(*EVENT_COLUMNS)
            .where(
                event_log.c.device == device,
                event_log.c.incarnation == known.life,
                event_log.c.dseq >= first,
                event_log.c.event_id.not_in(aside),
            )
            .order_by(event_log.c.dseq)
            .limit(most)
        )
        if last is not None:
            query = query.where(event_log.c.dseq <= last)
        found += [Event(*row) for row in books.connection.execute(query)]
    return found
