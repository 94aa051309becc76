"""The intake screen: four sections at the left, the promise and the slip at the right."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from counter_app.domain.money import vnd
from counter_app.domain.outcome import Outcome
from counter_app.domain.partial_date import PartialDate
from counter_app.domain.personal_number import number_problem, year_and_sex
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import Procedure, ProcedureCase
from counter_app.domain.receipt import term_text
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
from ui.intake.due_card import DueCard
from ui.intake.paper_strip import PaperStrip
from ui.intake.papers import Papers
from ui.intake.problem_list import ProblemList, section_of
from ui.intake.procedure_box import ProcedureBox
from ui.intake.slip_view import SlipView
from ui.intake.villages import VillageHints
from ui.intake.visit import VisitTabs
from ui.page import Page
from ui.widgets import (
    Banner,
    Button,
    Card,
    Choice,
    Drop,
    EnterMoves,
    Field,
    SectionCard,
    chip,
    column,
    label,
    row,
)

_RIGHT, _RIGHT_NARROW = 352, 244
_EDGE, _EDGE_NARROW = 12, 4
"""Pixels of the column with the date and the slip."""
_SEXES = (("", ""), ("male", "Nam"), ("female", "Nữ"))
_FOR = (("self", "Chính mình"), ("other", "Người khác"), ("organisation", "Tổ chức"))
_RETURNS = (("counter", "Tại quầy"), ("post", "Bưu chính"), ("online", "Trực tuyến"))
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
        self._source = "typed"
        self._left_at: QWidget | None = None
        self._answers: dict[str, Callable[[], None]] = {}
        """What the keys of the banner do."""
        self._known_alike = ""
        self._override: dict[str, str] | None = None
        self._checked: Check | None = None
        self._listed: list[Problem] = []
        self._saved: Accepted | None = None
        self._case: ProcedureCase | None = None
        self._busy = False
        self._dirty = False
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_CHECK_AFTER_MS)
        self._timer.timeout.connect(self._check)
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(_NEXT_AFTER_MS)
        self._next.timeout.connect(self.start_new)
        self.start_new()
        desk.printed.connect(self._on_printed)
        desk.read(lambda: desk.counter.catalogue.procedures, self._procedures.set_index)

    # ---- building ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.banner = Banner()
        self.banner.answered.connect(self._on_answered)
        self.visit = VisitTabs()
        self.paper = PaperStrip(self.desk.now)
        self.paper.changed.connect(self._on_changed)
        self.paper.dropped.connect(self._toggle_paper)
        self._build_applicant()
        self._build_procedure()
        self.papers = Papers()
        self.papers.changed.connect(self._on_papers)
        self._papers_card = SectionCard(3, "Giấy tờ", column(self.papers, space=0))
        self._build_result()
        left = QWidget()
        sections = column(
            self.banner,
            self.visit,
            self.paper,
            self._applicant_card,
            self._procedure_card,
            self._papers_card,
            self._result_card,
            space=8,
        )
        self._papers_card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        left.setLayout(sections)
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
        self._tab_order()
        self._places = {
            "applicant.name": self.name,
            "applicant.personal_number": self.number,
            "applicant.tax_code": self.number,
            "applicant.born_on": self.born,
            "applicant.address": self.address,
            "applicant.phone": self.phone,
            "representative.name": self.other_name,
            "representative.personal_number": self.other_number,
            "procedure": self._procedures.field,
            "from_paper.pad": self.paper.number,
            "from_paper.code": self.paper.number,
            "from_paper.received_at": self.paper.day,
        }
        """Where a problem is marked."""
        for field in set(self._places.values()):
            field.left.connect(self._on_left)

    def _build_applicant(self) -> None:
        self.number = Field("Số định danh", width=168, limit=15)
        self.name = Field("Họ và tên", required=True, limit=160)
        self.name.edit.textEdited.connect(self._on_name_typed)
        self.born = Field("Ngày sinh", width=112, hint="5390, 1990", limit=10)
        self.sex = Drop("Giới tính", _SEXES, width=84)
        self.address = Field("Nơi cư trú (như trên giấy tờ)", limit=400)
        self.phone = Field("Điện thoại", width=130, limit=20)
        self.on_behalf = Drop("Nộp cho", _FOR, width=132)
        self.other_name = Field("Họ tên người nộp thay", limit=160)
        self.other_number = Field("Số định danh người nộp thay", width=200, limit=15)
        self.relation = Field("Quan hệ", width=130)
        self._other = QWidget()
        self._other.setLayout(row(self.other_name, self.other_number, self.relation))
        self._other.hide()
        first = row(self.number, self.name, self.born, self.sex)
        first.setStretch(1, 1)
        second = row(self.address, self.phone, self.on_behalf)
        second.setStretch(0, 1)
        self._applicant_card = SectionCard(
            1, "Người nộp", column(first, second, self._other, space=6)
        )
        self._villages = VillageHints(self.address.edit, self.desk.counter.office.villages)
        for field in (self.number, self.name, self.born, self.address, self.phone):
            field.changed.connect(self._on_changed)
        for field in (self.other_name, self.other_number, self.relation):
            field.changed.connect(self._on_changed)
        self.number.left.connect(self._on_number_left)
        self.born.left.connect(self._on_born_left)
        self.sex.changed.connect(self._on_changed)
        self.on_behalf.changed.connect(self._on_behalf_changed)

    def _build_procedure(self) -> None:
        self._procedures = ProcedureBox()
        self._procedures.chosen.connect(self._on_procedure)
        self._procedures.field.changed.connect(self._on_procedure_typed)
        self.case = Drop("Trường hợp", width=230)
        self.case.changed.connect(self._on_case)
        self._field_chip = chip("grey", "")
        self._meta = label("", "label")
        first = row(self._procedures, self.case)
        first.setStretch(0, 1)
        meta = row(self._field_chip, self._meta, 1)
        self._procedure_card = SectionCard(2, "Thủ tục", column(first, meta, space=5))
        self._procedure_card.caption.setText("Gõ 3 chữ")

    def _build_result(self) -> None:
        self.returns = Choice(_RETURNS, "Nhận tại")
        self.returns.changed.connect(self._on_changed)
        self.sets = Field("Số bộ", width=54, limit=2)
        self.note = Field("Ghi chú trên phiếu", hint="Không có", limit=500)
        self.fee = Field("Phải thu", width=100)
        self.fee.edit.setReadOnly(True)
        self.fee.edit.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.sets.changed.connect(self._on_changed)
        self.note.changed.connect(self._on_changed)
        line = row(self.returns, self.sets, self.note, self.fee)
        line.setStretch(2, 1)
        self._result_card = SectionCard(4, "Kết quả", line)

    def _tab_order(self) -> None:
        fields = [
            self.paper.number.edit,
            self.paper.day.edit,
            self.paper.hour.edit,
            self.number.edit,
            self.name.edit,
            self.born.edit,
            self.address.edit,
            self.phone.edit,
            self.other_name.edit,
            self.other_number.edit,
            self.relation.edit,
            self._procedures.edit,
            self.sets.edit,
            self.note.edit,
        ]
        self._enter = EnterMoves(fields, self._skip)
        # the lists under these two see Enter before it moves on
        self._procedures.edit.installEventFilter(self._procedures)
        self.address.edit.installEventFilter(self._villages)

    def _chain_papers(self) -> None:
        """Tab goes down the screen, also through what was made later."""
        before: QWidget = self.case.combo
        for widget in (*self.papers.stops(), *self.returns.stops()):
            QWidget.setTabOrder(before, widget)
            before = widget
        QWidget.setTabOrder(before, self.sets.edit)

    def _skip(self, field: QWidget) -> bool:
        """Enter passes over what is filled and right; name and procedure are never passed empty."""
        if field.property("state") == "error":
            return False
        if field in (self.sets.edit, self.note.edit, self.relation.edit):
            return True
        if field is self.phone.edit:
            return bool(self.phone.text)
        if field is self.number.edit:
            return bool(self.number.text)
        if field is self.born.edit:
            # the year alone may have come from the number
            return len(self.born.text) > 4
        return bool(getattr(field, "text")().strip())  # noqa: B009

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
        target = self._left_at or self.number.edit
        target.setFocus(Qt.FocusReason.OtherFocusReason)
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
            case "Esc" if self._procedures.close_list() or self._villages.close_list():
                pass
            case "Alt+A":
                self.papers.tick_required()
            case "Alt+1":
                self.number.edit.setFocus()
            case "Alt+2":
                self._procedures.edit.setFocus()
            case "Alt+3":
                if (first := self.papers.first) is not None:
                    first.setFocus()
            case "Alt+4":
                self.returns.setFocus()
                self.sets.edit.setFocus()
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
                self._toggle_paper()
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
        self.paper.close_strip()
        self._left_at = None
        kept = self.draft() if keep_applicant else None
        self._draft_id = self.desk.counter.ids.new_id(self.desk.now())
        self._saved = None
        self._known_alike = ""
        self._override = None
        self._source = "typed" if kept is None else self._source
        self._applicant_card.caption.setText("Đọc từ thẻ" if self._source == "qr" else "")
        self._lock(False)
        for field in self._fields():
            field.text = ""
        self.sets.text = "1"
        self.sex.value = ""
        self.on_behalf.value = "self"
        self._other.hide()
        self.returns.value = "counter"
        self._show_procedure(None)
        self.banner.tell("")
        self.due.show_due(None, None, "", None)
        self._preview.show_slip(b"")
        if kept is not None:
            self._fill_applicant(kept)
            self._procedures.edit.setFocus()
        else:
            self.number.edit.setFocus()
        self._dirty = False
        self._show_chip("")
        self._timer.start()

    def open_draft(self, draft_id: str, fields: Mapping[str, Any]) -> None:
        """Go on with what was begun."""
        self.start_new()
        self._draft_id = draft_id
        self._fill_applicant(fields)
        code = str(fields.get("procedure") or "")
        self._show_procedure(self.desk.counter.catalogue.procedure(code))
        if fields.get("case"):
            self.case.value = str(fields["case"])
            self._on_case(self.case.value)
        lines = fields.get("components") or []
        self.papers.restore(lines if isinstance(lines, list) else [], fields.get("pages") or [])
        self.sets.text = str(fields.get("sets") or 1)
        self.note.text = str(fields.get("note") or "")
        self.returns.value = str(fields.get("return_method") or "counter")
        self._override = fields.get("due_override")
        if fields.get("from_paper"):
            self.paper.restore(fields["from_paper"])
        if fields.get("visit"):
            self._read_visit(str(fields["visit"]))
        self._on_papers()

    def begun(self) -> tuple[str, dict[str, Any]] | None:
        """The unsaved draft with its id."""
        begun = (self._dirty or self.visit.id) and self._saved is None
        return (self._draft_id, self.draft()) if begun else None

    def draft(self) -> dict[str, Any]:
        """The form as a draft."""
        applicant: dict[str, Any] = {"name": self.name.text}
        organisation = self.on_behalf.value == "organisation"
        number = self.number.text.replace(" ", "")
        if organisation:
            applicant["kind"] = "organisation"
            if number:
                applicant["tax_code"] = number
        else:
            if number:
                applicant["personal_number"] = number
            if born := self._born():
                applicant["born_on"] = born.iso()
            if self.sex.value:
                applicant["sex"] = self.sex.value
        for key, field in (("address", self.address), ("phone", self.phone)):
            if field.text:
                applicant[key] = field.text
        made: dict[str, Any] = {
            "applicant": applicant,
            "components": self.papers.values(),
            "return_method": self.returns.value,
            "sets": int(self.sets.text) if self.sets.text.isdigit() else 1,
            "note": self.note.text,
        }
        if self.on_behalf.value != "self" and self.other_name.text:
            made["representative"] = {
                key: field.text
                for key, field in (
                    ("name", self.other_name),
                    ("personal_number", self.other_number),
                    ("relation", self.relation),
                )
                if field.text
            }
        if self._procedures.procedure is not None:
            made["procedure"] = self._procedures.procedure.code
            if self.case.value:
                made["case"] = self.case.value
        if pages := self.papers.page_values():
            made["pages"] = pages
            if self._case is not None:
                made["components"] = [{"id": c.id} for c in self._case.components if c.required]
        if self._override is not None:
            made["due_override"] = self._override
        if (paper := self.paper.value()) is not None:
            made["from_paper"] = paper
        if self.visit.id:
            made["visit"] = self.visit.id
        return made

    def _fields(self) -> tuple[Field, ...]:
        return (
            self.number,
            self.name,
            self.born,
            self.address,
            self.phone,
            self.other_name,
            self.other_number,
            self.relation,
            self.note,
            self.fee,
        )

    def _fill_applicant(self, fields: Mapping[str, Any]) -> None:
        applicant = fields.get("applicant") or {}
        organisation = applicant.get("kind") == "organisation"
        self.number.text = str(applicant.get("personal_number") or applicant.get("tax_code") or "")
        self.name.text = str(applicant.get("name") or "")
        born = PartialDate.parse_iso(str(applicant.get("born_on") or ""))
        self.born.text = born.paper() if born else ""
        self.sex.value = str(applicant.get("sex") or "")
        self.address.text = str(applicant.get("address") or "")
        self.phone.text = str(applicant.get("phone") or "")
        other = fields.get("representative") or {}
        self.on_behalf.value = "organisation" if organisation else "other" if other else "self"
        self._other.setVisible(self.on_behalf.value != "self")
        self.other_name.text = str(other.get("name") or "")
        self.other_number.text = str(other.get("personal_number") or "")
        self.relation.text = str(other.get("relation") or "")

    def _keep(self) -> None:
        """The draft survives whatever happens next."""
        if not self._dirty or self._saved is not None:
            return
        draft, draft_id, who = self.draft(), self._draft_id, self.desk.officer
        if who is not None:
            drafts = self.desk.counter.drafts
            self.desk.lanes.records.submit(lambda: drafts.save(who.id, draft_id, draft))

    # ---- reactions -----------------------------------------------------------------------------

    def _on_left(self) -> None:
        """Marks appear when a field is left."""
        if self._saved is None:
            self._timer.start()

    def _on_changed(self) -> None:
        if self._saved is not None:
            return
        self._dirty = True
        self._timer.start()

    def _on_papers(self) -> None:
        self._papers_card.caption.setText(self.papers.caption())
        self._on_changed()

    def _on_name_typed(self, text: str) -> None:
        """A person's name stands in capitals, as on the card; the cursor stays."""
        if self.on_behalf.value != "organisation" and text != text.upper():
            at = self.name.edit.cursorPosition()
            self.name.edit.setText(text.upper())
            self.name.edit.setCursorPosition(at)

    def _on_number_left(self) -> None:
        number = self.number.text.replace(" ", "")
        if not number or self.on_behalf.value == "organisation":
            return
        problem = number_problem(number)
        if problem is not None:
            self.number.mark("error", problem.message)
            return
        self.number.text = " ".join(number[at : at + 3] for at in range(0, len(number), 3))
        if len(number) == 12:
            year, sex = year_and_sex(number)
            if not self.sex.value:
                self.sex.value = sex
            if not self.born.text:
                self.born.text = str(year)
        self._timer.start()

    def _on_born_left(self) -> None:
        if not self.born.text:
            return
        born = self._born()
        if born is None:
            self.born.mark("error", "Ngày sinh không đúng. Gõ như 05031990, 5/3/90 hoặc 1990.")
        else:
            self.born.text = born.paper()

    def _born(self) -> PartialDate | None:
        typed = self.born.text
        number = self.number.text.replace(" ", "")
        if len(typed) == 4 and typed.isdigit() and len(number) == 12 and not number_problem(number):
            # day and month alone: the year stands in the number
            year = year_and_sex(number)[0]
            if typed != str(year) and typed[:2] not in ("19", "20"):
                return PartialDate.parse_typed(f"{typed[:2]}/{typed[2:]}/{year}", self._today())
        return PartialDate.parse_typed(typed, self._today())

    def _today(self) -> date:
        return self.desk.now().date()

    def _on_behalf_changed(self, value: str) -> None:
        self._other.setVisible(value != "self")
        self.number.caption.setText("Mã số thuế" if value == "organisation" else "Số định danh")
        self.name.caption.setText("Tên tổ chức" if value == "organisation" else "Họ và tên")
        self._on_changed()

    def _on_procedure_typed(self) -> None:
        if self._case is not None:
            self._show_procedure(None, keep_text=True)
        self._on_changed()

    def _on_procedure(self, procedure: Procedure) -> None:
        self._show_procedure(procedure)
        self._on_changed()
        if len(procedure.cases) > 1:
            self.case.combo.setFocus()
        elif (first := self.papers.first) is not None:
            first.setFocus()

    def _show_procedure(self, procedure: Procedure | None, *, keep_text: bool = False) -> None:
        if not keep_text:
            self._procedures.show_procedure(procedure)
        if procedure is None:
            self.case.fill(())
            self._case = None
            self._field_chip.hide()
            self._meta.setText("")
            self.papers.show_case(None)
            self._chain_papers()
            self._papers_card.caption.setText("")
            return
        cases = procedure.cases
        numbered = len(cases) > 1
        self.case.fill(
            [(c.id, f"{n}. {c.name}" if numbered else c.name) for n, c in enumerate(cases, 1)]
        )
        self._on_case(cases[0].id)

    def _on_case(self, case_id: str) -> None:
        procedure = self._procedures.procedure
        if procedure is None:
            return
        self._case = next((c for c in procedure.cases if c.id == case_id), procedure.cases[0])
        self.papers.show_case(self._case)
        self._chain_papers()
        self._papers_card.caption.setText(self.papers.caption())
        self._field_chip.setText(procedure.field_name[:28])
        self._field_chip.show()
        term = term_text(self._case.unit, self._case.amount)
        unchecked = "" if procedure.unit_verified else " (thời hạn chưa kiểm tra)"
        self._meta.setText(f"Mã {procedure.code}  ·  {term}{unchecked}  ·  {procedure.unit}")
        self._on_changed()

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
        self.fee.text = vnd(checked.fee_total) if checked.fees else "Miễn phí"
        if self._side.currentIndex() == 1:
            self._show_problems()
        if checked.preview is not None:
            self._draw(checked)
        elif self._procedures.procedure is None:
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
        """What stands in a field and cannot be a day or an hour."""
        found = []
        if self.born.text and self._born() is None:
            found.append(
                Problem(
                    "applicant.born_on", "born_on_wrong", "Ngày sinh không đúng. Gõ như 05031990."
                )
            )
        if (paper := self.paper.problem()) is not None:
            found.append(paper)
        return found

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
            self.key(f"Alt+{section_of(problem)}")

    def _place(self, problem: Problem) -> Field | None:
        """The field where a problem is marked."""
        # the year that differs from the number is read beside the date
        return self.born if problem.code == "number_year" else self._places.get(problem.field)

    def _mark_doubts(self, problems: Sequence[Problem]) -> None:
        """Amber below what was left and looks odd; nothing is asked, it is logged."""
        doubts = {
            self._place(p): p.message
            for p in problems
            if p.severity == "may" and p.code != "from_paper"
        }
        for field in {*self._places.values()} - {self._procedures.field}:
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
        if self._saved is not None or (self.visit.id and not self._procedures.edit.text()):
            # one Ctrl+D too many: the visit ends with what it has
            self.start_new()
            return
        self._save(again=False)

    def _save(self, *, again: bool) -> None:
        """Take the dossier in; `again` where one more of the same person follows."""
        if self._busy:
            return
        self._procedures.take_first()
        draft, who, counter = self.draft(), self.desk.who, self.desk.counter
        source: Any = self._source
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
        procedure = self._procedures.procedure
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
        self._lock(True)
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

    def _lock(self, locked: bool) -> None:
        for card in (
            self._applicant_card,
            self._procedure_card,
            self._papers_card,
            self._result_card,
        ):
            card.setEnabled(not locked)

    # ---- the other ways out --------------------------------------------------------------------

    def _take_card(self, scan: Scan) -> None:
        number = scan.fields["personal_number"]
        mine = self.number.text.replace(" ", "")
        if self._saved is not None:
            self.start_new()
            mine = ""
        if mine == number:
            self.banner.tell("Đúng người: thẻ khớp với số định danh.", "Green")
            return
        if mine or self.name.text:
            self._ask_here(
                "Thẻ của người khác, không phải của người đang nhập.",
                ("Đổi người", "Alt+D", lambda: self._fill_card(scan)),
                ("Lượt mới", "Alt+M", lambda: self._fill_card_anew(scan)),
            )
            return
        self._fill_card(scan)

    def _toggle_paper(self) -> None:
        """Alt+P: this dossier stands on a pad slip, or does not."""
        if self.paper.isHidden():
            self.paper.open("")
        else:
            self.paper.close_strip()
            self.number.edit.setFocus()
        self._on_changed()

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
        self._source = "qr"
        self._applicant_card.caption.setText("Đọc từ thẻ")
        self._fill_applicant({"applicant": scan.fields})
        self._dirty = True
        if scan.missing:
            self.banner.tell("Máy quét làm mất chữ: gõ lại họ tên và nơi cư trú.")
            self.name.edit.setFocus()
        else:
            if scan.repaired:
                self.banner.tell("Đã sửa chữ từ máy quét, xem lại tên.")
            self.phone.edit.setFocus()
        for field in (self.number, self.name, self.address):
            field.mark("good" if field.text else "")
        self._timer.start()

    def _change_due(self) -> None:
        if self._checked is None or self._checked.moment is None:
            return
        found = ask_due(self, self._checked.moment.due_at, self.desk.now())
        if found is not None:
            self._override = found
            self._on_changed()

    def _supplement(self) -> None:
        missing = [
            line.component.name
            for line in self.papers.rows
            if line.component.required and not line.tick.isChecked()
        ]
        self._give_notice("supplement", missing)

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
