"""A real server over a real socket, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator

import pytest
from fault_proxy import FaultProxy
from upper import Upper, running

from counter_app.bootstrap import Counter
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
