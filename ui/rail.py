"""A line of the rail: icon, words, key."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy

from ui.theme import Palette, px
from ui.widgets import letters


class RailButton(QPushButton):
    """Shows its function key at the right."""

    def __init__(self, caption: str, key: str, icon: QIcon, palette: Palette) -> None:
        super().__init__(icon, f"  {caption}")
        self.key = key
        self._palette = palette
        self.setProperty("kind", "rail")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Maximum)
        self.setIconSize(QSize(20, 20))
        self.setAccessibleName(f"{caption} ({key})")
        self._icon, self._text = icon, f"  {caption}"
        self._count, self._urgent = 0, False
        self.set_narrow(False)

    def show_count(self, count: int, *, urgent: bool) -> None:
        """How many wait behind this key; `urgent` where a person must act."""
        self._count, self._urgent = count, urgent
        self.setAccessibleDescription(str(count) if count else "")
        self.update()

    def set_narrow(self, narrow: bool) -> None:
        """The icon above its key, without words."""
        self._narrow = narrow
        self.setIcon(QIcon() if narrow else self._icon)
        self.setText("" if narrow else self._text)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as in the pictures."""
        return QSize(super().sizeHint().width(), px(54 if self._narrow else 41))

    def minimumSizeHint(self) -> QSize:
        """On a low screen with large letters they stand closer."""
        return QSize(super().minimumSizeHint().width(), px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button and its key."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(letters(13).font)
        shade = self._palette.on_accent if self.isChecked() else self._palette.rail_dim
        painter.setPen(QColor(shade))
        if self._narrow:
            top = self.height() * 8 // 54
            self._icon.paint(painter, QRect((self.width() - 20) // 2, top, 20, 20))
            area = self.rect().adjusted(0, top + 22, 0, -4)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.key)
            return
        area = self.rect().adjusted(0, 0, -10, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, flags, self.key)
        if self._count:
            self._badge(painter, area.right() - painter.fontMetrics().horizontalAdvance("F11") - 8)

    def _badge(self, painter: QPainter, right: int) -> None:
        text = str(self._count) if self._count < 100 else "99+"
        font = QFont(letters(12).font)
        font.setBold(True)
        painter.setFont(font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        high = px(20)
        width = max(high, painter.fontMetrics().horizontalAdvance(text) + 10)
        box = QRect(right - width, (self.height() - high) // 2, width, high)
        palette = self._palette
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.gold if self._urgent else palette.badge))
        painter.drawRoundedRect(box, 10, 10)
        painter.setPen(QColor(palette.rail if self._urgent else palette.on_accent))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
