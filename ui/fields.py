"""Fields to type and choose in: labelled, marked where they are wrong, left by Enter for the next one."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, Signal
from PySide6.QtGui import (
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from ui.widgets import column, fix, label, row, set_property


class Field(QWidget):
    """A labelled line: plain, wrong, doubtful, with its sentence below."""

    changed = Signal()
    left = Signal()

    def __init__(
        self,
        caption: str,
        *,
        required: bool = False,
        width: int = 0,
        hint: str = "",
        limit: int = 300,
        enough: int = 1,
    ) -> None:
        """`enough` letters, and Enter passes over it."""
        super().__init__()
        self.enough = enough
        self.caption = label(caption, "label")
        star = [label("*", "problem")] if required else []
        head = row(self.caption, *star, 1, space=4)
        self.edit = QLineEdit()
        self.edit.setMaxLength(limit)
        self.edit.setPlaceholderText(hint)
        self.edit.setAccessibleName(caption)
        # most fields never say anything
        self._told: QLabel | None = None
        # whatever stands beside it and below: the line keeps its place
        self._lines = column(head, self.edit, 1, space=2)
        self.setLayout(self._lines)
        if width:
            fix(self, width=width)
        self.edit.textEdited.connect(self._on_edited)
        self.edit.editingFinished.connect(self.left)

    @property
    def text(self) -> str:
        """What stands in it."""
        return self.edit.text().strip()

    @text.setter
    def text(self, value: str) -> None:
        self.edit.setText(value)
        self.mark("")

    def mark(self, state: str, sentence: str = "") -> None:
        """`error`, `warning`, `good` or nothing."""
        set_property(self.edit, "state", state)
        self.edit.setToolTip(sentence)
        self.edit.setAccessibleDescription(sentence)
        if self._told is None and sentence:
            self._told = label("", "problem", wrap=True)
            self._lines.insertWidget(2, self._told)
        if self._told is not None:
            self._told.setText(sentence)
            self._told.setVisible(bool(sentence))

    def _on_edited(self) -> None:
        self.mark("")
        self.changed.emit()


class Choice(QWidget):
    """A few words of which one is chosen."""

    changed = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], caption: str = "") -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        buttons = row(space=6)
        for value, text in options:
            button = QPushButton(text)
            button.setCheckable(True)
            button.setProperty("kind", "choice")
            button.setAccessibleName(f"{caption}: {text}" if caption else text)
            self._group.addButton(button)
            self._buttons[value] = button
            buttons.addWidget(button)
        buttons.addStretch(1)
        items: list[QWidget | QLayout | int] = [buttons]
        if caption:
            items.insert(0, label(caption, "label"))
        self.setLayout(column(*items, 1, space=2))
        next(iter(self._buttons.values())).setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)

    @property
    def value(self) -> str:
        """The chosen one."""
        return next(value for value, button in self._buttons.items() if button.isChecked())

    @value.setter
    def value(self, wanted: str) -> None:
        self._buttons[wanted].setChecked(True)

    def stops(self) -> list[QWidget]:
        """Where Tab stops."""
        return list(self._buttons.values())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A digit chooses the one that it names."""
        wanted = self._buttons.get(event.text())
        if wanted is None:
            super().keyPressEvent(event)
            return
        wanted.setFocus()
        wanted.click()

    def _on_clicked(self) -> None:
        self.changed.emit(self.value)


class Drop(QWidget):
    """A labelled list of which one is chosen."""

    changed = Signal(str)

    def __init__(
        self, caption: str, options: Sequence[tuple[str, str]] = (), width: int = 0
    ) -> None:
        super().__init__()
        self.combo = Combo()
        self.combo.setAccessibleName(caption)
        self.setLayout(column(label(caption, "label"), self.combo, 1, space=2))
        if width:
            fix(self, width=width)
        self.fill(options)
        self.combo.activated.connect(self._on_activated)

    def fill(self, options: Sequence[tuple[str, str]]) -> None:
        """Other options."""
        self.combo.clear()
        for value, text in options:
            self.combo.addItem(text, value)

    @property
    def value(self) -> str:
        """The chosen one, empty where there is none."""
        return str(self.combo.currentData() or "")

    @value.setter
    def value(self, wanted: str) -> None:
        self.combo.setCurrentIndex(max(0, self.combo.findData(wanted)))

    def _on_activated(self) -> None:
        self.changed.emit(self.value)


class Tick(QCheckBox):
    """A box with a tick in it. A digit typed on it counts what it stands for."""

    counted = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits are counts."""
        if event.text().isdigit():
            self.counted.emit(event.text())
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The box by the style sheet, the tick by hand: a sheet can only take a picture file."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(QPalette.ColorRole.HighlightedText), 2.2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        _draw(painter, box, ((0.26, 0.52), (0.44, 0.70), (0.75, 0.33)))


class Combo(QComboBox):
    """A list that shows that it opens, and lets the page scroll under the mouse."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field by the style sheet, the arrow by hand."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Text), 1.6))
        side = 10
        box = QRect(self.width() - side - 8, (self.height() - side) // 2, side, side)
        _draw(painter, box, ((0.1, 0.35), (0.5, 0.75), (0.9, 0.35)))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A turn of the wheel changes nothing that was chosen."""
        event.ignore()


def _draw(painter: QPainter, box: QRect, points: Sequence[tuple[float, float]]) -> None:
    """A line through points given as parts of a box."""
    painter.drawPolyline(
        [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in points]
    )


class EnterMoves(QObject):
    """Enter goes to the next field that is empty or wrong; Tab to the next field."""

    def __init__(self, fields: Sequence[QWidget], skip: Callable[[QWidget], bool]) -> None:
        super().__init__()
        self._fields = list(fields)
        self._skip = skip
        for field in self._fields:
            field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Enter from the field."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if enter and plain == Qt.KeyboardModifier.NoModifier and watched in self._fields:
                self.move_on(watched)
                return True
        return False

    def move_on(self, watched: QObject) -> None:
        """To the next one that wants something, else to the last."""
        here = self._fields.index(watched)  # type: ignore[arg-type]
        for field in self._fields[here + 1 :]:
            if field.isVisible() and field.isEnabled() and not self._skip(field):
                field.setFocus(Qt.FocusReason.TabFocusReason)
                return
        self._fields[-1].setFocus(Qt.FocusReason.TabFocusReason)


def enter_moves(fields: Sequence[Field]) -> EnterMoves:
    """Enter goes through these, past what is filled; it holds as long as what this returns is kept."""
    filled = {field.edit: field for field in fields}

    def is_filled(edit: QWidget) -> bool:
        return isinstance(edit, QLineEdit) and bool(filled[edit].text)

    return EnterMoves([field.edit for field in fields], is_filled)
