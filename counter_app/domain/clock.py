"""Whether the PC's clock can be believed: power cuts and dead batteries give dates of 2015."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from counter_app import BUILT_ON

_FAR = timedelta(days=30)
_JITTER = timedelta(minutes=2)
"""A clock that is set by the network steps back a little."""


class ClockState(StrEnum):
    """What the time says of itself, beside when this device was believed last; each event carries it."""

    OK = "ok"
    BACK = "back"
    """Before that."""
    EARLY = "early"
    """Before the program was made."""
    FAR = "far"
    """Long after that."""
    TYPED = "typed"
    """As an officer typed it, because the PC showed something else."""


DOUBTED = (ClockState.BACK, ClockState.EARLY, ClockState.FAR)


def clock_state(now: datetime, last: datetime | None) -> ClockState:
    """Whether `now` can follow an event of `last`; None where there is none."""
    if last is not None and now < last - _JITTER:
        return ClockState.BACK
    if now.astimezone(UTC) < BUILT_ON:
        return ClockState.EARLY
    if last is not None and now > last + _FAR:
        return ClockState.FAR
    return ClockState.OK
