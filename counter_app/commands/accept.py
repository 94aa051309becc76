"""`accept`: drafts in, dossiers out, one answer a line in order."""

import argparse

from counter_app.commands.lines import plain, read_objects, write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.domain.problems import Problem
from counter_app.services.results import Rejected


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the store."""


def run(options: argparse.Namespace) -> int:
    """Each draft is answered, durably, before the next is read; 1 where any was refused."""
    refused = False
    with opened(options) as counter:
        officer = signed_in(counter)
        for draft in read_objects():
            if isinstance(draft, Problem):
                write_problems((draft,))
                refused = True
                continue
            made = counter.intake.accept(draft, officer)
            if isinstance(made, Rejected):
                write_problems(made.problems)
                refused = True
                continue
            answer = {
                "ok": True,
                "dossier_id": made.dossier_id,
                "code": made.code,
                "received_at": made.received_at.replace(tzinfo=None).isoformat(timespec="minutes"),
                "due_at": made.due_at.replace(tzinfo=None).isoformat(timespec="minutes"),
                "slip": made.slip,
            }
            if made.warnings:
                answer["warnings"] = [plain(warning) for warning in made.warnings]
            write(answer)
    return 1 if refused else 0
