"""A real server over a real socket, and machines that speak to it by hand."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from upper import Machine, Upper, running


@pytest.fixture
def upper(database_url: str) -> Iterator[Upper]:
    with running(database_url) as made:
        yield made


@pytest.fixture
def client(upper: Upper) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as made:
        yield made


@pytest.fixture
def enrolled(upper: Upper, client: httpx.Client) -> Callable[..., Machine]:
    """Devices that are in the book and have a challenge."""

    def make(seed: int = 1, org: str = "H50.99.01", counter_no: int = 1) -> Machine:
        made = Machine(client, org, counter_no, seed)
        assert made.enrol(upper.code_for(org, counter_no)).status_code == 200
        assert made.hello().status_code == 200
        return made

    return make
