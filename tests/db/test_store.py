"""The encrypted book: durable, append-only, its lists rebuilt from the log, newer files refused."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from conftest import PASSPHRASE, PIN, ToldClock, draft
from decrypted import is_nowhere
from scans_made import png
from sqlalchemy.exc import DatabaseError

import resources
from counter_app import data_folder
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.events import Actor
from counter_app.domain.officer import Officer
from counter_app.domain.retention import erasure_of
from counter_app.errors import EnvironmentFault, Refused
from counter_app.keys import store_key
from counter_app.services.results import Accepted, Rejected
from db import schema
from db.check import check
from db.creation import begin_restored
from db.engine import connect
from db.lives import NO_END, Head, begin_life
from db.tables import metadata

LOG_COLUMNS = [column.name for column in metadata.tables["event_log"].columns]


def accept(counter: Counter, officer: Officer, **more: object) -> Accepted:
    made = counter.intake.accept(draft(**more), officer)  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    return made


def raw(counter: Counter) -> sqlcipher.Connection:
    key = store_key.unlock(counter.folder, PASSPHRASE)
    return connect(counter.folder / data_folder.STORE, key, query_only=False)


def test_a_commit_waits_for_the_disk(counter: Counter) -> None:
    """A kill cannot show it, a power cut does: with NORMAL the last commits are not on the disk."""
    wanted = {
        "synchronous": 2,
        "journal_mode": "wal",
        "foreign_keys": 1,
        "query_only": 0,
        # nor does a file that somebody has worked on run what it brings, or pass for whole
        "trusted_schema": 0,
        "cell_size_check": 1,
        "temp_store": 2,
    }
    with counter.store.write() as books:
        told = {
            name: books.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted
        }
    assert told == wanted
    with counter.store.read() as books:
        assert books.connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_nothing_can_be_read_off_the_disk(counter: Counter, officer: Officer) -> None:
    accept(counter, officer, name="NGUYỆT RẤT RIÊNG")
    for path in counter.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not content.startswith(b"SQLite format 3")
            for text in ("NGUYỆT RẤT RIÊNG", "nguyet rat rieng", "045190001234", "Ta Đủ"):
                assert text.encode() not in content
                assert text.encode("utf-16-le") not in content


def test_the_log_cannot_be_changed_or_dropped(counter: Counter, officer: Officer) -> None:
    accept(counter, officer)
    for statement in (
        "DELETE FROM event_log WHERE num = 1",
        "UPDATE event_log SET actor_name = 'X' WHERE num = 1",
        "UPDATE event_log SET payload = '{}' WHERE num = 1",
        "DELETE FROM issued_code",
    ):
        with pytest.raises(DatabaseError), counter.store.write() as books:
            books.connection.exec_driver_sql(statement)


def returned_long_ago(counter: Counter, officer: Officer, clock: ToldClock, name: str) -> str:
    """A dossier whose time of keeping is over by any schedule of up to four years; its id."""
    made = accept(counter, officer, name=name)
    for action in ("complete", "return"):
        counter.acts.act(made.dossier_id, action, {}, officer)
    clock.move(days=4 * 366)
    accept(counter, officer, name="HỒ VĂN SAU")
    counter.erasing.set_years(3, "", officer)
    return made.dossier_id


def test_a_payload_goes_only_where_an_erasure_is_said_and_nothing_else_does(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    gone = returned_long_ago(counter, officer, clock, "HỒ THỊ XƯA")
    with counter.store.read() as books:
        state = books.dossiers.get(gone)
    assert state is not None

    def refused(statement: str, *about: str) -> None:
        with pytest.raises(DatabaseError, match="append-only"), counter.store.write() as books:
            books.connection.exec_driver_sql(statement, about)

    of_it = "WHERE subject = ? AND type = 'dossier.accepted'"
    refused(f"UPDATE event_log SET payload = '' {of_it}", gone)
    with counter.store.write() as books:
        actor = Actor(officer.id, officer.name)
        books.log.append(erasure_of(state, 3), actor=actor, at=clock.now(), subject=gone)
    refused(f"UPDATE event_log SET payload = '{{}}' {of_it}", gone)
    for column in (column for column in LOG_COLUMNS if column not in ("payload", "num")):
        value = "dseq + 100" if column in ("dseq", "version") else f"{column} || 'x'"
        refused(f"UPDATE event_log SET payload = '', {column} = {value} {of_it}", gone)
    refused("UPDATE event_log SET payload = '' WHERE type = 'subject.erased'")
    refused("UPDATE event_log SET payload = '' WHERE subject <> ? AND type LIKE 'dossier%'", gone)
    refused("DELETE FROM event_log WHERE subject = ?", gone)
    assert check(counter.store).faults[0].code == "not_erased"
    with counter.store.write() as books:
        books.erasures.carry_out([gone])
        books.dossiers.refresh(gone)
    report = check(counter.store)
    assert (report.faults, report.erased) == ((), 1)
    refused(f"UPDATE event_log SET payload = '{{}}' {of_it}", gone)
    # a copy that parts seals all of it anew, what is empty too
    with counter.store.write() as books:
        before = {event.event_id: event.payload_hash for event, _ in books.log.of(gone)}
        life = books.settings.identity().incarnation
        begin_life(books, counter.ids, "fork", Head(life, 0), clock.now(), NO_END)
        moved = {event.event_id: event.payload_hash for event, _ in books.log.of(gone)}
    assert moved == before
    assert check(counter.store) == replace(check(counter.store), faults=(), erased=1)


def test_what_is_erased_lies_in_no_page_of_the_file_and_opens_nothing(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    gone = returned_long_ago(counter, officer, clock, "NGUYỆT XYZQWERTY")
    for number in range(40):
        accept(counter, officer, name=f"HỒ VĂN {number}")
    # a piece in a page, as one keeps it that was put in order anew
    connection = raw(counter)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("INSERT INTO draft VALUES ('n', 'o', '', 'NGUYỆT XYZQWERTY')")
    connection.execute("DELETE FROM draft WHERE id = 'n'")
    connection.close()
    key = store_key.unlock(counter.folder, PASSPHRASE)
    # in the log and in the list; and what the search has of it behind the letters of another word
    told = ("NGUYỆT XYZQWERTY", "zqwerty")
    assert not any(is_nowhere(counter.folder, key, text) for text in told)

    assert len(counter.erasing.erase(officer).dossiers) == 1

    assert all(is_nowhere(counter.folder, key, text) for text in told)
    assert not is_nowhere(counter.folder, key, "HỒ VĂN 39")
    assert counter.search.find("xyzqwerty") == ()
    (view,) = counter.search.find("da xoa theo han luu")
    assert view.id == gone
    code = view.code
    for printing in (
        lambda: counter.prints.slip_png(gone, 576),
        lambda: counter.forms.pdf("receipt", code),
        lambda: counter.attachments.add(gone, "a.png", png(), "", officer),
        lambda: counter.erasing.hold(code, "Thanh tra", officer),
    ):
        with pytest.raises(Refused, match="đã xóa theo hạn lưu"):
            printing()
    assert counter.forms.of(gone) == ()
    assert counter.acts.allowed(counter.search.by_code(code)[0].dossier, officer) == ()
    done = counter.acts.act(gone, "revert", {"reason": "Nhầm"}, officer)
    assert isinstance(done, Rejected)
    # it still stands in the register, under its code, on its day
    assert counter.forms.pdf("register", "2026")


TAMPERING = {
    "payload": "UPDATE event_log SET payload = replace(payload, 'NGUYỆT', 'NGA') WHERE num = 3",
    "actor": "UPDATE event_log SET actor_name = 'Ai đó' WHERE num = 3",
    "dropped": "DELETE FROM event_log WHERE num = 3",
    "last dropped": "DELETE FROM event_log WHERE num = 4",
    "reordered": "UPDATE event_log SET dseq = 30 WHERE num = 3",
    "list": "UPDATE dossier SET status = 'returned' WHERE num = 1",
    "list row dropped": "DELETE FROM dossier WHERE num = 1",
    "due": "UPDATE dossier SET due_at = '2027-01-01T17:00+07:00' WHERE num = 1",
    "search": "DELETE FROM dossier_search WHERE rowid = 1",
    "code": "DELETE FROM issued_code",
    "count": "UPDATE code_number SET last = 0",
    "officer": "UPDATE officer SET roles = 'cashier'",
}


@pytest.mark.parametrize("name", TAMPERING)
def test_check_finds_what_was_tampered_with(counter: Counter, officer: Officer, name: str) -> None:
    for _ in range(2):
        accept(counter, officer)
    assert not check(counter.store).faults
    connection = raw(counter)
    for trigger in ("event_log_no_delete", "event_log_no_update", "issued_code_no_delete"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(TAMPERING[name])
    connection.close()
    assert check(counter.store).faults


def test_check_names_the_first_bad_event(counter: Counter, officer: Officer) -> None:
    first = accept(counter, officer)
    accept(counter, officer)
    connection = raw(counter)
    connection.execute("DROP TRIGGER event_log_no_update")
    connection.execute(TAMPERING["actor"])
    connection.close()
    faults = check(counter.store).faults
    assert faults[0].event == first.dossier_id


AT_THE_END = {
    "a link": ("actor", "chain_broken"),
    "a gap": ("dropped", "chain_broken"),
    "the last": ("last dropped", "head_wrong"),
}


@pytest.mark.parametrize("name", AT_THE_END)
def test_the_end_of_the_log_is_looked_at_before_anything_is_written_behind_it(
    counter: Counter, officer: Officer, name: str
) -> None:
    for _ in range(2):
        accept(counter, officer)
    counter.checks.end()
    tampering, code = AT_THE_END[name]
    connection = raw(counter)
    for trigger in ("event_log_no_delete", "event_log_no_update"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(TAMPERING[tampering])
    connection.close()

    with counter.store.read() as books:
        # as far back as it is asked for: the last one has none behind it
        books.log.look_at_end(0) if code == "chain_broken" else None
        with pytest.raises(EnvironmentFault) as found:
            books.log.look_at_end(5_000)

    assert found.value.code == code
    if code == "head_wrong":
        with pytest.raises(EnvironmentFault) as refused:
            accept(counter, officer)
        assert refused.value.code == "head_wrong"


def test_a_new_life_is_looked_at_from_its_own_beginning(counter: Counter, officer: Officer) -> None:
    accept(counter, officer)
    begin_restored(counter.store, counter.ids, counter.clock.now())
    counter.checks.end()
    accept(counter, officer)
    counter.checks.end()


def test_migrations_and_tables_say_the_same(counter: Counter) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with counter.store.write() as books:
        context = MigrationContext.configure(
            books.connection,
            opts={"include_name": lambda name, kind, _: not str(name).startswith("dossier_search")},
        )
        assert compare_metadata(context, metadata) == []


def test_a_store_of_the_first_schema_is_brought_up_to_date(
    counter: Counter, officer: Officer
) -> None:
    made = [accept(counter, officer) for _ in range(3)]
    with counter.store.read() as books:
        life = books.settings.identity().incarnation
        last = int(books.settings.get("dseq") or 0)
    counter.close()
    connection = raw(counter)
    connection.execute("ALTER TABLE dossier RENAME COLUMN last_own_num TO last_own_dseq")
    connection.execute("INSERT INTO sync_state(name, value) VALUES ('own_high', ?)", (last - 1,))
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.execute("PRAGMA user_version = 1")
    connection.close()

    opened = open_counter(counter.folder, PASSPHRASE)

    assert check(opened.store).faults == ()
    assert opened.sync_store.high(life) == last - 1
    assert [opened.search.open(one.dossier_id).row.sent for one in made] == [  # type: ignore[union-attr]
        "sent",
        "sent",
        "local",
    ]
    opened.close()


def test_a_store_of_a_newer_release_is_refused_untouched(counter: Counter) -> None:
    counter.close()
    connection = raw(counter)
    connection.execute(f"PRAGMA user_version = {schema.SCHEMA + 1}")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = (counter.folder / data_folder.STORE).read_bytes()
    with pytest.raises(EnvironmentFault) as fault:
        open_counter(counter.folder, PASSPHRASE)
    assert fault.value.code == "store_newer"
    assert (counter.folder / data_folder.STORE).read_bytes() == before


def test_wrong_and_missing_passphrases(counter: Counter) -> None:
    with pytest.raises(Refused) as wrong:
        open_counter(counter.folder, "khong phai cau nay")
    assert wrong.value.code == "wrong_key"
    with pytest.raises(Refused) as missing:
        open_counter(counter.folder)
    assert missing.value.code == "passphrase_needed"


def test_the_recovery_code_opens(tmp_path: Path) -> None:
    made = create_counter(
        tmp_path / "so", resources.office_text("khe-sanh"), 1, "A", PIN, PASSPHRASE
    )
    opened = open_counter(tmp_path / "so", recovery=made.recovery_code.lower())
    assert opened.identity.device_id == made.device_id
    opened.close()
    with pytest.raises(Refused):
        open_counter(tmp_path / "so", recovery="AAAA-" + made.recovery_code[5:])


def test_a_short_passphrase_and_a_second_init_are_refused(counter: Counter, tmp_path: Path) -> None:
    office = resources.office_text("khe-sanh")
    with pytest.raises(Refused) as short:
        create_counter(tmp_path / "a", office, 1, "A", PIN, "ngan")
    assert short.value.code == "passphrase_short"
    with pytest.raises(Refused) as again:
        create_counter(counter.folder, office, 1, "A", PIN, PASSPHRASE)
    assert again.value.code == "store_exists"


def test_a_damaged_or_missing_file_is_told_and_never_replaced(counter: Counter) -> None:
    counter.close()
    path = counter.folder / data_folder.STORE
    shutil.copy(path, counter.folder / "kept")
    path.write_bytes(os.urandom(8192))
    with pytest.raises(EnvironmentFault):
        open_counter(counter.folder, PASSPHRASE)
    path.unlink()
    assert store_key.state(counter.folder) == "damaged"
    with pytest.raises(EnvironmentFault):
        open_counter(counter.folder, PASSPHRASE)
    assert not path.exists()


def test_without_key_store_and_passphrase_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    with pytest.raises(EnvironmentFault) as fault:
        create_counter(tmp_path / "so", resources.office_text("khe-sanh"), 1, "A", PIN, None)
    assert fault.value.code == "no_key_store"
    assert store_key.state(tmp_path / "so") == "none"


# ---- crashes and neighbours ---------------------------------------------------------------------


def _accepting(folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COUNTER_PIN": PIN, "COUNTER_PASSPHRASE": PASSPHRASE}
    return subprocess.Popen(
        [sys.executable, "-m", "counter_app.tool", "accept", "--data-dir", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


LINE = (json.dumps(draft(), ensure_ascii=False) + "\n").encode()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is how a power cut looks here")
@pytest.mark.parametrize("confirmed", [0, 1, 5, 12])
def test_every_confirmed_dossier_survives_a_kill(counter: Counter, confirmed: int) -> None:
    process = _accepting(counter.folder)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LINE * 40)
    process.stdin.flush()
    told = [json.loads(process.stdout.readline())["code"] for _ in range(confirmed)]
    process.send_signal(signal.SIGKILL)
    told += [json.loads(line)["code"] for line in process.stdout if line.endswith(b"\n")]
    process.wait()
    process.stdout.close()
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    with counter.store.read() as books:
        codes = list(books.connection.exec_driver_sql("SELECT code FROM dossier").scalars())
    assert set(told) <= set(codes)
    numbers = sorted(int(code[-3:]) for code in codes)
    assert numbers == list(range(1, len(codes) + 1))
    assert not check(counter.store).faults


def test_two_processes_on_one_store_share_the_numbers(counter: Counter) -> None:
    processes = [_accepting(counter.folder) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(LINE * 15)
        process.stdin.close()
        process.stdin = None
    codes = []
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        codes += [json.loads(line)["code"] for line in out.splitlines()]
    assert sorted(int(code[-3:]) for code in codes) == list(range(1, 31))


def test_a_book_opens_and_is_read_while_another_program_writes(
    counter: Counter, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long page from above, or trials of a million dossiers: whoever looks something up waits for none."""
    made = accept(counter, officer)
    monkeypatch.setattr("db.engine.WAIT_FOR_WRITER", 0.1)
    with counter.store.write():
        beside = open_counter(counter.folder, PASSPHRASE)
        assert [view.dossier.code for view in beside.search.by_code(made.code)] == [made.code]
        assert not beside.checks.whole().faults
        with pytest.raises(EnvironmentFault) as told, beside.store.write():
            pass
    beside.close()
    assert told.value.code == "store_busy"


