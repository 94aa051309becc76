"""Retention: the one way in which the append-only log loses a payload, here, above and everywhere else.

Everything is real: encrypted books, a socket, SQLite and PostgreSQL.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ToldClock
from scans_made import png
from sqlalchemy import select
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced
from upper import running

from counter_app.bootstrap import Counter
from counter_app.domain.retention import Kept
from counter_app.errors import Refused
from counter_app.services.results import Accepted
from db.check import check
from district_server import bundles, retention, reviewing
from district_server.__main__ import main
from district_server.check import faults_of
from district_server.objects import Folder
from district_server.tables import dossier, event, quarantine, to_wipe

NAME = "NGUYỆT RẤT RIÊNG"
IN_A_FILE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What both databases do alike is looked at in one of them."""
YEARS = 3
ELSEWHERE = "1.012836"
"""A procedure of another field of work."""


def ended(pair: Pair, name: str = NAME, scan: bool = False, **more: object) -> Accepted:
    """A dossier that was returned."""
    counter, officer = pair
    made = accept(pair, name=name, **more)
    if scan:
        counter.attachments.add(made.dossier_id, "giay.png", png(), "", officer)
    do(pair, made.dossier_id, "complete", decision_no="7/QĐ")
    do(pair, made.dossier_id, "return", receiver={"name": "HỒ VĂN NHẬN"}, to="proxy")
    return made


def erased(pair: Pair) -> list[str]:
    counter, officer = pair
    return [one.code for one in counter.erasing.erase(officer).dossiers]


def years_pass(clock: ToldClock, *pairs: Pair) -> None:
    """The offices go on meanwhile, so that nobody doubts the clock."""
    clock.move(days=4 * 366)
    for pair in pairs:
        accept(pair, name="HỒ VĂN SAU")


def payloads(counter: Counter, dossier_id: str) -> dict[str, bool]:
    """Type → whether anything is left."""
    with counter.store.read() as books:
        return {event.type: bool(event.payload) for event, _ in books.log.of(dossier_id)}


def above(upper, dossier_id: str) -> dict[str, bool]:  # type: ignore[no-untyped-def]
    with upper.database.begin() as connection:
        rows = connection.execute(select(event).where(event.c.subject == dossier_id))
        return {row.type: bool(row.payload) for row in rows}


@pytest.fixture
def past(monkeypatch: pytest.MonkeyPatch, clock: ToldClock) -> None:
    past_of(monkeypatch, clock)


def past_of(monkeypatch: pytest.MonkeyPatch, clock: ToldClock) -> None:
    """The server's clock goes with the counters', far enough ahead."""

    class Later(type(clock.at)):  # type: ignore[misc]
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return clock.at.astimezone(tz)

    monkeypatch.setattr("district_server.erasing.datetime", Later)
    monkeypatch.setattr("district_server.retention.datetime", Later)


def test_what_one_counter_erases_is_gone_everywhere_and_every_digest_is_the_same(
    upper, enrolled: Enrolled, clock: ToldClock, past: None, tmp_path: Path
) -> None:
    first, second = enrolled(1), enrolled(2)
    kept = accept(first, name="HỒ THỊ CÒN").dossier_id
    made = ended(first, scan=True)
    held = ended(first, procedure="2.000635")
    for pair in (first, second):
        synced(pair)
    before = payloads(first[0], made.dossier_id)
    first[0].erasing.hold(held.code, "Đang khiếu nại", first[1])
    years_pass(clock, first, second)

    assert erased(first) == []  # nobody has set any years
    first[0].erasing.set_years(YEARS, "", first[1])
    looked = {one.code: one.kept for one in first[0].erasing.look(first[1])}
    assert looked == {made.code: None, held.code: Kept.HELD}
    assert erased(first) == [made.code]
    # said, and not yet in the order: nothing is lost before the server has it
    assert set(payloads(first[0], made.dossier_id).values()) == {True}
    assert first[0].search.by_code(made.code)[0].dossier.facts.applicant.name == NAME
    assert erased(first) == []

    assert_at_rest(upper, first, second)
    gone = dict.fromkeys(before, False) | {"subject.erased": True}
    for counter, _ in (first, second):
        assert payloads(counter, made.dossier_id) == gone
        assert set(payloads(counter, held.dossier_id).values()) == {True}
        (view,) = counter.search.by_code(made.code)
        assert view.dossier.facts.applicant.name == "Đã xóa theo hạn lưu"
        assert view.row.applicant_name == "Đã xóa theo hạn lưu"
        assert (view.dossier.status, view.row.masked_number) == ("returned", "")
        assert [row.code for row in counter.search.find("nguyet rat rieng")] == [held.code]
        assert check(counter.store).erased == 1
        assert counter.search.open(kept) is not None
    assert above(upper, made.dossier_id) == gone
    with upper.database.begin() as connection:
        words = connection.scalars(select(dossier.c.words).where(dossier.c.id == made.dossier_id))
        assert "nguyet" not in words.one()
        assert len(connection.execute(select(to_wipe)).all()) == 2  # the file, and a page
    assert retention.sweep(upper.database, Folder(tmp_path / "ban-quet")) == 1
    with upper.database.begin() as connection:
        assert connection.execute(select(to_wipe)).all() == []
        assert faults_of(connection) == []


