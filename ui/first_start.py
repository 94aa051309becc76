"""The first start: office, first officer, key, once in the life of a counter."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from ui.lanes import Runs
from ui.widgets import Banner, Button, Card, Choice, Drop, Field, Tick, column, label, row

Create = Callable[[str, int, str, str, str | None], str]
"""(office text, counter, officer, PIN, passphrase or None) → recovery code."""


class FirstStartPage(QWidget):
    """Four short steps; F12 goes on."""

    finished = Signal(str)
    """The passphrase that opens the store, empty where the key store does."""

    def __init__(
        self,
        lane: Runs,
        offices: Callable[[], list[tuple[str, str]]],
        office_text: Callable[[str], str],
        create: Create,
    ) -> None:
        super().__init__()
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lane = lane
        self._office_text = office_text
        self._create = create
        self._file_text: str | None = None
        self._recovery = ""
        self.banner = Banner()
        self.office = Drop("Cơ quan mẫu", offices())
        self.file = label("", "caption")
        choose = Button("Chọn tệp cơ quan…")
        choose.clicked.connect(self._choose_file)
        self.number = Choice([(str(n), str(n)) for n in range(1, 10)], "Số quầy")
        self.name = Field("Họ tên cán bộ đầu tiên (có mọi quyền)", required=True, limit=120)
        self.pin = Field("Mã PIN (6 chữ số trở lên)", required=True, width=300, limit=12)
        self.again = Field("Gõ lại mã PIN", required=True, width=300, limit=12)
        self.use_passphrase = Tick("Mở sổ bằng câu mở sổ (khi máy không có kho khóa)")
        self.passphrase = Field("Câu mở sổ (ít nhất 10 ký tự)", width=420, limit=200)
        for field in (self.pin, self.again, self.passphrase):
            field.edit.setEchoMode(field.edit.EchoMode.Password)
        self.code = label("", "big")
        self.typed = Field("Gõ lại 4 chữ cuối của mã", required=True, width=300, limit=8)
        self._steps = QStackedWidget()
        for content in (
            column(
                label("1. Cơ quan và quầy", "title"),
                label(
                    "Lấy tệp của cơ quan do cấp trên gửi, hoặc một cơ quan mẫu để dùng thử.",
                    wrap=True,
                ),
                self.office,
                row(choose, self.file, 1),
                self.number,
                1,
            ),
            column(label("2. Người đầu tiên", "title"), self.name, self.pin, self.again, 1),
            column(
                label("3. Khóa của sổ", "title"),
                label(
                    "Sổ được mã hóa. Thường máy tự mở bằng kho khóa của hệ điều hành.", wrap=True
                ),
                self.use_passphrase,
                self.passphrase,
                1,
            ),
            column(
                label("4. Mã khôi phục", "title"),
                label(
                    "Chép mã này ra giấy và cất trong két. Mã chỉ hiện một lần này; "
                    "mất cả khóa lẫn mã thì không ai mở được sổ.",
                    wrap=True,
                ),
                self.code,
                self.typed,
                1,
            ),
        ):
            step = QWidget()
            step.setLayout(content)
            self._steps.addWidget(step)
        self._next = Button("Tiếp", "F12", "primary")
        self._next.clicked.connect(self.finish)
        self._back = Button("Quay lại", "Esc")
        self._back.clicked.connect(self.back)
        card = Card(self.banner, self._steps, row(1, self._back, self._next), margins=28)
        card.setFixedSize(760, 460)
        whole = column(1, row(1, card, 1), 1)
        self.setLayout(whole)
        self.passphrase.hide()
        self.use_passphrase.toggled.connect(self.passphrase.setVisible)

    def finish(self) -> None:
        """F12: on to the next step."""
        self.banner.tell("")
        match self._steps.currentIndex():
            case 0:
                self._go(1)
                self.name.edit.setFocus()
            case 1:
                if not self.name.text:
                    self._wrong(self.name, "Chưa có họ tên. Gõ họ và tên.")
                elif self.pin.text != self.again.text:
                    self._wrong(self.again, "Hai lần gõ mã PIN khác nhau. Gõ lại.")
                else:
                    self._go(2)
            case 2:
                self._make()
            case _:
                self._confirm()

    def back(self) -> None:
        """Esc: one step back, until the store is made."""
        if 0 < self._steps.currentIndex() < 3:
            self._go(self._steps.currentIndex() - 1)

    def _go(self, step: int) -> None:
        self._steps.setCurrentIndex(step)
        self._back.setVisible(0 < step < 3)

    def _wrong(self, field: Field, sentence: str) -> None:
        field.mark("error", sentence)
        field.edit.setFocus()
        self.banner.tell(sentence, "Red")

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Tệp cơ quan", "", "Tệp cơ quan (*.toml)")
        if not name:
            return
        try:
            self._file_text = Path(name).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self.banner.tell("Không đọc được tệp này. Hãy chọn tệp khác.", "Red")
            return
        self.file.setText(Path(name).name)

    def _make(self) -> None:
        text = self._file_text or self._office_text(self.office.value)
        number, name, pin = int(self.number.value), self.name.text, self.pin.text
        passphrase = self.passphrase.text if self.use_passphrase.isChecked() else None
        self.banner.tell("Đang tạo sổ…")
        self._lane.submit(
            lambda: self._create(text, number, name, pin, passphrase), self._on_made, self._on_fault
        )

    def _on_made(self, recovery: str) -> None:
        self._recovery = recovery
        groups = recovery.split("-")
        self.code.setText("-".join(groups[:4]) + "\n" + "-".join(groups[4:]))
        self.banner.tell("Đã tạo sổ.", "Green")
        self._go(3)
        self.typed.edit.setFocus()

    def _on_fault(self, fault: Exception) -> None:
        message = getattr(fault, "message", "Chưa tạo được sổ. Hãy làm lại.")
        self.banner.tell(str(message), "Red")
        if getattr(fault, "code", "") == "no_key_store":
            self.use_passphrase.setChecked(True)
            self.passphrase.edit.setFocus()

    def _confirm(self) -> None:
        if self.typed.text.upper() != self._recovery[-4:]:
            self._wrong(self.typed, "Chưa đúng 4 chữ cuối. Xem lại mã đã chép.")
            return
        self.finished.emit(self.passphrase.text if self.use_passphrase.isChecked() else "")
