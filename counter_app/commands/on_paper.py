"""Where a slip goes: options and answers that every command shares which puts something on paper."""

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from counter_app.bootstrap import Counter
from counter_app.data_folder import refuse_book
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome
from counter_app.domain.printer import WIDTHS, Profile
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Printer
from counter_app.services.prints import Printed

_ADDRESS = re.compile(r"[:/.]")
"""What no officer's name for a printer needs; without it a word is one that nobody gave."""
GOOD = (Outcome.CONFIRMED, Outcome.SENT)


def where(parser: argparse.ArgumentParser) -> None:
    """A picture, a page, the printer's bytes, or a printer by its name or address."""
    parser.add_argument("--width", type=int, choices=WIDTHS, default=None)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--png", type=Path)
    group.add_argument("--pdf", type=Path)
    group.add_argument("--escpos", type=Path)
    group.add_argument("--printer")


def printers_of(counter: Counter, options: argparse.Namespace, what: str) -> Sequence[Printer]:
    """The printer that was named or whose address was given, else those of the print's role."""
    if options.printer is None:
        return counter.printers.ways_for(what)
    try:
        kept = counter.printers.named(options.printer)
    except Refused:
        if not _ADDRESS.search(options.printer):
            raise
        return (counter.printer_at(options.printer, Profile(width=options.width or 576)),)
    if options.width:
        kept = replace(kept, profile=replace(kept.profile, width=options.width))
    return (counter.printers.way(kept),)


def put(
    counter: Counter,
    options: argparse.Namespace,
    what: str,
    subject: str,
    officer: Officer,
    *,
    now: bool = False,
) -> dict[str, Any]:
    """Draw or print it where the options say.

    Where they say nothing it is printed on the printers of its role if `now`; else the answer is
    empty and the print waits.
    """
    width = options.width or 576
    if options.png is not None:
        save(options.png, counter.prints.png(what, subject, width))
        return {"outcome": Outcome.SENT.value}
    if options.pdf is not None:
        save(options.pdf, counter.prints.pdf(what, [subject], width))
        return {"outcome": Outcome.SENT.value}
    if options.escpos is not None:
        save(options.escpos, counter.prints.job(what, subject, Profile(width=width)))
        return {"outcome": Outcome.SENT.value}
    if options.printer is None and not now:
        return {}
    printers = printers_of(counter, options, what)
    return told(counter.prints.print(what, subject, printers, officer))


def told(done: Printed) -> dict[str, Any]:
    """How a print ended, as data."""
    answer: dict[str, Any] = {
        "outcome": done.outcome.value,
        "reason": done.reason.value,
        "copy_no": done.copy_no,
        "printer": done.printer,
        "job": done.job_id,
    }
    return {**answer, "message": done.message} if done.message else answer


def local(moment: datetime) -> str:
    """A moment as the contract writes it."""
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")


def status_of(answer: dict[str, Any]) -> int:
    """3 where nobody knows that it was printed, or it was not."""
    outcome = answer.get("outcome")
    return 0 if outcome is None or outcome in GOOD else 3


def save(path: Path, content: bytes) -> None:
    """Write a file, or say why not."""
    refuse_book(path)
    try:
        path.write_bytes(content)
    except OSError:
        raise EnvironmentFault(
            "disk_fault", f"Không ghi được tệp {path.name}. Xem lại đường dẫn và ổ đĩa."
        ) from None
