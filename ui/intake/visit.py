"""Several dossiers of one person: what was taken in so far, as tabs under the header."""

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame

from ui.widgets import chip, clear, label, row

_SHOWN = 4
_WORDS = 22


class VisitTabs(QFrame):
    """Nothing to see until a second dossier of the same person begins."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("next")
        self.id = ""
        """Of the visit; empty while there is none."""
        self.codes: list[str] = []
        self._chips = row(space=8)
        self._chips.setContentsMargins(12, 5, 12, 5)
        self.setLayout(self._chips)
        self.end()

    def begin(self, visit_id: str) -> None:
        """The first dossier is in the book."""
        self.id = visit_id

    def go_on(self, visit_id: str, codes: Sequence[str]) -> None:
        """With what was taken in before; without any it is over."""
        if codes:
            self.begin(visit_id)
        for code in codes:
            self.add(code, "")

    def add(self, code: str, name: str) -> None:
        """One more dossier of this person."""
        self.codes.append(code)
        words = name if len(name) <= _WORDS else f"{name[:_WORDS].rstrip()}…"
        self._names.append(f"{code.rpartition('-')[2]} {words}".strip())
        clear(self._chips)
        self._chips.addWidget(label("Cùng người nộp", "strong"))
        hidden = len(self._names) - _SHOWN
        if hidden > 0:
            self._chips.addWidget(label(f"{hidden} hồ sơ,", "caption"))
        for text in self._names[-_SHOWN:]:
            self._chips.addWidget(chip("green", text))
        self._chips.addWidget(chip("blue", f"hồ sơ {len(self._names) + 1}: đang nhập"))
        self._chips.addStretch(1)
        self.show()

    def end(self) -> None:
        """The visit is closed."""
        self.id = ""
        self.codes = []
        self._names: list[str] = []
        self.hide()
