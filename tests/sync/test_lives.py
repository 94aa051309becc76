"""Copied stores: found out, parted, and nothing that either of them wrote is lost or doubled."""

import shutil
from collections.abc import Callable

import pytest
from conftest import PASSPHRASE, draft
from fault_proxy import FaultProxy
from sqlalchemy import select
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced

from counter_app.book.creation import restore_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.code import DossierCode, Place, place_of
from counter_app.domain.slip_code import Verdict
from counter_app.errors import Refused
from counter_app.ports.sync import LineFault
from counter_app.services.results import Accepted
from db.check import check
from district_server.check import faults_of
from district_server.enrolment import revoke
from district_server.projection import by_code
from district_server.recovery import begin_epoch
from district_server.silence import heard
from district_server.tables import quarantine

Copied = Callable[[Pair], Pair]


def parted(pair: Pair) -> list[str]:
    """One cycle that may tell of a fork; what else it tells."""
    summary = pair[0].sync.cycle()
    assert not summary.fault
    assert summary.waiting == 0
    return [problem.code for problem in summary.problems]


def life(pair: Pair) -> str:
    with pair[0].store.read() as books:
        return books.settings.identity().incarnation


def place(code: str):  # type: ignore[no-untyped-def]
    parsed = DossierCode.parse(code)
    assert parsed is not None
    return place_of(parsed.seq)


