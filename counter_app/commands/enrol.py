"""`enrol`: bind this counter at the upper server."""

import argparse

from counter_app.commands.lines import write
from counter_app.commands.session import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--server", required=True)
    parser.add_argument("--code", required=True)
    parser.add_argument("--fingerprint")


def run(options: argparse.Namespace) -> int:
    """Tell the device id."""
    with opened(options) as counter:
        device_id = counter.enrol(options.server, options.code, options.fingerprint)
    write({"ok": True, "device_id": device_id})
    return 0