@IN_A_FILE
def test_a_page_goes_with_its_last_dossier(
    enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    first = enrolled(1)
    made, other = ended(first, scan=True), ended(first, scan=True, procedure="2.000635")
    counter, officer = first
    (paper,) = counter.attachments.of(made.dossier_id)
    address = paper.pages[0].sha256
    synced(first)
    counter.erasing.hold(other.code, "Thanh tra", officer)
    years_pass(clock, first)
    counter.erasing.set_years(YEARS, "", officer)
    erased(first)
    synced(first)
    counter.sweep()
    assert counter.vault.has(address)  # the other dossier tells of the same page

    counter.erasing.hold(other.code, "Xong thanh tra", officer, release=True)
    synced(first)
    assert erased(first) == [other.code]
    synced(first)
    counter.sweep()
    assert not counter.vault.has(address)
    assert counter.attachments.of(other.dossier_id) == ()


def test_a_server_put_back_to_before_it_erases_again(
    upper, enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    first, second = enrolled(1), enrolled(2)
    made = ended(first)
    for pair in (first, second):
        synced(pair)
    saved = upper.save()
    late = ended(second, name="HỒ VĂN MUỘN")
    for pair in (second, first):
        synced(pair)
    years_pass(clock, first, second)
    first[0].erasing.set_years(YEARS, "", first[1])
    assert erased(first) == [made.code, late.code]
    for pair in (first, second, first):
        synced(pair)

    # the server lost what was erased, and that it was; one author sends empty what another erased
    upper.put_back(saved)
    assert set(above(upper, made.dossier_id).values()) == {True}
    for pair in (second, first, second, first):
        assert not pair[0].sync.cycle().fault
    assert_at_rest(upper, first, second)
    for dossier_id in (made.dossier_id, late.dossier_id):
        told = above(upper, dossier_id)
        assert told.pop("subject.erased")
        assert not any(told.values())
    with upper.database.begin() as connection:
        assert connection.execute(select(quarantine)).all() == []


@IN_A_FILE
@pytest.mark.parametrize("heard", [True, False])
def test_an_erasure_that_comes_back_before_the_end_of_its_dossier(
    upper, enrolled: Enrolled, clock: ToldClock, past: None, heard: bool
) -> None:
    """The server lost that another counter had returned it: it holds an open dossier, and is told by the
    first counter that it is erased. The other had heard of that, or not.
    """
    first, second = enrolled(1), enrolled(2)
    made = accept(first, name=NAME)
    accept(second, name="HỒ VĂN KHÁC")
    do(first, made.dossier_id, "complete")
    for pair in (first, second):
        synced(pair)
    saved = upper.save()
    do(second, made.dossier_id, "return", receiver={"name": "HỒ VĂN NHẬN"}, to="proxy")
    for pair in (second, first):
        synced(pair)
    years_pass(clock, first, second)
    first[0].erasing.set_years(YEARS, "", first[1])
    assert erased(first) == [made.code]
    for pair in (first, first, second) if heard else (first, first):
        synced(pair)

    upper.put_back(saved)
    told = first[0].sync.cycle()
    assert {problem.code for problem in told.problems} == {"erasure_open"}
    for pair in (second, first, second, first):
        assert not pair[0].sync.cycle().fault
    assert_at_rest(upper, first, second)
    log = above(upper, made.dossier_id)
    assert log.pop("subject.erased")
    assert set(log) == {"dossier.accepted", "dossier.completed", "dossier.returned"}
    assert not any(log.values())
    assert first[0].search.by_code(made.code)[0].row.sent == "sent"


@IN_A_FILE
def test_what_the_server_erases_goes_down_and_comes_back_to_it(
    upper, enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    first, second = enrolled(1), enrolled(2)
    made, held = ended(first), ended(second, name="HỒ VĂN GIỮ")
    for pair in (first, second):
        synced(pair)
    years_pass(clock, first, second)
    with upper.database.begin() as connection:
        assert retention.look(connection, None) == []
        retention.set_years(connection, YEARS, "")
        retention.hold(connection, upper.keys, held.code, "Tòa án", "Trần Minh Đức", False)
    saved = upper.save()
    done = retention.erase(upper.database, upper.keys, None, "Trần Minh Đức")
    assert [one.code for one in done] == [made.code]
    # a counter that has not heard of the hold is refused, and has lost nothing
    second[0].erasing.set_years(YEARS, "", second[1])
    assert held.code in erased(second)
    told = second[0].sync.cycle()
    assert {problem.code for problem in told.problems} == {"erasure_held"}
    assert payloads(second[0], held.dossier_id)["dossier.accepted"]
    assert second[0].search.by_code(held.code)[0].dossier.facts.applicant.name == "HỒ VĂN GIỮ"

    upper.put_back(saved)
    for pair in (second, first, second):
        assert not pair[0].sync.cycle().fault
    assert not above(upper, made.dossier_id)["dossier.accepted"]
    assert above(upper, held.dossier_id)["dossier.accepted"]

    # let go, it is not erased by itself; somebody looks at what was refused
    with upper.database.begin() as connection:
        retention.hold(connection, upper.keys, held.code, "Đã xử", "Trần Minh Đức", True)
    for pair in (first, second):
        assert not pair[0].sync.cycle().fault
    assert above(upper, held.dossier_id)["dossier.accepted"]
    with upper.database.begin() as connection:
        org = second[0].identity.org_code
        assert reviewing.release(connection, upper.keys, org, held.dossier_id) == (1, 0)
    assert_at_rest(upper, first, second)
    assert not payloads(second[0], held.dossier_id)["dossier.accepted"]
    assert second[0].search.by_code(held.code)[0].row.sent == "sent"


@IN_A_FILE
def test_what_the_server_erased_and_lost_from_the_beginning_comes_back_to_it_erased(
    upper, enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    """The dossier comes empty, before the word of the server's own that says why."""
    first = enrolled(1)
    synced(first)
    saved = upper.save()
    made = ended(first)
    synced(first)
    years_pass(clock, first)
    synced(first)
    with upper.database.begin() as connection:
        retention.set_years(connection, YEARS, "")
    assert retention.erase(upper.database, upper.keys, None, "Trần Minh Đức")
    synced(first)

    upper.put_back(saved)
    assert not first[0].sync.cycle().fault

    log = above(upper, made.dossier_id)
    assert log.pop("subject.erased")
    assert "dossier.returned" in log
    assert not any(log.values())
    assert_at_rest(upper, first)


@IN_A_FILE
@pytest.mark.parametrize("way", ["line", "stick"])
def test_a_counter_that_erased_alone_is_taken_in_whole(
    upper,
    proxy,
    tmp_path: Path,
    way: str,
    make_counter: Callable[..., Counter],
    enrolled: Enrolled,
    clock: ToldClock,
    past: None,
) -> None:
    other, counter = enrolled(2), make_counter(1)
    pair = counter, counter.officers.all()[0]
    made = ended(pair)
    years_pass(clock, pair)
    counter.erasing.set_years(YEARS, "ho-tich", pair[1])
    assert counter.erasing.schedule().years("dat-dai") is None
    assert erased(pair) == [made.code]
    assert not payloads(counter, made.dossier_id)["dossier.accepted"]
    assert check(counter.store).faults == ()

    counter.enrol(proxy.url, upper.code(counter), None)
    if way == "line":
        counter.sync_store.keep_batch(1)  # what is empty comes long before the reason
        assert not counter.sync.cycle().fault
    else:
        up, down = tmp_path / "len.hsx", tmp_path / "xuong.hsx"
        counter.bundles.write(up)
        bundles.take_in(upper.database, upper.keys, up)
        bundles.write(upper.database, upper.keys, counter.identity.device_id, down)
        assert not counter.bundles.take_in(down).problems
    assert not above(upper, made.dossier_id)["dossier.accepted"]
    assert_at_rest(upper, pair, other)
    assert other[0].search.by_code(made.code)[0].dossier.erased_at


@IN_A_FILE
def test_a_counter_put_back_to_before_and_a_new_one_come_to_the_same(
    upper, enrolled: Enrolled, copied, clock: ToldClock, past: None
) -> None:
    first = enrolled(1)
    made = ended(first)
    synced(first)
    before = copied(first)
    years_pass(clock, first)
    first[0].erasing.set_years(YEARS, "", first[1])
    erased(first)
    synced(first)
    synced(first)
    assert not before[0].sync.cycle().fault
    new = enrolled(3)
    new[0].sync_store.keep_batch(1)
    assert_at_rest(upper, first, before, new)
    for counter, _ in (first, before, new):
        assert not payloads(counter, made.dossier_id)["dossier.accepted"]


@IN_A_FILE
def test_a_word_that_comes_after_the_erasure_is_emptied_too(
    upper, enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    first, second = enrolled(1), enrolled(2)
    made = ended(first)
    for pair in (first, second):
        synced(pair)
    years_pass(clock, first, second)
    second[0].erasing.hold(made.code, "Bà NGUYỆT RẤT RIÊNG khiếu nại", second[1])
    first[0].erasing.set_years(YEARS, "", first[1])
    erased(first)
    assert_at_rest(upper, first, second)
    for counter, _ in (first, second):
        assert not payloads(counter, made.dossier_id)["subject.held"]
    assert not above(upper, made.dossier_id)["subject.held"]


@IN_A_FILE
def test_the_server_keeps_by_its_own_clock_what_a_counter_thinks_is_over(
    upper, enrolled: Enrolled, clock: ToldClock
) -> None:
    """The counter's PC is four years ahead; the server's is not."""
    first = enrolled(1)
    made = ended(first)
    synced(first)
    years_pass(clock, first)
    first[0].erasing.set_years(YEARS, "", first[1])
    assert erased(first) == [made.code]

    told = first[0].sync.cycle()
    assert {problem.code for problem in told.problems} == {"erasure_too_soon"}
    assert above(upper, made.dossier_id)["dossier.accepted"]
    assert payloads(first[0], made.dossier_id)["dossier.accepted"]
    with upper.database.begin() as connection:
        assert faults_of(connection) == []


def test_the_server_keeps_by_its_own_years_where_they_are_more(
    upper, enrolled: Enrolled, clock: ToldClock, past: None
) -> None:
    """A counter says that three years are enough; above twenty are set, for one field of work. Once they
    are fewer, what was refused goes in behind whoever erases it.
    """
    first, second = enrolled(1), enrolled(2)
    kept, held, other = ended(first), ended(first), ended(first, procedure=ELSEWHERE)
    for pair in (first, second):
        synced(pair)
    years_pass(clock, first, second)
    first[0].erasing.set_years(YEARS, "", first[1])
    with upper.database.begin() as connection:
        retention.set_years(connection, 20, "ho-tich")
    assert erased(first) == [kept.code, held.code, other.code]

    told = first[0].sync.cycle()

    assert [(problem.code, problem.dossier_code) for problem in told.problems] == [
        ("erasure_too_soon", kept.code),
        ("erasure_too_soon", held.code),
    ]
    assert above(upper, kept.dossier_id)["dossier.accepted"]
    assert payloads(first[0], kept.dossier_id)["dossier.accepted"]
    # of the other field nobody above has said anything
    assert not above(upper, other.dossier_id)["dossier.accepted"]

    with upper.database.begin() as connection:
        retention.set_years(connection, YEARS, "ho-tich")
        retention.hold(connection, upper.keys, held.code, "Tòa án", "Trần Minh Đức", False)
    done = retention.erase(upper.database, upper.keys, None, "Trần Minh Đức")
    assert [one.code for one in done] == [kept.code]
    with upper.database.begin() as connection:
        (left,) = connection.scalars(select(quarantine.c.subject))
        assert left == held.dossier_id
        retention.hold(connection, upper.keys, held.code, "Đã xử", "Trần Minh Đức", True)
    synced(second)
    second[0].erasing.set_years(YEARS, "", second[1])
    assert erased(second) == [held.code]
    assert_at_rest(upper, second, first)
    with upper.database.begin() as connection:
        assert connection.execute(select(quarantine)).all() == []
    for made in (kept, held):
        assert not above(upper, made.dossier_id)["dossier.accepted"]
        assert first[0].search.by_code(made.code)[0].row.sent == "sent"


@IN_A_FILE
def test_only_an_administrator_and_no_doubted_clock(enrolled: Enrolled, clock: ToldClock) -> None:
    first = enrolled(1)
    counter, officer = first
    ended(first)
    synced(first)
    counter.erasing.set_years(YEARS, "", officer)
    clock.move(days=4 * 366)
    with pytest.raises(Refused, match="Hãy xem lại ngày giờ"):
        counter.erasing.erase(officer)


def test_the_server_erases_by_command_down_to_the_bytes(
    tmp_path: Path,
    make_counter: Callable[..., Counter],
    clock: ToldClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file, place = tmp_path / "tren.sqlite3", tmp_path / "ban-quet"
    url, secret = f"sqlite:///{file.as_posix()}", b"NGUY\xe1\xbb\x86T"
    with running(url, objects=Folder(place)) as upper:
        past_of(monkeypatch, clock)
        counter = make_counter(1)
        counter.enrol(upper.url, upper.code(counter), None)
        pair = counter, counter.officers.all()[0]
        made = ended(pair, scan=True)
        synced(pair)
        years_pass(clock, pair)
        synced(pair)
        assert [path for path in place.rglob("*") if path.is_file()]

        def said(*arguments: str) -> list[dict[str, object]]:
            status = main(["erase", "--database-url", url, "--attachments", str(place), *arguments])
            told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            return told if status == 0 else [{"refused": told[0]["problems"]}]

        looked = said()[-1]
        assert (looked["would_erase"], "Chưa đặt hạn lưu" in str(looked["message"])) == (0, True)
        assert said("--years", "3", "--field", "ho-tich")[0]["by_field"] == {"ho-tich": 3}
        assert [line.get("code") for line in said()] == [made.code, None]
        assert said("--hold", made.code, "--reason", "Kiểm toán")[0]["ok"]
        assert said("--yes")[-1]["erased"] == 0
        assert "refused" in said("--release", made.code)[0]
        assert said("--release", made.code, "--reason", "Xong")[0]["ok"]
        assert "refused" in said("--yes", "--years", "3")[0]
        # it would have been shorter for every commune
        assert "mọi xã" in str(said("--commune", made.code[:9], "--years", "1"))
        assert said()[-1]["by_field"] == {"ho-tich": 3}
        assert said()[-1]["years"] is None
        assert secret in _bytes_of(file)

        assert said("--yes")[-1] == {"ok": True, "erased": 1, "pages": 1}

        assert secret not in _bytes_of(file)
        assert main(["check", "--database-url", url]) == 0
        assert json.loads(capsys.readouterr().out)["note"] == "1 hồ sơ đã xóa theo hạn lưu."
        assert [path for path in place.rglob("*") if path.is_file()] == []
        assert_at_rest(upper, pair)
        assert not payloads(counter, made.dossier_id)["dossier.accepted"]


def _bytes_of(file: Path) -> bytes:
    """The database as it lies on the disk, with what stands beside it."""
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
