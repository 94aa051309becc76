"""What every route does: caps, limits, the journal without names, figures, a stop that ends nothing."""

import io
import json
import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from select import select as select_now
from threading import Event, Semaphore
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from conftest import draft
from fastapi import Request, Response
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Connection, select, text, update
from upper import Machine, Upper, pulled, running, taken

from counter_app.bootstrap import Counter
from counter_app.services.results import Accepted
from counter_app.sync.link import STALL
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    decompress,
)
from counter_app.wire.signing import request_bytes
from district_server import api as api_module
from district_server import database as database_module
from district_server import journal as journal_module
from district_server.__main__ import main
from district_server.answering import LARGEST_PACKED
from district_server.commands import listen
from district_server.database import Database, put_meta
from district_server.enrolment import issue_code, revoke
from district_server.faults import Refused
from district_server.journal import Journal
from district_server.limits import Bucket, Limits
from district_server.objects import Folder
from district_server.projection import by_code
from district_server.silence import heard
from district_server.tables import commune, event, quarantine, stream

Enrolled = Callable[..., Machine]
BIN = Path(sys.executable).parent
NAMES = ("NGUYỆT", "Nguyệt", "nguyet", "045190001234", "0912000345")


def note(number: int, **more: object) -> dict[str, object]:
    """The content of a harmless event about a citizen."""
    told = '{"salt":"0011223344556677","text":"Bà HỒ THỊ NGUYỆT, 045190001234"}'
    return {"event_id": f"01a2116f-5db5-7ad8-85ce-{number:012d}", "payload": told, **more}


# ---- caps --------------------------------------------------------------------------------------


