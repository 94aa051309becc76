"""Killed while a book is made, put back, enrolled, copied or fed from a stick: whoever comes next finds it
whole or can begin again, and what stood there before is still there.
"""

import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, tzinfo
from pathlib import Path

import pytest
from conftest import PASSPHRASE, ToldClock
from decrypted import is_nowhere
from killing import ANSWER, BACKUP, MORNING, RESTORED, YEARS, Child, YearsLater, prepare
from scans_made import png
from sync_steps import accept, do
from upper import Upper, running

from counter_app import data_folder
from counter_app.book import backup_file
from counter_app.bootstrap import Counter, open_counter
from counter_app.errors import EnvironmentFault
from counter_app.keys import store_key
from db.check import check
from district_server import bundles


class LaterAbove(datetime):
    """The clock of the server, as far as erasing asks it."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "LaterAbove":
        return cls.fromisoformat(YearsLater().now().isoformat())


Check = Callable[[Path, bool], None]
"""Of a folder after a death (False), and after the same was done to its end (True)."""


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    prepare()


class Opening:
    """One of them: what it begins with, and what must hold."""

    def __init__(self, work: str, start: Path, key: bytes, check: Check) -> None:
        self.work, self.start, self.key, self.check = work, start, key, check
        self.run: Callable[[], str] = lambda: ""

    def die(self, place: Path, most: int | None) -> tuple[int, int]:
        """At every point, or at some. (points, deaths)"""
        points = self._points(place / "diem")
        chosen = points if most is None else random.Random(5).sample(points, min(most, len(points)))
        deaths = 0
        for number, point in enumerate(chosen):
            print(self.work, point)  # seen where it fails
            folder = shutil.copytree(self.start, place / f"lan-{number}")
            run = self.run()
            deaths += Child(self.work, folder, self.key, run, point).wait()
            self.check(folder, False)
            if not self._done_already(folder):
                again = Child(self.work, folder, self.key, run)
                assert not again.wait()
            self.check(folder, True)
            shutil.rmtree(folder)
        return len(points), deaths

    def _points(self, place: Path) -> list[str]:
        folder = shutil.copytree(self.start, place)
        child = Child(self.work, folder, self.key, self.run(), listing=True)
        assert not child.wait()
        return child.of("point")

    def _done_already(self, folder: Path) -> bool:
        """What is never done twice over one folder."""
        made = {"init": folder, "restore": folder / RESTORED}.get(self.work)
        return made is not None and store_key.state(made) != "none"


def whole(folder: Path, key: bytes | None = None) -> Counter:
    """The book, found in order; opened as an officer would, which is slow, where its key is not known."""
    counter = open_counter(folder, PASSPHRASE) if key is None else Counter(folder, key)
    assert check(counter.store).faults == ()
    assert {officer.name for officer in counter.officers.all()} == {"Hồ Thị Mai"}
    return counter


def whole_or_none(folder: Path, done: bool, key: bytes | None = None) -> Counter | None:
    """Never half a book: it opens, or there is none and the folder is free."""
    if done or not data_folder.is_free(folder):
        return whole(folder, key)
    with pytest.raises(EnvironmentFault) as missing:
        open_counter(folder, PASSPHRASE)
    assert missing.value.code == "store_missing"
    return None


@pytest.fixture
def used(templates: Callable[[int], Path], tmp_path: Path) -> tuple[Path, bytes, str]:
    """A book with a dossier, its key, the code."""
    folder = shutil.copytree(templates(1), tmp_path / "so")
    counter = open_counter(folder, PASSPHRASE)
    made = accept((counter, counter.officers.all()[0]))
    counter.backups.make(folder / BACKUP)
    counter.close()
    return folder, store_key.unlock(folder, PASSPHRASE), made.code


@pytest.fixture
def upper(tmp_path: Path) -> Iterator[Upper]:
    with running(f"sqlite:///{(tmp_path / 'tren.sqlite3').as_posix()}") as made:
        yield made


@pytest.fixture
def openings(
    used: tuple[Path, bytes, str],
    upper: Upper,
    templates: Callable[[int], Path],
    tmp_path: Path,
) -> Sequence[Opening]:
    folder, key, code = used
    empty = tmp_path / "trong"
    empty.mkdir()

    def made(place: Path, done: bool) -> None:
        if (counter := whole_or_none(place, done)) is not None:
            counter.close()

    saved = (folder / BACKUP).read_bytes()
    old = whole(folder, key)
    old_life = old.identity.incarnation
    old.close()

    def restored(place: Path, done: bool) -> None:
        assert (place / BACKUP).read_bytes() == saved
        before = whole(place, key)
        assert before.search.by_code(code)
        before.close()
        if (counter := whole_or_none(place / RESTORED, done, key)) is not None:
            assert counter.search.by_code(code)
            assert counter.identity.incarnation != old_life
            counter.close()

    def backed_up(place: Path, done: bool) -> None:
        target = place / "thu"
        target.mkdir()
        backup_file.unpack(place / BACKUP, target)
        shutil.rmtree(target)
        book = whole(place, key)
        assert book.search.by_code(code)
        book.close()
        if done:
            left = {one.name for one in place.iterdir() if "part" in one.name}
            left |= {one.name for one in (place / data_folder.BACKUPS).iterdir()}
            assert left == set()
        else:
            for one in (place / data_folder.BACKUPS).iterdir():
                # days pass until the next: what another process may be making is let alone
                os.utime(one, (0, 0))

    return (
        Opening("init", empty, b"", made),
        Opening("restore", folder, key, restored),
        Opening("backup", folder, key, backed_up),
        _enrol(folder, key, upper),
        _bundle_in(folder, key, upper, tmp_path, shutil.copytree(templates(2), tmp_path / "so-2")),
    )


def _enrol(folder: Path, key: bytes, upper: Upper) -> Opening:
    """The code is used up by the first answer that the server gave, lost or not."""
    empty = upper.save()

    def enrolled(place: Path, done: bool) -> None:
        counter = whole(place, key)
        if done:
            summary = counter.sync.cycle()
            assert (summary.fault, summary.waiting) == ("", 0)
            assert not summary.problems
        counter.close()

    def begin() -> str:
        upper.put_back(empty)
        return f"{upper.url} {upper.code_for('H50.99.01', 1)}"

    opening = Opening("enrol", folder, key, enrolled)
    opening.run = begin
    return opening


def _bundle_in(folder: Path, key: bytes, upper: Upper, place: Path, second: Path) -> Opening:
    """An answer that proves what was sent and brings what another counter wrote."""
    start = shutil.copytree(folder, place / "so-usb")
    mine = open_counter(start, PASSPHRASE)
    mine.enrol(upper.url, upper.code(mine), None)
    other = _of_another(second, upper)
    mine.bundles.write(start / "len.hsx")
    bundles.take_in(upper.database, upper.keys, start / "len.hsx")
    device = mine.identity.device_id
    bundles.write(upper.database, upper.keys, device, start / ANSWER)
    waiting = mine.sync_store.waiting()
    mine.close()

    def taken_in(folder: Path, done: bool) -> None:
        counter = whole(folder, key)
        assert counter.sync_store.waiting() in ((0,) if done else (0, waiting))
        assert bool(counter.search.by_code(other)) in ((True,) if done else (True, False))
        counter.close()

    return Opening("bundle-in", start, key, taken_in)


def _erase(folder: Path, key: bytes, upper: Upper | None, place: Path) -> Opening:
    """A dossier that was returned four years ago, with a scanned paper. It is erased whole or not at all."""
    work = "erase" if upper is None else "erase above too"
    start, clock = shutil.copytree(folder, place / work), ToldClock()
    counter = open_counter(start, PASSPHRASE)
    officer = counter.officers.all()[0]
    counter.clock = clock
    made = accept((counter, officer), name="NGUYỆT RẤT RIÊNG")
    counter.attachments.add(made.dossier_id, "giay.png", png(), "", officer)
    for action in ("complete", "return"):
        do((counter, officer), made.dossier_id, action)
    clock.at = MORNING + YEARS
    accept((counter, officer), name="HỒ VĂN SAU")
    counter.erasing.set_years(3, "", officer)
    if upper is not None:
        counter.enrol(upper.url, upper.code(counter), None)
        assert not counter.sync.cycle().fault
    pages = len(list(counter.vault.folder.rglob("*")))
    begins = None if upper is None else upper.save()
    counter.close()

    def erased(folder: Path, done: bool) -> None:
        counter = whole(folder, key)
        dossier = counter.search.by_code(made.code)[0].dossier
        names = [row.applicant_name for row in counter.search.find("nguyet rat rieng")]
        gone = dossier.erased_at is not None
        assert names == ([] if gone else ["NGUYỆT RẤT RIÊNG"])
        if not gone:
            # the same looking finds it
            assert not is_nowhere(folder, key, "NGUYỆT RẤT RIÊNG")
        if done:
            assert gone
            assert len(list(counter.vault.folder.rglob("*"))) < pages
            assert is_nowhere(folder, key, "NGUYỆT RẤT RIÊNG")
            summary = counter.sync.cycle() if upper is not None else None
            assert summary is None or not (summary.fault or summary.waiting)
        counter.close()

    opening = Opening(work, start, key, erased)
    if upper is not None and begins is not None:
        opening.run = lambda: upper.put_back(begins) or ""  # type: ignore[func-returns-value]
    return opening


def _of_another(folder: Path, upper: Upper) -> str:
    """A dossier of the other counter, with the server; its code."""
    other = open_counter(folder, PASSPHRASE)
    other.enrol(upper.url, upper.code(other), None)
    made = accept((other, other.officers.all()[0]))
    assert not other.sync.cycle().fault
    other.close()
    return made.code


def test_deaths_at_some_points_of_making_and_taking_in(
    openings: Sequence[Opening], tmp_path: Path
) -> None:
    for opening in openings:
        points, deaths = opening.die(tmp_path / opening.work, most=2)
        assert points >= 10, opening.work
        assert deaths == 2, opening.work


@pytest.mark.proof
def test_death_at_every_point_of_making_and_taking_in(
    openings: Sequence[Opening], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    for opening in openings:
        points, deaths = opening.die(tmp_path / opening.work, most=None)
        figure(f"kill matrix, {opening.work}: {points} points, {deaths} deaths, no half book")
        assert deaths == points


@pytest.fixture
def erasings(
    used: tuple[Path, bytes, str],
    upper: Upper,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Opening, Opening]:
    folder, key, _ = used
    monkeypatch.setattr("district_server.erasing.datetime", LaterAbove)
    return _erase(folder, key, None, tmp_path), _erase(folder, key, upper, tmp_path)


def test_deaths_at_some_points_of_erasing(
    erasings: tuple[Opening, Opening], tmp_path: Path
) -> None:
    for opening in erasings:
        _, deaths = opening.die(tmp_path / f"chet {opening.work}", most=2)
        assert deaths == 2, opening.work


@pytest.mark.proof
def test_death_at_every_point_of_erasing(
    erasings: tuple[Opening, Opening], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    for opening in erasings:
        points, deaths = opening.die(tmp_path / f"chet {opening.work}", most=None)
        figure(
            f"kill matrix, {opening.work}: {points} points, {deaths} deaths, nothing half erased"
        )
        assert deaths == points
