"""`python -m benchmarks [--dossiers N]`: make a store, measure, print a table."""

import argparse
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import book, processes, wire, worn
from benchmarks.measure import Figure

_MILLION_SECONDS = 600


def main() -> int:
    """Always 0: a figure that misses its bar is said, not hidden."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("--dossiers", type=int, default=100_000)
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.system()}, {options.dossiers} dossiers")
    with tempfile.TemporaryDirectory(prefix="mot-cua-bench-") as name:
        folder, empty = Path(name) / "many", Path(name) / "none"
        seconds = book.make_store(folder, options.dossiers)
        per_million = seconds / options.dossiers * 1_000_000
        _say(
            Figure(
                f"seed {options.dossiers} dossiers, scaled to 1,000,000",
                per_million,
                "s",
                "600 s",
                per_million <= _MILLION_SECONDS,
                f"{seconds:.1f} s here",
            )
        )
        book.make_store(empty, 0)
        for figure in processes.figures(folder, empty, options.dossiers):
            _say(figure)
        for figure in book.figures(folder):
            _say(figure)
        for figure in wire.figures(Path(name)):
            _say(figure)
    for figure in worn.figures():
        _say(figure)
    return 0


def _say(figure: Figure) -> None:
    print(figure.line(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
