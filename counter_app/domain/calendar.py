"""Which days and hours an office works: its hours rows and the calendars of the years.

Whether a day works is decided by its row and the calendar alone, not by the name of the weekday.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from counter_app.domain.office import CalendarDay, CalendarYear, DayKind, HoursRow, Office

ONE_DAY = timedelta(days=1)
LONGEST_CLOSED = 4_000
"""Days after which an office that never opens is taken for closed for ever."""
WEEKDAY_NAMES = (
    "Thứ Hai",
    "Thứ Ba",
    "Thứ Tư",
    "Thứ Năm",
    "Thứ Sáu",
    "Thứ Bảy",
    "Chủ nhật",
)
"""From Monday on."""
_KIND_NAMES = {
    DayKind.HOLIDAY: "nghỉ lễ",
    DayKind.COMPENSATORY_OFF: "nghỉ bù",
    DayKind.SWAPPED_OFF: "nghỉ hoán đổi",
    DayKind.SWAPPED_WORKING: "làm bù",
}


@dataclass(frozen=True, slots=True)
class Session:
    """Open from `start` inclusive to `end` exclusive."""

    start: time
    end: time
    counts: bool
    """False: receives only."""


@dataclass(frozen=True, slots=True)
class DayInfo:
    """One date at one office."""

    date: date
    works: bool
    """A working day: it can be counted and a result can be due on it."""
    sessions: tuple[Session, ...]
    kind: DayKind | None
    name: str
    """Why it is not what its weekday says, or the weekday."""

    @property
    def counting(self) -> tuple[Session, ...]:
        """Sessions whose hours count."""
        return tuple(session for session in self.sessions if session.counts)

    @property
    def opening(self) -> time:
        """When it first opens; only for a day with sessions."""
        return self.sessions[0].start

    @property
    def close(self) -> time:
        """Close of office of a working day."""
        return self.counting[-1].end


class OutOfCalendar(Exception):
    """A count ran past the year 9999: the office never opens, or the term is endless."""


class WorkCalendar:
    """The days of an office. Days are worked out once and kept."""

    def __init__(self, office: Office, years: Iterable[CalendarYear]) -> None:
        self.office = office
        self.zone = ZoneInfo(office.time_zone)
        self._years = _in_force(years)
        self._special: dict[date, CalendarDay] = {
            day.date: day for year in self._years.values() for day in year.days
        }
        self._known: dict[date, DayInfo] = {}

    def day(self, day: date) -> DayInfo:
        """What that date is."""
        known = self._known.get(day)
        if known is None:
            known = self._known[day] = self._work_out(day)
        return known

    def is_official(self, year: int) -> bool:
        """Whether the calendar of that year has been announced."""
        found = self._years.get(year)
        return found is not None and found.status == "official"

    def days_from(self, day: date) -> Iterable[DayInfo]:
        """That date and the ones after it."""
        while True:
            yield self.day(day)
            if day.year == MAXYEAR and (day.month, day.day) == (12, 31):
                raise OutOfCalendar
            day += ONE_DAY

    def next_working_day(self, day: date) -> DayInfo:
        """The first working day on or after that date."""
        for tried, info in enumerate(self.days_from(day)):
            if info.works:
                return info
            if tried > LONGEST_CLOSED:
                raise OutOfCalendar
        raise OutOfCalendar

    def at(self, day: date, clock: time) -> datetime:
        """A moment in the office's zone."""
        return datetime.combine(day, clock, self.zone)

    def _work_out(self, day: date) -> DayInfo:
        special = self._special.get(day)
        kind = special.kind if special else None
        name = special.name if special and special.name else _kind_name(kind, day)
        if kind is DayKind.SWAPPED_WORKING:
            row = self._row_in_lieu(day)
        elif kind is not None:
            row = None
        else:
            row = self._row(day, day.weekday())
        if row is None:
            return DayInfo(day, False, (), kind, name)
        sessions = tuple(
            Session(start, end, row.counts_as_working_day) for start, end in row.shifts
        )
        return DayInfo(day, row.counts_as_working_day, sessions, kind, name)

    def _row(self, day: date, weekday: int) -> HoursRow | None:
        for row in self.office.hours:
            if weekday in row.days and row.fits(day):
                return row
        return None

    def _row_in_lieu(self, day: date) -> HoursRow | None:
        """A swapped working day has the hours of the first counting row, Monday first."""
        for weekday in range(7):
            for row in self.office.hours:
                if row.counts_as_working_day and weekday in row.days and row.fits(day):
                    return row
        return None


def weekday_name(day: date) -> str:
    """`Thứ Hai` … `Chủ nhật`."""
    return WEEKDAY_NAMES[day.weekday()]


def _kind_name(kind: DayKind | None, day: date) -> str:
    return _KIND_NAMES[kind] if kind else weekday_name(day)


def _in_force(years: Iterable[CalendarYear]) -> dict[int, CalendarYear]:
    """Of a year's calendars the official one with the later date of issue holds."""
    chosen: dict[int, CalendarYear] = {}
    for year in years:
        held = chosen.get(year.year)
        if held is None or _rank(year) >= _rank(held):
            chosen[year.year] = year
    return chosen


def _rank(year: CalendarYear) -> tuple[bool, date]:
    return year.status == "official", year.issued_on or date.min
