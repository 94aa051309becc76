"""`printers`: the printers of this counter, found, added, tried, asked, put in order, removed."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from counter_app.bootstrap import Counter
from counter_app.commands import on_paper
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.outcome import Reason, sent
from counter_app.domain.printer import WIDTHS, KeptPrinter, PrinterRole, Profile
from counter_app.errors import WrongUsage

_USAGE = (
    "printers list [--ask] | printers find | "
    "printers add TÊN ĐỊA_CHỈ [--role slip|ticket|form]… [--width 576|560|512|384] [--no-cutter] "
    "[--skip-blank] | printers first TÊN | printers test TÊN | printers learn TÊN | "
    "printers remove TÊN"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("words", nargs="+", metavar="list|find|add|first|test|learn|remove")
    parser.add_argument("--ask", action="store_true")
    parser.add_argument("--role", action="append", choices=tuple(PrinterRole), default=None)
    parser.add_argument("--width", type=int, choices=WIDTHS, default=576)
    parser.add_argument("--no-cutter", action="store_true")
    parser.add_argument("--skip-blank", action="store_true")


def run(options: argparse.Namespace) -> int:
    """One line a printer."""
    with opened(options) as counter:
        printers = counter.printers
        match options.words:
            case ["list"]:
                for kept in printers.all():
                    line = _line(kept)
                    write({**line, **_state(printers.way(kept).state())} if options.ask else line)
            case ["find"]:
                for found in counter.found_printers():
                    write({"address": found.address, "what": found.words})
            case ["add", name, address]:
                kept = printers.keep(_asked_for(options, name, address), signed_in(counter))
                warning = counter.printer_warning(kept.address)
                line = {"ok": True, **_line(kept)}
                write({**line, "warning": warning} if warning else line)
            case ["first", name]:
                printers.put_first(name, signed_in(counter))
                write({"ok": True, **_line(printers.named(name))})
            case ["test", name]:
                return _test(counter, name)
            case ["learn", name]:
                return _learn(counter, name)
            case ["remove", name]:
                printers.remove(name, signed_in(counter))
                write({"ok": True, "name": name})
            case _:
                raise WrongUsage(f"Cách viết: {_USAGE}")
    return 0


def _asked_for(options: argparse.Namespace, name: str, address: str) -> KeptPrinter:
    profile = Profile(options.width, not options.no_cutter, options.skip_blank)
    roles = frozenset(map(PrinterRole, options.role or [PrinterRole.SLIP]))
    return KeptPrinter(name, address, roles, profile)


def _test(counter: Counter, name: str) -> int:
    officer = signed_in(counter)
    kept = counter.printers.named(name)
    done = counter.prints.print("test", kept.name, [counter.printers.way(kept)], officer)
    answer = on_paper.told(done)
    write(answer)
    return on_paper.status_of(answer)


def _learn(counter: Counter, name: str) -> int:
    learnt = counter.printers.learn(name, signed_in(counter))
    kept = counter.printers.named(name)
    write(
        {
            "ok": learnt.against is None,
            **_line(replace(kept, profile=learnt.profile)),
            **_state(learnt.against),
        }
    )
    return 0 if learnt.against is None else 3


def _line(kept: KeptPrinter) -> dict[str, Any]:
    profile = kept.profile
    return {
        "name": kept.name,
        "address": kept.address,
        "roles": sorted(kept.roles),
        "width": profile.width,
        "cutter": profile.cutter,
        "skip_blank": profile.skip_blank,
        "status": profile.status,
        "fence": profile.fence,
        "speed": profile.speed,
    }


def _state(against: Reason | None) -> Mapping[str, str]:
    if against is None:
        return {"state": "ready"}
    return {"state": against.value, "message": sent(against).message}