def test_a_body_that_claims_too_much_is_refused_before_it_is_read(upper: Upper) -> None:
    with socket.create_connection(("127.0.0.1", upper.port)) as line:
        line.sendall(b"POST /sync/v1/push HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_grows_beyond_the_cap_is_refused(client: httpx.Client) -> None:
    def endless():  # type: ignore[no-untyped-def]
        for _ in range(LARGEST_PACKED // 65536 + 1):
            yield b"\0" * 65536

    try:
        status = client.post("/enrol/v1/enrol", content=endless()).status_code
    except httpx.WriteError:
        # it had hung up already
        status = 413
    assert status == 413


def test_what_would_unpack_to_more_than_the_cap_is_refused(enrolled: Enrolled) -> None:
    machine = enrolled()
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    assert len(bomb) < LARGEST_PACKED

    answer = machine.send("POST", "/sync/v1/push", bomb, dictionary="")

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_that_stops_coming_is_not_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    with running(url, limits=Limits(stall=0.2)) as upper:
        with socket.create_connection(("127.0.0.1", upper.port)) as line:
            line.sendall(b"POST /enrol/v1/enrol HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{")
            assert line.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    health = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"

    def asked(line: socket.socket) -> None:
        line.sendall(health)
        told = b""
        while not told.endswith(b'{"ok":true}'):
            told += line.recv(65536)

    with running(url, limits=Limits(stall=0.5)) as upper:
        with socket.create_connection(("127.0.0.1", upper.port), 20) as line:
            # nothing at all
            assert line.recv(65536) == b""
        with socket.create_connection(("127.0.0.1", upper.port), 20) as line:
            asked(line)
            # after a good request, half of one
            line.sendall(health[:20])
            assert line.recv(65536) == b""
        with socket.create_connection(("127.0.0.1", upper.port), 20) as line:
            for _ in range(2):
                # whoever only rests between requests is not sent away
                asked(line)
                assert select_now([line], [], [], 0.7)[0] == []


def test_headers_without_end_are_refused(upper: Upper) -> None:
    many = {f"X-{number}": "a" for number in range(1000)}
    answer = httpx.get(upper.url + "/health", headers=many, trust_env=False)
    assert answer.status_code == 431
    with socket.create_connection(("127.0.0.1", upper.port), 20) as line:
        endless = b"".join(b"X-%d: a\r\n" % number for number in range(10_000))
        line.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n" + endless)
        assert line.recv(65536).startswith(b"HTTP/1.1 400 ")


# ---- limits ------------------------------------------------------------------------------------


def test_a_bucket_lets_a_burst_through_and_then_its_rate() -> None:
    now = [0.0]
    bucket = Bucket(3, 0.5, lambda: now[0])
    for _ in range(3):
        bucket.take("a")
    with pytest.raises(Refused) as refused:
        bucket.take("a")
    assert (refused.value.status, refused.value.wait) == (429, 3)
    bucket.take("b")
    now[0] = 2.0
    bucket.take("a")
    with pytest.raises(Refused):
        bucket.take("a")


def test_a_device_that_runs_wild_waits_and_no_other_does(database_url: str) -> None:
    slow = Limits(device=Bucket(3, 0.01))
    with (
        running(database_url, limits=slow) as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        wild, calm = Machine(client, counter_no=1, seed=1), Machine(client, counter_no=2, seed=2)
        for machine in (wild, calm):
            machine.enrol(upper.code_for("H50.99.01", machine.counter_no))
            machine.hello()
        answers = []
        for _ in range(4):
            answers.append(wild.pull())
            wild.hello()
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["Retry-After"]) > 10
        assert "Chờ" in answers[-1].json()["message"]
        assert calm.pull().status_code == 200


def test_enrolments_and_strangers_are_counted_by_address(tmp_path: Path) -> None:
    few = Limits(enrol=Bucket(2, 0.01), stranger=Bucket(2, 0.01))
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    with (
        running(url, limits=few) as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        machine = Machine(client)
        tries = [machine.enrol("AAAAAAAAAA").status_code for _ in range(3)]
        assert tries == [403, 403, 429]
        assert [machine.hello().status_code for _ in range(3)] == [401, 401, 429]


def test_some_are_worked_on_and_the_others_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, inside, hello = Event(), Semaphore(0), api_module.Api._hello

    def waits(self: api_module.Api, request: Request, body: bytes) -> Response:
        inside.release()
        assert go.wait(20)
        return hello(self, request, body)

    monkeypatch.setattr(api_module.Api, "_hello", waits)
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    with running(url, limits=Limits(at_work=2)) as upper, ThreadPoolExecutor(3) as counters:

        def asks(_: int) -> int:
            return httpx.post(upper.url + "/sync/v1/hello", trust_env=False).status_code

        answers = counters.map(asks, range(3))
        assert inside.acquire(timeout=20)
        assert inside.acquire(timeout=20)
        # whoever is no counter does not wait behind them
        assert httpx.get(upper.url + "/health", trust_env=False).status_code == 200
        assert not inside.acquire(blocking=False)
        go.set()
        assert list(answers) == [401] * 3


def test_nobody_waits_behind_more_than_can_be_answered(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    with running(url, limits=Limits(in_hand=2)) as upper:
        slow = [socket.create_connection(("127.0.0.1", upper.port)) for _ in range(2)]
        for line in slow:
            line.sendall(b"POST /enrol/v1/enrol HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
        deadline = time.monotonic() + 20
        while (answer := httpx.get(upper.url + "/health", trust_env=False)).status_code == 200:
            assert time.monotonic() < deadline
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert 5 <= int(answer.headers["Retry-After"]) < 30
        for line in slow:
            line.sendall(b"}")
            assert line.recv(65536).startswith(b"HTTP/1.1 400 ")
            line.close()
        assert httpx.get(upper.url + "/health", trust_env=False).status_code == 200


def test_connections_that_are_all_taken_are_told_in_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database_module.POOL_WAIT < STALL
    monkeypatch.setenv("DISTRICT_CONNECTIONS", "1")
    monkeypatch.setattr(database_module, "POOL_WAIT", 0.1)
    with running(database_url) as upper:
        with upper.database.begin():
            answer = httpx.get(upper.url + "/health", trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        assert httpx.get(upper.url + "/health", trust_env=False).status_code == 200


def test_a_row_that_is_held_too_long_is_told_and_nothing_is_doubled(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database_module.LOCK_WAIT < STALL
    monkeypatch.setattr(database_module, "LOCK_WAIT", 0.1)
    with (
        running(postgres_url) as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        machine = Machine(client)
        machine.enrol(upper.code_for("H50.99.01", 1))
        machine.hello()
        batch = machine.seal([note(1), note(2)])
        with upper.database.begin() as connection:
            # the last lock of a push: everything before it has been written
            connection.execute(select(commune).with_for_update()).fetchall()
            answer = machine.push(batch)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        machine.hello()
        assert taken(machine.push(batch)).head_cseq == 2


def test_a_file_that_another_program_writes_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database_module.FILE_WAIT < STALL
    monkeypatch.setattr(database_module, "FILE_WAIT", 0.1)
    file = tmp_path / "a.sqlite3"
    with (
        running(f"sqlite:///{file.as_posix()}") as upper,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        answer = httpx.get(upper.url + "/health", trust_env=False)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        other.execute("ROLLBACK")
        assert httpx.get(upper.url + "/health", trust_env=False).status_code == 200


def test_a_store_of_pages_that_hangs_holds_up_pages_alone(
    postgres_url: str, tmp_path: Path
) -> None:
    reached, answers = Event(), Event()

    class Hanging(Folder):
        def has(self, key: str, size: int) -> bool:
            reached.set()
            return answers.wait(30)

    told = {"salt": "0011223344556677", "name": "a.jpg", "component": "", "media": "image/jpeg"}
    paper = json.dumps({**told, "pages": [{"sha256": "ab" * 32, "size": 9}]}, sort_keys=True)
    with (
        running(postgres_url, limits=Limits(pages=1), objects=Hanging(tmp_path)) as upper,
        httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client,
        ThreadPoolExecutor(1) as beside,
    ):
        waiting, other = (Machine(client, counter_no=number, seed=number) for number in (1, 2))
        for machine in (waiting, other):
            machine.enrol(upper.code_for("H50.99.01", machine.counter_no))
            machine.hello()
        added = waiting.seal([note(1, type="attachment.added", payload=paper)])
        assert taken(waiting.push(added)).problems == ()
        asked = f"/sync/v1/page?event={added[0].event_id}&page=0"
        first = beside.submit(waiting.send, "GET", asked)
        assert reached.wait(30)
        refused = other.send("GET", asked)
        assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        other.hello()
        assert other.pull().status_code == 200
        answers.set()
        assert first.result().status_code == 200
        other.hello()
        assert other.send("GET", asked).status_code == 200


def test_any_process_goes_on_where_another_ended(database_url: str) -> None:
    with (
        running(database_url) as first,
        running(database_url) as second,
        httpx.Client(base_url=first.url, trust_env=False) as one,
        httpx.Client(base_url=second.url, trust_env=False) as other,
    ):
        machine = Machine(one)
        machine.enrol(first.code_for("H50.99.01", 1))
        machine.hello()
        for number in range(1, 5):
            machine.client = other if number % 2 else one
            assert machine.push(machine.seal([note(number)])).status_code == 200
        assert pulled(machine.pull()).head == 4
        # a challenge that one has seen spent is spent at the other
        spent = machine.challenge
        assert machine.pull().status_code == 200
        machine.client, machine.challenge = other, spent
        assert machine.pull().status_code == 401


def test_a_challenge_is_good_for_five_minutes_and_for_what_was_signed(
    client: httpx.Client, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, other = enrolled(1), enrolled(2, counter_no=2)
    for minutes, status in ((4, 200), (6, 401)):
        machine.hello()
        later = time.time() + minutes * 60
        with monkeypatch.context() as patch:
            patch.setattr(api_module, "time", SimpleNamespace(time=lambda at=later: at))
            assert machine.pull().status_code == status

    # of another device, and one that ends later than the server said
    machine.hello()
    other.challenge = machine.challenge
    assert other.pull().status_code == 401
    machine.hello()
    machine.challenge = "f" * 4 + machine.challenge[4:]
    assert machine.pull().status_code == 401

    told = {"method": "GET", "target": "/sync/v1/order?after=0", "body": b""}
    told |= {"device": machine.device, "life": machine.incarnation}

    def answered(**changed: object) -> int:
        machine.hello()
        given = (machine.challenge, told["body"], machine.device, machine.incarnation)
        signature = machine.sign(request_bytes("GET", str(told["target"]), *given))
        sent: dict[str, Any] = told | changed
        headers = {DEVICE_HEADER: sent["device"], INCARNATION_HEADER: sent["life"]}
        headers |= {CHALLENGE_HEADER: machine.challenge, SIGNATURE_HEADER: signature}
        way, body = sent["method"], sent["body"]
        return client.request(way, sent["target"], content=body, headers=headers).status_code

    assert answered() == 200
    for changed in (
        {"target": "/sync/v1/order?after=1"},
        {"target": "/sync/v1/highs"},
        {"method": "POST", "target": "/sync/v1/proof"},
        {"body": b"a"},
        {"device": other.device},
        {"life": "0" * 16},
    ):
        assert answered(**changed) == 401, changed


# ---- health, figures, journal ------------------------------------------------------------------


def test_health_says_whether_the_database_fits(upper: Upper, client: httpx.Client) -> None:
    assert client.get("/health").json() == {"ok": True}
    with upper.database.begin() as connection:
        put_meta(connection, "schema", "999")
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["code"] == "schema_newer"


def test_a_database_that_is_gone_is_told_and_found_again(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        running(postgres_url) as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        assert client.get("/health").status_code == 200
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        )
        with closing(Database(postgres_url)) as beside, beside.begin() as connection:
            connection.execute(text(others + "AND datname = current_database()"))
        # every connection it had is dead
        assert client.get("/health").status_code == 200
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with closing(Database(f"postgresql://tests@127.0.0.1:{port}/khong-co")) as gone:
            monkeypatch.setattr(upper.database, "engine", gone.engine)
            answer = client.get("/health")
            monkeypatch.undo()
        assert (answer.status_code, answer.json()["code"]) == (503, "database_fault")
        assert int(answer.headers["Retry-After"]) > 0
        assert str(port) not in answer.text + upper.journal.getvalue()
        assert client.get("/health").status_code == 200


def test_figures_count_what_happened(
    upper: Upper, client: httpx.Client, enrolled: Enrolled
) -> None:
    machine = enrolled()
    # a note about nothing that is there is taken; a moment that is none is set aside
    machine.push(machine.seal([note(1), note(2, occurred_at="hôm qua")]))
    told = client.get("/metrics").text

    assert 'motcua_requests_total{route="/sync/v1/push",status="200"} 1.0' in told
    assert 'motcua_counters{state="active"} 1.0' in told
    assert 'motcua_quarantined_events{state="waiting"} 1.0' in told
    with upper.database.begin() as connection:
        connection.execute(update(quarantine).values(state="discarded"))
    again = client.get("/metrics").text
    assert 'motcua_quarantined_events{state="waiting"} 0.0' in again
    assert "motcua_request_seconds_bucket" in told
    assert "H50" not in told
    assert machine.device not in told
    labels: set[str] = set()
    for family in text_string_to_metric_families(told):
        # the names that Prometheus asks for: own prefix, base unit, what counts up ends in _total
        assert re.fullmatch("motcua(_[a-z]+)+", family.name)
        assert not re.search("_(ms|milliseconds|kb|minutes|percent|total|count)$", family.name)
        assert family.documentation
        assert {sample.name.endswith("_total") for sample in family.samples} == {
            family.type == "counter"
        }
        labels |= {name for sample in family.samples for name in sample.labels}
    assert labels == {"route", "status", "way", "state", "le"}


def test_figures_are_for_whoever_has_the_token(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    with (
        running(url, metrics_token="chi-nguoi-truc-may") as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        unknown = client.get("/khong-co")
        assert client.get("/metrics").content == unknown.content
        bearer = {"Authorization": "Bearer chi-nguoi-truc-may"}
        assert client.get("/metrics", headers=bearer).status_code == 200


@pytest.mark.parametrize(("times", "status"), [(3, 200), (4, 500)])
def test_two_that_got_in_each_others_way_are_tried_again(
    upper: Upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch, times: int, status: int
) -> None:
    if not upper.database.on_postgres:
        pytest.skip("SQLite has one writer at a time")
    machine, push, left = enrolled(), api_module.push, ["40P01", "40001"] * (times // 2)
    left += ["40001"] * (times % 2)

    def crossed(connection: Connection, *more: Any) -> Any:
        push(connection, *more)
        if left:
            connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{left.pop()}'; END $$"))
        return push(connection, *more)

    monkeypatch.setattr(api_module, "push", crossed)
    assert machine.push(machine.seal([note(1)])).status_code == status
    with upper.database.begin() as connection:
        # what was undone left nothing behind
        assert len(connection.execute(select(event)).fetchall()) == (status == 200)


def test_the_journal_is_json_and_names_nobody(
    upper: Upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = enrolled()
    machine.push(machine.seal([note(1), note(2, occurred_at="hôm qua", actor_name="NGUYỆT")]))
    machine.pull()
    machine.client.get("/sync/v1/pull?q=045190001234")

    def burst(*_: object) -> None:
        raise RuntimeError("HỒ THỊ NGUYỆT 045190001234")

    monkeypatch.setattr(api_module, "push", burst)
    machine.hello()
    answer = machine.push(machine.seal([note(3)]))
    assert (answer.status_code, answer.json()["code"]) == (500, "program_fault")

    said = upper.said()
    requests = [line for line in said if line["event"] == "request"]
    assert {"/sync/v1/hello", "/sync/v1/push", "/sync/v1/pull"} <= {r["route"] for r in requests}
    assert [r["status"] for r in requests if r["route"] == "/sync/v1/push"] == [200, 500]
    assert requests[-1]["device"] == machine.device
    (fault,) = (line for line in said if line["event"] == "fault")
    assert (fault["kind"], fault["route"]) == ("RuntimeError", "/sync/v1/push")
    assert fault["place"].startswith("test_serving.py:")
    text = upper.journal.getvalue()
    assert not [name for name in NAMES if name in text]


def test_of_what_libraries_say_only_the_pattern_is_kept() -> None:
    journal = io.StringIO()
    handler = journal_module._Handler(Journal(journal))
    task = "Task exception was never retrieved\nfuture: RuntimeError('HỒ THỊ NGUYỆT')"
    for words, given in ((task, ()), ("cannot decode %r", ("045190001234",))):
        record = logging.LogRecord("asyncio", logging.ERROR, "", 1, words, given, None)
        handler.emit(record)
    assert [json.loads(line)["text"] for line in journal.getvalue().splitlines()] == [
        "Task exception was never retrieved",
        "cannot decode %r",
    ]


def test_an_older_counter_hears_no_more_than_it_asks(enrolled: Callable[..., Machine]) -> None:
    machine = enrolled()
    answer = machine.push(machine.seal([note(1)]))
    assert answer.status_code == 200
    assert b'"page"' not in decompress(answer.content, DICTIONARY_ID)
    assert "date" not in answer.headers


def test_a_small_page_has_few_of_ones_own_events_too(enrolled: Callable[..., Machine]) -> None:
    machine = enrolled()
    assert machine.push(machine.seal([note(n) for n in range(1, 121)])).status_code == 200
    after, pages = 0, []
    while not pages or pages[-1].more:
        target = f"/sync/v1/pull?epoch={machine.epoch}&after={after}&max_bytes=2048"
        pages.append(pulled(machine.send("GET", target)))
        after = pages[-1].upto
    assert [len(page.own) for page in pages] == [51, 51, 18]
    assert [dseq for page in pages for _, dseq, _ in page.own] == list(range(1, 121))


def test_a_life_that_begins_behind_a_wild_place_still_hears_of_its_own(
    enrolled: Callable[..., Machine],
) -> None:
    machine = enrolled()
    begun = {"reason": "restore", "from_incarnation": "beef", "from_hash": "", "salt": "00" * 8}
    told = json.dumps(begun | {"from_dseq": 2**70})
    started = note(1, type="incarnation.started", payload=told, subject=machine.device)
    assert machine.push(machine.seal([started, note(2)])).status_code == 200
    page = pulled(machine.pull())
    assert [dseq for _, dseq, _ in page.own] == [1, 2]


# ---- revocation and silence --------------------------------------------------------------------


def test_a_revoked_device_is_refused_and_what_it_wrote_before_waits(
    upper: Upper, enrolled: Enrolled
) -> None:
    machine = enrolled()
    machine.push(machine.seal([note(1)]))
    with upper.database.begin() as connection:
        revoke(connection, machine.device)
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    batch = machine.seal([note(2), note(3), note(4, occurred_at=later), note(5)])

    for _ in range(2):
        machine.hello()
        answer = machine.push(batch)
        assert (answer.status_code, answer.json()["code"]) == (403, "revoked")
    machine.hello()
    assert machine.pull().status_code == 403

    with upper.database.begin() as connection:
        aside = connection.execute(select(quarantine).order_by(quarantine.c.dseq)).fetchall()
        assert [(row.dseq, row.code) for row in aside] == [(2, "revoked"), (3, "revoked")]
        assert "thu hồi" in aside[0].message
        assert "NGUYỆT" in json.loads(aside[0].raw)["payload"]
        assert list(connection.scalars(select(event.c.dseq))) == [1]
        assert connection.scalars(select(stream.c.high)).all() == [3]


def test_silence_is_told_from_the_third_day(upper: Upper, enrolled: Enrolled) -> None:
    first, second = enrolled(1), enrolled(2, "H50.99.02", 3)
    first.pull()
    with upper.database.begin() as connection:
        revoke(connection, second.device)
        now = datetime.now(UTC)
        told = {
            days: [one.silence for one in heard(connection, now + timedelta(days=days, hours=1))]
            for days in (0, 2, 3, 6, 7)
        }
    assert told == {0: ["", ""], 2: ["", ""], 3: ["amber", ""], 6: ["amber", ""], 7: ["red", ""]}


# ---- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_has_begun(tmp_path: Path, number: int) -> None:
    # over PostgreSQL: the day with faults below
    database_url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    environment = os.environ | {"DISTRICT_DATABASE_URL": database_url, "TMPDIR": str(tmp_path)}
    subprocess.run([BIN / "district-server", "init"], env=environment, check=True)
    server = subprocess.Popen(
        [BIN / "district-server", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert server.stdout is not None
    url = httpx.URL(json.loads(server.stdout.readline())["url"])
    body = b'{"code":"a"}'
    with socket.create_connection((url.host, url.port or 0)) as line:
        head = f"POST /enrol/v1/enrol HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
        line.sendall(head.encode() + body[:5])
        # another request, answered: the first one has been read by now
        assert httpx.get(url.join("/health"), trust_env=False).status_code == 200
        server.send_signal(number)
        deadline = time.monotonic() + 20
        while _listens(url):
            assert time.monotonic() < deadline
        line.sendall(body[5:])
        assert line.recv(65536).startswith(b"HTTP/1.1 400 ")
    _, told = server.communicate(timeout=20)
    assert server.returncode == 0
    lines = [json.loads(text) for text in told.splitlines()]
    assert [one["event"] for one in lines if one["event"] != "request"] == ["started", "stopped"]
    assert not list(tmp_path.glob("mot-cua-*"))


def test_a_day_with_faults_names_nobody_and_a_stop_lets_a_push_be_answered(
    postgres_url: str, make_counter: Callable[..., Counter], tmp_path: Path
) -> None:
    """All that a process says, and its database, through a whole day with everything that goes wrong."""
    counter = make_counter(2)
    officer = counter.officers.all()[0]
    environment = os.environ | {"DISTRICT_DATABASE_URL": postgres_url}
    assert main(["init", "--database-url", postgres_url]) == 0
    out, said = tmp_path / "out", tmp_path / "said"
    with out.open("wb") as stdout, said.open("wb") as stderr:
        server = subprocess.Popen(
            [BIN / "district-server", "serve", "--port", "0"],
            env=environment,
            cwd=tmp_path,
            stdout=stdout,
            stderr=stderr,
        )
    deadline = time.monotonic() + 60
    while not (first := out.read_bytes()).endswith(b"\n"):
        assert time.monotonic() < deadline
        assert server.poll() is None
    url = json.loads(first)["url"]
    database = Database(postgres_url)

    def accept() -> str:
        made = counter.intake.accept(draft(), officer)  # type: ignore[arg-type]
        assert isinstance(made, Accepted)
        return made.code

    with database.begin() as connection:
        code, _ = issue_code(connection, "H50.99.01", 2)
    counter.enrol(url, code, None)
    dossier = accept()
    assert not counter.sync.cycle().fault
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        name = {"name": "HỒ THỊ NGUYỆT", "password": "045190001234", "code": "0912000345"}
        assert client.post("/sign-in", data=name).status_code == 403
        nul = {"name": "HỒ THỊ NGUYỆT\0", "password": "045190001234"}
        assert client.post("/sign-in", data=nul).status_code in (400, 403)
        asked = {"device": "HỒ THỊ NGUYỆT", "code": "045190001234", "commune": "Ta Đủ"}
        for body in (asked, asked | {"counter": "0912000345"}, "HỒ THỊ NGUYỆT 045190001234"):
            assert client.post("/enrol/v1/enrol", json=body).status_code in (400, 403)
        for path in (
            "/R/045190001234",
            "/look-up?q=NGUYET",
            "/NGUYET?so=0912000345",
            "/units/NGUYET",
        ):
            assert client.get(path, headers={"X-Device": "NGUYET"}).status_code < 500
        machine = Machine(client, counter_no=3, seed=3)
        with database.begin() as connection:
            code, _ = issue_code(connection, "H50.99.01", 3)
        machine.enrol(code)
        machine.hello()
        spent = machine.challenge
        broken = [note(1, occurred_at="hôm qua 045190001234"), note(2, actor_name="NGUYỆT" * 40)]
        assert machine.push(machine.seal(broken)).status_code == 200
        machine.challenge = spent
        assert machine.pull().status_code == 401
        # the log itself will not have what comes next
        with database.begin() as connection:
            connection.execute(text("ALTER TABLE event ADD CHECK (actor_name <> 'NGUYỆT')"))
        machine.hello()
        assert machine.push(machine.seal([note(3, actor_name="NGUYỆT")])).status_code == 200
        assert "motcua_requests_total" in client.get("/metrics").text

    # a push under way when the signal comes
    late = accept()
    with ThreadPoolExecutor(1) as beside:
        with database.begin() as connection:
            connection.execute(select(commune).with_for_update()).fetchall()
            under_way = beside.submit(counter.sync.cycle)
            waits = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            while not connection.execute(waits).scalar_one():
                assert time.monotonic() < deadline + 60
                assert not under_way.done()
            server.terminate()
            while _listens(httpx.URL(url)):
                assert time.monotonic() < deadline + 60
        # heard to its end, and nothing is sent again
        summary = under_way.result()
        assert (summary.sent, summary.waiting) == (1, 0)
    assert server.wait(40) == 0
    with database.begin() as connection:
        held = [len(by_code(connection, one)) for one in (dossier, late)]
        place = connection.execute(text("SHOW data_directory")).scalar_one()
        kept = connection.execute(
            text("SELECT pg_read_file(:log)"), {"log": f"{Path(place).parent}/log"}
        ).scalar_one()
    database.close()
    assert held == [1, 1]
    assert "violates check constraint" in kept
    journal = said.read_text("utf-8")
    assert "/sync/v1/push" in journal
    for told in (journal, out.read_text("utf-8"), kept):
        assert not [one for one in NAMES if one in told]


def test_a_stop_right_at_the_start_is_heard(tmp_path: Path) -> None:
    url = f"sqlite:///{(tmp_path / 'a.sqlite3').as_posix()}"
    environment = os.environ | {"DISTRICT_DATABASE_URL": url}
    subprocess.run([BIN / "district-server", "init"], env=environment, check=True)
    script = """
import os, signal, sys
from district_server import commands
from district_server.__main__ import main
commands.write = lambda told: os.kill(os.getpid(), signal.SIGTERM)
sys.exit(main(["serve", "--port", "0"]))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, timeout=60
    )
    assert ended.returncode == 0
    assert json.loads(ended.stderr.splitlines()[-1])["event"] == "stopped"


def _listens(url: httpx.URL) -> bool:
    try:
        socket.create_connection((url.host, url.port or 0), 1).close()
    except OSError:
        return False
    return True


def test_a_push_that_came_through_is_told_once_more(enrolled: Enrolled) -> None:
    machine = enrolled()
    batch = machine.seal([note(1), note(2)])
    first = taken(machine.push(batch))
    machine.high, machine.head = 0, batch[0].prev_hash
    again = taken(machine.push(batch))

    assert (first.high, again.high, again.head_cseq) == (2, 2, 2)
    assert again.signature == first.signature


def test_the_body_of_an_answer_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
