"""`visit ID`: close a visit; its dossiers share one slip."""

import argparse

from counter_app.commands import on_paper
from counter_app.commands.lines import write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.services.results import Rejected


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("visit")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """Close it, then print where a printer is named; else the slip waits in `jobs`."""
    with opened(options) as counter:
        officer = signed_in(counter)
        closed = counter.visits.close(options.visit, officer)
        if isinstance(closed, Rejected):
            write_problems(closed.problems)
            return 1
        answer = {
            "ok": True,
            "visit": closed.visit_id,
            "codes": list(closed.codes),
            "job": closed.print_job_id,
        }
        answer |= on_paper.put(counter, options, "visit", closed.visit_id, officer)
        write(answer)
        return on_paper.status_of(answer)
