"""What every test stands on: real stores in temporary folders, a clock that is told, invented people."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from argon2 import low_level
from hashing import make_quick
from postgres import cluster
from sqlalchemy import create_engine, text

import resources
from counter_app.bootstrap import Counter, create_counter, open_counter
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.office import parse_calendar, parse_office
from counter_app.domain.officer import Officer

PIN = "246813"
PASSPHRASE = "cau mo so de thu"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SOME_MORNING = datetime(2026, 11, 20, 9, 24, tzinfo=ZONE)
"""Friday; the Tuesday after it is a holiday."""


class ToldClock:
    """A clock that shows what it is told and runs only when it is moved."""

    def __init__(self, at: datetime = SOME_MORNING) -> None:
        self.at = at
        self.seconds = 1000.0
        self.boot = "boot-1"

    def now(self) -> datetime:
        return self.at

    def uptime(self) -> float:
        return self.seconds

    def boot_id(self) -> str:
        return self.boot

    def move(self, **delta: float) -> None:
        step = timedelta(**delta)
        self.at += step
        self.seconds += step.total_seconds()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that proofs found, each on its line."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in report.user_properties:
                if report.when == "call" and name == "figure":
                    terminalreporter.write_line(value)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Say a figure that a proof found; it stands at the end of the run."""
    return lambda text: record_property("figure", text)


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        yield


@pytest.fixture
def slow_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is, for whoever looks at its hashes."""
    monkeypatch.setattr("argon2._password_hasher.hash_secret", low_level.hash_secret)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Fresh stores of each counter number, each device made once: deriving keys is slow on purpose."""
    place = tmp_path_factory.mktemp("templates")

    def template(number: int, device: int = 1) -> Path:
        folder = place / f"{number}-{device}"
        if not folder.exists():
            office = resources.office_text("khe-sanh")
            create_counter(folder, office, number, "Hồ Thị Mai", PIN, PASSPHRASE)
        return folder

    return template


@pytest.fixture
def make_counter(
    tmp_path: Path, clock: ToldClock, templates: Callable[..., Path]
) -> Iterator[Callable[..., Counter]]:
    """Counters of Khe Sanh (sample), made for real: encrypted file, key file, first officer."""
    opened: list[Counter] = []

    def make(number: int = 2, name: str = "") -> Counter:
        folder = tmp_path / (name or f"quay-{number}")
        # the second of a number is another device, not a copy of the first
        device = 1 + sum(counter.identity.counter_no == number for counter in opened)
        shutil.copytree(templates(number, device), folder)
        counter = open_counter(folder, PASSPHRASE)
        counter.clock = clock
        opened.append(counter)
        return counter

    yield make
    for counter in opened:
        counter.close()


@pytest.fixture
def counter(make_counter: Callable[..., Counter]) -> Counter:
    return make_counter()


@pytest.fixture
def officer(counter: Counter) -> Officer:
    return counter.officers.all()[0]


@pytest.fixture(scope="session")
def khe_sanh() -> WorkCalendar:
    office = parse_office(resources.office_text("khe-sanh"))
    return WorkCalendar(office, [parse_calendar(text) for text in resources.calendar_texts()])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with cluster() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """An empty PostgreSQL database of its own."""
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(
        postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    admin.dispose()
    return postgres.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a server may keep its data: once in a file, once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'server.sqlite3').as_posix()}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def draft(
    name: str = "HỒ THỊ NGUYỆT", procedure: str = "1.004873", **more: object
) -> dict[str, object]:
    """An ordinary intake."""
    return {
        "procedure": procedure,
        "applicant": {
            "name": name,
            "personal_number": "045190001234",
            "born_on": "1990-03-05",
            "sex": "female",
            "address": "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
            "phone": "0912000345",
        },
        "components": "all",
        **more,
    }
