"""Rounds with the upper server while the window is open: on their schedule, and when somebody asks."""

from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports.sync import Summary
from counter_app.services.results import Changes
from ui.counter import SyncWords
from ui.desk import Desk

_GOES_ON_MS = 1000
_LOOK_MS = 2000
_NETWORK_MS = 5000


class Syncs(QObject):
    """One round at a time, on the sync lane."""

    under_way = Signal()
    """A round began or is over: see `began_at`."""
    ended = Signal(object)
    """Summary of a round."""
    told = Signal(str)
    """Why there was none."""
    known = Signal(object)
    """SyncWords: how it stands."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._busy = False
        self.began_at: datetime | None = None
        """Of the round that is under way."""
        self._failures = 0
        self.timer = QTimer(self)
        """Until the next one."""
        self.timer.setSingleShot(True)
        self.timer.timeout.connect(self._on_due)
        self._has_line = True
        self._looking = QTimer(self)
        """A round that takes long tells how far it is."""
        self._looking.setInterval(_LOOK_MS)
        self._looking.timeout.connect(self.tell)
        self._had_network = True
        self._network = QTimer(self)
        """Whether the PC was plugged in again is looked for while it waits."""
        self._network.setInterval(_NETWORK_MS)
        self._network.timeout.connect(self.look_for_network)
        desk.sync_requested.connect(self.begin_by_hand)
        desk.changed.connect(self.tell)

    def start(self) -> None:
        """How it stands, and when the next round is due."""
        self.tell()
        self._plan()
        self._network.start()

    def look_for_network(self) -> None:
        """Where it is back and the last round failed, the next one waits no longer."""
        had, self._had_network = self._had_network, self._desk.counter.has_network()
        if self._had_network and not had and self._failures:
            self._failures = 0
            self._on_due()

    def _on_due(self) -> None:
        """Where there is no line, only a hand begins one, and is told so."""
        if self._has_line:
            self.begin()
        else:
            self._plan()

    def begin_by_hand(self) -> None:
        """Somebody knows better than the waiting that grew with each fault: it begins anew too."""
        self._failures = 0
        self.begin()

    def begin(self) -> None:
        """A round now, if none is under way."""
        if not self._busy:
            self._busy = True
            self._set_began(self._desk.now())
            counter = self._desk.counter

            def work() -> Summary:
                done = counter.sync.cycle()
                counter.notices.keep(done.problems)
                counter.sweep()
                return done

            self._desk.lanes.sync.submit(work, self._on_ended, self._on_fault)

    def tell(self) -> None:
        """As it stands now."""
        self._desk.read(self._desk.counter.sync_state, self._on_known)

    def _on_known(self, state: SyncWords) -> None:
        self._has_line = state.standing.enrolled and not state.standing.by_stick
        self.known.emit(state)

    def _set_began(self, at: datetime | None) -> None:
        self.began_at = at
        if at is None:
            self._looking.stop()
        else:
            self._looking.start()
        self.under_way.emit()

    def _on_ended(self, done: Summary) -> None:
        self._busy = False
        self._set_began(None)
        self._failures = self._failures + 1 if done.fault else 0
        self._desk.rounds.append((self._desk.now(), done))
        self.ended.emit(done)
        if done.sent or done.received or done.problems:
            self._desk.announce(Changes(topics=frozenset({"sync"})))
        else:
            self.tell()
        if done.unfinished:
            # whatever else waited for the line has its turn before it
            self.timer.start(_GOES_ON_MS)
        else:
            self._plan()

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        self._set_began(None)
        self._failures += 1
        if isinstance(fault, Refused | EnvironmentFault):
            self.told.emit(fault.message)
        else:
            self._desk.report(fault)
        self._plan()

    def _plan(self) -> None:
        counter, failures = self._desk.counter, self._failures
        self._desk.read(lambda: counter.seconds_until_sync(failures), self._on_planned)

    def _on_planned(self, seconds: float) -> None:
        self.timer.start(int(seconds * 1000))
