"""`python -m benchmarks peers`: one table, medians of rounds taken in turns, ratios to ours."""

import contextlib
import statistics
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import astuple
from functools import partial
from pathlib import Path

from benchmarks.peers import anki, morango, ours, pouchdb
from benchmarks.peers.course import Result, Unavailable

_OURS = "ours on SQLite"
_PEERS = {
    "PouchDB, express-pouchdb": pouchdb,
    "Anki's sync server": anki,
    "Morango": morango,
}
_COLUMNS = ("records/s up", "records/s down", "B/record up", "B/record down", "B re-sent", "B idle")
_NOTES = """\
up: one client sends all; down: another takes all; re-sent: bytes beyond those of an uncut push after
the line broke at half of them and the client went on; idle: both ways, nothing to say. Bytes are those
on the socket both ways, headers included, plain HTTP on loopback; in brackets the ratio to ours.
Ours signs, checks every event against the rules, encrypts its store and commits with a full sync; its
way up ends when the sender has taken back the common order of its own events."""

_FLOOR = """\
Floor of ours down, in the same rounds: {:,.0f} records/s, the rows alone into the encrypted store in
transactions of a page; nothing decoded, judged, folded or looked up."""

Round = Callable[[Path], Result]


def compare(dossiers: int, rounds: int) -> None:
    """Print the table; what cannot run here is one line with its reason."""
    with tempfile.TemporaryDirectory(prefix="mot-cua-peers-") as name, _postgres() as postgres:
        place = Path(name)
        made = ours.make_dossiers(place / "dossiers", dossiers)
        sides: dict[str, Round] = {_OURS: lambda p: ours.figures(p, made, dossiers)}
        if postgres:
            sides["ours on PostgreSQL"] = lambda p: ours.figures(p, made, dossiers, postgres)
        records = ours.records_of(made)
        for who, peer in _PEERS.items():
            with _said(who):
                installed = peer.install(place / who)
                sides[who] = partial(_one, peer.figures, installed, records, dossiers)
        floors: list[float] = []

        def floor(folder: Path) -> None:
            floors.append(ours.floor(folder, made))

        _print(_rounds(sides, place, rounds, floor), rounds)
        print(_FLOOR.format(statistics.median(floors)), flush=True)


def _one(
    figures: Callable[[Path, Path, Path, int], Result],
    installed: Path,
    records: Path,
    count: int,
    place: Path,
) -> Result:
    return figures(installed, place, records, count)


def _rounds(
    sides: dict[str, Round], place: Path, rounds: int, floor: Callable[[Path], None]
) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {who: [] for who in sides}
    broken: set[str] = set()
    for number in range(rounds):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            floor(Path(folder))
        for who, side in sides.items():
            if who in broken:
                continue
            broken.add(who)
            with _said(who), tempfile.TemporaryDirectory(dir=place) as folder:
                found[who].append(side(Path(folder)))
                print(f"round {number + 1}: {who}", flush=True)
                broken.remove(who)
    return {who: results for who, results in found.items() if results}


@contextlib.contextmanager
def _said(who: str) -> Iterator[None]:
    try:
        yield
    except (Unavailable, OSError) as reason:
        print(f"left out: {who}: {reason}", flush=True)


@contextlib.contextmanager
def _postgres() -> Iterator[str]:
    """A server that waits for its disk, or nothing."""
    with contextlib.ExitStack() as stack:
        url = ""
        with _said("ours on PostgreSQL"):
            try:
                from tests.postgres import cluster

                url = stack.enter_context(cluster(durable=True))
            except RuntimeError as error:
                raise Unavailable(str(error)) from None
        yield url


def _print(found: dict[str, list[Result]], rounds: int) -> None:
    medians = {
        who: [statistics.median(column) for column in zip(*map(astuple, results), strict=True)]
        for who, results in found.items()
    }
    base = medians.get(_OURS)
    print(f"\n{f'medians of {rounds}':<28}" + "".join(f"{name:>22}" for name in _COLUMNS))
    for who, values in medians.items():
        cells = [
            f"{value:,.0f}" + (f" ({value / base[place]:.2f})" if base and base[place] else "")
            for place, value in enumerate(values)
        ]
        print(f"{who:<28}" + "".join(f"{cell:>22}" for cell in cells))
    print(f"\n{_NOTES}", flush=True)
