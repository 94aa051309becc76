"""The parts that screens are made of."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QIcon,
    QPainter,
    QPaintEvent,
    QPalette,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from ui.assets import pixmap
from ui.theme import Palette, px

_AT_100 = "At100"
"""Ends the name of a property that keeps a measure."""

CHIP_OF_STATUS = {
    "registered": ("teal", "Mới đăng ký"),
    "accepted": ("blue", "Được tiếp nhận"),
    "refused": ("grey", "Không tiếp nhận"),
    "in_process": ("blue", "Đang xử lý"),
    "awaiting_supplement": ("violet", "Chờ bổ sung"),
    "awaiting_payment": ("violet", "Chờ nộp phí"),
    "withdrawn": ("grey", "Đã rút"),
    "stopped": ("grey", "Đã dừng"),
    "completed": ("green", "Chờ trả"),
    "returned": ("grey", "Đã trả"),
}


def label(text: str = "", name: str = "", *, wrap: bool = False) -> QLabel:
    """A label: always plain text, whatever stands in it."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setWordWrap(wrap)
    if name:
        made.setObjectName(name)
    if name == "keycap":
        made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def elastic(made: QLabel) -> QLabel:
    """A label that never makes its window wider: what does not fit is cut at the edge."""
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
    made.setMinimumWidth(1)
    return made


def chip(kind: str, text: str) -> QLabel:
    """A word on a tint."""
    made = label(text)
    made.setAccessibleName(text)
    # a label with a padding would indent its text by half a letter more
    made.setIndent(0)
    made.setProperty("chip", kind)
    if not text:
        # shown by a word alone; one without a parent would flash up as a window of its own
        made.hide()
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return made


def set_chip(shown: QLabel, kind: str, text: str) -> None:
    """Change a chip's word and tint."""
    shown.setText(text)
    shown.setAccessibleName(text)
    set_property(shown, "chip", kind)
    shown.setVisible(bool(text))


def tile(name: str, kind: str, palette: Palette) -> QLabel:
    """An icon on a tint."""
    made = label()
    set_tile(made, name, kind, palette)
    fix(made, width=34, height=34)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


def set_tile(shown: QLabel, name: str, kind: str, palette: Palette) -> None:
    """Another icon, another tint."""
    shown.setPixmap(pixmap(name, palette.chips[kind].text, 20))
    set_property(shown, "tile", kind)


