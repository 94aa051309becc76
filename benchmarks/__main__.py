"""`python -m benchmarks [--dossiers N]`: make a store, measure, print a table; with `peers` the table
of other sync engines on the same dossiers.
"""

import argparse
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks import book, ingest, processes, wire, worn
from benchmarks.measure import Figure
from benchmarks.peers import table as peers

_MILLION_SECONDS = 600


def main() -> int:
    """Always 0: a figure that misses its bar is said, not hidden."""
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("what", nargs="?", choices=["peers"])
    parser.add_argument("--dossiers", type=int)
    parser.add_argument("--rounds", type=int, default=3, help="of the peers")
    options = parser.parse_args()
    dossiers = options.dossiers or (10_000 if options.what else 100_000)
    print(
        f"Python {platform.python_version()}, {platform.system()}, {dossiers} dossiers", flush=True
    )
    if options.what:
        peers.compare(dossiers, options.rounds)
    else:
        _table(dossiers)
    return 0


def _table(dossiers: int) -> None:
    with tempfile.TemporaryDirectory(prefix="mot-cua-bench-") as name:
        folder, empty = Path(name) / "many", Path(name) / "none"
        seconds = book.make_store(folder, dossiers)
        per_million = seconds / dossiers * 1_000_000
        _say(
            Figure(
                f"seed {dossiers} dossiers, scaled to 1,000,000",
                per_million,
                "s",
                "600 s",
                per_million <= _MILLION_SECONDS,
                f"{seconds:.1f} s here",
            )
        )
        book.make_store(empty, 0)
        for figure in processes.figures(folder, empty, dossiers):
            _say(figure)
        for figure in book.figures(folder):
            _say(figure)
        for figure in wire.figures(Path(name)):
            _say(figure)
        for figure in ingest.figures(Path(name)):
            _say(figure)
    for figure in worn.figures():
        _say(figure)


def _say(figure: Figure) -> None:
    print(figure.line(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
