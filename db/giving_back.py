"""What a server that was put back has lost, given back to it in the order it had.

Own events go as ever, behind what the server has of their life. The server's own events go with the
signature that came with them. Between the two the old order is kept: a decision above stands between
the acts before and after it.
"""

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import delete, func, or_, select

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

_BACK = "give_back"
"""[[whose ("own" or "upper"), life, first, last], ...], what is to go first at the front."""


def begin_epoch(books: Books, server_id: str, epoch: str, kept: int, highs: HighsAnswer) -> None:
    """Write down what the server lost, then let go of the order behind `kept`."""
    lost = [list(run) for run in _lost(books, server_id, kept, highs)]
    # what an epoch before lost and did not get back yet stands in no order any more
    lost += [run for run in json.loads(state_of(books).get(_BACK, "[]")) if run not in lost]
    keep_order(books, kept)
    put_state(books, epoch=epoch, upper="", **{_BACK: json.dumps(lost)})
    above = dict(highs.own)
    for life, high in highs_of(books).items():
        keep_high(books, life, min(high, above.get(life, 0)))


def keep_order(books: Books, upto: int) -> None:
    """The order up to that place; what is behind it comes anew. Events stay."""
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


def _lost(
    books: Books, server_id: str, kept: int, highs: HighsAnswer
) -> Iterator[tuple[str, str, int, int]]:
    """Runs of own and upper events behind `kept` that the server has not, in the order they had. What was
    given back before and had no place in a new order yet follows, as it was written here.
    """
    own, lives = books.settings.identity().device_id, set(lives_of(books))
    above = {"own": dict(highs.own), "upper": dict(highs.upper)}
    placed = event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id)
    unplaced = event_order.c.cseq.is_(None)
    last_upper = (
        select(func.coalesce(func.max(event_log.c.num), 0))
        .select_from(placed)
        .where(event_log.c.device == server_id, unplaced)
        .scalar_subquery()
    )
    query = (
        select(event_log.c.device, event_log.c.incarnation, event_log.c.dseq)
        .select_from(placed)
        # own events that no decision above follows go up as ever
        .where(or_(event_order.c.cseq > kept, unplaced & (event_log.c.num <= last_upper)))
        .where(event_log.c.device.in_((own, server_id)))
        .order_by(unplaced, event_order.c.cseq, event_log.c.num)
    )
    run: tuple[str, str, int, int] | None = None
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
    waiting = json.loads(state_of(books).get(_BACK, "[]"))
    return [
        (whose, life, last, _upper(books, life, first, last) if whose == "upper" else None)
        for whose, life, first, last in waiting
    ]


def cross_out(books: Books, above: Mapping[str, int]) -> None:
    """What the server has by now, of its own lives and of ours, need not be given back."""
    waiting = json.loads(state_of(books).get(_BACK, "[]"))
    has = {"upper": above, "own": highs_of(books)}
    left = [part for part in waiting if part[3] > has[part[0]].get(part[1], 0)]
    put_state(books, **{_BACK: json.dumps(left)})


def next_back(books: Books, most: int, max_bytes: int) -> GiveBack | None:
    """The next of them; those that are with the server by now are crossed out."""
    while waiting := json.loads(state_of(books).get(_BACK, "[]")):
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
    waiting = json.loads(state_of(books).get(_BACK, "[]"))
    put_state(books, **{_BACK: json.dumps(waiting[1:])})


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
