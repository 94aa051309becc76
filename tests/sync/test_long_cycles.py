"""No cycle holds the line for longer than its time; the next one goes on where it ended. None goes on for
ever, whatever the server signs.
"""

import itertools
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import ToldClock
from scans_made import noisy
from sync_steps import Enrolled, Pair, accept, assert_at_rest, events_above, synced
from upper import Upper

import resources
from counter_app.bootstrap import Counter
from counter_app.domain.published import PROCEDURES
from counter_app.ports.sync import LineFault, Link, Summary
from counter_app.sync import link
from counter_app.sync.engine import LONGEST_CYCLE, RECONNECTS
from counter_app.wire.messages import (
    Conflict,
    HighsAnswer,
    OrderAnswer,
    PageState,
    Push,
    PushAnswer,
    events_of,
)
from counter_app.wire.signing import proof_bytes
from db.sync_store import SyncStore
from district_server import api, bundles, feed, recovery
from district_server.caller import Caller
from district_server.database import get_meta, put_meta
from district_server.enrolment import revoke
from district_server.ingest import PushConflict
from district_server.keys import ServerKeys
from district_server.objects import Folder
from district_server.publishing import draft, publish

PUSH, PIECE, PROOF = "/sync/v1/push", "/sync/v1/page", "/sync/v1/proof"
ORDER = "/sync/v1/order?after="


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """It is the counter's time that is looked at: one kind of database is enough."""
    return f"sqlite:///{(tmp_path / 'server.sqlite3').as_posix()}"


class SlowLink:
    """Every request takes so many seconds of the told clock."""

    def __init__(self, inner: Link, clock: ToldClock, seconds: float, seen: list[str]) -> None:
        self._inner, self._clock, self._seconds, self._seen = inner, clock, seconds, seen

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self._clock.move(seconds=self._seconds)
        self._seen.append(target.partition("?")[0])
        return self._inner.send(method, target, headers, body)

    @property
    def bytes_out(self) -> int:
        return self._inner.bytes_out

    @property
    def bytes_in(self) -> int:
        return self._inner.bytes_in

    def close(self) -> None:
        self._inner.close()


def slowed(pair: Pair, clock: ToldClock, seconds: float) -> list[str]:
    """The line of a counter becomes slow; what is asked over it."""
    engine, seen = pair[0].sync, list[str]()
    connect = engine._connect
    engine._connect = lambda identity: SlowLink(connect(identity), clock, seconds, seen)
    return seen


def one_by_one(pair: Pair) -> None:
    """Such a line carries one event at a time."""
    pair[0].sync_store.keep_batch(1)


def test_it_stops_at_a_border_and_goes_on(
    upper: Upper, enrolled: Enrolled, clock: ToldClock
) -> None:
    first, second = enrolled(1), enrolled(2)
    codes = [accept(first).code for _ in range(6)]
    one_by_one(first)
    asked = slowed(first, clock, 130.0)
    began = clock.uptime()
    done = first[0].sync.cycle()
    assert (done.unfinished, done.fault) == (True, "")
    # what was under way when the time was over is answered and kept
    assert LONGEST_CYCLE < clock.uptime() - began <= LONGEST_CYCLE + 130.0
    assert done.sent == asked.count(PUSH) > 0
    assert done.waiting > 0
    for _ in range(4):
        if not done.unfinished:
            break
        waited = done.waiting
        done = first[0].sync.cycle()
        assert done.waiting < waited or not done.unfinished
    assert (done.unfinished, done.waiting) == (False, 0)
    assert_at_rest(upper, first, second)
    assert all(second[0].search.by_code(code) for code in codes)


def test_pages_keep_to_the_same_time(
    upper: Upper, enrolled: Enrolled, clock: ToldClock, tmp_path: Path
) -> None:
    upper.stop()
    upper.objects = Folder(tmp_path / "tren")
    upper.start()
    first = enrolled(1)
    made = accept(first)
    synced(first)
    first[0].attachments.add(made.dossier_id, "giay.png", noisy(side=300), "", first[1])
    asked = slowed(first, clock, 100.0)
    began = clock.uptime()
    done = first[0].sync.cycle()
    assert done.unfinished
    assert clock.uptime() - began <= LONGEST_CYCLE + 100.0
    assert done.pieces > 0
    for _ in range(40):
        if not done.unfinished:
            break
        done = first[0].sync.cycle()
    assert [one.sent for one in first[0].attachments.of(made.dossier_id)] == [1]
    assert asked.count(PIECE) > done.pieces


