"""`appointment`: booked hours, made, listed, cancelled."""

import argparse
from datetime import date

from counter_app.commands import on_paper
from counter_app.commands.lines import write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.domain.appointments import Appointment
from counter_app.domain.fields import local_moment
from counter_app.errors import Refused, WrongUsage
from counter_app.services.results import Rejected

_USAGE = (
    "appointment book --at 2026-11-23T09:00 [--name …] [--phone …] [--procedure MÃ] [--printer …] | "
    "appointment list|free --day 2026-11-23 | appointment cancel SỐ | appointment capacity [NGƯỜI]"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="+", metavar="book|list|free|cancel|capacity")
    parser.add_argument("--at", default="")
    parser.add_argument("--day", default="")
    parser.add_argument("--name", default="")
    parser.add_argument("--phone", default="")
    parser.add_argument("--procedure", default="")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """Book, list, cancel, or say how many may come to one slot."""
    with opened(options) as counter:
        match options.words:
            case ["book"]:
                officer = signed_in(counter)
                at = local_moment(options.at, counter.clock.now())
                if at is None:
                    raise Refused("moment_wrong", "Giờ hẹn viết như 2026-11-23T09:00.", "at")
                made = counter.appointments.book(
                    at, options.name, options.phone, options.procedure, officer
                )
                if isinstance(made, Rejected):
                    write_problems(made.problems)
                    return 1
                answer = {"ok": True, **_line(made.appointment), "job": made.print_job_id}
                number = made.appointment.number
                answer |= on_paper.put(counter, options, "appointment", number, officer)
                write(answer)
                return on_paper.status_of(answer)
            case ["list"]:
                for booked in counter.appointments.of(_day(options)):
                    write(_line(booked))
            case ["free"]:
                for slot, places in counter.appointments.free_slots(_day(options)):
                    starts, ends = on_paper.local(slot.starts_at), on_paper.local(slot.ends_at)
                    write({"starts_at": starts, "ends_at": ends, "places": places})
            case ["cancel", number]:
                write(
                    {"ok": True, **_line(counter.appointments.cancel(number, signed_in(counter)))}
                )
            case ["capacity"]:
                write({"capacity": counter.appointments.capacity()})
            case ["capacity", people] if people.isascii() and people.isdigit():
                signed_in(counter)
                counter.appointments.set_capacity(int(people))
                write({"ok": True, "capacity": int(people)})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0


def _day(options: argparse.Namespace) -> date:
    try:
        return date.fromisoformat(options.day)
    except ValueError:
        raise Refused("day_wrong", "Ngày viết như 2026-11-23 (--day).", "day") from None


def _line(booked: Appointment) -> dict[str, object]:
    return {
        "number": booked.number,
        "starts_at": on_paper.local(booked.slot.starts_at),
        "ends_at": on_paper.local(booked.slot.ends_at),
        "name": booked.name,
        "phone": booked.phone,
        "procedure": booked.procedure_code,
        "cancelled": booked.cancelled,
    }
