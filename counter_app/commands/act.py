"""`act CODE ACTION`: what happens to a dossier after acceptance."""

import argparse
import json
from pathlib import Path
from typing import Any

from counter_app.commands.due import read_text
from counter_app.commands.lines import write, write_problems
from counter_app.commands.session import opened, signed_in
from counter_app.errors import Refused
from counter_app.services.results import Rejected
from counter_app.wire.dossier_json import summary_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")
    parser.add_argument("action")
    parser.add_argument("--json", type=Path)


def run(options: argparse.Namespace) -> int:
    """Do it and tell the state after it."""
    given = read_fields(options.json)
    with opened(options) as counter:
        officer = signed_in(counter)
        views = counter.search.by_code(options.code)
        if not views:
            raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code} trong sổ.")
        # one code may be two dossiers': what needs repair is meant where one is put right
        wanted = [view for view in views if view.row.sent == "problem"]
        view = wanted[0] if wanted and options.action == "correct" else views[0]
        done = counter.acts.act(view.dossier.id, options.action, given, officer)
        if isinstance(done, Rejected):
            write_problems(done.problems)
            return 1
        write({"ok": True, **summary_of(done.dossier)})
    return 0


def read_fields(path: Path | None) -> dict[str, Any]:
    """The fields of an action from its file."""
    if path is None:
        return {}
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError):
        raise Refused("not_json", f"Tệp {path.name} không phải JSON. Xem lại dấu ngoặc.") from None
    if not isinstance(found, dict):
        raise Refused("not_object", f"Tệp {path.name} phải là một đối tượng JSON {{ … }}.")
    return found
