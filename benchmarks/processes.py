"""Whole processes: from the start of Python to a window that takes typing, to an answer, to memory."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from time import perf_counter

from benchmarks.book import PASSPHRASE, opened
from benchmarks.measure import Figure

_ROUNDS = 7
_GIVE_UP_SECONDS = 30


def figures(folder: Path, empty: Path, dossiers: int) -> Iterator[Figure]:
    """`folder` holds many dossiers, `empty` none."""
    with opened(folder) as (counter, _):
        code = counter.search.find("ho", 1)[0].code
    # without docstrings, as `make build` packs it
    window = [sys.executable, "-OO", "-m", "benchmarks.window"]
    tool = str(Path(sys.executable).with_name("counter-tool"))
    show = [tool, "show", "--data-dir", str(folder), code]
    timed = _in_turns(
        {
            "floor": [*window, "floor"],
            "app": [*window, "start", str(folder)],
            "app on an empty store": [*window, "start", str(empty)],
            "show": show,
            "python": [sys.executable, "-c", "pass"],
        }
    )
    floor, app, on_empty = timed["floor"], timed["app"], timed["app on an empty store"]
    ratio = app / floor
    yield Figure(
        "start to a sign-in that takes typing (median)",
        app,
        "ms",
        "1.5 x empty window",
        ratio <= 1.5,
        f"empty PySide6 window {floor:.0f} ms, ratio {ratio:.2f}",
    )
    ratio = app / on_empty
    yield Figure(
        f"start with {dossiers} dossiers against none",
        ratio,
        "x",
        "no slower (1.1 x)",
        ratio <= 1.1,
        f"with none {on_empty:.0f} ms",
    )
    yield Figure(
        "counter-tool show from cold (median)",
        timed["show"],
        "ms",
        "400 ms",
        timed["show"] <= 400,
        f"bare Python {timed['python']:.0f} ms; opening by passphrase is a part of it",
    )
    day = json.loads(_run([*window, "day", str(folder)]))
    bare = json.loads(_run([*window, "floor"]))
    yield Figure(
        "resident memory, every screen seen, searches typed",
        day["screens_mb"],
        "MB",
        "150 MB",
        day["screens_mb"] <= 150,
        f"empty PySide6 window {bare['mb']:.0f} MB",
    )
    yield Figure(
        "resident memory after a day's script",
        day["mb"],
        "MB",
        "150 MB",
        day["mb"] <= 150,
        f"{day['accepted']} taken in, printed on slip and form; the line made ready",
    )
    yield Figure(
        "longest turn of the main thread in that day",
        day["longest_ms"],
        "ms",
        "50 ms",
        day["longest_ms"] <= 50,
        f"p99 {day['p99_ms']:.1f} ms; building a screen at its first visit is a part of it",
    )


def _in_turns(commands: dict[str, Sequence[str]]) -> dict[str, float]:
    runs: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(_ROUNDS + 1):
        for name, command in commands.items():
            taken = _until_first_word(command)
            if number:
                runs[name].append(taken)
    return {name: statistics.median(found) for name, found in runs.items()}


def _until_first_word(command: Sequence[str]) -> float:
    """Milliseconds from its start until a process says something or ends; one that hangs is ended."""
    began = perf_counter()
    with subprocess.Popen(
        command, env=_surroundings(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        patience = Timer(_GIVE_UP_SECONDS, process.kill)
        patience.start()
        process.stdout.readline()
        taken = (perf_counter() - began) * 1000
        patience.cancel()
        return taken


def _run(command: Sequence[str]) -> str:
    ended = subprocess.run(command, env=_surroundings(), capture_output=True, text=True, check=True)
    return ended.stdout


def _surroundings() -> dict[str, str]:
    surroundings = os.environ | {
        "QT_QPA_PLATFORM": "offscreen",
        "COUNTER_PASSPHRASE": PASSPHRASE,
        "QT_LOGGING_RULES": "*=false",
    }
    # compiled modules, as an installed program has them
    surroundings.pop("PYTHONDONTWRITEBYTECODE", None)
    return surroundings
