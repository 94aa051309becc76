"""One dossier: its state in words, its story, papers, prints, money, and what may be done now."""

from datetime import date, datetime
from textwrap import shorten

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from counter_app.domain import events as ev
from counter_app.domain.calendar import weekday_name
from counter_app.domain.dossier import ERASED_NAME, Dossier, TimelineEntry
from counter_app.domain.money import vnd
from counter_app.domain.partial_date import PartialDate
from counter_app.domain.personal_number import mask
from counter_app.ports import Trouble
from counter_app.services.forms import FormOffer
from counter_app.services.search import DossierView
from ui.action_form import ActionForm
from ui.acts import ACTS, act_of, next_words
from ui.assets import pixmap
from ui.desk import Desk
from ui.dialogs import ask
from ui.lists import holder_words, lateness_chip
from ui.scans import SCAN_KEYS, ScansBox
from ui.theme import Palette
from ui.widgets import (
    CHIP_OF_STATUS,
    Button,
    chip,
    clear,
    column,
    fix,
    label,
    row,
    scrolled,
    set_chip,
)

_LONGEST_ABOUT = 86
"""Letters beside the code, on two lines."""
_SHOWN = 3
"""Actions with a button of their own, beside the likeliest on F12; the others stand behind one."""

_TABS = ("Diễn biến", "Giấy tờ", "Bản in", "Thu tiền", "Sửa sai")
EVENT_WORDS = {
    "dossier.accepted": "Tiếp nhận, cấp mã hồ sơ",
    "dossier.transferred": "Chuyển xử lý",
    "dossier.taken_over": "Đã nhận bàn giao",
    "supplement.requested": "Yêu cầu bổ sung, dừng tính hạn",
    "supplement.received": "Đã nhận bổ sung, tính hạn tiếp",
    "payment.requested": "Yêu cầu nộp phí, dừng tính hạn",
    "payment.received": "Đã thu tiền",
    "payment.voided": "Hủy khoản thu",
    "dossier.extended": "Xin lỗi và hẹn lại",
    "dossier.stopped": "Dừng giải quyết",
    "dossier.withdrawn": "Rút hồ sơ",
    "dossier.completed": "Đã có kết quả",
    "dossier.returned": "Đã trả kết quả",
    "dossier.corrected": "Đính chính, cấp phiếu mới",
    "dossier.voided": "Hủy hồ sơ",
    "action.reverted": "Lấy lại việc vừa làm",
    "dossier.renumbered": "Đổi mã hồ sơ",
    "note.added": "Ghi chú",
    "attachment.added": "Thêm bản quét",
    "slip.printed": "In phiếu",
    "subject.held": "Giữ lại quá hạn lưu",
    "subject.released": "Bỏ giữ lại",
    "subject.erased": "Xóa theo hạn lưu",
}
OUTCOME_WORDS = {
    "CONFIRMED": "máy in đã xác nhận",
    "SENT": "đã gửi tới máy in",
    "UNKNOWN": "không rõ đã ra chưa",
    "FAILED": "không in được",
}
FIELD_WORDS = {
    "procedure": "Thủ tục",
    "case": "Trường hợp",
    "components": "Giấy tờ",
    "pages": "Bản chứng thực",
    "return_method": "Nhận kết quả",
    "sets": "Số bộ",
    "note": "Ghi chú",
    "applicant.name": "Họ tên",
    "applicant.personal_number": "Số định danh",
    "applicant.born_on": "Ngày sinh",
    "applicant.sex": "Giới tính",
    "applicant.address": "Nơi cư trú",
    "applicant.phone": "Điện thoại",
    "applicant.kind": "Loại người nộp",
    "representative.name": "Người nộp thay",
}


def trouble_words(trouble: Trouble | None) -> str:
    """What is wrong between this counter and the others, if anything is."""
    if trouble is None:
        return ""
    if trouble.refused:
        return f"Việc làm ở máy này không tính: {trouble.message}"
    return f"Cấp trên chưa nhận: {trouble.message}"


