"""Bundles on a stick: in any order, twice, damaged, for someone else; and counters that have no line."""

import base64
import hashlib
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import PASSPHRASE, draft
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from scans_made import noisy, pdf, png
from sqlalchemy import update
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, events_above, synced

import resources
from counter_app.bootstrap import Counter, open_counter
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.results import Accepted
from counter_app.sync import bundles as counter_bundles
from counter_app.sync.enrol import write_request
from counter_app.wire import bundle
from counter_app.wire.messages import (
    BundlePage,
    BundleProof,
    Damaged,
    EnrolAnswer,
    TooLarge,
    encode,
)
from counter_app.wire.signing import enrolled_bytes
from db.check import check
from district_server import bundles, publishing
from district_server.acts import act
from district_server.check import faults_of
from district_server.enrolment import issue_code, revoke
from district_server.faults import Refused as ServerRefused
from district_server.objects import Folder
from district_server.pages import key_of
from district_server.projection import by_code, dossier_of
from district_server.recovery import begin_epoch
from district_server.silence import heard
from district_server.tables import commune, device, enrol_code, publication


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "usb"
    folder.mkdir()
    return folder


def up(upper, path: Path) -> int:  # type: ignore[no-untyped-def]
    received: int = bundles.take_in(upper.database, upper.keys, path)["received"]
    return received


def carry(upper, pair: Pair, stick: Path) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """There and back: how many events went up, how many others' came down."""
    counter = pair[0]
    counter.bundles.write(stick / "len.hsx")
    sent = up(upper, stick / "len.hsx")
    bundles.write(upper.database, upper.keys, counter.identity.device_id, stick / "xuong.hsx")
    summary = counter.bundles.take_in(stick / "xuong.hsx")
    assert summary.waiting == 0
    assert sorted(path.name for path in stick.iterdir()) == ["len.hsx", "xuong.hsx"]
    return sent, summary.received


def test_a_counter_without_a_line_works_by_stick_alone(
    upper, enrolled: Enrolled, make_counter, stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    lonely = make_counter(2)
    code = upper.code(lonely)
    lonely.enrol_request(code, stick / "xin.json")
    bundles.enrol_by_stick(
        upper.database, upper.keys, stick / "xin.json", stick / "tra-loi.json", ""
    )
    device, mark = lonely.enrol_answer(stick / "tra-loi.json", None)
    assert (device, mark) == (lonely.identity.device_id, upper.keys.fingerprint)
    pair = lonely, lonely.officers.all()[0]
    for path in stick.iterdir():
        path.unlink()
    with pytest.raises(Refused) as by_line:
        lonely.sync.cycle()
    assert by_line.value.code == "by_stick"

    made = accept(pair)
    do(pair, made.dossier_id, "transfer", to="upper")
    assert lonely.search.open(made.dossier_id).row.sent == "local"
    assert lonely.sync_state().text.endswith("còn 1, gửi bằng USB, chưa gửi lần nào")
    lonely.bundles.write(stick / "len.hsx")
    assert lonely.sync_state().text == "Đã xuất USB 09:24, chờ gói trả lời. Còn 1 hồ sơ"
    assert carry(upper, pair, stick) == (4, 0)
    assert lonely.sync_state().text == "Đã gửi 1/1, lần cuối 09:24"
    assert lonely.search.open(made.dossier_id).row.sent == "sent"
    other = accept(first)
    synced(first)
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, made.code)[0]
        act(connection, upper.keys, org, dossier_id, "complete", {}, "Trên")

    assert carry(upper, pair, stick) == (0, 4)

    assert lonely.search.open(other.dossier_id) is not None
    assert lonely.search.open(made.dossier_id).row.status.value == "completed"
    synced(first)
    assert carry(upper, pair, stick) == (0, 0)
    assert lonely.sync_store.order_digest() == first[0].sync_store.order_digest()
    assert check(lonely.store).faults == ()
    with upper.database.begin() as connection:
        assert faults_of(connection) == []


def by_stick(upper, counter: Counter, stick: Path) -> Pair:  # type: ignore[no-untyped-def]
    counter.enrol_request(upper.code(counter), stick / "xin.json")
    answer = stick / "tra-loi.json"
    bundles.enrol_by_stick(upper.database, upper.keys, stick / "xin.json", answer, "")
    counter.enrol_answer(answer, upper.keys.fingerprint)
    return counter, counter.officers.all()[0]


