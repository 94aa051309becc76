"""The hash chain: a changed byte, a dropped, doubled or moved event is noticed and named."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from conftest import PASSPHRASE, ToldClock, draft
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from counter_app import data_folder
from counter_app.bootstrap import Counter
from counter_app.domain import chain
from counter_app.domain.events import Event
from counter_app.keys import store_key
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted, Noticed
from db.check import Fault
from db.engine import connect
from db.tables import metadata

# ---- one link ------------------------------------------------------------------------------------


def sealed(before: str = chain.GENESIS, dseq: int = 1, payload: str = '{"note":"Đã gọi"}') -> Event:
    return chain.seal(
        before, "c-1", "doi-1", dseq, f"viec-{dseq}", "note.added", 1, "ho-so",
        "2026-11-20T09:24:00+07:00", "ok", "mai", "Hồ Thị Mai", payload,
    )  # fmt: skip


def genuine(event: Event) -> bool:
    """What a reader of the log asks of one event."""
    return chain.holds(event) and chain.payload_hash(event.payload) == event.payload_hash


def test_an_event_as_written_holds_and_names_the_one_before() -> None:
    first = sealed()
    second = sealed(first.hash, 2)

    assert genuine(first)
    assert genuine(second)
    assert (first.prev_hash, second.prev_hash) == ("0" * 64, first.hash)


@given(
    texts=st.lists(st.text(max_size=12), min_size=11, max_size=11),
    numbers=st.tuples(st.integers(), st.integers()),
)
def test_a_link_is_the_hash_of_a_list_in_json(texts: list[str], numbers: tuple[int, int]) -> None:
    first, second = texts[:3], texts[3:]
    header = [*first, numbers[0], *second[:2], numbers[1], *second[2:]]
    written = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()

    assert chain.link(*header) == hashlib.sha256(written).hexdigest()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", Event._fields)
def test_an_event_with_any_field_changed_holds_no_more(name: str) -> None:
    event = sealed()
    value = getattr(event, name)
    changed: dict[str, Any] = {name: value + 1 if isinstance(value, int) else value + " "}

    assert not genuine(event._replace(**changed))


@given(text=st.text(max_size=80), at=st.integers(0, 200), put=st.characters())
@settings(derandomize=True)
def test_any_changed_byte_of_a_payload_is_noticed(text: str, at: int, put: str) -> None:
    payload = f"{{{text}}}".encode("utf-8", "replace").decode()
    at %= len(payload)
    changed = payload[:at] + put + payload[at + 1 :]
    assume(changed != payload and changed.encode("utf-8", "replace").decode() == changed)

    assert not genuine(sealed(payload=payload)._replace(payload=changed))


def test_letters_moved_from_one_field_to_the_next_change_the_hash() -> None:
    event = sealed()
    names = ["device", "incarnation", "event_id", "type", "subject", "occurred_at", "clock"]
    names += ["actor_id", "actor_name"]
    for one, next_one in pairwise(names):
        first, second = getattr(event, one), getattr(event, next_one)
        moved = event._replace(**{one: first[:-1], next_one: first[-1] + second})
        assert not chain.holds(moved), one


def test_the_same_words_after_another_event_are_another_event() -> None:
    assert sealed("1" * 64).hash != sealed("2" * 64).hash


DIGESTS = st.binary(min_size=32, max_size=32).filter(any).map(bytes.hex)


@given(st.lists(DIGESTS, unique=True, max_size=12))
@settings(derandomize=True)
def test_the_sum_of_a_log_misses_no_event_and_does_not_ask_for_their_order(
    hashes: list[str],
) -> None:
    whole = chain.add(chain.NOTHING, hashes)

    # computed without the program: the sum modulo 2^256
    assert int(whole, 16) == sum(int(value, 16) for value in hashes) % 2**256
    assert chain.add(chain.NOTHING, reversed(hashes)) == whole
    for at, left_out in enumerate(hashes):
        rest = chain.add(chain.NOTHING, [*hashes[:at], *hashes[at + 1 :]])
        assert rest != whole
        assert chain.add(rest, [left_out]) == whole


# ---- a whole book -------------------------------------------------------------------------------


class Book:
    """The book of a counter with its lock picked: whoever has the key may try to rewrite it."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self._counter = Counter(folder, key)
        self._raw: sqlcipher.Connection = connect(folder / data_folder.STORE, key, query_only=False)
        for trigger in ("event_log_no_delete", "event_log_no_update", "issued_code_no_delete"):
            self.run(f"DROP TRIGGER {trigger}")
        self.ids = [str(row[0]) for row in self.run("SELECT event_id FROM event_log ORDER BY num")]

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self._raw.execute(statement, values).fetchall()]

    def faults(self) -> tuple[Fault, ...]:
        return self._counter.checks.whole().faults

    def without_constraints(self) -> None:
        """The log as a bare table: rows may stand in it twice."""
        self.run("CREATE TABLE bare AS SELECT * FROM event_log")
        self.run("DROP TABLE event_log")
        self.run("ALTER TABLE bare RENAME TO event_log")

    def close(self) -> None:
        self._raw.close()
        self._counter.close()


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory, templates: Callable[[int], Path]
) -> tuple[Path, bytes]:
    """A book with a day's work in it."""
    folder = tmp_path_factory.mktemp("so") / "quay-2"
    shutil.copytree(templates(2), folder)
    key = store_key.unlock(folder, PASSPHRASE)
    counter = Counter(folder, key)
    counter.clock = clock = ToldClock()
    officer = counter.officers.all()[0]

    def act(dossier_id: str, action: str, **given: object) -> None:
        clock.move(minutes=5)
        assert isinstance(counter.acts.act(dossier_id, action, given, officer), Acted)

    first = counter.intake.accept(draft("HỒ THỊ NGUYỆT"), officer)
    pad = {"origin": "pad", "pad": "P2-7K3-0007", "received_at": "2026-11-20T08:15"}
    second = counter.intake.accept(draft("LÊ VĂN ĐẠT", from_paper=pad), officer)
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    pads = counter.pads.give_out(2, officer).numbers
    counter.pads.account(pads[0], "lost", "Rơi khi đi xã", officer)
    act(first.dossier_id, "transfer", to="Tư pháp - Hộ tịch")
    act(first.dossier_id, "receive-payment", amount=20_000)
    act(second.dossier_id, "correct", reason="Ghi nhầm", applicant={"phone": "0912000999"})
    refused = counter.intake.refuse(draft("PẢ KƯNG", reason="Không thuộc thẩm quyền"), officer)
    assert isinstance(refused, Noticed)
    act(first.dossier_id, "request-supplement", items=["Giấy chứng sinh"], reason="Thiếu")
    act(first.dossier_id, "receive-supplement")
    act(first.dossier_id, "complete", shelf="K2")
    counter.close()
    return folder, key


