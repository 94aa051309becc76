"""Counters that meet in a folder: what one took in, another returns, with no line above."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, events_above, synced
from upper import Machine, Upper, taken

from counter_app.bootstrap import Counter
from counter_app.domain.events import Event
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports.exchange import Exchanged
from counter_app.sync.exchange import Exchange, name_of
from counter_app.wire.messages import Push, compress, encode, run_of
from counter_app.wire.signing import head_bytes
from db.check import check
from db.exchange import ExchangeStore
from district_server.enrolment import revoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "chung"
    made.mkdir()
    return made


@pytest.fixture
def both(enrolled: Enrolled) -> tuple[Pair, Pair]:
    """Two counters that have each other's keys from above."""
    first, second = enrolled(1), enrolled(2)
    synced(first)
    synced(second)
    synced(first)
    return first, second


def met(folder: Path, *pairs: Pair) -> Exchanged:
    """A round each; the last one's."""
    for counter, _ in pairs:
        done = counter.exchange.round(folder)
        assert done.faults == []
    return done


def status(pair: Pair, dossier_id: str) -> str:
    view = pair[0].search.open(dossier_id)
    return "" if view is None else view.dossier.status.value


def again(counter: Counter) -> Exchange:
    """As after a new start of the program: what it remembers stands in the store."""
    old = counter.exchange
    return Exchange(
        ExchangeStore(counter.store), old._signer, old._private, old._verify, counter.clock
    )


def test_a_result_is_returned_at_another_counter(
    upper: Upper, both: tuple[Pair, Pair], folder: Path
) -> None:
    first, second = both
    upper.stop()
    made = accept(first)
    assert status(second, made.dossier_id) == ""
    met(folder, first, second)
    assert [(row.code, row.sent) for row in second[0].search.find("nguyet")] == [
        (made.code, "local")
    ]
    do(second, made.dossier_id, "complete", shelf="K1")
    do(second, made.dossier_id, "return", to="owner")
    met(folder, second, first)
    assert status(first, made.dossier_id) == status(second, made.dossier_id) == "returned"
    assert check(first[0].store).faults == check(second[0].store).faults == ()

    upper.start()
    # whoever comes first: the one that returned what the server has never heard of
    for pair in (second, first, second):
        pair[0].sync.cycle()
    assert_at_rest(upper, first, second)
    assert [row.sent for row in second[0].search.find("nguyet")] == ["sent"]
    assert status(first, made.dossier_id) == status(second, made.dossier_id) == "returned"


def test_nothing_new_writes_and_reads_nothing(both: tuple[Pair, Pair], folder: Path) -> None:
    first, second = both
    for _ in range(3):
        accept(first)
    met(folder, first, second, first, second)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = met(folder, first, second)
    assert (done.read, done.written, done.received) == (0, 0, 0)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    # what the other has said it holds is not written to it once more
    size = len(before[name_of(first[0].identity.device_id, second[0].identity.device_id)])
    assert size < 1000


def test_a_lost_folder_loses_nothing(both: tuple[Pair, Pair], folder: Path) -> None:
    first, second = both
    made = accept(first)
    first[0].exchange.round(folder)
    for path in folder.iterdir():
        path.unlink()
    again(first[0]).round(folder)
    done = met(folder, second)
    assert done.received > 0
    assert status(second, made.dossier_id) == "accepted"
    # read once more after a new start: the same again changes nothing
    assert again(second[0]).round(folder).received == 0


def test_only_the_one_it_is_for_can_open_it(
    both: tuple[Pair, Pair], enrolled: Enrolled, folder: Path
) -> None:
    first, second = both
    third = enrolled(3)
    for pair in (third, first, second):
        synced(pair)
    accept(first, name="NGUYỆT RẤT RIÊNG")
    met(folder, first)
    own, for_second, for_third = (pair[0].identity.device_id for pair in (first, second, third))
    raw = (folder / name_of(own, for_second)).read_bytes()
    assert "NGUYỆT".encode() not in raw
    # another's bundle under one's own name
    shutil.copy(folder / name_of(own, for_second), folder / name_of(own, for_third))
    done = third[0].exchange.round(folder)
    assert (done.received, len(done.faults)) == (0, 1)


@pytest.mark.parametrize("damage", ["cut", "bit", "empty"])
def test_a_broken_bundle_stops_no_other(
    both: tuple[Pair, Pair], enrolled: Enrolled, folder: Path, damage: str
) -> None:
    first, second = both
    third = enrolled(3)
    for pair in (third, first, second):
        synced(pair)
    lost, made = accept(first), accept(third)
    met(folder, first, third)
    path = folder / name_of(first[0].identity.device_id, second[0].identity.device_id)
    raw = path.read_bytes()
    bad = {"cut": raw[:-9], "bit": raw[:99] + bytes([raw[99] ^ 1]) + raw[100:], "empty": b""}
    path.write_bytes(bad[damage])
    done = second[0].exchange.round(folder)
    assert len(done.faults) == 1
    assert "quầy 1" in done.faults[0]
    assert status(second, made.dossier_id) == "accepted"
    assert status(second, lost.dossier_id) == ""
    again(first[0]).round(folder)
    met(folder, second)
    assert status(second, lost.dossier_id) == "accepted"


def test_who_is_revoked_is_not_listened_to(
    upper: Upper, both: tuple[Pair, Pair], folder: Path
) -> None:
    first, second = both
    made = accept(first)
    met(folder, first)
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
    synced(second)
    with pytest.raises(Refused) as refused:
        second[0].exchange.round(folder)
    assert refused.value.code == "no_peers"
    assert status(second, made.dossier_id) == ""


