"""`backup F`: the whole store into one file, read back before it counts. With `--every HOURS` F is a folder
in which the window makes one by itself, and one is made at once; `--every 0` ends that. Without F one is
made where that plan says and only where it is due: what a task of the system calls while no window is open.
"""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Right
from counter_app.errors import EnvironmentFault, Refused

_NO_PLAN = (
    "Chưa đặt tự sao lưu. Đặt ở F11, mục Sao lưu, hoặc chạy backup THƯ_MỤC --every SỐ_GIỜ một lần."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--every", type=int, metavar="HOURS")
    parser.add_argument("--kept", type=int, metavar="COUNT")


def run(options: argparse.Namespace) -> int:
    """Tell what stands there now."""
    if options.every is not None:
        return _planned(options)
    if options.file is None:
        return _due(options)
    with opened(options) as counter:
        made = counter.backups.make(options.file)
    size = options.file.stat().st_size
    write({"ok": True, "file": str(options.file), "made_at": made.made_at, "bytes": size})
    return 0


def _due(options: argparse.Namespace) -> int:
    with opened(options) as counter:
        plan = counter.backup_plan
        if not plan.hours:
            raise Refused("backup_not_planned", _NO_PLAN)
        try:
            made = counter.backups.make_if_due()
        except EnvironmentFault as fault:
            # the window tells it too
            plan.note_trouble(fault.message)
            raise
        write(
            {
                "ok": True,
                "folder": plan.folder,
                "every": plan.hours,
                "made": made,
                "file": plan.last.name if made and plan.last else None,
            }
        )
    return 0


def _planned(options: argparse.Namespace) -> int:
    if options.file is None and options.every:
        raise Refused("folder_missing", "Chưa chọn thư mục để tự sao lưu.", "folder")
    with opened(options) as counter:
        if not signed_in(counter).may(Right.SETTINGS):
            raise Refused("no_right", "Bạn không có quyền đổi thiết lập. Hãy đổi người.")
        plan = counter.backup_plan
        plan.keep(str(options.file or plan.folder), options.every, options.kept or plan.kept)
        told: dict[str, object] = {"ok": True, "folder": plan.folder, "every": plan.hours}
        if counter.backups.make_if_due() and (made := plan.last):
            told |= {"file": made.name, "made_at": made.at, "bytes": made.size}
    write(told)
    return 0
