"""F11, Máy in: the printers of this counter in their order, and the way to one more."""

from functools import partial

from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QStackedWidget, QWidget

from counter_app.domain.outcome import Outcome, Reason
from counter_app.domain.printer import ROLE_WORDS, KeptPrinter, PrinterRole
from counter_app.ports import Printer
from counter_app.services.prints import Printed
from ui.desk import Desk
from ui.dialogs import ask
from ui.lanes import Work
from ui.printer_wizard import PrinterWizard
from ui.settings.section import Section
from ui.slips import words_of
from ui.widgets import Banner, Button, NavButton, chip, clear, column, label, row, set_chip


class PrintersPanel(Section):
    """The list, or the wizard. F12 does the next thing; arrows choose a printer, letters act on it."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._desk = desk
        self._banner = banner
        self._chips: dict[str, QLabel] = {}
        self._printers: dict[str, KeptPrinter] = {}
        self._names = QButtonGroup(self)
        self._names.buttonToggled.connect(self._on_chosen)
        self._lines = column(space=0)
        self._none = label(
            "Quầy chưa có máy in. F12 để thêm: hồ sơ vẫn lưu, phiếu in sau.", wrap=True
        )
        text = "Máy đứng trước in trước. Máy trước hết giấy, mở nắp hay tắt thì máy sau in thay."
        self._acts = {
            "Alt+T": (Button("In thử", "Alt+T"), self._test),
            "Alt+U": (Button("Cho đứng đầu", "Alt+U"), self._put_first),
            "Alt+L": (Button("Đặt lại", "Alt+L"), self._set_up_again),
            "Alt+B": (Button("Bỏ", "Alt+B"), self._remove),
        }
        acts = row(space=8)
        for button, act in self._acts.values():
            button.clicked.connect(act)
            acts.addWidget(button)
        acts.addStretch(1)
        listed = QWidget()
        listed.setLayout(column(label(text, wrap=True), self._none, self._lines, acts, 1, space=10))
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
            self._focus()

    def finish(self) -> None:
        """F12."""
        if self._in_wizard:
            self.wizard.next()
        else:
            self._open(None)

    def key(self, name: str) -> bool:
        """Keys of the wizard; letters for the printer that is chosen."""
        if self._in_wizard:
            return self.wizard.key(name)
        button, act = self._acts.get(name, (None, None))
        if button is None or act is None:
            return False
        if button.isVisible():
            act()
        return True

    @property
    def _in_wizard(self) -> bool:
        return self._stack.currentIndex() == 1

    # ---- the list ------------------------------------------------------------------------------

    def _fill(self, printers: tuple[KeptPrinter, ...]) -> None:
        before, button = self._chosen, self._names.checkedButton()
        held = button is not None and button.hasFocus()
        for old in self._names.buttons():
            self._names.removeButton(old)
        clear(self._lines)
        self._chips, self._printers = {}, {kept.name: kept for kept in printers}
        self._none.setVisible(not printers)
        chosen = before if before in self._printers else next(iter(self._printers), "")
        for kept in printers:
            self._lines.addWidget(self._line(kept, chosen=kept.name == chosen))
            way = self._desk.counter.printers.way(kept)
            self._desk.lanes.printers[kept.name].submit(partial(_state, way), self._on_state)
        self._on_chosen()
        if held:
            self._focus()

    def _line(self, kept: KeptPrinter, *, chosen: bool) -> QFrame:
        uses = ", ".join(words for role, words in ROLE_WORDS.items() if role in kept.roles)
        paper = "" if PrinterRole.FORM in kept.roles else f" · {kept.profile.width} chấm"
        name = NavButton(kept.name)
        name.setProperty("printer", kept.name)
        self._names.addButton(name)
        name.setChecked(chosen)
        about = column(
            name, label(f"{uses}{paper} · {kept.address}", "caption", wrap=True), space=2
        )
        word = chip("grey", "…")
        self._chips[kept.name] = word
        made = QFrame()
        made.setObjectName("line")
        whole = row(about, word, space=8)
        whole.setStretch(0, 1)
        whole.setContentsMargins(0, 9, 0, 9)
        made.setLayout(whole)
        return made

    @property
    def _chosen(self) -> str:
        """The name of the printer that the letters act on; empty where there is none."""
        button = self._names.checkedButton()
        return str(button.property("printer")) if button is not None else ""

    def _on_chosen(self) -> None:
        """Only what can be done with it."""
        kept = self._printers.get(self._chosen)
        first = next(iter(self._printers), "")
        can = {
            "Alt+T": kept is not None and PrinterRole.FORM not in kept.roles,
            "Alt+U": kept is not None and kept.name != first,
            "Alt+L": kept is not None,
            "Alt+B": kept is not None,
        }
        for key, (button, _) in self._acts.items():
            button.setVisible(can[key])

    def _focus(self) -> None:
        button = self._names.checkedButton()
        if button is not None:
            button.setFocus()

    def _on_state(self, answer: tuple[str, Reason | None]) -> None:
        name, against = answer
        if name in self._chips:
            set_chip(self._chips[name], "red" if against else "green", words_of(against))

    def _test(self) -> None:
        counter, who = self._desk.counter, self._desk.who
        kept = counter.printers.named(self._chosen)
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

    def _put_first(self) -> None:
        name, who, printers = self._chosen, self._desk.who, self._desk.counter.printers
        self._change(lambda: printers.put_first(name, who))

    def _remove(self) -> None:
        name, who, printers = self._chosen, self._desk.who, self._desk.counter.printers
        sentence = f"Bỏ máy in “{name}” khỏi quầy này? Muốn dùng lại phải thêm từ đầu."
        if ask(self, "Bỏ máy in", sentence, [("Bỏ", "B"), ("Giữ lại", "G")]) == "B":
            self._change(lambda: printers.remove(name, who))

    def _set_up_again(self) -> None:
        self._open(self._desk.counter.printers.named(self._chosen))

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
