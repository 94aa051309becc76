"""Whoever reads on by number passes over nothing, whatever commits when.

A number is taken when a row is written and seen when it is committed. From a sequence that is two
moments, and a reader in between goes on behind what it never saw.
"""

import threading
import time
import uuid
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text
from upper import Machine, Upper, pulled, running

from counter_app.wire.messages import events_of
from district_server.book import append
from district_server.database import Database

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Reader:
    """A counter that asks for what comes after what it has."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._at = 0
        self.seen: list[str] = []

    def read(self) -> None:
        answer = pulled(self._machine.pull(self._at))
        self.seen += [one.event_id for run in answer.runs for one in events_of(run)]
        self._at = answer.upto


@pytest.fixture
def upper(postgres_url: str) -> Iterator[Upper]:
    """Over PostgreSQL: SQLite lets one write at a time."""
    with running(postgres_url) as made:
        yield made


@pytest.fixture
def naive(postgres_url: str) -> Iterator[Engine]:
    """The same with a sequence."""
    made = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE naive(n bigserial PRIMARY KEY, event_id text)"))
    yield made
    made.dispose()


def until_one_waits(database: Database, ends: float) -> None:
    """The later writer stands behind the lock of the earlier."""
    while time.monotonic() < ends:
        with database.begin() as connection:
            if connection.execute(_WAITING).scalar_one():
                return
    raise AssertionError("the later writer did not wait")


def test_what_commits_late_is_never_passed_over(upper: Upper) -> None:
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client:
        machines = [Machine(client, counter_no=number, seed=number) for number in (1, 2, 3)]
        for one in machines:
            assert one.enrol(upper.code_for(one.org, one.counter_no)).status_code == 200
            assert one.hello().status_code == 200
        early, late, third = machines
        reader = Reader(third)
        first, second = (
            [(one.seal([{"event_id": str(uuid.uuid4())}])[0], None)] for one in (early, late)
        )

        def write_late() -> None:
            with upper.database.begin() as connection:
                append(connection, late.org, second)

        with upper.database.begin() as connection:
            append(connection, early.org, first)
            other = threading.Thread(target=write_late)
            other.start()
            until_one_waits(upper.database, time.monotonic() + 20)
            reader.read()
            assert reader.seen == []
        other.join(20)
        reader.read()
    assert reader.seen == [first[0][0].event_id, second[0][0].event_id]


def test_from_a_sequence_it_would_be(naive: Engine) -> None:
    """So that the test above is known to look at something that can go wrong."""
    insert = text("INSERT INTO naive(event_id) VALUES (:event_id)")
    after = text("SELECT n, event_id FROM naive WHERE n > :at ORDER BY n")
    with naive.connect() as reader, naive.connect() as early, naive.connect() as late:
        early.execute(insert, {"event_id": "early"})
        late.execute(insert, {"event_id": "late"})
        late.commit()
        seen = reader.execute(after, {"at": 0}).all()
        early.commit()
        reader.rollback()
        seen += reader.execute(after, {"at": seen[-1].n}).all()
    assert [row.event_id for row in seen] == ["late"]
