"""A commune alone for ninety days: everything comes up, and comes down at its other counter."""

import os
import time
from collections.abc import Callable

import pytest
from conftest import ToldClock
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced
from upper import Upper

from counter_app.bootstrap import Counter
from counter_app.commands.seed import invent
from counter_app.services import invented

DOSSIERS = int(os.environ.get("DOSSIERS", "20000"))
DAYS = 90


@pytest.mark.parametrize("dossiers", [150, pytest.param(DOSSIERS, marks=pytest.mark.proof)])
def test_ninety_days_alone_then_the_meeting(
    upper: Upper,
    enrolled: Enrolled,
    make_counter: Callable[..., Counter],
    clock: ToldClock,
    monkeypatch: pytest.MonkeyPatch,
    figure: Callable[[str], None],
    dossiers: int,
) -> None:
    monkeypatch.setattr(invented, "DAYS_BACK", DAYS)
    alone = make_counter(1)
    done = [count for count, _ in invent(alone, dossiers, 7)]
    assert done[-1] == dossiers
    first: Pair = (alone, alone.officers.all()[0])
    own = accept(first)
    began = time.monotonic()
    alone.enrol(upper.url, upper.code(alone), None)
    _meet(first)
    up, began = time.monotonic() - began, time.monotonic()
    # the other counter knew nothing of all this
    second = enrolled(2)
    _meet(second)
    down = time.monotonic() - began
    clock.move(minutes=5)
    do(second, own.dossier_id, "transfer")
    figure(f"{dossiers} dossiers of {DAYS} days: up in {up:.1f} s, down in {down:.1f} s")

    assert_at_rest(upper, first, second)
    for pair in (first, second):
        with pair[0].store.read() as books:
            counted = books.connection.exec_driver_sql("SELECT count(*) FROM dossier").scalar_one()
        assert counted == dossiers + 1


def _meet(pair: Pair) -> None:
    """As many cycles as it takes; each ends at its own border."""
    while pair[0].sync.cycle().unfinished:
        pass
    synced(pair)
