"""The office (cơ quan) and its hours, and the calendar of a year: data, read from two small files.

An unknown key is refused with its line; a misspelt setting that silently does nothing would show up
as a wrong date on a citizen's paper.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from counter_app.domain.code import is_org_code
from counter_app.domain.text import clean_text
from counter_app.domain.toml_file import Table, read

MonthDay = tuple[int, int]
Shift = tuple[time, time]

LONGEST_HOST = 32
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM_SETS = ("FS-2018", "FS-2025", "auto")
_DUE_RULES = ("close_of_office", "same_clock_time")


class DayKind(StrEnum):
    """Why a day is not what its weekday says."""

    HOLIDAY = "holiday"
    COMPENSATORY_OFF = "compensatory_off"
    SWAPPED_OFF = "swapped_off"
    SWAPPED_WORKING = "swapped_working"


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Office hours of some weekdays in a season. The season may wrap over the year."""

    from_md: MonthDay
    to_md: MonthDay
    days: frozenset[int]
    """0 is Monday."""
    shifts: tuple[Shift, ...]
    counts_as_working_day: bool = True
    """False: open to receive only, no working day."""

    def fits(self, day: date) -> bool:
        """Whether that date lies in the season; both ends are included."""
        at = (day.month, day.day)
        if self.from_md <= self.to_md:
            return self.from_md <= at <= self.to_md
        return at >= self.from_md or at <= self.to_md


@dataclass(frozen=True, slots=True)
class Office:
    """One office file."""

    org_code: str
    name: str
    upper_name: str
    address: str
    phone: str
    time_zone: str
    form_set: str
    lookup_host: str
    due_rule: Literal["close_of_office", "same_clock_time"]
    same_day_cutoff: time
    cutoff_inclusive: bool
    hours: tuple[HoursRow, ...]
    letterhead: tuple[str, ...] = ()
    place: str = ""
    """Stands before the date on forms; empty where the date stands alone."""
    complaint_phone: str = ""
    villages: tuple[str, ...] = ()
    sync_every_minutes: int = 15
    sync_outside_hours: bool = True


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date that is off, or worked in lieu."""

    date: date
    kind: DayKind
    name: str


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The days of one year, as announced."""

    year: int
    status: Literal["official", "provisional"]
    source: str
    issued_on: date | None
    days: tuple[CalendarDay, ...]


_OFFICE_KEYS = [
    "org_code",
    "name",
    "upper_name",
    "address",
    "phone",
    "time_zone",
    "form_set",
    "lookup_host",
    "due_rule",
    "same_day_cutoff",
    "cutoff_inclusive",
    "letterhead",
    "place",
    "complaint_phone",
    "villages",
    "sync_every_minutes",
    "sync_outside_hours",
]
_HOURS_KEYS = ["from", "to", "days", "shifts", "counts_as_working_day"]
_DAY_KEYS = ["date", "kind", "name"]


def parse_office(text: str) -> Office:
    """Read an office file."""
    top = read(text)
    top.only(("office", "hours"))
    table = top.table("office")
    table.only(_OFFICE_KEYS)
    hours = tuple(_hours(row) for row in top.rows("hours"))
    if not any(row.counts_as_working_day for row in hours):
        raise top.fault("hours", "thiếu giờ làm việc [[hours]].")
    due_rule: Literal["close_of_office", "same_clock_time"] = (
        "same_clock_time"
        if table.choice("due_rule", _DUE_RULES, "close_of_office") == "same_clock_time"
        else "close_of_office"
    )
    return Office(
        _org_code(table),
        _words(table, "name", 200),
        _words(table, "upper_name", 200),
        _words(table, "address", 300, ""),
        _words(table, "phone", 60, ""),
        _zone(table),
        table.choice("form_set", _FORM_SETS, "FS-2018"),
        _host(table),
        due_rule,
        _time(table, "same_day_cutoff", table.get("same_day_cutoff", str, "15:00")),
        table.get("cutoff_inclusive", bool, True),
        hours,
        tuple(clean_text(line) for line in table.texts("letterhead")),
        _words(table, "place", 60, ""),
        _words(table, "complaint_phone", 60, ""),
        tuple(clean_text(line) for line in table.texts("villages")),
        table.whole("sync_every_minutes", 1, 1440, 15),
        table.get("sync_outside_hours", bool, True),
    )


