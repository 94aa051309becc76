"""A form's way into the book: kept as a draft, checked, taken in. All of it happens on the lanes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QObject, Signal

from counter_app.domain.receipt import Receipt
from counter_app.ports import DossierRow
from counter_app.services.intake import Check, IdentitySource
from counter_app.services.results import Accepted, Noticed, Rejected
from counter_app.services.visits import Closed
from ui.desk import Desk

_PREVIEW_WIDTH = 576
_LEFT = "Hồ sơ trước chưa lưu được, đã để ở nháp (Bàn làm việc)."


@dataclass(frozen=True, slots=True)
class Taken:
    """What F12 or Ctrl+D wrote."""

    made: Accepted
    visit_id: str = ""
    again: bool = False
    closed: Closed | None = None


@dataclass(frozen=True, slots=True)
class _Flight:
    """A form as it was last typed, and whether anybody typed at all."""

    draft: Mapping[str, Any]
    dirty: bool


class Taking(QObject):
    """One form at a time: what is found out for a form that has gone is dropped."""

    checked = Signal(object)
    """Check: what the form would become now."""
    drawn = Signal(object)
    """The slip as it would come out."""
    added = Signal(object)
    """Taken: it is in the book, the paper waits for the last dossier of this person."""
    taken = Signal(object)
    """Taken: it is in the book, `made` tells which."""
    noticed = Signal()
    """A notice was given out instead."""
    behind = Signal(object)
    """Taken: of a form that was left before the answer came."""
    rejected = Signal(object)
    failed = Signal(str)
    clock_answered = Signal(object)
    """The moment that is gone by from now on, or the Problem why not."""
    visit_read = Signal(str, object)
    """(visit id, codes): what a visit has that waits for its last dossier."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._believed: date | None = None
        """The day of the PC's clock that an officer confirmed."""
        self._flights: dict[str, _Flight] = {}
        """Forms on their way into the book, the oldest first, by draft id."""
        self.begin()

    @property
    def believes_clock(self) -> bool:
        """Whether somebody has confirmed the day that the PC shows."""
        return self._believed == self._desk.now().date()

    def believe_clock(self) -> None:
        """The day is right, whatever the book says."""
        self._believed = self._desk.now().date()

    def put_clock_right(self, day: str, hour: str, *, sure: bool) -> None:
        """It is that day and hour, whatever the PC shows."""
        guard = self._desk.counter.clock_guard
        self._desk.read(
            lambda: guard.put_right(day, hour, sure=sure),
            self._on_clock_answered,
        )

    @property
    def busy(self) -> bool:
        """Whether this form is on its way into the book."""
        return self.draft_id in self._flights

    def begin(self, draft_id: str = "") -> None:
        """Another form: an empty one, or a draft that is gone on with."""
        self.draft_id = draft_id or self._desk.counter.ids.new_id(self._desk.now())
        self.made: Accepted | None = None
        self.dirty = False

    def keep(self, draft: Mapping[str, Any]) -> None:
        """The draft survives whatever happens next."""
        if self.busy:
            # a draft that is saved after its dossier would be taken in again
            self._flights[self.draft_id] = _Flight(draft, self.dirty)
        elif self.dirty and self.made is None:
            self._save(self.draft_id, draft)

    def _save(self, draft_id: str, draft: Mapping[str, Any]) -> None:
        who, drafts = self._desk.officer, self._desk.counter.drafts
        if who is not None:
            self._desk.lanes.records.submit(lambda: drafts.save(who.id, draft_id, draft))

    def check(self, draft: Mapping[str, Any]) -> None:
        """Ask what the draft would become; keep it at the same time."""
        if self.made is not None or self.busy or self._desk.officer is None:
            return
        counter, who = self._desk.counter, self._desk.who
        draft_id, dirty = self.draft_id, self.dirty

        def work() -> tuple[str, Check]:
            if dirty:
                counter.drafts.save(who.id, draft_id, draft)
            return draft_id, counter.intake.check(draft, who)

        self._desk.read(work, self._on_checked)

    def take_in(
        self, draft: dict[str, Any], source: IdentitySource, *, again: bool = False
    ) -> None:
        """Write it into the book; `again` where one more of the same person follows."""
        counter, who, draft_id = self._desk.counter, self._desk.who, self.draft_id
        if again and "visit" not in draft:
            draft["visit"] = counter.ids.new_id(self._desk.now())
        visit_id, asks = draft.get("visit", ""), not self.believes_clock
        self._flights[draft_id] = _Flight(draft, self.dirty)

        def work() -> Taken | Rejected:
            made = counter.intake.accept(draft, who, source, asks_about_clock=asks)
            if isinstance(made, Rejected):
                return made
            counter.drafts.discard(draft_id)
            if again or not visit_id:
                return Taken(made, visit_id, again)
            closed = counter.visits.close(visit_id, who)
            return Taken(made, visit_id, closed=closed if isinstance(closed, Closed) else None)

        self._desk.lanes.records.submit(work, self._on_taken, self._on_failed)

    def give_notice(self, draft: dict[str, Any]) -> None:
        """A supplement notice or a refusal: nothing is taken in, no date is set."""
        draft.pop("due_override", None)
        intake, who = self._desk.counter.intake, self._desk.who
        self._desk.lanes.records.submit(lambda: intake.refuse(draft, who), self._on_noticed)

    def read_visit(self, visit_id: str) -> None:
        """The visit that a draft belongs to."""
        visits = self._desk.counter.visits
        self._desk.read(lambda: (visit_id, visits.still_open(visit_id)), self._on_visit_read)

    def open_code(self, code: str) -> None:
        """Look at a dossier that is in the book already."""
        search = self._desk.counter.search
        self._desk.read(lambda: search.find(code, 1), self._on_found)

    def _gone(self, draft_id: str) -> bool:
        return draft_id != self.draft_id or self.made is not None

    def _on_checked(self, answer: tuple[str, Check]) -> None:
        draft_id, checked = answer
        if self._gone(draft_id):
            return
        self.checked.emit(checked)
        if checked.preview is not None:
            self._draw(checked.preview)

    def _draw(self, receipt: Receipt) -> None:
        prints, draft_id = self._desk.counter.prints, self.draft_id
        self._desk.lanes.paper.submit(
            lambda: (draft_id, prints.preview(receipt, _PREVIEW_WIDTH)), self._on_drawn
        )

    def _on_drawn(self, answer: tuple[str, bytes]) -> None:
        draft_id, png = answer
        if not self._gone(draft_id):
            self.drawn.emit(png)

    def _on_taken(self, taken: Taken | Rejected) -> None:
        draft_id = self._landed(missed=isinstance(taken, Rejected))
        if isinstance(taken, Rejected):
            if draft_id == self.draft_id:
                self.rejected.emit(taken)
            else:
                self.failed.emit(f"{_LEFT} {taken.problems[0].message}")
            return
        self._desk.announce(taken.made.changes)
        if draft_id != self.draft_id:
            self.behind.emit(taken)
            return
        self.dirty = False
        if taken.again:
            self.added.emit(taken)
        else:
            self.made = taken.made
            self.taken.emit(taken)

    def _on_failed(self, fault: Exception) -> None:
        draft_id = self._landed(missed=True)
        said = getattr(fault, "message", "Chưa lưu được hồ sơ này. Hãy làm lại.")
        self.failed.emit(said if draft_id == self.draft_id else f"{_LEFT} {said}")

    def _landed(self, *, missed: bool) -> str:
        """Whose answer it is: the lane answers in the order in which it was asked. What is not in the book
        stays a draft.
        """
        draft_id = next(iter(self._flights))
        flight = self._flights.pop(draft_id)
        if missed and flight.dirty:
            self._save(draft_id, flight.draft)
        return draft_id

    def _on_noticed(self, made: Noticed | Rejected) -> None:
        if isinstance(made, Rejected):
            self.rejected.emit(made)
            return
        self._desk.announce(made.changes)
        self._desk.forms_requested.emit((("", made.notice_id),))
        self._desk.told.emit(f"Đã lập phiếu số {made.notice_no}.")
        self.noticed.emit()

    def _on_clock_answered(self, answer: object) -> None:
        self.clock_answered.emit(answer)

    def _on_visit_read(self, answer: tuple[str, tuple[str, ...]]) -> None:
        self.visit_read.emit(*answer)

    def _on_found(self, rows: tuple[DossierRow, ...]) -> None:
        if rows:
            self._desk.open_requested.emit(rows[0].id)
