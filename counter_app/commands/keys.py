"""`keys F`: write the list of keys that verify slips."""

import argparse
import base64
import json
from pathlib import Path

from counter_app.commands.lines import write
from counter_app.commands.on_paper import save
from counter_app.commands.session import opened


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("file", type=Path)


def run(options: argparse.Namespace) -> int:
    """Write it as JSON."""
    with opened(options) as counter, counter.store.read() as books:
        keys = [
            {
                "key_id": key.key_id,
                "public_key": base64.b64encode(key.public_key).decode("ascii"),
                "device_id": key.device_id,
                "counter": key.counter,
                "from": key.valid_from.isoformat() if key.valid_from else None,
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
            }
            for key in books.settings.keys().values()
        ]
    text = json.dumps({"keys": keys}, ensure_ascii=False, indent=1) + "\n"
    save(options.file, text.encode())
    write({"ok": True, "keys": len(keys)})
    return 0