class DossierPane(QWidget):
    """The right side of the search screen."""

    acted = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.view: DossierView | None = None
        self._allowed: tuple[str, ...] = ()
        self._narrow = False
        self._name = label("", "title", wrap=True)
        self._status = chip("grey", "")
        self._late = chip("grey", "")
        self._sent = label("", "caption")
        self._code = label("", "strong", wrap=True)
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._trouble = label("", "problem", wrap=True)
        self._seen = Button("Đã xem", "Alt+V")
        self._seen.clicked.connect(self.saw)
        trouble = row(self._trouble, self._seen)
        trouble.setStretch(0, 1)
        head = column(
            row(self._name, self._status, self._late, 1, self._sent),
            self._code,
            trouble,
            space=4,
        )
        head.setContentsMargins(16, 10, 16, 6)
        self._tabs = QButtonGroup(self)
        tabs = row(space=4)
        for number, caption in enumerate(_TABS):
            tab = QPushButton(f"{caption}  Alt+{number + 1}")
            tab.setProperty("kind", "tab")
            tab.setCheckable(True)
            tab.setAccessibleName(caption)
            self._tabs.addButton(tab, number)
            tabs.addWidget(tab)
        tabs.addStretch(1)
        tabs.setContentsMargins(12, 0, 12, 0)
        self._tabs.idClicked.connect(self.show_tab)
        self._stack = QStackedWidget()
        self._bodies: list[QVBoxLayout] = []
        for _ in _TABS:
            body = column(space=8)
            inside = QWidget()
            inside.setLayout(body)
            self._bodies.append(body)
            self._stack.addWidget(scrolled(inside))
        self._facts = column(space=6)
        facts = QWidget()
        fix(facts, width=270)
        facts.setLayout(self._facts)
        self.form = ActionForm(desk)
        self.form.closed.connect(self._on_form_closed)
        self._next = _Next(desk)
        below = column(self._stack, self._next, self.form, space=8)
        below.setStretch(0, 1)
        middle = row(space=16)
        middle.addLayout(below)
        middle.addWidget(facts)
        middle.setStretch(0, 1)
        middle.setContentsMargins(16, 8, 16, 8)
        self._actions = row(space=8)
        self._actions.setContentsMargins(16, 8, 16, 10)
        # with a form open all room is the form's
        self._foot = QWidget()
        self._foot.setLayout(column(_rule(), self._actions, space=0))
        whole = column(head, tabs, _rule(), middle, self._foot, space=0)
        whole.setStretch(3, 1)
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.show_tab(0)
        self.hide()

    def show_view(self, view: DossierView | None, allowed: tuple[str, ...]) -> None:
        """Another dossier, or the same after something happened."""
        if self.view is not None and (view is None or view.dossier.id != self.view.dossier.id):
            self.form.leave()
        self.view = view
        self.setVisible(view is not None)
        if view is None:
            return
        dossier, now = view.dossier, self._desk.now()
        self._name.setText(dossier.facts.applicant.name)
        kind, words = ("grey", "Đã hủy") if dossier.voided else CHIP_OF_STATUS[dossier.status]
        set_chip(self._status, kind, words)
        late = lateness_chip(view.row, now.date())
        set_chip(self._late, *(late or ("grey", "")))
        refused = view.trouble is not None and view.trouble.refused
        self._sent.setText(
            {
                "local": "đã lưu ở máy này",
                "sent": "máy chủ đã nhận",
                "problem": "có việc không tính" if refused else "cần sửa trước khi gửi",
            }[view.row.sent]
        )
        procedure = dossier.facts.procedure
        case = "" if procedure.case_name == "Thông thường" else f", {procedure.case_name.lower()}"
        about = shorten(f"{procedure.name}{case}", _LONGEST_ABOUT, placeholder=" …")
        self._code.setText(f"{dossier.code}  ·  {about}")
        self._trouble.setText(trouble_words(view.trouble))
        self._trouble.setVisible(view.trouble is not None)
        self._seen.setVisible(refused)
        self._show_story(dossier)
        self._show_papers(dossier)
        self._show_prints(view)
        self._show_money(dossier)
        self._show_corrections(dossier)
        self._show_facts(dossier, now.date())
        self._show_actions(allowed)
        self._next.show_words(*next_words(dossier, allowed[0] if allowed else ""))
        self._next.setVisible(not self.form.action and bool(self._next.title.text()))

    def saw(self) -> None:
        """Alt+V: whoever sits here knows what counts for nothing."""
        view, worklists = self.view, self._desk.counter.worklists
        if view is not None and view.trouble is not None and view.trouble.refused:
            self._desk.read(lambda: worklists.saw(view.dossier.id), self._desk.announce)

    def show_tab(self, number: int) -> None:
        """One of the five."""
        self._stack.show()
        self._stack.setCurrentIndex(number)
        self._tabs.button(number).setChecked(True)

    def set_narrow(self, narrow: bool) -> None:
        """A form takes the room of the story where there is little; a tab brings that back."""
        self._narrow = narrow
        self._stack.setVisible(not (narrow and self.form.action))

    def scans_key(self, name: str) -> bool:
        """A key of the scanned papers, in the tab of papers; whether it was one."""
        if self.view is None or name not in SCAN_KEYS:
            return False
        self.show_tab(_TABS.index("Giấy tờ"))
        return self.scans.key(name)

    def action_for(self, key: str) -> str | None:
        """The action behind a key such as `Alt+C`, if it is offered now."""
        return act_of(key, self._allowed) or None

    def _show_story(self, dossier: Dossier) -> None:
        body = self._bodies[0]
        clear(body)
        for entry in reversed(dossier.timeline):
            body.addWidget(story_line(entry, self._desk.theme.palette))
        body.addStretch(1)

    def _show_papers(self, dossier: Dossier) -> None:
        body = self._bodies[1]
        clear(body)
        for component in dossier.facts.components:
            body.addLayout(_line(component.name, label(_counts(component), "caption")))
        for line in dossier.facts.pages:
            text = f"{line.pages} trang, {line.copies} bản"
            body.addLayout(_line(line.name or "Bản sao", label(text, "caption")))
        if not dossier.facts.components and not dossier.facts.pages:
            body.addWidget(_nothing(dossier, "Không ghi giấy tờ nào."))
        self.scans = ScansBox(self._desk, dossier)
        body.addWidget(self.scans)
        self.scans.setVisible(dossier.erased_at is None)
        body.addStretch(1)

    def _show_prints(self, view: DossierView) -> None:
        body = self._bodies[2]
        clear(body)
        for entry in reversed(view.dossier.timeline):
            if isinstance(entry.payload, ev.SlipPrinted):
                text = (
                    f"Phiếu số {entry.payload.receipt_no}: {OUTCOME_WORDS[entry.payload.outcome]}"
                )
                body.addLayout(_line(text, label(_at(entry.at), "caption")))
        if body.count() == 0:
            body.addWidget(_nothing(view.dossier, "Chưa in phiếu nào. Ctrl+P để in."))
        body.addWidget(label("Biểu mẫu", "sectionTitle"))
        self._offers = column(space=6)
        body.addLayout(self._offers)
        body.addStretch(1)
        forms, dossier_id = self._desk.counter.forms, view.dossier.id
        self._desk.read(lambda: (dossier_id, forms.of(dossier_id)), self._on_offers)

    def _on_offers(self, answer: tuple[str, tuple[FormOffer, ...]]) -> None:
        dossier_id, offers = answer
        if self.view is None or self.view.dossier.id != dossier_id:
            return
        clear(self._offers)
        for offer in offers:
            if offer.happened:
                button = Button("Mở", "")
                button.setAccessibleName(f"Mở: {offer.title}")
                button.setProperty("form", offer.form)
                button.clicked.connect(self._on_form_asked)
                self._offers.addLayout(_line(offer.title, button))

    def _on_form_asked(self) -> None:
        assert self.view is not None
        form = str(self.sender().property("form"))
        self._desk.forms_requested.emit(((form, self.view.dossier.id),))

    def _show_money(self, dossier: Dossier) -> None:
        body = self._bodies[3]
        clear(body)
        for line in dossier.facts.fees:
            body.addLayout(_line(line.name, label(vnd(line.amount), "strong")))
        paid = sum(amount for _, amount in dossier.paid)
        body.addLayout(row(label("Phải thu"), 1, label(vnd(dossier.facts.fee_total), "strong")))
        body.addLayout(row(label("Đã thu"), 1, label(vnd(paid), "strong")))
        body.addStretch(1)

    def _show_corrections(self, dossier: Dossier) -> None:
        body = self._bodies[4]
        clear(body)
        for entry in reversed(dossier.timeline):
            if isinstance(entry.payload, ev.DossierCorrected):
                body.addWidget(
                    label(f"{_at(entry.at)} · {entry.payload.reason}", "strong", wrap=True)
                )
                for change in entry.payload.changes:
                    name = FIELD_WORDS.get(change.field, change.field)
                    text = f"{name}: {change.old or 'trống'} thành {change.new or 'trống'}"
                    body.addWidget(label(text, wrap=True))
        if body.count() == 0:
            body.addWidget(_nothing(dossier, "Chưa sửa gì. Alt+S để đính chính."))
        body.addStretch(1)

    def _show_facts(self, dossier: Dossier, today: date) -> None:
        clear(self._facts)
        due = dossier.due_at
        self._facts.addWidget(label("Hẹn trả", "label"))
        self._facts.addWidget(
            label(f"{due:%H:%M} {weekday_name(due.date())} {due:%d/%m/%Y}", "due")
        )
        self._facts.addWidget(label(dossier.due.why, "caption", wrap=True))
        if dossier.original_due_at != due:
            text = f"Hẹn đầu: {dossier.original_due_at:%H:%M %d/%m/%Y}"
            self._facts.addWidget(label(text, "caption"))
        applicant = dossier.facts.applicant
        born = PartialDate.parse_iso(applicant.born_on or "")
        number = applicant.personal_number or applicant.tax_code or ""
        holder = holder_words(dossier.holder.side, dossier.holder.name)
        for name, value in (
            ("Số giấy tờ", mask(number) if number else ""),
            ("Ngày sinh", born.paper() if born else ""),
            ("Nơi cư trú", applicant.address or ""),
            ("Điện thoại", applicant.phone or ""),
            ("Nộp thay", dossier.facts.representative.name if dossier.facts.representative else ""),
            (
                "Nhận kết quả",
                {"counter": "Tại quầy", "post": "Bưu chính", "online": "Trực tuyến"}[
                    dossier.facts.return_method
                ],
            ),
            ("Nhận lúc", f"{dossier.received_at:%H:%M %d/%m/%Y}, quầy {dossier.counter_no}"),
            ("Người giữ", holder),
            ("Kệ", dossier.completion.shelf if dossier.completion else ""),
        ):
            if value:
                caption = label(name, "label")
                fix(caption, width=96)
                line = row(caption, label(value, wrap=True), space=8)
                line.setStretch(1, 1)
                line.setAlignment(Qt.AlignmentFlag.AlignTop)
                self._facts.addLayout(line)
        self._facts.addStretch(1)

    def _show_actions(self, allowed: tuple[str, ...]) -> None:
        clear(self._actions)
        self._allowed = allowed
        for action in allowed[1 : 1 + _SHOWN]:
            act = ACTS[action]
            button = Button(act.text, act.key, "danger" if act.danger else "")
            button.setProperty("action", action)
            button.clicked.connect(self._on_clicked)
            self._actions.addWidget(button)
        if len(allowed) > 1 + _SHOWN:
            more = Button("Khác", "Alt+O")
            more.clicked.connect(self.ask_more)
            self._actions.addWidget(more)
        self._actions.addStretch(1)

    def ask_more(self) -> None:
        """The rest of what may be done now."""
        rest = self._allowed[1 + _SHOWN :]
        answers = [(ACTS[name].text, ACTS[name].key[-1]) for name in rest]
        if not rest:
            return
        chosen = ask(self, "Việc khác", "Chọn việc cần làm với hồ sơ này.", answers)
        if chosen:
            self.acted.emit(act_of(chosen, rest))

    def open_form(self, action: str) -> None:
        """Ask what an action needs, below the story."""
        assert self.view is not None
        self._next.hide()
        self._foot.hide()
        self._stack.setVisible(not self._narrow)
        self.form.open(action, (self.view.dossier,), self.view.trouble)

    def _on_form_closed(self) -> None:
        self._foot.show()
        self._stack.show()
        self._next.setVisible(bool(self._next.title.text()))

    def _on_clicked(self) -> None:
        self.acted.emit(str(self.sender().property("action")))


