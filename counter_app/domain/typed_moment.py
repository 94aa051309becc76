"""A day and an hour as a clerk types them: `20/11`, `2011`, `20/11/2026`; `17:00`, `17`, `1730`."""

import re
from datetime import date, datetime, time

_DAY = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})(?:[/.\-](\d{4}|\d{2}))?$")
_DIGITS = re.compile(r"^(\d{2})(\d{2})(\d{4}|\d{2})?$")
_HALF_A_YEAR = 183
_HOUR = re.compile(r"^(\d{1,2})(?:[:hg.]?(\d{2}))?$")


def typed_moment(day: str, hour: str, now: datetime) -> datetime | None:
    """The moment, in the zone of `now`; None where there is no such day or hour.

    Without a year it is the one nearest to today: in November, 5 January is the next one, and
    15 October is the last one, never a promise for eleven months on.
    """
    found, clock = _day(day.strip(), now.date()), _hour(hour.strip())
    if found is None or clock is None:
        return None
    return datetime.combine(found, clock, now.tzinfo)


def _day(typed: str, today: date) -> date | None:
    match = _DAY.match(typed) or _DIGITS.match(typed)
    if match is None:
        return None
    day, month, year = match.groups()
    full = today.year if year is None else int(year) + (2000 if len(year) == 2 else 0)
    try:
        found = date(full, int(month), int(day))
        if year is None and (today - found).days > _HALF_A_YEAR:
            return found.replace(year=full + 1)
    except ValueError:
        return None
    return found


def _hour(typed: str) -> time | None:
    match = _HOUR.match(typed)
    if match is None or int(match[1]) > 23 or int(match[2] or 0) > 59:
        return None
    return time(int(match[1]), int(match[2] or 0))
