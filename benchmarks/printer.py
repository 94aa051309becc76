"""A virtual printer in a process of its own, as a real one is: `benchmarks.book` talks to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def printer_apart() -> Iterator[int]:
    """Its port on loopback."""
    command = [sys.executable, "-m", "benchmarks.printer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


if __name__ == "__main__":
    from counter_app.printing.virtual import VirtualPrinter

    with VirtualPrinter() as paper:
        print(paper.port, flush=True)
        # until whoever asked for it lets go
        sys.stdin.read()