def test_a_copy_goes_on_under_a_new_life_and_nothing_is_lost(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    shared = accept(first)
    synced(first)
    copy = copied(first)
    first_life = life(first)
    one, other = accept(first, name="HỒ VĂN MỘT"), accept(copy, name="HỒ VĂN HAI")
    do(copy, shared.dossier_id, "transfer")
    assert one.code == other.code
    synced(first)

    assert parted(copy) == ["fork", "renumbered"]
    assert parted(first) == ["renumbered"]

    assert life(first) == first_life != life(copy)
    assert_at_rest(upper, first, copy)
    new = f"{one.code.rpartition('-')[0]}-0001"
    for counter, _ in (first, copy):
        # the old code finds both, whoever keeps it first
        assert [view.dossier.code for view in counter.search.by_code(one.code)] == [one.code, new]
        kept, moved = counter.search.by_code(one.code)
        assert kept.dossier.facts.applicant.name == "HỒ VĂN MỘT"
        assert moved.dossier.timeline[-1].note == f"{one.code} → {new}"
        assert new in kept.dossier.timeline[-1].note
        (found,) = counter.search.by_code(new)
        assert found.dossier.id == other.dossier_id
        assert counter.search.open(shared.dossier_id).dossier.status.value == "in_process"  # type: ignore[union-attr]
    with upper.database.begin() as connection:
        assert [known for _, known in by_code(connection, one.code)] == [
            one.dossier_id,
            other.dossier_id,
        ]


def test_both_slips_of_a_code_given_out_twice_stay_genuine(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    made = [accept(first, name="HỒ VĂN MỘT"), accept(copy, name="HỒ VĂN HAI")]
    slips = [
        pair[0].prints.next_slip("receipt", one.dossier_id)[0].qr
        for pair, one in zip((first, copy), made, strict=True)
    ]
    synced(first)
    parted(copy)
    parted(first)

    for counter, _ in (first, copy):
        for slip, one in zip(slips, made, strict=True):
            judged = counter.scans.judge(slip)
            assert judged.verdict is Verdict.GREEN
            assert (judged.dossier_id, judged.mismatch) == (one.dossier_id, False)
        again, _ = counter.prints.next_slip("receipt", made[1].dossier_id)
        assert again.code.endswith("-0001")
        assert counter.scans.judge(again.qr).verdict is Verdict.GREEN


def test_a_copy_numbers_in_its_own_block_on_every_day(
    upper, enrolled: Enrolled, copied: Copied, clock
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    accept(first)
    accept(copy)
    synced(first)
    parted(copy)
    parted(first)

    one, two = place(accept(copy).code), place(accept(copy).code)
    assert (one.counter_no, one.number, two.number) == (1, 1, 2)
    assert 100 <= one.block == two.block
    assert place(accept(first).code).block == 0
    clock.move(days=3)
    assert place(accept(copy).code).block >= 100
    assert place(accept(first).code).block == 0
    assert_at_rest(upper, first, copy)


def test_a_copy_that_wrote_nothing_hears_that_it_is_one(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    made = accept(first)
    synced(first)

    assert parted(copy) == ["fork"]

    assert copy[0].search.open(made.dossier_id) is not None
    assert_at_rest(upper, first, copy)


def test_an_image_of_the_disk_put_back_goes_on_where_paper_may_exist(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    unsent = accept(first)
    image = copied(first)
    lost = accept(first)
    synced(first)
    # what was not acknowledged when the image was made is the same on both sides
    again = accept(image, name="SAU KHI CHÉP")
    assert again.code == lost.code

    assert parted(image) == ["fork", "renumbered"]

    assert image[0].search.open(unsent.dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    assert image[0].search.open(again.dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
    assert check(image[0].store).faults == ()


def test_a_place_that_a_copy_took_over_after_the_server_was_put_back(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    """Nothing waits to be sent, so no push can be answered with the fork."""
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    saved = upper.save()
    one = accept(first, name="HỒ VĂN MỘT")
    synced(first)
    upper.put_back(saved)
    with upper.database.begin() as connection:
        begin_epoch(connection, upper.keys)
    other = accept(copy, name="HỒ VĂN HAI")
    assert parted(copy) == []

    assert parted(first) == ["fork", "renumbered"]

    assert parted(copy) == ["renumbered"]
    assert_at_rest(upper, first, copy)
    with upper.database.begin() as connection:
        assert [known for _, known in by_code(connection, one.code)] == [
            other.dossier_id,
            one.dossier_id,
        ]


def test_a_copy_takes_a_number_of_its_own(
    upper,
    proxy: FaultProxy,
    enrolled: Enrolled,
    copied: Copied,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    accept(first, name="HỒ VĂN MỘT")
    other = accept(copy, name="HỒ VĂN HAI")
    synced(first)
    assert parted(copy) == ["fork", "renumbered"]
    assert "quầy khác" in copy[0].sync_state().hint
    assert parted(first) == ["renumbered"]
    before, lives = place(other.code).number, (life(first), life(copy))
    with pytest.raises(Refused, match="Mã ghi danh không phải của"):
        copy[0].enrol(proxy.url, "AAAAAAAAAA", None)
    assert copy[0].identity.counter_no == 1

    code = upper.code_for("H50.99.01", 3)
    with monkeypatch.context() as patch:
        patch.setattr(copy[0].sync_store, "bind", lost)
        with pytest.raises(LineFault):
            copy[0].enrol(proxy.url, code, None)
    copy[0].enrol(proxy.url, code, None)

    assert (first[0].identity.counter_no, copy[0].identity.counter_no) == (1, 3)
    assert copy[0].sync_state().hint == ""
    assert (life(first), life(copy)) == lives
    mine, theirs = accept(copy), accept(first)
    assert place(mine.code) == Place(3, 0, 1)
    assert place(theirs.code) == Place(1, 0, before + 1)
    assert_at_rest(upper, first, copy)
    with pytest.raises(Exception, match="đang có máy"):
        upper.code_for("H50.99.01", 3)
    # a copy of the copy, taken from a later backup, numbers under the copy's number
    with upper.database.begin() as connection:
        assert [row.also for row in heard(connection)] == [(3,)]


def lost(*_: object) -> None:
    raise LineFault("cut")


def test_a_copy_that_nobody_has_noticed_takes_a_number_too(
    upper, proxy: FaultProxy, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    common = accept(first, name="HỒ VĂN CHUNG")
    copy = copied(first)
    with pytest.raises(Refused) as wrong:
        copy[0].enrol(proxy.url, upper.code_for("H50.99.01", 4), None)
    assert wrong.value.code == "code_of_other"
    synced(first)

    copy[0].enrol(proxy.url, upper.code_for("H50.99.01", 3), None, 3)

    assert life(copy) != life(first)
    assert place(accept(copy).code) == Place(3, 0, 1)
    assert place(accept(first).code) == Place(1, 0, place(common.code).number + 1)
    assert_at_rest(upper, first, copy)
    (view,) = copy[0].search.by_code(common.code)
    assert view.dossier.id == common.dossier_id


def test_a_number_other_than_its_own_is_for_copies_alone(
    upper, make_counter: Callable[[int], Counter]
) -> None:  # type: ignore[no-untyped-def]
    fresh = make_counter(2)
    with pytest.raises(Refused) as refused:
        fresh.enrol(upper.url, upper.code_for("H50.99.01", 3), None, 3)
    assert refused.value.code == "not_a_copy"
    fresh.enrol(upper.url, upper.code(fresh), None)
    assert fresh.identity.counter_no == 2


def test_three_copies_of_one_store_all_come_to_rest(
    upper, enrolled: Enrolled, copied: Copied
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    copies = [copied(first), copied(first)]
    everyone = [first, *copies]
    made = [accept(pair, name=f"HỒ VĂN SỐ {at}") for at, pair in enumerate(everyone)]
    assert len({one.code for one in made}) == 1

    for pair in (*everyone, *everyone):
        parted(pair)

    assert_at_rest(upper, *everyone)
    codes = {first[0].search.open(one.dossier_id).dossier.code for one in made}  # type: ignore[union-attr]
    stem = made[0].code.rpartition("-")[0]
    assert codes == {made[0].code, f"{stem}-0001", f"{stem}-0002"}


def test_a_copy_of_a_copy_parts_too(upper, enrolled: Enrolled, copied: Copied) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    accept(first)
    accept(copy)
    synced(first)
    parted(copy)
    second = copied(copy)
    accept(copy)
    accept(second)

    parted(copy)
    assert "fork" in parted(second)
    for pair in (first, copy):
        parted(pair)

    assert len({life(first), life(copy), life(second)}) == 3
    assert_at_rest(upper, first, copy, second)


def test_a_block_code_from_paper_counts_as_used(counter, officer) -> None:  # type: ignore[no-untyped-def]
    with counter.store.write() as books:
        books.settings.put("blocks_until", "2026-11-20")
    own = accept((counter, officer)).code
    block = place(own).block
    other = 100 if block != 100 else 101
    for seq in (f"2{block}005", f"2{other}001"):
        paper = {
            "origin": "paper",
            "code": f"{own.rpartition('-')[0]}-{seq}",
            "received_at": "2026-11-20T08:00",
        }
        made = counter.intake.accept(draft(from_paper=paper), officer)
        assert isinstance(made, Accepted)

    after = place(accept((counter, officer)).code)
    assert (after.block, after.number) == (block, 6)
    assert check(counter.store).faults == ()
    with counter.store.write() as books:
        books.numbers.pass_by(made.received_at.date(), block, 999)
    assert place(accept((counter, officer)).code).block not in (block, other)


def restored_from(pair: Pair, name: str) -> Pair:
    """A backup made before, put back elsewhere and opened."""
    folder = pair[0].folder.with_name(f"phuc-hoi-{name}")
    restore_counter(folder, pair[0].folder.with_name(name), PASSPHRASE, None)
    counter = open_counter(folder, PASSPHRASE)
    counter.clock = pair[0].clock
    return counter, pair[1]


def test_a_restored_store_gets_back_what_the_server_has(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    accept(first)
    synced(first)
    unsent = accept(first)
    first[0].backups.make(first[0].folder.with_name("a.mcb"))
    after = accept(first)
    first[0].intake.refuse(draft(reason="Sai thẩm quyền"), first[1])
    synced(first)
    lost = accept(first)

    again = restored_from(first, "a.mcb")

    assert again[0].search.open(unsent.dossier_id).row.sent == "local"  # type: ignore[union-attr]
    synced(again)
    for dossier_id in (unsent.dossier_id, after.dossier_id):
        assert again[0].search.open(dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    assert again[0].search.open(lost.dossier_id) is None
    noticed = again[0].intake.refuse(draft(reason="Sai thẩm quyền"), again[1])
    assert noticed.notice_no == "1-0002"  # type: ignore[union-attr]
    accept(again)
    assert_at_rest(upper, again, second)
    again[0].close()


def test_a_backup_restored_twice_and_the_lost_pc_found_lose_nothing(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    first[0].backups.make(first[0].folder.with_name("a.mcb"))
    lost = accept(first)
    shutil.copy(first[0].folder.with_name("a.mcb"), first[0].folder.with_name("b.mcb"))
    one, two = restored_from(first, "a.mcb"), restored_from(first, "b.mcb")
    made = [accept(one), accept(two)]

    for pair in (one, two, first, one, two, first):
        parted(pair)

    assert_at_rest(upper, first, one, two)
    assert {pair[0].search.open(lost.dossier_id).row.code for pair in (first, one, two)} == {  # type: ignore[union-attr]
        lost.code
    }
    assert len({life(pair) for pair in (first, one, two)}) == 3
    assert len({dossier.code for dossier in made}) == 2
    for pair in (one, two):
        pair[0].close()


@pytest.mark.parametrize("put_back", [False, True])
def test_what_a_copy_of_a_revoked_device_wrote_before_is_kept_above(
    upper, enrolled: Enrolled, copied: Copied, put_back: bool
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    copy = copied(first)
    accept(first, name="HỒ VĂN MỘT")
    synced(first)
    other = accept(copy, name="HỒ VĂN HAI")
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
        if put_back:
            # then it is refused before it has sent anything
            begin_epoch(connection, upper.keys)

    assert copy[0].sync.cycle().blame == "server"

    with upper.database.begin() as connection:
        aside = connection.scalars(select(quarantine.c.event_id)).all()
    assert other.dossier_id in aside
    assert copy[0].search.by_code(other.code)


@pytest.mark.parametrize("noticed", [False, True])
def test_what_a_revoked_device_had_sent_is_kept_by_a_server_that_lost_it(
    upper, enrolled: Enrolled, noticed: bool
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    synced(first)
    saved = upper.save()
    lost = accept(first, name="HỒ VĂN MỘT")
    synced(first)
    upper.put_back(saved)
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
        if noticed:
            begin_epoch(connection, upper.keys)

    assert first[0].sync.cycle().blame == "server"

    with upper.database.begin() as connection:
        aside = connection.scalars(select(quarantine.c.event_id)).all()
    assert aside == [lost.dossier_id]