def publish_dearer(upper) -> None:  # type: ignore[no-untyped-def]
    text = next(text for text in resources.procedure_texts() if '"chung-thuc"' in text)
    dearer = text.replace("amount = 2000", "amount = 3000").encode()
    with upper.database.begin() as connection:
        day, number = "20/11/2026", "12/QĐ-UBND"
        made = publishing.draft(connection, "procedures", dearer, day, number, "Lê Thị Hà")
        publishing.publish(connection, upper.keys, "procedures", *made, "Trần Minh Đức")


def copying_fee(counter: Counter) -> int:
    """As the program says that is started next."""
    later = open_counter(counter.folder, PASSPHRASE)
    later.clock = counter.clock
    procedure = later.catalogue.procedure("2.000815")
    later.close()
    assert procedure is not None
    return procedure.cases[0].fees[0].amount


def round_trip(upper, pair: Pair, stick: Path, objects: Folder, *lost: str) -> dict[str, int]:  # type: ignore[no-untyped-def]
    """Every file on the stick but those that were lost goes up, the answer comes down."""
    counter, taken = pair[0], {"received": 0, "pages": 0}
    counter.bundles.write(stick / "len.hsx")
    for path in sorted(stick.glob("len*.hsx")):
        if path.name not in lost:
            done = bundles.take_in(upper.database, upper.keys, path, objects)
            taken = {name: taken[name] + done[name] for name in taken}
        path.unlink()
    target, device = stick / "xuong.hsx", counter.identity.device_id
    bundles.write(upper.database, upper.keys, device, target, objects)
    counter.bundles.take_in(target)
    return taken


