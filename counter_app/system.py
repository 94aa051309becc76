"""The real clock and the real source of ids."""

import os
import secrets
import time
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo


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


@cache
def _boot_id() -> str:
    kernel = Path("/proc/sys/kernel/random/boot_id")
    try:
        return kernel.read_text(encoding="ascii").strip()[:8]
    except OSError:
        # Windows: the boot began so long ago; ten minutes of rounding outlast small clock changes
        return f"{int((time.time() - time.monotonic()) // 600):08x}"


class SystemIds:
    """UUIDv7 and bytes from the operating system."""

    def new_id(self, at: datetime) -> str:
        """48 bits of the time in ms, the rest random: unique without any network."""
        milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
        value = milliseconds << 80 | int.from_bytes(os.urandom(10), "big")
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        text = f"{value:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def random(self, size: int) -> bytes:
        """Bytes nobody can guess."""
        return os.urandom(size)

    def choose(self, below: int) -> int:
        """A number from 0 to `below` - 1 nobody can guess."""
        return secrets.randbelow(below)
