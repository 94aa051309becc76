"""Faults, split by blame.

Expected refusals are return values, not exceptions. An `EnvironmentFault` is the world's: it carries
a Vietnamese sentence that says what happened and what to do. Anything else that is raised is ours.
"""


class EnvironmentFault(Exception):
    """The disk, the printer, the line, a damaged file. `message` is for the officer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(Exception):
    """A request that cannot be granted, with its reason: wrong PIN, unknown code, foreign file."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class WrongUsage(Exception):
    """The command line itself is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
