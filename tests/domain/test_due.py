"""The worked examples of the law's arithmetic, the counting rules, and what must hold for any of it."""

from datetime import date, datetime, time, timedelta

import pytest
from conftest import ZONE
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import resources
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.dossier import Wait
from counter_app.domain.due import (
    CountRefused,
    Role,
    count_due,
    count_due_of_dossier,
    days_until,
    explain,
    working_day_after,
    working_days_between,
)
from counter_app.domain.office import (
    CalendarDay,
    CalendarYear,
    DayKind,
    HoursRow,
    Office,
    parse_calendar,
    parse_office,
)
from counter_app.domain.procedure import ProcessingUnit

WORKING_DAY, CALENDAR_DAY = ProcessingUnit.WORKING_DAY, ProcessingUnit.CALENDAR_DAY
HOUR, SAME_DAY, MONTH = (
    ProcessingUnit.WORKING_HOUR,
    ProcessingUnit.SAME_DAY,
    ProcessingUnit.MONTH,
)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


EXAMPLES = [
    ("A1", "2026-03-02 09:00", WORKING_DAY, 3, "2026-03-05 17:00"),
    ("A2", "2026-03-05 16:50", WORKING_DAY, 3, "2026-03-10 17:00"),
    ("A3", "2026-06-05 17:45", WORKING_DAY, 3, "2026-06-11 17:30"),
    ("A4", "2026-03-09 17:15", WORKING_DAY, 1, "2026-03-11 17:00"),
    ("A5", "2026-04-06 17:15", WORKING_DAY, 1, "2026-04-07 17:30"),
    ("A6", "2026-05-16 20:00", WORKING_DAY, 5, "2026-05-25 17:30"),
    ("B1", "2025-01-23 09:00", WORKING_DAY, 5, "2025-02-06 17:00"),
    ("B2", "2025-01-24 16:00", WORKING_DAY, 3, "2025-02-05 17:00"),
    ("B3", "2026-02-12 09:00", WORKING_DAY, 5, "2026-02-26 17:00"),
    ("B4", "2026-02-13 17:05", WORKING_DAY, 1, "2026-02-24 17:00"),
    ("B5", "2026-02-18 09:00", WORKING_DAY, 3, "2026-02-26 17:00"),
    ("C1", "2025-04-24 09:00", WORKING_DAY, 3, "2025-04-28 17:30"),
    ("C2", "2025-04-25 09:00", WORKING_DAY, 1, "2025-04-26 17:30"),
    ("C3", "2025-04-26 10:00", SAME_DAY, 1, "2025-04-26 17:30"),
    ("C4", "2025-12-31 09:00", WORKING_DAY, 2, "2026-01-06 17:00"),
    ("C5", "2026-01-08 09:00", WORKING_DAY, 3, "2026-01-12 17:00"),
    ("C6", "2026-08-21 09:00", WORKING_DAY, 5, "2026-08-27 17:30"),
    ("C7", "2026-08-27 09:00", WORKING_DAY, 3, "2026-09-04 17:30"),
    ("C8", "2026-04-24 09:00", WORKING_DAY, 5, "2026-05-06 17:30"),
    ("C9", "2026-11-20 15:30", WORKING_DAY, 3, "2026-11-26 17:00"),
    ("C10", "2026-11-23 15:10", SAME_DAY, 1, "2026-11-25 17:00"),
    ("D1", "2026-01-20 09:00", CALENDAR_DAY, 15, "2026-02-04 17:00"),
    ("D2", "2026-01-20 09:00", CALENDAR_DAY, 30, "2026-02-23 17:00"),
    ("D3", "2026-03-01 09:00", CALENDAR_DAY, 7, "2026-03-09 17:00"),
    ("D4", "2026-06-16 09:00", CALENDAR_DAY, 15, "2026-07-01 17:30"),
    ("E1", "2026-03-03 10:00", HOUR, 4, "2026-03-03 15:30"),
    ("E2", "2026-04-07 10:00", HOUR, 4, "2026-04-07 16:00"),
    ("E3", "2026-03-06 15:00", HOUR, 8, "2026-03-09 15:00"),
    ("E4", "2026-03-31 15:00", HOUR, 8, "2026-04-01 15:30"),
    ("E5", "2026-09-30 15:00", HOUR, 8, "2026-10-01 14:30"),
    ("E6", "2026-07-07 12:10", HOUR, 2, "2026-07-07 15:30"),
    ("E7", "2026-02-13 14:00", HOUR, 16, "2026-02-24 14:00"),
    ("F1", "2026-05-12 14:59", SAME_DAY, 1, "2026-05-12 17:30"),
    ("F2", "2026-05-12 15:00", SAME_DAY, 1, "2026-05-13 17:30"),
    ("F3", "2026-05-15 15:01", SAME_DAY, 1, "2026-05-18 17:30"),
    ("F4", "2026-02-13 15:30", SAME_DAY, 1, "2026-02-23 17:00"),
    ("F5", "2026-05-12 12:00", SAME_DAY, 1, "2026-05-12 17:30"),
    ("F6", "2026-05-17 09:00", SAME_DAY, 1, "2026-05-18 17:30"),
]


