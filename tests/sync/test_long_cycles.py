"""No cycle holds the line for longer than its time; the next one goes on where it ended."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import ToldClock
from scans_made import noisy
from sync_steps import Enrolled, Pair, accept, assert_at_rest, events_above, synced
from upper import Upper

from counter_app.bootstrap import Counter
from counter_app.ports.sync import LineFault, Link, Summary
from counter_app.sync.engine import LONGEST_CYCLE, RECONNECTS
from db.sync_store import SyncStore
from district_server import bundles, feed
from district_server.objects import Folder

PUSH, PIECE = "/sync/v1/push", "/sync/v1/page"
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
