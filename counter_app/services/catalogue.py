"""What the counter counts and charges by: procedures, calendars, the office in force."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property

from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.office import CalendarYear, Office, parse_calendar
from counter_app.domain.procedure import Procedure, ProcedureIndex, parse_procedures


class Catalogue:
    """The shipped catalogue and calendars. Texts are read at the first use, not at the start."""

    def __init__(
        self,
        procedure_texts: Callable[[], Sequence[str]],
        calendar_texts: Callable[[], Sequence[str]],
    ) -> None:
        self._procedure_texts = procedure_texts
        self._calendar_texts = calendar_texts
        self._calendars_of: dict[Office, WorkCalendar] = {}

    @cached_property
    def procedures(self) -> ProcedureIndex:
        """Every procedure, found by code, by words without accents, by initials."""
        return ProcedureIndex(
            tuple(p for content in self._procedure_texts() for p in parse_procedures(content))
        )

    @cached_property
    def years(self) -> tuple[CalendarYear, ...]:
        """The calendars of the years."""
        return tuple(parse_calendar(content) for content in self._calendar_texts())

    @cached_property
    def calendar_version(self) -> str:
        """Names the calendars a date was counted by."""
        return hashlib.sha256("\0".join(self._calendar_texts()).encode()).hexdigest()[:12]

    def procedure(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self.procedures.get(code)

    def calendar(self, office: Office) -> WorkCalendar:
        """Which days and hours that office works."""
        known = self._calendars_of.get(office)
        if known is None:
            known = self._calendars_of[office] = WorkCalendar(office, self.years)
        return known
