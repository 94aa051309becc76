"""The real clock, the real source of ids, and this run of the program."""

import os
import secrets
import socket
import sys
import time
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from counter_app.ports import Clock

_SET_BY_HAND = 120.0
"""Seconds that a PC's clock does not move by itself beside the time that has run."""


class SystemClock:
    """The PC's clock in the office's zone; whatever zone the PC itself is set to."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def now(self) -> datetime:
        """Wall time of the office."""
        return datetime.now(self._zone)

    def uptime(self) -> float:
        """Seconds of this boot that only run forward."""
        return time.monotonic()

    def boot_id(self) -> str:
        """Names this boot: from the kernel where it has one, else by when it began."""
        return _boot_id()


class _Typed(NamedTuple):
    shown: datetime
    """What the PC showed when the true time was typed."""
    uptime: float
    ahead: timedelta


ANY_ZONE = "Asia/Ho_Chi_Minh"
"""Until that of the office is read from its file inside the store."""


class OfficeTime:
    """What the PC shows, or what goes on from the time that an officer typed: until the PC's clock is set,
    or the program ends.
    """

    def __init__(self, pc: Clock) -> None:
        self.pc = pc
        self._typed: _Typed | None = None

    def now(self) -> datetime:
        """Wall time of the office."""
        shown, typed = self.pc.now(), self._typed
        if typed is None:
            return shown
        went = (shown - typed.shown).total_seconds()
        if abs(went - (self.pc.uptime() - typed.uptime)) > _SET_BY_HAND:
            # somebody set the PC's clock: it is believed, or doubted, for what it shows now
            self._typed = None
            return shown
        return shown + typed.ahead

    def uptime(self) -> float:
        """The PC's."""
        return self.pc.uptime()

    def boot_id(self) -> str:
        """The PC's."""
        return self.pc.boot_id()

    @property
    def typed(self) -> bool:
        """Whether an officer's time is in force."""
        self.now()
        return self._typed is not None

    def put_right(self, at: datetime) -> None:
        """It is `at` now."""
        shown = self.pc.now()
        self._typed = _Typed(shown, self.pc.uptime(), at - shown)


@cache
def _boot_id() -> str:
    kernel = Path("/proc/sys/kernel/random/boot_id")
    try:
        return kernel.read_text(encoding="ascii").strip()[:8]
    except OSError:
        # Windows: the boot began so long ago; ten minutes of rounding outlast small clock changes
        return f"{int((time.time() - time.monotonic()) // 600):08x}"


def uuid7(at: datetime, chance: int) -> str:
    """A UUIDv7 of that moment; `chance` are its 80 random bits, six of which give way."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    value = milliseconds << 80 | chance
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class SystemIds:
    """UUIDv7 and bytes from the operating system."""

    def new_id(self, at: datetime) -> str:
        """48 bits of the time in ms, the rest random: unique without any network."""
        return uuid7(at, int.from_bytes(os.urandom(10), "big"))

    def random(self, size: int) -> bytes:
        """Bytes nobody can guess."""
        return os.urandom(size)

    def choose(self, below: int) -> int:
        """A number from 0 to `below` - 1 nobody can guess."""
        return secrets.randbelow(below)


class SystemProcess:
    """This run, named by boot, process and a word of its own."""

    def __init__(self) -> None:
        pid = os.getpid()
        self._mark = f"{_boot_id()} {pid} {_begun(pid)} {secrets.token_hex(4)}"

    @property
    def mark(self) -> str:
        """Names this run."""
        return self._mark

    def runs(self, mark: str) -> bool:
        """Whether the run of that name still goes on, on this PC and in this boot."""
        boot, _, rest = mark.partition(" ")
        if mark == self._mark:
            return True
        if boot != _boot_id() or not rest:
            return False
        pid, begun, _ = rest.split(" ")
        # a later run in this same process is another one
        return int(pid) != os.getpid() and _begun(int(pid)) == begun


def has_network() -> bool:
    """Whether this PC has any way out: a cable, a Wi-Fi, a stick. Nothing is sent; what lies behind the first
    router is not known.
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
            # an address of documentation (RFC 5737): only the table of routes is asked
            way.connect(("192.0.2.1", 9))
    except OSError:
        return False
    return True


def _begun(pid: int) -> str:
    """When that process began, so that a number used again is not taken for it; empty: none runs."""
    if sys.platform == "win32":
        return _begun_on_windows(pid)
    try:
        # the name stands in brackets and may hold blanks; behind it first the state, later the start
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = told.rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    except OSError:
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "runs"


if sys.platform == "win32":

    def _begun_on_windows(pid: int) -> str:
        import ctypes  # only where it is needed

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, pid)
        if not handle:
            return ""
        times = [ctypes.c_uint64() for _ in range(4)]
        code = ctypes.c_uint32()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.GetProcessTimes(handle, *(ctypes.byref(one) for one in times))
        kernel.CloseHandle(handle)
        still_active = 259
        return str(times[0].value) if code.value == still_active else ""
