"""What must be mended and what should be looked at: in a list, each with its number, and at its field."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame

from counter_app.domain.problems import Problem
from ui.assets import pixmap
from ui.fields import Field
from ui.theme import Palette
from ui.widgets import Card, clear, column, fix, label, row

_MOST = 9
_SECTIONS = {
    "applicant": 1,
    "representative": 1,
    "procedure": 2,
    "case": 2,
    "components": 3,
    "pages": 3,
}
_TOLD_ELSEWHERE = ("from_paper", "duplicate")
"""By the strip and by the banner."""


def section_of(problem: Problem) -> int:
    """In which of the four sections it is."""
    return _SECTIONS.get(problem.field.split(".")[0].split("[")[0], 4)


class ProblemList(Card):
    """Stands where the slip would be."""

    chosen = Signal(object)
    """The problem to go to."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._problems: list[Problem] = []
        self._title = label("Cần xem lại", "sectionTitle")
        self._lines = column(space=0)
        super().__init__(self._title, self._lines)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """The first nine, the worst first."""
        clear(self._lines)
        self._problems = sorted(problems, key=lambda problem: problem.severity != "must")
        must = sum(problem.severity == "must" for problem in problems)
        parts = ((must, "chỗ phải sửa"), (len(problems) - must, "chỗ nên xem"))
        counted = ", ".join(f"{count} {words}" for count, words in parts if count)
        self._title.setText(f"Cần xem lại: {counted}" if counted else "Cần xem lại")
        for number, problem in enumerate(self._problems[:_MOST], 1):
            line = _Line(number, problem, self._palette)
            line.chosen.connect(self.choose)
            self._lines.addWidget(line)
        self._lines.addStretch(1)

    def choose(self, number: int) -> None:
        """The one with that number, if there is one."""
        if 1 <= number <= len(self._problems):
            self.chosen.emit(self._problems[number - 1])


class _Line(QFrame):
    """One problem; a click goes to it."""

    chosen = Signal(int)

    def __init__(self, number: int, problem: Problem, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("line")
        self._number = number
        must = problem.severity == "must"
        icon = label()
        name, colour = ("alert-circle", palette.red) if must else ("alert-triangle", palette.amber)
        icon.setPixmap(pixmap(name, colour, 20))
        fix(icon, width=28)
        words = label(problem.message, wrap=True)
        whole = row(icon, words, label(str(number), "keycap"), space=4)
        whole.setStretch(1, 1)
        whole.setContentsMargins(0, 9, 0, 9)
        self.setLayout(whole)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """To the field."""
        self.chosen.emit(self._number)


class Marks:
    """Problems told at their fields."""

    def __init__(self, places: Mapping[str, Field]) -> None:
        """`places` are fields by the problem's field or code."""
        self._places = places

    def place(self, problem: Problem) -> Field | None:
        """The field where it is told."""
        return self._places.get(problem.code) or self._places.get(problem.field)

    def tell(self, problems: Sequence[Problem]) -> None:
        """All of them; the keyboard goes to the first that must be mended."""
        first: Field | None = None
        for problem in problems:
            field = self.place(problem)
            if field is None:
                continue
            must = problem.severity == "must"
            field.mark("error" if must else "warning", problem.message)
            if must and first is None:
                first = field
        if first is not None:
            first.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def doubt(self, problems: Sequence[Problem]) -> None:
        """Amber below what was left and looks odd; nothing is asked, it is logged."""
        doubts = {
            self.place(problem): problem.message
            for problem in problems
            if problem.severity == "may" and problem.code not in _TOLD_ELSEWHERE
        }
        for field in {*self._places.values()}:
            state = field.edit.property("state")
            if field.edit.hasFocus() or state == "error":
                continue
            if field in doubts and field.text:
                field.mark("warning", doubts[field])
            elif state == "warning":
                field.mark("")
