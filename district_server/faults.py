"""What can be wrong, in words for people."""


class ServerFault(Exception):
    """The world's fault: exit status 3."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Refused(Exception):
    """A request that cannot be granted: exit status 1, or an HTTP status and seconds to wait."""

    def __init__(self, code: str, message: str, status: int = 400, wait: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.wait = wait
