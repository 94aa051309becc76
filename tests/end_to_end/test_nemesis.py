"""Several counters, one server, each a process of its own, and somebody who wishes them ill.

Counters and server are killed, the line is cut in the middle of requests and answers, the server comes
back on its port. Afterwards a judge who knows nothing of the product reads all the tables.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import PASSPHRASE
from fault_proxy import FaultProxy
from history import EVENTS, Place, Said, faults
from killing import Child, prepare, printed
from sqlalchemy import create_engine

from counter_app.bootstrap import Counter
from counter_app.keys import store_key
from district_server.database import Database
from district_server.enrolment import issue_code
from district_server.keys import make_keys
from district_server.schema import bring_up_to_date

SERVER = Path(sys.executable).parent / "district-server"


class Server:
    """The server's process; it comes back on the same port."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.url = database_url
        self._surroundings = os.environ | {"DISTRICT_DATABASE_URL": database_url}
        self._folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def make(self, counters: int) -> list[str]:
        """Its tables and keys; a code for each counter."""
        database = Database(self.url)
        bring_up_to_date(database)
        with database.begin() as connection:
            make_keys(connection, None)
            numbers = range(1, counters + 1)
            codes = [issue_code(connection, "H50.99.01", number)[0] for number in numbers]
        database.close()
        return codes

    def start(self) -> None:
        self._process = subprocess.Popen(
            [SERVER, "serve", "--port", str(self.port)],
            env=self._surroundings,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        assert "url" in told, told
        self.port = int(told["url"].rpartition(":")[2])

    def kill(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.kill()
            self._process.wait(30)
            self._process.stdout.close()
            self._process = None


class Desk:
    """A counter's folder and the process that works in it."""

    def __init__(self, folder: Path, key: bytes, device: str) -> None:
        self.folder, self.key, self.device = folder, key, device
        self.said: list[tuple[str, str]] = []
        self.deaths = self._runs = 0
        self.child: Child | None = None

    def begin(self, work: str) -> Child:
        self._runs += 1
        self.child = Child(work, self.folder, self.key, f"LẦN {self._runs}")
        return self.child

    def kill(self) -> None:
        assert self.child is not None
        self.child.kill()
        self.said += self.child.said
        self.deaths += 1

    def come_to_rest(self) -> None:
        child = self.begin("to rest")
        assert not child.wait()
        self.said += child.said

    def told(self, kind: str) -> list[str]:
        return [what for said, what in self.said if said == kind]

    def history(self) -> Said:
        return Said(
            self.device, self.told("code"), self.told("printed"), printed(self.folder), self.deaths
        )

    def place(self) -> Place:
        counter = Counter(self.folder, self.key)
        try:
            with counter.store.read() as books:
                run = books.connection.exec_driver_sql
                events = [tuple(row) for row in run(f"SELECT {EVENTS} FROM event_log")]
                rows = run("SELECT cseq, event_id FROM event_order").fetchall()
            return Place(self.folder.name, events, dict(rows))
        finally:
            counter.close()


class Scene(NamedTuple):
    """Who is on it."""

    server: Server
    proxy: FaultProxy
    desks: list[Desk]

    def place(self) -> Place:
        """The server as its tables have it."""
        url = self.server.url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url)
        with engine.connect() as connection:
            run = connection.exec_driver_sql
            events = [tuple(row) for row in run(f"SELECT {EVENTS} FROM event")]
            rows = run("SELECT cseq, event_id FROM event").fetchall()
        engine.dispose()
        return Place("server", events, dict(rows))


@pytest.fixture
def scene(
    database_url: str, templates: Callable[[int], Path], tmp_path: Path
) -> Iterator[Callable[[int], Scene]]:
    prepare()
    server = Server(database_url, tmp_path)
    proxies = []
    desks: list[Desk] = []

    def make(counters: int) -> Scene:
        codes = server.make(counters)
        server.start()
        proxy = FaultProxy(("127.0.0.1", server.port))
        proxy.__enter__()
        proxies.append(proxy)
        for number, code in enumerate(codes, 1):
            folder = shutil.copytree(templates(number), tmp_path / f"quay-{number}")
            key = store_key.unlock(folder, PASSPHRASE)
            counter = Counter(folder, key)
            counter.enrol(proxy.url, code, None)
            desks.append(Desk(folder, key, counter.identity.device_id))
            counter.close()
        return Scene(server, proxy, desks)

    yield make
    for proxy in proxies:
        proxy.__exit__()
    server.kill()


def torment(scene: Scene, rounds: int, seed: int) -> dict[str, int]:
    """Work under attack, then rest. How often each thing was done."""
    chance = random.Random(seed)
    server, proxy, desks = scene
    done = dict.fromkeys(("counter killed", "server killed", "line cut", "portal"), 0)
    for desk in desks:
        desk.begin("on a bad line")
    for _ in range(rounds):
        victim = chance.choice(desks)
        assert victim.child is not None
        # it goes by what the counters have done, not by the clock
        victim.child.listen(chance.randint(1, 6))
        deed = chance.choice(list(done))
        done[deed] += 1
        if deed == "counter killed":
            victim.kill()
            victim.begin("on a bad line")
        elif deed == "server killed":
            server.kill()
            victim.child.listen(chance.randint(1, 6))
            server.start()
        elif deed == "line cut":
            proxy.cut_up = chance.choice((None, chance.randint(1, 4_000)))
            proxy.cut_down = chance.choice((None, chance.randint(1, 4_000)))
            victim.child.listen(chance.randint(1, 12))
            proxy.heal()
        else:
            proxy.page = b"<html>Wi-Fi</html>"
            victim.child.listen(chance.randint(1, 8))
            proxy.heal()
    for desk in desks:
        desk.kill()
    for _ in range(2):
        for desk in desks:
            desk.come_to_rest()
    return done


History = tuple[Place, list[Place], list[Said]]


def history_of(scene: Scene) -> History:
    desks = scene.desks
    return scene.place(), [desk.place() for desk in desks], [desk.history() for desk in desks]


def assert_judge_can_fail(history: History) -> None:
    """The same history with one thing wrong in it."""
    server, (first, *others), (one, *rest) = history
    told = [one, *rest]
    event = first.events[-1]
    changed = (*event[:11], event[11] + " ", *event[12:])
    slip = next(iter(one.tray))
    lost = dict(first.order)
    lost.popitem()
    for spoilt, words in (
        (replace(first, events=first.events[:-1]), told),
        (replace(first, events=[*first.events[:-1], changed]), told),
        (replace(first, events=[*first.events, event]), told),
        (replace(first, order=lost), told),
        (first, [replace(one, codes=[*one.codes, "H50.99.01-261120-1999"]), *rest]),
        (first, [replace(one, codes=[], deaths=0), *rest]),
        (first, [replace(one, tray=one.tray + Tally([slip])), *rest]),
        (first, [replace(one, tray=one.tray - Tally([slip])), *rest]),
    ):
        assert faults(server, [spoilt, *others], words)


def test_two_counters_and_a_server_under_attack(scene: Callable[[int], Scene]) -> None:
    here = scene(2)

    torment(here, rounds=5, seed=1)

    history = history_of(here)
    assert faults(*history) == []
    assert any("good" in desk.told("cycle") for desk in here.desks)
    assert_judge_can_fail(history)


@pytest.mark.proof
def test_four_counters_and_a_server_under_a_long_attack(
    scene: Callable[[int], Scene], figure: Callable[[str], None], database_url: str
) -> None:
    here = scene(4)

    done = torment(here, rounds=120, seed=2)

    assert faults(*history_of(here)) == []
    codes = sum(len(desk.told("code")) for desk in here.desks)
    cycles = [one for desk in here.desks for one in desk.told("cycle")]
    figure(
        f"nemesis, {database_url.partition(':')[0]}: {done}; {codes} codes told, all printed once; "
        f"{len(cycles)} cycles, {cycles.count('good')} of them good"
    )
    assert min(done.values()) > 5
    assert 0 < cycles.count("good") < len(cycles)
