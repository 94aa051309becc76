"""`ticket`: numbers of the queue, taken, followed, and the groups they are taken for."""

import argparse
from pathlib import Path

from counter_app.commands import on_paper
from counter_app.commands.due import read_text
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.tickets import Ticket, TicketState
from counter_app.errors import WrongUsage
from counter_app.services.tickets import subject_of

_USAGE = (
    "ticket take NHÓM [--printer …] | ticket list | "
    "ticket move SỐ waiting|called|done|absent | ticket groups [TỆP]"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="+", metavar="take|list|move|groups")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """Take a number, list today's, move one on, or read and set the groups."""
    with opened(options) as counter:
        match options.words:
            case ["take", letter]:
                officer = signed_in(counter)
                taken = counter.tickets.take(letter)
                answer = {
                    "ok": True,
                    **_line(taken.ticket),
                    "name": taken.group.name,
                    "ahead": taken.ahead,
                    "job": taken.print_job_id,
                }
                subject = subject_of(taken.ticket)
                answer |= on_paper.put(counter, options, "ticket", subject, officer)
                write(answer)
                return on_paper.status_of(answer)
            case ["list"]:
                for ticket in counter.tickets.today():
                    write(_line(ticket))
            case ["move", label, state] if state in tuple(TicketState):
                signed_in(counter)
                write({"ok": True, **_line(counter.tickets.move(label, TicketState(state)))})
            case ["groups"]:
                for group in counter.tickets.groups():
                    write({"group": group.letter, "name": group.name})
            case ["groups", name]:
                signed_in(counter)
                for group in counter.tickets.set_groups(read_text(Path(name))):
                    write({"group": group.letter, "name": group.name})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0


def _line(ticket: Ticket) -> dict[str, object]:
    return {
        "number": ticket.label,
        "group": ticket.group,
        "day": ticket.day.isoformat(),
        "taken_at": on_paper.local(ticket.taken_at),
        "state": ticket.state.value,
    }