def parse_calendar(text: str) -> CalendarYear:
    """Read the calendar of one year."""
    top = read(text)
    top.only(("year", "status", "source", "issued_on", "day"))
    year = top.whole("year", 1900, 9999)
    status: Literal["official", "provisional"] = (
        "official"
        if top.choice("status", ("official", "provisional")) == "official"
        else "provisional"
    )
    issued_on = _date(top, "issued_on") if top.has("issued_on") else None
    days: dict[date, CalendarDay] = {}
    for row in top.rows("day"):
        row.only(_DAY_KEYS)
        day = _date(row, "date")
        if day.year != year:
            raise row.fault("date", f"ngày phải thuộc năm {year}, ví dụ {year}-09-02.")
        if day in days:
            raise row.fault("date", f"ngày {day:%d/%m/%Y} ghi hai lần.")
        kind = DayKind(row.choice("kind", DayKind))
        days[day] = CalendarDay(day, kind, clean_text(row.get("name", str, "")))
    ordered = tuple(days[day] for day in sorted(days))
    return CalendarYear(year, status, clean_text(top.get("source", str, "")), issued_on, ordered)


def _hours(row: Table) -> HoursRow:
    row.only(_HOURS_KEYS)
    shifts: list[Shift] = []
    for pair in row.get("shifts", list):
        if not isinstance(pair, list) or len(pair) != 2:
            raise row.fault("shifts", 'mỗi buổi gồm giờ mở và giờ đóng, ví dụ ["07:30", "11:30"].')
        start, end = (_time(row, "shifts", text) for text in pair)
        if end <= start or (shifts and start < shifts[-1][1]):
            raise row.fault("shifts", "các buổi phải theo thứ tự và không chồng lên nhau.")
        shifts.append((start, end))
    if not shifts:
        raise row.fault("shifts", "phải có ít nhất một buổi.")
    return HoursRow(
        _month_day(row, "from"),
        _month_day(row, "to"),
        _days(row),
        tuple(shifts),
        row.get("counts_as_working_day", bool, True),
    )


def _days(row: Table) -> frozenset[int]:
    found: set[int] = set()
    for part in row.get("days", str).split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in _WEEKDAYS or (dash and last not in _WEEKDAYS):
            raise row.fault("days", 'thứ viết là mon, tue, …, sun, ví dụ "mon-fri" hoặc "mon,wed".')
        begin = _WEEKDAYS.index(first)
        end = _WEEKDAYS.index(last) if dash else begin
        if end < begin:
            end += 7
        found.update(number % 7 for number in range(begin, end + 1))
    return frozenset(found)


def _month_day(row: Table, key: str) -> MonthDay:
    text = row.get(key, str)
    try:
        # a leap year, so that 29 February is a day
        moment = datetime.strptime(f"2024-{text}", "%Y-%m-%d")
    except ValueError:
        raise row.fault(key, 'ngày tháng viết là tháng-ngày, ví dụ "04-01".') from None
    return moment.month, moment.day


def _time(table: Table, key: str, text: Any) -> time:
    try:
        moment = datetime.strptime(text, "%H:%M")
    except (ValueError, TypeError):
        raise table.fault(key, 'giờ viết là "07:30".') from None
    return time(moment.hour, moment.minute)


def _date(table: Table, key: str) -> date:
    day: date = table.get(key, date)
    if isinstance(day, datetime):
        raise table.fault(key, "phải là ngày không có giờ, ví dụ 2025-10-16.")
    return day


def _org_code(table: Table) -> str:
    code: str = table.get("org_code", str)
    if not is_org_code(code):
        raise table.fault("org_code", "mã đơn vị không đúng, ví dụ H50.99.01.")
    return code


def _zone(table: Table) -> str:
    name: str = table.get("time_zone", str, "Asia/Ho_Chi_Minh")
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        raise table.fault("time_zone", "không có múi giờ này. Dùng Asia/Ho_Chi_Minh.") from None
    return name


def _host(table: Table) -> str:
    host: str = table.get("lookup_host", str, "")
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:/")
    if len(host) > LONGEST_HOST or not host.isascii() or not set(host.upper()) <= allowed:
        raise table.fault(
            "lookup_host",
            f"địa chỉ tra cứu chỉ gồm chữ không dấu, số, dấu chấm; tối đa {LONGEST_HOST}.",
        )
    return host


def _words(table: Table, key: str, limit: int, default: str | None = None) -> str:
    text = clean_text(table.get(key, str, default))
    if len(text) > limit or (default is None and not text):
        raise table.fault(key, f"mục “{key}” phải có chữ, nhiều nhất {limit} ký tự.")
    return text