@pytest.fixture
def book(written: tuple[Path, bytes], tmp_path: Path) -> Iterator[Book]:
    folder, key = written
    shutil.copytree(folder, tmp_path / "so")
    opened = Book(tmp_path / "so", key)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def mended_book(
    written: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Book]:
    """One book for many changes, each of them undone."""
    folder = tmp_path_factory.mktemp("sua-lai") / "so"
    shutil.copytree(written[0], folder)
    opened = Book(folder, written[1])
    yield opened
    opened.close()


EVENTS = 13
"""The store, its officer, and nine things done on the day."""
LOG_COLUMNS = [c.name for c in metadata.tables["event_log"].columns if c.name != "num"]


def test_a_book_that_nobody_touched_is_whole(book: Book) -> None:
    assert len(book.ids) == EVENTS
    assert book.faults() == ()


@pytest.mark.parametrize("column", LOG_COLUMNS)
def test_a_change_in_any_column_of_the_log_is_noticed_and_named(book: Book, column: str) -> None:
    victim = book.ids[5]
    (before,) = book.run(f"SELECT {column} FROM event_log WHERE event_id = ?", victim)[0]
    changed = before + 40 if isinstance(before, int) else f"{before}0"
    book.run(f"UPDATE event_log SET {column} = ? WHERE event_id = ?", changed, victim)

    faults = book.faults()

    assert faults
    if column not in ("event_id", "device", "incarnation", "dseq"):
        assert faults[0].event == victim


