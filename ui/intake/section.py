"""What a section is to the intake page: a card with its part of the draft."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal

from counter_app.domain.problems import Problem
from ui.fields import Field
from ui.widgets import SectionCard


class Section(SectionCard):
    """Says that something in it changed, and nothing else: the page asks for the rest."""

    changed = Signal()
    places: Mapping[str, Field] = {}
    """Where a problem is marked, by its field in the draft or by its code."""
    enters: Sequence[Field] = ()
    """Where Enter goes, in reading order."""

    def begin(self) -> None:
        """The keyboard comes here."""
        raise NotImplementedError

    def draft(self) -> dict[str, Any]:
        """What stands in it."""
        raise NotImplementedError

    def fill(self, fields: Mapping[str, Any]) -> None:
        """From a draft; an empty one empties it."""
        raise NotImplementedError

    def mistyped(self) -> list[Problem]:
        """What stands in a field and can be nothing of its kind."""
        return []
