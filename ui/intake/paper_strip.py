"""What was received on paper and is in no book: on a pad slip while the power was away, or on a slip with a
code that a restore lost. Its number or code, and the written moment.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from counter_app.domain.code import DossierCode
from counter_app.domain.problems import Problem
from counter_app.domain.typed_moment import typed_moment
from ui.fields import Field
from ui.widgets import Button, row

_NO_MOMENT = "Ngày giờ ghi trên phiếu không đúng. Gõ ngày như 20/11 và giờ như 09:24."


class PaperStrip(QFrame):
    """Nothing to see until a pad slip is scanned, or Alt+P."""

    changed = Signal()
    dropped = Signal()
    """The dossier is not from paper after all."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.setObjectName("banner")
        self._now = now
        self.number = Field("Số phiếu, hoặc mã hồ sơ", width=220, limit=40)
        self.day = Field("Ngày nhận ghi trên phiếu", required=True, width=190, hint="20/11")
        self.hour = Field("Giờ nhận", required=True, width=100, hint="09:24", limit=5)
        drop = Button("Bỏ", "Alt+P")
        drop.clicked.connect(self.toggle)
        whole = row(self.number, self.day, self.hour, 1, drop)
        whole.setAlignment(drop, Qt.AlignmentFlag.AlignVCenter)
        whole.setContentsMargins(12, 5, 12, 5)
        self.setLayout(whole)
        self.enters = (self.number, self.day, self.hour)
        for field in self.enters:
            field.changed.connect(self.changed)
        self.places = {
            "from_paper.pad": self.number,
            "from_paper.code": self.number,
            "from_paper.received_at": self.day,
        }
        self.hide()

    def toggle(self) -> None:
        """Alt+P: this dossier stands on a pad slip, or does not."""
        if self.isHidden():
            self.open("")
        else:
            self.hide()
            self.dropped.emit()
        self.changed.emit()

    def open(self, number: str) -> None:
        """A slip was scanned, or is to be typed."""
        for field in (self.day, self.hour):
            field.text = ""
        self.number.text = number
        self.show()
        self.begin()

    def begin(self) -> None:
        """At the written day, or at the number that is to be typed."""
        first = self.day if self.number.text else self.number
        first.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def fill(self, fields: Mapping[str, Any]) -> None:
        """What a draft has; the next dossier is no paper's."""
        given = fields.get("from_paper")
        if not given:
            self.hide()
            return
        self.open(str(given.get("pad") or given.get("code") or ""))
        try:
            at = datetime.fromisoformat(str(given.get("received_at") or ""))
        except ValueError:
            return
        self.day.text, self.hour.text = f"{at:%d/%m/%Y}", f"{at:%H:%M}"

    @property
    def at(self) -> datetime | None:
        """The written moment."""
        return typed_moment(self.day.text, self.hour.text, self._now())

    def draft(self) -> dict[str, Any]:
        """`from_paper`; nothing where nothing is from paper."""
        if self.isHidden():
            return {}
        at, number = self.at, self.number.text.upper()
        what = {"origin": "pad", "pad": number}
        if DossierCode.parse(number) is not None:
            what = {"origin": "paper", "code": number}
        return {"from_paper": {**what, "received_at": f"{at:%Y-%m-%dT%H:%M}" if at else ""}}

    def mistyped(self) -> list[Problem]:
        """What was typed and is no day or hour."""
        if self.isHidden() or self.at is not None:
            return []
        return [Problem("from_paper.received_at", "moment_typed_wrong", _NO_MOMENT)]
