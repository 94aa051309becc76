"""The true day and hour, typed where the PC's cannot be believed."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame

from counter_app.domain.problems import Problem
from ui.fields import Field
from ui.widgets import Button, label, row


class ClockStrip(QFrame):
    """Nothing to see while the clock is believed."""

    typed = Signal()
    """Enter: it is to be taken now."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bannerRed")
        self.day = Field("Hôm nay là ngày", hint="20/11/2026", limit=10)
        self.hour = Field("Bây giờ là", width=110, hint="09:24", limit=5)
        take = Button("Dùng ngày giờ này", "Enter")
        take.clicked.connect(self.typed)
        whole = row(label("Alt+T", "keycap"), self.day, self.hour, take)
        whole.setStretch(1, 1)
        whole.setAlignment(take, Qt.AlignmentFlag.AlignVCenter)
        whole.setContentsMargins(12, 5, 12, 5)
        self.setLayout(whole)
        self.day.edit.returnPressed.connect(self.hour.edit.setFocus)
        self.hour.edit.returnPressed.connect(self.typed)
        self._asked = ("", "")
        self.hide()

    @property
    def said(self) -> tuple[str, str]:
        """Day and hour as they stand there."""
        return self.day.text, self.hour.text

    @property
    def is_filled(self) -> bool:
        """Whether somebody typed something."""
        return not self.isHidden() and self.said != ("", "")

    @property
    def sure(self) -> bool:
        """Whether the same was typed, and asked about, before."""
        return self.said == self._asked

    def close_up(self) -> None:
        """The clock is believed again."""
        self.day.text = self.hour.text = ""
        self._asked = ("", "")
        self.hide()

    def begin(self) -> None:
        """The keyboard at the day."""
        if not self.isHidden():
            self.day.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_answer(self, answer: datetime | Problem) -> None:
        """It is in force, or why not."""
        if not isinstance(answer, Problem):
            self.close_up()
            return
        asks = answer.severity == "may"
        self._asked = self.said if asks else ("", "")
        self.day.mark("warning" if asks else "error", answer.message)
        (self.hour if asks else self.day).edit.setFocus(Qt.FocusReason.OtherFocusReason)
