"""Finding a dossier and opening it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.dossier import Dossier, Status
from counter_app.domain.office import Office
from counter_app.domain.text import clean_text
from counter_app.ports import Clock, DossierRow, PrintJob, Store, Trouble


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier as it is shown: its state with the whole story, and its prints."""

    dossier: Dossier
    row: DossierRow
    office: Office
    prints: tuple[PrintJob, ...]
    trouble: Trouble | None
    """What the upper server has not taken of it."""


class Search:
    """One box finds everything; a code or a scan opens at once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(
        self, text: str, limit: int = 50, among: Collection[Status] = ()
    ) -> tuple[DossierRow, ...]:
        """Newest first; all words must match, the last may be half typed.

        Only what stands at one of the statuses `among`, where there are any.
        """
        today = self._clock.now().date()
        with self._store.read() as books:
            return tuple(books.dossiers.find(clean_text(text), limit, today, among))

    def open(self, dossier_id: str) -> DossierView | None:
        """The dossier of that id."""
        with self._store.read() as books:
            dossier = books.dossiers.get(dossier_id)
            row = books.dossiers.row(dossier_id)
            if dossier is None or row is None:
                return None
            office = books.settings.office(dossier.office_version)
            prints = tuple(books.prints.of(dossier_id))
            return DossierView(dossier, row, office, prints, books.dossiers.trouble(dossier_id))

    def received_after(
        self, counter_no: int, since: datetime, until: datetime
    ) -> tuple[Dossier, ...]:
        """What that counter received later than `since`, in the order of reception."""
        with self._store.read() as books:
            ids = books.dossiers.received(since.date(), until.date())
            found = [books.dossiers.get(dossier_id) for dossier_id in ids]
        return tuple(
            one for one in found if one and one.counter_no == counter_no and one.received_at > since
        )

    def by_code(self, code: str) -> tuple[DossierView, ...]:
        """Whoever carries or carried the code; two only where copies of a store issued it twice."""
        with self._store.read() as books:
            ids = books.dossiers.ids_of(clean_text(code))
        views = (self.open(dossier_id) for dossier_id in ids)
        return tuple(view for view in views if view is not None)
