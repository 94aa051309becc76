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
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from counter_app.ports import DossierRow
from ui.assets import pixmap
from ui.theme import Theme
from ui.widgets import CHIP_OF_STATUS

_ROLE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Line:
    """One row as it is painted."""

    id: str
    title: str
    below: str
    right: str
    chip: tuple[str, str]
    second: tuple[str, str] | None
    sent: str


def line_of(row: DossierRow, today: date) -> Line:
    """A dossier as a row."""
    return Line(
        row.id,
        row.applicant_name,
        f"{row.procedure_name}",
        f"…{row.code.partition('-')[2]}",
        ("grey", "Đã hủy") if row.voided else CHIP_OF_STATUS[row.status],
        lateness_chip(row, today),
        row.sent,
    )


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
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{line.title}, {line.below}, {line.chip[1]}, {line.right}"
        return None


class DossierDelegate(QStyledItemDelegate):
    """Paints a row; fonts and metrics are kept, nothing is asked twice."""

    def __init__(self, theme: Theme, *, compact: bool) -> None:
        super().__init__()
        self._theme = theme
        self._compact = compact
        self._bold = _font(theme.px(14), QFont.Weight.DemiBold)
        self._small = _font(theme.px(13), QFont.Weight.Normal)
        self._chip = _font(theme.px(13), QFont.Weight.DemiBold)
        self._small_metrics = QFontMetrics(self._small)
        self._chip_metrics = QFontMetrics(self._chip)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Two lines."""
        return QSize(100, self._theme.px(50))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Name over procedure, code, chips, the sync mark."""
        line: Line = index.data(_ROLE)
        palette = self._theme.palette
        area: QRect = option.rect
        state = option.state
        painter.save()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        if chosen:
            painter.fillRect(area, QColor(palette.focus if focused else palette.selected))
            painter.fillRect(area.left(), area.top(), 4, area.height(), QColor(palette.accent))
        pen = QPen(QColor(palette.line))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        right = area.right() - 12
        right = self._sync_mark(painter, line.sent, right, area)
        # a narrow list has room for one chip: lateness, where there is any
        marks: tuple[tuple[str, str] | None, ...] = (line.chip, line.second)
        if self._compact:
            late = line.second is not None and line.second[0] == "red"
            marks = (line.second if late else line.chip,)
        for mark in marks:
            if mark is not None:
                right = self._draw_chip(painter, mark, right, area)
        left, height = area.left() + 12, area.height()
        if not self._compact:
            width = self._small_metrics.horizontalAdvance(line.right)
            painter.setFont(self._small)
            painter.setPen(QColor(palette.ink2))
            right -= width + 12
            box = QRect(right, area.top(), width + 4, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, line.right)
        room = max(40, right - left - 10)
        painter.setPen(QColor(palette.ink))
        painter.setFont(self._bold)
        title = QFontMetrics(self._bold).elidedText(line.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, area.top() + 4, room, height // 2), 0, title)
        painter.setFont(self._small)
        painter.setPen(QColor(palette.ink3))
        # of a code the end tells most: it is kept, what stands before it is cut
        tail = f" · …{line.right[-11:]}" if self._compact else ""
        left_over = room - self._small_metrics.horizontalAdvance(tail)
        text = tail and self._small_metrics.elidedText(
            line.below, Qt.TextElideMode.ElideRight, max(0, left_over)
        )
        text = text + tail or self._small_metrics.elidedText(
            line.below, Qt.TextElideMode.ElideRight, room
        )
        painter.drawText(QRect(left, area.top() + height // 2, room, height // 2), 0, text)
        painter.restore()

    def _draw_chip(self, painter: QPainter, mark: tuple[str, str], right: int, area: QRect) -> int:
        tint = self._theme.palette.chips[mark[0]]
        width = self._chip_metrics.horizontalAdvance(mark[1]) + 18
        height = self._theme.px(24)
        box = QRect(right - width, area.center().y() - height // 2, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bordered = self._theme.palette.border > 1
        painter.setPen(QColor(tint.text) if bordered else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tint.ground))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(QColor(tint.text))
        painter.setFont(self._chip)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark[1])
        return box.left() - 8

    def _sync_mark(self, painter: QPainter, sent: str, right: int, area: QRect) -> int:
        palette = self._theme.palette
        name, colour = {
            "local": ("check", palette.ink3),
            "sent": ("checks", palette.green),
            "problem": ("alert-circle", palette.red),
        }[sent]
        drawn = pixmap(name, colour, 18)
        painter.drawPixmap(right - 18, area.center().y() - 9, drawn)
        return right - 28


class DossierList(QListView):
    """Keeps its row by id when data refreshes; Enter opens."""

    opened = Signal(str)
    pointed = Signal(str)

    def __init__(self, theme: Theme, *, compact: bool = False) -> None:
        super().__init__()
        self._silent = False
        self._rows = DossierModel()
        self.setModel(self._rows)
        self.setItemDelegate(DossierDelegate(theme, compact=compact))
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
        keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if event.key() in keys and self.current_id:
            self.opened.emit(self.current_id)
            return
        super().keyPressEvent(event)

    def _on_activated(self) -> None:
        if self.current_id:
            self.opened.emit(self.current_id)

    def _on_pointed(self) -> None:
        if self.current_id and not self._silent:
            self.pointed.emit(self.current_id)


def _font(size: int, weight: QFont.Weight) -> QFont:
    font = QFont("Noto Sans")
    font.setPixelSize(size)
    font.setWeight(weight)
    return font
