"""What the server writes down about itself: JSON, a line each, to standard error.

Never a name, a number of a person, a query, a body, or what a database said about its values: of a
fault only its kind and place.
"""

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

_DEVICE = re.compile("c-[0-9a-f]{32}")
_lock = threading.Lock()


class Journal:
    """One stream of lines."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream

    def write(self, event: str, level: str = "info", **more: Any) -> None:
        """A line. `more` must hold nothing about a person."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, "level": level, "event": event, **more}, ensure_ascii=False)
        with _lock:
            stream = self._stream or sys.stderr
            stream.write(line + "\n")
            stream.flush()

    def fault(self, fault: BaseException, **more: Any) -> None:
        """Ours, not the world's: what kind and where, never what the values were."""
        self.write("fault", "error", **of_fault(fault), **more)


def of_fault(fault: BaseException) -> dict[str, str]:
    """Kind and place."""
    frames = traceback.extract_tb(fault.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"kind": type(fault).__name__, "place": place}


def device_of(claimed: str | None) -> str:
    """The device that a header names, if it is a device's name at all."""
    return claimed if claimed and _DEVICE.fullmatch(claimed) else ""


def take_over_logging(journal: Journal) -> None:
    """What libraries log becomes lines of the journal: the pattern, never its arguments."""
    root = logging.getLogger()
    root.handlers[:] = [_Handler(journal)]
    root.setLevel(logging.WARNING)


class _Handler(logging.Handler):
    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        more = of_fault(record.exc_info[1]) if record.exc_info and record.exc_info[1] else {}
        text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        self._journal.write(
            "log",
            record.levelname.lower(),
            logger=record.name,
            # what follows the first line tells of objects with their values
            text=text.partition("\n")[0][:200],
            **more,
        )
