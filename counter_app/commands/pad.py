"""`pad`: blank slips for hours without power, printed, listed, accounted for."""

import argparse
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from counter_app.bootstrap import Counter
from counter_app.commands import on_paper
from counter_app.commands.lines import write
from counter_app.commands.on_paper import save
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome
from counter_app.domain.printer import Profile
from counter_app.errors import EnvironmentFault, WrongUsage
from counter_app.services.pads import FATES

_USAGE = (
    "pad print --count N [--png THƯ_MỤC | --pdf TỆP | --escpos TỆP | --printer …] | pad list | "
    f"pad account SỐ {'|'.join(FATES)} --reason …"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="+", metavar="print|list|account")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--reason", default="")
    on_paper.where(parser)


def run(options: argparse.Namespace) -> int:
    """Print, list, or say what became of one."""
    with opened(options) as counter:
        match options.words:
            case ["print"]:
                status = 0
                for answer in _print(counter, options, signed_in(counter)):
                    write(answer)
                    status = max(status, on_paper.status_of(answer))
                return status
            case ["list"]:
                rows = counter.pads.all()
                fates = Tally(row.fate for row in rows)
                write(
                    {
                        "counts": dict(fates),
                        "numbers": {
                            fate: [row.number for row in rows if row.fate == fate] for fate in fates
                        },
                        "codes": {row.number: list(row.codes) for row in rows if row.codes},
                    }
                )
            case ["account", number, fate]:
                row = counter.pads.account(number, fate, options.reason, signed_in(counter))
                write({"ok": True, "number": row.number, "fate": row.fate, "reason": row.reason})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0


def _print(
    counter: Counter, options: argparse.Namespace, officer: Officer
) -> Iterator[dict[str, Any]]:
    """One answer a slip. A printer that stops leaves the rest waiting in `jobs`."""
    to_file = any(place is not None for place in (options.png, options.pdf, options.escpos))
    if options.png is not None:
        _make_folder(options.png)
    given = counter.pads.give_out(options.count, officer, waits=not to_file)
    if to_file:
        width = options.width or Profile().width
        if options.escpos is not None:
            jobs = (counter.prints.job("pad", n, Profile(width=width)) for n in given.numbers)
            save(options.escpos, b"".join(jobs))
        if options.pdf is not None:
            save(options.pdf, counter.prints.pdf("pad", given.numbers, width))
        for number in given.numbers:
            if options.png is not None:
                save(options.png / f"{number}.png", counter.prints.png("pad", number, width))
            yield {"number": number, "outcome": Outcome.SENT.value}
        return
    printing = options.printer is not None
    for number, job_id in zip(given.numbers, given.print_job_ids, strict=True):
        answer: dict[str, Any] = {"number": number, "job": job_id}
        if printing:
            answer |= on_paper.put(counter, options, "pad", number, officer)
            printing = on_paper.status_of(answer) == 0
        yield answer


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise EnvironmentFault(
            "disk_fault", f"Không tạo được thư mục {folder.name}. Xem lại đường dẫn và ổ đĩa."
        ) from None
