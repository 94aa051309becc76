"""The box that finds a procedure from a few letters."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from counter_app.domain.procedure import Procedure, ProcedureIndex
from ui.fields import Field
from ui.intake.hint_list import HintList
from ui.widgets import column

_SHOWN = 8
_WIDER = 200
_NONE = "Không có thủ tục nào như vậy. Gõ ít chữ hơn, hoặc mã thủ tục."


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
        self.hints = HintList(self.edit, "Thủ tục tìm thấy", eager=True, wider=_WIDER)
        self.hints.taken.connect(self._on_taken)
        self.edit.textEdited.connect(self._on_edited)

    def set_index(self, index: ProcedureIndex) -> None:
        """The catalogue, once it is read."""
        self._index = index

    def show_procedure(self, procedure: Procedure | None) -> None:
        """Choose without typing."""
        self.procedure = procedure
        self.field.text = procedure.name if procedure else ""
        self.edit.setCursorPosition(0)
        self.hints.hide()

    def _on_edited(self, typed: str) -> None:
        self.procedure = None
        rows: list[tuple[str, Procedure | None]] = []
        if self._index is not None and typed.strip():
            found = self._index.match(typed, _SHOWN)
            rows = [(f"{one.name}   ·   {one.field_name}, {one.code}", one) for one in found]
            rows = rows or [(_NONE, None)]
        self.hints.offer(rows)

    def _on_taken(self, procedure: Procedure) -> None:
        self.show_procedure(procedure)
        self.chosen.emit(procedure)
