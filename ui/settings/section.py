"""What a section of the settings is to their screen."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.scans import Judged
from ui.desk import Desk
from ui.widgets import Banner


class Section(QWidget):
    """One form; `finish` is F12."""

    moved = Signal()
    """F12 does something else now."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__()
        self.desk = desk
        self.banner = banner

    @property
    def finishes(self) -> str:
        """What F12 does now; empty where there is nothing to finish."""
        return "Lưu"

    def enter(self) -> None:
        """It is shown: read again, put the focus where work begins."""

    def finish(self) -> None:
        """F12."""

    def key(self, name: str) -> bool:
        """A Ctrl or Alt key; whether it was ours."""
        return False

    def scanned(self, judged: Judged) -> bool:
        """A scan; whether this section takes it."""
        return False

    def tell_fault(self, fault: Exception) -> None:
        """What went wrong, in words."""
        known = isinstance(fault, EnvironmentFault | Refused)
        message = getattr(fault, "message", "") if known else ""
        self.banner.tell(str(message or "Chưa làm được. Hãy thử lại."), "Red")