@pytest.mark.parametrize(("name", "received", "unit", "amount", "due"), EXAMPLES)
def test_worked_example(
    khe_sanh: WorkCalendar, name: str, received: str, unit: ProcessingUnit, amount: int, due: str
) -> None:
    assert count_due(khe_sanh, at(received), unit, amount).due_at == at(due), name


@pytest.mark.parametrize(
    ("amount", "received", "begins", "ends", "policy", "due"),
    [
        (
            10,
            "2026-05-04 09:00",
            "2026-05-07 10:00",
            "2026-05-18 09:00",
            "resume",
            "2026-05-27 17:30",
        ),
        (
            10,
            "2026-05-04 09:00",
            "2026-05-07 10:00",
            "2026-05-18 09:00",
            "restart",
            "2026-06-01 17:30",
        ),
        (
            17,
            "2026-02-02 09:00",
            "2026-02-10 10:00",
            "2026-02-25 10:00",
            "resume",
            "2026-03-12 17:00",
        ),
    ],
)
def test_waits_never_count(
    khe_sanh: WorkCalendar,
    amount: int,
    received: str,
    begins: str,
    ends: str,
    policy: str,
    due: str,
) -> None:
    wait = Wait(policy, at(begins), at(ends))  # type: ignore[arg-type]
    assert count_due(khe_sanh, at(received), WORKING_DAY, amount, [wait]).due_at == at(due)


def test_request_before_opening_does_not_use_the_day(khe_sanh: WorkCalendar) -> None:
    late = Wait("resume", at("2026-05-07 07:30"), at("2026-05-18 09:00"))
    early = Wait("resume", at("2026-05-07 07:29"), at("2026-05-18 09:00"))
    used = count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 10, [late])
    unused = count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 10, [early])
    assert (used.due_at, unused.due_at) == (at("2026-05-27 17:30"), at("2026-05-28 17:30"))


def test_a_wait_inside_one_day_costs_nothing_in_days(khe_sanh: WorkCalendar) -> None:
    wait = Wait("resume", at("2026-05-05 09:00"), at("2026-05-05 16:00"))
    found = count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 3, [wait])
    assert found.due_at == at("2026-05-07 17:30")


def test_a_wait_over_a_closed_weekend_changes_nothing(khe_sanh: WorkCalendar) -> None:
    wait = Wait("resume", at("2026-05-08 18:00"), at("2026-05-10 20:00"))
    found = count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 10, [wait])
    assert found.due_at == count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 10).due_at


def test_hours_resume_with_the_minutes_left(khe_sanh: WorkCalendar) -> None:
    wait = Wait("resume", at("2026-03-03 10:30"), at("2026-03-04 09:00"))
    found = count_due(khe_sanh, at("2026-03-03 10:00"), HOUR, 4, [wait])
    # half an hour before the wait; 09:00-11:30 and 13:00-14:00 after it
    assert found.due_at == at("2026-03-04 14:00")


def test_calendar_days_resume_by_adding_the_days_between(khe_sanh: WorkCalendar) -> None:
    wait = Wait("resume", at("2026-06-17 09:00"), at("2026-06-22 09:00"))
    found = count_due(khe_sanh, at("2026-06-16 09:00"), CALENDAR_DAY, 15, [wait])
    assert found.due_at == at("2026-07-06 17:30")


