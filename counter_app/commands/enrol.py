"""`enrol`: bind this counter at the upper server, by line or by stick."""

import argparse
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.session import opened
from counter_app.errors import WrongUsage

_USAGE = (
    "Cách viết: enrol --server URL --code MÃ [--fingerprint DẤU] [--counter SỐ, khi máy này làm từ bản sao "
    "của máy khác], hoặc bằng USB: enrol --code MÃ --request TỆP, rồi enrol --answer TỆP [--fingerprint DẤU]"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--server")
    parser.add_argument("--code")
    parser.add_argument("--fingerprint")
    parser.add_argument("--counter", type=int)
    parser.add_argument("--request", type=Path)
    parser.add_argument("--answer", type=Path)


def run(options: argparse.Namespace) -> int:
    """Tell the device id."""
    ways = [way for way in (options.server, options.request, options.answer) if way]
    if len(ways) != 1 or bool(options.answer) == bool(options.code):
        raise WrongUsage(_USAGE)
    with opened(options) as counter:
        device_id = counter.identity.device_id
        if options.request:
            counter.enrol_request(options.code, options.request)
            write({"ok": True, "device_id": device_id, "file": str(options.request)})
        elif options.answer:
            device_id, mark = counter.enrol_answer(options.answer, options.fingerprint)
            number = counter.identity.counter_no
            write({"ok": True, "device_id": device_id, "fingerprint": mark, "counter": number})
        else:
            told = options.server, options.code, options.fingerprint, options.counter
            device_id = counter.enrol(*told)
            write({"ok": True, "device_id": device_id, "counter": counter.identity.counter_no})
    return 0
