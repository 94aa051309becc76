"""`backup F`: the whole store into one file, read back before it counts."""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Tell what stands there now."""
    with opened(options) as counter:
        made = counter.back_up(options.file)
    size = options.file.stat().st_size
    write({"ok": True, "file": str(options.file), "made_at": made.made_at, "bytes": size})
    return 0
