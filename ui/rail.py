"""A line of the rail: icon, words, key."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton

from ui.theme import Palette


class RailButton(QPushButton):
    """Shows its function key at the right."""

    def __init__(self, caption: str, key: str, icon: QIcon, palette: Palette) -> None:
        super().__init__(icon, f"  {caption}")
        self._key = key
        self._palette = palette
        self.setProperty("kind", "rail")
        self.setCheckable(True)
        self.setIconSize(QSize(20, 20))
        self.setAccessibleName(f"{caption} ({key})")
        self.setFixedHeight(41)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button and its key."""
        super().paintEvent(event)
        painter = QPainter(self)
        font = QFont("Noto Sans")
        font.setPixelSize(13)
        painter.setFont(font)
        shade = self._palette.on_accent if self.isChecked() else self._palette.rail_dim
        painter.setPen(QColor(shade))
        area = self.rect().adjusted(0, 0, -10, 0)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(area, flags, self._key)
