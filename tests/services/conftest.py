"""Desks on copies of stores that are made once a session: hashing is slow on purpose."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from conftest import PASSPHRASE, PIN, ZONE, ToldClock
from services.desk import Desk

import resources
from counter_app.book.creation import create_counter
from counter_app.keys import store_key

MADE_AT = datetime(2026, 11, 20, 7, 0, tzinfo=ZONE)
"""The morning on which the stores were made."""

MakeDesk = Callable[..., Desk]


@pytest.fixture(scope="session")
def made_stores(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[Path, bytes]]:
    """The store of each counter as `init` leaves it, with its key."""
    place = tmp_path_factory.mktemp("made")

    @cache
    def made(number: int) -> tuple[Path, bytes]:
        folder = place / str(number)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("counter_app.book.creation.SystemClock", lambda _zone: ToldClock(MADE_AT))
            office = resources.office_text("khe-sanh")
            create_counter(folder, office, number, "Hồ Thị Mai", PIN, PASSPHRASE)
        return folder, store_key.unlock(folder, PASSPHRASE)

    return made


@pytest.fixture
def make_desk(
    tmp_path: Path, clock: ToldClock, made_stores: Callable[[int], tuple[Path, bytes]]
) -> Iterator[MakeDesk]:
    """Desks of Khe Sanh (sample), one a counter number, all at the same time of day."""
    desks: list[Desk] = []

    def make(number: int = 2) -> Desk:
        made, key = made_stores(number)
        folder = tmp_path / f"ban-{number}"
        shutil.copytree(made, folder)
        desks.append(Desk(folder, key, clock))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()
