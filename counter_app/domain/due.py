"""The due moment (ngày hẹn trả), with every day it was counted by.

Counting rules (the letters of the examples in `tests/data/due`):

* A receipt outside hours counts from the start of the next session of any kind. On the stroke of a
  session's end it belongs to the next one. The day of receipt is day 0.
* Working days end at the close of the n-th; calendar days and months roll to the next working day's
  close (Civil Code 2015, articles 147 and 148); working hours consume counting sessions only.
* Same day: received before the cut-off, due at that day's close; from the cut-off on, or received
  in a session that only receives, at the next working day's close (decree 23/2015/NĐ-CP, art. 7).
* A wait never counts: *resume* goes on with what was left, *restart* counts anew from its end.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, time, timedelta
from enum import StrEnum

from counter_app.domain.calendar import (
    LONGEST_CLOSED,
    ONE_DAY,
    DayInfo,
    OutOfCalendar,
    WorkCalendar,
    weekday_name,
)
from counter_app.domain.dossier import Wait
from counter_app.domain.procedure import ProcessingUnit

LONGEST = 3650


class Role(StrEnum):
    """What a day is in a count."""

    RECEIVED = "received"
    COUNTED = "counted"
    SKIPPED = "skipped"
    WAITED = "waited"


@dataclass(frozen=True, slots=True)
class TraceDay:
    """One day of a count, for the day strip and the sentence."""

    date: date
    role: Role
    number: int
    """The n-th counted day, 0 where it is not counted."""
    reason: str
    """Why it is skipped."""


@dataclass(frozen=True, slots=True)
class DueMoment:
    """The result of a count."""

    due_at: datetime
    counted_from: datetime
    """The receipt moved into office hours; after a restart, the end of the wait so moved."""
    days: tuple[date, ...]
    provisional: bool
    """A year on the way has no announced calendar yet."""
    trace: tuple[TraceDay, ...]


class CountRefused(Exception):
    """What was asked cannot be counted; `message` is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def count_due(
    calendar: WorkCalendar,
    received_at: datetime,
    unit: ProcessingUnit,
    amount: int,
    waits: Sequence[Wait] = (),
) -> DueMoment:
    """Count exactly as asked; waits that make no sense are refused."""
    _check_amount(unit, amount)
    return _count(calendar, received_at, unit, amount, waits, strict=True)


def count_due_of_dossier(
    calendar: WorkCalendar,
    received_at: datetime,
    unit: ProcessingUnit,
    amount: int,
    waits: Sequence[Wait] = (),
) -> DueMoment:
    """Count for a dossier in the book: what happened is not refused for its times.

    A wait that began before the receipt counts begins there, one that began at or after the due
    moment moves nothing, a same-day dossier always restarts. A wait still open is left out.
    """
    closed = [wait for wait in waits if wait.ends is not None]
    if unit is ProcessingUnit.SAME_DAY:
        closed = [replace(wait, policy="restart") for wait in closed]
    _check_amount(unit, amount)
    return _count(calendar, received_at, unit, amount, closed, strict=False)


def explain(moment: DueMoment, unit: ProcessingUnit, amount: int) -> str:
    """The sentence that says why this date."""
    skipped = [day for day in moment.trace if day.role is Role.SKIPPED]
    waited = [day for day in moment.trace if day.role is Role.WAITED]
    match unit:
        case ProcessingUnit.WORKING_DAY:
            first = f"{amount} ngày làm việc, không tính ngày nhận."
        case ProcessingUnit.CALENDAR_DAY:
            first = f"{amount} ngày theo lịch, không tính ngày nhận."
        case ProcessingUnit.MONTH:
            first = f"{amount} tháng kể từ ngày nhận."
        case ProcessingUnit.WORKING_HOUR:
            first = f"{amount} giờ làm việc, chỉ tính trong giờ mở cửa."
        case ProcessingUnit.SAME_DAY:
            day_0 = moment.counted_from.date()
            if moment.due_at.date() == day_0:
                first = "Trả trong ngày."
            else:
                first = "Nhận sau giờ chót trong ngày nên trả vào ngày làm việc tiếp theo."
    parts = [first]
    if skipped:
        parts.append(f"Bỏ qua {_listed(skipped)}.")
    if waited:
        parts.append(f"Không tính {len(waited)} ngày chờ.")
    if moment.provisional:
        parts.append("Tạm tính: chưa có lịch nghỉ chính thức.")
    return " ".join(parts)


