"""One filter before all widgets: function and Ctrl keys, Alt keys, and scanners that type."""

import time

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from counter_app.domain.wedge import Outcome, Wedge

_EDITORS = frozenset("ACVXZ")
"""Ctrl with these stays the editor's."""

_HOLDS = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
"""Keys that type nothing by themselves."""


class KeyFilter(QObject):
    """Sees every key first. Names are such as `F12`, `Ctrl+P`, `Alt+1`, `Esc`, `3`."""

    pressed = Signal(str)
    scanned = Signal(str)
    rewriting = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._wedge = Wedge()
        self._giving_back = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(self._wedge.gap_ms + 2)
        self._timer.timeout.connect(self._on_gap)
        self.taken = False
        self._touched_at = _now()

    def untouched_ms(self) -> float:
        """How long nobody has used a key or the mouse."""
        return _now() - self._touched_at

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether the key was ours."""
        # every event of every widget comes by: what is no key must cost nothing
        if type(event) is not QKeyEvent:
            if type(event) is QMouseEvent or type(event) is QWheelEvent:
                self._touched_at = _now()
            return False
        self._touched_at = _now()
        if self._giving_back:
            return False
        if event.type() != QEvent.Type.KeyPress or not isinstance(watched, QWidget):
            return False
        if watched is not (QApplication.focusWidget() or watched):
            return False
        return self._key(event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in _HOLDS:
            # a scanner presses Shift before each capital
            return False
        name = key_name(event)
        if name:
            self._give(self._wedge.expire(_now() + 10_000))
            if QApplication.activeModalWidget() is not None:
                # a question has its own keys; only a scan is kept from it
                return False
            self.taken = False
            self.pressed.emit(name)
            return self.taken
        plain = event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        )
        if plain != Qt.KeyboardModifier.NoModifier:
            self._give(self._wedge.expire(_now() + 10_000))
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            found = self._wedge.ending(_now())
            self._give(found)
            if found.scan is not None:
                self.scanned.emit(found.scan)
                return True
            return False
        if event.key() == Qt.Key.Key_Backspace:
            found = self._wedge.backspace(_now())
            self._give(found)
            if found.rewriting:
                self.rewriting.emit()
            return False
        text = event.text()
        # whatever a scanner in a wrong code page sends, but no Esc, no Backspace, no Delete
        if len(text) == 1 and (text >= " " and text != "\x7f"):
            self._give(self._wedge.key(text, _now()))
            self._timer.start()
            return True
        self._give(self._wedge.expire(_now() + 10_000))
        return False

    def _on_gap(self) -> None:
        self._give(self._wedge.expire(_now()))

    def _give(self, outcome: Outcome) -> None:
        """What was typed by hand goes where it was going."""
        for character in outcome.released:
            target = QApplication.focusWidget()
            if not is_editor(target) and QApplication.activeModalWidget() is None:
                self.taken = False
                self.pressed.emit(character)
                if self.taken:
                    continue
            if target is None:
                continue
            self._giving_back = True
            upper = ord(character.upper()) if character.isascii() else 0
            code = Qt.Key(upper) if 0x20 <= upper <= 0x5A else Qt.Key.Key_unknown
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                key = QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, character)
                QCoreApplication.sendEvent(target, key)
            self._giving_back = False


def key_name(event: QKeyEvent) -> str:
    """The name of a key that screens know, empty for what is just typed."""
    key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    control = modifiers == Qt.KeyboardModifier.ControlModifier
    alt = modifiers == Qt.KeyboardModifier.AltModifier
    bare = modifiers == Qt.KeyboardModifier.NoModifier
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F12:
        number = key - Qt.Key.Key_F1 + 1
        if bare:
            return f"F{number}"
        return f"Shift+F{number}" if modifiers == Qt.KeyboardModifier.ShiftModifier else ""
    if control and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        return "F12"
    if control and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
        return "Ctrl++"
    if control and key == Qt.Key.Key_Minus:
        return "Ctrl+-"
    letter = chr(key) if 0x30 <= key <= 0x5A else ""
    if control and letter and letter not in _EDITORS:
        return f"Ctrl+{letter}"
    if alt and letter and letter != "Z":
        return f"Alt+{letter}"
    if bare and key == Qt.Key.Key_Escape:
        return "Esc"
    return ""


def is_editor(widget: QWidget | None) -> bool:
    """Whether bare letters belong to this widget."""
    if isinstance(widget, QLineEdit):
        return not widget.isReadOnly()
    return isinstance(widget, QPlainTextEdit | QComboBox)


def _now() -> float:
    return time.monotonic() * 1000
