"""`refuse`: drafts with a reason in, notices out. No dossier code is used."""

import argparse

from counter_app.commands.lines import read_objects, write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.domain.problems import Problem
from counter_app.services.results import Rejected


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the store."""


def run(options: argparse.Namespace) -> int:
    """One answer a line; 1 where any draft was wrong."""
    wrong = False
    with opened(options) as counter:
        officer = signed_in(counter)
        for draft in read_objects():
            made = (
                Rejected((draft,))
                if isinstance(draft, Problem)
                else counter.intake.refuse(draft, officer)
            )
            if isinstance(made, Rejected):
                write_problems(made.problems)
                wrong = True
            else:
                write({"ok": True, "notice_id": made.notice_id, "notice_no": made.notice_no})
    return 1 if wrong else 0
