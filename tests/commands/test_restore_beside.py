"""A backup in the place of a damaged store: the damaged one stays, and no cut leaves an empty register."""

from pathlib import Path

import pytest
from conftest import PASSPHRASE, draft

from counter_app import data_folder
from counter_app.__main__ import _state
from counter_app.book.creation import restore_beside, restore_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.errors import EnvironmentFault, Refused


@pytest.fixture
def damaged(counter: Counter, tmp_path: Path) -> tuple[Path, Path]:
    """(the folder, spoilt after it was backed up; the backup of one dossier)."""
    counter.intake.accept(draft(), counter.officers.all()[0])
    source = tmp_path / "so.mcb"
    counter.backups.make(source)
    counter.close()
    book = counter.folder / data_folder.STORE
    book.write_bytes(b"?" * 4096 + book.read_bytes()[4096:])
    return counter.folder, source


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def beside(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.glob(f"{folder.name}-*"))


def opens(folder: Path) -> int:
    counter = open_counter(folder, PASSPHRASE)
    try:
        return len(counter.search.find("Nguyệt"))
    finally:
        counter.close()


def test_the_damaged_one_stays_as_it_is(damaged: tuple[Path, Path]) -> None:
    folder, source = damaged
    before = contents(folder)
    _, aside = restore_beside(folder, source, PASSPHRASE, None)
    assert opens(folder) == 1
    assert contents(aside) == before
    assert beside(folder) == [aside.name]


def test_a_wrong_passphrase_moves_nothing(damaged: tuple[Path, Path]) -> None:
    folder, source = damaged
    before = contents(folder)
    with pytest.raises(Refused):
        restore_beside(folder, source, "khong phai cau mo so", None)
    assert contents(folder) == before
    assert beside(folder) == []


def test_a_cut_between_the_two_names_is_made_good_at_the_next_start(
    damaged: tuple[Path, Path],
) -> None:
    folder, source = damaged
    restored = data_folder.restored_name(folder, "20261120-092400")
    restore_counter(restored, source, PASSPHRASE, None)
    folder.rename(folder.with_name(f"{folder.name}-hong-20261120-092400"))
    # the power goes here; what starts next finds no folder of that name
    assert _state(folder, False) == "passphrase"
    assert opens(folder) == 1
    assert beside(folder) == [f"{folder.name}-hong-20261120-092400"]


def test_half_a_restored_folder_takes_no_name(damaged: tuple[Path, Path]) -> None:
    folder, _ = damaged
    half = data_folder.restored_name(folder, "20261120-092400")
    half.mkdir()
    (half / data_folder.KEY).write_bytes(b"{}")
    folder.rename(folder.with_name("cho-khac"))
    assert _state(folder, False) == "none"
    assert not folder.exists()


@pytest.mark.parametrize("which", [1, 2])
def test_a_folder_that_somebody_holds_is_said(
    damaged: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """As Windows does while a file in it is open."""
    folder, source = damaged
    before, real, count = contents(folder), Path.rename, 0

    def held(path: Path, target: Path) -> Path:
        nonlocal count
        count += path.parent == folder.parent
        if count == which and path.parent == folder.parent:
            count = 99
            raise PermissionError(13, "in use")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(EnvironmentFault) as fault:
        restore_beside(folder, source, PASSPHRASE, None)
    assert fault.value.code == "folder_busy"
    assert contents(folder) == before
    assert beside(folder) == []
