"""The intake screen: four sections at the left, the promise and the slip at the right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QStackedWidget, QWidget

from counter_app.domain.outcome import Outcome
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import ProcedureCase
from counter_app.domain.scan import Scan
from counter_app.domain.slip_code import Verdict
from counter_app.ports import DossierRow
from counter_app.services.intake import Check
from counter_app.services.prints import Printed
from counter_app.services.results import Accepted, Noticed, Rejected
from counter_app.services.scans import Judged
from counter_app.services.visits import Closed
from ui.desk import Desk
from ui.dialogs import ask_due, ask_notice
from ui.intake.applicant import ApplicantSection
from ui.intake.due_card import DueCard
from ui.intake.paper_strip import PaperStrip
from ui.intake.papers import Papers
from ui.intake.problem_list import ProblemList, section_of
from ui.intake.procedure import ProcedureSection
from ui.intake.result import ResultSection
from ui.intake.section import Section
from ui.intake.slip_view import SlipView
from ui.intake.visit import VisitTabs
from ui.page import Page
from ui.widgets import (
    Banner,
    Button,
    Card,
    EnterMoves,
    Field,
    column,
    label,
    row,
)

_RIGHT, _RIGHT_NARROW = 352, 244
_EDGE, _EDGE_NARROW = 12, 4
"""Pixels of the column with the date and the slip."""
_CHECK_AFTER_MS = 120
_NEXT_AFTER_MS = 1200
_PREVIEW_WIDTH = 576


@dataclass(frozen=True, slots=True)
class _Taken:
    """What F12 or Ctrl+D wrote."""

    made: Accepted
    visit_id: str
    closed: Closed | None = None


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
        self._draft_id = ""
        self._left_at: QWidget | None = None
        self._answers: dict[str, Callable[[], None]] = {}
        """What the keys of the banner do."""
        self._known_alike = ""
        self._override: dict[str, str] | None = None
        self._checked: Check | None = None
        self._listed: list[Problem] = []
        self._saved: Accepted | None = None
        self._busy = False
        self._dirty = False
        self._timer = self._once_after(_CHECK_AFTER_MS, self._check)
        self._next = self._once_after(_NEXT_AFTER_MS, self.start_new)
        self._build()
        self.start_new()
        desk.printed.connect(self._on_printed)

    # ---- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = Banner()
        self.banner.answered.connect(self._on_answered)
        self.visit = VisitTabs()
        self.paper = PaperStrip(self.desk.now)
        self.applicant = ApplicantSection(self.desk.now, self.desk.counter.office.villages)
        self.procedure = ProcedureSection(self.desk)
        self.papers = Papers()
        self.result = ResultSection()
        self._sections: tuple[Section | PaperStrip, ...] = (
            self.paper,
            self.applicant,
            self.procedure,
            self.papers,
            self.result,
        )
        """In reading order."""
        self._places: dict[str, Field] = {}
        for section in self._sections:
            section.changed.connect(self._on_changed)
            self._places.update(section.places)
        for field in {*self._places.values()}:
            # marks appear when a field is left
            field.left.connect(self._timer.start)
        self.paper.dropped.connect(self.applicant.begin)
        self.procedure.case_shown.connect(self._on_case)
        self.procedure.settled.connect(self.papers.begin)
        left = QWidget()
        left.setLayout(column(self.banner, self.visit, *self._sections, space=8))
        self.due = DueCard(self.desk.theme)
        self._preview = SlipView()
        preview = Card(
            row(label("Phiếu sẽ in", "sectionTitle"), 1, label("80 mm", "caption")),
            self._preview,
        )
        self._problem_list = ProblemList(self.desk.theme.palette)
        self._problem_list.chosen.connect(self._to_problem)
        self._side = QStackedWidget()
        self._side.addWidget(preview)
        self._side.addWidget(self._problem_list)
        right = self._right = QWidget()
        right.setFixedWidth(_RIGHT)
        right.setLayout(column(self.due, self._side, space=8))
        whole = row(left, right, space=12)
        whole.setStretch(0, 1)
        whole.setContentsMargins(16, _EDGE, 16, _EDGE)
        self.setLayout(whole)
        self._enough: dict[QWidget, int] = {
            edit: n for section in self._sections for edit, n in section.enters
        }
        self._enter = EnterMoves(list(self._enough), self._skip)
        # the lists under these two see Enter before it moves on
        for edit, hints in (
            (self.procedure.box.edit, self.procedure.box),
            (self.applicant.address.edit, self.applicant.villages),
        ):
            edit.installEventFilter(hints)

    def _once_after(self, ms: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(ms)
        timer.timeout.connect(act)
        return timer

    def _skip(self, edit: QWidget) -> bool:
        """Enter passes over what is filled and right; name and procedure are never passed empty."""
        text = str(edit.property("text")).strip()
        return edit.property("state") != "error" and len(text) >= self._enough[edit]

    # ---- the frame's calls ---------------------------------------------------------------------

    def buttons(self) -> list[Button]:
        """Supplement notice, and the one that finishes."""
        supplement = Button("Phiếu bổ sung", "Ctrl+B")
        supplement.clicked.connect(self._supplement)
        save = Button("Lưu và in phiếu", "F12", "primary")
        save.clicked.connect(self.finish)
        return [supplement, save]

    def enter(self) -> None:
        """The keyboard begins at the number, or where it was."""
        if self._left_at is None:
            self.applicant.begin()
        else:
            self._left_at.setFocus(Qt.FocusReason.OtherFocusReason)
        self._timer.start()

    def set_narrow(self, narrow: bool) -> None:
        """Less for the date and the slip."""
        self._right.setFixedWidth(_RIGHT_NARROW if narrow else _RIGHT)
        edge = _EDGE_NARROW if narrow else _EDGE
        whole = self.layout()
        assert whole is not None
        whole.setContentsMargins(16, edge, 16, edge)
        self.due.set_narrow(narrow)
        self._timer.start()

    def leave(self) -> None:
        """What was typed is kept, and where the keyboard was."""
        focused = self.focusWidget()
        self._left_at = focused if self._saved is None else None
        self._keep()

    def key(self, name: str) -> bool:
        """The keys of this screen."""
        if self._saved is not None and name not in ("F12", "Ctrl+D"):
            self.start_new()
        match name:
            case "Esc" if self.procedure.box.close_list() or self.applicant.villages.close_list():
                pass
            case "Alt+A":
                self.papers.tick_required()
            case "Alt+1" | "Alt+2" | "Alt+3" | "Alt+4":
                self._sections[int(name[-1])].begin()
            case _ if name in self.banner.keys:
                self._on_answered(name)
            case _ if name.isdigit() and self._side.currentIndex() == 1:
                self._to_problem(int(name))
            case "Alt+N":
                self._change_due()
            case "Alt+X":
                self._side.setVisible(not self._side.isVisible())
            case "Ctrl+D" if self._saved is not None:
                self.start_new(keep_applicant=True)
            case "Ctrl+D":
                self._save(again=True)
            case "Alt+P":
                self.paper.toggle()
            case "Ctrl+H":
                self._keep()
                self.start_new()
                self.desk.told.emit("Đã để chờ. Mở lại ở Bàn làm việc.")
            case "Ctrl+B":
                self._supplement()
            case "Ctrl+T":
                self._refuse()
            case _:
                return False
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
            self._close_visit()
        self._left_at = None
        self._draft_id = self.desk.counter.ids.new_id(self.desk.now())
        self._saved = None
        self._known_alike = ""
        self._override = None
        kept = (self.applicant.draft(), self.applicant.source) if keep_applicant else ({}, "typed")
        for section in self._sections:
            section.setEnabled(True)
            section.fill({})
        self.applicant.fill(*kept)
        self.banner.tell("")
        self.due.show_due(None, None, "", None)
        self._preview.show_slip(b"")
        (self.procedure if keep_applicant else self.applicant).begin()
        self._dirty = False
        self._show_chip("")
        self._timer.start()

    def open_draft(self, draft_id: str, fields: Mapping[str, Any]) -> None:
        """Go on with what was begun."""
        self.start_new()
        self._draft_id = draft_id
        for section in self._sections:
            section.fill(fields)
        self._override = fields.get("due_override")
        if fields.get("visit"):
            self._read_visit(str(fields["visit"]))
        self._on_changed()

    def begun(self) -> tuple[str, dict[str, Any]] | None:
        """The unsaved draft with its id."""
        begun = (self._dirty or self.visit.id) and self._saved is None
        return (self._draft_id, self.draft()) if begun else None

    def draft(self) -> dict[str, Any]:
        """The form as a draft."""
        made: dict[str, Any] = {}
        for section in self._sections:
            made |= section.draft()
        if self._override is not None:
            made["due_override"] = self._override
        if self.visit.id:
            made["visit"] = self.visit.id
        return made

    def _keep(self) -> None:
        """The draft survives whatever happens next."""
        if not self._dirty or self._saved is not None:
            return
        draft, draft_id, who = self.draft(), self._draft_id, self.desk.officer
        if who is not None:
            drafts = self.desk.counter.drafts
            self.desk.lanes.records.submit(lambda: drafts.save(who.id, draft_id, draft))

    # ---- reactions -----------------------------------------------------------------------------

    def _on_changed(self) -> None:
        if self._saved is not None:
            return
        self._dirty = True
        self._timer.start()

    def _on_case(self, case: ProcedureCase | None) -> None:
        """Its papers; Tab goes down the screen also through what was made later."""
        self.papers.show_case(case)
        before: QWidget = self.procedure.case.combo
        for widget in (*self.papers.stops(), *self.result.returns.stops(), self.result.sets.edit):
            QWidget.setTabOrder(before, widget)
            before = widget

    # ---- checking ------------------------------------------------------------------------------

    def _check(self) -> None:
        """Ask the records lane what the draft would become; keep it at the same time."""
        if self._saved is not None or self.desk.officer is None:
            return
        draft, draft_id, who = self.draft(), self._draft_id, self.desk.who
        counter, dirty = self.desk.counter, self._dirty

        def work() -> tuple[str, Check]:
            if dirty:
                counter.drafts.save(who.id, draft_id, draft)
            return draft_id, counter.intake.check(draft, who)

        self.desk.read(work, self._on_checked)

    def _on_checked(self, answer: tuple[str, Check]) -> None:
        draft_id, checked = answer
        if draft_id != self._draft_id or self._saved is not None:
            return
        self._show_chip("Đã tự lưu nháp" if self._dirty else "")
        self._checked = checked
        override = self._override
        at = None
        if override is not None and checked.moment is not None:
            at = datetime.fromisoformat(override["at"]).replace(tzinfo=checked.moment.due_at.tzinfo)
        self.due.show_due(checked.moment, self.desk.now(), checked.why, at)
        self._mark_doubts(checked.problems)
        self._tell_alike(checked.problems)
        self.result.show_fees(checked)
        if self._side.currentIndex() == 1:
            self._show_problems()
        if checked.preview is not None:
            self._draw(checked)
        elif self.procedure.box.procedure is None:
            self._preview.show_slip(b"")

    def _show_chip(self, word: str) -> None:
        if self.chip[1] != word:
            self.chip = ("green", word)
            self.chip_changed.emit()

    def _draw(self, checked: Check) -> None:
        counter, receipt, draft_id = self.desk.counter, checked.preview, self._draft_id
        assert receipt is not None

        def work() -> tuple[str, bytes]:
            return draft_id, counter.prints.preview(receipt, _PREVIEW_WIDTH)

        self.desk.lanes.paper.submit(work, self._on_drawn)

    def _on_drawn(self, answer: tuple[str, bytes]) -> None:
        draft_id, png = answer
        if draft_id != self._draft_id or self._saved is not None:
            return
        self._preview.show_slip(png)

    def _problems(self) -> list[Problem]:
        typed = self._mistyped()
        wrong = {problem.field for problem in typed}
        found = list(self._checked.problems) if self._checked else []
        found = [*(problem for problem in found if problem.field not in wrong), *typed]
        return sorted(found, key=lambda problem: problem.severity != "must")

    def _mistyped(self) -> list[Problem]:
        return [problem for section in self._sections for problem in section.mistyped()]

    def _show_problems(self) -> None:
        problems = self._problems()
        self._list_problems(problems)
        if not any(problem.severity == "must" for problem in problems):
            self._side.setCurrentIndex(0)

    def _list_problems(self, problems: list[Problem]) -> None:
        self._listed = problems
        self._problem_list.show_problems(problems)

    def _to_problem(self, number: int) -> None:
        """The field of a listed problem, or the beginning of its section."""
        if not 1 <= number <= len(self._listed):
            return
        problem = self._listed[number - 1]
        field = self._place(problem)
        if field is not None:
            field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._sections[section_of(problem)].begin()

    def _place(self, problem: Problem) -> Field | None:
        """The field where a problem is marked."""
        return self._places.get(problem.code) or self._places.get(problem.field)

    def _mark_doubts(self, problems: Sequence[Problem]) -> None:
        """Amber below what was left and looks odd; nothing is asked, it is logged."""
        doubts = {
            self._place(p): p.message
            for p in problems
            if p.severity == "may" and p.code != "from_paper"
        }
        for field in {*self._places.values()} - {self.procedure.box.field}:
            state = field.edit.property("state")
            if field.edit.hasFocus() or state == "error":
                continue
            if field in doubts and field.text:
                field.mark("warning", doubts[field])
            elif state == "warning":
                field.mark("")

    def _tell_alike(self, problems: Sequence[Problem]) -> None:
        """The same person, the same procedure, not returned yet: said once, never in the way."""
        said = next((p.message for p in problems if p.code == "duplicate"), "")
        if said == self._known_alike or (said and self.banner.isVisible()):
            return
        self._known_alike = said
        if not said:
            return
        code = said.removesuffix(".").rpartition(": ")[2].split(", ")[0]
        self._ask_here(
            said,
            ("Mở hồ sơ đó", "Alt+O", lambda: self._open_alike(code)),
            ("Vẫn nhận mới", "Alt+V", lambda: None),
        )

    def _open_alike(self, code: str) -> None:
        search = self.desk.counter.search
        self.desk.read(lambda: search.find(code, 1), self._on_alike)

    def _on_alike(self, rows: tuple[DossierRow, ...]) -> None:
        if rows:
            self.desk.open_requested.emit(rows[0].id)

    def _ask_here(self, sentence: str, *answers: tuple[str, str, Callable[[], None]]) -> None:
        """A sentence with keys that work while it stands there."""
        self.banner.tell(sentence, keys=[(words, key) for words, key, _ in answers])
        self._answers = {key: act for _, key, act in answers}

    def _on_answered(self, key: str) -> None:
        act = self._answers.get(key)
        self.banner.tell("")
        if act is not None:
            act()

    def _mark(self, problems: list[Problem]) -> None:
        first = None
        for problem in problems:
            field = self._place(problem)
            if field is not None:
                state = "error" if problem.severity == "must" else "warning"
                field.mark(state, problem.message)
                if first is None and problem.severity == "must":
                    first = field
        if first is not None:
            first.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # ---- finishing -----------------------------------------------------------------------------

    def finish(self) -> None:
        """F12: into the book, then onto paper. On an incomplete form: to the first problem."""
        if self._busy:
            return
        if self._saved is not None or (self.visit.id and not self.procedure.box.edit.text()):
            # one Ctrl+D too many: the visit ends with what it has
            self.start_new()
            return
        self._save(again=False)

    def _save(self, *, again: bool) -> None:
        """Take the dossier in; `again` where one more of the same person follows."""
        if self._busy:
            return
        self.procedure.box.take_first()
        draft, who, counter = self.draft(), self.desk.who, self.desk.counter
        source = self.applicant.source
        draft_id = self._draft_id
        if mistyped := self._mistyped():
            self._on_rejected(Rejected(tuple(mistyped)))
            return
        if again and not self.visit.id:
            draft["visit"] = counter.ids.new_id(self.desk.now())
        visit_id = draft.get("visit", "")
        self._busy = True

        def work() -> _Taken | Rejected:
            made = counter.intake.accept(draft, who, source)
            if isinstance(made, Rejected):
                return made
            counter.drafts.discard(draft_id)
            if again or not visit_id:
                return _Taken(made, visit_id)
            closed = counter.visits.close(visit_id, who)
            return _Taken(made, visit_id, closed if isinstance(closed, Closed) else None)

        done = self._on_taken_in if again else self._on_saved
        self.desk.lanes.records.submit(work, done, self._on_not_saved)

    def _on_not_saved(self, fault: Exception) -> None:
        self._busy = False
        message = getattr(fault, "message", "Chưa lưu được hồ sơ này. Hãy làm lại.")
        self.banner.tell(str(message), "Red")

    def _on_taken_in(self, taken: _Taken | Rejected) -> None:
        """It is in the book; the paper waits for the last dossier of this person."""
        self._busy = False
        if isinstance(taken, Rejected):
            self._on_rejected(taken)
            return
        procedure = self.procedure.box.procedure
        self.visit.begin(taken.visit_id)
        self.visit.add(taken.made.code, procedure.name if procedure else "")
        self._dirty = False
        self.desk.announce(taken.made.changes)
        self.desk.told.emit(f"Đã lưu {taken.made.code}. Nhập hồ sơ tiếp, F12 in một phiếu chung.")
        self.start_new(keep_applicant=True)

    def _on_saved(self, taken: _Taken | Rejected) -> None:
        self._busy = False
        if isinstance(taken, Rejected):
            self._on_rejected(taken)
            return
        made = self._saved = taken.made
        self._dirty = False
        self._show_chip("")
        self._timer.stop()
        for section in self._sections:
            section.setEnabled(False)
        self._side.setCurrentIndex(0)
        said = f"Đã lưu. Hẹn {made.due_at:%H:%M, %d/%m/%Y}."
        if taken.closed is not None:
            said = f"Đã lưu {len(taken.closed.codes)} hồ sơ của lượt này, một phiếu chung."
            self.visit.end()
        self.due.show_saved(made.code, said)
        self.desk.announce(made.changes)
        job_id = (taken.closed or made).print_job_id
        if job_id is None:
            self.due.tell("Thủ tục trả ngay, không cần phiếu.")
        elif self.desk.has_printer():
            self.desk.print_again_requested.emit(job_id)
            return
        else:
            self.due.tell("Chưa có máy in. F11 để đặt máy in.")
        self._next.start()

    def _close_visit(self) -> None:
        """No more of this person: the one slip can be printed."""
        visit_id, who, visits = self.visit.id, self.desk.officer, self.desk.counter.visits
        self.visit.end()
        if visit_id and who is not None:
            self.desk.lanes.records.submit(
                lambda: visits.close(visit_id, who), self._on_closed, self._on_not_saved
            )

    def _on_closed(self, closed: Closed | Rejected) -> None:
        if isinstance(closed, Rejected):
            self.desk.refused.emit(closed.message)
            return
        self.desk.announce(closed.changes)
        if closed.print_job_id is not None:
            self.desk.print_again_requested.emit(closed.print_job_id)

    def _read_visit(self, visit_id: str) -> None:
        """A draft of a visit that still waits for its last dossier."""
        visits = self.desk.counter.visits
        self.desk.read(lambda: (visit_id, visits.still_open(visit_id)), self._on_visit_read)

    def _on_visit_read(self, answer: tuple[str, tuple[str, ...]]) -> None:
        visit_id, codes = answer
        if codes:
            self.visit.begin(visit_id)
        for code in codes:
            self.visit.add(code, "")

    def _on_rejected(self, made: Rejected) -> None:
        if self._checked is not None:
            self._checked = Check(
                made.problems, self._checked.procedure, self._checked.case, self._checked.moment,
                self._checked.why, self._checked.fees, None,
            )  # fmt: skip
        self._side.setCurrentIndex(1)
        self._list_problems(list(made.problems))
        self._mark(list(made.problems))

    def _on_printed(self, dossier_id: str, printed: Printed) -> None:
        if self._saved is None or self._saved.dossier_id != dossier_id:
            return
        match printed.outcome:
            case Outcome.CONFIRMED:
                self.due.tell("Đã in phiếu.")
                self._next.start()
            case Outcome.SENT:
                self.due.tell("Đã gửi phiếu tới máy in.")
                self._next.start()
            case Outcome.UNKNOWN:
                self.due.tell("Chưa biết phiếu đã ra chưa.")
            case Outcome.FAILED:
                self.due.tell("Chưa in được phiếu.")

    # ---- the other ways out --------------------------------------------------------------------

    def _take_card(self, scan: Scan) -> None:
        if self._saved is not None:
            self.start_new()
        mine = self.applicant.digits
        if mine == scan.fields["personal_number"]:
            self.banner.tell("Đúng người: thẻ khớp với số định danh.", "Green")
        elif mine or self.applicant.name.text:
            self._ask_here(
                "Thẻ của người khác, không phải của người đang nhập.",
                ("Đổi người", "Alt+D", lambda: self._fill_card(scan)),
                ("Lượt mới", "Alt+M", lambda: self._fill_card_anew(scan)),
            )
        else:
            self._fill_card(scan)

    def _take_pad(self, judged: Judged) -> None:
        """A slip that was filled in by hand: its number, then the moment that stands on it."""
        if judged.verdict is Verdict.RED:
            self.banner.tell("Phiếu dự phòng này không đúng. Xem lại phiếu, đừng nhập.", "Red")
            return
        if self._saved is not None or self._dirty:
            self._keep()
            self.start_new()
        self.paper.open(judged.scan.fields["number"])
        if judged.verdict is Verdict.AMBER:
            self.banner.tell(
                "Chưa kiểm được chữ ký của phiếu này: máy này chưa có khóa của quầy in."
            )
        self._on_changed()

    def _fill_card_anew(self, scan: Scan) -> None:
        self._keep()
        self.start_new()
        self._fill_card(scan)

    def _fill_card(self, scan: Scan) -> None:
        if scan.missing:
            self.banner.tell("Máy quét làm mất chữ: gõ lại họ tên và nơi cư trú.")
        elif scan.repaired:
            self.banner.tell("Đã sửa chữ từ máy quét, xem lại tên.")
        self.applicant.fill_card(scan)

    def _change_due(self) -> None:
        if self._checked is None or self._checked.moment is None:
            return
        found = ask_due(self, self._checked.moment.due_at, self.desk.now())
        if found is not None:
            self._override = found
            self._on_changed()

    def _supplement(self) -> None:
        self._give_notice("supplement", self.papers.missing())

    def _refuse(self) -> None:
        self._give_notice("refusal", [])

    def _give_notice(self, kind: str, items: list[str]) -> None:
        found = ask_notice(self, kind, items)
        if found is None:
            return
        draft = {**self.draft(), "notice": kind, **found}
        draft.pop("due_override", None)
        counter, who = self.desk.counter, self.desk.who
        self.desk.lanes.records.submit(lambda: counter.intake.refuse(draft, who), self._on_noticed)

    def _on_noticed(self, made: Noticed | Rejected) -> None:
        if isinstance(made, Rejected):
            self._on_rejected(made)
            return
        self.desk.announce(made.changes)
        self.desk.forms_requested.emit((("", made.notice_id),))
        self.desk.told.emit(f"Đã lập phiếu số {made.notice_no}.")
        self.start_new()
