"""When the next cycle runs: by the office's interval, sooner on request, later while the line fails."""

from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.calendar import WorkCalendar

_FIRST_RETRY = 15.0
_LONGEST_RETRY = 1800.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The office's settings."""

    every_minutes: int
    outside_hours: bool


def seconds_until_next(
    schedule: Schedule, calendar: WorkCalendar, now: datetime, failures: int, chance: float
) -> float:
    """Seconds from now. `failures` in a row shorten or lengthen it; `chance` in [0, 1) spreads
    the counters of a district, so that not all of them come back at once after a power cut.
    """
    if failures:
        ceiling = min(_LONGEST_RETRY, _FIRST_RETRY * 2.0 ** (failures - 1))
        return max(1.0, ceiling * chance)
    wait = schedule.every_minutes * 60.0
    if schedule.outside_hours or _is_open(calendar, now):
        return wait
    return _until_open(calendar, now) + chance * 60.0


def _is_open(calendar: WorkCalendar, now: datetime) -> bool:
    clock = now.astimezone(calendar.zone).time()
    day = calendar.day(now.astimezone(calendar.zone).date())
    return any(session.start <= clock < session.end for session in day.sessions)


def _until_open(calendar: WorkCalendar, now: datetime) -> float:
    local = now.astimezone(calendar.zone)
    for info in calendar.days_from(local.date()):
        for session in info.sessions:
            start = calendar.at(info.date, session.start)
            if start > local:
                return (start - local).total_seconds()
    return _LONGEST_RETRY
