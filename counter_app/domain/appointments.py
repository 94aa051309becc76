"""Booked hours (lịch hẹn): slots of an hour inside the sessions of working days.

A slot begins on the hour, or when a session opens; it ends an hour on, or when the session closes.
So 07:30-11:30 gives 07:30, 08:00, 09:00, 10:00 and 11:00.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from counter_app.domain.calendar import WorkCalendar

_NUMBER = re.compile(r"L[1-9]-\d{6}-\d{3}")


@dataclass(frozen=True, slots=True)
class Slot:
    """From `starts_at` inclusive to `ends_at` exclusive, in the office's zone."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Appointment:
    """Someone comes at an hour. Name, telephone and procedure may be missing."""

    number: str
    slot: Slot
    name: str
    phone: str
    procedure_code: str
    procedure_name: str
    booked_at: datetime
    cancelled: bool = False


def number_of(counter_no: int, day: date, running: int) -> str:
    """`L2-261123-007`: the counter, the day, the running number of that day."""
    return f"L{counter_no}-{day:%y%m%d}-{running:03d}"


def read_number(text: str) -> str | None:
    """A number as typed or scanned; None where it is none."""
    wanted = "".join(text.split()).upper()
    return wanted if _NUMBER.fullmatch(wanted) else None


def slots_of(calendar: WorkCalendar, day: date) -> Iterator[Slot]:
    """The slots of a working day, in order; none where the office is shut or only receives."""
    for session in calendar.day(day).counting:
        starts = calendar.at(day, session.start)
        closes = calendar.at(day, session.end)
        while starts < closes:
            ends = min(closes, _next_hour(starts))
            yield Slot(starts, ends)
            starts = ends


def slot_at(calendar: WorkCalendar, moment: datetime) -> Slot | None:
    """The slot that holds that moment; None where the office is shut then."""
    slots = slots_of(calendar, moment.date())
    return next((slot for slot in slots if slot.starts_at <= moment < slot.ends_at), None)


def _next_hour(moment: datetime) -> datetime:
    whole = datetime.combine(moment.date(), time(moment.hour), moment.tzinfo)
    return whole + timedelta(hours=1)
