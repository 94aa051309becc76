"""What can be said of a screen by looking at it: cut words, strange words, controls without a name."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from hands import visible
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QAccessible, QFont, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QStyle,
    QStyleOptionComboBox,
    QStyleOptionFrame,
    QWidget,
)


def cut(root: QWidget) -> Iterator[str]:
    """Everything whose words do not fit where they stand."""
    for label in visible(root, QLabel):
        if label.text() and label.pixmap().isNull():
            yield from _cut_label(label)
    for button in visible(root, QAbstractButton):
        wanted, given = button.sizeHint().width(), button.width()
        if button.isChecked() and button.property("kind") in _BOLD_WHEN_CHOSEN:
            wanted += _bold_width(button) - button.fontMetrics().horizontalAdvance(button.text())
        if button.text() and wanted > given + 1:
            yield f"button “{button.text()}” has {given} of {wanted} px"
        if button.text() and button.fontMetrics().height() > button.contentsRect().height():
            yield f"button “{button.text()}” is too low"
    for edit in visible(root, QLineEdit):
        yield from _cut_line(edit)
    for combo in visible(root, QComboBox):
        option = QStyleOptionComboBox()
        combo.initStyleOption(option)
        room = combo.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            combo,
        )
        width = combo.fontMetrics().horizontalAdvance(combo.currentText())
        if width > room.width() + 1:
            yield f"choice “{combo.currentText()}” has {room.width()} of {width} px"
    for kind in _READ:
        for widget in visible(root, kind):
            yield from _outside(widget, root)


_READ: tuple[type[QWidget], ...] = (QLabel, QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit)
"""What must lie inside of what it stands in."""
_BOLD_WHEN_CHOSEN = ("choice", "tab", "rail")


def _bold_width(button: QAbstractButton) -> int:
    """The hint of a button knows nothing of the heavier letters of its chosen state."""
    font = button.font()
    font.setWeight(QFont.Weight.DemiBold)
    return QFontMetrics(font).horizontalAdvance(button.text())


def _cut_label(label: QLabel) -> Iterator[str]:
    metrics, room = label.fontMetrics(), label.contentsRect()
    if label.wordWrap():
        area = QRect(0, 0, room.width(), 100_000)
        wanted = metrics.boundingRect(area, int(Qt.TextFlag.TextWordWrap), label.text()).size()
    else:
        wanted = metrics.size(0, label.text())
    if wanted.width() > room.width() + 1 or wanted.height() > room.height() + 1:
        yield (
            f"label “{label.text()}” has {room.width()}×{room.height()} "
            f"of {wanted.width()}×{wanted.height()} px"
        )


def _outside(widget: QWidget, root: QWidget) -> Iterator[str]:
    """Beyond the edge of what it stands in, up to what scrolls."""
    parent = widget.parentWidget()
    while parent is not None and not widget.isWindow():
        if isinstance(parent.parentWidget(), QAbstractScrollArea):
            return
        place = QRect(widget.mapTo(parent, widget.rect().topLeft()), widget.size())
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(place):
            words = widget.property("text") or widget.accessibleName()
            kind = type(widget).__name__
            yield f"{kind} “{words}” stands outside its {type(parent).__name__}"
            return
        if parent is root:
            return
        parent = parent.parentWidget()


def _cut_line(edit: QLineEdit) -> Iterator[str]:
    """What the program itself wrote into a line, or hints there; long titles scroll."""
    option = QStyleOptionFrame()
    edit.initStyleOption(option)
    element = QStyle.SubElement.SE_LineEditContents
    room = edit.style().subElementRect(element, option, edit)
    text = edit.text() or edit.placeholderText()
    width = edit.fontMetrics().horizontalAdvance(text)
    # the line itself keeps two pixels at each side
    if len(text) <= 40 and width > room.width() - 4 + 1:
        yield f"line “{edit.accessibleName()}”: “{text}” has {room.width() - 4} of {width} px"


def words_of(root: QWidget) -> Iterator[str]:
    """Everything that is shown, hinted or read aloud."""
    for widget in [root, *visible(root, QWidget)]:
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        match widget:
            case QLabel() | QAbstractButton():
                yield widget.text()
            case QLineEdit():
                yield widget.placeholderText()
            case QComboBox():
                yield from (widget.itemText(n) for n in range(widget.count()))
            case QListWidget():
                yield from (widget.item(n).text() for n in range(min(60, widget.count())))
            case QPlainTextEdit():
                yield from (widget.toPlainText(), widget.placeholderText())
    yield root.windowTitle()


_SYLLABLE = re.compile(
    r"(ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(ng|nh|ch|[cmnpt])?"
)
_KEPT = frozenset(
    [
        "alt",
        "ctrl",
        "shift",
        "enter",
        "esc",
        "tab",
        "pin",
        "qr",
        "usb",
        "com",
        "mm",
        "mb",
        "ubnd",
        "cmnd",
        "unikey",
        "pdf",
        "excel",
        "qđ",
        "btp",
        "ks",
        "xntt",
    ]
)
"""Keys, things that have no other name, and what an official types for a procedure."""


def strange_words(lines: Iterable[str]) -> dict[str, str]:
    """Words that cannot be Vietnamese syllables, each with its line; codes and paths are none."""
    found: dict[str, str] = {}
    for line in lines:
        for piece in line.split():
            if re.search(r"[\d/\\:@_]", piece):
                continue
            for word in re.findall(r"[^\W\d_]+", piece):
                if len(word) > 1 and not _is_vietnamese(word):
                    found[word] = line
        if line.strip().casefold() in ("ok", "no", "yes", "in", "set", "get", "cut", "undo"):
            found[line] = line
    return found


def _is_vietnamese(word: str) -> bool:
    lower = word.casefold()
    plain = "".join(
        c
        for c in unicodedata.normalize("NFD", lower.replace("đ", "d"))
        if not unicodedata.combining(c)
    )
    return lower in _KEPT or _SYLLABLE.fullmatch(plain) is not None


def spoken(widget: QWidget) -> str:
    """What a screen reader says of it."""
    interface = QAccessible.queryAccessibleInterface(widget)
    if interface is None:
        return ""
    return interface.text(QAccessible.Text.Name).strip()


def nameless(root: QWidget) -> list[str]:
    """What can have the keyboard or be clicked, and has no name."""
    return [
        f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}"
        for widget in visible(root, QWidget)
        if widget.isEnabled()
        and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not spoken(widget)
    ]