def test_months_keep_the_day_or_take_the_last(khe_sanh: WorkCalendar) -> None:
    assert count_due(khe_sanh, at("2026-01-30 09:00"), MONTH, 1).due_at == at("2026-03-02 17:00")
    assert count_due(khe_sanh, at("2026-03-10 09:00"), MONTH, 2).due_at == at("2026-05-11 17:30")


def test_on_the_stroke_of_an_end_a_receipt_belongs_to_the_next_session(
    khe_sanh: WorkCalendar,
) -> None:
    assert count_due(khe_sanh, at("2026-03-03 11:30"), HOUR, 1).counted_from == at(
        "2026-03-03 13:00"
    )
    assert count_due(khe_sanh, at("2026-03-03 17:00"), HOUR, 1).counted_from == at(
        "2026-03-04 07:30"
    )
    assert count_due(khe_sanh, at("2026-03-03 07:30"), HOUR, 1).counted_from == at(
        "2026-03-03 07:30"
    )


def test_hours_that_end_with_a_session_are_due_at_its_end(khe_sanh: WorkCalendar) -> None:
    assert count_due(khe_sanh, at("2026-03-03 09:30"), HOUR, 2).due_at == at("2026-03-03 11:30")


SATURDAY_TEXT = resources.office_text("khe-sanh") + (
    '\n[[hours]]\nfrom = "01-01"\nto = "12-31"\ndays = "sat"\n'
    'shifts = [["07:30", "11:30"]]\ncounts_as_working_day = false\n'
)


@pytest.fixture(scope="session")
def saturdays() -> WorkCalendar:
    years = [parse_calendar(text) for text in resources.calendar_texts()]
    return WorkCalendar(parse_office(SATURDAY_TEXT), years)


def test_a_session_that_only_receives_makes_its_day_day_0(saturdays: WorkCalendar) -> None:
    found = count_due(saturdays, at("2026-03-07 09:00"), WORKING_DAY, 1)
    assert (found.counted_from, found.due_at) == (at("2026-03-07 09:00"), at("2026-03-09 17:00"))


def test_it_consumes_no_hours_and_returns_nothing_the_same_day(saturdays: WorkCalendar) -> None:
    hours = count_due(saturdays, at("2026-03-07 09:00"), HOUR, 1)
    assert (hours.due_at, hours.days) == (at("2026-03-09 08:30"), (date(2026, 3, 9),))
    assert count_due(saturdays, at("2026-03-07 09:00"), SAME_DAY, 1).due_at == at(
        "2026-03-09 17:00"
    )


def test_a_swapped_saturday_has_a_weekdays_hours(saturdays: WorkCalendar) -> None:
    day = saturdays.day(date(2026, 8, 22))
    assert day.works
    assert [(s.start, s.end) for s in day.sessions] == [
        (time(7, 30), time(11, 30)),
        (time(13, 30), time(17, 30)),
    ]


def test_cutoff_may_exclude_its_own_minute() -> None:
    text = resources.office_text("khe-sanh").replace(
        "cutoff_inclusive = true", "cutoff_inclusive = false"
    )
    calendar = WorkCalendar(parse_office(text), [])
    assert count_due(calendar, at("2026-05-12 15:00"), SAME_DAY, 1).due_at == at("2026-05-12 17:30")
    assert count_due(calendar, at("2026-05-12 15:01"), SAME_DAY, 1).due_at == at("2026-05-13 17:30")


def test_same_clock_time_moves_into_a_session() -> None:
    text = resources.office_text("khe-sanh").replace("close_of_office", "same_clock_time")
    calendar = WorkCalendar(parse_office(text), [])
    # a winter clock time of 13:10 is at lunch in summer
    assert count_due(calendar, at("2026-03-31 13:10"), WORKING_DAY, 1).due_at == at(
        "2026-04-01 13:30"
    )
    assert count_due(calendar, at("2026-03-30 10:10"), WORKING_DAY, 1).due_at == at(
        "2026-03-31 10:10"
    )
    # a summer afternoon's 17:10 is past the winter close
    assert count_due(calendar, at("2026-09-30 17:10"), WORKING_DAY, 1).due_at == at(
        "2026-10-01 17:00"
    )
    assert count_due(calendar, at("2026-03-30 10:10"), CALENDAR_DAY, 1).due_at == at(
        "2026-03-31 17:00"
    )


