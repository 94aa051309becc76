"""How often one may ask: a fence against what runs wild, far above what a counter does in earnest.

These are counted by each process for itself. Fences against guessing stand in the database where several
processes serve: see `shared_limits`.
"""

import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from district_server.faults import Refused

_MOST_KEPT = 50_000
_TOO_OFTEN = "Gửi quá dày. Chờ một lát rồi gửi lại."


class Fence(Protocol):
    """How often a key may ask."""

    def wait(self, key: str) -> float:
        """Seconds until the key may ask again; 0 where it may now. Takes nothing."""

    def take(self, key: str) -> None:
        """Count one; too many are refused with the time to wait."""


class Bucket:
    """`burst` at once, `per_second` in the long run, for each key by itself."""

    def __init__(
        self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst = burst
        self.per_second = per_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, key: str) -> float:
        """Seconds until the key may ask again; 0 where it may now. Takes nothing."""
        with self._lock:
            return self._wait(neighbourhood(key), self._clock())

    def take(self, key: str) -> None:
        """Count one; too many are refused with the time to wait."""
        key = neighbourhood(key)
        with self._lock:
            now = self._clock()
            wait = self._wait(key, now)
            if wait:
                raise too_often(wait)
            self._left[key] = (self._tokens(key, now) - 1, now)
            self._left.move_to_end(key)
            if len(self._left) > _MOST_KEPT:
                self._left.popitem(last=False)

    def _wait(self, key: str, now: float) -> float:
        missing = 1 - self._tokens(key, now)
        return missing / self.per_second if missing > 0 else 0.0

    def _tokens(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (float(self.burst), now))
        return min(float(self.burst), left + (now - at) * self.per_second)


def neighbourhood(key: str) -> str:
    """Who counts as one: of an IPv6 address its first 64 bits, which one line has to itself."""
    if ":" not in key:
        return key
    try:
        address = ipaddress.IPv6Address(key.partition("%")[0])
    except ValueError:
        return key
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def busy() -> Refused:
    """503, with a moment to come again that is not everybody's."""
    wait = 5 + secrets.randbelow(25)
    return Refused("busy", "Máy chủ đang bận. Quầy tự gửi lại sau ít giây.", 503, wait=wait)


def too_often(wait: float) -> Refused:
    """429, with the seconds to wait."""
    return Refused("too_often", _TOO_OFTEN, 429, wait=int(wait) + 1)


@dataclass(frozen=True, slots=True)
class Limits:
    """All fences of one process."""

    device: Bucket = field(default_factory=lambda: Bucket(1000, 100))
    """Signed requests of a device."""
    enrol: Fence = field(default_factory=lambda: Bucket(100, 0.2))
    """Enrolments from an address: a whole district behind one address may come on one morning."""
    stranger: Bucket = field(default_factory=lambda: Bucket(200, 1))
    """Requests from an address that nobody signed, or signed wrong."""
    sign_in: Fence = field(default_factory=lambda: Bucket(10, 0.05))
    """Passwords tried from an address."""
    look_up: Fence = field(default_factory=lambda: Bucket(10, 10 / 600))
    """Slips that opened nothing, from an address."""
    look_up_code: Fence = field(default_factory=lambda: Bucket(5, 5 / 86_400))
    """Slips of a code whose signature did not hold."""
    in_hand: int = 200
    """Requests under way in the process; one more is told when to come again instead of waiting so long
    that its counter takes the line for dead and sends everything once more."""
    pages: int = 20
    """Requests about scanned pages under way: a store of objects that answers slowly must leave threads and
    connections to those who bring events."""
    at_work: int = 12
    """Requests of counters that are worked on at the same time; the others wait as the bytes that came. A
    batch takes some megabytes while it is judged, and more of them make nobody quicker; but the counters
    of a commune, nine at most, may all be waiting for one another."""
    stall: float = 20.0
    """Seconds without a byte of the body after which the rest is not waited for."""