def test_published_files_keep_to_the_same_time(
    upper: Upper, enrolled: Enrolled, clock: ToldClock
) -> None:
    first = enrolled(1)
    synced(first)
    text = next(text for text in resources.procedure_texts() if '"chung-thuc"' in text)
    for day, fee in (("20/11/2026", "3000"), ("21/11/2026", "9000")):
        dearer = text.replace("amount = 2000", f"amount = {fee}").encode()
        with upper.database.begin() as connection:
            made = draft(connection, PROCEDURES, dearer, day, "12/QĐ-UBND", "Lê Thị Hà")
            publish(connection, upper.keys, PROCEDURES, *made, "Trần Minh Đức")
    slowed(first, clock, 160.0)
    assert first[0].sync.cycle().unfinished
    assert len(first[0].sync_store.published_here()) == 1
    done = first[0].sync.cycle()
    assert (done.unfinished, done.fault) == (False, "")
    assert len(first[0].sync_store.published_here()) == 2


def test_a_line_that_breaks_again_and_again_has_no_longer(
    enrolled: Enrolled, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each connection brings one event and breaks: progress gives new tries, not more time."""
    first = enrolled(1)
    for _ in range(20):
        accept(first)
    one_by_one(first)
    slowed(first, clock, 50.0)
    engine = first[0].sync
    connect, tried = engine._connect, []

    class Breaking(SlowLink):
        pushes = 0

        def send(
            self, method: str, target: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            if target == PUSH:
                self.pushes += 1
                if self.pushes > 1:
                    raise LineFault("cut")
            return super().send(method, target, headers, body)

    def breaking(identity: object) -> Link:
        tried.append(identity)
        return Breaking(connect(identity), clock, 0.0, [])  # type: ignore[arg-type]

    monkeypatch.setattr(engine, "_connect", breaking)
    began = clock.uptime()
    done = engine.cycle()
    assert clock.uptime() - began <= LONGEST_CYCLE + 100.0
    assert done.fault or done.unfinished
    assert len(tried) > RECONNECTS + 1


def test_comparing_keeps_to_the_same_time_and_goes_on_where_it_ended(
    upper: Upper, enrolled: Enrolled, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_PLACES", 4)
    first, second = enrolled(1), enrolled(2)
    for at in range(16):
        accept(first, name=f"HỒ VĂN {at}")
    for pair in (first, second, first):
        synced(pair)
    with second[0].store.write() as books:
        run = books.connection.exec_driver_sql
        ((last,),) = run("SELECT max(cseq) FROM event_order").fetchall()
        run("DELETE FROM event_order WHERE cseq = ?", (last - 1,))
        run("UPDATE sync_state SET value = '00' WHERE name = 'order_digest'")
    engine, places = second[0].sync, list[int]()
    connect = engine._connect

    class Noting(SlowLink):
        def send(
            self, method: str, target: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            if target.startswith(ORDER):
                places.append(int(target.removeprefix(ORDER)))
            return super().send(method, target, headers, body)

    monkeypatch.setattr(engine, "_connect", lambda who: Noting(connect(who), clock, 130.0, []))
    cycles = 0
    while cycles < 20:
        began = clock.uptime()
        done = engine.cycle()
        cycles += 1
        assert done.fault == ""
        assert clock.uptime() - began <= LONGEST_CYCLE + 130.0
        if not done.unfinished:
            break
    compared = places[: places.index(0, 1)] if 0 in places[1:] else places
    assert cycles > 2
    assert compared == list(range(0, compared[-1] + 1, 4))
    assert compared[-1] > last - 6
    monkeypatch.undo()
    assert_at_rest(upper, first, second)


class Off(BaseException):
    """The PC goes off."""


class Mortal:
    """A store that takes in so many pages, and then there is no PC any more."""

    def __init__(self, store: SyncStore, pages: int) -> None:
        self._store, self._left = store, pages

    def __getattr__(self, name: str) -> Any:
        if name == "apply_pull":
            self._left -= 1
            if self._left < 0:
                raise Off
        return getattr(self._store, name)


@pytest.mark.parametrize("way", ["line", "stick"])
def test_a_new_pc_that_goes_off_meanwhile_goes_on_where_it_was(
    upper: Upper,
    enrolled: Enrolled,
    copied: Callable[[Pair], Pair],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    way: str,
) -> None:
    """What had come is not sent again, and it says how much is to come."""
    monkeypatch.setattr(feed, "MOST_EVENTS", 5)
    first, new = enrolled(1), enrolled(2)
    codes = [accept(first).code for _ in range(18)]
    synced(first)
    own = new[0].sync_store.waiting()
    sheet, answer = tmp_path / "len.hsx", tmp_path / "xuong.hsx"
    if way == "stick":
        new[0].bundles.write(sheet)
        bundles.take_in(upper.database, upper.keys, sheet)
        bundles.write(upper.database, upper.keys, new[0].identity.device_id, answer)

    def take(counter: Counter) -> Summary:
        return counter.sync.cycle() if way == "line" else counter.bundles.take_in(answer)

    speaker: Any = new[0].sync if way == "line" else new[0].bundles
    speaker._store = Mortal(new[0].sync_store, 3)
    with pytest.raises(Off):
        take(new[0])
    again = copied(new)
    standing = again[0].sync_state().standing
    head = events_above(upper)

    done = take(again[0])

    assert (standing.to_come, done.received) == (head - 15, head - 15 - own)
    assert again[0].sync_state().standing.to_come == 0
    assert all(again[0].search.by_code(code) for code in codes)


Spoil = Callable[[pytest.MonkeyPatch], None]


def _own_without_end(patch: pytest.MonkeyPatch) -> None:
    """Every event of the device is told as one that the asking store holds."""
    held = feed.held_by
    patch.setattr(feed, "held_by", lambda *asked: dict.fromkeys(held(*asked), 2**31 - 1))


def _pages_that_lead_nowhere(patch: pytest.MonkeyPatch) -> None:
    pull = feed.pull

    def spoilt(connection: Any, caller: Any, life: str, epoch: str, after: int, *more: Any) -> Any:
        answer = pull(connection, caller, life, epoch, after, *more)
        return msgspec.structs.replace(answer, runs=(), own=(), upto=after, more=True)

    patch.setattr(feed, "pull", spoilt)


def _an_order_of_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(feed, "order_after", lambda *asked: OrderAnswer((), True))


def _places_from_the_start(patch: pytest.MonkeyPatch) -> None:
    stream_of = api.stream_of

    def spoilt(connection: Any, caller: Any, life: str, after: int) -> Any:
        told = stream_of(connection, caller, life, 0)
        return msgspec.structs.replace(told, places=told.places[:1], more=True)

    patch.setattr(api, "stream_of", spoilt)


def _always_put_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(recovery, "is_behind", lambda *asked: True)


def _acknowledged_and_never_there(patch: pytest.MonkeyPatch) -> None:
    """Signed for, and in no order."""

    def spoilt(connection: Any, keys: ServerKeys, caller: Caller, sent: Push) -> PushAnswer:
        last = events_of(sent.run)[-1]
        proof = proof_bytes(caller.device, last.incarnation, last.dseq, last.hash, sent.epoch)
        return PushAnswer(sent.epoch, last.dseq, last.hash, 0, (), "", keys.sign(proof))

    patch.setattr(api, "push", spoilt)
    patch.setattr(recovery, "is_behind", lambda *asked: False)


def _always_less(patch: pytest.MonkeyPatch) -> None:
    """What went is missed again by the next connection."""

    push, turns = api.push, itertools.count()

    def spoilt(*asked: Any) -> Any:
        if next(turns) % 2:
            raise PushConflict(Conflict("gap", 0, ""))
        return push(*asked)

    patch.setattr(api, "push", spoilt)


@pytest.mark.parametrize(
    "spoil",
    [
        _own_without_end,
        _pages_that_lead_nowhere,
        _an_order_of_nothing,
        _places_from_the_start,
        _always_put_back,
        _acknowledged_and_never_there,
        _always_less,
    ],
)
def test_a_server_that_never_comes_to_an_end_is_left_alone_and_said(
    upper: Upper,
    enrolled: Enrolled,
    copied: Callable[[Pair], Pair],
    clock: ToldClock,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoil,
) -> None:
    first, is_copy = enrolled(1), spoil in (_own_without_end, _places_from_the_start)
    accept(first)
    synced(first)
    pair = copied(first) if is_copy else first
    accept(first)
    synced(first)
    for _ in range(3):
        accept(pair)
    if spoil in (_an_order_of_nothing, _always_put_back):
        with pair[0].store.write() as books:
            run = books.connection.exec_driver_sql
            run("UPDATE sync_state SET value = '00' WHERE name = 'order_digest'")
    one_by_one(pair)
    asked = slowed(pair, clock, 10.0)

    with monkeypatch.context() as patch:
        spoil(patch)
        done = pair[0].sync.cycle()

    assert "trả lời mãi không xong" in done.fault
    assert (done.blame, done.unfinished) == ("person", False)
    state = pair[0].sync_state()
    assert state.standing.last_error == done.fault
    assert is_copy or state.text.endswith("F9 xem vì sao")
    assert pair[0].sync_store.wanted_wait() == 1800
    assert len(asked) < 60  # its time was not over
    with pair[0].store.read() as books:
        assert len((books.settings.get("lives") or "").split()) <= is_copy
    # and nothing was lost by it
    for other in (pair, first, pair):
        assert not other[0].sync.cycle().fault
    assert_at_rest(upper, first, pair)


def _books_that_never_agree(patch: pytest.MonkeyPatch) -> None:
    pull = feed.pull
    patch.setattr(feed, "pull", lambda *asked: msgspec.structs.replace(pull(*asked), digest="00"))
    patch.setattr(feed, "order_after", lambda *asked: OrderAnswer((), False))


def _another_epoch_at_each_greeting(patch: pytest.MonkeyPatch) -> None:
    turns = itertools.count(1)

    def spoilt(connection: Any, name: str) -> str | None:
        if name == "epoch":
            put_meta(connection, name, f"{next(turns):016x}")
        return get_meta(connection, name)

    patch.setattr(api, "get_meta", spoilt)
    patch.setattr(recovery, "is_behind", lambda *asked: False)


@pytest.mark.parametrize("spoil", [_books_that_never_agree, _another_epoch_at_each_greeting])
def test_sending_the_same_again_over_lines_that_break_is_no_progress(
    upper: Upper,
    enrolled: Enrolled,
    clock: ToldClock,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoil,
) -> None:
    first = enrolled(1)
    accept(first)
    synced(first)
    asked = slowed(first, clock, 5.0)
    connect = first[0].sync._connect

    class CutAfterAPush(SlowLink):
        def send(
            self, method: str, target: str, headers: Mapping[str, str], body: bytes
        ) -> tuple[int, Mapping[str, str], bytes]:
            if PUSH in self._seen:
                raise LineFault("cut")
            return super().send(method, target, headers, body)

    with monkeypatch.context() as patch:
        spoil(patch)
        patch.setattr(recovery, "highs", lambda *asked: HighsAnswer((), ()))
        patch.setattr(
            first[0].sync, "_connect", lambda who: CutAfterAPush(connect(who), clock, 0.0, [])
        )
        done = first[0].sync.cycle()

    assert "trả lời mãi không xong" in done.fault
    assert done.sent > 0
    assert len(asked) < 80
    assert_at_rest(upper, first)


class Minded(SlowLink):
    """Something happens before a request goes; it is so slow that nothing grows."""

    def __init__(self, inner: Link, clock: ToldClock, mind: Callable[[str], None]) -> None:
        super().__init__(inner, clock, 5.0, [])
        self._mind = mind

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self._mind(target)
        return super().send(method, target, headers, body)


def minded(pair: Pair, clock: ToldClock, mind: Callable[[str], None]) -> None:
    """Something happens before requests of a counter."""
    engine = pair[0].sync
    connect = engine._connect
    engine._connect = lambda who: Minded(connect(who), clock, mind)


def test_a_line_that_breaks_before_a_life_is_sent_again_is_no_server_without_end(
    upper: Upper, enrolled: Enrolled, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = enrolled(1)
    accept(first)
    synced(first)
    accept(first)
    push, turns, cuts = api.push, itertools.count(), itertools.count()

    def spoilt(*asked: Any) -> Any:
        if next(turns) < 2:
            raise PushConflict(Conflict("gap", 0, ""))
        return push(*asked)

    def cut(target: str) -> None:
        if target == PROOF and not next(cuts):
            raise LineFault("cut")

    monkeypatch.setattr(api, "push", spoilt)
    minded(first, clock, cut)
    done = first[0].sync.cycle()
    assert (done.fault, done.waiting) == ("", 0)
    assert next(cuts) > 1
    assert_at_rest(upper, first)


def test_a_new_epoch_in_the_middle_of_a_pull_is_no_server_without_end(
    upper: Upper, enrolled: Enrolled, clock: ToldClock
) -> None:
    """Another counter showed the server that it was put back: its next page begins at the first place."""
    first, second = enrolled(1), enrolled(2)
    synced(first)
    synced(second)
    for _ in range(8):
        accept(first)
    synced(first)
    one_by_one(second)
    pulls = itertools.count(1)

    def put_back(target: str) -> None:
        if target.startswith("/sync/v1/pull") and next(pulls) == 3:
            with upper.database.begin() as connection:
                recovery.begin_epoch(connection, upper.keys)

    minded(second, clock, put_back)
    assert second[0].sync.cycle().fault == ""
    assert next(pulls) > 4
    assert_at_rest(upper, first, second)


def test_a_revoked_device_does_not_send_for_ever(
    upper: Upper, enrolled: Enrolled, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every push the server says that something was kept, only never of this life."""
    first, turns = enrolled(1), itertools.count(1)
    synced(first)
    accept(first)
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)
    asked, highs = slowed(first, clock, 10.0), recovery.highs

    def spoilt(*who: Any) -> Any:
        told = highs(*who)
        first_only = tuple((life, 1) for life, _ in told.own)
        return msgspec.structs.replace(told, own=(*first_only, ("ff", next(turns))))

    monkeypatch.setattr(recovery, "highs", spoilt)
    done = first[0].sync.cycle()
    assert (done.blame, done.unfinished) == ("server", False)
    assert len(asked) < 20


