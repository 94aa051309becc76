"""The intake screen: the sections at the left, what they promise at the right, and how it all goes on."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from counter_app.domain.outcome import Outcome
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import ProcedureCase
from counter_app.domain.scan import Scan
from counter_app.domain.slip_code import Verdict
from counter_app.services.intake import Check
from counter_app.services.prints import Printed
from counter_app.services.results import Rejected
from counter_app.services.scans import Judged
from ui.desk import Desk
from ui.dialogs import ask_notice
from ui.fields import EnterMoves, Field
from ui.intake.applicant import ApplicantSection
from ui.intake.clock_strip import ClockStrip
from ui.intake.paper_strip import PaperStrip
from ui.intake.papers import Papers
from ui.intake.problem_list import Marks, section_of
from ui.intake.procedure import ProcedureSection
from ui.intake.promise import Promise
from ui.intake.result import ResultSection
from ui.intake.section import Section
from ui.intake.taking import Taken, Taking
from ui.intake.visit import VisitTabs
from ui.page import Page
from ui.widgets import Banner, Button, column, row

_EDGE, _EDGE_NARROW = 12, 4
"""Pixels above and below."""
_CHECK_AFTER_MS = 120
_NEXT_AFTER_MS = 1200
_CLOCK = "clock_doubtful"
_SET_CLOCK = (
    "Gõ ngày giờ đúng ở ô dưới (Alt+T), hoặc sửa giờ của máy, rồi bấm F12. Máy chỉ đúng thì Alt+G."
)
_CLOCK_TYPED = "Từ giờ ghi theo {:%H:%M, %d/%m/%Y} và đi tiếp, đến khi tắt chương trình. Nhớ nhờ người chỉnh giờ của máy."
_ENDED = {
    Outcome.CONFIRMED: "Đã in phiếu.",
    Outcome.SENT: "Đã gửi phiếu tới máy in.",
    Outcome.UNKNOWN: "Chưa biết phiếu đã ra chưa.",
    Outcome.FAILED: "Chưa in được phiếu.",
}


class IntakePage(Page):
    """F2."""

    title = "Tiếp nhận"

    @property
    def subtitle(self) -> str:  # type: ignore[override]
        """The number of whoever stands there."""
        return f"Số {self.desk.serving}" if self.desk.serving else ""

    hints = (
        ("Enter", "ô kế"),
        ("Alt+1-4", "mục"),
        ("Alt+A", "đủ giấy tờ"),
        ("Ctrl+D", "thêm thủ tục"),
        ("Ctrl+H", "để chờ"),
        ("Ctrl+T", "từ chối"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._left_at: QWidget | None = None
        self._known_alike = ""
        self._doubted = ""
        self._check_soon = _once_after(_CHECK_AFTER_MS, self._check, self)
        self._next = _once_after(_NEXT_AFTER_MS, self.start_new, self)
        self._waits_for_clock: Callable[[], None] | None = None
        """What F12 or Ctrl+D goes on with once the typed time is in force."""
        self.banner = Banner()
        self.clock = ClockStrip()
        self.visit = VisitTabs()
        self.paper = PaperStrip(desk.now)
        self.applicant = ApplicantSection(desk.now, desk.counter.office.villages)
        self.procedure = ProcedureSection(desk)
        self.papers = Papers()
        self.result = ResultSection()
        self.promise = Promise(desk.theme, desk.now)
        self.taking = Taking(desk, self)
        self._sections: tuple[Section | PaperStrip, ...] = (
            self.paper,
            self.applicant,
            self.procedure,
            self.papers,
            self.result,
        )
        """In reading order, each where its number says."""
        self._parts: tuple[Section | PaperStrip | Promise, ...] = (*self._sections, self.promise)
        """What a draft is made of."""
        self._acts: dict[str, Callable[[], None]] = {
            "Alt+1": self.applicant.begin,
            "Alt+2": self.procedure.begin,
            "Alt+3": self.papers.begin,
            "Alt+4": self.result.begin,
            "Alt+A": self.papers.tick_required,
            "Alt+N": self.promise.change_due,
            "Alt+P": self.paper.toggle,
            "Alt+T": self.clock.begin,
            "Alt+X": self.promise.toggle,
            "Ctrl+B": lambda: self._give_notice("supplement"),
            "Ctrl+D": self._add,
            "Ctrl+H": self._hold,
            "Ctrl+T": lambda: self._give_notice("refusal"),
        }
        self._lay_out()
        self._tie()
        self.start_new()

    # ---- building ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        left = QWidget()
        left.setLayout(column(self.banner, self.clock, self.visit, *self._sections, space=8))
        whole = row(left, self.promise, space=12)
        whole.setStretch(0, 1)
        self.setLayout(whole)
        self.set_narrow(False)
        self._fields: dict[QWidget, Field] = {
            field.edit: field for section in self._sections for field in section.enters
        }
        self._enter = EnterMoves(list(self._fields), self._skip)
        # the lists under these two see Enter before it moves on
        self.procedure.box.hints.watch()
        self.applicant.villages.watch()

    def _tie(self) -> None:
        """What a part says, and who does something about it."""
        for part in self._parts:
            part.changed.connect(self._on_changed)
        places: dict[str, Field] = {}
        for section in self._sections:
            places.update(section.places)
        self._marks = Marks(places)
        for field in {*places.values()}:
            # marks appear when a field is left
            field.left.connect(self._check_soon.start)
        self.applicant.told.connect(self.banner.tell)
        self.paper.dropped.connect(self.applicant.begin)
        self.procedure.case_shown.connect(self._on_case)
        self.procedure.settled.connect(self.papers.begin)
        self.promise.problems.chosen.connect(self._to_problem)
        self.taking.checked.connect(self._on_checked)
        self.taking.drawn.connect(self.promise.show_slip)
        self.taking.added.connect(self._on_added)
        self.taking.taken.connect(self._on_taken)
        self.taking.behind.connect(self._on_behind)
        self.taking.noticed.connect(self.start_new)
        self.taking.rejected.connect(self._on_rejected)
        self.taking.failed.connect(self._on_failed)
        self.taking.visit_read.connect(self.visit.go_on)
        self.clock.typed.connect(self._put_clock_right)
        self.taking.clock_answered.connect(self._on_clock_answered)
        self.desk.printed.connect(self._on_printed)

    def _skip(self, edit: QWidget) -> bool:
        """Enter passes over what is filled and right; name and procedure are never passed empty."""
        field = self._fields[edit]
        return edit.property("state") != "error" and len(field.text) >= field.enough

    # ---- the frame's calls ---------------------------------------------------------------------

    def buttons(self) -> list[Button]:
        """Supplement notice, and the one that finishes."""
        supplement = Button("Phiếu bổ sung", "Ctrl+B")
        supplement.clicked.connect(self._acts["Ctrl+B"])
        save = Button("Lưu và in phiếu", "F12", "primary")
        save.clicked.connect(self.finish)
        return [supplement, save]

    def enter(self) -> None:
        """The keyboard begins at the number, or where it was."""
        if self._left_at is None:
            self.applicant.begin()
        else:
            self._left_at.setFocus(Qt.FocusReason.OtherFocusReason)
        self._check_soon.start()

    def set_narrow(self, narrow: bool) -> None:
        """Less for the date and the slip."""
        edge = _EDGE_NARROW if narrow else _EDGE
        whole = self.layout()
        assert whole is not None
        whole.setContentsMargins(16, edge, 16, edge)
        self.promise.set_narrow(narrow)

    def leave(self) -> None:
        """What was typed is kept, and where the keyboard was."""
        self._left_at = self.focusWidget() if self.taking.made is None else None
        self.taking.keep(self.draft())

    def key(self, name: str) -> bool:
        """The keys of this screen."""
        if self.taking.made is not None and name not in ("F12", "Ctrl+D"):
            self.start_new()
        if name == "Esc":
            return self.procedure.box.hints.close_list() or self.applicant.villages.close_list()
        if self.banner.answer(name):
            return True
        if name.isdigit() and self.promise.lists:
            self.promise.problems.choose(int(name))
            return True
        if (act := self._acts.get(name)) is None:
            return False
        act()
        return True

    def scanned(self, judged: Judged) -> bool:
        """A citizen card fills an empty applicant, another's asks; a blank pad slip is entered."""
        if judged.scan.kind == "citizen_card":
            self._take_card(judged.scan)
            return True
        if judged.scan.kind == "pad_slip" and judged.dossier_id is None:
            self._take_pad(judged)
            return True
        return False

    # ---- a draft -------------------------------------------------------------------------------

    def start_new(self, keep_applicant: bool = False) -> None:
        """An empty form, or one for the same person. Another person is another visit."""
        self._next.stop()
        if not keep_applicant:
            if self.visit.id:
                self.desk.visit_over.emit(self.visit.id)
            self.visit.end()
        self.taking.begin()
        self._left_at = None
        self._known_alike = self._doubted = ""
        self.clock.close_up()
        kept = (self.applicant.draft(), self.applicant.source) if keep_applicant else None
        for section in self._sections:
            section.setEnabled(True)
        for part in self._parts:
            part.fill({})
        if kept is not None:
            self.applicant.fill(*kept)
        self.banner.tell("")
        (self.procedure if keep_applicant else self.applicant).begin()
        self.show_chip("green", "")
        self._check_soon.start()

    def open_draft(self, draft_id: str, fields: Mapping[str, Any]) -> None:
        """Go on with what was begun."""
        self.start_new()
        self.taking.begin(draft_id)
        for part in self._parts:
            part.fill(fields)
        if fields.get("visit"):
            self.taking.read_visit(str(fields["visit"]))
        self._on_changed()

    def begun(self) -> tuple[str, dict[str, Any]] | None:
        """The unsaved draft with its id."""
        under_way = self.taking.busy or self.taking.made is not None
        begun = (self.taking.dirty or self.visit.id) and not under_way
        return (self.taking.draft_id, self.draft()) if begun else None

    def draft(self) -> dict[str, Any]:
        """The form as a draft."""
        made = {"visit": self.visit.id} if self.visit.id else {}
        for part in self._parts:
            made |= part.draft()
        return made

    def _put_by(self) -> None:
        """What was begun is kept for later."""
        self.taking.keep(self.draft())
        self.start_new()

    def _hold(self) -> None:
        said = "Đã để chờ. Mở lại ở Bàn làm việc."
        if self.taking.busy:
            said = "Hồ sơ trước đang được lưu. Nhập người kế tiếp được rồi."
        self._put_by()
        self.desk.told.emit(said)

    def _on_changed(self) -> None:
        if self.taking.made is None:
            self.taking.dirty = True
            self._check_soon.start()

    def _on_case(self, case: ProcedureCase | None) -> None:
        """Its papers; Tab goes down the screen also through what was made later."""
        self.papers.show_case(case)
        before: QWidget = self.procedure.case.combo
        for widget in (*self.papers.stops(), *self.result.returns.stops(), self.result.sets.edit):
            QWidget.setTabOrder(before, widget)
            before = widget

    # ---- checking ------------------------------------------------------------------------------

    def _check(self) -> None:
        self.taking.check(self.draft())

    def _on_checked(self, checked: Check) -> None:
        self.show_chip("green", "Đã tự lưu nháp" if self.taking.dirty else "")
        self.promise.show_check(checked)
        self.result.show_fees(checked)
        self._marks.doubt(checked.problems)
        self._tell_clock(checked.problems)
        self._tell_alike(checked.problems)
        if self.promise.lists:
            typed = self._mistyped()
            wrong = {problem.field for problem in typed}
            found = [
                problem
                for problem in checked.problems
                if problem.field not in wrong and problem.code != _CLOCK
            ]
            self.promise.show_problems([*found, *typed])

    def _mistyped(self) -> list[Problem]:
        return [problem for section in self._sections for problem in section.mistyped()]

    def _to_problem(self, problem: Problem) -> None:
        """Its field, or the beginning of its section."""
        field = self._marks.place(problem)
        if field is not None:
            field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._sections[section_of(problem)].begin()

    def _tell_alike(self, problems: Sequence[Problem]) -> None:
        """The same person, the same procedure, not returned yet: said once, never in the way."""
        said = next((p.message for p in problems if p.code == "duplicate"), "")
        if said == self._known_alike or (said and self.banner.isVisible()):
            return
        self._known_alike = said
        if not said:
            return
        code = said.removesuffix(".").rpartition(": ")[2].split(", ")[0]
        answers = (
            ("Mở hồ sơ đó", "Alt+O", lambda: self.taking.open_code(code)),
            ("Vẫn nhận mới", "Alt+V", lambda: None),
        )
        self.banner.tell(said, answers=answers)

    def _tell_clock(self, problems: Sequence[Problem], before: str = "") -> None:
        """A clock that cannot be believed: before anything is typed, and again before it is saved."""
        said = next((p.message for p in problems if p.code == _CLOCK), "")
        if self.taking.believes_clock or (said == self._doubted and not before):
            return
        if self._doubted and not said:
            self.banner.tell("")
            self.clock.close_up()
        self._doubted = said
        if said:
            self.clock.show()
            answers = (("Ngày giờ đúng", "Alt+G", self._believe_clock),)
            self.banner.tell(f"{before}{said} {_SET_CLOCK}", "Red", answers)

    def _believe_clock(self) -> None:
        self.taking.believe_clock()
        self.clock.close_up()
        self._doubted = ""

    def _put_clock_right(self, then: Callable[[], None] | None = None) -> None:
        """The typed time, and what waits for it."""
        self._waits_for_clock = then
        day, hour = self.clock.said
        self.taking.put_clock_right(day, hour, sure=self.clock.sure)

    def _on_clock_answered(self, answer: datetime | Problem) -> None:
        self.clock.show_answer(answer)
        then, self._waits_for_clock = self._waits_for_clock, None
        if isinstance(answer, Problem):
            return
        self._doubted = ""
        self.desk.read_procedures()
        self.banner.tell(_CLOCK_TYPED.format(answer), "Green")
        self._check_soon.start()
        if then is not None:
            then()
        else:
            self.enter()

    # ---- finishing -----------------------------------------------------------------------------

    def finish(self) -> None:
        """F12: into the book, then onto paper. On an incomplete form: to the first problem."""
        if self.taking.busy:
            return
        if self.taking.made is not None or (self.visit.id and self.procedure.is_empty):
            # one Ctrl+D too many: the visit ends with what it has
            self.start_new()
            return
        self._take_in()

    def _add(self) -> None:
        """Ctrl+D: one more dossier of the same person."""
        if self.taking.made is not None:
            self.start_new(keep_applicant=True)
        elif not self.taking.busy:
            self._take_in(again=True)

    def _take_in(self, *, again: bool = False) -> None:
        if self.clock.is_filled:
            self._put_clock_right(lambda: self._take_in(again=again))
            return
        self.procedure.box.hints.take()
        if mistyped := self._mistyped():
            self._on_rejected(Rejected(tuple(mistyped)))
        else:
            self.taking.take_in(self.draft(), self.applicant.source, again=again)

    def _on_failed(self, message: str) -> None:
        self.banner.tell(message, "Red")

    def _on_rejected(self, made: Rejected) -> None:
        if [problem.code for problem in made.problems] == [_CLOCK]:
            self._tell_clock(made.problems, "Chưa lưu. ")
            self.clock.begin()
            return
        self.promise.show_problems(made.problems)
        self._marks.tell(made.problems)

    def _on_added(self, taken: Taken) -> None:
        self.visit.begin(taken.visit_id)
        self.visit.add(taken.made.code, self.procedure.name)
        self.desk.told.emit(f"Đã lưu {taken.made.code}. Nhập hồ sơ tiếp, F12 in một phiếu chung.")
        self.start_new(keep_applicant=True)

    def _on_taken(self, taken: Taken) -> None:
        made = taken.made
        self._tell_clock(())
        self.show_chip("green", "")
        self._check_soon.stop()
        for section in self._sections:
            section.setEnabled(False)
        said = f"Đã lưu. Hẹn {made.due_at:%H:%M, %d/%m/%Y}."
        if taken.closed is not None:
            said = f"Đã lưu {len(taken.closed.codes)} hồ sơ của lượt này, một phiếu chung."
            self.visit.end()
        self.promise.show_saved(made.code, said)
        if self._print(taken):
            return
        job_id = (taken.closed or made).print_job_id
        none = "Thủ tục trả ngay, không cần phiếu."
        self.promise.tell("Chưa có máy in. F11 để đặt máy in." if job_id else none)
        self._next.start()

    def _on_behind(self, taken: Taken) -> None:
        """Another form stands here already: what became of the one before is told beside it."""
        self._print(taken)
        self.desk.told.emit(f"Đã lưu {taken.made.code}.")

    def _print(self, taken: Taken) -> bool:
        """Whether paper follows now."""
        job_id = (taken.closed or taken.made).print_job_id
        if job_id is None or not self.desk.has_printer():
            return False
        self.desk.print_again_requested.emit(job_id)
        return True

    def _on_printed(self, dossier_id: str, printed: Printed) -> None:
        made = self.taking.made
        if made is None or made.dossier_id != dossier_id:
            return
        self.promise.tell(_ENDED[printed.outcome])
        if printed.outcome in (Outcome.CONFIRMED, Outcome.SENT):
            self._next.start()

    # ---- cards, slips, notices -----------------------------------------------------------------

    def _take_card(self, scan: Scan) -> None:
        if self.taking.made is not None:
            self.start_new()
        mine = self.applicant.digits
        if mine == scan.fields["personal_number"]:
            self.banner.tell("Đúng người: thẻ khớp với số định danh.", "Green")
        elif mine or self.applicant.name.text:
            answers = (
                ("Đổi người", "Alt+D", lambda: self.applicant.fill_card(scan)),
                ("Lượt mới", "Alt+M", lambda: self._begin_with(scan)),
            )
            self.banner.tell("Thẻ của người khác, không phải của người đang nhập.", answers=answers)
        else:
            self.applicant.fill_card(scan)

    def _begin_with(self, scan: Scan) -> None:
        self._put_by()
        self.applicant.fill_card(scan)

    def _take_pad(self, judged: Judged) -> None:
        """A slip that was filled in by hand: its number, then the moment that stands on it."""
        if judged.verdict is Verdict.RED:
            self.banner.tell("Phiếu dự phòng này không đúng. Xem lại phiếu, đừng nhập.", "Red")
            return
        if self.taking.made is not None or self.taking.dirty:
            self._put_by()
        self.paper.open(judged.scan.fields["number"])
        if judged.verdict is Verdict.AMBER:
            self.banner.tell(
                "Chưa kiểm được chữ ký của phiếu này: máy này chưa có khóa của quầy in."
            )
        self._on_changed()

    def _give_notice(self, kind: str) -> None:
        missing = self.papers.missing() if kind == "supplement" else []
        found = ask_notice(self, kind, missing)
        if found is not None:
            self.taking.give_notice({**self.draft(), "notice": kind, **found})


def _once_after(ms: int, act: Callable[[], None], parent: QWidget) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(ms)
    timer.timeout.connect(act)
    return timer
