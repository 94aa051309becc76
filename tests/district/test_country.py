"""Many counters against one machine: a fifth of the country on its worst morning and at rest, fifty
counters with ten thousand dossiers each, two hundred back in the same second.

`COUNTERS` makes the first smaller. Figures of the design: 3,321 communes, 10,000 counters, 60 million
dossiers a year; so 24 dossiers a counter a working day, each with about five events.
"""

import base64
import json
import os
import resource
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import draft
from postgres import cluster
from sqlalchemy import create_engine, func, select, text
from swarm import Told, come
from upper import Machine

from counter_app.bootstrap import Counter
from counter_app.domain.events import Event
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted
from counter_app.wire.messages import Enrol
from counter_app.wire.signing import enrol_bytes
from district_server.check import faults_of
from district_server.database import Database
from district_server.enrolment import enrol, issue_code
from district_server.keys import load_keys, make_keys
from district_server.schema import bring_up_to_date
from district_server.tables import commune, dossier, event, quarantine

COUNTERS = int(os.environ.get("COUNTERS", "2000"))
COUNTERS_A_COMMUNE = 3
DOSSIERS = 24
BATCH = 50
BIN = Path(sys.executable).parent

Life = list[dict[str, Any]]


def life_of_a_dossier(counter: Counter) -> tuple[str, Life]:
    """A dossier's whole way as a real counter writes it: (its code, its events)."""
    officer = counter.officers.all()[0]
    made = counter.intake.accept(draft(), officer)  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    for action, fields in (
        ("transfer", {"to": "Công chức Tư pháp - Hộ tịch"}),
        ("take-over", {}),
        ("complete", {"shelf": "K1"}),
        ("return", {}),
    ):
        done = counter.acts.act(made.dossier_id, action, fields, officer)
        assert isinstance(done, Acted), done
    with counter.store.read() as books:
        events = [known for known, _ in books.log.of(made.dossier_id)]
    names = ("type", "version", "occurred_at", "clock", "actor_id", "actor_name", "payload")
    return made.code, [{name: getattr(known, name) for name in names} for known in events]


