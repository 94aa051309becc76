"""`exchange [FOLDER]`: one round with the other counters, in a folder or on a stick."""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Right
from counter_app.errors import Refused
from counter_app.services.exchange_plan import ExchangePlan


def arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and what the window does by itself."""
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--every", type=int, metavar="MINUTES")


def run(options: argparse.Namespace) -> int:
    """The round is told; single bundles that cannot be used are no failure."""
    with opened(options) as counter:
        plan = ExchangePlan(counter.settings)
        if options.every is not None:
            if not signed_in(counter).may(Right.SETTINGS):
                raise Refused("no_right", "Bạn không có quyền đổi thiết lập. Hãy đổi người.")
            plan.keep(str(options.folder or plan.folder), options.every)
        if options.every == 0:
            write({"ok": True, "folder": plan.folder, "every": plan.minutes})
            return 0
        folder = options.folder or (Path(plan.folder) if plan.folder else None)
        if folder is None:
            raise Refused("folder_missing", "Chưa chọn thư mục trao đổi giữa các quầy.", "folder")
        done = counter.exchange.round(folder)
    write(
        {
            "received": done.received,
            "read": done.read,
            "written": done.written,
            "problems": [{"code": "bundle_wrong", "message": fault} for fault in done.faults],
        }
    )
    return 0
