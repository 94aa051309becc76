"""Ways that cannot answer: the queues of the operating system, a file, a folder of pages.

What a queue has taken is SENT and no more: nobody tells whether it came out.
"""

import itertools
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from counter_app.data_folder import refuse_book
from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Learnt, Profile

_QUEUE_SECONDS = 10.0
_PAUSED = 0x1
"""PRINTER_STATUS_PAUSED of Windows."""


class _Spool:
    """What every way without an answer has in common."""

    def __init__(self, name: str, profile: Profile | None) -> None:
        self.name = name
        self.profile = profile or Profile()

    def learn(self) -> Learnt:
        """Nothing can be asked here."""
        return Learnt(replace(self.profile, status=False, fence=False), self.state())

    def state(self) -> Reason | None:
        """Always ready, for all that is known."""
        return None


class CupsQueue(_Spool):
    """A queue of CUPS, by its own command; raw, unless it is given pages."""

    def __init__(self, queue: str, name: str, profile: Profile | None = None) -> None:
        super().__init__(name, profile)
        self._queue = queue

    def send(self, job: bytes) -> Sent:
        """Hand it to the queue."""
        if against := self.state():
            return sent(against)
        raw = () if self.profile.pages else ("-o", "raw")
        try:
            done = _run(("lp", "-s", "-d", self._queue, *raw, "-"), job)
        except FileNotFoundError:
            return sent(Reason.NOT_HERE)
        except subprocess.TimeoutExpired:
            return sent(Reason.QUEUE_SILENT)
        return sent(Reason.QUEUE_REFUSED if done.returncode else Reason.SPOOLED)

    def state(self) -> Reason | None:
        """Whether the queue is there and runs."""
        try:
            done = _run(("lpstat", "-p", self._queue))
        except FileNotFoundError:
            return Reason.NOT_HERE
        except subprocess.TimeoutExpired:
            return Reason.UNREACHABLE
        if done.returncode:
            return Reason.QUEUE_REFUSED
        return Reason.QUEUE_STOPPED if b" disabled since" in done.stdout else None


class WindowsQueue(_Spool):
    """A queue of the Windows spooler, raw."""

    def __init__(self, queue: str, name: str, profile: Profile | None = None) -> None:
        super().__init__(name, profile)
        self._queue = queue

    def send(self, job: bytes) -> Sent:
        """Hand it to the queue. Pages need a driver: they are not for here."""
        if self.profile.pages:
            return sent(Reason.NOT_HERE)
        spooler = win32_spooler()
        if spooler is None:
            return sent(Reason.NOT_HERE)
        if against := self.state():
            return sent(against)
        return sent(_spooled(spooler, self._queue, job))

    def state(self) -> Reason | None:
        """Whether the queue is there and runs."""
        spooler = win32_spooler()
        if spooler is None:
            return Reason.NOT_HERE
        try:
            handle = spooler.OpenPrinter(self._queue)
        except spooler.error:
            return Reason.QUEUE_REFUSED
        try:
            return _paused(spooler, handle)
        finally:
            spooler.ClosePrinter(handle)


class FilePrinter(_Spool):
    """A file instead of a printer: for trials, and for what reads files."""

    def __init__(self, path: Path, profile: Profile | None = None, name: str = "file") -> None:
        super().__init__(name, profile)
        refuse_book(path)
        self._path = path

    def state(self) -> Reason | None:
        """Whether there is a folder to write it in."""
        return None if self._path.parent.is_dir() else Reason.NOT_WRITTEN

    def send(self, job: bytes) -> Sent:
        """Write the bytes in place of the last job's."""
        try:
            self._path.write_bytes(job)
        except OSError:
            return sent(Reason.NOT_WRITTEN)
        return sent(Reason.WRITTEN)


class PageFolder(_Spool):
    """A folder that gets each slip as a PDF: the last resort when every printer is down."""

    def __init__(self, folder: Path, name: str, profile: Profile) -> None:
        super().__init__(name, profile)
        self._folder = folder

    def send(self, job: bytes) -> Sent:
        """Write one more file; none is ever overwritten."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for number in itertools.count(1):
                path = self._folder / f"phieu-{time.strftime('%Y%m%d-%H%M%S')}-{number}.pdf"
                try:
                    with path.open("xb") as out:
                        out.write(job)
                except FileExistsError:
                    continue
                return sent(Reason.WRITTEN)
        except OSError:
            pass
        return sent(Reason.NOT_WRITTEN)


def win32_spooler() -> Any:
    """The spooler's functions, None where this is not Windows."""
    if sys.platform != "win32":
        return None
    import win32print

    return win32print


def queues() -> list[str]:
    """Names of the queues that this PC has."""
    spooler = win32_spooler()
    if spooler is not None:
        local_and_connected = 2 | 4
        return [str(printer[2]) for printer in spooler.EnumPrinters(local_and_connected)]
    try:
        done = _run(("lpstat", "-e"))
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return []
    return done.stdout.decode("utf-8", "replace").split()


def _paused(spooler: Any, handle: Any) -> Reason | None:
    try:
        status = spooler.GetPrinter(handle, 2)["Status"]
    except spooler.error:
        return None
    return Reason.QUEUE_STOPPED if status & _PAUSED else None


def _spooled(spooler: Any, queue: str, job: bytes) -> Reason:
    from escpos.exceptions import DeviceNotFoundError
    from escpos.printer import Win32Raw

    way = Win32Raw(queue)
    try:
        way.open("Một Cửa")
    except DeviceNotFoundError:
        return Reason.QUEUE_REFUSED
    try:
        way._raw(job)
        way.close()
    except spooler.error:
        with suppress(spooler.error):
            spooler.ClosePrinter(way.device)
        # else its end would close the job again
        way.device = None
        return Reason.QUEUE_SILENT
    return Reason.SPOOLED


def _run(command: tuple[str, ...], given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    # its words are read: they must not be the user's language
    words = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        command, input=given, capture_output=True, timeout=_QUEUE_SECONDS, env=words, check=False
    )