def test_a_full_disk_is_told_and_the_next_dossier_still_goes_in(
    counter: Counter, officer: Officer
) -> None:
    with counter.store.write() as books:
        pages = books.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        books.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for _ in range(50):
            accept(counter, officer)

    with pytest.raises(EnvironmentFault) as fault:
        fill()
    assert fault.value.code == "disk_full"
    with counter.store.write() as books:
        books.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    accept(counter, officer)
    assert not check(counter.store).faults


def test_a_refused_write_takes_no_number(
    counter: Counter, officer: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(counter, officer)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    with monkeypatch.context() as patch:
        patch.setattr("db.dossiers.Dossiers.enter", broken)
        with pytest.raises(RuntimeError):
            accept(counter, officer)
    assert accept(counter, officer).code.endswith("2002")


def test_search_by_any_word(
    counter: Counter, officer: Officer, make_counter: Callable[..., Counter]
) -> None:
    first = accept(counter, officer, name="Đặng Thị Ngọc Ánh")
    accept(counter, officer, name="Hồ Văn Bê")

    def codes(text: str) -> list[str]:
        return [row.code for row in counter.search.find(text)]

    for text in (
        "dang",
        "ngoc a",
        "đặng ánh",
        "ANH",
        "0912000345 dang",
        first.code,
        "2001",
        "20/11 dang",
    ):
        assert codes(text) == [first.code], text
    assert len(codes("xac nhan tinh trang")) == 2
    assert codes("khong co ai") == []
    assert len(codes("20/11")) == 2
    assert codes("19/11") == []
    for hostile in ('"', "'; DROP TABLE dossier; --", "* AND OR NOT", "(", "NEAR(", "\x00", "a:b"):
        counter.search.find(hostile)
    assert len(codes("ho van")) == 1
