"""A birth date of which some know only the year."""

import re
from dataclasses import dataclass
from datetime import date

_ISO = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")
_PARTED = re.compile(r"^(?:(?:(\d{1,2})[/.\- ])?(\d{1,2})[/.\- ])?(\d{4}|\d{2})$")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A year, perhaps a month, perhaps a day."""

    year: int
    month: int | None = None
    day: int | None = None

    def iso(self) -> str:
        """`1990`, `1990-03` or `1990-03-05`."""
        text = f"{self.year:04d}"
        if self.month is not None:
            text += f"-{self.month:02d}"
        if self.day is not None:
            text += f"-{self.day:02d}"
        return text

    def paper(self) -> str:
        """`1990`, `03/1990` or `05/03/1990`, as papers have it."""
        return "/".join(reversed(self.iso().split("-")))

    @classmethod
    def parse_iso(cls, text: str) -> "PartialDate | None":
        """`YYYY[-MM[-DD]]`; None where it is none, or no such day exists."""
        match = _ISO.match(text)
        if match is None:
            return None
        return _checked(*(int(part) if part else None for part in match.groups()))

    @classmethod
    def parse_typed(cls, text: str, today: date) -> "PartialDate | None":
        """What a clerk types: `05031990`, `5390`, `5/3/90`, `3/1990`, `1990`.

        Two digits of a year mean the latest such year that has begun.
        """
        typed = text.strip()
        if typed.isdigit() and len(typed) != 2:
            typed = _split_digits(typed)
        match = _PARTED.match(typed)
        if match is None:
            return None
        year = _full_year(match[3], today)
        month = int(match[2]) if match[2] else None
        day = int(match[1]) if match[1] else None
        found = _checked(year, month, day)
        return None if found is None or found.first_day() > today else found

    def first_day(self) -> date:
        """The earliest day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)


def _split_digits(digits: str) -> str:
    """Digits without separators, read in the only sensible way their count allows."""
    match len(digits):
        case 4 if digits[:2] in ("19", "20"):
            return digits
        case 4:
            return f"{digits[0]}/{digits[1]}/{digits[2:]}"
        case 6:
            return f"{digits[:2]}/{digits[2:4]}/{digits[4:]}"
        case 8:
            return f"{digits[:2]}/{digits[2:4]}/{digits[4:]}"
        case _:
            return digits


def _full_year(text: str, today: date) -> int:
    if len(text) == 4:
        return int(text)
    century = today.year // 100 * 100
    year = century + int(text)
    return year if year <= today.year else year - 100


def _checked(
    year: int | None, month: int | None = None, day: int | None = None
) -> PartialDate | None:
    if year is None or not 1850 <= year <= 9999:
        return None
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return None
    return PartialDate(year, month, day)
