"""The same way for everyone: up from one client, down to another, nothing, up over a line that breaks.

A worker is a process that says `{"ready": true}` once its records lie in its store and it knows the
server, then syncs once for every word it reads ("up", "down", "both") and says how that went.
"""

import contextlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer

from benchmarks.wire import CountingRelay

WORKERS = Path(__file__).with_name("workers")
_GIVE_UP_SECONDS = 900
_TRIES = 10


class Unavailable(Exception):
    """Cannot be installed or run here; the reason."""


@dataclass(frozen=True, slots=True)
class Result:
    """Records a second, bytes on the wire both ways."""

    push: float
    pull: float
    push_bytes: float
    pull_bytes: float
    resent: float
    idle: float


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs. `loader` and `taker` make the command of a worker: the one has all records,
    the other none. They are told the port to speak to and a folder of their own.
    """

    port: int
    loader: Callable[[int, Path], Sequence[str]]
    taker: Callable[[int, Path], Sequence[str]]
    surroundings: Mapping[str, str] = field(default_factory=dict)


Serve = Callable[[Path], AbstractContextManager[Served]]
"""A server on an empty store in that folder."""


def run(serve: Serve, place: Path, records: int) -> Result:
    """Two servers, one after the other: one behind a line that holds, one behind a line that breaks."""
    with _both(serve, place / "whole", records) as (relay, loader, taker):
        relay.taken()
        pushed = loader.sync("up")
        push_bytes = relay.taken()
        pulled = taker.sync("down")
        pull_bytes = relay.taken()
        loader.sync("both")
        relay.taken()
        loader.sync("both")
        idle = relay.taken()
    with _both(serve, place / "cut", records) as (relay, loader, taker):
        relay.taken()
        relay.cut_after(push_bytes // 2)
        loader.insist("up")
        if relay.to_be_cut:
            raise Unavailable("the line was never cut")
        resent = max(0, relay.taken() - push_bytes)
        taker.sync("down")
    return Result(
        records / pushed, records / pulled, push_bytes / records, pull_bytes / records, resent, idle
    )


@contextlib.contextmanager
def _both(
    serve: Serve, place: Path, records: int
) -> Iterator[tuple[CountingRelay, "_Worker", "_Worker"]]:
    place.mkdir(parents=True)
    with serve(place) as served:
        relay = CountingRelay(served.port)
        with (
            _Worker(served.loader(relay.port, place / "loader"), served, place, records) as loader,
            _Worker(served.taker(relay.port, place / "taker"), served, place, records) as taker,
        ):
            yield relay, loader, taker
        relay.close()


class _Worker:
    """A client in a process of its own."""

    def __init__(self, command: Sequence[str], served: Served, place: Path, records: int) -> None:
        self._records = records
        self._complaints = (place / f"{len(list(place.glob('*.txt')))}.txt").open("w+")
        self._process = subprocess.Popen(
            command,
            env=os.environ | served.surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._patience = Timer(_GIVE_UP_SECONDS, self._process.kill)
        self._patience.start()

    def __enter__(self) -> "_Worker":
        try:
            self._answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._patience.cancel()
        self._process.kill()
        self._process.communicate()
        self._complaints.close()

    def sync(self, word: str) -> float:
        """Seconds of one sync, after which this side has every record."""
        told = self._turn(word)
        if told["fault"]:
            raise Unavailable(told["fault"])
        if told["held"] != self._records:
            raise Unavailable(f"{told['held']} of {self._records} records arrived")
        return float(told["seconds"])

    def insist(self, word: str) -> None:
        """Sync until nothing stands in the way any more."""
        for _ in range(_TRIES):
            fault = self._turn(word)["fault"]
            if not fault:
                return
        raise Unavailable(f"no sync after a cut: {fault}")

    def _turn(self, word: str) -> dict[str, object]:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # libraries may say something of their own
            if line.startswith("{"):
                told: dict[str, object] = json.loads(line)
                return told
        self._complaints.seek(0)
        last = self._complaints.read().strip().splitlines()[-1:] or ["its process ended"]
        raise Unavailable(last[0])
