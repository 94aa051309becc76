"""JSON Lines out."""

import json
import sys
from collections.abc import Mapping
from typing import Any


def write(found: Mapping[str, Any]) -> None:
    """One answer, a line."""
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def write_problem(code: str, message: str) -> None:
    """A refusal."""
    write({"ok": False, "problems": [{"code": code, "message": message}]})
