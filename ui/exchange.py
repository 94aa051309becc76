"""Meeting the other counters by itself, while the window is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.exchange_plan import ExchangePlan
from counter_app.services.results import Changes
from ui.desk import Desk

if TYPE_CHECKING:
    from counter_app.ports.exchange import Exchanged

_LOOKS_EVERY_MS = 60_000
_PATIENCE = 3
"""Rounds in a row that went wrong before the clerk is told, once."""


class Exchanges(QObject):
    """Looks each minute whether a round is due."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._last: float | None = None
        self._busy = False
        self._failures = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOKS_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """A round on the sync lane, where it is due; one at a time."""
        counter = self._desk.counter
        plan = ExchangePlan(counter.settings)
        now = counter.clock.uptime()
        is_due = self._last is None or now - self._last >= plan.minutes * 60
        if self._busy or not plan.minutes or not is_due:
            return
        self._busy, self._last = True, now
        folder = Path(plan.folder)
        self._desk.lanes.sync.submit(
            lambda: counter.exchange.round(folder), self._on_done, self._on_fault
        )

    def _on_done(self, done: Exchanged) -> None:
        self._busy = False
        if done.subjects:
            self._desk.announce(Changes(dossiers=frozenset(done.subjects)))
        self._count(done.faults[0] if done.faults else "")

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        if not isinstance(fault, EnvironmentFault | Refused):
            self._desk.report(fault)
        self._count(str(getattr(fault, "message", "Chưa trao đổi được với quầy khác.")))

    def _count(self, fault: str) -> None:
        plan = ExchangePlan(self._desk.counter.settings)
        self._desk.lanes.records.submit(lambda: plan.note_trouble(fault))
        self._failures = self._failures + 1 if fault else 0
        if self._failures == _PATIENCE:
            self._desk.refused.emit(fault)
