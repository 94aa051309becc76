"""`init`: make the store of a counter."""

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from counter_app.book.creation import create_counter
from counter_app.commands.due import read_text
from counter_app.commands.lines import write
from counter_app.domain.faults import FileFault
from counter_app.domain.office import parse_office
from counter_app.errors import EnvironmentFault, WrongUsage

_ADMIN_NAME = "Quản trị"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--office", required=True, type=Path)
    parser.add_argument("--counter", required=True, type=int)
    parser.add_argument("--officer", default=_ADMIN_NAME)


def run(options: argparse.Namespace) -> int:
    """Make it and tell the recovery code, this once."""
    pin = os.environ.get("COUNTER_PIN")
    if not pin:
        raise WrongUsage("Thiếu COUNTER_PIN, mã PIN của cán bộ đầu tiên.")
    text = read_text(options.office)
    try:
        parse_office(text)
    except FileFault as fault:
        raise EnvironmentFault("file_damaged", fault.sentence(options.office.name)) from None
    made = create_counter(
        Path(options.data_dir),
        text,
        options.counter,
        options.officer,
        pin,
        os.environ.get("COUNTER_PASSPHRASE") or None,
    )
    found = asdict(made)
    write(
        {
            "ok": True,
            "device_id": found["device_id"],
            "key_id": found["key_id"],
            "counter": found["counter_no"],
            "recovery_code": found["recovery_code"],
        }
    )
    return 0
