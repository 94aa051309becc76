"""What a screen is to the frame: a title, keys that work, buttons, one way to finish."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from counter_app.services.scans import Judged
from ui.desk import Desk
from ui.widgets import Button


class Page(QWidget):
    """A screen. `finish` is F12."""

    title = ""
    subtitle = ""
    hints: tuple[tuple[str, str], ...] = ()
    chip: tuple[str, str] = ("green", "")
    """What stands in the header beside the day: kind and word."""
    chip_changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def show_chip(self, kind: str, word: str) -> None:
        """Another word in the header; none where it is empty."""
        if self.chip != (kind, word):
            self.chip = (kind, word)
            self.chip_changed.emit()

    def buttons(self) -> list[Button]:
        """Right end of the action bar; the last one is the primary."""
        return []

    def enter(self) -> None:
        """The screen comes to the front: refresh, put the focus where work begins."""

    def leave(self) -> None:
        """Another screen comes; nothing typed may be lost."""

    def finish(self) -> None:
        """F12."""

    def set_narrow(self, narrow: bool) -> None:
        """The window has become narrow, or wide again."""

    def key(self, name: str) -> bool:
        """A Ctrl or Alt key such as `Ctrl+P`; whether it was ours."""
        return False

    def scanned(self, judged: Judged) -> bool:
        """A scan; whether this screen takes it."""
        return False