def a_day(
    machine: Machine, code: str, life: Life, dossiers: int = DOSSIERS, most: int = BATCH
) -> list[list[Event]]:
    """A counter's dossiers in batches, in its own chain: 24 are a day, what is over 500 is of days after."""
    contents: list[dict[str, Any]] = []
    for number in range(dossiers):
        day = date(2026, 11, 20) + timedelta(days=number // 500)
        own = f"{machine.org}-{day:%y%m%d}-{machine.counter_no}{number % 500 + 1:03d}"
        subject = str(uuid.uuid4())
        for place, known in enumerate(life):
            contents.append(
                {
                    **known,
                    "event_id": subject if place == 0 else str(uuid.uuid4()),
                    "subject": subject,
                    "payload": known["payload"].replace(code, own),
                }
            )
    events = machine.seal(contents)
    return [events[at : at + most] for at in range(0, len(events), most)]


@contextmanager
def one_machine(folder: Path) -> Iterator[tuple[str, Database, int]]:
    """PostgreSQL that waits for its disk, and one server process: (address, database, process)."""
    with cluster(durable=True) as postgres:
        admin = create_engine(
            postgres.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE country"))
        admin.dispose()
        url = postgres.rpartition("/")[0] + "/country"
        database = Database(url)
        bring_up_to_date(database)
        with database.begin() as connection:
            make_keys(connection, None)
        with (folder / "journal").open("wb") as journal:
            server = subprocess.Popen(
                [BIN / "district-server", "serve", "--port", "0", "--database-url", url],
                stdout=subprocess.PIPE,
                stderr=journal,
            )
            try:
                assert server.stdout is not None
                yield json.loads(server.stdout.readline())["url"], database, server.pid
            finally:
                server.terminate()
                server.communicate(timeout=60)
                database.close()
        assert server.returncode == 0


def machines_of_the_country(
    database: Database, counters: int, a_commune: int = COUNTERS_A_COMMUNE
) -> list[Machine]:
    """Counters in the key list, so many a commune."""
    made: list[Machine] = []
    with httpx.Client() as nobody, database.begin() as connection:
        keys = load_keys(connection, None)
        for number in range(counters):
            place = number // a_commune
            org = f"H50.{place // 100 + 10}.{place % 100:02d}"
            machine = Machine(nobody, org, number % a_commune + 1, number + 1)
            code, _ = issue_code(connection, org, machine.counter_no)
            signature = machine.sign(enrol_bytes(code, machine.device, org, machine.counter_no))
            public_key = base64.b64encode(machine.public_key).decode()
            answer = enrol(
                connection,
                keys,
                Enrol(
                    code,
                    machine.device,
                    public_key,
                    org,
                    machine.counter_no,
                    machine.incarnation,
                    signature,
                ),
            )
            assert not isinstance(answer, Exception)
            made.append(machine)
    return made


def memory_of(process: int) -> float:
    """The most it ever held, in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def cpu_of(process: int) -> float:
    """Seconds of processor time it has used."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.proof
def test_a_fifth_of_the_country_against_one_machine(
    make_counter: Callable[..., Counter], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _open_files(COUNTERS)
    code, life = life_of_a_dossier(make_counter(2))
    with one_machine(tmp_path) as (url, database, process):
        machines = machines_of_the_country(database, COUNTERS)
        work = [a_day(machine, code, life) for machine in machines]
        sent = sum(len(batch) for batches in work for batch in batches)
        lines = [
            f"{COUNTERS} counters in {len({m.org for m in machines})} communes, "
            f"{COUNTERS * DOSSIERS} dossiers, {sent} events"
        ]

        before = cpu_of(process)
        told, seconds = come(url, machines, work, within=60)
        lines += _lines("a day's work of all, back within a minute", told, seconds)
        lines.append(
            f"  {sent / seconds:,.0f} events/s up, {told.events_down / seconds:,.0f} down, "
            f"{told.bytes_up / sent:.0f} B an event up, server {memory_of(process):.0f} MB, "
            f"{cpu_of(process) - before:.0f} s of processor"
        )
        _assert_whole(database, sent, COUNTERS * DOSSIERS)
        lines.append(f"  database {_size(database) / sent:,.0f} B an event with indexes")

        idle, seconds = come(url, machines, [[] for _ in machines], within=60)
        held = memory_of(process)
        lines += _lines("nothing new, all within a minute (15 times the schedule)", idle, seconds)
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    # a machine that does other things meanwhile may let a line stall; what it answers is never a fault
    for one in (told, idle):
        assert not [name for name in one.faults if name.isdecimal()], one.faults
    assert held <= 400


@pytest.mark.proof
def test_fifty_counters_with_ten_thousand_dossiers_each_converge(
    make_counter: Callable[..., Counter], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    """Ten communes of five: each counter sends its own and reads those of its four neighbours."""
    counters, dossiers = 50, int(os.environ.get("DOSSIERS", "10000"))
    code, life = life_of_a_dossier(make_counter(2))
    with one_machine(tmp_path) as (url, database, process):
        machines = machines_of_the_country(database, counters, 5)
        work = [a_day(machine, code, life[:1], dossiers, 500) for machine in machines]
        told, seconds = come(url, machines, work, within=0)
        # those that were done first have not seen what came after
        last, more = come(url, machines, [[] for _ in machines], within=0)
        sent, read = counters * dossiers, told.events_down + last.events_down
        _assert_whole(database, sent, sent)
        held = memory_of(process)
    seconds += more
    figure(
        f"{counters} counters x {dossiers} dossiers: {seconds:.0f} s, {sent / seconds:,.0f} up and "
        f"{read / seconds:,.0f} down a second, server {held:.0f} MB, faults {dict(told.faults)}"
    )
    # a counter is told its own events as places only, its neighbours' whole
    assert read == sent * 4
    assert not told.faults
    assert not last.faults
    assert held <= 400
    assert seconds <= 600


@pytest.mark.proof
def test_two_hundred_counters_back_in_the_same_second_see_no_failure(
    make_counter: Callable[..., Counter], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    counters = 200
    _open_files(counters)
    code, life = life_of_a_dossier(make_counter(2))
    with one_machine(tmp_path) as (url, database, _):
        machines = machines_of_the_country(database, counters)
        work = [a_day(machine, code, life) for machine in machines]
        sent = sum(len(batch) for batches in work for batch in batches)
        told, seconds = come(url, machines, work, within=0)
        _assert_whole(database, sent, counters * DOSSIERS)
    figure(
        f"{counters} counters back at once, {sent} events: {seconds:.0f} s, "
        f"{told.asked_to_wait} asked to come later, faults {dict(told.faults)}"
    )
    assert not told.faults


def _open_files(counters: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * counters)), hard))


def _lines(name: str, told: Told, seconds: float) -> list[str]:
    found = [
        f"{name}: {seconds:.0f} s, {told.requests} requests answered, "
        f"{told.asked_to_wait} asked to come later, faults {dict(told.faults)}"
    ]
    found += [
        f"  {route}: p50 {told.quantile(route, 0.5) * 1000:.0f} ms, "
        f"p95 {told.quantile(route, 0.95) * 1000:.0f} ms, most {told.quantile(route, 1) * 1000:.0f} ms"
        for route in sorted(told.seconds)
    ]
    return found


def _assert_whole(database: Database, sent: int, dossiers: int) -> None:
    """Everything there once, in an order without holes, on both sides the same count."""
    with database.begin() as connection:
        counted = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (event, dossier, quarantine)
        ]
        assert counted == [sent, dossiers, 0]
        longest = (
            select(event.c.commune, func.max(event.c.cseq).label("last"), func.count().label("n"))
            .group_by(event.c.commune)
            .subquery()
        )
        holes = connection.execute(
            select(func.count())
            .select_from(longest)
            .join(commune, commune.c.org == longest.c.commune)
            .where((longest.c.last != longest.c.n) | (commune.c.seq != longest.c.n))
        ).scalar_one()
        assert holes == 0
    if sent <= 10_000:
        with database.begin() as connection:
            assert faults_of(connection) == []


def _size(database: Database) -> int:
    with database.begin() as connection:
        size: int = connection.execute(text("SELECT pg_database_size('country')")).scalar_one()
    return size
