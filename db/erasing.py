"""The only place where the log loses something: payloads of dossiers whose time of keeping is over.

An event says so first (`subject.erased`), and it counts once it has its place in the common order, or
at once where no upper server is. Then what the order holds of the dossier is emptied, with what lies
beside the log; the trigger of the log lets nothing else through. What a file still holds of it in
pages that are not used any more is overwritten by `Store.wipe`, for which a mark is left.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, exists, select, text, update

from counter_app.domain.dossier import CLOSED
from counter_app.domain.events import ERASED, Event
from counter_app.domain.retention import pages_of
from counter_app.wire.codec import decode_payload
from db.log import EVENT_COLUMNS
from db.sets import is_listed, listed
from db.settings import Settings
from db.tables import HIGH, attachment, dossier, event_log, event_order, event_verdict, sync_state

_TO_WIPE = "to_wipe"
"""Local value, JSON: how often something was emptied since the file was wiped, and the addresses of
pages of scanned papers that may have to go."""

_LAID = (
    select(event_log.c.subject)
    .distinct()
    .where(text("event_log.type = 'subject.erased'"), is_listed(event_log.c.subject))
)
_IN_ORDER = exists().where(event_order.c.event_id == event_log.c.event_id)
_STORY = select(*EVENT_COLUMNS, _IN_ORDER.label("ordered")).where(
    is_listed(event_log.c.subject), event_log.c.payload != ""
)
_EMPTY = update(event_log).where(is_listed(event_log.c.event_id)).values(payload="")
_TOLD = select(*EVENT_COLUMNS).where(event_log.c.type == "attachment.added")


class Erasures:
    """What is erased, inside a transaction of the book."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings

    def candidates(self, before: date) -> Sequence[str]:
        """Dossiers that are over, were received before that day, and of which no erasure is said."""
        said = exists().where(
            text("event_log.type = 'subject.erased'"), event_log.c.subject == dossier.c.id
        )
        query = (
            select(dossier.c.id)
            .where(dossier.c.status.in_(CLOSED), dossier.c.received_on < before.isoformat(), ~said)
            .order_by(dossier.c.received_at, dossier.c.num)
        )
        return list(self._connection.scalars(query))

    def held(self) -> Sequence[str]:
        """Dossiers of which anything was ever said about holding them."""
        query = select(event_log.c.subject).distinct().where(event_log.c.type == "subject.held")
        return list(self._connection.scalars(query))

    def alone(self) -> bool:
        """Whether no upper server is there to order what is written."""
        query = select(sync_state.c.value).where(sync_state.c.name == "server_id")
        return not self._connection.execute(query).scalar()

    def is_proved(self, dossier_id: str) -> bool:
        """Whether all that is told of it has its place in the order, or there is none."""
        if self.alone():
            return True
        untaken = select(event_log.c.num).where(event_log.c.subject == dossier_id, ~_IN_ORDER)
        refused = select(event_verdict.c.event_id).where(event_verdict.c.subject == dossier_id)
        run = self._connection.execute
        return run(untaken.limit(1)).first() is None and run(refused.limit(1)).first() is None

    def carry_out(self, subjects: Collection[str]) -> frozenset[str]:
        """Empty what is to be emptied of these dossiers; those of which there was something."""
        laid = list(self._connection.scalars(_LAID, listed(subjects)))
        if not laid:
            return frozenset()
        rows = self._connection.execute(_STORY, listed(laid)).fetchall()
        alone = self.alone()
        counting = {row.subject for row in rows if row.type == ERASED and (alone or row.ordered)}
        emptied = list(self._to_empty(rows, counting, alone))
        if not emptied:
            return frozenset(counting)
        ids = [event.event_id for event in emptied]
        self._note_pages(emptied)
        self._connection.execute(_EMPTY, listed(ids))
        self._connection.execute(
            delete(attachment).where(is_listed(attachment.c.event_id)), listed(ids)
        )
        about = event_verdict.c.event_id
        self._connection.execute(delete(event_verdict).where(is_listed(about)), listed(ids))
        return frozenset(counting)

    def _to_empty(
        self, rows: Sequence[Any], counting: Collection[str], alone: bool
    ) -> Iterator[Event]:
        """What the upper server has: in its order, or aside. It is told first of whatever waits here."""
        own = self._settings.identity().device_id
        kept = select(sync_state).where(sync_state.c.name.startswith(HIGH))
        highs = {
            row.name.removeprefix(HIGH): int(row.value) for row in self._connection.execute(kept)
        }
        for row in rows:
            event, ordered = Event(*row[:-1]), row.ordered
            above = event.device == own and event.dseq <= highs.get(event.incarnation, 0)
            if event.type != ERASED and event.subject in counting and (alone or ordered or above):
                yield event

    def _note_pages(self, emptied: Iterable[Event]) -> None:
        told = (decode_payload(event) for event in emptied if event.type == "attachment.added")
        pages = pages_of(told)
        times, before = json.loads(self._settings.get(_TO_WIPE) or "[0, []]")
        self._settings.put(_TO_WIPE, json.dumps([times + 1, sorted(pages.union(before))]))

    def to_wipe(self) -> tuple[str, Sequence[str]] | None:
        """The mark, and the addresses of pages that nothing in the book tells of any more; None where
        nothing was emptied since the file was last wiped.
        """
        mark = self._settings.get(_TO_WIPE)
        if not mark:
            return None
        pages = set(json.loads(mark)[1])
        if pages:
            # the same page may have been scanned for another dossier
            rows = self._connection.execute(_TOLD.where(event_log.c.payload != ""))
            pages -= pages_of(decode_payload(Event(*row)) for row in rows)
        return mark, sorted(pages)

    def wiped(self, mark: str) -> None:
        """Nothing of what was marked so is left; what was emptied meanwhile stays marked."""
        if self._settings.get(_TO_WIPE) == mark:
            self._settings.put(_TO_WIPE, "")
