"""`check`: read every page, replay the log, compare."""

import argparse

from counter_app.commands.lines import write
from counter_app.commands.session import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the store."""


def run(options: argparse.Namespace) -> int:
    """1 where anything does not fit; the first bad event is named."""
    with opened(options) as counter:
        report = counter.check()
    write(
        {
            "ok": not report.faults,
            "events": report.events,
            "dossiers": report.dossiers,
            "head": report.head,
            "problems": [
                {"code": fault.code, "message": fault.message, "event": fault.event}
                for fault in report.faults[:100]
            ],
        }
    )
    return 1 if report.faults else 0
