"""The right column: the date that will be kept; below it the slip, or what must be mended first."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from counter_app.domain.due import DueMoment
from counter_app.domain.problems import Problem
from counter_app.services.intake import Check
from ui.dialogs import ask_due
from ui.intake.due_card import DueCard
from ui.intake.problem_list import ProblemList
from ui.intake.slip_view import SlipView
from ui.theme import Theme
from ui.widgets import Card, column, fix, label, row

_WIDTH, _WIDTH_NARROW = 352, 244


class Promise(QWidget):
    """What the form would become. Of its own it writes a date that was set by hand."""

    changed = Signal()
    """Another date was set."""

    def __init__(self, theme: Theme, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._moment: DueMoment | None = None
        self._override: Mapping[str, str] | None = None
        self._due = DueCard(theme)
        self._slip = SlipView()
        head = row(label("Phiếu sẽ in", "sectionTitle"), 1, label("80 mm", "caption"))
        self.problems = ProblemList(theme.palette)
        self._below = QStackedWidget()
        self._below.addWidget(Card(head, self._slip))
        self._below.addWidget(self.problems)
        self.setLayout(column(self._due, self._below, space=8))
        self.set_narrow(False)

    @property
    def lists(self) -> bool:
        """Whether what must be mended stands where the slip would be."""
        return self._below.currentWidget() is self.problems

    def set_narrow(self, narrow: bool) -> None:
        """Less of it."""
        fix(self, width=_WIDTH_NARROW if narrow else _WIDTH)
        self._due.set_narrow(narrow)

    def toggle(self) -> None:
        """Alt+X: show or hide what is below the date."""
        self._below.setVisible(not self._below.isVisible())

    def draft(self) -> dict[str, Any]:
        """`due_override`, where the date was set by hand."""
        return {} if self._override is None else {"due_override": self._override}

    def fill(self, fields: Mapping[str, Any]) -> None:
        """From a draft; nothing is promised until it is checked."""
        self._override = fields.get("due_override")
        self._moment = None
        self._due.show_due(None, None, "", None)
        self._slip.show_slip(b"")
        self._below.setCurrentIndex(0)

    def show_check(self, checked: Check) -> None:
        """The date; the slip is drawn meanwhile."""
        moment = self._moment = checked.moment
        at = None
        if self._override is not None and moment is not None:
            zone = moment.due_at.tzinfo
            at = datetime.fromisoformat(self._override["at"]).replace(tzinfo=zone)
        self._due.show_due(moment, self._now(), checked.why, at)
        if checked.procedure is None:
            self._slip.show_slip(b"")

    def show_slip(self, png: bytes) -> None:
        """As it would come out."""
        self._slip.show_slip(png)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """In place of the slip while something must be mended."""
        self.problems.show_problems(problems)
        self._below.setCurrentIndex(any(problem.severity == "must" for problem in problems))

    def show_saved(self, code: str, sentence: str) -> None:
        """The code in large letters."""
        self._below.setCurrentIndex(0)
        self._due.show_saved(code, sentence)

    def tell(self, sentence: str) -> None:
        """What became of the slip."""
        self._due.tell(sentence)

    def change_due(self) -> None:
        """Alt+N: another date, with its reason and who approved it."""
        if self._moment is None:
            return
        found = ask_due(self, self._moment.due_at, self._now())
        if found is not None:
            self._override = found
            self.changed.emit()
