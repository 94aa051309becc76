"""Backups that make themselves while the window is open, and what the status bar says of them."""

from PySide6.QtCore import QObject, QTimer, Signal

from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.backup_plan import short_words
from ui.desk import Desk

_LOOKS_EVERY_MS = 60_000
_AGAIN = 600.0
"""Seconds after a disk that failed before it is tried once more; one that is missing costs nothing."""


class Backups(QObject):
    """Looks each minute whether one is due."""

    known = Signal(bool, str)
    """Whether all is well, and a few words."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._busy = False
        self._not_before = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOKS_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """One on its own lane, where it is due; then what there is to say."""
        counter = self._desk.counter
        if self._busy or counter.clock.uptime() < self._not_before:
            return
        self._busy = True
        self._desk.lanes.backup.submit(counter.backups.make_if_due, self._on_done, self._on_fault)

    def tell(self) -> None:
        """As it stands now."""
        counter, now = self._desk.counter, self._desk.now()
        self._desk.read(lambda: short_words(counter.backup_plan, now), self._on_words)

    def _on_words(self, words: tuple[bool, str]) -> None:
        self.known.emit(*words)

    def _on_done(self, _: bool) -> None:
        self._busy = False
        self.tell()

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        counter = self._desk.counter
        known = isinstance(fault, EnvironmentFault | Refused)
        if not known:
            self._desk.report(fault)
        if getattr(fault, "code", "") != "backup_folder_missing":
            self._not_before = counter.clock.uptime() + _AGAIN
        message = str(getattr(fault, "message", "")) if known else "Chưa tự sao lưu được."
        self._desk.lanes.records.submit(
            lambda: counter.backup_plan.note_trouble(message), self._on_noted
        )

    def _on_noted(self, _: object) -> None:
        self.tell()