@given(data=st.data())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_changed_character_of_any_event_is_noticed(
    mended_book: Book, data: st.DataObject
) -> None:
    book = mended_book
    victim = data.draw(st.sampled_from(book.ids))
    column = data.draw(st.sampled_from([c for c in LOG_COLUMNS if c not in ("dseq", "version")]))
    put_in = f"UPDATE event_log SET {column} = ? WHERE event_id = ?"
    ((before,),) = book.run(f"SELECT {column} FROM event_log WHERE event_id = ?", victim)
    text = str(before)
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from("0aZ{ ,é"))
    assume(text[at] != put)
    changed = text[:at] + put + text[at + 1 :]

    book.run(put_in, changed, victim)
    try:
        assert book.faults()
    finally:
        book.run(put_in, before, changed if column == "event_id" else victim)
    assert book.faults() == ()


@pytest.mark.parametrize("place", range(EVENTS))
def test_a_removed_event_is_noticed_by_the_one_after_it(book: Book, place: int) -> None:
    book.run("DELETE FROM event_log WHERE event_id = ?", book.ids[place])

    faults = book.faults()

    assert faults
    if place + 1 < EVENTS:
        assert faults[0].event == book.ids[place + 1]
    else:
        assert faults[0].code == "head_wrong"


def test_an_event_that_stands_twice_is_noticed(book: Book) -> None:
    book.without_constraints()
    assert book.faults() == ()

    book.run("INSERT INTO event_log SELECT * FROM event_log WHERE event_id = ?", book.ids[4])

    assert book.faults()[0].event == book.ids[4]


def test_an_event_repeated_at_the_end_is_noticed(book: Book) -> None:
    book.without_constraints()
    book.run("INSERT INTO event_log SELECT * FROM event_log WHERE event_id = ?", book.ids[4])
    book.run(
        "UPDATE event_log SET dseq = ? WHERE rowid = (SELECT max(rowid) FROM event_log)", EVENTS + 1
    )
    book.run("UPDATE store_meta SET value = ? WHERE name = 'dseq'", str(EVENTS + 1))

    assert book.faults()[0].event == book.ids[4]


@pytest.mark.parametrize("place", range(EVENTS - 1))
def test_two_events_that_changed_places_are_noticed(book: Book, place: int) -> None:
    one, other = book.ids[place], book.ids[place + 1]
    book.run("UPDATE event_log SET dseq = -1 WHERE event_id = ?", one)
    book.run("UPDATE event_log SET dseq = ? WHERE event_id = ?", place + 1, other)
    book.run("UPDATE event_log SET dseq = ? WHERE event_id = ?", place + 2, one)

    assert book.faults()[0].event == other


def test_an_event_put_in_between_is_noticed(book: Book) -> None:
    book.run("UPDATE event_log SET dseq = -dseq WHERE dseq > 6")
    book.run("UPDATE event_log SET dseq = 1 - dseq WHERE dseq < 0")
    columns = ", ".join(name for name in LOG_COLUMNS if name not in ("dseq", "event_id"))
    book.run(
        f"INSERT INTO event_log (dseq, event_id, {columns})"
        f" SELECT 7, 'viec-chen-vao', {columns} FROM event_log WHERE dseq = 6"
    )

    assert book.faults()[0].event == "viec-chen-vao"


