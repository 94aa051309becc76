"""Telling a scanner that types like a keyboard from a person.

A scanner types faster than any hand: gaps of a few milliseconds, at least eight characters, then
Enter or Tab. Keys are held back for one gap; what turns out to be typing is given back in order.
"""

from dataclasses import dataclass

GAP_MS = 35
LARGEST_GAP_MS = 80
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to do now: give these keys back to the field, or take this scan."""

    released: str = ""
    scan: str | None = None
    rewriting: bool = False
    """An input method corrects the scanner's letters: it must be switched off."""


class Wedge:
    """Feeds on keys with their times in milliseconds."""

    def __init__(self, gap_ms: int = GAP_MS) -> None:
        self.gap_ms = min(max(gap_ms, 1), LARGEST_GAP_MS)
        self._held = ""
        self._last = 0.0

    def key(self, text: str, at_ms: float) -> Outcome:
        """A printable key: held back until it is known what it belongs to."""
        released = ""
        if self._held and at_ms - self._last > self.gap_ms:
            released, self._held = self._held, ""
        self._held += text
        self._last = at_ms
        return Outcome(released)

    def ending(self, at_ms: float) -> Outcome:
        """Enter or Tab: ends a scan, if one was coming."""
        held, self._held = self._held, ""
        if len(held) >= SHORTEST and at_ms - self._last <= self.gap_ms:
            return Outcome(scan=held)
        return Outcome(held)

    def backspace(self, at_ms: float) -> Outcome:
        """Nobody presses Backspace inside a scan; an input method does."""
        held, self._held = self._held, ""
        fast = at_ms - self._last <= self.gap_ms
        return Outcome(held, rewriting=fast and len(held) >= SHORTEST)

    def expire(self, at_ms: float) -> Outcome:
        """Called when a gap has passed: what is held was typed by hand."""
        if self._held and at_ms - self._last > self.gap_ms:
            held, self._held = self._held, ""
            return Outcome(held)
        return Outcome()
