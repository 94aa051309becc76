"""Fences that several processes share: what one counts, all know."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, update

from district_server.database import Database
from district_server.faults import Refused
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.limits import Bucket, Limits, neighbourhood
from district_server.schema import bring_up_to_date
from district_server.shared_limits import SharedBucket, shared_limits
from district_server.tables import rate

Make = Callable[[int, float], SharedBucket]


@pytest.fixture
def place(database_url: str) -> Iterator[tuple[Database, ServerKeys]]:
    database = Database(database_url)
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        keys = load_keys(connection, None)
    yield database, keys
    database.close()


@pytest.fixture
def bucket(place: tuple[Database, ServerKeys]) -> Make:
    return lambda burst, per_second: SharedBucket(*place, "thu", burst, per_second)


def refused(fence: SharedBucket, key: str) -> bool:
    try:
        fence.take(key)
    except Refused as no:
        return no.status == 429 and no.wait > 0
    return False


def test_two_processes_count_together(bucket: Make) -> None:
    # an object a process: nothing but the database is between them
    one, other = bucket(3, 0.001), bucket(3, 0.001)
    assert [refused(fence, "a") for fence in (one, other, one, other, one)] == [
        False, False, False, True, True,
    ]  # fmt: skip
    assert 900 < other.wait("a") <= 1000
    assert other.wait("b") == 0
    assert not refused(other, "b")


def test_it_fills_up_again_with_time(place: tuple[Database, ServerKeys], bucket: Make) -> None:
    fence = bucket(2, 0.1)
    assert [refused(fence, "a") for _ in range(3)] == [False, False, True]
    for seconds, left in ((11, 1), (1_000_000, 2)):
        with place[0].begin() as connection:
            connection.execute(update(rate).values(at=rate.c.at - seconds))
        assert [refused(fence, "a") for _ in range(left + 1)] == [False] * left + [True]


def test_many_at_once_get_no_more_than_there_is(bucket: Make) -> None:
    fences = [bucket(10, 0.0001) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda at: refused(fences[at % 4], "a"), range(40)))
    assert told.count(False) == 10


def test_what_is_full_again_is_cleared_and_no_address_is_kept(
    place: tuple[Database, ServerKeys], bucket: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = bucket(2, 0.1)
    for number in range(5):
        fence.take(f"192.0.2.{number}")
    with place[0].begin() as connection:
        kept = connection.execute(select(rate)).fetchall()
        assert not any("192.0.2" in str(row) for row in kept)
        connection.execute(update(rate).values(at=rate.c.at - 30))
    monkeypatch.setattr("district_server.shared_limits.secrets.randbelow", lambda _: 0)
    fence.take("192.0.2.9")
    with place[0].begin() as connection:
        assert connection.execute(select(func.count()).select_from(rate)).scalar_one() == 1


def test_one_line_counts_once_whatever_address_it_takes() -> None:
    assert neighbourhood("2001:db8:1:2:3:4:5:6") == neighbourhood("2001:db8:1:2::9")
    assert neighbourhood("2001:db8:1:2::9") != neighbourhood("2001:db8:1:3::9")
    assert neighbourhood("::ffff:192.0.2.7") == neighbourhood("192.0.2.7") == "192.0.2.7"
    assert neighbourhood("fe80::1%eth0") == "fe80::/64"
    assert neighbourhood("a:b") == "a:b"
    alone = Bucket(1, 0.001)
    alone.take("2001:db8::1")
    assert alone.wait("2001:db8::2") > 0


def test_guesses_are_shared_and_load_is_not(place: tuple[Database, ServerKeys]) -> None:
    limits, plain = shared_limits(*place), Limits()
    for name in ("enrol", "sign_in", "look_up", "look_up_code"):
        shared = getattr(limits, name)
        assert isinstance(shared, SharedBucket)
        assert shared._fixed["burst"] == getattr(plain, name).burst
    assert isinstance(limits.device, Bucket)
    assert isinstance(limits.stranger, Bucket)


def test_two_servers_in_two_processes_fence_one_guesser(postgres_url: str, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "district_server"]
    more = ["--database-url", postgres_url]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([*program, "init", *more], check=True, capture_output=True, env=environment)
    with ExitStack() as stack:
        urls = []
        for _ in range(2):
            server = subprocess.Popen(
                [*program, "serve", *more, "--port", "0", "--attachments", str(tmp_path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
            stack.callback(server.wait, 40)
            stack.callback(server.terminate)
            assert server.stdout is not None
            stack.callback(server.stdout.close)
            urls.append(json.loads(server.stdout.readline())["url"])
        begun, statuses = time.monotonic(), []
        for at in range(24):
            with httpx.Client(base_url=urls[at % 2], trust_env=False, timeout=30) as client:
                # another name each time, so that no account is locked
                answer = client.post("/sign-in", data={"name": f"Ai {at}", "password": "sai"})
                statuses.append(answer.status_code)
        took = time.monotonic() - begun
    assert set(statuses) == {403, 429}
    # ten at once and one in 20 seconds, not ten for each of the two
    assert statuses.count(403) <= 11 + took / 20
