"""What both consoles write: JSON Lines on the standard output, UTF-8 whatever code page the system has."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from counter_app.domain.text import is_surrogate

_UNHEARD = (
    "Không ghi được câu trả lời: ổ đĩa đầy, hoặc nơi nhận đã đóng. Việc đã trả lời thì đã lưu; xem lại bằng "
    "lệnh show hoặc find trước khi làm lại.\n"
)


FOREIGN = "Lệnh viết chưa đúng: có chữ không phải UTF-8. Hãy gõ lại."
"""Said of `is_foreign`."""


class Unheard(Exception):
    """The standard output takes no more: its disk is full, its reader is gone, or there is none."""


def run(answered: Callable[[list[str]], int], argv: list[str] | None) -> int:
    """The status of a whole program; `answered` does what the words of the command line say."""
    for stream in (sys.stdout, sys.stderr):
        # Windows consoles are not UTF-8 unless told
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return answered(sys.argv[1:] if argv is None else argv)
    except Unheard:
        _tell_unheard()
        return 3
    except KeyboardInterrupt:
        return 3


def is_foreign(fault: Exception) -> bool:
    """Whether bytes of another encoding, in the command line or a setting, were met: so Python hands
    them on.
    """
    return isinstance(fault, UnicodeEncodeError) and is_surrogate(fault.object[fault.start])


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


def _tell_unheard() -> None:
    """Say so beside the output. What its buffer still holds goes nowhere: at the end of the process Python
    would try once more and fail in English.
    """
    with suppress(OSError, ValueError):
        if sys.stdout is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    say(_UNHEARD)