def test_a_payload_rewritten_together_with_its_hash_is_noticed(book: Book) -> None:
    victim = book.ids[2]
    ((payload,),) = book.run("SELECT payload FROM event_log WHERE event_id = ?", victim)
    other = str(payload).replace("NGUYỆT", "NGUYỆN")
    assert other != payload
    book.run(
        "UPDATE event_log SET payload = ?, payload_hash = ? WHERE event_id = ?",
        other, chain.payload_hash(other), victim,
    )  # fmt: skip

    assert book.faults()[0].event == victim


def test_an_event_resealed_by_a_forger_breaks_the_next_link(book: Book) -> None:
    victim = book.ids[2]
    names = ", ".join(LOG_COLUMNS)
    (row,) = book.run(f"SELECT {names} FROM event_log WHERE event_id = ?", victim)
    kept: dict[str, Any] = dict(zip(LOG_COLUMNS, row, strict=True))
    for computed in ("payload_hash", "hash"):
        del kept[computed]
    forged = chain.seal(**{**kept, "actor_name": "Ai Đó"})
    book.run(
        "UPDATE event_log SET actor_name = ?, hash = ? WHERE event_id = ?",
        forged.actor_name, forged.hash, victim,
    )  # fmt: skip

    assert book.faults()[0].event == book.ids[3]


EMPTIED = {"a payment": "payment.received", "an acceptance": "dossier.accepted"}
EMPTIED |= {"a correction": "dossier.corrected", "a refusal": "intake.refused"}


@pytest.mark.parametrize("what", EMPTIED)
def test_a_payload_emptied_without_a_retention_event_is_noticed(book: Book, what: str) -> None:
    (victim,) = book.run(
        "SELECT event_id FROM event_log WHERE type = ? ORDER BY num LIMIT 1", EMPTIED[what]
    )[0]
    book.run("UPDATE event_log SET payload = '' WHERE event_id = ?", victim)

    faults = book.faults()

    assert faults
    assert faults[0].event == victim


# ---- the lists beside the log -------------------------------------------------------------------

ROWS = {
    "dossier": "num = 1",
    "dossier_alias": "code = 'P2-7K3-0007'",
    "issued_code": "code LIKE '%-2001'",
    "code_number": "day = '2026-11-20'",
    "notice": "kind = 'refusal'",
    "notice_number": "kind = 'refusal'",
    "officer": "added = 1",
    "pad_slip": "fate = 'lost'",
}
"""Projections that `check` can rebuild from the log → one row of each."""
KEPT_LOCALLY = {("officer", "added")}
"""Where a row came from elsewhere, each store has its own."""
CELLS = [
    (table, column.name)
    for table in ROWS
    for column in metadata.tables[table].columns
    if (table in ("dossier", "dossier_alias") or not column.primary_key)
    and (table, column.name) not in KEPT_LOCALLY
]


@pytest.mark.parametrize("table", ROWS)
def test_a_row_dropped_from_a_list_is_noticed(book: Book, table: str) -> None:
    assert book.run(f"SELECT 1 FROM {table} WHERE {ROWS[table]}") == [(1,)]
    book.run(f"DELETE FROM {table} WHERE {ROWS[table]}")

    assert book.faults()


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_a_cell_changed_in_a_list_is_noticed(book: Book, table: str, column: str) -> None:
    ((before,),) = book.run(f"SELECT {column} FROM {table} WHERE {ROWS[table]}")
    match before:
        case bool() | 0 | 1 if column in ("own", "voided", "slip", "printed", "active"):
            changed: object = 1 - int(before)
        case int() if column in ("num", "last_own_num"):
            changed = before + 100
        case int():
            # the next one would get a number that someone has already
            changed = before - 1
        case _:
            changed = f"{before or ''}0"
    book.run(f"UPDATE {table} SET {column} = ? WHERE {ROWS[table]}", changed)

    assert book.faults()
