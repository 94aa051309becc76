"""Lists of dossiers: rows are tuples, painted by one delegate, never more than a window of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from counter_app.ports import DossierRow
from ui.assets import pixmap
from ui.theme import Theme, px
from ui.widgets import CHIP_OF_STATUS, Letters, fix, letters

_ROLE, _MARKED = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is painted."""

    id: str
    title: str
    below: str
    code: str
    due: str
    left: tuple[str, str]
    """How much time is left: kind of a chip and words, empty where it does not count."""
    chip: tuple[str, str]
    holder: str
    sent: str
    shelf: str


def line_of(row: DossierRow, today: date) -> Line:
    """A dossier as a row."""
    return Line(
        row.id,
        row.applicant_name,
        row.procedure_name,
        f"…{row.code.partition('-')[2]}",
        f"{row.due_at:%d/%m/%Y}",
        lateness_chip(row, today) or ("grey", ""),
        ("grey", "Đã hủy") if row.voided else CHIP_OF_STATUS[row.status],
        holder_words(row.holder_side, row.holder),
        row.sent,
        f"kệ {row.shelf}" if row.shelf else "",
    )


def holder_words(side: str, holder: str) -> str:
    """Who has it."""
    return "Cấp trên" if side == "upper" else holder or "Một cửa"


def lateness_chip(row: DossierRow, today: date) -> tuple[str, str] | None:
    """Late, due or how many days are left; nothing while it waits or is done."""
    if row.voided or row.status not in ("accepted", "in_process"):
        return None
    left = (row.judged_due_at.date() - today).days
    if left < 0:
        return "red", f"Quá hạn {-left} ngày"
    if left == 0:
        return "amber", "Hẹn hôm nay"
    return ("amber" if left == 1 else "green"), f"Còn {left} ngày"


class DossierModel(QAbstractListModel):
    """A window of rows."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.marked: frozenset[str] = frozenset()

    def show_rows(self, rows: Sequence[DossierRow], today: date) -> None:
        """Other rows."""
        self.beginResetModel()
        self.lines = [line_of(row, today) for row in rows]
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        """How many."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The line for the delegate, words for screen readers."""
        line = self.lines[index.row()]
        if role == _ROLE:
            return line
        if role == _MARKED:
            return line.id in self.marked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            chosen = "đã chọn" if line.id in self.marked else ""
            parts = (line.title, line.below, line.chip[1], line.left[1], line.code, chosen)
            return ", ".join(part for part in parts if part)
        return None


_COLUMNS = (
    ("code", "Mã hồ sơ", 96),
    ("due", "Hẹn trả", 102),
    ("chip", "Tình trạng", 124),
    ("holder", "Người giữ", 116),
    ("sent", "Gửi", 34),
    ("shelf", "Kệ", 64),
)
"""Right of the name: what, its caption, pixels at the text size of 100 %."""
_DROPPED = ("holder", "due")
"""What a narrow list does without, in this order."""
_LEAST_NAME, _EDGE, _SPACE = 190, 12, 8
_BOX = 30
"""What a mark takes at the left."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a list shows right of the name, and whether its rows can be marked."""

    columns: tuple[str, ...] = ("code", "due", "chip", "holder", "sent")
    marks: bool = False
    compact: bool = False
    """One chip and no columns."""

    @property
    def left(self) -> int:
        """Where the name begins."""
        return _EDGE + (_BOX if self.marks else 0)


WIDE, COMPACT = Shape(), Shape(compact=True)


def _places(width: int, shape: Shape) -> dict[str, tuple[int, int]]:
    """Where each column begins and how wide it is; the name takes what is left."""
    shown = [column for column in _COLUMNS if column[0] in shape.columns]
    for dropped in (None, *_DROPPED):
        shown = [column for column in shown if column[0] != dropped]
        used = sum(px(size) + _SPACE for _, _, size in shown)
        if width - used - shape.left - _EDGE >= px(_LEAST_NAME):
            break
    places = {}
    right = width - _EDGE
    for name, _, size in reversed(shown):
        places[name] = (right - px(size), px(size))
        right -= px(size) + _SPACE
    places["name"] = (shape.left, max(40, right - shape.left))
    return places


