"""What a form says, apart from how it is drawn, and the words that papers use for moments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FormContent:
    """One form of one subject: built from the book, the same on every print.

    Everything is text already, so that a template can only choose, order and name what is here.
    """

    form: str
    form_set: str
    """What the subject pins; empty for whatever set is the newest."""
    field_code: str
    """The field of work (lĩnh vực), which may have forms of its own; empty for none."""
    made_at: datetime
    """When what the form tells happened: the wording in force then is the one it is drawn with."""
    letterhead: tuple[str, ...]
    fields: Mapping[str, str]
    """What a template may name; empty where it does not apply."""
    tables: Mapping[str, Rows]
    """Rows by the name of their source."""
    qr: str = ""
    """What the form's QR holds; empty for none."""
    host: str | None = ""
    """Put before it where there is room; None where the QR holds words for whoever reads it."""


def long_moment(moment: datetime) -> str:
    """`17 giờ 00 phút, ngày 26 tháng 11 năm 2026`."""
    return f"{moment:%H} giờ {moment:%M} phút, {long_day(moment)}"


def long_day(day: date) -> str:
    """`ngày 26 tháng 11 năm 2026`; months up to February with a nought, as papers have it."""
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def short_day(day: date) -> str:
    """`26/11/2026`."""
    return f"{day:%d/%m/%Y}"


def short_moment(moment: datetime) -> str:
    """`17:00, 26/11/2026`."""
    return f"{moment:%H:%M, %d/%m/%Y}"


def capital(text: str) -> str:
    """With a capital where a sentence begins."""
    return text[:1].upper() + text[1:]
