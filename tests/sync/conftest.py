"""A real server over a real socket, on SQLite and on PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import uvicorn
from fault_proxy import FaultProxy

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer
from district_server.api import Api
from district_server.commands import listen
from district_server.database import Database
from district_server.enrolment import issue_code
from district_server.keys import ServerKeys, load_keys, make_keys
from district_server.schema import bring_up_to_date


@dataclass
class Upper:
    """The upper server of a test."""

    database: Database
    keys: ServerKeys
    url: str = ""
    port: int = 0
    _server: uvicorn.Server | None = None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            Api(self.database, self.keys).app(), log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)

    def code(self, counter: Counter) -> str:
        with self.database.begin() as connection:
            identity = counter.identity
            return issue_code(connection, identity.org_code, identity.counter_no)[0]


@pytest.fixture
def upper(database_url: str) -> Iterator[Upper]:
    database = Database(database_url)
    bring_up_to_date(database)
    with database.begin() as connection:
        make_keys(connection, None)
        keys = load_keys(connection, None)
    made = Upper(database, keys)
    made.start()
    yield made
    made.stop()
    database.close()


@pytest.fixture
def proxy(upper: Upper) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", upper.port)) as made:
        yield made


Pair = tuple[Counter, Officer]


@pytest.fixture
def enrolled(
    upper: Upper, proxy: FaultProxy, make_counter: Callable[..., Counter]
) -> Callable[[int], Pair]:
    """Counters enrolled through the proxy."""

    def make(number: int) -> Pair:
        counter = make_counter(number)
        counter.enrol(proxy.url, upper.code(counter), None)
        return counter, counter.officers.all()[0]

    return make
