"""A real server over a real socket, on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from conftest import PASSPHRASE
from fault_proxy import FaultProxy
from upper import Upper, running

from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer


@pytest.fixture
def upper(database_url: str) -> Iterator[Upper]:
    with running(database_url) as made:
        yield made


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


@pytest.fixture
def copied():  # type: ignore[no-untyped-def]
    """The folder of a store copied as it stands, and opened beside it."""
    opened: list[Counter] = []

    def make(pair: Pair) -> Pair:
        folder = pair[0].folder.with_name(f"ban-sao-{len(opened)}")
        shutil.copytree(pair[0].folder, folder)
        copy = open_counter(folder, PASSPHRASE)
        copy.clock = pair[0].clock
        opened.append(copy)
        return copy, pair[1]

    yield make
    for counter in opened:
        counter.close()
