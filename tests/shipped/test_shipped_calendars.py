"""The shipped calendars, day by day, against the announcements."""

from datetime import date, timedelta

import pytest

import resources
from counter_app.domain.office import CalendarYear, DayKind, parse_calendar

YEARS = {year.year: year for year in map(parse_calendar, resources.calendar_texts())}
WORKED = {DayKind.SWAPPED_WORKING}

OFF = {
    2024: "01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03",
    2025: "01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02",
    2026: "01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24",
    2027: "01-01 02-05 02-08 02-09 02-10 02-11 04-16 04-30 05-03 09-02 09-03 11-24",
}
"""Weekdays off, as announced; 2027 is the estimate."""

WORKED_IN_LIEU = {2024: "05-04", 2025: "04-26", 2026: "01-10 08-22", 2027: ""}
SWAPPED_OFF = {2024: "04-29", 2025: "05-02", 2026: "01-02 08-31", 2027: ""}
COMPENSATED = {2024: "02-13 02-14", 2025: "", 2026: "04-27", 2027: "02-10 02-11 05-03"}

LUNAR_NEW_YEAR = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
}
"""Mùng 1 Tết; official, but for 2027 computed for UTC+7."""

ANCESTORS = {
    2024: date(2024, 4, 18),
    2025: date(2025, 4, 7),
    2026: date(2026, 4, 26),
    2027: date(2027, 4, 16),
}
"""Giỗ Tổ Hùng Vương, the tenth of the third lunar month."""


def _days(year: int, listed: str) -> list[date]:
    return [date.fromisoformat(f"{year}-{day}") for day in listed.split()]


def _of_kind(year: CalendarYear, kind: DayKind) -> list[date]:
    return [day.date for day in year.days if day.kind is kind]


@pytest.mark.parametrize("year", OFF)
def test_exactly_the_announced_weekdays_are_off(year: int) -> None:
    off = [
        day.date for day in YEARS[year].days if day.kind not in WORKED and day.date.weekday() < 5
    ]
    assert off == _days(year, OFF[year])


@pytest.mark.parametrize("year", OFF)
def test_swaps_and_compensation_are_told_apart(year: int) -> None:
    calendar = YEARS[year]
    assert _of_kind(calendar, DayKind.SWAPPED_WORKING) == _days(year, WORKED_IN_LIEU[year])
    assert _of_kind(calendar, DayKind.SWAPPED_OFF) == _days(year, SWAPPED_OFF[year])
    assert _of_kind(calendar, DayKind.COMPENSATORY_OFF) == _days(year, COMPENSATED[year])


@pytest.mark.parametrize("year", OFF)
def test_what_is_worked_in_lieu_is_a_saturday_for_a_weekday_off(year: int) -> None:
    worked = _of_kind(YEARS[year], DayKind.SWAPPED_WORKING)
    assert all(day.weekday() == 5 for day in worked)
    assert len(worked) == len(_of_kind(YEARS[year], DayKind.SWAPPED_OFF))


@pytest.mark.parametrize("year", OFF)
def test_the_feasts_of_the_moon_lie_in_their_days_off(year: int) -> None:
    named = {day.date: day.name for day in YEARS[year].days}
    assert "Tết Nguyên đán" in named[LUNAR_NEW_YEAR[year]]
    feast = ANCESTORS[year]
    if feast.weekday() >= 5 and feast not in named:
        feast += timedelta(days=7 - feast.weekday())
    assert "Giỗ Tổ" in named[feast]


def test_the_culture_day_begins_in_2026() -> None:
    for year, calendar in YEARS.items():
        assert (date(year, 11, 24) in {day.date for day in calendar.days}) is (year >= 2026)


def test_only_announced_years_are_official_and_name_their_source() -> None:
    assert {year: calendar.status for year, calendar in YEARS.items()} == {
        2024: "official",
        2025: "official",
        2026: "official",
        2027: "provisional",
    }
    assert "6150/TB-BLĐTBXH" in YEARS[2025].source
    for notice in ("9441/TB-BNV", "12729/VPCP-KGVX", "3383/BNV-CVL"):
        assert notice in YEARS[2026].source
    assert (YEARS[2025].issued_on, YEARS[2026].issued_on) == (
        date(2024, 12, 3),
        date(2026, 4, 10),
    )
    assert YEARS[2027].issued_on is None
    assert all(day.name for calendar in YEARS.values() for day in calendar.days)
