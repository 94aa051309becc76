"""What a server that was put back has lost, given back to it in the order it had.

Own events go as ever, behind what the server has of their life. The server's own events go with the
signature that came with them. Between the two the old order is kept: a decision above stands between
the acts before and after it.
"""

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import delete, select

from counter_app.domain import chain
from counter_app.ports.sync import GiveBack
from counter_app.wire.messages import HighsAnswer
from db.lives import (
    following,
    highs_of,
    keep_high,
    lives_of,
    put_state,
    state_of,
)
from db.store import Books
from db.tables import event_log, event_order

_Run = tuple[str, str, int, int]

_BACK = "give_back"
"""[[whose ("own" or "upper"), life, first, last], ...], what is to go first at the front."""
_GIVEN = "gave_back"
"""The same of what the server has again: until it has a place in the new order, nothing else tells in
which it was.
"""


def begin_epoch(books: Books, server_id: str, epoch: str, kept: int, highs: HighsAnswer) -> None:
    """Write down what the server lost, then let go of the order behind `kept`."""
    lost = list(_lost(books, server_id, kept, highs))
    # what an epoch before lost stands in no order any more, or not in the new one yet
    lost += [run for run in _noted(books, _GIVEN) if not _has_place(books, server_id, run)]
    lost += _noted(books, _BACK)
    _keep_order(books, kept)
    put_state(books, epoch=epoch, upper="")
    _note(books, lost, [])
    above = dict(highs.own)
    for life, high in highs_of(books).items():
        keep_high(books, life, min(high, above.get(life, 0)))


def forget_order(books: Books, server_id: str, upto: int) -> None:
    """The order ends at that place; what is behind it comes anew, or is lost above before it does."""
    behind = [*_lost(books, server_id, upto, HighsAnswer((), ())), *_noted(books, _GIVEN)]
    _keep_order(books, upto)
    _note(books, _noted(books, _BACK), behind)


def _keep_order(books: Books, upto: int) -> None:
    """The order up to that place. Events stay."""
    own = books.settings.identity().device_id
    behind = books.connection.scalars(
        select(event_log.c.subject)
        .distinct()
        .join(event_order, event_order.c.event_id == event_log.c.event_id)
        .where(event_order.c.cseq > upto, event_log.c.device == own)
    )
    stories = books.log.own_stories(behind)
    books.connection.execute(delete(event_order).where(event_order.c.cseq > upto))
    # whoever takes in the order anew goes by it that own stories stand as they were written
    books.dossiers.refresh_all([subject for subject, in_order in stories.items() if not in_order])
    hashes = books.connection.scalars(
        select(event_log.c.hash).join(event_order, event_order.c.event_id == event_log.c.event_id)
    )
    cursor = min(upto, int(state_of(books).get("cursor", "0")))
    digest = chain.add(chain.NOTHING, hashes)
    # what was compared so far was another order
    put_state(books, cursor=str(cursor), order_digest=digest, compared="0")


def _lost(books: Books, server_id: str, kept: int, highs: HighsAnswer) -> Iterator[_Run]:
    """Runs of own and upper events behind `kept` that the server has not, in the order they had."""
    own, lives = books.settings.identity().device_id, set(lives_of(books))
    above = {"own": dict(highs.own), "upper": dict(highs.upper)}
    query = (
        select(event_log.c.device, event_log.c.incarnation, event_log.c.dseq)
        .join(event_order, event_order.c.event_id == event_log.c.event_id)
        .where(event_order.c.cseq > kept, event_log.c.device.in_((own, server_id)))
        .order_by(event_order.c.cseq)
    )
    run: _Run | None = None
    for device, life, dseq in books.connection.execute(query):
        whose = "own" if device == own else "upper"
        if (whose == "own" and life not in lives) or dseq <= above[whose].get(life, 0):
            continue
        if run is not None and run[:2] == (whose, life):
            run = (whose, life, run[2], dseq)
            continue
        if run is not None:
            yield run
        run = (whose, life, dseq, dseq)
    if run is not None:
        yield run


def all_back(books: Books) -> list[tuple[str, str, int, GiveBack | None]]:
    """(whose, life, last, the server's own events) of everything to be given back, in order. Crosses
    nothing out.
    """
    return [
        (whose, life, last, _upper(books, life, first, last) if whose == "upper" else None)
        for whose, life, first, last in _noted(books, _BACK)
    ]


def cross_out(books: Books, above: Mapping[str, int]) -> None:
    """What the server has by now, of its own lives and of ours, need not be given back."""
    has, waiting = {"upper": above, "own": highs_of(books)}, _noted(books, _BACK)
    left = [run for run in waiting if run[3] > has[run[0]].get(run[1], 0)]
    _note(books, left, _noted(books, _GIVEN) + [run for run in waiting if run not in left])


def next_back(books: Books, most: int, max_bytes: int) -> GiveBack | None:
    """The next of them; those that are with the server by now are crossed out."""
    while waiting := _noted(books, _BACK):
        whose, life, first, last = waiting[0]
        part = (
            _own(books, life, last, most, max_bytes)
            if whose == "own"
            else _upper(books, life, first, last)
        )
        if part is not None:
            return part
        gave_back(books)
    return None


def gave_back(books: Books) -> None:
    """Cross out the first."""
    first, *left = _noted(books, _BACK)
    _note(books, left, [*_noted(books, _GIVEN), first])


def _noted(books: Books, name: str) -> list[_Run]:
    return [tuple(run) for run in json.loads(state_of(books).get(name, "[]"))]


def _note(books: Books, waiting: list[_Run], given: list[_Run]) -> None:
    put_state(books, **{_BACK: json.dumps(waiting), _GIVEN: json.dumps(given)})


def _has_place(books: Books, server_id: str, run: _Run) -> bool:
    whose, life, _, last = run
    device = books.settings.identity().device_id if whose == "own" else server_id
    query = (
        select(event_order.c.cseq)
        .join(event_log, event_log.c.event_id == event_order.c.event_id)
        .where(
            event_log.c.device == device,
            event_log.c.incarnation == life,
            event_log.c.dseq == last,
        )
    )
    return books.connection.execute(query).first() is not None


def _own(books: Books, life: str, last: int, most: int, max_bytes: int) -> GiveBack | None:
    """Behind what the server has, those that were quarantined between them too."""
    high = highs_of(books).get(life, 0)
    device = books.settings.identity().device_id
    events = following(books, device, life, high, min(most, max(0, last - high)), max_bytes)
    return GiveBack(events, last, "") if events else None


def _upper(books: Books, life: str, first: int, last: int) -> GiveBack | None:
    """Up to the head that the server signed: only with what follows can it know them again."""
    kept = state_of(books)
    signed = kept.get(f"upper:{life}")
    if signed is None:
        return None
    head, _, signature = json.loads(signed)
    device = kept.get("server_id", "")
    events = following(books, device, life, first - 1, max(0, head - first + 1), _LARGEST)
    if not events or events[-1].dseq != head:
        return None
    return GiveBack(events, min(last, head), signature)


_LARGEST = 4_000_000
"""Bytes of what can be given back at once; under the cap of a message."""
