"""Killed at every point of a day, at pairs of points and at any moment: nothing told is ever untrue.

The child does what a counter does: takes in, prints, hands on, returns, refuses, backs up, syncs,
writes a bundle. After each death the next one begins with the screen after a crash, as an officer
would, who looks into the printer's tray. `tests/killing.py` has the points.
"""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest
from conftest import PASSPHRASE
from killing import BACKUP, BUNDLE, Child, prepare, printed
from sync_steps import assert_at_rest
from upper import Upper, running

from counter_app.book import backup_file
from counter_app.bootstrap import Counter
from counter_app.keys import store_key
from district_server import bundles

LIFE = 30
"""Deaths of one book; then it is brought to rest and the next one begins, for a long book is slow."""
ORDER = ("accepted", "in_process", "completed", "returned")


class Book:
    """One counter's store, its tray and what has been said of it."""

    def __init__(self, folder: Path, key: bytes, upper: Upper) -> None:
        self.folder, self.key, self.upper = folder, key, upper
        self.said: list[tuple[str, str]] = []
        self.deaths = 0
        self.runs = 0

    def live(self, die_at: str = "") -> bool:
        """One day of it; whether it died on the way."""
        child = self.begin("day", die_at)
        died = child.wait()
        self.heard(child, died)
        return died

    def begin(self, work: str, die_at: str = "") -> Child:
        self.runs += 1
        return Child(work, self.folder, self.key, f"LẦN {self.runs}", die_at)

    def heard(self, child: Child, died: bool) -> None:
        self.said += child.said
        self.deaths += died

    def told(self, kind: str) -> list[str]:
        return [what for said, what in self.said if said == kind]

    @contextmanager
    def opened(self) -> Iterator[Counter]:
        counter = Counter(self.folder, self.key)
        try:
            yield counter
        finally:
            counter.close()

    def assert_true(self) -> None:
        """What was told is so, once each and without a gap, and the book is whole."""
        with self.opened() as counter:
            assert counter.checks.whole().faults == ()
            with counter.store.read() as books:
                run = books.connection.exec_driver_sql
                rows = run("SELECT code, status, id FROM dossier ORDER BY num").fetchall()
                notices = run("SELECT notice_no FROM notice ORDER BY notice_no").scalars().all()
                tickets = run('SELECT "group", number FROM ticket ORDER BY number').fetchall()
            questions = {f"{job.what} {job.subject}" for job in counter.prints.waiting()}
        self._assert_numbers("code", [code for code, _, _ in rows], 3)
        self._assert_numbers("notice", list(notices), 4)
        self._assert_numbers("ticket", [f"{group}{number:03d}" for group, number in tickets], 3)
        found = {code: ORDER.index(status) for code, status, _ in rows}
        for told in self.told("status"):
            code, status = told.split()
            assert found[code] >= ORDER.index(status), f"{code} was {status} and is no more"
        self._assert_paper(questions)
        self._assert_files()

    def _assert_numbers(self, kind: str, found: Sequence[str], digits: int) -> None:
        told = self.told(kind)
        assert len(told) == len(set(told)), f"a {kind} was told twice"
        assert set(told) <= set(found), f"a {kind} that was told is lost"
        assert len(found) <= len(told) + self.deaths, f"a {kind} that nobody asked for"
        numbers = [int(one[-digits:]) for one in found]
        assert numbers == list(range(1, len(found) + 1)), f"{kind}: a gap or a double"

    def _assert_paper(self, questions: set[str]) -> None:
        tray = printed(self.folder)
        assert set(self.told("printed")) <= set(tray)
        assert set(tray.values()) <= {1}, "a slip was printed twice"
        # what came out is known, or somebody is asked about it
        unknown = set(tray) - set(self.told("printed")) - questions
        with self.opened() as counter, counter.store.read() as books:
            done = {
                f"{job.what} {job.subject}" for job in books.prints.all() if job.state == "done"
            }
        assert unknown <= done, "a slip came out and nobody knows of it"

    def _assert_files(self) -> None:
        backup, bundle = self.folder / BACKUP, self.folder / BUNDLE
        told = self.told("file")
        assert not told or (self.folder / told[-1]).exists()
        if backup.exists():
            place = self.folder / "thu"
            place.mkdir()
            backup_file.unpack(backup, place)
            shutil.rmtree(place)
        if bundle.exists():
            # whole, or it would be refused; in any order and again beside the line
            bundles.take_in(self.upper.database, self.upper.keys, bundle)

    def come_to_rest(self) -> None:
        """One day without a death: every slip that is owed lies in the tray, both sides agree."""
        assert not self.live()
        self.assert_true()
        with self.opened() as counter:
            with counter.store.read() as books:
                run = books.connection.exec_driver_sql
                rows = run("SELECT id, visit_id FROM dossier WHERE slip").fetchall()
            owed = {f"visit {visit}" if visit else f"receipt {one}" for one, visit in rows}
            assert set(printed(self.folder)) == owed
            assert_at_rest(self.upper, (counter, counter.officers.all()[0]))


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    prepare()


