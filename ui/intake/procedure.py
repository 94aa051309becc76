"""What is applied for: the procedure and its case."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal

from counter_app.domain.procedure import Procedure, ProcedureCase
from counter_app.domain.receipt import term_text
from ui.desk import Desk
from ui.fields import Drop
from ui.intake.procedure_box import ProcedureBox
from ui.intake.section import Section
from ui.widgets import chip, column, label, row


class ProcedureSection(Section):
    """Section 2. A single case is filled in."""

    case_shown = Signal(object)
    """The case that stands there now, None while there is none."""
    settled = Signal()
    """Procedure and case were chosen: the keyboard goes on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._case: ProcedureCase | None = None
        self.box = ProcedureBox()
        self.case = Drop("Trường hợp", width=230)
        self._field_chip = chip("grey", "")
        self._meta = label("", "label", wrap=True)
        first = row(self.box, self.case)
        first.setStretch(0, 1)
        meta = row(self._field_chip, self._meta)
        meta.setStretch(1, 1)
        super().__init__(2, "Thủ tục", column(first, meta, space=5))
        self.caption.setText("Gõ 3 chữ")
        self.places = {"procedure": self.box.field}
        self.enters = (self.box.field,)
        self.box.chosen.connect(self._on_chosen)
        self.box.field.changed.connect(self._on_typed)
        self.case.changed.connect(self._show_case)
        desk.procedures_read.connect(self.box.set_index)
        desk.read_procedures()

    @property
    def name(self) -> str:
        """Of the procedure; empty while there is none."""
        return self.box.procedure.name if self.box.procedure else ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed."""
        return not self.box.edit.text()

    def begin(self) -> None:
        """At the box."""
        self.box.edit.setFocus()

    def draft(self) -> dict[str, Any]:
        """`procedure` and `case`, once they are known."""
        if self.box.procedure is None or self._case is None:
            return {}
        return {"procedure": self.box.procedure.code, "case": self._case.id}

    def fill(self, fields: Mapping[str, Any]) -> None:
        """From a draft."""
        code = fields.get("procedure")
        procedure = self._desk.counter.catalogue.procedure(str(code)) if code else None
        self.box.show_procedure(procedure)
        self._show_cases(procedure)
        if procedure is not None and fields.get("case"):
            self.case.value = str(fields["case"])
            self._show_case(self.case.value)

    def _on_typed(self) -> None:
        if self._case is not None:
            self._show_cases(None)
        self.changed.emit()

    def _on_chosen(self, procedure: Procedure) -> None:
        self._show_cases(procedure)
        if len(procedure.cases) > 1:
            self.case.combo.setFocus()
        else:
            self.settled.emit()

    def _show_cases(self, procedure: Procedure | None) -> None:
        if procedure is None:
            self.case.fill(())
            self._case = None
            self._field_chip.hide()
            self._meta.setText("")
            self.case_shown.emit(None)
            return
        numbered = len(procedure.cases) > 1
        self.case.fill(
            [
                (case.id, f"{number}. {case.name}" if numbered else case.name)
                for number, case in enumerate(procedure.cases, 1)
            ]
        )
        self._show_case(self.case.value)

    def _show_case(self, case_id: str) -> None:
        procedure = self.box.procedure
        if procedure is None:
            return
        self._case = next(case for case in procedure.cases if case.id == case_id)
        self._field_chip.setText(procedure.field_name[:28])
        self._field_chip.show()
        term = term_text(self._case.unit, self._case.amount)
        unchecked = "" if procedure.unit_verified else " (thời hạn chưa kiểm tra)"
        self._meta.setText(f"Mã {procedure.code}  ·  {term}{unchecked}  ·  {procedure.unit}")
        self.case_shown.emit(self._case)
        self.changed.emit()
