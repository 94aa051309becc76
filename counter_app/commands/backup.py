"""`backup F`: the whole store into one file, read back before it counts. With `--every HOURS` F is a folder
in which the window makes one by itself, and one is made at once; `--every 0` ends that.
"""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Right
from counter_app.errors import Refused


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=int, metavar="HOURS")
    parser.add_argument("--kept", type=int, metavar="COUNT")


def run(options: argparse.Namespace) -> int:
    """Tell what stands there now."""
    if options.every is not None:
        return _planned(options)
    with opened(options) as counter:
        made = counter.back_up(options.file)
    size = options.file.stat().st_size
    write({"ok": True, "file": str(options.file), "made_at": made.made_at, "bytes": size})
    return 0


def _planned(options: argparse.Namespace) -> int:
    with opened(options) as counter:
        if not signed_in(counter).may(Right.SETTINGS):
            raise Refused("no_right", "Bạn không có quyền đổi thiết lập. Hãy đổi người.")
        plan = counter.backup_plan
        plan.keep(str(options.file), options.every, options.kept or plan.kept)
        told: dict[str, object] = {"ok": True, "folder": plan.folder, "every": plan.hours}
        if counter.back_up_by_plan() and (made := plan.last):
            told |= {"file": made.name, "made_at": made.at, "bytes": made.size}
    write(told)
    return 0
