"""When a backup makes itself, what stays of them, and what is said."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import PASSPHRASE, ToldClock, draft

from counter_app.book import backup_file
from counter_app.book.creation import restore_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.backup_plan import long_words, short_words
from db.check import check


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    made = tmp_path / "usb"
    made.mkdir()
    return made


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_off_until_it_is_set(counter: Counter, clock: ToldClock, stick: Path) -> None:
    assert not counter.backups.make_if_due()
    assert short_words(counter.backup_plan, clock.now()) == (False, "Chưa đặt sao lưu")
    assert long_words(counter.backup_plan) == "Chưa có bản sao lưu nào. Chưa đặt tự sao lưu."
    for folder, hours, kept in (("", 1, 24), (str(stick), -1, 24), (str(stick), 1, 1)):
        with pytest.raises(Refused):
            counter.backup_plan.keep(folder, hours, kept)
    assert names(stick) == []


def test_each_hour_and_only_the_newest_stay(
    counter: Counter, officer: object, clock: ToldClock, stick: Path
) -> None:
    others = ["so-quay-2-2026-11-20.mcb", "so-quay-1-tu-dong-20261120-080000.mcb", "anh.jpg"]
    for name in others:
        (stick / name).write_bytes(b"khong phai cua may")
    counter.backup_plan.keep(str(stick), 1, 2)
    half = stick / "so-quay-2-tu-dong-20261120-070000.mcb.part"
    half.write_bytes(b"mat dien giua chung")
    assert counter.backups.make_if_due()
    assert names(stick) == sorted([*others, "so-quay-2-tu-dong-20261120-092400.mcb"])
    clock.move(minutes=59)
    assert not counter.backups.make_if_due()
    for _ in range(3):
        clock.move(hours=1)
        assert counter.backups.make_if_due()
    own = [name for name in names(stick) if name.startswith("so-quay-2-tu-dong")]
    assert own == ["so-quay-2-tu-dong-20261120-122300.mcb", "so-quay-2-tu-dong-20261120-132300.mcb"]
    assert set(others) < set(names(stick))
    assert short_words(counter.backup_plan, clock.now()) == (True, "Sao lưu lúc 13:23")
    assert "so-quay-2-tu-dong-20261120-132300.mcb" in long_words(counter.backup_plan)


def test_what_it_makes_opens(
    counter: Counter, clock: ToldClock, stick: Path, tmp_path: Path
) -> None:
    officer = counter.officers.all()[0]
    counter.backup_plan.keep(str(stick), 1, 2)
    counter.intake.accept(draft(), officer)
    counter.backups.make_if_due()
    (name,) = names(stick)
    restore_counter(tmp_path / "may-moi", stick / name, PASSPHRASE, None)
    restored = open_counter(tmp_path / "may-moi", PASSPHRASE)
    assert len(restored.search.find("261120")) == 1
    assert check(restored.store).faults == ()
    restored.close()


def test_a_missing_stick_is_said_and_nothing_is_made_elsewhere(
    counter: Counter, clock: ToldClock, stick: Path
) -> None:
    counter.backup_plan.keep(str(stick), 1, 2)
    stick.rmdir()
    with pytest.raises(EnvironmentFault) as fault:
        counter.backups.make_if_due()
    assert fault.value.code == "backup_folder_missing"
    assert not stick.exists()
    counter.backup_plan.note_trouble(fault.value.message)
    assert long_words(counter.backup_plan).endswith("máy tự sao lưu khi thấy nó.")
    stick.mkdir()
    assert counter.backups.make_if_due()
    assert counter.backup_plan.trouble == ""


def test_a_clock_that_was_put_back_stops_nothing(
    counter: Counter, clock: ToldClock, stick: Path
) -> None:
    counter.backup_plan.keep(str(stick), 5, 9)
    assert counter.backups.make_if_due()
    clock.move(days=-4000)
    assert counter.backups.make_if_due()
    assert not counter.backups.make_if_due()


def test_another_folder_begins_anew(counter: Counter, clock: ToldClock, stick: Path) -> None:
    counter.backup_plan.keep(str(stick), 1, 2)
    assert counter.backups.make_if_due()
    other = stick / "khac"
    other.mkdir()
    counter.backup_plan.keep(str(other), 1, 2)
    assert counter.backups.make_if_due()
    assert len(names(other)) == 1


def test_by_hand_it_is_the_last_and_changes_no_plan(
    counter: Counter, clock: ToldClock, stick: Path
) -> None:
    counter.backup_plan.keep(str(stick), 1, 2)
    counter.backups.make(stick / "tay.mcb")
    assert counter.backup_plan.last is not None
    assert counter.backup_plan.last.name == "tay.mcb"
    assert counter.backup_plan.is_due(clock.now())
    assert short_words(counter.backup_plan, clock.now() + timedelta(days=2)) == (
        False,
        "Sao lưu 09:24 20/11",
    )


def test_a_disk_that_takes_no_more_leaves_what_stood(
    counter: Counter, clock: ToldClock, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.backup_plan.keep(str(stick), 1, 2)
    assert counter.backups.make_if_due()
    stood = names(stick)
    clock.move(hours=2)
    monkeypatch.setattr(backup_file, "_read_back", _differs)
    with pytest.raises(EnvironmentFault):
        counter.backups.make_if_due()
    assert names(stick) == stood
    assert counter.backup_plan.is_due(clock.now())


def _differs(_: Path) -> backup_file.Manifest:
    return backup_file.Manifest(0, "", {})


def test_the_plan_lives_with_the_book(
    make_counter: Callable[..., Counter], clock: ToldClock, stick: Path
) -> None:
    counter = make_counter(3)
    counter.backup_plan.keep(str(stick), 6, 7)
    counter.backups.make_if_due()
    again = open_counter(counter.folder, PASSPHRASE)
    again.clock = clock
    plan = again.backup_plan
    assert (plan.folder, plan.hours, plan.kept) == (str(stick), 6, 7)
    assert not plan.is_due(clock.now())
    again.close()
