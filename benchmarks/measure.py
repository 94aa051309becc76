"""Timing in turns, so that a busy machine slows the measured and its floor alike."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    bar: str
    holds: bool
    beside: str = ""

    def line(self) -> str:
        """For the console."""
        mark = "ok  " if self.holds else "MISS"
        return f"{mark} {self.what:<58} {self.value:>9.1f} {self.unit:<6} bar {self.bar:<22} {self.beside}"


@dataclass(slots=True)
class Series:
    """Milliseconds of many runs."""

    runs: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.runs)

    @property
    def p95(self) -> float:
        """Nineteen of twenty are quicker."""
        ordered = sorted(self.runs)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]

    def add(self, work: Callable[[], object]) -> object:
        """Time one run."""
        began = time.perf_counter()
        result = work()
        self.runs.append((time.perf_counter() - began) * 1000)
        return result


def in_turns(rounds: int, *works: Callable[[int], object], warm: int = 3) -> Sequence[Series]:
    """Each work once a round, after a few that do not count."""
    found = [Series() for _ in works]
    for number in range(rounds + warm):
        for series, work in zip(found, works, strict=True):
            series.add(partial(work, number))
    for series in found:
        del series.runs[:warm]
    return found
