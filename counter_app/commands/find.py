"""`find TEXT`: dossiers by words, code, number, telephone or day."""

import argparse

from counter_app.commands.lines import write
from counter_app.commands.session import opened
from counter_app.wire.dossier_json import dossier_json

_MOST = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("text")
    parser.add_argument("--limit", type=int, default=50)


def run(options: argparse.Namespace) -> int:
    """One object a hit, newest first; none is no fault."""
    with opened(options) as counter:
        for row in counter.search.find(options.text, min(max(0, options.limit), _MOST)):
            view = counter.search.open(row.id)
            if view is not None:
                write(dossier_json(view.dossier, row.sent))
    return 0
