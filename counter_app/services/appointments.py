"""Booked hours: only while the office works, never in the past, never more than a slot holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from counter_app.domain.appointments import Appointment, Slot, read_number, slot_at, slots_of
from counter_app.domain.calendar import ONE_DAY, WorkCalendar, weekday_name
from counter_app.domain.officer import Officer, Right
from counter_app.domain.problems import Problem
from counter_app.domain.slips import AppointmentSlip
from counter_app.domain.text import clean_text
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, IdSource, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.print_jobs import asked_for
from counter_app.services.results import Rejected, rejected

_SETTING = "local.appointments_per_slot"
_DEFAULT_CAPACITY = 4
_MOST = 99
_OFFERED = 3
_LONGEST_AHEAD = timedelta(days=366)
_LOOKED_AHEAD = 90
"""Days in which a free slot is looked for."""
_LONGEST_NAME, _LONGEST_PHONE = 120, 40


@dataclass(frozen=True, slots=True)
class Booked:
    """Someone comes; the slip waits for a printer."""

    appointment: Appointment
    print_job_id: str


class Appointments:
    """Books hours at this counter."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids

    def capacity(self) -> int:
        """How many may come to one slot."""
        with self._store.read() as books:
            return _capacity(books)

    def set_capacity(self, people: int) -> None:
        """Another number from now on; what is booked stays."""
        if not 1 <= people <= _MOST:
            raise Refused("capacity_wrong", f"Mỗi giờ hẹn từ 1 đến {_MOST} người.")
        with self._store.write() as books:
            books.settings.put(_SETTING, str(people))

    def book(
        self, at: datetime, name: str, phone: str, procedure: str, officer: Officer
    ) -> Booked | Rejected:
        """Keep a place in the slot that holds that moment. Name, telephone, procedure may be empty."""
        if not officer.may(Right.INTAKE):
            return rejected("no_right", "Bạn không có quyền đặt hẹn. Hãy đổi người.")
        name, phone = clean_text(name), clean_text(phone)
        found = self._catalogue.procedure(procedure) if procedure else None
        problems = [
            *([_too_long("name", _LONGEST_NAME)] if len(name) > _LONGEST_NAME else []),
            *([_too_long("phone", _LONGEST_PHONE)] if len(phone) > _LONGEST_PHONE else []),
        ]
        if procedure and found is None:
            problems.append(
                Problem("procedure", "procedure_unknown", "Không có thủ tục mã này. Xem lại mã.")
            )
        if problems:
            return Rejected(tuple(problems))
        now = self._clock.now()
        with self._store.write() as books:
            calendar = self._catalogue.calendar(books.settings.office())
            at = at.astimezone(calendar.zone)
            if at > now + _LONGEST_AHEAD:
                return rejected("too_far", "Chỉ đặt hẹn trong một năm tới. Xem lại ngày.", "at")
            slot = slot_at(calendar, at)
            if slot is None:
                return rejected(
                    "office_shut",
                    f"{_words(at)} cơ quan không làm việc.{_offer(books, calendar, now, at)}",
                    "at",
                )
            if slot.starts_at < now:
                return rejected(
                    "in_the_past", f"{_words(at)} đã qua.{_offer(books, calendar, now, now)}", "at"
                )
            if not _free(books, slot):
                return rejected(
                    "slot_full",
                    f"{_words(slot.starts_at)} đã đủ người.{_offer(books, calendar, now, at)}",
                    "at",
                )
            day = slot.starts_at.date()
            booked = Appointment(
                books.appointments.next_number(day),
                slot,
                name,
                phone,
                found.code if found else "",
                found.name if found else "",
                now,
            )
            books.appointments.add(booked)
            job_id = self._ids.new_id(now)
            books.prints.add(asked_for(job_id, "appointment", booked.number, now))
        return Booked(booked, job_id)

    def free_slots(self, day: date) -> tuple[tuple[Slot, int], ...]:
        """Each slot of that day that is still to come, with the places left in it."""
        now = self._clock.now()
        with self._store.read() as books:
            calendar = self._catalogue.calendar(books.settings.office())
            return tuple(
                (slot, _free(books, slot))
                for slot in slots_of(calendar, day)
                if slot.starts_at >= now
            )

    def of(self, day: date) -> tuple[Appointment, ...]:
        """Who comes on that day, by hour; cancelled ones too."""
        with self._store.read() as books:
            return tuple(books.appointments.of(day))

    def cancel(self, number: str, officer: Officer) -> Appointment:
        """Nobody comes: the place is free again."""
        if not officer.may(Right.INTAKE):
            raise Refused("no_right", "Bạn không có quyền bỏ hẹn. Hãy đổi người.")
        with self._store.write() as books:
            booked = _appointment(books, number)
            books.appointments.cancel(booked.number)
            return _appointment(books, booked.number)

    def slip(self, books: Books, subject: str) -> AppointmentSlip:
        """What the slip of a booking says."""
        office = books.settings.office()
        booked = _appointment(books, subject)
        if booked.cancelled:
            raise Refused("appointment_cancelled", f"Lịch hẹn {booked.number} đã bỏ. Đặt hẹn mới.")
        year = booked.slot.starts_at.year
        return AppointmentSlip(
            office, booked, not self._catalogue.calendar(office).is_official(year)
        )


def _capacity(books: Books) -> int:
    return int(books.settings.get(_SETTING) or _DEFAULT_CAPACITY)


def _free(books: Books, slot: Slot) -> int:
    taken = sum(
        booked.slot.starts_at == slot.starts_at and not booked.cancelled
        for booked in books.appointments.of(slot.starts_at.date())
    )
    return max(0, _capacity(books) - taken)


def _next_free(
    books: Books, calendar: WorkCalendar, now: datetime, wanted: datetime
) -> Iterator[Slot]:
    day = max(now, wanted).date()
    for _ in range(_LOOKED_AHEAD):
        for slot in slots_of(calendar, day):
            if slot.starts_at >= now and slot.ends_at > wanted and _free(books, slot):
                yield slot
        day += ONE_DAY


def _offer(books: Books, calendar: WorkCalendar, now: datetime, wanted: datetime) -> str:
    free = _next_free(books, calendar, now, wanted)
    offered = [_words(slot.starts_at) for _, slot in zip(range(_OFFERED), free, strict=False)]
    return f" Còn chỗ: {'; '.join(offered)}." if offered else ""


def _words(at: datetime) -> str:
    return f"{at:%H:%M} {weekday_name(at.date())} {at:%d/%m/%Y}"


def _too_long(field: str, limit: int) -> Problem:
    return Problem(field, "too_long", f"Ô này dài quá {limit} ký tự. Hãy viết ngắn lại.")


def _appointment(books: Books, number: str) -> Appointment:
    wanted = read_number(number)
    booked = books.appointments.get(wanted) if wanted else None
    if booked is None:
        raise Refused("appointment_unknown", "Không có lịch hẹn số này. Xem lại số.")
    return booked
