"""Where the result is fetched, in how many sets, and what is to be paid."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt

from counter_app.domain.money import vnd
from counter_app.services.intake import Check
from ui.fields import Choice, Field
from ui.intake.section import Section
from ui.widgets import row

_RETURNS = (("counter", "Tại quầy"), ("post", "Bưu chính"), ("online", "Trực tuyến"))


class ResultSection(Section):
    """Section 4. All of it stands there already."""

    def __init__(self) -> None:
        self.returns = Choice(_RETURNS, "Nhận tại")
        self.sets = Field("Số bộ", width=54, limit=2, enough=0)
        self.note = Field("Ghi chú trên phiếu", hint="Không có", limit=500, enough=0)
        self._fee = Field("Phải thu", width=100)
        self._fee.edit.setReadOnly(True)
        self._fee.edit.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line = row(self.returns, self.sets, self.note, self._fee)
        line.setStretch(2, 1)
        super().__init__(4, "Kết quả", line)
        self.enters = (self.sets, self.note)
        self.returns.changed.connect(self.changed)
        self.sets.changed.connect(self.changed)
        self.note.changed.connect(self.changed)

    def begin(self) -> None:
        """At the sets."""
        self.sets.edit.setFocus()

    def draft(self) -> dict[str, Any]:
        """`return_method`, `sets`, `note`."""
        sets = self.sets.text
        return {
            "return_method": self.returns.value,
            "sets": int(sets) if sets.isdigit() else 1,
            "note": self.note.text,
        }

    def fill(self, fields: Mapping[str, Any]) -> None:
        """From a draft; one set, at the counter."""
        self.returns.value = str(fields.get("return_method") or "counter")
        self.sets.text = str(fields.get("sets") or 1)
        self.note.text = str(fields.get("note") or "")
        self._fee.text = ""

    def show_fees(self, checked: Check) -> None:
        """What is to be paid."""
        self._fee.text = vnd(checked.fee_total) if checked.fees else "Miễn phí"
