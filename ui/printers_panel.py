"""F11, Máy in: the printers of this counter in their order, and the way to one more."""

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QWidget

from counter_app.domain.outcome import Outcome, Reason
from counter_app.domain.printer import ROLE_WORDS, KeptPrinter, PrinterRole
from counter_app.ports import Printer
from counter_app.services.prints import Printed
from ui.desk import Desk
from ui.lanes import Work
from ui.printer_wizard import PrinterWizard
from ui.settings.section import Section
from ui.slips import words_of
from ui.widgets import Banner, Button, chip, clear, column, label, row, set_chip


class PrintersPanel(Section):
    """The list, or the wizard. F12 does the next thing."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._desk = desk
        self._banner = banner
        self._chips: dict[str, QLabel] = {}
        self._lines = column(space=0)
        self._none = label(
            "Quầy chưa có máy in. F12 để thêm: hồ sơ vẫn lưu, phiếu in sau.", wrap=True
        )
        text = "Máy đứng trước in trước. Máy trước hết giấy, mở nắp hay tắt thì máy sau in thay."
        listed = QWidget()
        listed.setLayout(column(label(text, wrap=True), self._none, self._lines, 1, space=10))
        self.wizard = PrinterWizard(desk, banner)
        self.wizard.made.connect(self._on_made)
        self.wizard.left.connect(self._show_list)
        self.wizard.moved.connect(self.moved)
        self._stack = QStackedWidget()
        self._stack.addWidget(listed)
        self._stack.addWidget(self.wizard)
        self.setLayout(column(self._stack))
        self._fill(desk.counter.printers.all())

    @property
    def finishes(self) -> str:
        """What F12 does now."""
        return self.wizard.primary if self._in_wizard else "Thêm máy in"

    def enter(self) -> None:
        """As another program may have left them."""
        if not self._in_wizard:
            self._desk.read(self._desk.counter.printers.read_again, self._fill)

    def finish(self) -> None:
        """F12."""
        if self._in_wizard:
            self.wizard.next()
        else:
            self._open(None)

    def key(self, name: str) -> bool:
        """Keys of the wizard."""
        return self._in_wizard and self.wizard.key(name)

    @property
    def _in_wizard(self) -> bool:
        return self._stack.currentIndex() == 1

    # ---- the list ------------------------------------------------------------------------------

    def _fill(self, printers: tuple[KeptPrinter, ...]) -> None:
        clear(self._lines)
        self._chips = {}
        self._none.setVisible(not printers)
        for kept in printers:
            self._lines.addWidget(self._line(kept, first=kept is printers[0]))
            way = self._desk.counter.printers.way(kept)
            self._desk.lanes.printers[kept.name].submit(partial(_state, way), self._on_state)

    def _line(self, kept: KeptPrinter, *, first: bool) -> QFrame:
        uses = ", ".join(words for role, words in ROLE_WORDS.items() if role in kept.roles)
        paper = "" if PrinterRole.FORM in kept.roles else f" · {kept.profile.width} chấm"
        about = column(
            label(kept.name, "strong", wrap=True),
            label(f"{uses}{paper} · {kept.address}", "caption", wrap=True),
            space=2,
        )
        word = chip("grey", "…")
        self._chips[kept.name] = word
        buttons = [("Đặt lại", self._on_change), ("Bỏ", self._on_remove)]
        if not first:
            buttons.insert(0, ("Cho đứng đầu", self._on_first))
        if PrinterRole.FORM not in kept.roles:
            buttons.insert(0, ("In thử", self._on_test))
        made = QFrame()
        made.setObjectName("line")
        whole = row(about, word, space=8)
        for text, slot in buttons:
            button = Button(text)
            button.setAccessibleName(f"{text}: {kept.name}")
            button.setProperty("printer", kept.name)
            button.clicked.connect(slot)
            whole.addWidget(button)
        whole.setStretch(0, 1)
        whole.setContentsMargins(0, 9, 0, 9)
        made.setLayout(whole)
        return made

    def _on_state(self, answer: tuple[str, Reason | None]) -> None:
        name, against = answer
        if name in self._chips:
            set_chip(self._chips[name], "red" if against else "green", words_of(against))

    def _on_test(self) -> None:
        counter, who = self._desk.counter, self._desk.who
        kept = counter.printers.named(_name(self.sender()))
        way = counter.printers.way(kept)
        self._banner.tell("Đang in thử…")
        self._desk.lanes.printers[kept.name].submit(
            lambda: counter.prints.print("test", kept.name, [way], who),
            self._on_tested,
            self._on_fault,
        )

    def _on_tested(self, printed: Printed) -> None:
        good = printed.outcome in (Outcome.CONFIRMED, Outcome.SENT)
        confirmed = printed.outcome is Outcome.CONFIRMED
        word = "Máy in đã xác nhận." if confirmed else "Đã gửi trang thử."
        self._banner.tell(printed.message or word, "Green" if good else "Red")

    def _on_first(self) -> None:
        name, who, printers = _name(self.sender()), self._desk.who, self._desk.counter.printers
        self._change(lambda: printers.put_first(name, who))

    def _on_remove(self) -> None:
        name, who, printers = _name(self.sender()), self._desk.who, self._desk.counter.printers
        self._change(lambda: printers.remove(name, who))

    def _on_change(self) -> None:
        self._open(self._desk.counter.printers.named(_name(self.sender())))

    # ---- the wizard ----------------------------------------------------------------------------

    def _open(self, kept: KeptPrinter | None) -> None:
        self._stack.setCurrentIndex(1)
        self.wizard.begin(kept)

    def _show_list(self) -> None:
        self._banner.tell("")
        self._stack.setCurrentIndex(0)
        self.moved.emit()
        self.enter()

    def _on_made(self, kept: KeptPrinter) -> None:
        printers, who = self._desk.counter.printers, self._desk.who
        self._change(lambda: printers.keep(kept, who))

    def _change(self, work: Work) -> None:
        self._desk.lanes.records.submit(work, self._on_changed, self._on_fault)

    def _on_changed(self, _: object) -> None:
        self._show_list()
        self._banner.tell("Đã lưu máy in.", "Green")
        self._desk.printer_changed.emit(None)

    def _on_fault(self, fault: Exception) -> None:
        self._banner.tell(str(getattr(fault, "message", "Chưa làm được. Hãy thử lại.")), "Red")


def _state(way: Printer) -> tuple[str, Reason | None]:
    return way.name, way.state()


def _name(button: QObject) -> str:
    return str(button.property("printer"))
