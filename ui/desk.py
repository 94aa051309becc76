"""What every screen works with: the open counter, its lanes, who sits here, and what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from counter_app.domain.printer import PrinterRole, role_of
from ui.lanes import LanesByName, Runs
from ui.theme import Theme

if TYPE_CHECKING:
    from counter_app.domain.officer import Officer
    from counter_app.domain.procedure import ProcedureIndex
    from counter_app.ports import Printer
    from counter_app.ports.sync import Summary
    from counter_app.services.results import Changes
    from ui.counter import Counter

_ROUNDS = 8


@dataclass(slots=True)
class Lanes:
    """Who may do what where: records owns the store, each printer its transport, sync the line, backup
    the other disk; check waits for the child that looks at the book.
    """

    records: Runs
    printers: LanesByName
    sync: Runs
    paper: Runs
    backup: Runs
    check: Runs


class Desk(QObject):
    """One open counter in one window."""

    changed = Signal(object)
    """Changes: views refresh from this and from nothing else."""
    told = Signal(str)
    """A short good word, bottom right."""
    printer_changed = Signal(object)
    open_requested = Signal(str)
    return_requested = Signal(str)
    intake_requested = Signal(object)
    sync_requested = Signal()
    call_requested = Signal()
    """The next number of the queue."""
    refused = Signal(str)
    """A bad word, over the screen."""
    forms_requested = Signal(object)
    """Pairs of form and subject, to be opened as one PDF; without a form the one that it is."""
    print_requested = Signal(str)
    """A dossier whose receipt is to be printed."""
    print_again_requested = Signal(str)
    """A print job that waits."""
    visit_over = Signal(str)
    """No more dossiers of a visit: its one slip can be printed."""
    slip_requested = Signal(str, str)
    """What and whose: one more print of a slip that is no dossier's."""
    printed = Signal(str, object)
    """(dossier id, Printed): how a slip ended."""
    procedures_read = Signal(object)
    """ProcedureIndex: what is in force."""
    unknown_print = Signal(str, str)
    """(job id, code): nobody knows whether the slip came out."""

    def __init__(self, counter: Counter, lanes: Lanes, theme: Theme) -> None:
        super().__init__()
        self.counter = counter
        self.lanes = lanes
        self.theme = theme
        self.officer: Officer | None = None
        self.rounds: deque[tuple[datetime, Summary]] = deque(maxlen=_ROUNDS)
        """The last rounds with the upper server since the program was opened, oldest first."""
        self.serving = ""
        """The number that was called and stands before the counter."""
        self.reporter: Callable[[Exception], None] | None = None

    @property
    def who(self) -> Officer:
        """Whoever is signed in."""
        assert self.officer is not None
        return self.officer

    def now(self) -> datetime:
        """Office time."""
        return self.counter.clock.now()

    def read(self, work: Callable[[], Any], on_done: Callable[[Any], None]) -> None:
        """Ask the store on the records lane."""
        self.lanes.records.submit(work, on_done)

    def read_procedures(self) -> None:
        """Tell what is in force to everyone who looks procedures up."""
        self.read(lambda: self.counter.catalogue.procedures, self._on_procedures)

    def read_catalogue_again(self) -> None:
        """It is another day: other files may be in force."""
        self.read(self.counter.catalogue.read_again, lambda _: self.read_procedures())

    def _on_procedures(self, index: ProcedureIndex) -> None:
        self.procedures_read.emit(index)

    def has_printer(self) -> bool:
        """Whether a slip has anywhere to come out."""
        return bool(self.counter.printers.in_role(PrinterRole.SLIP))

    def ways_for(self, what: str) -> Sequence[Printer]:
        """Where a print goes, the first first. Forms are drawn through the system: most of its queues
        take no PDF.
        """
        printers = self.counter.printers
        if role_of(what) is not PrinterRole.FORM:
            return printers.ways_for(what)
        from ui.sheets import SheetPrinter  # the system's printers load with the first form

        pictures = self.counter.forms.pictures
        return [
            SheetPrinter(kept.name, kept.queue, pictures)
            for kept in printers.in_role(PrinterRole.FORM)
        ]

    def report(self, fault: Exception) -> None:
        """A fault of ours."""
        if self.reporter is not None:
            self.reporter(fault)

    def announce(self, changes: Changes) -> None:
        """Tell every view what was written."""
        self.changed.emit(changes)
