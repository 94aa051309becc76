"""`scan`: raw payloads in, what they are out. Nothing of a payload is kept."""

import argparse
import base64
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from counter_app.commands.due import read_text
from counter_app.commands.lines import given_lines, write
from counter_app.domain.scan import route
from counter_app.domain.slip_code import KnownKey, judge, key_id_of
from counter_app.errors import EnvironmentFault


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--keys", type=Path)


def run(options: argparse.Namespace) -> int:
    """One answer a line."""
    keys: dict[str, KnownKey] = {}
    if options.keys is not None:
        keys.update(_key_list(options.keys))
    if options.data_dir is not None:
        from counter_app.commands.session import opened  # only where a store is named

        with opened(options) as counter, counter.store.read() as books:
            keys.update(books.settings.keys())
    for raw in given_lines():
        payload = raw.rstrip(b"\r\n")
        if not payload.strip():
            continue
        scan = route(payload)
        verdict = None
        if scan.signed is not None:
            from counter_app.keys.device import verify  # only a signature needs cryptography

            verdict = judge(scan.signed, keys, verify)
        write(
            {
                "kind": scan.kind,
                "fields": _typed(scan.fields),
                "repaired": scan.repaired,
                "missing": list(scan.missing),
                "verdict": verdict,
            }
        )
    return 0


def _typed(fields: Mapping[str, str]) -> dict[str, str | int]:
    return {
        name: int(value) if name in ("receipt_no", "length") else value
        for name, value in fields.items()
    }


def _key_list(path: Path) -> dict[str, KnownKey]:
    try:
        found = json.loads(read_text(path))["keys"]
        keys = [
            KnownKey(
                key_id_of(public := base64.b64decode(entry["public_key"], validate=True)),
                public,
                str(entry["device_id"]),
                int(entry["counter"]),
                _moment(entry.get("from")),
                _moment(entry.get("revoked_at")),
            )
            for entry in found
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EnvironmentFault(
            "file_damaged", f"Tệp khóa {path.name} bị hỏng. Hãy lấy lại từ máy chủ hoặc quầy khác."
        ) from None
    return {key.key_id: key for key in keys}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
