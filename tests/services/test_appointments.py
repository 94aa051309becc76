"""Booked hours: in office hours, never in the past, never more than a slot holds."""

from datetime import date

import pytest
from services.desk import THREE_DAYS, Desk, moment
from services.printer import ToldPrinter

from counter_app.domain.appointments import slot_at, slots_of
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.office import parse_office
from counter_app.domain.officer import Role
from counter_app.domain.slips import AppointmentSlip
from counter_app.errors import Refused
from counter_app.services.appointments import Booked
from counter_app.services.results import Rejected

MONDAY = "2026-11-23"
HOLIDAY = "2026-11-24"
"""Ngày Văn hóa Việt Nam, a Tuesday."""


def book(desk: Desk, at: str, name: str = "Hồ Thị Lan", **more: str) -> Booked:
    fields = {"phone": "", "procedure": "", **more}
    booked = desk.counter.appointments.book(moment(at), name, officer=desk.officer, **fields)
    assert isinstance(booked, Booked), booked
    return booked


def refused(desk: Desk, at: str, name: str = "", **more: str) -> tuple[str, str]:
    fields = {"phone": "", "procedure": "", **more}
    found = desk.counter.appointments.book(moment(at), name, officer=desk.officer, **fields)
    assert isinstance(found, Rejected), found
    return found.problems[0].code, found.message


def times(desk: Desk, day: str) -> list[str]:
    slots = desk.counter.appointments.free_slots(date.fromisoformat(day))
    return [f"{slot.starts_at:%H:%M}-{slot.ends_at:%H:%M}" for slot, _ in slots]


# ---- slots --------------------------------------------------------------------------------------


def test_slots_are_the_hours_of_the_sessions(desk: Desk) -> None:
    """In November Khe Sanh works 07:30-11:30 and 13:00-17:00."""
    assert times(desk, MONDAY) == [
        "07:30-08:00", "08:00-09:00", "09:00-10:00", "10:00-11:00", "11:00-11:30",
        "13:00-14:00", "14:00-15:00", "15:00-16:00", "16:00-17:00",
    ]  # fmt: skip


@pytest.mark.parametrize("day", [HOLIDAY, "2026-11-21", "2026-11-22", "2026-09-02"])
def test_a_day_off_and_one_that_only_receives_have_no_slots(
    khe_sanh: WorkCalendar, day: str
) -> None:
    assert list(slots_of(khe_sanh, date.fromisoformat(day))) == []


def test_a_swapped_working_day_has_slots(khe_sanh: WorkCalendar) -> None:
    worked = [
        day.date
        for year in khe_sanh._years.values()
        for day in year.days
        if day.kind == "swapped_working"
    ]
    assert worked
    for day in worked:
        assert list(slots_of(khe_sanh, day))


def test_every_open_minute_lies_in_one_slot_and_no_other_minute_does(
    khe_sanh: WorkCalendar,
) -> None:
    day = date.fromisoformat(MONDAY)
    sessions = khe_sanh.day(day).counting
    for minute in range(24 * 60):
        at = moment(f"{MONDAY}T{minute // 60:02d}:{minute % 60:02d}")
        slot = slot_at(khe_sanh, at)
        is_open = any(session.start <= at.time() < session.end for session in sessions)
        assert (slot is not None) == is_open
        if slot is not None:
            assert slot.starts_at <= at < slot.ends_at


def test_a_session_that_only_receives_has_no_slots() -> None:
    office = parse_office(
        '[office]\norg_code = "H50.99.01"\nname = "Một cửa (mẫu)"\nupper_name = "Trên (mẫu)"\n'
        '[[hours]]\nfrom = "01-01"\nto = "12-31"\ndays = "mon-fri"\n'
        'shifts = [["07:30", "11:30"]]\n'
        '[[hours]]\nfrom = "01-01"\nto = "12-31"\ndays = "sat"\nshifts = [["07:30", "11:30"]]\n'
        "counts_as_working_day = false\n"
    )
    calendar = WorkCalendar(office, [])

    assert list(slots_of(calendar, date(2026, 11, 21))) == []
    assert len(list(slots_of(calendar, date(2026, 11, 20)))) == 5


# ---- booking ------------------------------------------------------------------------------------


def test_a_booking_has_its_number_and_its_job(desk: Desk) -> None:
    events = desk.count("event_log")
    first = book(desk, f"{MONDAY}T09:20", "Hồ Thị Lan", phone="0912000345", procedure=THREE_DAYS)
    second = book(desk, f"{MONDAY}T08:00")

    assert [one.appointment.number for one in (first, second)] == ["L2-261123-001", "L2-261123-002"]
    assert first.appointment.slot.starts_at == moment(f"{MONDAY}T09:00")
    assert first.appointment.procedure_name == "Xác nhận thử ba ngày"
    found = desk.counter.appointments.of(date.fromisoformat(MONDAY))
    assert list(found) == [second.appointment, first.appointment]
    assert [job.id for job in desk.counter.prints.waiting()] == [
        first.print_job_id, second.print_job_id,
    ]  # fmt: skip
    desk.counter.prints.print_again(first.print_job_id, [ToldPrinter()], desk.officer)
    assert desk.count("event_log") == events


