"""A file that cannot be used, with the line where it goes wrong."""


class FileFault(Exception):
    """`line` counts from 1; 0 where the file as a whole is wrong. `message` is Vietnamese."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message

    def sentence(self, name: str) -> str:
        """For the screen: which file, which line, what to do."""
        where = f" dòng {self.line}" if self.line else ""
        return f"Tệp {name}{where}: {self.message}"
