"""Setting up a printer, once: find it, its paper, what it answers, a page to look at, done."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QStackedWidget, QWidget

from counter_app.domain.outcome import Outcome, sent
from counter_app.domain.printer import (
    ROLE_WORDS,
    WIDTHS,
    FoundPrinter,
    KeptPrinter,
    Learnt,
    PrinterRole,
    Profile,
)
from counter_app.errors import Refused
from counter_app.services.prints import Printed
from ui.desk import Desk
from ui.fields import Choice, Drop, Field, Tick
from ui.intake.slip_view import SlipView
from ui.lanes import Runs
from ui.widgets import Banner, Button, chip, column, fix, label, row, set_chip, set_name

STEPS = ("Tìm máy", "Khổ giấy", "Hỏi máy", "In thử", "Xong")
_FIND, _PAPER, _ASK, _TRY, _DONE = range(5)
_QUESTIONS = (
    ("Chữ Việt có đủ dấu, đọc rõ không?", "Đọc hai dòng chữ dưới đầu trang thử."),
    ("Khung có đủ bốn cạnh không?", "Mất cạnh phải thì chương trình đổi sang khổ hẹp hơn."),
    ("Giấy có tự cắt không?", "Không có dao cắt thì máy đẩy giấy qua mép xé."),
)
_SLIP_BYTES = 70_000
"""A slip of 80 mm, blank rows and all."""
_SLOW_SECONDS = 8
_PICTURE = 270
"""Pixels: narrow enough for the questions beside it."""


class PrinterWizard(QWidget):
    """Five steps; F12 goes on, Esc goes back."""

    made = Signal(object)
    """The printer as it is to be kept."""
    left = Signal()
    moved = Signal()
    """Another step."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__()
        self._desk = desk
        self._banner = banner
        self._kept = KeptPrinter("", "", frozenset({PrinterRole.SLIP}), Profile())
        self._answers: list[bool] = []
        self._asked = False
        self._heads: list[tuple[QLabel, QLabel]] = []
        self._steps = QStackedWidget()
        for content in (self._find(), self._paper(), self._ask(), self._try(), self._done()):
            self._steps.addWidget(content)
        self.setLayout(column(self._head(), self._steps, space=14))

    # ---- parts ---------------------------------------------------------------------------------

    def _head(self) -> QWidget:
        line = row(space=6)
        for number, text in enumerate(STEPS, 1):
            pair = label(str(number), "sectionNumber"), label(text, "caption")
            pair[0].setAlignment(Qt.AlignmentFlag.AlignCenter)
            self._heads.append(pair)
            line.addWidget(pair[0])
            line.addWidget(pair[1])
            line.addSpacing(14)
        line.addStretch(1)
        back = Button("Quay lại", "Esc")
        back.clicked.connect(self.back)
        line.addWidget(back)
        made = QWidget()
        made.setLayout(line)
        return made

    def _find(self) -> QWidget:
        self.found = Drop("Máy in và cổng mà máy tính này thấy", [("", "Đang tìm…")])
        self.found.changed.connect(self._on_chosen)
        self.address = Field("Địa chỉ máy in", required=True, hint="192.168.1.50", limit=200)
        self.address.left.connect(self._warn)
        self.name = Field("Tên máy in, do quầy đặt", required=True, width=300, limit=60)
        text = (
            "Chọn máy in trong danh sách, hoặc gõ địa chỉ. Máy in mạng: bấm nút trên máy in để máy "
            "tự in địa chỉ, rồi gõ như 192.168.1.50. Muốn lưu phiếu thành tệp PDF: pdf:THƯ_MỤC."
        )
        return _page(label(text, wrap=True), self.found, self.address, self.name, 1)

    def _paper(self) -> QWidget:
        self.width_ = Choice(
            (
                ("576", "80 mm"),
                ("384", "58 mm"),
                ("560", "80 mm, 560 chấm"),
                ("512", "80 mm, 512 chấm"),
            ),
            "Khổ giấy",
        )
        self.roles = {role: Tick(words) for role, words in ROLE_WORDS.items()}
        self.skip = Tick("Bỏ qua hàng trắng: in nhanh hơn, tắt nếu phiếu in lệch")
        text = "Biểu mẫu A4, A5 ra ở máy in đã cài trong máy tính, và máy in đó không in phiếu."
        return _page(
            self.width_,
            label("Dùng để in", "label"),
            row(*self.roles.values(), 1, space=24),
            label(text, "caption", wrap=True),
            self.skip,
            1,
        )

    def _ask(self) -> QWidget:
        self._lines = {}
        lines = column(space=0)
        for name, title, caption in (
            ("status", "Báo hết giấy, mở nắp", "Hỏi trạng thái trước mỗi phiếu."),
            ("fence", "Báo đã in xong", "Hỏi sau mỗi phiếu: chỉ khi đó mới biết phiếu đã ra."),
            ("speed", "Tốc độ", ""),
        ):
            word, told = chip("grey", ""), label(caption, "caption", wrap=True)
            self._lines[name] = (word, told)
            lines.addWidget(_line(label(title, "strong"), told, word))
        text = "Máy in phải bật, đủ giấy và đóng nắp. Bước này không tốn giấy."
        return _page(label(text, wrap=True), lines, 1)

    def _try(self) -> QWidget:
        self._rows: list[tuple[Button, Button, QLabel]] = []
        lines = column(space=0)
        for title, caption in _QUESTIONS:
            yes, no, word = Button("Có", "C"), Button("Không", "K"), chip("grey", "")
            yes.clicked.connect(self._on_yes)
            no.clicked.connect(self._on_no)
            self._rows.append((yes, no, word))
            told = label(caption, "caption", wrap=True)
            lines.addWidget(_line(label(title, "strong"), told, word, yes, no))
        again = Button("In lại trang thử", "Ctrl+P")
        again.clicked.connect(self.print_page)
        text = "Máy vừa in một trang thử như hình bên. Nhìn tờ giấy rồi trả lời ba câu."
        self._picture = SlipView("Trang thử", "")
        fix(self._picture, width=_PICTURE)
        asked = column(label(text, wrap=True), lines, row(again, 1), 1, space=12)
        whole = row(asked, self._picture, space=16)
        whole.setStretch(0, 1)
        return _page(whole)

    def _done(self) -> QWidget:
        self._summary = label("", wrap=True)
        return _page(label("Bấm F12 để lưu máy in này.", "cardTitle"), self._summary, 1)

    # ---- moving --------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """From 0."""
        return self._steps.currentIndex()

    @property
    def primary(self) -> str:
        """What F12 does now."""
        return ("Tiếp", "Hỏi máy", "In trang thử", "Tiếp", "Lưu máy in")[self.step]

    def begin(self, kept: KeptPrinter | None) -> None:
        """A new printer, or one that is looked at again."""
        names = {one.name for one in self._desk.counter.printers.all()}
        fresh = next(
            name
            for n in range(1, 100)
            if (name := f"Máy in {n}" if n > 1 else "Máy in quầy") not in names
        )
        self._kept = kept or KeptPrinter(fresh, "", frozenset({PrinterRole.SLIP}), Profile())
        self.address.text, self.name.text = self._kept.address, self._kept.name
        self.name.edit.setReadOnly(kept is not None)
        self.width_.value = str(self._kept.profile.width)
        for role, tick in self.roles.items():
            tick.setChecked(role in self._kept.roles)
        self.skip.setChecked(self._kept.profile.skip_blank)
        self._go(_FIND)
        self._desk.lanes.printers[""].submit(
            self._desk.counter.found_printers, self._on_found, self._on_fault
        )

    def next(self) -> None:
        """F12."""
        match self.step:
            case 0:
                self._leave_find()
            case 1:
                self._leave_paper()
            case 2:
                self._leave_ask()
            case 3:
                self._focus_question()
                self._banner.tell("Trả lời ba câu đã: C là có, K là không.")
            case _:
                self.made.emit(self._kept)

    def back(self) -> None:
        """Esc: a step back; from the first, out."""
        if self.step == _FIND:
            self.left.emit()
            return
        for_forms = self.step == _DONE and PrinterRole.FORM in self._kept.roles
        self._go(_PAPER if for_forms else self.step - 1)

    def key(self, name: str) -> bool:
        """Answers and Esc."""
        if name == "Esc":
            self.back()
        elif name == "Ctrl+P" and self.step == _TRY:
            self.print_page()
        elif name.upper() in ("C", "K") and self.step == _TRY:
            self._answer(name.upper() == "C")
        else:
            return False
        return True

    def _go(self, step: int) -> None:
        self._banner.tell("")
        self._steps.setCurrentIndex(step)
        for number, (mark, words) in enumerate(self._heads):
            set_name(words, "strong" if number == step else "caption")
            mark.setText(str(number + 1))
        self.moved.emit()
        match step:
            case 0:
                self.address.edit.setFocus()
            case 1:
                self.width_.stops()[0].setFocus()
            case 2:
                self._learn()
            case 3:
                self.print_page()
            case _:
                self._show_summary()

    def _leave_find(self) -> None:
        try:
            way = self._desk.counter.printer_at(self.address.text, Profile())
        except Refused as refused:
            self.address.mark("error", refused.message)
            self.address.edit.setFocus()
            return
        if not self.name.text:
            self.name.mark("error", "Đặt tên cho máy in này.")
            self.name.edit.setFocus()
            return
        self._kept = replace(self._kept, name=self.name.text, address=way.name)
        self._go(_PAPER)
        self._warn()

    def _leave_paper(self) -> None:
        roles = frozenset(role for role, tick in self.roles.items() if tick.isChecked())
        profile = replace(
            self._kept.profile,
            width=int(self.width_.value),
            skip_blank=self.skip.isChecked(),
        )
        self._kept = replace(self._kept, roles=roles, profile=profile)
        if not roles:
            self._banner.tell("Chọn máy in này dùng để in gì.", "Red")
            return
        self._go(_DONE if PrinterRole.FORM in roles else _ASK)

    # ---- finding -------------------------------------------------------------------------------

    def _on_found(self, found: list[FoundPrinter]) -> None:
        first = "Chọn một dòng" if found else "Chưa thấy máy nào. Gõ địa chỉ ở ô dưới."
        self.found.fill([("", first), *((one.address, one.words) for one in found)])

    def _on_chosen(self, address: str) -> None:
        if address:
            self.address.text = address
            self._warn()

    def _warn(self) -> None:
        warning = self._desk.counter.printer_warning(self.address.text)
        if warning:
            self._banner.tell(warning)

    # ---- asking --------------------------------------------------------------------------------

    def _learn(self) -> None:
        self._asked = False
        for word, _ in self._lines.values():
            set_chip(word, "grey", "…")
        self._banner.tell("Đang hỏi máy in…")
        way = self._desk.counter.printers.way(self._kept)
        self._lane().submit(way.learn, self._on_learnt, self._on_fault)

    def _on_learnt(self, learnt: Learnt) -> None:
        if self.step != _ASK:
            return
        if learnt.against is not None:
            for word, _ in self._lines.values():
                set_chip(word, "grey", "chưa biết")
            self._banner.tell(f"{sent(learnt.against).message} F12 để hỏi lại.", "Red")
            return
        self._asked = True
        profile = replace(learnt.profile, pages=False)
        self._kept = replace(self._kept, profile=profile)
        for name, known in (("status", profile.status), ("fence", profile.fence)):
            set_chip(
                self._lines[name][0], "green" if known else "amber", "Có" if known else "Không"
            )
        self._show_speed(profile.speed)
        if profile.fence:
            self._banner.tell("Máy in trả lời tốt.", "Green")
        elif profile.status:
            self._banner.tell(
                "Máy in này không báo được đã in xong: sau mỗi phiếu màn hình hỏi phiếu đã ra chưa."
            )
        else:
            self._banner.tell(
                "Máy in này không báo được đã in xong: màn hình chỉ nói đã gửi, hãy nhìn phiếu ra."
            )

    def _show_speed(self, speed: int) -> None:
        word, told = self._lines["speed"]
        if not speed:
            set_chip(word, "grey", "không đo được")
            told.setText("")
            return
        seconds = _SLIP_BYTES / speed
        slow = seconds > _SLOW_SECONDS
        set_chip(word, "amber" if slow else "green", "Chậm" if slow else "Tốt")
        takes = "dưới 1 giây" if seconds < 1 else f"khoảng {seconds:.0f} giây"
        told.setText(f"Nhận xong một phiếu 80 mm trong {takes}.")

    def _leave_ask(self) -> None:
        if self._asked:
            self._go(_TRY)
        else:
            self._learn()

    # ---- trying --------------------------------------------------------------------------------

    def print_page(self) -> None:
        """One page; the three questions begin anew."""
        self._answers = []
        for _, _, word in self._rows:
            set_chip(word, "grey", "")
        self._focus_question()
        self._banner.tell("Đang in trang thử…")
        counter, who, kept = self._desk.counter, self._desk.who, self._kept
        way = counter.printers.way(kept)
        self._desk.lanes.paper.submit(
            lambda: counter.prints.test_png(kept.profile.width),
            self._picture.show_slip,
            self._on_fault,
        )
        self._lane().submit(
            lambda: counter.prints.print("test", kept.name, [way], who),
            self._on_printed,
            self._on_fault,
        )

    def _on_printed(self, printed: Printed) -> None:
        if self.step != _TRY:
            return
        match printed.outcome:
            case Outcome.CONFIRMED:
                self._banner.tell(printed.message or "Máy in đã xác nhận.", "Green")
            case Outcome.SENT:
                self._banner.tell(printed.message or "Đã gửi trang thử.", "Green")
            case _:
                self._banner.tell(f"{printed.message} Ctrl+P để in lại trang thử.", "Red")

    def _on_yes(self) -> None:
        self._answer_of(self.sender(), True)

    def _on_no(self) -> None:
        self._answer_of(self.sender(), False)

    def _answer_of(self, button: object, yes: bool) -> None:
        asked = next(n for n, (*both, _) in enumerate(self._rows) if button in both)
        if asked == len(self._answers):
            self._answer(yes)

    def _answer(self, yes: bool) -> None:
        at = len(self._answers)
        if at == len(_QUESTIONS):
            return
        profile = self._kept.profile
        if not yes and at == 0:
            self._try_without_skipping(profile)
            return
        if not yes and at == 1:
            self._try_narrower(profile)
            return
        if at == 2:
            self._kept = replace(self._kept, profile=replace(profile, cutter=yes))
        self._answers.append(yes)
        set_chip(self._rows[at][2], "green" if yes else "grey", "Có" if yes else "Không")
        if len(self._answers) == len(_QUESTIONS):
            self._go(_DONE)
        else:
            self._focus_question()

    def _try_without_skipping(self, profile: Profile) -> None:
        if not profile.skip_blank:
            self._banner.tell(
                "Phiếu in dạng hình nên không mất dấu. Chữ mờ thì lau đầu in, thay giấy nhiệt rồi "
                "bấm Ctrl+P; vẫn hỏng thì máy này không in được hình, hãy dùng máy khác.",
                "Red",
            )
            return
        self.skip.setChecked(False)
        self._kept = replace(self._kept, profile=replace(profile, skip_blank=False))
        self.print_page()
        self._banner.tell("Đã tắt bỏ hàng trắng, đang in lại trang thử…")

    def _try_narrower(self, profile: Profile) -> None:
        narrower = [width for width in WIDTHS if width < profile.width]
        if not narrower:
            self._banner.tell("Đã là khổ hẹp nhất. Xem lại cuộn giấy có lắp lệch không.", "Red")
            return
        width = max(narrower)
        self.width_.value = str(width)
        self._kept = replace(self._kept, profile=replace(profile, width=width))
        self.print_page()
        self._banner.tell(f"Đã đổi sang khổ {width} chấm, đang in lại trang thử…")

    def _focus_question(self) -> None:
        self._rows[min(len(self._answers), len(_QUESTIONS) - 1)][0].setFocus()

    # ---- the end -------------------------------------------------------------------------------

    def _show_summary(self) -> None:
        profile, roles = self._kept.profile, self._kept.roles
        uses = ", ".join(words for role, words in ROLE_WORDS.items() if role in roles)
        lines = [f"{self._kept.name}: {uses}", f"Nối bằng {self._kept.address}"]
        if PrinterRole.FORM not in roles:
            lines += [
                f"Khổ {profile.width} chấm, {'tự cắt giấy' if profile.cutter else 'xé tay'}",
                "Báo đã in xong" if profile.fence else "Không báo được đã in xong",
            ]
        self._summary.setText("\n".join(lines))

    def _lane(self) -> Runs:
        return self._desk.lanes.printers[self._kept.name]

    def _on_fault(self, fault: Exception) -> None:
        self._banner.tell(str(getattr(fault, "message", "Chưa làm được. Hãy thử lại.")), "Red")


def _page(*items: QWidget | QLayout | int) -> QWidget:
    made = QWidget()
    made.setLayout(column(*items, space=12))
    return made


def _line(title: QLabel, caption: QLabel, *right: QWidget) -> QFrame:
    made = QFrame()
    made.setObjectName("line")
    whole = row(column(title, caption, space=2), *right, space=10)
    whole.setStretch(0, 1)
    whole.setContentsMargins(0, 10, 0, 10)
    made.setLayout(whole)
    return made
