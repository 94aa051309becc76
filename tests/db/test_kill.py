"""Power cuts: whatever a counter had confirmed is in the book, in order, once and whole.

The child writes a code to its pipe only after `accept` has returned, and is killed there and then:
what stood in the pipe is what a citizen may hold in her hand.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import PASSPHRASE

from counter_app.bootstrap import Counter
from counter_app.keys import store_key
from counter_app.services.results import Accepted

MORNING = datetime(2026, 11, 20, 9, 24, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
CODE = re.compile(r"H50\.99\.01-261120-2(\d{3,4})")
MOST_LINES = 25
MOST_DELAY = 0.02
"""Seconds of further work that a child may do before it is killed: several commits."""


# ---- the child ---------------------------------------------------------------------------------


class Morning:
    """It is always the same minute, so that every code is of one day."""

    def now(self) -> datetime:
        return MORNING

    def uptime(self) -> float:
        return time.monotonic()

    def boot_id(self) -> str:
        return "boot-1"


def accept_for_ever(folder: Path, key: bytes, name: str) -> None:
    """Take dossiers in, and say each code once it is in the book."""
    counter = Counter(folder, key)
    counter.clock = Morning()
    officer = counter.officers.all()[0]
    number = 0
    while True:
        number += 1
        draft = {"procedure": "1.004873", "applicant": {"name": f"{name} {number}"}}
        made = counter.intake.accept(draft, officer)
        assert isinstance(made, Accepted)
        sys.stdout.write(f"{made.code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    accept_for_ever(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3])


# ---- the test ----------------------------------------------------------------------------------


class Child:
    """A counter in a process of its own; a thread reads what it confirms."""

    def __init__(self, folder: Path, key: bytes, name: str) -> None:
        places = [str(Path(__file__).parents[1]), *sys.path]
        self.confirmed: list[str] = []
        self._said = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(folder), key.hex(), name],
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._said:
                # a line that the kill cut in two was not said
                if line.endswith("\n"):
                    self.confirmed.append(line.strip())
                self._said.notify_all()

    def wait_for(self, lines: int, then: float = 0.0) -> None:
        """Until it has confirmed so many, and for that many seconds more."""
        with self._said:
            assert self._said.wait_for(lambda: len(self.confirmed) >= lines, timeout=60)
            self._said.wait_for(lambda: self._process.poll() is not None, timeout=then)

    def kill(self) -> None:
        """As a power cut does; then take what still stood in the pipe."""
        assert self._process.poll() is None, "it ended by itself"
        self._process.kill()
        self._process.wait(60)
        self._reader.join(60)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def made(templates: Callable[[int], Path]) -> tuple[Path, bytes]:
    folder = templates(2)
    return folder, store_key.unlock(folder, PASSPHRASE)


@pytest.fixture
def folder(made: tuple[Path, bytes], tmp_path: Path) -> Path:
    return shutil.copytree(made[0], tmp_path / "so")


@contextmanager
def reopened(folder: Path, key: bytes) -> Iterator[Counter]:
    counter = Counter(folder, key)
    try:
        yield counter
    finally:
        counter.close()


def assert_whole(folder: Path, key: bytes, confirmed: list[str], unconfirmed: int) -> None:
    """Everything confirmed is there once, numbered without gap; at most so much more is."""
    with reopened(folder, key) as counter:
        assert counter.checks.whole().faults == ()
        with counter.store.read() as books:
            run = books.connection.exec_driver_sql
            codes = list(run("SELECT code FROM dossier ORDER BY num").scalars())
            jobs = {job.dossier_id for job in books.prints.unfinished()}
            ids = set(run("SELECT id FROM dossier").scalars())
            applicants = list(run("SELECT applicant_name FROM dossier").scalars())
    assert len(confirmed) == len(set(confirmed)), "a code was confirmed twice"
    assert set(confirmed) <= set(codes), "a confirmed dossier is lost"
    assert len(codes) <= len(confirmed) + unconfirmed, "more was written than was ever asked for"
    numbers = [int(found[1]) for code in codes if (found := CODE.fullmatch(code))]
    assert numbers == list(range(1, len(codes) + 1)), "numbers have a gap or a double"
    assert len(set(applicants)) == len(applicants), "one draft was taken twice"
    # every slip that was not printed is shown after the start: nobody takes it in again
    assert jobs == ids


def kill_rounds(folder: Path, key: bytes, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    confirmed: list[str] = []
    for number in range(1, rounds + 1):
        child = Child(folder, key, f"VÒNG {number} NGƯỜI")
        child.wait_for(chance.randint(0, MOST_LINES), then=chance.uniform(0, MOST_DELAY))
        child.kill()
        confirmed += child.confirmed
        assert_whole(folder, key, confirmed, unconfirmed=number)


def test_twelve_power_cuts_lose_no_confirmed_dossier_and_no_number(
    made: tuple[Path, bytes], folder: Path
) -> None:
    kill_rounds(folder, made[1], rounds=12, seed=1)


def two_at_once(folder: Path, key: bytes, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    confirmed: list[str] = []
    for number in range(1, rounds + 1):
        pair = [Child(folder, key, f"VÒNG {number} MÁY {name}") for name in ("MỘT", "HAI")]
        chance.shuffle(pair)
        first, second = pair
        first.wait_for(chance.randint(1, 12), then=chance.uniform(0, MOST_DELAY))
        first.kill()
        # the other one goes on over the dead body
        second.wait_for(len(second.confirmed) + chance.randint(1, 12))
        second.kill()
        confirmed += [*first.confirmed, *second.confirmed]
        assert_whole(folder, key, confirmed, unconfirmed=2 * number)


def test_two_counters_on_one_book_die_in_turn_and_share_the_numbers(
    made: tuple[Path, bytes], folder: Path
) -> None:
    two_at_once(folder, made[1], rounds=3, seed=2)


@pytest.mark.proof
def test_fifty_times_two_at_once_lose_nothing(made: tuple[Path, bytes], folder: Path) -> None:
    two_at_once(folder, made[1], rounds=50, seed=4)
