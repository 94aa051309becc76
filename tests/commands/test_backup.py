"""`backup` and `restore` as an administrator calls them; the drill of the guide, step by step."""

import json
import threading
import zipfile
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest
from conftest import PASSPHRASE, PIN, draft
from console import Console

import resources
from counter_app import data_folder
from counter_app.book.creation import create_counter, restore_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.code import DossierCode, place_of
from counter_app.domain.officer import Officer
from counter_app.errors import EnvironmentFault
from counter_app.services.results import Accepted
from db.check import check


@pytest.fixture(autouse=True)
def no_key_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PC without a key store, whatever the one that runs the tests has."""

    def refuse(*_: object) -> None:
        raise keyring.errors.NoKeyringError

    monkeypatch.setattr(keyring, "set_password", refuse)
    monkeypatch.setattr(keyring, "get_password", refuse)
    monkeypatch.delenv("COUNTER_RECOVERY", raising=False)


@pytest.fixture
def elsewhere(console: Console, tmp_path: Path) -> Console:
    """The console of another PC: the same tests, an empty place."""
    return Console(console.monkeypatch, console.capsys, tmp_path / "may-moi")


def seq(code: str):  # type: ignore[no-untyped-def]
    parsed = DossierCode.parse(code)
    assert parsed is not None
    return place_of(parsed.seq)


def test_the_drill(console: Console, elsewhere: Console, tmp_path: Path) -> None:
    before = console.accept(draft(), draft(name="HỒ VĂN BÊ")).lines
    target = tmp_path / "usb" / "sao-luu.mcb"
    target.parent.mkdir()
    told = console("backup", target).one
    assert told["bytes"] == target.stat().st_size
    assert [path.name for path in target.parent.iterdir()] == ["sao-luu.mcb"]
    assert list((console.folder / data_folder.BACKUPS).iterdir()) == []
    lost = console.accept(draft(name="LÊ VĂN ĐẠT")).one

    made = elsewhere("restore", target).one

    assert made["ok"]
    assert made["counter"] == 2
    for dossier in before:
        assert (
            elsewhere("show", dossier["code"]).one["applicant"]
            == (console("show", dossier["code"]).one["applicant"])
        )
    assert elsewhere("show", lost["code"]).status == 1
    assert elsewhere("check").one["ok"]
    # a number of that day may be on paper already: the new one is of a block
    again = elsewhere.accept(draft(name="HỒ THỊ MỚI")).one
    assert seq(again["code"]).block >= 100
    # the lost one is entered from its paper and keeps its code
    paper = {"origin": "paper", "code": lost["code"], "received_at": lost["received_at"]}
    entered = elsewhere.accept(draft(name="LÊ VĂN ĐẠT", from_paper=paper)).one
    assert entered["code"] == lost["code"]
    assert elsewhere("check").one["ok"]


def test_numbers_after_a_restore(make_counter, officer: Officer, tmp_path: Path, clock) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(3)
    accepted(counter)
    counter.backups.make(tmp_path / "a.mcb")

    restored = restore(tmp_path, "a.mcb", clock)

    # the clock of the restoring PC says November 2026 too; whatever it says, that day is covered
    with restored.store.write() as books:
        books.settings.put("blocks_until", "2026-11-20")
    first, second = accepted(restored), accepted(restored)
    assert [(seq(one.code).block, seq(one.code).number) for one in (first, second)] == [
        (seq(first.code).block, 1),
        (seq(first.code).block, 2),
    ]
    clock.move(days=3)
    assert seq(accepted(restored).code) == seq("H50.99.01-261123-3001")
    assert check(restored.store).faults == ()
    restored.close()


def test_the_restored_day_is_told_by_the_clock_or_by_the_log(
    make_counter, tmp_path: Path, clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    counter = make_counter(3)
    accepted(counter)
    counter.backups.make(tmp_path / "a.mcb")
    monkeypatch.setattr("counter_app.system.SystemClock.now", lambda _: clock.at.replace(year=2015))

    restored = restore(tmp_path, "a.mcb", clock)

    with restored.store.read() as books:
        assert books.settings.get("blocks_until") == "2026-11-20"
    restored.close()


def test_a_backup_is_whole_while_others_write(
    counter: Counter, officer: Officer, tmp_path: Path, clock
) -> None:  # type: ignore[no-untyped-def]
    stop = threading.Event()
    done: list[str] = []

    def write() -> None:
        while not stop.is_set():
            done.append(accepted(counter).code)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for at in range(3):
            counter.backups.make(tmp_path / f"{at}.mcb")
    finally:
        stop.set()
        writer.join()
    for at in range(3):
        restored = restore(tmp_path, f"{at}.mcb", clock)
        assert check(restored.store).faults == ()
        restored.close()


def test_nothing_of_a_person_and_no_key_stands_open_in_a_backup(
    console: Console, tmp_path: Path
) -> None:
    console.accept(draft())
    console("backup", tmp_path / "a.mcb")
    raw = (tmp_path / "a.mcb").read_bytes()
    for secret in ("NGUYỆT", "nguyet", "045190001234", "0912000345", "SQLite format 3"):
        assert secret.encode() not in raw
        assert secret.encode("utf-16-le") not in raw


def test_the_recovery_code_opens_a_backup_and_sets_a_new_passphrase(tmp_path: Path) -> None:
    office = resources.office_text("khe-sanh")
    made = create_counter(tmp_path / "so", office, 1, "A", PIN, PASSPHRASE)
    counter = open_counter(tmp_path / "so", PASSPHRASE)
    counter.backups.make(tmp_path / "a.mcb")
    counter.close()

    restore_counter(tmp_path / "m1", tmp_path / "a.mcb", "câu mở sổ mới hẳn", made.recovery_code)
    open_counter(tmp_path / "m1", "câu mở sổ mới hẳn").close()
    open_counter(tmp_path / "m1", recovery=made.recovery_code).close()
    # without a new one and without a key store here the old passphrase stays
    restore_counter(tmp_path / "m2", tmp_path / "a.mcb", None, made.recovery_code)
    open_counter(tmp_path / "m2", PASSPHRASE).close()


def test_what_is_refused(console: Console, elsewhere: Console, tmp_path: Path) -> None:
    target = tmp_path / "a.mcb"
    console("backup", target)
    whole = target.read_bytes()

    elsewhere.environment["COUNTER_PASSPHRASE"] = "khong phai cau nay"
    refused = elsewhere("restore", target)
    assert (refused.status, refused.codes) == (1, ["wrong_key"])
    elsewhere.environment["COUNTER_PASSPHRASE"] = PASSPHRASE
    assert elsewhere("restore", tmp_path / "khong-co.mcb").codes == ["file_missing"]
    for at in (60, len(whole) // 3, len(whole) // 2, len(whole) - 30):
        target.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        refused = elsewhere("restore", target)
        assert (refused.status, refused.codes) == (1, ["backup_damaged"]), at
    for short in (0, 100, len(whole) - 1):
        target.write_bytes(whole[:short])
        assert elsewhere("restore", target).codes == ["backup_damaged"], short
    with zipfile.ZipFile(target, "w") as foreign:
        foreign.writestr("mot-cua-backup.json", json.dumps({"version": 1}))
    assert elsewhere("restore", target).codes == ["backup_damaged"]
    # after all that the place is still free
    target.write_bytes(whole)
    assert elsewhere("restore", target).status == 0

    again = elsewhere("restore", target)
    assert (again.status, again.codes) == (1, ["folder_not_empty"])
    (tmp_path / "co-tep").mkdir()
    (tmp_path / "co-tep" / "a.txt").write_text("a")
    other = Console(console.monkeypatch, console.capsys, tmp_path / "co-tep")
    assert other("restore", target).codes == ["folder_not_empty"]


def test_a_backup_that_cannot_be_written_leaves_the_one_before(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a.mcb"
    counter.backups.make(target)
    before = target.read_bytes()
    with pytest.raises(EnvironmentFault) as missing:
        counter.backups.make(tmp_path / "khong-co" / "a.mcb")
    assert missing.value.code == "backup_failed"

    def rotten(self: zipfile.ZipFile, *given: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zipfile.ZipFile, "write", rotten)
    with pytest.raises(EnvironmentFault):
        counter.backups.make(target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_plan_is_kept_and_carried_out_at_once(console: Console, tmp_path: Path) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    told = console("backup", stick, "--every", 2, "--kept", 3).one
    (made,) = stick.iterdir()
    assert (told["folder"], told["every"], told["file"]) == (str(stick), 2, made.name)
    assert told["bytes"] == made.stat().st_size
    # once more within the two hours there is nothing to do
    again = console("backup", stick, "--every", 2).one
    assert "file" not in again
    assert console("backup", stick, "--every", 0).one["every"] == 0
    assert console("backup", tmp_path / "rut", "--every", 1).codes == ["backup_folder_missing"]
    assert console("backup", stick, "--every", -1).codes == ["hours_wrong"]
    console.environment["COUNTER_PIN"] = "000000"
    assert console("backup", stick, "--every", 1).status == 1
    assert [path.name for path in stick.iterdir()] == [made.name]


def test_a_task_of_the_system_backs_up_when_it_is_due(console: Console, tmp_path: Path) -> None:
    stick = tmp_path / "usb"
    stick.mkdir()
    assert console("backup").codes == ["backup_not_planned"]
    console("backup", stick, "--every", 2)
    (first,) = stick.iterdir()
    assert console("backup").one["made"] is False
    first.unlink()
    counter = open_counter(console.folder, PASSPHRASE)
    counter.settings.put("backup.last_planned", "")
    told = console("backup").one
    (second,) = stick.iterdir()
    # a window that is open meanwhile makes no second one
    assert not counter.backups.make_if_due()
    assert (told["made"], told["file"]) == (True, second.name)
    counter.settings.put("backup.last_planned", "")
    stick.rename(tmp_path / "rut")
    missing = console("backup")
    assert (missing.status, missing.codes) == (3, ["backup_folder_missing"])
    with pytest.raises(EnvironmentFault):
        counter.backups.make_if_due()
    assert "Cắm ổ hoặc USB" in counter.backup_plan.trouble
    counter.close()


def accepted(counter: Counter) -> Accepted:
    made = counter.intake.accept(draft(), counter.officers.all()[0])
    assert isinstance(made, Accepted)
    return made


def restore(tmp_path: Path, name: str, clock) -> Counter:  # type: ignore[no-untyped-def]
    folder = tmp_path / f"tu-{name}"
    restore_counter(folder, tmp_path / name, PASSPHRASE, None)
    restored = open_counter(folder, PASSPHRASE)
    restored.clock = clock
    return restored
