"""What both consoles write: JSON Lines on the standard output, UTF-8 whatever code page the system has."""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_UNHEARD = (
    "Không ghi được câu trả lời: ổ đĩa đầy, hoặc nơi nhận đã đóng. Việc đã trả lời thì đã lưu; xem lại bằng "
    "lệnh show hoặc find trước khi làm lại.\n"
)


class Unheard(Exception):
    """The standard output takes no more: its disk is full, its reader is gone, or there is none."""


def speak_utf8() -> None:
    """Windows consoles are not UTF-8 unless told."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def write(found: Mapping[str, Any]) -> None:
    """One answer, a line, at once. Raises `Unheard`."""
    line = json.dumps(found, ensure_ascii=False) + "\n"
    if sys.stdout is None:
        raise Unheard
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except OSError:
        raise Unheard from None


def say(words: str) -> None:
    """For whoever sits before it, beside the output; where nobody does, to nobody."""
    with suppress(OSError):
        if sys.stderr is not None:
            sys.stderr.write(words)


def tell_unheard() -> None:
    """Say so beside the output. What its buffer still holds goes nowhere: at the end of the process Python
    would try once more and fail in English.
    """
    with suppress(OSError, ValueError):
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    say(_UNHEARD)
