"""A small list under a line: what may be meant by what is typed there."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem


class HintList(QListWidget):
    """The keyboard stays in the line; up and down move here, Enter takes, Esc closes.

    An `eager` list marks its first row, and the Enter that takes it goes no further.
    """

    taken = Signal(object)
    """What the row stands for."""

    def __init__(self, edit: QLineEdit, name: str, *, eager: bool = False, wider: int = 0) -> None:
        """`wider` than the line by so many pixels."""
        super().__init__(edit)
        self._edit, self._eager, self._wider = edit, eager, wider
        self.setWindowFlags(Qt.WindowType.ToolTip)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName(name)
        self.itemClicked.connect(self._take)
        self.watch()

    def watch(self) -> None:
        """See the keys of the line before whoever watches it already."""
        self._edit.installEventFilter(self)

    def offer(self, rows: Sequence[tuple[str, object]]) -> None:
        """Rows of words and what they stand for; None cannot be taken. No rows, no list."""
        self.clear()
        for words, meant in rows:
            item = QListWidgetItem(words, self)
            item.setData(Qt.ItemDataRole.UserRole, meant)
            if meant is None:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        if not rows:
            self.hide()
            return
        if self._eager:
            self.setCurrentRow(0)
        height = self.sizeHintForRow(0) * self.count() + 8
        place = self._edit.mapToGlobal(QPoint(0, self._edit.height()))
        self.setGeometry(place.x(), place.y(), self._edit.width() + self._wider, height)
        self.show()

    def take(self) -> bool:
        """Choose the marked row, or the first; whether there was a list."""
        if not self.isVisible():
            return False
        self._take(self.currentItem() or self.item(0))
        return True

    def close_list(self) -> bool:
        """Whether one stood open."""
        open_before = self.isVisible()
        self.hide()
        return open_before

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys of the line."""
        if event.type() in (QEvent.Type.FocusOut, QEvent.Type.Hide):
            self.hide()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self.isVisible() and self._on_key(event.key())
        return False

    def _on_key(self, key: int) -> bool:
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Up:
                step = 1 if key == Qt.Key.Key_Down else -1
                self.setCurrentRow(min(max(0, self.currentRow() + step), self.count() - 1))
                return True
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._eager or self.currentRow() >= 0:
                self.take()
                return self._eager
            case Qt.Key.Key_Tab if self._eager:
                return self.take()
            case Qt.Key.Key_Escape:
                return self.close_list()
        return False

    def _take(self, item: QListWidgetItem) -> None:
        meant = item.data(Qt.ItemDataRole.UserRole)
        if meant is not None:
            self.hide()
            self.taken.emit(meant)
