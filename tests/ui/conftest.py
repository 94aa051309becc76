"""Windows on copies of one store: making a store costs a second, copying it a millisecond."""

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

sys.path.append(str(Path(__file__).parent))  # for hands

from hands import (
    PEOPLE,
    PIN,
    Hand,
    Loop,
    Morning,
    Pace,
    Place,
    TickingClock,
    before_sign_in,
    put_away,
    sign_in,
    tell_time,
)

import resources
from counter_app.book.creation import create_counter
from counter_app.domain.events import SYSTEM
from counter_app.domain.officer import Role
from counter_app.keys import store_key
from counter_app.services.results import Accepted
from ui.application import Window
from ui.assets import load_fonts

PASSPHRASE = "cau mo so de thu"


@pytest.fixture(scope="session", autouse=True)
def _fonts(qapp: QApplication) -> None:
    load_fonts()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A store of Khe Sanh (sample) with three officers and five dossiers, and its key."""
    folder = tmp_path_factory.mktemp("template") / "so"
    office = resources.office_text("khe-sanh")
    create_counter(folder, office, 2, "Hồ Thị Mai", PIN, PASSPHRASE, sample=True)
    key = store_key.unlock(folder, PASSPHRASE)
    counter = Place(folder, key, Morning()).open()
    for name, role in (("Trần Thị Lệ Thủy", Role.PROCESSING), ("Lê Văn Phúc", Role.SUPERVISOR)):
        counter.officers.add(name, (role,), "", PIN, SYSTEM)
    officer = counter.officers.all()[0]
    ids = []
    for name, number, procedure, address in PEOPLE:
        applicant = {"name": name, "personal_number": number, "address": address}
        made = counter.intake.accept(
            {"procedure": procedure, "applicant": applicant, "components": "all"}, officer
        )
        assert isinstance(made, Accepted)
        ids.append(made.dossier_id)
    counter.acts.act(ids[0], "transfer", {}, officer)
    counter.acts.act(ids[3], "complete", {"shelf": "K2"}, officer)
    counter.close()
    # all that is loaded by now stays: collecting after each window need not look at it again
    gc.collect()
    gc.freeze()
    return folder, key


@pytest.fixture
def place(template: tuple[Path, bytes], tmp_path: Path, clock: TickingClock) -> Place:
    """A store of one's own."""
    folder, key = template
    return Place(shutil.copytree(folder, tmp_path / "so"), key, clock)


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Pace:
    return tell_time(monkeypatch)


@pytest.fixture
def open_window(qtbot: QtBot, pace: Pace) -> Iterator[Callable[[Place], Hand]]:
    """Windows at the sign-in screen, each with a hand before it."""
    opened: list[Window] = []

    def make(place: Place) -> Hand:
        opened.append(Window(place.doors()))
        return before_sign_in(Loop(), opened[-1], pace)

    yield make
    while opened:
        put_away(opened.pop())


@pytest.fixture
def hand(open_window: Callable[[Place], Hand], place: Place) -> Hand:
    """Someone who has signed in and sees the desk."""
    made = open_window(place)
    sign_in(made)
    return made
