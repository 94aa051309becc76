"""What every test stands on: real stores in temporary folders, a clock that is told, invented people."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from argon2 import low_level
from hashing import make_quick
from postgres import cluster
from sqlalchemy import create_engine, delete, text

import resources
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.office import parse_calendar, parse_office
from counter_app.domain.officer import Officer
from counter_app.domain.procedure import parse_procedures
from district_server.database import Database
from district_server.schema import bring_up_to_date
from district_server.tables import meta

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
def _not_twice() -> Iterator[None]:
    """What comes out the same for every counter is made once a run: hashes, the shipped catalogue."""
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        kept = lru_cache(1000)(parse_procedures)
        patch.setattr("counter_app.services.catalogue.parse_procedures", kept)
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

    def template(number: int, device: int = 1, office: str = "khe-sanh") -> Path:
        folder = place / f"{office}-{number}-{device}"
        if not folder.exists():
            text = resources.office_text(office)
            create_counter(folder, text, number, "Hồ Thị Mai", PIN, PASSPHRASE)
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


@pytest.fixture(scope="session")
def postgres_made(postgres: str) -> str:
    """The name of a PostgreSQL database as `init` leaves it, to be copied."""
    name = f"made{uuid.uuid4().hex}"
    _execute(postgres, f'CREATE DATABASE "{name}"')
    _init(postgres.rpartition("/")[0] + f"/{name}")
    return name


@pytest.fixture(scope="session")
def sqlite_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's file as `init` leaves it, to be copied."""
    path = tmp_path_factory.mktemp("made-above") / "server.sqlite3"
    _init(f"sqlite:///{path.as_posix()}")
    return path


def _init(url: str) -> None:
    made = Database(url)
    bring_up_to_date(made)
    with made.begin() as connection:
        # each copy is another server
        connection.execute(delete(meta).where(meta.c.name == "epoch"))
    made.close()


def _execute(url: str, statement: str) -> None:
    admin = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(statement))
    admin.dispose()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres: str) -> str:
    """A PostgreSQL database of its own: empty, or for `upper` as `init` leaves it."""
    name = f"t{uuid.uuid4().hex}"
    statement = f'CREATE DATABASE "{name}"'
    if "upper" in request.fixturenames:
        statement += f' TEMPLATE "{request.getfixturevalue("postgres_made")}"'
    _execute(postgres, statement)
    return postgres.rpartition("/")[0] + f"/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a server may keep its data: once in a file, once in PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "server.sqlite3"
        if "upper" in request.fixturenames:
            shutil.copy(request.getfixturevalue("sqlite_made"), path)
        return f"sqlite:///{path.as_posix()}"
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