def set_property(widget: QWidget, name: str, value: str) -> None:
    """State for the style sheet, repainted for this one widget."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_name(widget: QWidget, name: str) -> None:
    """Another look for a widget, by its name in the style sheet."""
    if widget.objectName() != name:
        widget.setObjectName(name)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def row(*items: QWidget | QLayout | int, space: int = 8) -> QHBoxLayout:
    """Side by side; a number is a stretch."""
    made = QHBoxLayout()
    _fill(made, items, space)
    return made


def column(*items: QWidget | QLayout | int, space: int = 8) -> QVBoxLayout:
    """One below the other; a number is a stretch."""
    made = QVBoxLayout()
    _fill(made, items, space)
    return made


def _fill(layout: QBoxLayout, items: Sequence[QWidget | QLayout | int], space: int) -> None:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(space)
    for item in items:
        if isinstance(item, int):
            layout.addStretch(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)


class Card(QFrame):
    """White ground, one line round it."""

    def __init__(self, *items: QWidget | QLayout | int, margins: int = 12, space: int = 8) -> None:
        super().__init__()
        self.setObjectName("card")
        whole = column(*items, space=space)
        whole.setContentsMargins(margins, margins, margins, margins)
        self.setLayout(whole)


class Avatar(QWidget):
    """Two letters of a person in a circle: beside the name, which says it all."""

    def __init__(self, palette: Palette, size: int) -> None:
        super().__init__()
        self._palette, self._letters = palette, ""
        fix(self, width=size, height=size)

    def show_name(self, name: str) -> None:
        """The first letters of the family name and of the given one."""
        words = name.split()
        self._letters = "".join(word[0] for word in [*words[:1], *words[1:][-1:]])
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The circle, the letters."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._palette.rail_active))
        painter.drawEllipse(self.rect())
        font = self.font()
        font.setPixelSize(round(self.height() * 0.42))
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(self._palette.on_accent))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._letters)


class SectionCard(QFrame):
    """A numbered section: title at the left, fields at the right."""

    def __init__(self, number: int, title: str, content: QLayout) -> None:
        super().__init__()
        self.setObjectName("card")
        self.caption = label("", "caption", wrap=True)
        side = QWidget()
        side.setObjectName("sectionSide")
        mark = label(str(number), "sectionNumber")
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading = row(mark, label(title, "sectionTitle"), 1)
        side.setLayout(column(heading, self.caption, 1, space=4))
        whole = row(side, content, space=8)
        whole.setStretch(1, 1)
        whole.setContentsMargins(12, 9, 12, 9)
        self.setLayout(whole)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)


class Button(QPushButton):
    """A button that shows its key in a cap."""

    _CAP_SPACE = 10

    def __init__(self, text: str, key: str = "", kind: str = "", icon: QIcon | None = None) -> None:
        super().__init__(text)
        self._key = key
        self.setAccessibleName(f"{text} ({key})" if key else text)
        if kind:
            self.setProperty("kind", kind)
        if icon is not None:
            self.setIcon(icon)
            self.setIconSize(QSize(18, 18))

    def sizeHint(self) -> QSize:
        """Room for the cap."""
        hint = super().sizeHint()
        return QSize(hint.width() + self._cap_width(), hint.height())

    def minimumSizeHint(self) -> QSize:
        """Never less."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The button, shifted left by half a cap, and the cap."""
        option = QStyleOptionButton()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        if not self._key:
            painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
            return
        painter.drawControl(QStyle.ControlElement.CE_PushButtonBevel, option)
        option.rect = option.rect.adjusted(0, 0, -self._cap_width(), 0)
        painter.drawControl(QStyle.ControlElement.CE_PushButtonLabel, option)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._cap_font()
        painter.setFont(font)
        width, height = self._cap_width() - self._CAP_SPACE, QFontMetrics(font).height() + 3
        x, y = self.width() - width - 10, (self.height() - height) // 2
        ink = self.palette().color(QPalette.ColorRole.ButtonText)
        edge = QColor(ink)
        edge.setAlpha(130)
        painter.setPen(edge)
        painter.drawRoundedRect(x, y, width, height, 4, 4)
        painter.setPen(ink)
        painter.drawText(x, y, width, height, Qt.AlignmentFlag.AlignCenter, self._key)

    def _cap_width(self) -> int:
        if not self._key:
            return 0
        return QFontMetrics(self._cap_font()).horizontalAdvance(self._key) + 12 + self._CAP_SPACE

    def _cap_font(self) -> QFont:
        """12 px where the words have 14."""
        font = self.font()
        font.setPixelSize(round(self.fontInfo().pixelSize() * 12 / 14))
        font.setWeight(QFont.Weight.DemiBold)
        return font


class NavButton(QPushButton):
    """A line of a list of places: words at the left, a number and the key at the right."""

    def __init__(self, text: str, key: str = "") -> None:
        super().__init__(text)
        self._key, self._count = key, ""
        self.setProperty("kind", "nav")
        self.setCheckable(True)
        self.setAccessibleName(f"{text} ({key})" if key else text)

    def show_count(self, count: int) -> None:
        """How many there are."""
        self._count = str(count) if count else ""
        self.setAccessibleDescription(self._count)
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the number and the key."""
        hint = super().sizeHint()
        right = self.fontMetrics().horizontalAdvance(f"{self._count}  {self._key}")
        return QSize(hint.width() + right, hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The line, then what stands at its right."""
        super().paintEvent(event)
        painter = QPainter(self)
        area, flags = self.rect().adjusted(0, 0, -12, 0), Qt.AlignmentFlag.AlignVCenter
        painter.setPen(self.palette().color(QPalette.ColorRole.ButtonText))
        font = self.font()
        font.setPixelSize(round(self.fontInfo().pixelSize() * 13 / 14))
        font.setWeight(QFont.Weight.Normal)
        painter.setFont(font)
        painter.drawText(area, flags | Qt.AlignmentFlag.AlignRight, self._key)
        if self._count:
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            area.setRight(area.right() - QFontMetrics(font).horizontalAdvance(self._key) - 14)
            painter.drawText(area, flags | Qt.AlignmentFlag.AlignRight, self._count)


