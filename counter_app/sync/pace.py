"""How much goes over a line at once: more while it is quick, less where it breaks; and how often one cycle may
begin again.
"""

from dataclasses import dataclass, field

MOST_EVENTS = 500
MOST_BYTES = 1_000_000
"""Of a batch before it is squeezed; some 130 kB on the line."""
FIRST_BATCH = 50
FAST, SLOW = 4.0, 15.0
"""Seconds a request may take before batches grow no more, and before they shrink."""
MOST_TURNS = 8
"""Times that a server may make one cycle do again what was done: as a copy, or as one that was put back."""


@dataclass(slots=True)
class Pace:
    """What a cycle knows of its line, whichever connection told it. Sizes are counted in events."""

    ends: float
    """When the cycle has had its time, by the clock's `uptime`."""
    broken: bool = False
    """Then nothing grows for the rest of the cycle."""
    most: int = 0
    """The largest size that went through."""
    turns: int = 0
    """How often it did again what was done."""
    begun: set[str] = field(default_factory=set)
    """The lives that began in it."""
    rewound: set[str] = field(default_factory=set)
    """The lives that were sent again because the server missed something of them."""

    def next_size(self, size: int, took: float) -> int:
        """After a request of that size went through in so many seconds."""
        if took > SLOW:
            return max(1, size // 2)
        grows = took < FAST and not self.broken
        return min(MOST_EVENTS, size * 3 // 2 + 1) if grows else size

    def less(self, size: int) -> int:
        """After a cut: half, or three quarters where as much went through before."""
        return max(1, size * 3 // 4 if size <= self.most else size // 2)