def working_day_after(calendar: WorkCalendar, day: date, count: int) -> date:
    """The `count`-th working day after a day."""
    while count > 0:
        day += ONE_DAY
        count -= calendar.day(day).works
    return day


def days_until(calendar: WorkCalendar, today: date, last: date) -> tuple[TraceDay, ...]:
    """Every day from today to a day that somebody names, its working days numbered."""
    trace, number, day = [TraceDay(today, Role.RECEIVED, 0, "")], 0, today
    while day < last:
        day += ONE_DAY
        info = calendar.day(day)
        number += info.works
        trace.append(
            TraceDay(day, Role.COUNTED, number, "")
            if info.works
            else TraceDay(day, Role.SKIPPED, 0, info.name)
        )
    return tuple(trace)


def working_days_between(calendar: WorkCalendar, first: date, last: date) -> int:
    """Working days after `first` up to and including `last`; negative the other way round."""
    if last < first:
        return -working_days_between(calendar, last, first)
    count, day = 0, first
    while day < last:
        day += ONE_DAY
        count += calendar.day(day).works
    return count


# ---- the count ----------------------------------------------------------------------------------


def _check_amount(unit: ProcessingUnit, amount: int) -> None:
    if unit is ProcessingUnit.SAME_DAY:
        return
    if not isinstance(amount, int) or isinstance(amount, bool) or not 1 <= amount <= LONGEST:
        raise CountRefused(
            "amount_wrong", f"Thời hạn phải là số nguyên từ 1 đến {LONGEST}. Xem lại."
        )


def _count(
    calendar: WorkCalendar,
    received_at: datetime,
    unit: ProcessingUnit,
    amount: int,
    waits: Sequence[Wait],
    *,
    strict: bool,
) -> DueMoment:
    try:
        stretch = _Stretch(_normalise(calendar, received_at), unit, amount)
        due = stretch.due(calendar)
        reached = stretch.counted_from
        for place, wait in enumerate(waits):
            begins, ends = wait.begins, wait.ends
            assert ends is not None
            if strict:
                _check_wait(wait, begins, ends, reached, due, unit, first=place == 0)
            begins = max(begins, reached, stretch.counted_from)
            if begins >= due or ends <= begins:
                continue
            reached = ends
            if wait.policy == "restart":
                stretch = _Stretch(_normalise(calendar, ends), unit, amount)
            else:
                stretch = stretch.without(calendar, begins, ends)
            due = stretch.due(calendar)
        days = stretch.days(calendar, due)
        years = range(received_at.astimezone(calendar.zone).year, due.year + 1)
        provisional = not all(calendar.is_official(year) for year in years)
        trace = _trace(calendar, stretch, due, days)
    except (OutOfCalendar, OverflowError):
        raise CountRefused(
            "out_of_calendar", "Ngày hẹn ra ngoài lịch (sau năm 9999). Xem lại thời hạn."
        ) from None
    return DueMoment(due, stretch.counted_from, tuple(days), provisional, trace)


def _check_wait(
    wait: Wait,
    begins: datetime,
    ends: datetime,
    reached: datetime,
    due: datetime,
    unit: ProcessingUnit,
    *,
    first: bool,
) -> None:
    if begins >= ends:
        raise CountRefused("wait_empty", "Lần chờ phải kết thúc sau khi bắt đầu. Xem lại.")
    if begins < reached:
        raise CountRefused(
            "wait_early" if first else "wait_overlap",
            "Lần chờ bắt đầu trước khi nhận hồ sơ."
            if first
            else "Các lần chờ phải theo thứ tự và không chồng lên nhau.",
        )
    if begins >= due:
        raise CountRefused("wait_late", "Lần chờ bắt đầu khi đã đến hẹn. Xem lại.")
    if unit is ProcessingUnit.SAME_DAY and wait.policy != "restart":
        raise CountRefused(
            "wait_policy", "Thủ tục trả trong ngày chỉ tính lại từ đầu (restart) sau khi chờ."
        )


def _normalise(calendar: WorkCalendar, moment: datetime) -> datetime:
    """The moment itself in a session, else the start of the next session of any kind."""
    local = moment.astimezone(calendar.zone)
    clock = local.time()
    for tried, info in enumerate(calendar.days_from(local.date())):
        for session in info.sessions:
            if clock < session.start:
                return calendar.at(info.date, session.start)
            if clock < session.end:
                return local
        clock = time.min
        if tried > LONGEST_CLOSED:
            raise OutOfCalendar
    raise OutOfCalendar


