"""How a print ended (contract of every transport), by what was really known."""

from enum import StrEnum


class Outcome(StrEnum):
    """Only an answer from the printer confirms: sent without an error is not printed."""

    CONFIRMED = "CONFIRMED"
    """The printer answered that everything before its answer was processed."""
    SENT = "SENT"
    """All bytes were taken by a channel that cannot answer."""
    UNKNOWN = "UNKNOWN"
    """Silence or a reset after bytes had left: someone must look. Never reprinted by itself."""
    FAILED = "FAILED"
    """No byte of the job left."""
