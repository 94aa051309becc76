"""Queue tickets (số thứ tự): a letter for the group, a running number that begins anew each day."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from counter_app.domain.faults import FileFault
from counter_app.domain.text import clean_text

LAST_NUMBER = 999
PRIORITY = "U"
"""The letter of those who go first: old people, disabled ones, expectant mothers, small children."""
_IN_A_ROW = 2
"""So many of them are called before one of the others, so that nobody waits for ever."""
_LABEL = re.compile(r"([A-Z])(\d{3})")
_LONGEST_NAME = 60
_MOST_GROUPS = 9


class TicketState(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    DONE = "done"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class TicketGroup:
    """What people queue for."""

    letter: str
    name: str


GROUPS = (
    TicketGroup("A", "Hộ tịch, chứng thực"),
    TicketGroup("B", "Đất đai, xây dựng"),
    TicketGroup("C", "Việc khác"),
    TicketGroup("U", "Ưu tiên"),
)
"""Where an office has set none of its own."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One number in one hand. Nobody's name."""

    day: date
    group: str
    number: int
    taken_at: datetime
    state: TicketState = TicketState.WAITING

    @property
    def label(self) -> str:
        """`A012`."""
        return f"{self.group}{self.number:03d}"


def next_of(waiting: Iterable[Ticket], in_a_row: int) -> Ticket | None:
    """Whose turn it is, after so many priority numbers in a row; each kind in the order of coming."""
    first: list[Ticket] = []
    others: list[Ticket] = []
    for ticket in waiting:
        if ticket.state is TicketState.WAITING:
            (first if ticket.group == PRIORITY else others).append(ticket)
    if first and (in_a_row < _IN_A_ROW or not others):
        return first[0]
    return others[0] if others else None


def read_label(text: str) -> tuple[str, int] | None:
    """Group and number of `A012`, however it is typed; None where it is none."""
    match = _LABEL.fullmatch("".join(text.split()).upper())
    return None if match is None else (match[1], int(match[2]))


def read_groups(text: str) -> tuple[TicketGroup, ...]:
    """Groups as an administrator writes them, one a line: `A: Hộ tịch, chứng thực`."""
    groups: dict[str, TicketGroup] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        letter, colon, name = (part.strip() for part in line.partition(":"))
        letter, name = letter.upper(), clean_text(name)
        if not re.fullmatch("[A-Z]", letter) or not colon or not 0 < len(name) <= _LONGEST_NAME:
            raise FileFault(
                number, "viết một chữ cái, dấu hai chấm, tên nhóm, ví dụ “A: Hộ tịch, chứng thực”."
            )
        if letter in groups:
            raise FileFault(number, f"nhóm {letter} ghi hai lần.")
        groups[letter] = TicketGroup(letter, name)
    if not 0 < len(groups) <= _MOST_GROUPS:
        raise FileFault(0, f"cần từ 1 đến {_MOST_GROUPS} nhóm, mỗi nhóm một dòng.")
    return tuple(groups.values())