@dataclass(frozen=True, slots=True)
class _Gap:
    """A resumed wait, reduced to what it leaves out."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A count from one start, with the waits it leaves out."""

    counted_from: datetime
    unit: ProcessingUnit
    amount: int
    gaps: tuple[_Gap, ...] = ()
    waited: int = 0
    """Calendar days that waits add, for calendar days and months."""

    def without(self, calendar: WorkCalendar, begins: datetime, ends: datetime) -> "_Stretch":
        """The same count with one more wait left out; one that touches no open minute is none."""
        if not _touches_open(calendar, begins, ends):
            return self
        added = (
            ends.astimezone(calendar.zone).date() - begins.astimezone(calendar.zone).date()
        ).days
        return replace(self, gaps=(*self.gaps, _Gap(begins, ends)), waited=self.waited + added)

    def due(self, calendar: WorkCalendar) -> datetime:
        """When the count ends."""
        day_0 = self.counted_from.date()
        match self.unit:
            case ProcessingUnit.WORKING_DAY:
                *_, last = self._working_days(calendar)
                return self._end_of(calendar, calendar.day(last))
            case ProcessingUnit.CALENDAR_DAY:
                return self._rolled(calendar, _plus_days(day_0, self.amount + self.waited))
            case ProcessingUnit.MONTH:
                target = _plus_days(_plus_months(day_0, self.amount), self.waited)
                return self._rolled(calendar, target)
            case ProcessingUnit.WORKING_HOUR:
                return self._hours(calendar)[0]
            case ProcessingUnit.SAME_DAY:
                return self._same_day(calendar)

    def days(self, calendar: WorkCalendar, due: datetime) -> list[date]:
        """The days of the count, in order."""
        day_0 = self.counted_from.date()
        match self.unit:
            case ProcessingUnit.WORKING_DAY:
                return self._working_days(calendar)
            case ProcessingUnit.CALENDAR_DAY | ProcessingUnit.MONTH:
                length = (due.date() - day_0).days
                return [day_0 + timedelta(days=n) for n in range(1, length + 1)]
            case ProcessingUnit.WORKING_HOUR:
                return self._hours(calendar)[1]
            case ProcessingUnit.SAME_DAY:
                return [due.date()]

    def _working_days(self, calendar: WorkCalendar) -> list[date]:
        counted: list[date] = []
        for info in calendar.days_from(_plus_days(self.counted_from.date(), 1)):
            if info.works and not self._left_out(calendar, info):
                counted.append(info.date)
                if len(counted) == self.amount:
                    break
            if not counted and (info.date - self.counted_from.date()).days > LONGEST_CLOSED:
                raise OutOfCalendar
        return counted

    def _left_out(self, calendar: WorkCalendar, info: DayInfo) -> bool:
        """Whether a wait takes this day.

        The day a wait begins counts as used if the request came at or after its opening; the day it
        ends does not count, unless it is the day it began.
        """
        for gap in self.gaps:
            first = gap.begins.astimezone(calendar.zone)
            last = gap.ends.astimezone(calendar.zone)
            if first.date() == last.date():
                continue
            if first.date() < info.date <= last.date():
                return True
            if info.date == first.date() and first.time() < info.opening:
                return True
        return False

    def _end_of(self, calendar: WorkCalendar, info: DayInfo) -> datetime:
        if calendar.office.due_rule == "close_of_office":
            return calendar.at(info.date, info.close)
        clock = self.counted_from.time()
        for session in info.counting:
            if clock < session.start:
                return calendar.at(info.date, session.start)
            if clock < session.end:
                return calendar.at(info.date, clock)
        return calendar.at(info.date, info.close)

    def _rolled(self, calendar: WorkCalendar, target: date) -> datetime:
        info = calendar.next_working_day(target)
        return calendar.at(info.date, info.close)

    def _same_day(self, calendar: WorkCalendar) -> datetime:
        office = calendar.office
        info = calendar.day(self.counted_from.date())
        clock = self.counted_from.time()
        late = (
            clock >= office.same_day_cutoff
            if office.cutoff_inclusive
            else (clock > office.same_day_cutoff)
        )
        if not info.works or late:
            info = calendar.next_working_day(_plus_days(info.date, 1))
        return calendar.at(info.date, info.close)

    def _hours(self, calendar: WorkCalendar) -> tuple[datetime, list[date]]:
        """Consume counting sessions, with the gaps cut out of them."""
        left = timedelta(hours=self.amount)
        used: list[date] = []
        for info in calendar.days_from(self.counted_from.date()):
            for session in info.counting:
                start = max(calendar.at(info.date, session.start), self.counted_from)
                end = calendar.at(info.date, session.end)
                for piece_start, piece_end in self._pieces(start, end):
                    if not used or used[-1] != info.date:
                        used.append(info.date)
                    length = piece_end - piece_start
                    if left <= length:
                        return piece_start + left, used
                    left -= length
            if not used and (info.date - self.counted_from.date()).days > LONGEST_CLOSED:
                raise OutOfCalendar
        raise OutOfCalendar

    def _pieces(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        pieces = [(start, end)]
        for gap in self.gaps:
            pieces = [
                piece
                for begin, finish in pieces
                for piece in (
                    (begin, min(finish, gap.begins)),
                    (max(begin, gap.ends), finish),
                )
                if piece[0] < piece[1]
            ]
        return [piece for piece in pieces if piece[0] < piece[1]]


def _touches_open(calendar: WorkCalendar, begins: datetime, ends: datetime) -> bool:
    """Whether the office is open at any minute of a wait."""
    for info in calendar.days_from(begins.astimezone(calendar.zone).date()):
        if calendar.at(info.date, time.min) >= ends:
            return False
        for session in info.sessions:
            start, end = calendar.at(info.date, session.start), calendar.at(info.date, session.end)
            if begins < end and start < ends:
                return True
    return False


def _plus_days(day: date, days: int) -> date:
    if (date.max - day).days < days:
        raise OutOfCalendar
    return day + timedelta(days=days)


def _plus_months(day: date, months: int) -> date:
    """The same day of the month, else the last one."""
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if year > MAXYEAR:
        raise OutOfCalendar
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _trace(
    calendar: WorkCalendar, stretch: _Stretch, due: datetime, days: list[date]
) -> tuple[TraceDay, ...]:
    """Every day from the receipt to the due day, with its part in the count."""
    day_0 = stretch.counted_from.date()
    numbers = {day: number for number, day in enumerate(days, 1)}
    rolls = stretch.unit in (ProcessingUnit.CALENDAR_DAY, ProcessingUnit.MONTH)
    trace = [TraceDay(day_0, Role.RECEIVED, 0, "")]
    for ordinal in range(1, (due.date() - day_0).days + 1):
        day = day_0 + timedelta(days=ordinal)
        info = calendar.day(day)
        if day in numbers and (not rolls or day == due.date() or _before_target(stretch, day)):
            trace.append(TraceDay(day, Role.COUNTED, numbers[day], ""))
        elif info.works:
            trace.append(TraceDay(day, Role.WAITED, 0, "thời gian chờ"))
        else:
            trace.append(TraceDay(day, Role.SKIPPED, 0, info.name))
    return tuple(trace)


def _before_target(stretch: _Stretch, day: date) -> bool:
    """Calendar days count whether they work or not, up to the day that rolls."""
    day_0 = stretch.counted_from.date()
    if stretch.unit is ProcessingUnit.MONTH:
        target = _plus_months(day_0, stretch.amount)
    else:
        target = day_0 + timedelta(days=stretch.amount)
    return day < target + timedelta(days=stretch.waited)


def _listed(days: Sequence[TraceDay]) -> str:
    """Weekends by their names once, special days by date and name."""
    plain = {weekday_name(day.date) for day in days if day.reason == weekday_name(day.date)}
    names: list[str] = [name for name in ("Thứ Bảy", "Chủ nhật") if name in plain]
    names += sorted(plain - {"Thứ Bảy", "Chủ nhật"})
    special: dict[str, list[date]] = {}
    for day in days:
        if day.reason != weekday_name(day.date):
            special.setdefault(day.reason, []).append(day.date)
    for reason, dates in special.items():
        if len(dates) == 1:
            names.append(f"{weekday_name(dates[0])} {dates[0]:%d/%m} ({reason})")
        else:
            names.append(f"{len(dates)} ngày {dates[0]:%d/%m}-{dates[-1]:%d/%m} ({reason})")
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} và {names[-1]}"
