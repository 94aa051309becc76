"""Office and calendar files: every key, every refusal with its line."""

from datetime import date, time

import pytest

from counter_app.domain.faults import FileFault
from counter_app.domain.office import (
    CalendarDay,
    DayKind,
    HoursRow,
    parse_calendar,
    parse_office,
)

OFFICE = """[office]
org_code = "H50.99.01"
name = "Bộ phận Một cửa (mẫu)"
upper_name = "Máy chủ (mẫu)"
address = "Số 1"
phone = "0233"
time_zone = "Asia/Ho_Chi_Minh"
form_set = "auto"
lookup_host = "tracuu.example.vn"
due_rule = "same_clock_time"
same_day_cutoff = "15:30"
cutoff_inclusive = false
letterhead = ["UBND XÃ", "MẪU"]
complaint_phone = "0234"
villages = [
    "Thôn A",
    "Thôn B",
]
sync_every_minutes = 30
sync_outside_hours = false

[[hours]]
from = "10-01"
to = "03-31"
days = "mon-fri"
shifts = [["07:30", "11:30"], ["13:00", "17:00"]]

[[hours]]
from = "01-01"
to = "12-31"
days = "sat, sun"
shifts = [["08:00", "11:00"]]
counts_as_working_day = false
"""
LEAST = """[office]
org_code = "H50.99.01"
name = "A"
upper_name = "B"
[[hours]]
from = "01-01"
to = "12-31"
days = "fri-mon"
shifts = [["07:30", "11:30"]]
"""
CALENDAR = """year = 2026
status = "official"
source = "TB 1"
issued_on = 2025-10-16

[[day]]
date = 2026-09-02
kind = "holiday"
name = "Quốc khánh"

[[day]]
date = 2026-01-10
kind = "swapped_working"
"""


def test_every_key_of_an_office() -> None:
    office = parse_office(OFFICE)
    assert (office.org_code, office.name, office.upper_name) == (
        "H50.99.01",
        "Bộ phận Một cửa (mẫu)",
        "Máy chủ (mẫu)",
    )
    assert (office.address, office.phone, office.complaint_phone) == ("Số 1", "0233", "0234")
    assert (office.time_zone, office.form_set) == ("Asia/Ho_Chi_Minh", "auto")
    assert (office.lookup_host, office.due_rule) == ("tracuu.example.vn", "same_clock_time")
    assert (office.same_day_cutoff, office.cutoff_inclusive) == (time(15, 30), False)
    assert office.letterhead == ("UBND XÃ", "MẪU")
    assert office.villages == ("Thôn A", "Thôn B")
    assert (office.sync_every_minutes, office.sync_outside_hours) == (30, False)
    assert office.hours == (
        HoursRow(
            (10, 1),
            (3, 31),
            frozenset(range(5)),
            ((time(7, 30), time(11, 30)), (time(13), time(17))),
        ),
        HoursRow((1, 1), (12, 31), frozenset({5, 6}), ((time(8), time(11)),), False),
    )


def test_what_an_office_may_leave_out() -> None:
    office = parse_office(LEAST)
    assert (office.form_set, office.due_rule) == ("FS-2018", "close_of_office")
    assert (office.same_day_cutoff, office.cutoff_inclusive) == (time(15), True)
    assert (office.time_zone, office.lookup_host) == ("Asia/Ho_Chi_Minh", "")
    assert (office.letterhead, office.villages, office.complaint_phone) == ((), (), "")
    assert (office.sync_every_minutes, office.sync_outside_hours) == (15, True)
    assert office.hours[0].days == {4, 5, 6, 0}
    assert office.hours[0].counts_as_working_day