@pytest.fixture
def new_book(templates: Callable[[int], Path], tmp_path: Path) -> Iterator[Callable[[], Book]]:
    """Enrolled books, each with an upper server of its own."""
    key = store_key.unlock(templates(2), PASSPHRASE)
    running_now = []
    count = 0

    def stop() -> None:
        while running_now:
            running_now.pop().__exit__(None, None, None)

    def make() -> Book:
        nonlocal count
        stop()
        count += 1
        folder = shutil.copytree(templates(2), tmp_path / f"so-{count}")
        server = running(f"sqlite:///{(tmp_path / f'{count}.sqlite3').as_posix()}")
        upper = server.__enter__()
        running_now.append(server)
        book = Book(folder, key, upper)
        with book.opened() as counter:
            counter.enrol(upper.url, upper.code(counter), None)
        return book

    yield make
    stop()


def points_of(book: Book) -> list[str]:
    """Every point of an ordinary day."""
    child = Child("day", book.folder, book.key, "LẦN ĐẦU", listing=True)
    assert not child.wait()
    return child.of("point")


def kill_at(new_book: Callable[[], Book], plans: Sequence[Sequence[str]]) -> tuple[int, int]:
    """(deaths, plans that were reached whole). Each plan is the points of one life after another."""
    left = iter(plans)
    deaths = whole = 0
    while chunk := list(islice(left, LIFE)):
        book = new_book()
        for plan in chunk:
            print(plan)  # seen where it fails
            died = [book.live(point) for point in plan]
            whole += all(died)
            book.assert_true()
        book.come_to_rest()
        deaths += book.deaths
    return deaths, whole


def kill_at_random(new_book: Callable[[], Book], rounds: int, seed: int) -> int:
    """Killed from outside at any moment. Answers the deaths."""
    chance = random.Random(seed)
    deaths = 0
    while deaths < rounds:
        book = new_book()
        for _ in range(min(LIFE, rounds - deaths)):
            child = book.begin("days")
            child.listen(chance.randint(0, 12), then=chance.uniform(0, 0.05))
            child.kill()
            book.heard(child, died=True)
            book.assert_true()
        book.come_to_rest()
        deaths += book.deaths
    return deaths


def test_deaths_at_some_points_and_pairs(new_book: Callable[[], Book]) -> None:
    chance = random.Random(1)
    points = points_of(new_book())
    kinds = {point.rsplit(" ", 1)[0] for point in points}
    plans = [[chance.choice(points)] for _ in range(3)]
    plans += [chance.sample(points, 2) for _ in range(2)]

    deaths, whole = kill_at(new_book, plans)

    assert {f"{when} {what}" for when in ("before", "after") for what in ("commit", "print", "send", "replace", "INSERT event_log")} <= kinds  # fmt: skip
    assert len(points) > 300
    assert whole >= len(plans) - 1
    assert deaths >= 6


def test_deaths_at_any_moment(new_book: Callable[[], Book]) -> None:
    assert kill_at_random(new_book, rounds=4, seed=2) == 4


@pytest.mark.proof
def test_death_at_every_point(new_book: Callable[[], Book], figure: Callable[[str], None]) -> None:
    points = points_of(new_book())

    deaths, whole = kill_at(new_book, [[point] for point in points])

    figure(f"kill matrix: {len(points)} points, {deaths} deaths, 0 untrue")
    assert whole >= len(points) * 0.95


@pytest.mark.proof
def test_death_at_pairs_of_points(
    new_book: Callable[[], Book], figure: Callable[[str], None]
) -> None:
    chance = random.Random(3)
    points = points_of(new_book())
    plans = [chance.sample(points, 2) for _ in range(300)]

    deaths, whole = kill_at(new_book, plans)

    figure(f"kill matrix: {len(plans)} pairs, {whole} of them reached whole, {deaths} deaths")
    assert whole >= len(plans) * 0.9


@pytest.mark.proof
def test_a_thousand_deaths_at_any_moment(
    new_book: Callable[[], Book], figure: Callable[[str], None]
) -> None:
    deaths = kill_at_random(new_book, rounds=1000, seed=4)

    figure(f"kill matrix: {deaths} random deaths, 0 untrue")
    assert deaths >= 1000