class _Next(QFrame):
    """What comes next and by when."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("next")
        sign = label()
        sign.setPixmap(pixmap("corner-down-right", desk.theme.palette.accent, 18))
        self.title = label("", "strong", wrap=True)
        self._by = label("", "caption", wrap=True)
        whole = row(sign, column(self.title, self._by, space=2), space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(14, 9, 14, 9)
        self.setLayout(whole)

    def show_words(self, title: str, by: str) -> None:
        """Two lines."""
        self.title.setText(f"Tiếp theo: {title}" if title else "")
        self._by.setText(by)
        self._by.setVisible(bool(by))


def story_line(entry: TimelineEntry, palette: Palette) -> QWidget:
    """One step of a dossier: what, when, by whom."""
    words = EVENT_WORDS.get(entry.event, entry.event)
    if isinstance(entry.payload, ev.SlipPrinted):
        words = f"In phiếu: {OUTCOME_WORDS[entry.payload.outcome]}"
        if entry.payload.copy_no:
            words += f", in lại lần {entry.payload.copy_no}"
    if entry.rejected is not None:
        words += " (không tính)"
    if entry.reverted:
        words += " (đã lấy lại)"
    made = QWidget()
    first = row(label(words, "strong"), 1, label(_at(entry.at), "caption"))
    below = " · ".join(part for part in (entry.actor, entry.note) if part)
    dot = label()
    printed = isinstance(entry.payload, ev.SlipPrinted)
    shade = palette.ink3 if entry.rejected is not None else palette.accent
    dot.setPixmap(pixmap("circle", palette.green if printed else shade, 14))
    fix(dot, width=22)
    dot.setAlignment(Qt.AlignmentFlag.AlignTop)
    dot.setContentsMargins(0, 3, 0, 0)
    whole = row(dot, column(first, label(below, "caption", wrap=True), space=0), space=2)
    whole.setStretch(1, 1)
    made.setLayout(whole)
    return made


def _at(text: str) -> str:
    return f"{datetime.fromisoformat(text):%d/%m %H:%M}"


def _line(text: str, beside: QWidget) -> QHBoxLayout:
    """Words that take all the room there is before they break."""
    line = row(label(text, wrap=True), beside)
    line.setStretch(0, 1)
    return line


def _nothing(dossier: Dossier, sentence: str) -> QWidget:
    """Why a tab is empty: of an erased dossier nobody knows what stood there, and nothing is to be done."""
    return label(ERASED_NAME + "." if dossier.erased_at else sentence, "caption")


def _counts(component: ev.ReceivedComponent) -> str:
    if component.present:
        return "xem"
    parts = [
        f"{count} {word}"
        for count, word in (
            (component.originals, "chính"),
            (component.certified, "chứng thực"),
            (component.copies, "sao"),
        )
        if count
    ]
    return ", ".join(parts) or "đã nhận"


def _rule() -> QFrame:
    made = QFrame()
    made.setObjectName("rule")
    made.setFixedHeight(1)
    return made