def test_a_commune_that_has_no_line_at_all(
    upper, make_counter, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    objects = Folder(tmp_path / "tren")
    first = by_stick(upper, make_counter(1), stick)
    made = [accept(first, name=f"HỒ VĂN {at}") for at in range(20)]
    papers = [
        first[0].attachments.add(made[at].dossier_id, "giay.pdf", raw, "", first[1]).scanned
        for at, raw in ((3, pdf(2)), (11, noisy()))
    ]
    pages = [page for paper in papers for page in paper.pages]
    # a file has room for the two pages that are small; the third goes into one of its own
    monkeypatch.setattr(counter_bundles, "MOST_SCANNED", pages[2].size)

    # the second file falls out of a pocket: its page is on the next stick again, and nothing else
    # 20 dossiers, 2 papers, and what the store says of itself when it begins
    assert round_trip(upper, first, stick, objects, "len-2.hsx") == {"received": 24, "pages": 2}
    assert [p.sent for at in (3, 11) for p in first[0].attachments.of(made[at].dossier_id)] == [
        2,
        0,
    ]
    assert round_trip(upper, first, stick, objects) == {"received": 0, "pages": 1}
    assert round_trip(upper, first, stick, objects) == {"received": 0, "pages": 0}
    for page in pages:
        key = key_of(first[0].identity.org_code, page.sha256)
        assert objects.get(key) == first[0].vault.get(page.sha256)

    publish_dearer(upper)
    second = by_stick(upper, make_counter(2), stick)
    round_trip(upper, second, stick, objects)
    assert second[0].search.open(made[7].dossier_id) is not None
    (seen,) = second[0].attachments.of(made[3].dossier_id)
    assert (seen.name, seen.pages) == ("giay.pdf", papers[0].pages)
    accept(second, name="LÊ VĂN ĐẠT")
    assert (copying_fee(first[0]), copying_fee(second[0])) == (2000, 3000)
    # files and scans come once: what is here is not carried again
    round_trip(upper, second, stick, objects)
    round_trip(upper, second, stick, objects)
    small = (stick / "xuong.hsx").stat().st_size
    round_trip(upper, first, stick, objects)
    assert copying_fee(first[0]) == 3000
    assert (stick / "xuong.hsx").stat().st_size > 2 * small

    digests = {pair[0].sync_store.order_digest() for pair in (first, second)}
    assert len(digests) == 1
    assert [pair[0].sync_store.waiting() for pair in (first, second)] == [0, 0]
    with first[0].store.read() as books:
        assert sorted(key.counter for key in books.settings.keys().values()) == [1, 2]
    assert first[0].sync_store.identity().published == second[0].sync_store.identity().published
    for counter, _ in (first, second):
        assert check(counter.store).faults == ()
    with upper.database.begin() as connection:
        assert faults_of(connection) == []


def test_scans_come_down_to_who_cannot_ask_for_them(
    upper, enrolled: Enrolled, make_counter, stick: Path, tmp_path: Path, monkeypatch
) -> None:  # type: ignore[no-untyped-def]
    objects = Folder(tmp_path / "tren")
    first = by_stick(upper, make_counter(1), stick)
    made = [accept(first, name=f"HỒ VĂN {at}") for at in range(3)]
    papers = [
        first[0].attachments.add(made[at].dossier_id, "giay.pdf", raw, "", first[1]).scanned
        for at, raw in ((2, png()), (0, pdf(2)), (1, noisy()))
    ]
    over, *pages = [page for paper in papers for page in paper.pages]
    do(first, made[2].dossier_id, "withdraw", reason="Không cần nữa")
    assert round_trip(upper, first, stick, objects)["pages"] == 4
    second = by_stick(upper, make_counter(2), stick)
    third = enrolled(3)
    synced(third)

    def here(pair: Pair) -> list[bool]:
        return [pair[0].vault.has(page.sha256) for page in pages]

    # the first stick tells of them, the next ones bring them, as many as a file takes
    monkeypatch.setattr(bundles, "MOST_SCANNED", pages[0].size + pages[1].size)
    round_trip(upper, second, stick, objects)
    assert here(second) == [False] * 3
    round_trip(upper, second, stick, objects)
    assert here(second) == [True, True, False]
    monkeypatch.setattr(bundles, "MOST_SCANNED", pages[2].size)
    # what lies above is not what the log says
    key = key_of(first[0].identity.org_code, pages[2].sha256)
    (tmp_path / "tren" / key).write_bytes(bytes(pages[2].size))
    kept = sorted(second[0].vault.folder.rglob("*"))
    round_trip(upper, second, stick, objects)
    assert sorted(second[0].vault.folder.rglob("*")) == kept
    objects.put(key, first[0].vault.get(pages[2].sha256))
    round_trip(upper, second, stick, objects)
    assert here(second) == [True] * 3
    assert second[0].vault.get(pages[2].sha256) == first[0].vault.get(pages[2].sha256)
    assert not second[0].vault.has(over.sha256)
    round_trip(upper, second, stick, objects)
    small = (stick / "xuong.hsx").stat().st_size
    assert small < pages[2].size
    # whoever has a line asks for what is wanted when it is wanted
    round_trip(upper, third, stick, objects)
    assert here(third) == [False] * 3
    # a PC that was replaced by another gets back what was scanned there before
    shutil.rmtree(first[0].vault.folder)
    monkeypatch.undo()
    round_trip(upper, first, stick, objects)
    assert here(first) == [True] * 3


def test_a_file_on_a_stick_that_the_server_did_not_sign_is_not_taken(
    upper, make_counter, stick: Path
) -> None:  # type: ignore[no-untyped-def]
    counter = by_stick(upper, make_counter(1), stick)[0]
    publish_dearer(upper)
    with upper.database.begin() as connection:
        # somebody with the database but without the key
        connection.execute(update(publication).values(text="fee = 1"))
    device = counter.identity.device_id
    bundles.write(upper.database, upper.keys, device, stick / "xuong.hsx")
    with pytest.raises(Refused) as refused:
        counter.bundles.take_in(stick / "xuong.hsx")
    assert refused.value.code == "bundle_wrong"
    assert counter.sync_store.published_here() == frozenset()


def test_a_program_of_before_gets_no_message_that_it_cannot_read(
    upper, make_counter, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    counter = by_stick(upper, make_counter(1), stick)[0]
    publish_dearer(upper)
    told = counter_bundles.BundleUp
    monkeypatch.setattr(counter_bundles, "BundleUp", lambda *given, **_: told(*given[:4]))
    counter.bundles.write(stick / "len.hsx")
    up(upper, stick / "len.hsx")
    device = counter.identity.device_id
    bundles.write(upper.database, upper.keys, device, stick / "xuong.hsx")
    monkeypatch.setattr(counter_bundles, "_part", msgspec.json.Decoder(BundleProof | BundlePage))
    counter.bundles.take_in(stick / "xuong.hsx")
    assert counter.sync_store.waiting() == 0


def test_what_only_a_newer_server_reads_stops_nothing_else(
    upper, enrolled: Enrolled, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    pair = enrolled(1)
    accept(pair)
    waiting = pair[0].sync_store.waiting()
    assert waiting
    first = counter_bundles.Bundles._first

    def newer(*given: Any) -> Iterator[bytes]:
        told, *pushes = first(*given)
        yield from (told, b'{"type":"voice","content":"aGE="}', *pushes)
        yield b'{"type":"voice","content":"aGE="}'

    monkeypatch.setattr(counter_bundles.Bundles, "_first", newer)
    pair[0].bundles.write(stick / "len.hsx")
    taken = bundles.take_in(upper.database, upper.keys, stick / "len.hsx")
    assert (taken["received"] > 0, taken["unread"], taken["problems"]) == (True, 2, [])
    device = pair[0].identity.device_id
    bundles.write(upper.database, upper.keys, device, stick / "xuong.hsx")
    assert pair[0].bundles.take_in(stick / "xuong.hsx").waiting == 0


def test_bundles_in_any_order_and_again_beside_the_line(
    upper, enrolled: Enrolled, stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    paths = []
    for at in range(3):
        accept(first)
        paths.append(stick / f"{at}.hsx")
        first[0].bundles.write(paths[-1])
    # the second stick first, then the oldest, then the newest, twice
    assert up(upper, paths[1]) == 4
    device, old = first[0].identity.device_id, stick / "xuong-cu.hsx"
    bundles.write(upper.database, upper.keys, device, old)
    assert up(upper, paths[0]) == 0
    assert up(upper, paths[2]) == 1
    assert up(upper, paths[2]) == 0
    downs = []
    for at in range(2):
        downs.append(stick / f"xuong-{at}.hsx")
        bundles.write(upper.database, upper.keys, device, downs[-1])
        accept(second)
        synced(second)
    synced(first)
    accept(first)
    before = first[0].sync_store.identity()
    for path in (downs[1], downs[0], old, downs[1]):
        summary = first[0].bundles.take_in(path)
        assert (summary.received, summary.problems, summary.waiting) == (0, [], 1)
    assert first[0].sync_store.identity() == before
    assert_at_rest(upper, first, second)


def test_a_stick_with_nothing_new_is_news_of_its_counter(
    upper, enrolled: Enrolled, stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    carry(upper, first, stick)
    with upper.database.begin() as connection:
        connection.execute(update(device).values(last_sync_at="2026-01-01T00:00:00+00:00"))
    assert carry(upper, first, stick) == (0, 0)
    with upper.database.begin() as connection:
        (one,) = heard(connection)
    assert (one.silence, one.silent_days) == ("", 0)


def test_a_lost_stick_loses_nothing(upper, enrolled: Enrolled, stick: Path) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    first[0].bundles.write(stick / "mat.hsx")
    (stick / "mat.hsx").unlink()
    accept(first)
    assert first[0].sync_store.waiting() == 4

    assert carry(upper, first, stick) == (4, 0)
    assert_at_rest(upper, first)


def test_a_bundle_across_a_restored_server(upper, enrolled: Enrolled, stick: Path) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    assert carry(upper, first, stick)[0] == 2
    saved = upper.save()
    accept(first)
    carry(upper, first, stick)
    old = stick / "xuong-cu.hsx"
    shutil.copy(stick / "xuong.hsx", old)
    upper.put_back(saved)
    with upper.database.begin() as connection:
        begin_epoch(connection, upper.keys)
    device = first[0].identity.device_id
    bundles.write(upper.database, upper.keys, device, stick / "xuong.hsx")
    # it hears of the new epoch, and that a dossier is missing there
    assert first[0].bundles.take_in(stick / "xuong.hsx").waiting == 1
    assert first[0].bundles.take_in(old).waiting == 1
    old.unlink()

    assert carry(upper, first, stick) == (1, 0)
    assert_at_rest(upper, first)


def test_a_copy_parts_by_stick(
    upper, enrolled: Enrolled, copied: Callable[[Pair], Pair], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    one, other = accept(first, name="HỒ VĂN MỘT"), accept(copy, name="HỒ VĂN HAI")
    assert one.code == other.code
    carry(upper, first, stick)
    device = first[0].identity.device_id
    (stick / "len.hsx").rename(stick / "mot.hsx")
    copy[0].bundles.write(stick / "len.hsx")
    with pytest.raises(ServerRefused, match="gói trả lời") as refused:
        up(upper, stick / "len.hsx")
    assert refused.value.code == "bundle_fork"
    # its twin wrote as much; what that one handed in, handed in again, is no answer to the copy
    up(upper, stick / "mot.hsx")
    bundles.write(upper.database, upper.keys, device, stick / "tach.hsx")

    told = copy[0].bundles.take_in(stick / "tach.hsx")

    assert [problem.code for problem in told.problems] == ["fork"]
    assert copy[0].sync_state().hint
    # the other one takes the same file, and nothing in it is news to it
    told = first[0].bundles.take_in(stick / "tach.hsx")
    assert (told.received, told.problems) == (0, [])
    for name in ("tach.hsx", "mot.hsx"):
        (stick / name).unlink()
    carry(upper, copy, stick)
    carry(upper, first, stick)
    assert_at_rest(upper, first, copy)
    for pair in (first, copy):
        assert {view.dossier.id for view in pair[0].search.by_code(one.code)} == {
            one.dossier_id,
            other.dossier_id,
        }


def test_a_copy_need_not_put_right_what_its_twin_wrote(
    upper, enrolled: Enrolled, copied: Callable[[Pair], Pair], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    synced(first)
    copy = copied(first)
    paper = {"origin": "paper", "code": "H50.99.01-261119-3007", "received_at": "2026-11-20T08:00"}
    for pair, name in ((second, "HỒ VĂN MỘT"), (first, "HỒ VĂN HAI")):
        assert isinstance(pair[0].intake.accept(draft(name, from_paper=paper), pair[1]), Accepted)
    synced(second)
    accept(copy)
    carry(upper, first, stick)
    copy[0].bundles.write(stick / "len.hsx")
    with pytest.raises(ServerRefused):
        up(upper, stick / "len.hsx")
    bundles.write(upper.database, upper.keys, first[0].identity.device_id, stick / "tach.hsx")

    told = copy[0].bundles.take_in(stick / "tach.hsx")

    assert [problem.code for problem in told.problems] == ["fork"]
    standing = [pair[0].sync_store.standing("2026-11-20").problems for pair in (first, copy)]
    assert standing == [1, 0]


def test_a_copy_that_has_nothing_to_say_hears_by_stick_that_it_is_one(
    upper, enrolled: Enrolled, copied: Callable[[Pair], Pair], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    made = accept(first)
    carry(upper, first, stick)

    copy[0].bundles.write(stick / "len.hsx")
    up(upper, stick / "len.hsx")
    bundles.write(upper.database, upper.keys, first[0].identity.device_id, stick / "xuong.hsx")
    told = copy[0].bundles.take_in(stick / "xuong.hsx")

    assert ([problem.code for problem in told.problems], told.received) == (["fork"], 1)
    assert copy[0].search.by_code(made.code)
    carry(upper, copy, stick)
    assert_at_rest(upper, first, copy)


def test_the_servers_own_decisions_come_back_by_stick(
    upper, enrolled: Enrolled, stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    carry(upper, first, stick)
    saved = upper.save()
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    carry(upper, first, stick)
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, made.code)[0]
        act(connection, upper.keys, org, dossier_id, "complete", {}, "Trên")
    carry(upper, first, stick)
    do(first, made.dossier_id, "return")
    carry(upper, first, stick)
    upper.put_back(saved)
    with upper.database.begin() as connection:
        begin_epoch(connection, upper.keys)
    bundles.write(upper.database, upper.keys, first[0].identity.device_id, stick / "xuong.hsx")
    first[0].bundles.take_in(stick / "xuong.hsx")

    carry(upper, first, stick)

    with upper.database.begin() as connection:
        above = dossier_of(connection, org, dossier_id)
    assert above is not None
    assert above.status.value == "returned"
    assert [line.rejected for line in above.timeline] == [None] * 4
    assert first[0].sync_store.all_back() == []
    assert_at_rest(upper, first)


@pytest.fixture
def written(upper, enrolled: Enrolled, stick: Path) -> tuple[Pair, Path, Path]:  # type: ignore[no-untyped-def]
    pair = enrolled(1)
    accept(pair)
    pair[0].bundles.write(stick / "len.hsx")
    device = pair[0].identity.device_id
    bundles.write(upper.database, upper.keys, device, stick / "xuong.hsx")
    return pair, stick / "len.hsx", stick / "xuong.hsx"


def test_damaged_foreign_and_missing_bundles(
    upper, enrolled: Enrolled, written: tuple[Pair, Path, Path], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    pair, going, coming = written
    above = events_above(upper)
    broken = stick / "hong.hsx"
    for whole, take in (
        (going.read_bytes(), lambda: up(upper, broken)),
        (coming.read_bytes(), lambda: pair[0].bundles.take_in(broken)),
    ):
        size = len(whole)
        for at in (*range(0, size, max(1, size // 40)), size - 1):
            broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
            with pytest.raises((Refused, ServerRefused), match="hỏng"):
                take()
            broken.write_bytes(whole[:at])
            with pytest.raises((Refused, ServerRefused), match="hỏng"):
                take()
    # a bundle of the counter is none for it, nor is that for another counter
    for path in (going, coming):
        with pytest.raises(Refused, match="cho máy khác" if path is coming else "máy này xuất"):
            enrolled(2)[0].bundles.take_in(path) if path is coming else pair[0].bundles.take_in(
                path
            )
    with pytest.raises(ServerRefused):
        up(upper, coming)
    with pytest.raises(EnvironmentFault):
        pair[0].bundles.take_in(stick / "khong-co.hsx")
    assert events_above(upper) == above


def test_nothing_of_a_person_stands_open_on_the_stick(written: tuple[Pair, Path, Path]) -> None:
    for path in written[1:]:
        raw = path.read_bytes()
        for secret in ("NGUYỆT", "045190001234", "dossier.accepted", "Hướng"):
            assert secret.encode() not in raw


def test_a_revoked_counter_gets_no_answer(
    upper, written: tuple[Pair, Path, Path], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    device = written[0][0].identity.device_id
    with upper.database.begin() as connection:
        revoke(connection, device)
    with pytest.raises(ServerRefused) as refused:
        bundles.write(upper.database, upper.keys, device, stick / "b.hsx")
    assert refused.value.code == "revoked"


def test_a_bomb_stops_at_what_it_declared(stick: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public, private = key.public_key().public_bytes_raw(), key.private_bytes_raw()
    path = stick / "bom.hsx"
    zeros = (bytes(4_000_000) for _ in range(50))
    bundle.write(path, "up", private, "c-1", "u-1", public, "", zeros)
    assert path.stat().st_size < 1_000_000

    def messages(path: Path) -> Iterator[bytes]:
        with path.open("rb") as source:
            yield from bundle.read(source, private, lambda _: public)[1]

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(len(message) for message in messages(path)) == 200_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024
    # signed by a sender who declares little and packs much
    raw = path.read_bytes()
    at = len(raw) - 64 - 8
    small = raw[:at] + (1_000).to_bytes(8, "big")
    small += key.sign(b"bundle/v1\n" + hashlib.sha256(small).digest())
    path.write_bytes(small)
    with pytest.raises(TooLarge):
        list(messages(path))
    huge = raw[:at] + (1 << 62).to_bytes(8, "big")
    huge += key.sign(b"bundle/v1\n" + hashlib.sha256(huge).digest())
    path.write_bytes(huge)
    with pytest.raises(TooLarge):
        list(messages(path))
    # a file too large to be one of ours is not even read
    with path.open("r+b") as grown:
        grown.truncate(bundle.LARGEST_FILE + 1)
    with pytest.raises(TooLarge):
        list(messages(path))
    path.write_bytes(raw)
    with path.open("rb") as source, pytest.raises(Damaged):
        list(bundle.read(source, bytes(32), lambda _: public)[1])


def test_what_is_too_much_is_neither_written_nor_read(
    stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Ed25519PrivateKey.generate()
    public, private = key.public_key().public_bytes_raw(), key.private_bytes_raw()
    path = stick / "lon.hsx"
    with monkeypatch.context() as patch:
        patch.setattr(bundle, "LARGEST_BODY", 100)
        patch.setattr(bundle, "LARGEST_RAW", 230)
        for messages in ([bytes(101)], [bytes(100)] * 3):
            with pytest.raises(TooLarge):
                bundle.write(path, "up", private, "c-1", "u-1", public, "", messages)
            assert list(stick.iterdir()) == []
        bundle.write(path, "up", private, "c-1", "u-1", public, "", [bytes(100)] * 2)
    # somebody whose program knows no such limit
    monkeypatch.setattr(bundle, "LARGEST_BODY", 99)
    with path.open("rb") as source, pytest.raises(TooLarge):
        list(bundle.read(source, private, lambda _: public)[1])


class Turning:
    """A file in which somebody else's bytes stand: each time, or only as its header is read."""

    def __init__(self, genuine: Path, forged: Path, only_header: bool) -> None:
        self._only_header = only_header
        self._genuine, self._forged = genuine.open("rb"), forged.open("rb")
        self._seeks = 0

    def seek(self, place: int, whence: int = 0) -> int:
        self._seeks += 1
        # to the end, to the header, over everything for the signature, then block by block
        is_genuine = self._seeks != 2 if self._only_header else self._seeks == 3
        self._now = self._genuine if is_genuine else self._forged
        return self._now.seek(place, whence)

    def read(self, size: int) -> bytes:
        return self._now.read(size)

    def close(self) -> None:
        self._genuine.close()
        self._forged.close()


@pytest.mark.parametrize("only_header", [False, True])
def test_what_was_changed_after_it_was_verified_is_not_opened(
    stick: Path, only_header: bool
) -> None:
    sender, other, recipient = (Ed25519PrivateKey.generate() for _ in range(3))
    private, public = recipient.private_bytes_raw(), recipient.public_key().public_bytes_raw()
    paths = []
    for number, key in enumerate((sender, other)):
        paths.append(stick / f"{number}.hsx")
        # nothing that a squeezer makes smaller: both are of one size
        said = [os.urandom(150_000)]
        bundle.write(paths[-1], "up", key.private_bytes_raw(), "c-1", "u-1", public, "", said)
    assert len({path.stat().st_size for path in paths}) == 1

    with closing(Turning(*paths, only_header)) as source, pytest.raises(Damaged, match="changed"):
        list(bundle.read(source, private, lambda _: sender.public_key().public_bytes_raw())[1])


def test_a_stick_may_be_pulled_as_soon_as_it_is_said(
    enrolled: Enrolled, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, waited = enrolled(1), []
    to_disk = os.fsync

    def noted(handle: int) -> None:
        to_disk(handle)
        waited.append(sorted(path.name for path in stick.iterdir()))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", noted)
        pair[0].bundles.write(stick / "len.hsx")
    # first the bytes, then their name
    assert [names for names in waited if names] == [["len.hsx.part"], ["len.hsx"]]


def test_a_stick_that_keeps_something_else_is_told_at_once(
    enrolled: Enrolled, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = enrolled(1)
    accept(pair)
    to_disk = os.fsync

    def worn_out(handle: int) -> None:
        os.pwrite(handle, b"?", 200)
        to_disk(handle)

    monkeypatch.setattr(bundle.os, "fsync", worn_out)
    with pytest.raises(EnvironmentFault, match="đọc lại không khớp"):
        pair[0].bundles.write(stick / "len.hsx")
    assert list(stick.iterdir()) == []


def test_an_answer_for_a_newer_book_is_refused_by_an_older_one(
    upper, enrolled: Enrolled, copied: Callable[[Pair], Pair], stick: Path
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    carry(upper, first, stick)
    older = copied(first)
    for _ in range(2):
        accept(second)
        synced(second)
        carry(upper, first, stick)
    with pytest.raises(Refused) as refused:
        older[0].bundles.take_in(stick / "xuong.hsx")
    assert refused.value.code == "bundle_gap"
    carry(upper, older, stick)
    assert older[0].sync_store.order_digest() == first[0].sync_store.order_digest()


def test_a_proof_that_the_server_did_not_sign_acknowledges_nothing(
    upper, written: tuple[Pair, Path, Path], stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    (pair, going, coming), waiting = written, written[0][0].sync_store.waiting()
    up(upper, going)
    monkeypatch.setattr(bundles, "proof_bytes", lambda *_: b"another sentence")
    bundles.write(upper.database, upper.keys, pair[0].identity.device_id, coming)
    with pytest.raises(Refused, match="hỏng"):
        pair[0].bundles.take_in(coming)
    assert pair[0].sync_store.waiting() == waiting


def test_a_difference_is_told_by_stick_too(upper, enrolled: Enrolled, stick: Path) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    accept(second)
    synced(second)
    with upper.database.begin() as connection:
        connection.execute(update(commune).values(digest="0" * 64))
    bundles.write(upper.database, upper.keys, first[0].identity.device_id, stick / "xuong.hsx")

    told = first[0].bundles.take_in(stick / "xuong.hsx")

    # its store, its officer, its dossier
    assert (told.received, [one.code for one in told.problems]) == (3, ["digest_differs"])


def test_more_than_one_answer_holds_comes_on_the_next_sticks(
    upper, enrolled: Enrolled, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    for _ in range(6):
        accept(second)
    synced(second)
    monkeypatch.setattr(bundles, "_PAGE", 1)
    monkeypatch.setattr(bundles, "MOST_TOLD", 2_000)
    left = [1_000]
    while left[-1]:
        carry(upper, first, stick)
        left.append(first[0].sync_state().standing.to_come)
        assert left[-1] < left[-2]
    assert len(left) > 3
    monkeypatch.undo()
    assert_at_rest(upper, first, second)


def test_enrolment_by_stick_is_refused_where_it_must_be(upper, make_counter, stick: Path) -> None:  # type: ignore[no-untyped-def]
    counter, other = make_counter(4), make_counter(5)
    request, answer = stick / "xin.json", stick / "tra-loi.json"
    counter.enrol_request("AAAAAAAAAA", request)
    with upper.database.begin() as connection:
        code, _ = issue_code(connection, counter.identity.org_code, 4)
    with pytest.raises(ServerRefused) as wrong_code:
        bundles.enrol_by_stick(upper.database, upper.keys, request, answer, "")
    assert wrong_code.value.code == "code_wrong"
    # whoever was given a code of another commune sees it
    assert "H50.99.01, quầy 4" in wrong_code.value.message
    write_request(counter.sync_store, counter.signer, code, request)
    raw = request.read_text(encoding="utf-8").replace('"counter":4', '"counter":5')
    (stick / "sua.json").write_text(raw, encoding="utf-8")
    with pytest.raises(ServerRefused):
        bundles.enrol_by_stick(upper.database, upper.keys, stick / "sua.json", answer, "")
    for days, good in ((8, False), (6, True)):
        # minutes by line, seven days by stick
        since = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
        with upper.database.begin() as connection:
            connection.execute(update(enrol_code).values(expires_at=since))
        with nullcontext() if good else pytest.raises(ServerRefused):
            bundles.enrol_by_stick(upper.database, upper.keys, request, answer, upper.url)
    for store, mark, path, told in (
        (other, None, answer, "answer_wrong"),
        (counter, "0000-0000-0000-0000", answer, "fingerprint_wrong"),
        (counter, None, request, "answer_wrong"),
    ):
        with pytest.raises(Refused) as refused:
            store.enrol_answer(path, mark)
        assert refused.value.code == told
    text = answer.read_text(encoding="utf-8").replace("127.0.0.1", "127.0.0.2")
    (stick / "sua.json").write_text(text, encoding="utf-8")
    with pytest.raises(Refused):
        counter.enrol_answer(stick / "sua.json", None)
    # whoever has the stick knows the CA and may name a key of his own beside it
    told = msgspec.json.decode(answer.read_bytes(), type=EnrolAnswer)
    key = Ed25519PrivateKey.generate()
    own = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    content = told.content.replace(base64.b64encode(upper.keys.public_key).decode(), own)
    signed = base64.b64encode(key.sign(enrolled_bytes(content))).decode()
    for by_ca, why in ((told.by_ca, "answer_wrong"), (signed, "answer_wrong"), ("", "server_old")):
        forged = EnrolAnswer(content, signed, by_ca)
        (stick / "sua.json").write_bytes(encode(forged))
        with pytest.raises(Refused) as refused:
            counter.enrol_answer(stick / "sua.json", upper.keys.fingerprint)
        assert refused.value.code == why
    with pytest.raises(Refused):
        counter.bundles.write(stick / "a.hsx")

    counter.enrol_answer(answer, upper.keys.fingerprint)
    # it was told an address, so the line may be tried as well
    counter.intake.accept(draft(), counter.officers.all()[0])
    assert counter.sync.cycle().waiting == 0
