"""Suggesting villages: initials or the first letters are enough, `tdu` for Thôn Ta Đủ."""

from collections.abc import Sequence

from PySide6.QtWidgets import QLineEdit

from counter_app.domain.text import search_key
from ui.intake.hint_list import HintList

_SHOWN = 6


class VillageHints(HintList):
    """Nothing is filled in unless it is taken."""

    def __init__(self, edit: QLineEdit, villages: Sequence[str]) -> None:
        super().__init__(edit, "Thôn, bản")
        self._villages = [(village, search_key(village)) for village in villages]
        edit.textEdited.connect(self._on_edited)
        self.taken.connect(edit.setText)

    def _on_edited(self, typed: str) -> None:
        wanted = search_key(typed)
        fit = [village for village, key in self._villages if wanted and _fits(wanted, key)]
        self.offer([(village, village) for village in fit[:_SHOWN]])


def _fits(wanted: str, key: str) -> bool:
    """First letters of words, then the rest of the last one: `tdu` is t(hôn) (ta) đ… or ta đủ."""
    words = key.split()
    if any(" ".join(words[at:]).startswith(wanted) for at in range(len(words))):
        return True
    compact = wanted.replace(" ", "")
    return any(_abbreviates(compact, words[at:]) for at in range(len(words)))


def _abbreviates(typed: str, words: Sequence[str]) -> bool:
    """Whether the letters are beginnings of consecutive words."""
    if not typed:
        return True
    if not words:
        return False
    return any(
        typed.startswith(words[0][:size]) and _abbreviates(typed[size:], words[1:])
        for size in range(min(len(words[0]), len(typed)), 0, -1)
    )
