"""Looking whether the book is sound, behind the work: after the first sign-in, then each day."""

from PySide6.QtCore import QObject, QTimer

from counter_app.services.soundness import Found
from ui.desk import Desk

_SETTLED_MS = 20_000
"""The first screens and the first citizen come before it."""
_EACH_DAY_MS = 24 * 3600 * 1000
_WHAT_TO_DO = "Vẫn làm việc được: F9 gửi hết lên cấp trên, rồi đóng chương trình, mở lại."
"""There the screen of opening offers the restore."""


class Checks(QObject):
    """One for as long as the program is open, whoever sits there."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_SETTLED_MS)

    def look(self) -> None:
        """Every page, each week everything; what is wrong is told over whatever screen there is."""
        self._timer.start(_EACH_DAY_MS)
        self._desk.lanes.check.submit(
            self._desk.counter.checks.behind, self._on_looked, self._on_fault
        )

    def _on_looked(self, found: Found) -> None:
        if found.is_damage:
            self._desk.refused.emit(f"Sổ có chỗ hỏng. {found.message} {_WHAT_TO_DO}")
        elif found.message:
            self._desk.refused.emit(found.message)

    def _on_fault(self, fault: Exception) -> None:
        # that it could not be looked at today is nothing a clerk can mend; ours is written down
        if not hasattr(fault, "message"):
            self._desk.report(fault)
