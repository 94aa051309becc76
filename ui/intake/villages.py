"""Suggesting villages: initials or the first letters are enough, `tdu` for Thôn Ta Đủ."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget

from counter_app.domain.text import search_key


class VillageHints(QObject):
    """A small list under the address; nothing is filled in unless it is taken."""

    def __init__(self, edit: QLineEdit, villages: Sequence[str]) -> None:
        super().__init__(edit)
        self._edit = edit
        self._villages = [(village, search_key(village)) for village in villages]
        self._list = QListWidget(edit)
        self._list.setWindowFlags(Qt.WindowType.ToolTip)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setAccessibleName("Thôn, bản")
        self._marked = False
        edit.textEdited.connect(self._on_edited)
        edit.installEventFilter(self)

    def close_list(self) -> bool:
        """Whether one stood open."""
        open_before = self._list.isVisible()
        self._list.hide()
        return open_before

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down goes into the list, Enter takes the marked one."""
        if event.type() == QEvent.Type.FocusOut:
            self._list.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not self._list.isVisible():
            return False
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                at = self._list.currentRow() + step if self._marked else 0
                self._marked = True
                self._list.setCurrentRow(min(max(0, at), self._list.count() - 1))
                return True
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._marked:
                self._edit.setText(self._list.currentItem().text())
                self._list.hide()
            case Qt.Key.Key_Escape:
                self._list.hide()
                return True
        return False

    def _on_edited(self, typed: str) -> None:
        self._list.clear()
        self._marked = False
        wanted = search_key(typed)
        if wanted:
            for village, key in self._villages:
                if _fits(wanted, key):
                    self._list.addItem(village)
                if self._list.count() == 6:
                    break
        if self._list.count() == 0:
            self._list.hide()
            return
        height = self._list.sizeHintForRow(0) * self._list.count() + 6
        place = self._edit.mapToGlobal(QPoint(0, self._edit.height()))
        self._list.setGeometry(place.x(), place.y(), self._edit.width(), height)
        self._list.show()


def _fits(wanted: str, key: str) -> bool:
    """First letters of words, then the rest of the last one: `tdu` is t(hôn) (ta) đ… or ta đủ."""
    words = key.split()
    if any(" ".join(words[at:]).startswith(wanted) for at in range(len(words))):
        return True
    compact = wanted.replace(" ", "")
    return any(_abbreviates(compact, words[at:]) for at in range(len(words)))


def _abbreviates(typed: str, words: Sequence[str]) -> bool:
    """Whether the letters are beginnings of consecutive words."""
    if not typed:
        return True
    if not words:
        return False
    return any(
        typed.startswith(words[0][:size]) and _abbreviates(typed[size:], words[1:])
        for size in range(min(len(words[0]), len(typed)), 0, -1)
    )
