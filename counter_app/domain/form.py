"""What a statutory form says, apart from how it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FormContent:
    """One form of one subject: built from the book, the same on every print.

    Everything is text already, so that a template can only choose, order and name what is here.
    """

    form: str
    form_set: str
    made_at: datetime
    """When what the form tells happened: the wording in force then is the one it is drawn with."""
    letterhead: tuple[str, ...]
    fields: Mapping[str, str]
    """What a template may name; empty where it does not apply."""
    tables: Mapping[str, Rows]
    """Rows by the name of their source."""
    qr: str = ""
    """What the form's QR holds; empty for none."""
