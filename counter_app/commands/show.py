"""`show CODE`: a dossier with its whole story."""

import argparse

from counter_app.commands.lines import write
from counter_app.commands.session import opened
from counter_app.errors import Refused
from counter_app.wire.dossier_json import dossier_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")


def run(options: argparse.Namespace) -> int:
    """One line, two only where copies of a store issued one code twice."""
    with opened(options) as counter:
        views = counter.search.by_code(options.code)
        if not views:
            raise Refused(
                "dossier_unknown", f"Không có hồ sơ mã {options.code} trong sổ. Xem lại mã."
            )
        for view in views:
            write(dossier_json(view.dossier, view.row.sent))
    return 0
