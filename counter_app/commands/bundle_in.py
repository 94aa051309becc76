"""`bundle-in F`: the upper server's answer from a stick."""

import argparse
from pathlib import Path

from counter_app.commands.session import opened
from counter_app.commands.sync import tell


def arguments(parser: argparse.ArgumentParser) -> None:
    """The file."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """The summary of a cycle; single problems are no failure."""
    with opened(options) as counter:
        tell(counter.bundles.take_in(options.file))
        counter.sweep()
    return 0
