"""`check`: read every page, replay the log, compare. Also as a child of the window, behind its work."""

import argparse
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from counter_app.book.checks import PAGES
from counter_app.bootstrap import Counter
from counter_app.commands.lines import write
from counter_app.commands.session import opened

if TYPE_CHECKING:
    from db.check import Report


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing but the store."""


def run(options: argparse.Namespace) -> int:
    """1 where anything does not fit; the first bad event is named."""
    with opened(options) as counter:
        report = counter.checks.whole()
    return _told(report)


def run_behind() -> int:
    """The child: what to look at and where stand on the command line, the key comes in a line. It ends
    with whoever called it, and gives way to everybody else.
    """
    what, folder = sys.argv[2:4]
    if hasattr(os, "nice"):
        os.nice(10)
    key = bytes.fromhex(sys.stdin.readline().strip())
    threading.Thread(target=_end_with_the_caller, daemon=True).start()
    counter = Counter(Path(folder), key)
    checks = counter.checks
    return _told(checks.pages() if what == PAGES else checks.whole())


def _end_with_the_caller() -> None:
    sys.stdin.read()
    os._exit(3)


def _told(report: "Report") -> int:
    write(
        {
            "ok": not report.faults,
            "events": report.events,
            "dossiers": report.dossiers,
            **(_of_erased(report.erased) if report.erased else {}),
            "head": report.head,
            "problems": [
                {"code": fault.code, "message": fault.message, "event": fault.event}
                for fault in report.faults[:100]
            ],
        }
    )
    return 1 if report.faults else 0


def _of_erased(count: int) -> dict[str, object]:
    return {"erased": count, "note": f"{count} hồ sơ đã xóa theo hạn lưu."}
