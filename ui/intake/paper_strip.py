"""What was received on paper and is in no book: on a pad slip while the power was away, or on a slip with a
code that a restore lost. Its number or code, and the written moment.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from counter_app.domain.code import DossierCode
from counter_app.domain.problems import Problem
from counter_app.domain.typed_moment import typed_moment
from ui.widgets import Button, Field, row

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
        drop.clicked.connect(self.dropped)
        whole = row(self.number, self.day, self.hour, 1, drop)
        whole.setAlignment(drop, Qt.AlignmentFlag.AlignVCenter)
        whole.setContentsMargins(12, 5, 12, 5)
        self.setLayout(whole)
        for field in (self.number, self.day, self.hour):
            field.changed.connect(self.changed)
        self.hide()

    def open(self, number: str) -> None:
        """A slip was scanned, or is to be typed."""
        for field in (self.day, self.hour):
            field.text = ""
        self.number.text = number
        self.show()
        (self.day if number else self.number).edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_strip(self) -> None:
        """The next dossier is no paper's."""
        self.hide()

    def restore(self, given: dict[str, Any]) -> None:
        """What a draft had."""
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

    def value(self) -> dict[str, Any] | None:
        """For the draft; None where nothing is from paper."""
        if self.isHidden():
            return None
        at, number = self.at, self.number.text.upper()
        what = {"origin": "pad", "pad": number}
        if DossierCode.parse(number) is not None:
            what = {"origin": "paper", "code": number}
        return {**what, "received_at": f"{at:%Y-%m-%dT%H:%M}" if at else ""}

    def problem(self) -> Problem | None:
        """What was typed and is no day or hour."""
        if self.isHidden() or self.at is not None:
            return None
        return Problem("from_paper.received_at", "moment_typed_wrong", _NO_MOMENT)