def test_provisional_until_every_year_on_the_way_is_official(khe_sanh: WorkCalendar) -> None:
    assert not count_due(khe_sanh, at("2026-12-29 09:00"), WORKING_DAY, 1).provisional
    assert count_due(khe_sanh, at("2026-12-29 09:00"), WORKING_DAY, 5).provisional
    assert count_due(khe_sanh, at("2023-12-29 09:00"), WORKING_DAY, 1).provisional


def test_the_official_calendar_issued_later_holds() -> None:
    office = parse_office(resources.office_text("khe-sanh"))
    day = CalendarDay(date(2026, 5, 5), DayKind.HOLIDAY, "thử")
    early = CalendarYear(2026, "official", "", date(2025, 1, 1), (day,))
    late = CalendarYear(2026, "official", "", date(2025, 2, 1), ())
    draft = CalendarYear(2026, "provisional", "", date(2025, 3, 1), (day,))
    for years in ([early, late, draft], [draft, late, early]):
        assert WorkCalendar(office, years).day(date(2026, 5, 5)).works


@pytest.mark.parametrize("amount", [0, -1, 3651, 2.0, "3", None, True])
def test_amounts_out_of_range_are_refused(khe_sanh: WorkCalendar, amount: object) -> None:
    with pytest.raises(CountRefused):
        count_due(khe_sanh, at("2026-03-02 09:00"), WORKING_DAY, amount)  # type: ignore[arg-type]


def test_a_date_after_9999_is_refused(khe_sanh: WorkCalendar) -> None:
    with pytest.raises(CountRefused):
        count_due(khe_sanh, at("9999-12-01 09:00"), MONTH, 3)


@pytest.mark.parametrize(
    ("begins", "ends", "code"),
    [
        ("2026-05-07 10:00", "2026-05-07 10:00", "wait_empty"),
        ("2026-05-04 08:59", "2026-05-07 10:00", "wait_early"),
        ("2026-05-07 17:30", "2026-05-08 10:00", "wait_late"),
    ],
)
def test_waits_that_make_no_sense_are_refused(
    khe_sanh: WorkCalendar, begins: str, ends: str, code: str
) -> None:
    wait = Wait("resume", at(begins), at(ends))
    with pytest.raises(CountRefused) as refused:
        count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 3, [wait])
    assert refused.value.code == code


def test_overlapping_waits_are_refused(khe_sanh: WorkCalendar) -> None:
    waits = [
        Wait("resume", at("2026-05-05 10:00"), at("2026-05-06 10:00")),
        Wait("resume", at("2026-05-06 09:00"), at("2026-05-07 10:00")),
    ]
    with pytest.raises(CountRefused):
        count_due(khe_sanh, at("2026-05-04 09:00"), WORKING_DAY, 5, waits)


def test_on_a_dossier_no_wait_is_refused(khe_sanh: WorkCalendar) -> None:
    received = at("2026-05-04 06:00")
    early = Wait("resume", at("2026-05-04 06:10"), at("2026-05-05 10:00"))
    plain = Wait("resume", at("2026-05-04 07:30"), at("2026-05-05 10:00"))
    late = Wait("resume", at("2026-06-04 09:00"), at("2026-06-05 10:00"))
    base = count_due_of_dossier(khe_sanh, received, WORKING_DAY, 3).due_at
    assert count_due_of_dossier(khe_sanh, received, WORKING_DAY, 3, [late]).due_at == base
    assert (
        count_due_of_dossier(khe_sanh, received, WORKING_DAY, 3, [early]).due_at
        == count_due(khe_sanh, received, WORKING_DAY, 3, [plain]).due_at
        == at("2026-05-08 17:30")
    )


