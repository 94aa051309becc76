"""`restore F`: a backup into an empty `--data-dir`, going on under a new life."""

import argparse
import os
from pathlib import Path

from counter_app.book.creation import restore_counter
from counter_app.commands.lines import write


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where from."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Open it by `COUNTER_PASSPHRASE` or `COUNTER_RECOVERY`; both: the passphrase is set anew."""
    made = restore_counter(
        Path(options.data_dir),
        options.file,
        os.environ.get("COUNTER_PASSPHRASE") or None,
        os.environ.get("COUNTER_RECOVERY") or None,
    )
    ends_at = made.ends_at.isoformat(timespec="minutes") if made.ends_at else None
    write(
        {
            "ok": True,
            "device_id": made.device_id,
            "counter": made.counter_no,
            "ends_at": ends_at,
        }
    )
    return 0
