"""Fonts and icons, loaded from resources and kept."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources

FONTS = (
    "NotoSans-Regular.ttf",
    "NotoSans-SemiBold.ttf",
    "NotoSans-Bold.ttf",
    "BeVietnamPro-SemiBold.ttf",
)


@cache
def load_fonts() -> tuple[str, ...]:
    """Register our fonts; the families they are known by."""
    families: list[str] = []
    for name in FONTS:
        id = QFontDatabase.addApplicationFontFromData(QByteArray(resources.font(name)))
        families += QFontDatabase.applicationFontFamilies(id)
    return tuple(families)


@cache
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """An icon drawn once per name, colour, size and screen ratio."""
    svg = resources.icon(name).replace(b"currentColor", colour.encode())
    drawn = QPixmap(QSize(size, size) * ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def icon(name: str, colour: str, size: int = 18) -> QIcon:
    """The same for buttons, drawn for the screens that are there."""
    made = QIcon()
    for ratio in {screen.devicePixelRatio() for screen in QGuiApplication.screens()}:
        made.addPixmap(pixmap(name, colour, size, ratio))
    return made
