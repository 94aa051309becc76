"""The box that finds a procedure from a few letters."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from counter_app.domain.procedure import Procedure, ProcedureIndex
from ui.widgets import Field, column

_SHOWN = 8


class ProcedureBox(QWidget):
    """Type three letters, Enter takes the first; words without accents, initials, or the code."""

    chosen = Signal(object)

    def __init__(self, caption: str = "Tên hoặc chữ đầu", *, required: bool = True) -> None:
        super().__init__()
        self.field = Field(caption, required=required, hint="ks, kết hôn, xntt, 1.004873")
        self.edit = self.field.edit
        self.setLayout(column(self.field, space=0))
        self._index: ProcedureIndex | None = None
        self.procedure: Procedure | None = None
        self._list = QListWidget(self)
        self._list.setWindowFlags(Qt.WindowType.ToolTip)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setAccessibleName("Thủ tục tìm thấy")
        self._list.itemClicked.connect(self._on_clicked)
        self.edit.textEdited.connect(self._on_edited)
        self.edit.installEventFilter(self)

    def set_index(self, index: ProcedureIndex) -> None:
        """The catalogue, once it is read."""
        self._index = index

    def show_procedure(self, procedure: Procedure | None) -> None:
        """Choose without typing."""
        self.procedure = procedure
        self.field.text = procedure.name if procedure else ""
        self.edit.setCursorPosition(0)
        self._list.hide()

    def take_first(self) -> bool:
        """Choose the marked row; whether one was chosen now."""
        if not self._list.isVisible() or self._list.count() == 0:
            return False
        item = self._list.currentItem() or self._list.item(0)
        self._take(item)
        return True

    def close_list(self) -> bool:
        """Whether one stood open."""
        open_before = self._list.isVisible()
        self._list.hide()
        return open_before

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and down move in the list; Enter takes; Esc closes it."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            match event.key():
                case Qt.Key.Key_Down | Qt.Key.Key_Up if self._list.isVisible():
                    step = 1 if event.key() == Qt.Key.Key_Down else -1
                    last = self._list.count() - 1
                    self._list.setCurrentRow(min(max(0, self._list.currentRow() + step), last))
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Tab:
                    return self.take_first()
                case Qt.Key.Key_Escape if self._list.isVisible():
                    self._list.hide()
                    return True
        elif event.type() == QEvent.Type.FocusOut:
            self._list.hide()
        return False

    def hideEvent(self, event: QEvent) -> None:
        """The list belongs to the box."""
        self._list.hide()

    def _on_edited(self, typed: str) -> None:
        self.procedure = None
        self._list.clear()
        if self._index is None or not typed.strip():
            self._list.hide()
            return
        for found in self._index.match(typed, _SHOWN):
            item = QListWidgetItem(f"{found.name}   ·   {found.field_name}, {found.code}")
            item.setData(Qt.ItemDataRole.UserRole, found)
            self._list.addItem(item)
        if self._list.count() == 0:
            self._list.addItem("Không có thủ tục nào như vậy. Gõ ít chữ hơn, hoặc mã thủ tục.")
            self._list.item(0).setFlags(Qt.ItemFlag.NoItemFlags)
        self._list.setCurrentRow(0)
        height = self._list.sizeHintForRow(0) * self._list.count() + 8
        place = self.edit.mapToGlobal(QPoint(0, self.edit.height()))
        self._list.setGeometry(place.x(), place.y(), self.edit.width() + 200, height)
        self._list.show()

    def _on_clicked(self, item: QListWidgetItem) -> None:
        self._take(item)

    def _take(self, item: QListWidgetItem) -> None:
        found = item.data(Qt.ItemDataRole.UserRole)
        if isinstance(found, Procedure):
            self.show_procedure(found)
            self.chosen.emit(found)