def test_a_bundle_of_a_counter_that_is_not_known_yet_is_told(
    enrolled: Enrolled, folder: Path
) -> None:
    """A new counter writes; who has not heard of it from above says so and reads once it has."""
    first, second = enrolled(1), enrolled(2)
    synced(first)
    synced(second)
    synced(first)
    third = enrolled(3)
    synced(third)
    made = accept(third)
    met(folder, third)
    name = name_of(third[0].identity.device_id, second[0].identity.device_id)

    told = second[0].exchange.round(folder)

    assert [name in fault and "đồng bộ với cấp trên" in fault for fault in told.faults] == [True]
    assert status(second, made.dossier_id) == ""
    synced(second)
    assert second[0].exchange.round(folder).faults == []
    assert status(second, made.dossier_id) != ""


def test_without_the_list_from_above_nobody_is_trusted(
    make_counter: Callable[..., Counter], folder: Path
) -> None:
    with pytest.raises(Refused):
        make_counter(1).exchange.round(folder)


def test_a_folder_that_is_not_there_is_a_sentence(both: tuple[Pair, Pair], tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault) as fault:
        both[0][0].exchange.round(tmp_path / "rut-roi")
    assert fault.value.code == "exchange_failed"


def test_both_returned_it_and_the_order_above_decides(
    upper: Upper, both: tuple[Pair, Pair], folder: Path
) -> None:
    first, second = both
    made = accept(first)
    do(first, made.dossier_id, "complete", shelf="K1")
    met(folder, first, second)
    do(first, made.dossier_id, "return", to="owner")
    do(second, made.dossier_id, "return", to="owner")
    met(folder, first, second, first)
    told = [pair[0].sync.cycle().problems for pair in (first, second, first)]
    assert [len(problems) for problems in told] == [0, 1, 0]
    for pair in (first, second):
        assert check(pair[0].store).faults == ()
    assert first[0].sync_store.order_digest() == second[0].sync_store.order_digest()


def test_what_a_parted_copy_had_told_gives_way(
    upper: Upper,
    both: tuple[Pair, Pair],
    folder: Path,
    tmp_path: Path,
    copied: Callable[[Pair], Pair],
) -> None:
    """The neighbour holds events at places that the server gave to the copy's twin."""
    first, second = both
    twin = copied(first)
    told = accept(first, name="HỒ VĂN BÊ")
    met(folder, first, second)
    other = accept(twin, name="LÊ VĂN ĐẠT")
    synced(twin)
    first[0].sync.cycle()  # parts: its tail is sealed anew
    for _ in range(2):
        second[0].sync.cycle()
        first[0].sync.cycle()
    assert status(second, told.dossier_id) == status(second, other.dossier_id) == "accepted"
    assert check(second[0].store).faults == ()
    assert first[0].sync_store.order_digest() == second[0].sync_store.order_digest()
    met(folder, first, second, first)


ORG = "H50.99.01"


def note(number: int, **more: object) -> dict[str, object]:
    return {"event_id": f"01a1f6c4-9200-73d3-aa4d-{number:012}", **more}


def handed_up(author: Machine, events: Sequence[Event], signed_by: Machine | None = None) -> bytes:
    """A neighbour's run as a counter with a line brings it."""
    last = events[-1]
    head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
    signature = (signed_by or author).sign(head)
    return compress(encode(Push(author.epoch, run_of(events), last.hash, signature)))


@pytest.fixture
def machines(upper: Upper) -> Iterator[tuple[Machine, Machine, Machine]]:
    """Author and bringer of one commune, and one of another."""
    with httpx.Client(base_url=upper.url) as client:
        made = (
            Machine(client, ORG, 3, seed=3),
            Machine(client, ORG, 4, seed=4),
            Machine(client, "H50.99.02", 1, seed=5),
        )
        for machine in made:
            machine.enrol(upper.code_for(machine.org, machine.counter_no))
            machine.hello()
        yield made


def test_a_neighbours_run_is_taken_as_its_author_signed_it(
    upper: Upper, machines: tuple[Machine, Machine, Machine]
) -> None:
    author, bringer, stranger = machines
    events = author.seal([note(1), note(2)])
    body = handed_up(author, events)
    assert stranger.send("POST", "/sync/v1/relay", body).status_code == 404
    forged = handed_up(author, events, signed_by=bringer)
    assert bringer.send("POST", "/sync/v1/relay", forged).status_code == 400
    assert events_above(upper) == 0
    for _ in range(2):
        bringer.hello()
        assert bringer.send("POST", "/sync/v1/relay", body).status_code == 200
    assert events_above(upper) == 2
    # the author comes itself: nothing doubles, and it has its proof
    assert taken(author.push(events)).high == 2
    assert events_above(upper) == 2


def test_what_cannot_be_taken_is_left_to_its_author(
    upper: Upper, machines: tuple[Machine, Machine, Machine]
) -> None:
    author, bringer, _ = machines
    events = author.seal([note(1), note(2, type="dossier.accepted", payload='{"salt":""}')])
    answer = bringer.send("POST", "/sync/v1/relay", handed_up(author, events))
    assert answer.status_code == 409
    assert events_above(upper) == 0
    told = taken(author.push(events))
    assert (told.high, len(told.problems)) == (2, 1)
    assert events_above(upper) == 1
