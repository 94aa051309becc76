"""The dossier code (mã hồ sơ): `{org}-{yymmdd}-{seq}`, printed on the slip and never used twice.

`seq` begins with the counter's number (1-9): counter 2 numbers its first dossier of a day 2001.
So counters without any network never meet, and the code keeps the national grammar
(decision 20/2020/QĐ-TTg for the org part). 0001-0999 belongs to the upper server.
"""

import re
from dataclasses import dataclass
from datetime import date

_GRAMMAR = re.compile(
    r"^(\d{3}\.\d{2}\.\d{2}\.H\d{2}|H\d{2}(?:\.\d{2,3}){0,3})-(\d{6})-(\d{4,7})$",
    re.ASCII,
)

LAST_NUMBER_OF_A_DAY = 9_999
LAST_NUMBER_OF_A_BLOCK = 999
UPPER_SERVER = 0


@dataclass(frozen=True, slots=True)
class DossierCode:
    """A code taken apart. `str()` gives it back exactly; the parts are never a key by themselves."""

    org: str
    day: date
    seq: str

    def __str__(self) -> str:
        day = self.day
        # %y%m%d takes six times as long, and every code that comes in is written once
        return f"{self.org}-{day.year % 100:02}{day.month:02}{day.day:02}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> "DossierCode | None":
        """Read a code as typed or scanned: case and blanks do not matter. None if it is not one."""
        match = _GRAMMAR.match("".join(text.split()).upper())
        if match is None:
            return None
        org, day, seq = match.groups()
        try:
            return cls(org, date.fromisoformat(f"20{day}"), seq)
        except ValueError:
            return None


def seq_of(counter_no: int, block: int | None, number: int) -> str:
    """The last part of a code.

    `number` is the running number of that counter and local day, from 1. `block` is set on the
    days that a restored store may have numbered before it was lost: three digits drawn at random,
    so that no number is given out again.
    """
    if block is not None:
        if not 1 <= number <= LAST_NUMBER_OF_A_BLOCK:
            raise ValueError(f"number {number} does not fit a block")
        return f"{counter_no}{block:03d}{number:03d}"
    if not 1 <= number <= LAST_NUMBER_OF_A_DAY:
        raise ValueError(f"number {number} does not fit a day")
    return f"{counter_no}{number:03d}"


@dataclass(frozen=True, slots=True)
class Place:
    """The last part of a code taken apart; `block` 0 is the ordinary count of the day."""

    counter_no: int
    block: int
    number: int


def place_of(seq: str) -> Place | None:
    """Whose number it is and where it stands; None where this program never numbers so."""
    match len(seq):
        case 4 | 5:
            return Place(int(seq[0]), 0, int(seq[1:]))
        case 7:
            return Place(int(seq[0]), int(seq[1:4]), int(seq[4:]))
        case _:
            return None


def is_org_code(text: str) -> bool:
    """Whether `text` can stand before the date in a code."""
    return _GRAMMAR.match(f"{text}-260101-0001") is not None
