"""Bundles on a stick: in any order, twice, damaged, for someone else; and counters that have no line."""

import hashlib
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import draft
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, events_above, synced

from counter_app.errors import EnvironmentFault, Refused
from counter_app.sync.enrol import write_request
from counter_app.wire import bundle
from counter_app.wire.messages import Damaged, TooLarge
from db.check import check
from district_server import bundles
from district_server.acts import act
from district_server.check import faults_of
from district_server.enrolment import issue_code, revoke
from district_server.faults import Refused as ServerRefused
from district_server.projection import by_code, dossier_of
from district_server.recovery import begin_epoch


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
    assert carry(upper, pair, stick) == (4, 0)
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
    assert up(upper, paths[0]) == 0
    assert up(upper, paths[2]) == 1
    assert up(upper, paths[2]) == 0
    device = first[0].identity.device_id
    downs = []
    for at in range(2):
        downs.append(stick / f"xuong-{at}.hsx")
        bundles.write(upper.database, upper.keys, device, downs[-1])
        accept(second)
        synced(second)
    synced(first)
    accept(first)
    before = first[0].sync_store.identity()
    for path in (downs[1], downs[0], downs[1]):
        summary = first[0].bundles.take_in(path)
        assert (summary.received, summary.problems) == (0, [])
    assert first[0].sync_store.identity() == before
    assert_at_rest(upper, first, second)


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
        with pytest.raises(Refused):
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
    path.write_bytes(raw)
    with path.open("rb") as source, pytest.raises(Damaged):
        list(bundle.read(source, bytes(32), lambda _: public)[1])


def test_enrolment_by_stick_is_refused_where_it_must_be(upper, make_counter, stick: Path) -> None:  # type: ignore[no-untyped-def]
    counter, other = make_counter(4), make_counter(5)
    request, answer = stick / "xin.json", stick / "tra-loi.json"
    counter.enrol_request("AAAAAAAAAA", request)
    with upper.database.begin() as connection:
        code, _ = issue_code(connection, counter.identity.org_code, 4)
    with pytest.raises(ServerRefused) as wrong_code:
        bundles.enrol_by_stick(upper.database, upper.keys, request, answer, "")
    assert wrong_code.value.code == "code_wrong"
    write_request(counter.sync_store, counter.signer, code, request)
    raw = request.read_text(encoding="utf-8").replace('"counter":4', '"counter":5')
    (stick / "sua.json").write_text(raw, encoding="utf-8")
    with pytest.raises(ServerRefused):
        bundles.enrol_by_stick(upper.database, upper.keys, stick / "sua.json", answer, "")
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
    with pytest.raises(Refused):
        counter.bundles.write(stick / "a.hsx")

    counter.enrol_answer(answer, upper.keys.fingerprint)
    # it was told an address, so the line may be tried as well
    counter.intake.accept(draft(), counter.officers.all()[0])
    assert counter.sync.cycle().waiting == 0
