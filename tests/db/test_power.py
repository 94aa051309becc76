"""Power loss: a confirmed dossier stands in every image that a cut may leave on the disk.

`tests/power.py` says what stands for the disk and for the encrypted driver.
"""

import random
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest
from conftest import PASSPHRASE, PIN, ToldClock, draft
from power import Delete, Disk, Recorder, Said, Step, Sync, plain_store

import resources
from counter_app import data_folder
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted

KEY = bytes(32)
CODE = re.compile(r"H50\.99\.01-261120-2(\d{3,4})")

Record = Callable[..., list[Step]]


# ---- the day that is recorded ------------------------------------------------------------------


@contextmanager
def opened(folder: Path) -> Iterator[Counter]:
    counter = Counter(folder, KEY)
    counter.clock = ToldClock()
    try:
        yield counter
    finally:
        counter.close()


def a_day(folder: Path, steps: list[Step], dossiers: int) -> None:
    """Taking in, and every third dossier handed on; the program is left and opened again at noon."""
    for half in (dossiers // 2, dossiers - dossiers // 2):
        with opened(folder) as counter:
            officer = counter.officers.all()[0]
            for number in range(half):
                made = counter.intake.accept(draft(f"HỒ THỊ {number}"), officer)
                assert isinstance(made, Accepted)
                steps.append(Said(made.code))
                if number % 3 == 0:
                    handed = counter.acts.act(
                        made.dossier_id, "transfer", {"to": "Công chức Tư pháp"}, officer
                    )
                    assert isinstance(handed, Acted)
                    steps.append(Said(f"{made.code} in_process"))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store as `init` makes it, but plain."""
    folder = tmp_path_factory.mktemp("plain") / "so"
    with plain_store():
        office = resources.office_text("khe-sanh")
        create_counter(folder, office, 2, "Hồ Thị Mai", PIN, PASSPHRASE)
    return folder


@pytest.fixture
def record(empty: Path, tmp_path: Path) -> Record:
    """The steps of one day on a store of its own."""

    def recorded(dossiers: int, synchronous: str = "") -> list[Step]:
        folder = shutil.copytree(empty, tmp_path / f"ghi-{synchronous}")
        recorder = Recorder(f"recorder-{synchronous}")
        with plain_store(recorder.name, synchronous=synchronous):
            a_day(folder, recorder.steps, dossiers)
        recorder.unregister()
        return recorder.steps

    return recorded


# ---- the images --------------------------------------------------------------------------------


@dataclass(slots=True)
class Found:
    """What the images of one record came to."""

    images: int = 0
    checked: int = 0
    lost: int = 0
    broken: list[str] = field(default_factory=list)


class Judge:
    """Opens images as the program would after the cut."""

    def __init__(self, empty: Path, place: Path) -> None:
        self._folder = shutil.copytree(empty, place)

    def look(self, image: dict[str, bytes], told: list[str]) -> tuple[bool, str]:
        """(whether all that was told is there, what is broken)."""
        for found in self._folder.glob(f"{data_folder.STORE}*"):
            found.unlink()
        for name, content in image.items():
            (self._folder / name).write_bytes(content)
        try:
            connection = apsw.Connection(str(self._folder / data_folder.STORE))
        except apsw.Error as fault:
            return False, str(fault)
        try:
            whole = connection.execute("PRAGMA integrity_check").fetchall()
            if whole != [("ok",)]:
                return False, str(whole[0])
            rows = connection.execute("SELECT code, status FROM dossier ORDER BY num").fetchall()
            events = "SELECT count(*) FROM event_log WHERE type = 'dossier.accepted'"
            ((accepted,),) = connection.execute(events).fetchall()
            ((jobs,),) = connection.execute("SELECT count(*) FROM print_job").fetchall()
        except apsw.Error as fault:
            return False, str(fault)
        finally:
            connection.close()
        there = {code for code, _ in rows}
        there |= {f"{code} {status}" for code, status in rows}
        numbers = [int(found[1]) for code, _ in rows if (found := CODE.fullmatch(code))]
        broken = ""
        if numbers != list(range(1, len(rows) + 1)):
            broken = "the numbers have a gap or a double"
        elif not accepted == jobs == len(rows):
            broken = "half of a transaction is there"
        elif len(rows) > len([code for code in told if " " not in code]) + 1:
            broken = "more is there than was ever asked for"
        return set(told) <= there, broken

    def check(self) -> str:
        """The program's own full check of the image looked at last."""
        with plain_store(), opened(self._folder) as counter:
            return " ".join(fault.code for fault in counter.checks.whole().faults)


def judge(
    steps: list[Step], empty: Path, place: Path, a_cut: float, seed: int, *, check_every: int = 50
) -> Found:
    """Cut after every step, `a_cut` images each in the mean, and look at each image."""
    chance, found, told = random.Random(seed), Found(), list[str]()
    judge = Judge(empty, place)
    disk = Disk({data_folder.STORE: bytearray((empty / data_folder.STORE).read_bytes())})
    for step in steps:
        if isinstance(step, Said):
            told.append(step.code)
        else:
            disk.do(step)
        for _ in range(int(a_cut) + (chance.random() < a_cut % 1)):
            found.images += 1
            complete, broken = judge.look(disk.after_a_cut(chance), told)
            if not broken and found.images % check_every == 0:
                broken = judge.check()
                found.checked += 1
            found.lost += not complete
            if broken:
                found.broken.append(broken)
    return found


def test_no_cut_of_a_short_day_loses_what_was_told(
    record: Record, empty: Path, tmp_path: Path
) -> None:
    steps = record(dossiers=6)

    found = judge(steps, empty, tmp_path / "anh", a_cut=0.6, seed=1)

    assert found.images > 200
    assert (found.lost, found.broken) == (0, [])
    # the day had what a day has: dossiers, a journal, its checkpoint at the end
    assert {type(step) for step in steps} >= {Delete, Said, Sync}


def test_a_store_that_syncs_less_loses_what_was_told_but_nothing_breaks(
    record: Record, empty: Path, tmp_path: Path
) -> None:
    found = judge(
        record(dossiers=6, synchronous="NORMAL"), empty, tmp_path / "anh", a_cut=0.2, seed=1
    )

    assert found.lost > 10
    assert found.broken == []


def test_a_disk_that_lies_about_syncs_breaks_the_book(
    record: Record, empty: Path, tmp_path: Path
) -> None:
    steps = [step for step in record(dossiers=6) if not isinstance(step, Sync)]

    found = judge(steps, empty, tmp_path / "anh", a_cut=0.1, seed=1)

    assert found.broken


@pytest.mark.proof
def test_ten_thousand_images_after_a_cut_lose_nothing(
    record: Record,
    empty: Path,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    steps = record(dossiers=150)

    found = judge(
        steps, empty, tmp_path / "anh", a_cut=10_400 / len(steps), seed=2, check_every=100
    )

    told = sum(isinstance(step, Said) for step in steps)
    figure(
        f"power loss, FULL: {told} told, {len(steps)} steps, {found.images} images, "
        f"{found.checked} checked in full, {found.lost} lost, {len(found.broken)} broken",
    )
    assert found.images >= 10_000
    assert (found.lost, found.broken) == (0, [])


@pytest.mark.proof
def test_thousands_of_images_of_a_store_that_syncs_less_lose_some(
    record: Record,
    empty: Path,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    steps = record(dossiers=60, synchronous="NORMAL")

    found = judge(steps, empty, tmp_path / "anh", a_cut=2_000 / len(steps), seed=3)

    figure(
        f"power loss, NORMAL: {found.images} images, {found.lost} lost, {len(found.broken)} broken",
    )
    assert found.lost > 0
    assert found.broken == []
