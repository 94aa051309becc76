"""What must be mended and what should be looked at, each with its number."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame

from counter_app.domain.problems import Problem
from ui.assets import pixmap
from ui.theme import Palette
from ui.widgets import Card, clear, column, label, row

_MOST = 9
_SECTIONS = {
    "applicant": 1,
    "representative": 1,
    "procedure": 2,
    "case": 2,
    "components": 3,
    "pages": 3,
}


def section_of(problem: Problem) -> int:
    """In which of the four sections it is."""
    return _SECTIONS.get(problem.field.split(".")[0].split("[")[0], 4)


class ProblemList(Card):
    """Stands where the slip would be."""

    chosen = Signal(int)

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self._title = label("Cần xem lại", "sectionTitle")
        self._lines = column(space=0)
        super().__init__(self._title, self._lines)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """The first nine, the worst first."""
        clear(self._lines)
        must = sum(problem.severity == "must" for problem in problems)
        parts = ((must, "chỗ phải sửa"), (len(problems) - must, "chỗ nên xem"))
        counted = ", ".join(f"{count} {words}" for count, words in parts if count)
        self._title.setText(f"Cần xem lại: {counted}" if counted else "Cần xem lại")
        for number, problem in enumerate(problems[:_MOST], 1):
            line = _Line(number, problem, self._palette)
            line.chosen.connect(self.chosen)
            self._lines.addWidget(line)
        self._lines.addStretch(1)


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
        icon.setFixedWidth(28)
        words = label(problem.message, wrap=True)
        whole = row(icon, words, label(str(number), "keycap"), space=4)
        whole.setStretch(1, 1)
        whole.setContentsMargins(0, 9, 0, 9)
        self.setLayout(whole)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """To the field."""
        self.chosen.emit(self._number)