def test_a_same_day_dossier_always_restarts(khe_sanh: WorkCalendar) -> None:
    wait = Wait("resume", at("2026-05-12 10:00"), at("2026-05-13 15:30"))
    found = count_due_of_dossier(khe_sanh, at("2026-05-12 09:00"), SAME_DAY, 1, [wait])
    assert found.due_at == at("2026-05-14 17:30")
    with pytest.raises(CountRefused):
        count_due(khe_sanh, at("2026-05-12 09:00"), SAME_DAY, 1, [wait])


def test_days_are_told_by_unit(khe_sanh: WorkCalendar) -> None:
    working = count_due(khe_sanh, at("2026-11-20 15:30"), WORKING_DAY, 3)
    assert working.days == (date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 26))
    calendar = count_due(khe_sanh, at("2026-03-01 09:00"), CALENDAR_DAY, 6)
    assert calendar.days == tuple(date(2026, 3, day) for day in range(3, 10))
    assert count_due(khe_sanh, at("2026-02-13 14:00"), HOUR, 16).days == (
        date(2026, 2, 13),
        date(2026, 2, 23),
        date(2026, 2, 24),
    )


def test_the_sentence_says_why(khe_sanh: WorkCalendar) -> None:
    found = count_due(khe_sanh, at("2026-11-20 15:30"), WORKING_DAY, 3)
    assert explain(found, WORKING_DAY, 3) == (
        "3 ngày làm việc, không tính ngày nhận. "
        "Bỏ qua Thứ Bảy, Chủ nhật và Thứ Ba 24/11 (Ngày Văn hóa Việt Nam)."
    )
    skipped = [day.date.day for day in found.trace if day.role is Role.SKIPPED]
    assert skipped == [21, 22, 24]


def test_the_clock_of_the_pc_does_not_matter(khe_sanh: WorkCalendar) -> None:
    from datetime import UTC

    utc = at("2026-03-02 09:00").astimezone(UTC)
    assert count_due(khe_sanh, utc, WORKING_DAY, 3).due_at == at("2026-03-05 17:00")


# ---- properties ---------------------------------------------------------------------------------

moments = st.datetimes(datetime(2025, 1, 2), datetime(2026, 11, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0, tzinfo=ZONE)
)
units = st.sampled_from([WORKING_DAY, CALENDAR_DAY, HOUR, SAME_DAY, MONTH])
amounts = st.integers(1, 40)


def _calendar(extra: list[CalendarDay], saturday: bool, gaps: tuple[int, int]) -> WorkCalendar:
    morning, noon = gaps
    hours = [
        HoursRow(
            (4, 1),
            (9, 30),
            frozenset(range(5)),
            ((time(7, 30), time(11, morning)), (time(13, noon), time(17, 30))),
        ),
        HoursRow(
            (10, 1), (3, 31), frozenset(range(5)), ((time(7), time(11)), (time(13), time(17)))
        ),
    ]
    if saturday:
        hours.append(HoursRow((1, 1), (12, 31), frozenset({5}), ((time(8), time(11)),), False))
    office = Office(
        "H50.99.01", "Thử", "Trên", "", "", "Asia/Ho_Chi_Minh", "FS-2018", "",
        "close_of_office", time(15), True, tuple(hours),
    )  # fmt: skip
    years = [
        CalendarYear(
            year, "official", "", None, tuple(day for day in extra if day.date.year == year)
        )
        for year in range(2025, 2031)
    ]
    return WorkCalendar(office, years)


days = st.dates(date(2025, 1, 1), date(2027, 6, 1))
special = st.lists(
    st.builds(
        CalendarDay,
        days,
        st.sampled_from([DayKind.HOLIDAY, DayKind.SWAPPED_OFF, DayKind.SWAPPED_WORKING]),
        st.just("thử"),
    ),
    max_size=25,
    unique_by=lambda day: day.date,
)
calendars = st.builds(
    _calendar, special, st.booleans(), st.tuples(st.integers(0, 59), st.integers(0, 59))
)


@settings(max_examples=150, deadline=None)
@given(calendars, moments, units, amounts)
def test_due_lies_in_open_hours_after_the_receipt(
    calendar: WorkCalendar, received: datetime, unit: ProcessingUnit, amount: int
) -> None:
    found = count_due(calendar, received, unit, amount)
    assert found.due_at >= received
    info = calendar.day(found.due_at.date())
    assert info.works
    clock = found.due_at.time()
    assert any(session.start < clock <= session.end for session in info.counting)


