"""A table of words: rows are tuples, painted by one delegate, with group rows between them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui.lists import Index
from ui.theme import Theme, px
from ui.widgets import Letters, column, fix, letters

_ROLE = Qt.ItemDataRole.UserRole
_EDGE, _SPACE = 12, 10
_HEIGHT = 40
_LEAST = 130
"""What the column without a width of its own should have."""

Cell = str | tuple[str, str]
"""Words, or the kind and the words of a chip."""


@dataclass(frozen=True, slots=True)
class Column:
    """A caption and its pixels at the text size of 100 %; one without takes what is left."""

    caption: str
    width: int = 0
    may_go: bool = False
    """Whether a narrow table does without it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row; without an id it is the head of those below it."""

    id: str
    cells: tuple[Cell, ...]


class Table(QWidget):
    """Captions over a list. Enter chooses; the row is kept by id when data refreshes."""

    chosen = Signal(str)
    pointed = Signal(str)

    def __init__(self, theme: Theme, columns: Sequence[Column], name: str) -> None:
        super().__init__()
        self.view = _View(theme, columns, name)
        self.view.chosen.connect(self.chosen)
        self.view.pointed.connect(self.pointed)
        self.setLayout(column(_Head(theme, columns), self.view, space=0))
        self.setFocusProxy(self.view)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Other rows."""
        self.view.show_lines(lines)

    @property
    def current_id(self) -> str:
        """The row the keyboard is on."""
        return self.view.current_id


def _places(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """Left edge and width of each column; no width where it has gone."""
    shown = list(columns)
    for dropped in (None, *reversed([one for one in columns if one.may_go])):
        shown = [one for one in shown if one is not dropped]
        fixed = sum(px(one.width) + _SPACE for one in shown) - _SPACE
        rest = width - 2 * _EDGE - fixed
        if rest >= px(_LEAST):
            break
    places, x = [], _EDGE
    for one in columns:
        wide = 0 if one not in shown else px(one.width) if one.width else max(60, rest)
        places.append((x, wide))
        x += wide + _SPACE if wide else 0
    return places


class _Head(QWidget):
    def __init__(self, theme: Theme, columns: Sequence[Column]) -> None:
        super().__init__()
        self._theme, self._columns = theme, columns
        fix(self, height=30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words on panel grey, a line below."""
        palette, painter = self._theme.palette, QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.panel))
        painter.setPen(QPen(QColor(palette.line), palette.border))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        painter.setPen(QColor(palette.ink2))
        painter.setFont(letters(13, bold=True).font)
        places = _places(self._columns, self.width())
        for one, (x, width) in zip(self._columns, places, strict=True):
            if width:
                box = QRect(x, 0, width, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, one.caption)


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.lines: tuple[Line, ...] = ()

    def show_lines(self, lines: Sequence[Line]) -> None:
        self.beginResetModel()
        self.lines = tuple(lines)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The head of a group is passed over."""
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain if self.lines[index.row()].id else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role == _ROLE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (cell if isinstance(cell, str) else cell[1] for cell in line.cells)
            return ", ".join(word for word in words if word)
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, theme: Theme, columns: Sequence[Column]) -> None:
        super().__init__()
        self._theme, self._columns = theme, columns

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line."""
        line: Line = index.data(_ROLE)
        return QSize(100, px(_HEIGHT if line.id else 30))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Words and chips, one hairline."""
        line: Line = index.data(_ROLE)
        palette, area = self._theme.palette, QRect(option.rect)
        painter.save()
        if not line.id:
            painter.fillRect(area, QColor(palette.panel))
        elif option.state & QStyle.StateFlag.State_Selected:
            focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.fillRect(area, QColor(palette.focus if focused else palette.selected))
            painter.fillRect(area.left(), area.top(), 4, area.height(), QColor(palette.accent))
        pen = QPen(QColor(palette.line))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if not line.id:
            self._text(
                painter,
                area.adjusted(_EDGE, 0, -_EDGE, 0),
                str(line.cells[0]),
                letters(13, bold=True),
            )
        else:
            places = _places(self._columns, option.widget.width())
            for number, (cell, (x, width)) in enumerate(zip(line.cells, places, strict=True)):
                box = QRect(area.left() + x, area.top(), width, area.height())
                if not width:
                    continue
                if isinstance(cell, str):
                    self._text(painter, box, cell, letters(14, bold=not number))
                elif cell[1]:
                    self._draw_chip(painter, box, cell)
        painter.restore()

    def _text(self, painter: QPainter, box: QRect, text: str, font: Letters) -> None:
        painter.setFont(font.font)
        painter.setPen(QColor(self._theme.palette.ink))
        cut = font.metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, cut)

    def _draw_chip(self, painter: QPainter, box: QRect, cell: tuple[str, str]) -> None:
        tint, font = self._theme.palette.chips[cell[0]], letters(13, bold=True)
        words = font.metrics.elidedText(cell[1], Qt.TextElideMode.ElideRight, box.width() - 18)
        width = font.metrics.horizontalAdvance(words) + 18
        height = px(24)
        place = QRect(box.left(), box.center().y() - height // 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bordered = self._theme.palette.border > 1
        painter.setPen(QPen(QColor(tint.text), 1.6) if bordered else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tint.ground))
        painter.drawRoundedRect(place, 6, 6)
        painter.setPen(QColor(tint.text))
        painter.setFont(font.font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


class _View(QListView):
    chosen = Signal(str)
    pointed = Signal(str)

    def __init__(self, theme: Theme, columns: Sequence[Column], name: str) -> None:
        super().__init__()
        self._lines = _Model()
        self.setModel(self._lines)
        self.setItemDelegate(_Delegate(theme, columns))
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(self._on_activated)
        self.selectionModel().currentChanged.connect(self._on_pointed)

    def show_lines(self, lines: Sequence[Line]) -> None:
        kept = self.current_id
        self._lines.show_lines(lines)
        ids = [line.id for line in self._lines.lines]
        at = ids.index(kept) if kept and kept in ids else next(
            (place for place, found in enumerate(ids) if found), -1
        )  # fmt: skip
        if at >= 0:
            self.setCurrentIndex(self._lines.index(at))

    @property
    def current_id(self) -> str:
        at = self.currentIndex().row()
        return self._lines.lines[at].id if 0 <= at < len(self._lines.lines) else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses; the rest moves."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_activated()
            return
        super().keyPressEvent(event)

    def _on_activated(self) -> None:
        if self.current_id:
            self.chosen.emit(self.current_id)

    def _on_pointed(self) -> None:
        if self.current_id:
            self.pointed.emit(self.current_id)
