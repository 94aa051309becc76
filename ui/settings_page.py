"""F11: a list of what can be set, one section beside it, each made at its first visit."""

from collections.abc import Callable

from PySide6.QtWidgets import QButtonGroup, QStackedWidget

from counter_app.services.scans import Judged
from ui.desk import Desk
from ui.page import Page
from ui.printers_panel import PrintersPanel
from ui.settings.backup import BackupSection
from ui.settings.exchange import ExchangeSection
from ui.settings.office import OfficeSection
from ui.settings.officers import OfficersSection
from ui.settings.pads import PadsSection
from ui.settings.scanning import ScanningSection
from ui.settings.screen import ScreenSection
from ui.settings.section import Section
from ui.settings.server import ServerSection
from ui.settings.wording import WordingSection
from ui.widgets import Banner, Button, Card, NavButton, column, fix, row

SECTIONS: tuple[tuple[str, Callable[[Desk, Banner], Section]], ...] = (
    ("Cơ quan", OfficeSection),
    ("Máy chủ", ServerSection),
    ("Máy in", PrintersPanel),
    ("Cán bộ", OfficersSection),
    ("Màn hình", ScreenSection),
    ("Phiếu dự phòng", PadsSection),
    ("Mẫu in", WordingSection),
    ("Sao lưu", BackupSection),
    ("Trao đổi", ExchangeSection),
    ("Quét giấy", ScanningSection),
)
_KEYS = "1234567890"
"""Alt and one of these."""


_LEFT, _LEFT_NARROW = 224, 190


class SettingsPage(Page):
    """Alt and a number choose a section; F12 finishes it."""

    title = "Thiết lập"
    hints = (("Alt+1-9, Alt+0", "mục"),)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.banner = Banner()
        self._made: dict[int, Section] = {}
        self._tabs = QButtonGroup(self)
        tabs = column(space=0)
        for number, (caption, _) in enumerate(SECTIONS):
            button = NavButton(caption, f"Alt+{_KEYS[number]}")
            self._tabs.addButton(button, number)
            tabs.addWidget(button)
        tabs.addStretch(1)
        self._tabs.idClicked.connect(self._choose)
        left = Card(tabs, margins=1)
        fix(left, width=_LEFT)
        self._left = left
        self._stack = QStackedWidget()
        self._save = Button("Lưu", "F12", "primary")
        self._save.clicked.connect(self.finish)
        whole = row(left, Card(self.banner, self._stack), space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self._at = 0
        self._tabs.button(0).setChecked(True)

    def buttons(self) -> list[Button]:
        """What F12 does in this section."""
        return [self._save]

    def enter(self) -> None:
        """Read again what is shown."""
        self._choose(self._at)

    def set_narrow(self, narrow: bool) -> None:
        """Less for the list of sections."""
        fix(self._left, width=_LEFT_NARROW if narrow else _LEFT)

    def key(self, name: str) -> bool:
        """Alt and a number choose; the rest is the section's."""
        if name.startswith("Alt+") and name[4:] in _KEYS[: len(SECTIONS)]:
            self._choose(_KEYS.index(name[4:]))
            return True
        return self._section(self._at).key(name)

    def scanned(self, judged: Judged) -> bool:
        """What the section takes."""
        return self._section(self._at).scanned(judged)

    def finish(self) -> None:
        """What stands in the section."""
        self._section(self._at).finish()

    def _section(self, number: int) -> Section:
        if number not in self._made:
            made = self._made[number] = SECTIONS[number][1](self.desk, self.banner)
            made.moved.connect(self._name_primary)
            self._stack.addWidget(made)
        return self._made[number]

    def _choose(self, number: int) -> None:
        self._at = number
        self.banner.tell("")
        section = self._section(number)
        self._stack.setCurrentWidget(section)
        self._tabs.button(number).setChecked(True)
        self._name_primary()
        self._tabs.button(number).setFocus()
        section.enter()

    def _name_primary(self) -> None:
        """F12 says what it does."""
        text = self._section(self._at).finishes
        self._save.setVisible(bool(text))
        self._save.setText(text)
        self._save.setAccessibleName(f"{text} (F12)")