class DossierHead(QWidget):
    """The captions over the columns of a list."""

    def __init__(self, theme: Theme, shape: Shape = WIDE) -> None:
        super().__init__()
        self._theme = theme
        self._shape = shape
        fix(self, height=30)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words on panel grey, a line below."""
        palette, painter = self._theme.palette, QPainter(self)
        painter.fillRect(self.rect(), QColor(palette.panel))
        painter.setPen(QPen(QColor(palette.line), palette.border))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        painter.setPen(QColor(palette.ink2))
        painter.setFont(letters(13, bold=True).font)
        places = _places(self.width(), self._shape)
        for name, caption in (("name", "Người nộp, việc"), *((n, c) for n, c, _ in _COLUMNS)):
            if name in places:
                x, width = places[name]
                box = QRect(x, 0, width, self.height())
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, caption)


class DossierDelegate(QStyledItemDelegate):
    """Paints a row; nothing is asked twice."""

    def __init__(self, theme: Theme, shape: Shape) -> None:
        super().__init__()
        self._theme = theme
        self._shape = shape
        self._columns: dict[str, tuple[int, int]] = {}
        self._columns_for = (-1, 0)
        """How wide the list was, and what a pixel of 100 % was, when they were placed."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines."""
        return QSize(100, px(50))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Name over procedure, code, date, chip, holder, the sync mark."""
        line: Line = index.data(_ROLE)
        palette = self._theme.palette
        area: QRect = option.rect
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            focused = bool(state & QStyle.StateFlag.State_HasFocus)
            painter.fillRect(area, QColor(palette.focus if focused else palette.selected))
            painter.fillRect(area.left(), area.top(), 4, area.height(), QColor(palette.accent))
        pen = QPen(QColor(palette.line))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if self._shape.marks:
            self._draw_box(painter, area, marked=bool(index.data(_MARKED)))
        if self._shape.compact:
            self._paint_compact(painter, line, area)
        else:
            self._paint_columns(painter, line, area, option.widget.width())
        painter.restore()

    def _paint_columns(self, painter: QPainter, line: Line, area: QRect, room: int) -> None:
        # a bar at the right moves no column away from its caption: it has room beside the last one
        if self._columns_for != (room, px(100)):
            self._columns = _places(room, self._shape)
            self._columns_for = (room, px(100))
        palette, chips = self._theme.palette, self._theme.palette.chips
        plain = letters(14)
        for name, (x, width) in self._columns.items():
            box = QRect(area.left() + x, area.top(), width, area.height())
            match name:
                case "name":
                    below = line.below
                    if "code" not in self._shape.columns:
                        below = self._with_code(line, box.width())
                    self._two(painter, box, line.title, below, palette.ink3)
                case "code":
                    self._text(painter, box, line.code, plain, palette.ink)
                case "due" if line.left[1]:
                    shade = chips[line.left[0]].text if line.left[0] != "green" else palette.ink3
                    self._two(painter, box, line.due, line.left[1], shade, plain)
                case "due":
                    self._text(painter, box, line.due, plain, palette.ink)
                case "chip":
                    self._draw_chip(painter, line.chip, box.left(), box)
                case "holder":
                    self._text(painter, box, line.holder, plain, palette.ink)
                case "shelf":
                    self._text(painter, box, line.shelf, plain, palette.ink)
                case "sent":
                    self._sync_mark(painter, line.sent, box.left() + 2, area)

    def _paint_compact(self, painter: QPainter, line: Line, area: QRect) -> None:
        """A narrow list has room for one chip: lateness, where there is any."""
        right = area.right() - _EDGE
        self._sync_mark(painter, line.sent, right - 18, area)
        mark = line.left if line.left[0] == "red" else line.chip
        right -= 28 + self._chip_width(mark)
        self._draw_chip(painter, mark, right, area)
        left = area.left() + _EDGE
        box = QRect(left, area.top(), max(40, right - 8 - left), area.height())
        below = self._with_code(line, box.width())
        self._two(painter, box, line.title, below, self._theme.palette.ink3)

    def _with_code(self, line: Line, width: int) -> str:
        """Of a code the end tells most: it is kept, what stands before it is cut."""
        tail = f" · {line.code}"
        metrics = letters(13).metrics
        room = max(0, width - metrics.horizontalAdvance(tail))
        return metrics.elidedText(line.below, Qt.TextElideMode.ElideRight, room) + tail

    def _two(
        self,
        painter: QPainter,
        box: QRect,
        above: str,
        below: str,
        shade: str,
        font: Letters | None = None,
    ) -> None:
        half = box.height() // 2
        upper = QRect(box.left(), box.top() + 4, box.width(), half)
        lower = QRect(box.left(), box.top() + half, box.width(), half)
        top = Qt.AlignmentFlag.AlignTop
        self._text(
            painter, upper, above, font or letters(14, bold=True), self._theme.palette.ink, top
        )
        self._text(painter, lower, below, letters(13), shade, top)

    def _text(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        font: Letters,
        shade: str,
        place: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
    ) -> None:
        painter.setFont(font.font)
        painter.setPen(QColor(shade))
        cut = font.metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, place, cut)

    def _chip_width(self, mark: tuple[str, str]) -> int:
        return letters(13, bold=True).metrics.horizontalAdvance(mark[1]) + 18

    def _draw_chip(self, painter: QPainter, mark: tuple[str, str], left: int, area: QRect) -> None:
        tint = self._theme.palette.chips[mark[0]]
        height = px(24)
        box = QRect(left, area.center().y() - height // 2, self._chip_width(mark), height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bordered = self._theme.palette.border > 1
        painter.setPen(QPen(QColor(tint.text), 1.6) if bordered else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tint.ground))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(tint.text))
        painter.setFont(letters(13, bold=True).font)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark[1])

    def _draw_box(self, painter: QPainter, area: QRect, *, marked: bool) -> None:
        palette = self._theme.palette
        box = QRect(area.left() + _EDGE, area.center().y() - 9, 18, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(palette.accent if marked else palette.field), palette.border))
        painter.setBrush(QColor(palette.accent if marked else palette.surface))
        painter.drawRoundedRect(box, 4, 4)
        if marked:
            painter.drawPixmap(
                box.left() + 1, box.top() + 1, pixmap("check", palette.on_accent, 16)
            )

    def _sync_mark(self, painter: QPainter, sent: str, left: int, area: QRect) -> None:
        palette = self._theme.palette
        name, colour = {
            "local": ("check", palette.ink3),
            "sent": ("checks", palette.green),
            "problem": ("alert-circle", palette.red),
        }[sent]
        painter.drawPixmap(left, area.center().y() - 9, pixmap(name, colour, 18))


class DossierList(QListView):
    """Keeps its row by id when data refreshes; Enter opens."""

    opened = Signal(str)
    pointed = Signal(str)
    toggled = Signal(str)
    """Space, or a click on the box of a row that can be marked."""

    def __init__(self, theme: Theme, shape: Shape = WIDE) -> None:
        super().__init__()
        self._silent = False
        self._marks = shape.marks
        self._rows = DossierModel()
        self.setModel(self._rows)
        self.setItemDelegate(DossierDelegate(theme, shape))
        self.setUniformItemSizes(True)
        self.setAccessibleName("Danh sách hồ sơ")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.activated.connect(self._on_activated)
        self.selectionModel().currentChanged.connect(self._on_pointed)

    def show_rows(self, rows: Sequence[DossierRow], today: date, opened: str = "") -> None:
        """Other rows; the chosen one stays chosen if it is still there.

        Where a dossier is `opened` beside the list, that one is marked if it is in it, and nothing
        else is pointed at.
        """
        kept = opened or self.current_id
        self._silent = bool(opened)
        self._rows.show_rows(rows, today)
        ids = [line.id for line in self._rows.lines]
        if kept in ids or (ids and not opened):
            self.setCurrentIndex(self._rows.index(ids.index(kept) if kept in ids else 0))
        self._silent = False

    def show_marks(self, marked: frozenset[str]) -> None:
        """These are marked, and no others."""
        self._rows.marked = marked
        self.viewport().update()

    @property
    def current_id(self) -> str:
        """The chosen dossier."""
        at = self.currentIndex().row()
        return self._rows.lines[at].id if 0 <= at < len(self._rows.lines) else ""

    @property
    def count(self) -> int:
        """How many are shown."""
        return len(self._rows.lines)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space act; the rest moves."""
        if self._marks and event.key() == Qt.Key.Key_Space and self.current_id:
            self.toggled.emit(self.current_id)
            return
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.current_id:
            self.opened.emit(self.current_id)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the box marks."""
        super().mousePressEvent(event)
        if self._marks and event.position().x() < _EDGE + _BOX and self.current_id:
            self.toggled.emit(self.current_id)

    def _on_activated(self) -> None:
        if self.current_id:
            self.opened.emit(self.current_id)

    def _on_pointed(self) -> None:
        if self.current_id and not self._silent:
            self.pointed.emit(self.current_id)
