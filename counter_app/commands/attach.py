"""`attach CODE FILE [--component ID]`: a scanned paper into a dossier."""

import argparse
from pathlib import Path
from typing import Any

from counter_app.attachments.reencoding import LARGEST_FILE
from counter_app.bootstrap import Counter
from counter_app.commands.lines import write
from counter_app.commands.session import opened, signed_in
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.attachments import Scanned


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")
    parser.add_argument("file", type=Path)
    parser.add_argument("--component", default="")


def run(options: argparse.Namespace) -> int:
    """Add it and tell what stands in the book."""
    raw = read_file(options.file)
    with opened(options) as counter:
        officer = signed_in(counter)
        dossier_id = dossier_of(counter, options.code)
        done = counter.attachments.add(
            dossier_id, options.file.name, raw, options.component, officer
        )
    write({"ok": True, **told(done.scanned)})
    return 0


def read_file(path: Path) -> bytes:
    """A file, never more of it than may be."""
    try:
        with path.open("rb") as opened_file:
            return opened_file.read(LARGEST_FILE + 1)
    except OSError:
        raise EnvironmentFault(
            "file_missing", f"Không đọc được tệp {path.name}. Xem lại đường dẫn, ổ đã cắm chưa."
        ) from None


def dossier_of(counter: Counter, code: str) -> str:
    """The id of the dossier that holds the code."""
    views = counter.search.by_code(code)
    if not views:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã {code} trong sổ.")
    return views[0].dossier.id


def told(scanned: Scanned) -> dict[str, Any]:
    """A scanned paper as data."""
    return {
        "id": scanned.event_id,
        "name": scanned.name,
        "component": scanned.component,
        "pages": [{"sha256": page.sha256, "size": page.size} for page in scanned.pages],
        "size": scanned.size,
        "here": scanned.here,
        "sent": scanned.sent,
    }
