"""`form SUBJECT`: a form as PDF.

The subject is a dossier code or a notice; of lists and books a day, a visit, a period, a procedure.
"""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.on_paper import save
from counter_app.commands.session import opened, signed_in
from counter_app.domain.outcome import Outcome


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("subject")
    parser.add_argument("--form", required=True)
    parser.add_argument("--paper", choices=("a5", "a4", "a3"))
    parser.add_argument("--pdf", type=Path, required=True)


def run(options: argparse.Namespace) -> int:
    """Write it."""
    with opened(options) as counter:
        signed_in(counter)
        save(options.pdf, counter.forms.pdf(options.form, options.subject, options.paper))
    write({"outcome": Outcome.SENT.value})
    return 0