class Banner(QFrame):
    """One sentence inside a screen, with two keys at most."""

    shown = Signal(bool)
    """Whether there is something to read now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.sentence = label("", "strong", wrap=True)
        self._acts: dict[str, Callable[[], None]] = {}
        """What the keys do while it stands there."""
        self._keys = row()
        whole = row(self.sentence, self._keys)
        whole.setStretch(0, 1)
        whole.setContentsMargins(12, 8, 12, 8)
        self.setLayout(whole)
        self.hide()

    def tell(
        self, text: str, kind: str = "", answers: Sequence[tuple[str, str, Callable[[], None]]] = ()
    ) -> None:
        """Show a sentence; kinds are `Red`, `Green` or plain amber. Nothing hides it.

        An answer is words, a key, and what it does.
        """
        self.sentence.setText(text)
        self._acts = {key: act for _, key, act in answers}
        clear(self._keys)
        for words, key, _ in answers:
            button = Button(words, key)
            button.setProperty("answer", key)
            button.clicked.connect(self._on_clicked)
            self._keys.addWidget(button)
        self.setAccessibleName(text)
        set_name(self, f"banner{kind}")
        self.setVisible(bool(text))
        self.shown.emit(bool(text))

    def answer(self, key: str) -> bool:
        """Whether that key answers it; then it is gone."""
        act = self._acts.get(key)
        if act is None:
            return False
        self.tell("")
        act()
        return True

    def _on_clicked(self) -> None:
        self.answer(str(self.sender().property("answer")))


_MEASURES: dict[str, Callable[[QWidget, int], object]] = {
    "width": QWidget.setFixedWidth,
    "height": QWidget.setFixedHeight,
    "least": QWidget.setMinimumWidth,
    "most": QWidget.setMaximumWidth,
    "low": QWidget.setMinimumHeight,
}


def fix(widget: QWidget, **measures: int) -> None:
    """Hold a widget at measures given for a text size of 100 %: `width`, `height`, `least` and
    `most` width, `low`est height.

    At another text size `refit` holds it at that one.
    """
    for name, size in measures.items():
        widget.setProperty(name + _AT_100, size)
        _MEASURES[name](widget, px(size))


def refit(root: QWidget) -> None:
    """Everything that was fixed inside, at the text size in force."""
    for widget in root.findChildren(QWidget):
        for name, hold in _MEASURES.items():
            if size := widget.property(name + _AT_100):
                hold(widget, px(size))


class Letters(NamedTuple):
    """What is painted by hand takes its letters from here."""

    font: QFont
    metrics: QFontMetrics


def letters(size: int, *, bold: bool = False) -> Letters:
    """Of a size given for 100 %, at the text size in force."""
    return _letters(px(size), bold)


@lru_cache
def _letters(pixels: int, bold: bool) -> Letters:
    font = QFont("Noto Sans")
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return Letters(font, QFontMetrics(font))


class Screens(QStackedWidget):
    """Asks for the room of what is seen, not of the widest that was ever made."""

    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(self.updateGeometry)

    def minimumSizeHint(self) -> QSize:
        """The seen one's."""
        shown = self.currentWidget()
        return super().minimumSizeHint() if shown is None else shown.minimumSizeHint()

    def heightForWidth(self, width: int) -> int:
        """The seen one's too: a stack asks all of its screens."""
        shown = self.currentWidget()
        return super().heightForWidth(width) if shown is None else shown.heightForWidth(width)


def scrolled(inside: QWidget) -> QScrollArea:
    """What is wider or higher than its place is moved under it, never cut."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(inside)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for ground in (area.viewport(), inside):
        ground.setAutoFillBackground(False)
    return area


def clear(layout: QLayout) -> None:
    """Take everything out of a layout."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)
