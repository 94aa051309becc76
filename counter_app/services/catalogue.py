"""What the counter counts and charges by: procedures, calendars, the office in force."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cached_property

from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.faults import FileFault
from counter_app.domain.office import CalendarYear, Office, parse_calendar
from counter_app.domain.procedure import Procedure, ProcedureIndex, parse_procedures
from counter_app.domain.published import CALENDAR, PROCEDURES, Published

_PARSERS: dict[str, Callable[[str], object]] = {
    CALENDAR: parse_calendar,
    PROCEDURES: parse_procedures,
}
_NAMES = {
    CALENDAR: re.compile(r"^\s*year\s*=\s*(\d+)", re.MULTILINE),
    PROCEDURES: re.compile(r'^\s*field_code\s*=\s*"([^"]+)"', re.MULTILINE),
}


class Catalogue:
    """Catalogue and calendars. Texts are read at the first use, not at the start."""

    def __init__(
        self,
        procedure_texts: Callable[[], Sequence[str]],
        calendar_texts: Callable[[], Sequence[str]],
    ) -> None:
        self._procedure_texts = procedure_texts
        self._read_calendars = calendar_texts
        self._calendars_of: dict[Office, WorkCalendar] = {}

    @cached_property
    def procedures(self) -> ProcedureIndex:
        """Every procedure, found by code, by words without accents, by initials."""
        return ProcedureIndex(
            tuple(p for content in self._procedure_texts() for p in parse_procedures(content))
        )

    @cached_property
    def _calendar_texts(self) -> Sequence[str]:
        return self._read_calendars()

    @cached_property
    def years(self) -> tuple[CalendarYear, ...]:
        """The calendars of the years."""
        return tuple(parse_calendar(content) for content in self._calendar_texts)

    @cached_property
    def calendar_version(self) -> str:
        """Names the calendars a date was counted by."""
        return hashlib.sha256("\0".join(self._calendar_texts).encode()).hexdigest()[:12]

    def read_again(self) -> None:
        """Another day may have other files in force: they are read at the next use."""
        for name in ("procedures", "_calendar_texts", "years", "calendar_version"):
            self.__dict__.pop(name, None)
        self._calendars_of.clear()

    def procedure(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self.procedures.get(code)

    def calendar(self, office: Office) -> WorkCalendar:
        """Which days and hours that office works."""
        known = self._calendars_of.get(office)
        if known is None:
            known = self._calendars_of[office] = WorkCalendar(office, self.years)
        return known


def in_force(
    kind: str, shipped: Sequence[str], published: Iterable[Published], today: date
) -> tuple[str, ...]:
    """The files of a kind that hold today: of each name the newest published version whose day has
    come, else the shipped one. A version in a form newer than this program is passed over.
    """
    newest: dict[str, Published] = {}
    for one in sorted(published, key=lambda one: one.version):
        if one.kind == kind and one.effective_on <= today and _readable(one):
            newest[one.name] = one
    kept = [text for text in shipped if _name(kind, text) not in newest]
    return (*kept, *(newest[name].text for name in sorted(newest)))


def _name(kind: str, text: str) -> str:
    found = _NAMES[kind].search(text)
    return found[1] if found else ""


def _readable(one: Published) -> bool:
    try:
        _PARSERS[one.kind](one.text)
    except FileFault:
        return False
    return True
