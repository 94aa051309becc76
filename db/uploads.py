"""Pages of scanned papers as the sync lane sees them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select, update

from counter_app.domain.dossier import OPEN, Status
from counter_app.domain.events import AttachmentAdded, Event
from counter_app.ports.attachments import PageToSend, WantedPage
from counter_app.wire.codec import decode_payload
from db.lives import put_state, state_of
from db.log import EVENT_COLUMNS
from db.store import Store
from db.tables import attachment, dossier, event_log

_OF_OPEN = (
    select(event_log.c.event_id, *EVENT_COLUMNS)
    .join_from(dossier, event_log, event_log.c.subject == dossier.c.id)
    .where(dossier.c.status.in_((*OPEN, Status.COMPLETED)), event_log.c.type == "attachment.added")
    .order_by(dossier.c.num, event_log.c.num)
)


def not_above(epoch: str) -> ColumnElement[bool]:
    """Pages that the server of this epoch has not taken: two ranges of the index, for `<>` reads them all."""
    return or_(attachment.c.epoch < epoch, attachment.c.epoch > epoch)


class Uploads:
    """Short transactions, nothing held while the line is waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def next(self, passed: int) -> PageToSend | None:
        """The oldest page that the server of this epoch has not taken, behind `passed`."""
        found = self._waiting(1, passed)
        return found[0] if found else None

    def waiting(self, most: int) -> Sequence[PageToSend]:
        """The oldest such pages."""
        return self._waiting(most, 0)

    def _waiting(self, most: int, passed: int) -> Sequence[PageToSend]:
        with self._store.read() as books:
            epoch = state_of(books).get("epoch", "")
            rows = books.connection.execute(
                select(attachment)
                .where(not_above(epoch), attachment.c.num > passed)
                .order_by(attachment.c.num)
                .limit(most)
            ).fetchall()
        return [PageToSend(row.num, row.event_id, row.page, row.sha256, row.size) for row in rows]

    def taken(self, page: PageToSend) -> None:
        """The server has the whole page and its hash is right."""
        with self._store.write() as books:
            epoch = state_of(books).get("epoch", "")
            books.connection.execute(
                update(attachment).where(attachment.c.num == page.num).values(epoch=epoch)
            )

    def of_open(self) -> Sequence[WantedPage]:
        """As the log tells, in the order of the dossiers."""
        with self._store.read() as books:
            told = [
                (row[0], decode_payload(Event(*row[1:])))
                for row in books.connection.execute(_OF_OPEN)
            ]
        return [
            WantedPage(event_id, number, page.sha256, page.size)
            for event_id, payload in told
            if isinstance(payload, AttachmentAdded)
            for number, page in enumerate(payload.pages)
        ]

    def piece(self) -> int:
        """Bytes that the line took well in one request; 0 where nothing is known."""
        with self._store.read() as books:
            return int(state_of(books).get("piece", "0"))

    def keep_piece(self, size: int) -> None:
        """Remember it for the next cycle."""
        with self._store.write() as books:
            put_state(books, piece=str(size))
