"""The slip as it will come out, as wide as its card."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea


class SlipView(QScrollArea):
    """Shows a picture of a slip; a long one is moved up and down, never sideways."""

    def __init__(
        self,
        name: str = "Phiếu sẽ in",
        empty: str = "Chọn thủ tục và gõ họ tên để thấy phiếu.",
    ) -> None:
        """`empty` stands there while there is no picture."""
        super().__init__()
        self._empty = empty
        self._slip = QPixmap()
        self._shown = QLabel()
        self._shown.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self._shown.setAccessibleName(name)
        self._shown.setObjectName("caption")
        self._shown.setTextFormat(Qt.TextFormat.PlainText)
        self._shown.setWordWrap(True)
        self.setWidget(self._shown)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._draw()

    def show_slip(self, png: bytes) -> None:
        """A slip, or nothing."""
        self._slip = QPixmap()
        self._slip.loadFromData(png, "PNG")
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As wide as the card has become."""
        super().resizeEvent(event)
        self._draw()

    def _draw(self) -> None:
        if self._slip.isNull():
            self._shown.setText(self._empty)
            return
        ratio = self.devicePixelRatioF()
        width = self.width() - self.verticalScrollBar().sizeHint().width() - 4
        drawn = self._slip.scaledToWidth(
            round(width * ratio), Qt.TransformationMode.SmoothTransformation
        )
        drawn.setDevicePixelRatio(ratio)
        self._shown.setPixmap(drawn)