def test_a_scanned_page_from_nowhere_is_left_alone(
    upper: Upper,
    enrolled: Enrolled,
    clock: ToldClock,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """The server says that it has more of it than there is, and more again."""
    upper.stop()
    upper.objects = Folder(tmp_path / "tren")
    upper.start()
    first = enrolled(1)
    made = accept(first)
    first[0].attachments.add(made.dossier_id, "giay.png", noisy(side=200), "", first[1])
    monkeypatch.setattr(api, "state_of", lambda *asked: PageState(1_000_000, False))
    monkeypatch.setattr(api, "take", lambda *asked: PageState(asked[5] + 1, False))
    asked = slowed(first, clock, 10.0)
    done = first[0].sync.cycle()
    assert (done.fault, done.unfinished, done.pieces) == ("", False, 0)
    assert asked.count(PIECE) == 1


@pytest.mark.parametrize(
    ("limit", "reason"), [("LONGEST_ANSWER", "ReadTimeout"), ("LARGEST_BODY", "answer")]
)
def test_an_answer_without_an_end_is_no_answer(
    limit: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves, so that it is no stall."""
    monkeypatch.setattr(link, limit, 0.1 if limit == "LONGEST_ANSWER" else 100_000)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def speak() -> None:
            near, _ = listener.accept()
            with near, suppress(OSError):
                near.recv(65536)
                near.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    near.sendall(b"1\r\n0\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        line = link.HttpLink(f"http://127.0.0.1:{listener.getsockname()[1]}", "")
        with pytest.raises(LineFault, match=reason):
            line.send("POST", "/sync/v1/hello", {}, b"")
        line.close()
        thread.join(5)