def test_a_full_slot_is_refused_and_the_next_free_ones_are_offered(desk: Desk) -> None:
    desk.counter.appointments.set_capacity(2)
    for at in ("15:00", "15:59", "16:00", "16:00"):
        book(desk, f"{MONDAY}T{at}")

    code, message = refused(desk, f"{MONDAY}T15:30")

    assert code == "slot_full"
    # not 16:00, which is full; not the Tuesday, which is a holiday
    assert message.endswith(
        "Còn chỗ: 07:30 Thứ Tư 25/11/2026; 08:00 Thứ Tư 25/11/2026; 09:00 Thứ Tư 25/11/2026."
    )
    assert len(desk.counter.appointments.of(date.fromisoformat(MONDAY))) == 4


def test_a_cancelled_booking_frees_its_place_and_not_its_number(desk: Desk) -> None:
    desk.counter.appointments.set_capacity(1)
    booked = book(desk, f"{MONDAY}T09:00").appointment
    assert refused(desk, f"{MONDAY}T09:00")[0] == "slot_full"

    gone = desk.counter.appointments.cancel(booked.number.lower(), desk.officer)

    assert gone.cancelled
    assert book(desk, f"{MONDAY}T09:00").appointment.number == "L2-261123-002"
    with pytest.raises(Refused, match="đã bỏ"):
        desk.counter.prints.png("appointment", booked.number, 576)


@pytest.mark.parametrize(
    "at",
    [
        f"{MONDAY}T07:29", f"{MONDAY}T11:30", f"{MONDAY}T12:00", f"{MONDAY}T17:00",
        f"{HOLIDAY}T09:00", "2026-11-22T09:00", "2027-02-08T09:00",
    ],
)  # fmt: skip
def test_outside_office_hours_nothing_is_booked_and_open_hours_are_offered(
    desk: Desk, at: str
) -> None:
    code, message = refused(desk, at)

    assert code == "office_shut"
    assert "Còn chỗ: " in message
    assert desk.count("appointment") == desk.count("print_job") == 0


@pytest.mark.parametrize("at", ["2026-11-20T09:00", "2026-11-20T08:00", "2026-11-19T10:00"])
def test_the_past_is_never_booked_not_even_the_hour_that_runs(desk: Desk, at: str) -> None:
    """It is 09:24."""
    code, message = refused(desk, at)

    assert code == "in_the_past"
    assert "10:00 Thứ Sáu 20/11/2026" in message
    assert book(desk, "2026-11-20T10:00")


def test_a_slot_may_be_booked_up_to_the_minute_it_begins(desk: Desk) -> None:
    desk.at("2026-11-20T10:00")
    assert book(desk, "2026-11-20T10:30")
    desk.at("2026-11-20T10:01")
    assert refused(desk, "2026-11-20T10:30")[0] == "in_the_past"


def test_years_ahead_are_refused(desk: Desk) -> None:
    for at in ("2028-01-04T09:00", "9999-12-31T09:00"):
        assert refused(desk, at)[0] == "too_far"


def test_what_is_too_long_or_unknown_is_refused_by_its_field(desk: Desk) -> None:
    assert refused(desk, f"{MONDAY}T09:00", "W" * 121)[0] == "too_long"
    assert refused(desk, f"{MONDAY}T09:00", phone="9" * 41)[0] == "too_long"
    assert refused(desk, f"{MONDAY}T09:00", procedure="9.999999")[0] == "procedure_unknown"
    assert book(desk, f"{MONDAY}T09:00", "").appointment.name == ""


def test_only_who_takes_dossiers_in_books(desk: Desk) -> None:
    cashier = desk.hire("Thu Ngân", Role.CASHIER)
    found = desk.counter.appointments.book(moment(f"{MONDAY}T09:00"), "", "", "", cashier)
    assert isinstance(found, Rejected)
    booked = book(desk, f"{MONDAY}T09:00").appointment
    with pytest.raises(Refused):
        desk.counter.appointments.cancel(booked.number, cashier)


@pytest.mark.parametrize("people", [0, -1, 100])
def test_a_capacity_that_makes_no_sense_is_refused(desk: Desk, people: int) -> None:
    with pytest.raises(Refused):
        desk.counter.appointments.set_capacity(people)
    assert desk.counter.appointments.capacity() == 4


@pytest.mark.parametrize(
    ("at", "provisional"), [(f"{MONDAY}T09:00", False), ("2027-10-05T09:00", True)]
)
def test_the_slip_says_where_the_calendar_is_not_announced(
    desk: Desk, at: str, provisional: bool
) -> None:
    booked = book(desk, at).appointment
    content, _ = desk.counter.prints.next_slip("appointment", booked.number)

    assert isinstance(content, AppointmentSlip)
    assert (content.provisional, content.appointment) == (provisional, booked)