@pytest.mark.parametrize(
    ("season", "inside", "outside"),
    [
        (((4, 1), (9, 30)), [(4, 1), (9, 30), (6, 15)], [(3, 31), (10, 1)]),
        (((10, 1), (3, 31)), [(10, 1), (12, 31), (1, 1), (3, 31)], [(4, 1), (9, 30)]),
        (((2, 29), (2, 29)), [], [(2, 28), (3, 1)]),
    ],
)
def test_a_season_holds_both_its_ends_and_may_wrap(
    season: tuple[tuple[int, int], tuple[int, int]],
    inside: list[tuple[int, int]],
    outside: list[tuple[int, int]],
) -> None:
    row = HoursRow(*season, frozenset(range(7)), ())
    assert all(row.fits(date(2026, *day)) for day in inside)
    assert not any(row.fits(date(2026, *day)) for day in outside)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[office]", "[ofice]"),
        ('org_code = "H50.99.01"', 'org_code = "h50"'),
        ('org_code = "H50.99.01"', "org_code = 50"),
        ('name = "Bộ phận Một cửa (mẫu)"', 'name = "\u202e"'),
        ('upper_name = "Máy chủ (mẫu)"', f'upper_name = "{"x" * 201}"'),
        ('phone = "0233"', 'phone2 = "0233"'),
        ('phone = "0233"', '"điện thoại" = "0233"'),
        ('phone = "0233"', "phone = 233"),
        ('time_zone = "Asia/Ho_Chi_Minh"', 'time_zone = "Asia/Khe_Sanh"'),
        ('time_zone = "Asia/Ho_Chi_Minh"', 'time_zone = "Asia"'),
        ('time_zone = "Asia/Ho_Chi_Minh"', 'time_zone = "../../etc/passwd"'),
        ('form_set = "auto"', 'form_set = "FS-2019"'),
        ('lookup_host = "tracuu.example.vn"', 'lookup_host = "tra cứu"'),
        ('lookup_host = "tracuu.example.vn"', 'lookup_host = "đ.vn"'),
        ('lookup_host = "tracuu.example.vn"', 'lookup_host = "ı.vn"'),
        ('lookup_host = "tracuu.example.vn"', f'lookup_host = "{"a" * 33}"'),
        ('due_rule = "same_clock_time"', 'due_rule = "same_clock"'),
        ('same_day_cutoff = "15:30"', "same_day_cutoff = 15:30:00"),
        ('same_day_cutoff = "15:30"', 'same_day_cutoff = "24:00"'),
        ("cutoff_inclusive = false", "cutoff_inclusive = 0"),
        ('letterhead = ["UBND XÃ", "MẪU"]', 'letterhead = ["UBND XÃ", 1]'),
        ("sync_every_minutes = 30", "sync_every_minutes = 0"),
        ("sync_every_minutes = 30", "sync_every_minutes = 1441"),
        ("sync_every_minutes = 30", "sync_every_minutes = true"),
        ("sync_outside_hours = false", "sync_outside_hour = false"),
        ('from = "10-01"', 'from = "13-01"'),
        ('from = "10-01"', 'start = "10-01"'),
        ('to = "03-31"', 'to = "31-03"'),
        ('to = "03-31"', 'to = "02-30"'),
        ('days = "mon-fri"', 'days = "mon-"'),
        ('days = "mon-fri"', 'days = "mon;fri"'),
        ('days = "mon-fri"', 'days = ""'),
        ('"13:00", "17:00"', '"11:29", "17:00"'),
        ('"13:00", "17:00"', '"17:00", "13:00"'),
        ('"13:00", "17:00"', '"13:00", "13:00"'),
        ('"13:00", "17:00"', '"13:00"'),
        ('"13:00", "17:00"', '"13:00", "25:00"'),
        ('[["08:00", "11:00"]]', "[]"),
        ('[["08:00", "11:00"]]', '["08:00", "11:00"]'),
        ("counts_as_working_day = false", 'counts_as_working_day = "no"'),
        ("counts_as_working_day = false", "counts_as_workday = false"),
    ],
)
def test_a_wrong_office_is_refused_with_its_line(old: str, new: str) -> None:
    assert OFFICE.count(old) == 1 or old.startswith(("name", "phone"))
    at = OFFICE.index(f"\n{old}") + 1 if f"\n{old}" in OFFICE else OFFICE.index(old)
    with pytest.raises(FileFault) as fault:
        parse_office(OFFICE[:at] + new + OFFICE[at + len(old) :])
    assert fault.value.line == OFFICE[:at].count("\n") + 1
    assert fault.value.sentence("co-quan.toml").startswith("Tệp co-quan.toml dòng ")


def test_an_office_without_working_hours_is_refused() -> None:
    only_receiving = LEAST + "counts_as_working_day = false\n"
    with pytest.raises(FileFault) as fault:
        parse_office(only_receiving)
    assert fault.value.line == 5
    for text in ("", "[office]\n", LEAST[: LEAST.index("[[hours]]")], "office = 1\n[[hours]]\n"):
        with pytest.raises(FileFault):
            parse_office(text)


def test_an_office_is_cleaned_of_hostile_text() -> None:
    text = OFFICE.replace('"Thôn A"', '"Thôn\\u202e\\tA\\u0000"')
    assert parse_office(text).villages[0] == "Thôn A"


def test_every_key_of_a_calendar() -> None:
    year = parse_calendar(CALENDAR)
    assert (year.year, year.status, year.source) == (2026, "official", "TB 1")
    assert year.issued_on == date(2025, 10, 16)
    assert year.days == (
        CalendarDay(date(2026, 1, 10), DayKind.SWAPPED_WORKING, ""),
        CalendarDay(date(2026, 9, 2), DayKind.HOLIDAY, "Quốc khánh"),
    )
    short = parse_calendar('year = 2030\nstatus = "provisional"\n')
    assert (short.status, short.source, short.issued_on, short.days) == (
        "provisional",
        "",
        None,
        (),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("year = 2026", "year = 26"),
        ("year = 2026", 'year = "2026"'),
        ("year = 2026", "nam = 2026"),
        ('status = "official"', 'status = "final"'),
        ('source = "TB 1"', "source = 1"),
        ("issued_on = 2025-10-16", 'issued_on = "2025-10-16"'),
        ("issued_on = 2025-10-16", "issued_on = 2025-10-16T08:00:00"),
        ("date = 2026-09-02", "date = 2025-09-02"),
        ("date = 2026-09-02", "date = 2026-01-10T00:00:00"),
        ("date = 2026-09-02", 'date = "2026-09-02"'),
        ("date = 2026-01-10", "date = 2026-09-02"),
        ("date = 2026-01-10", "date = 2026-02-29"),
        ('kind = "holiday"', 'kind = "rest"'),
        ('kind = "holiday"', 'kindd = "holiday"'),
        ('name = "Quốc khánh"', "name = 2"),
        ('name = "Quốc khánh"', 'ten = "Quốc khánh"'),
    ],
)
def test_a_wrong_calendar_is_refused_with_its_line(old: str, new: str) -> None:
    assert CALENDAR.count(old) == 1
    with pytest.raises(FileFault) as fault:
        parse_calendar(CALENDAR.replace(old, new))
    assert fault.value.line == CALENDAR[: CALENDAR.index(old)].count("\n") + 1