@settings(max_examples=100, deadline=None)
@given(calendars, moments, st.integers(0, 10_000), units, amounts)
def test_a_later_receipt_is_never_due_earlier(
    calendar: WorkCalendar, received: datetime, later: int, unit: ProcessingUnit, amount: int
) -> None:
    first = count_due(calendar, received, unit, amount).due_at
    assert count_due(calendar, received + timedelta(minutes=later), unit, amount).due_at >= first


@settings(max_examples=100, deadline=None)
@given(calendars, moments, amounts, amounts)
def test_working_days_add_up(
    calendar: WorkCalendar, received: datetime, first: int, second: int
) -> None:
    one = count_due(calendar, received, WORKING_DAY, first)
    both = count_due(calendar, received, WORKING_DAY, first + second)
    day_0 = one.counted_from.date()
    assert working_days_between(calendar, day_0, one.due_at.date()) == first
    assert working_days_between(calendar, one.due_at.date(), both.due_at.date()) == second


@settings(max_examples=100, deadline=None)
@given(special, days, moments, units, amounts)
def test_one_more_holiday_never_makes_it_earlier_one_more_working_day_never_later(
    extra: list[CalendarDay], day: date, received: datetime, unit: ProcessingUnit, amount: int
) -> None:
    assume(all(known.date != day for known in extra))
    before = count_due(_calendar(extra, False, (30, 30)), received, unit, amount).due_at
    off = _calendar([*extra, CalendarDay(day, DayKind.HOLIDAY, "")], False, (30, 30))
    on = _calendar([*extra, CalendarDay(day, DayKind.SWAPPED_WORKING, "")], False, (30, 30))
    assert count_due(off, received, unit, amount).due_at >= before
    if day.weekday() >= 5 and unit is not SAME_DAY:
        assert count_due(on, received, unit, amount).due_at <= before or received.date() == day


@settings(max_examples=40, deadline=None)
@given(calendars, moments, st.integers(1, 20))
def test_hours_agree_with_a_walk_minute_by_minute(
    calendar: WorkCalendar, received: datetime, hours: int
) -> None:
    left, moment = hours * 60, received
    while left:
        day = calendar.day(moment.date())
        clock = moment.time()
        if any(s.counts and s.start <= clock < s.end for s in day.sessions):
            left -= 1
        moment += timedelta(minutes=1)
    assert count_due(calendar, received, HOUR, hours).due_at == moment


@settings(max_examples=60, deadline=None)
@given(calendars, moments, st.integers(2, 15), st.integers(1, 3_000), st.integers(1, 30_000))
def test_a_wait_never_brings_the_date_nearer(
    calendar: WorkCalendar, received: datetime, amount: int, begin: int, length: int
) -> None:
    plain = count_due(calendar, received, WORKING_DAY, amount)
    begins = plain.counted_from + timedelta(minutes=begin)
    assume(begins < plain.due_at)
    for policy in ("resume", "restart"):
        wait = Wait(policy, begins, begins + timedelta(minutes=length))  # type: ignore[arg-type]
        assert count_due(calendar, received, WORKING_DAY, amount, [wait]).due_at >= plain.due_at


def test_the_days_until_a_named_day_count_only_working_days(khe_sanh: WorkCalendar) -> None:
    """Friday 20/11 to Monday 30/11/2026; Tuesday 24/11 is a holiday."""
    days = days_until(khe_sanh, date(2026, 11, 20), date(2026, 11, 30))
    assert [day.date.day for day in days] == list(range(20, 31))
    assert [day.number for day in days] == [0, 0, 0, 1, 0, 2, 3, 4, 0, 0, 5]
    assert days[0].role is Role.RECEIVED
    assert days[4].reason != "Thứ Ba"
    assert days_until(khe_sanh, date(2026, 11, 20), date(2026, 11, 20)) == days[:1]


def test_so_many_working_days_on(khe_sanh: WorkCalendar) -> None:
    assert working_day_after(khe_sanh, date(2026, 11, 20), 3) == date(2026, 11, 26)
    assert working_day_after(khe_sanh, date(2026, 11, 20), 0) == date(2026, 11, 20)
