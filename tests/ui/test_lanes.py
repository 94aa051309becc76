"""Work off the main thread: answers on it, order, faults, the end; and no query on it."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hands import PEOPLE, Hand, Place, slip_of, visible
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from db.store import Store
from ui.lanes import Lane


class Asker(QObject):
    """A screen that asks."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Any] = []
        self.threads: set[str] = set()

    def on_answer(self, answer: Any) -> None:
        self.answers.append(answer)
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def faults() -> list[Exception]:
    return []


@pytest.fixture
def lane(faults: list[Exception]) -> Iterator[Lane]:
    made = Lane("try", faults.append)
    yield made
    made.stop()


def test_work_runs_on_the_lane_and_its_answer_on_the_main_thread(lane: Lane, qtbot: QtBot) -> None:
    asker = Asker()
    lane.submit(lambda: threading.current_thread().name, asker.on_answer)
    qtbot.waitUntil(lambda: bool(asker.answers))
    assert asker.answers == ["try"]
    assert asker.threads == {threading.main_thread().name}


@pytest.mark.parametrize("plain", [True, False])
def test_a_plain_function_is_called_on_the_main_thread_too(
    lane: Lane, qtbot: QtBot, plain: bool
) -> None:
    threads: list[str] = []

    def on_answer(_: object) -> None:
        threads.append(threading.current_thread().name)

    lane.submit(lambda: 1, on_answer if plain else lambda answer: on_answer(answer))
    qtbot.waitUntil(lambda: bool(threads))
    assert threads == [threading.main_thread().name]


def test_answers_come_in_the_order_of_the_questions(lane: Lane, qtbot: QtBot) -> None:
    done: list[int] = []
    asker = Asker()

    def work(number: int) -> int:
        done.append(number)
        return number

    for number in range(200):
        lane.submit(lambda number=number: work(number), asker.on_answer)  # type: ignore[misc]
    qtbot.waitUntil(lambda: len(asker.answers) == 200)
    assert asker.answers == done == list(range(200))


def test_one_piece_of_work_at_a_time(lane: Lane, qtbot: QtBot) -> None:
    inside = threading.Semaphore(1)
    alone: list[bool] = []

    def work() -> None:
        alone.append(inside.acquire(blocking=False))
        inside.release()

    for _ in range(50):
        lane.submit(work)
    qtbot.waitUntil(lambda: len(alone) == 50)
    assert all(alone)


def test_a_fault_goes_to_whoever_asked(lane: Lane, qtbot: QtBot, faults: list[Exception]) -> None:
    asker = Asker()
    answers: list[int] = []
    lane.submit(lambda: 1 // 0, answers.append, asker.on_answer)
    qtbot.waitUntil(lambda: bool(asker.answers))
    assert isinstance(asker.answers[0], ZeroDivisionError)
    assert asker.threads == {threading.main_thread().name}
    assert (answers, faults) == ([], [])


def test_a_fault_nobody_waits_for_is_reported_and_the_lane_goes_on(
    lane: Lane, qtbot: QtBot, faults: list[Exception]
) -> None:
    asker = Asker()
    lane.submit(lambda: 1 // 0)
    lane.submit(lambda: 1 // 0, asker.on_answer)
    lane.submit(lambda: "still here", asker.on_answer)
    qtbot.waitUntil(lambda: bool(asker.answers))
    assert asker.answers == ["still here"]
    assert [type(fault) for fault in faults] == [ZeroDivisionError, ZeroDivisionError]


@pytest.mark.parametrize("fails", [False, True])
def test_the_answer_to_a_screen_that_is_gone_is_dropped(
    lane: Lane, qtbot: QtBot, faults: list[Exception], fails: bool
) -> None:
    gone, here, go_on = Asker(), Asker(), threading.Event()

    def work() -> object:
        go_on.wait(5)
        return 1 // 0 if fails else 1

    lane.submit(work, gone.on_answer, gone.on_answer)
    lane.submit(lambda: 2, here.on_answer)
    delete(gone)
    go_on.set()
    qtbot.waitUntil(lambda: bool(here.answers))
    assert gone.answers == []
    assert faults == []


def test_stopping_finishes_what_is_queued(faults: list[Exception]) -> None:
    lane, done = Lane("try", faults.append), []
    for number in range(20):
        lane.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    lane.stop()
    assert done == list(range(20))
    assert "try" not in {thread.name for thread in threading.enumerate()}


def test_stopping_does_not_wait_for_ever(faults: list[Exception]) -> None:
    lane, go_on = Lane("try", faults.append), threading.Event()
    lane.submit(lambda: go_on.wait(30))
    lane.stop(0.05)
    assert "try" in {thread.name for thread in threading.enumerate()}
    go_on.set()
    lane.stop()


def test_a_fault_goes_to_whoever_asked_or_to_the_lane_and_stops_nothing(
    lane: Lane, qtbot: QtBot, faults: list[Exception]
) -> None:
    asker, failed = Asker(), Asker()
    lane.submit(lambda: 1, asker.on_answer)
    lane.submit(lambda: 1 // 0, asker.on_answer, failed.on_answer)
    lane.submit(lambda: 1 // 0)
    lane.submit(lambda: 2, asker.on_answer)
    qtbot.waitUntil(lambda: len(asker.answers) == 2)
    assert asker.answers == [1, 2]
    assert [type(fault) for fault in failed.answers] == [ZeroDivisionError]
    assert [type(fault) for fault in faults] == [ZeroDivisionError]


# ---- the window over its lanes ------------------------------------------------------------------


def test_closing_the_window_finishes_the_dossier_under_way(hand: Hand, place: Place) -> None:
    before, go_on = len(place.dossiers()), threading.Event()
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Pả Kưng")
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A")
    hand.settle()
    hand.window.lanes.records.submit(lambda: go_on.wait(5))
    hand.press("F12")
    threading.Timer(0.1, go_on.set).start()
    hand.window.close()
    assert len(place.dossiers()) == before + 1


def test_closing_the_window_does_not_wait_for_the_network(hand: Hand, qtbot: QtBot) -> None:
    go_on, closed = threading.Event(), threading.Event()
    hand.window.lanes.sync.submit(lambda: go_on.wait(30))
    late = threading.Timer(2.0, go_on.set)
    late.start()
    hand.window.close()
    closed.set()
    assert not go_on.is_set(), "closing waited for the line"
    late.cancel()
    go_on.set()


def test_an_answer_that_comes_after_the_close_disturbs_nobody(
    hand: Hand, qtbot: QtBot, capfd: pytest.CaptureFixture[str]
) -> None:
    desk = hand.window.desk
    assert desk is not None
    hand.press("F3")
    desk.read(lambda: (), hand.window.frame.page("F3").open)
    hand.window.close()
    seen = QWidget()
    qtbot.addWidget(seen)
    seen.show()
    qtbot.waitExposed(seen)
    assert "Traceback" not in capfd.readouterr().err


# ---- never a query on the main thread -----------------------------------------------------------


class Watch:
    """Notes who opens a transaction on the main thread: the nearest function of `ui`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: set[str] = set()
        self.elsewhere = 0
        self.watching = False
        for name in ("read", "write"):
            monkeypatch.setattr(Store, name, self._watched(getattr(Store, name)))

    def _watched(self, real: Callable[[Store], Any]) -> Callable[[Store], Any]:
        def watched(store: Store) -> Any:
            if threading.current_thread() is not threading.main_thread():
                self.elsewhere += 1
            elif self.watching:
                self.seen.add(self._asker())
            return real(store)

        return watched

    def _asker(self) -> str:
        frame = sys._getframe(2)
        while frame is not None:
            path = Path(frame.f_code.co_filename)
            if "ui" in path.parts and "tests" not in path.parts:
                return f"{path.name}: {frame.f_code.co_name}"
            if frame.f_back is None:
                break
            frame = frame.f_back
        return "somewhere"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def test_signing_in_and_opening_every_screen_asks_nothing_on_the_main_thread(
    watch: Watch, hand: Hand
) -> None:
    watch.watching = True
    hand.press("Ctrl+L")
    hand.settle()
    hand.type("246813")
    hand.press("Enter")
    hand.settle()
    for key in hand.window.frame.keys:
        hand.front()
        hand.press(key)
        hand.settle()
    assert watch.elsewhere > 10
    assert watch.seen == set()


def test_taking_in_asks_nothing_on_the_main_thread(watch: Watch, hand: Hand) -> None:
    watch.watching = True
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Pả Kưng")
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A")
    hand.settle()
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu"))
    assert watch.seen == set()


@pytest.mark.parametrize("screen", ["F1", "F2", "F4"])
@pytest.mark.parametrize("what", ["card", "slip"])
def test_a_scan_asks_nothing_on_the_main_thread(
    watch: Watch, hand: Hand, place: Place, screen: str, what: str
) -> None:
    payload = "045085000778||PẢ KƯNG|01021985|Nam|Bản Cuôi, Hướng Lập, Quảng Trị|15082021|"
    if what == "slip":
        payload = slip_of(place, PEOPLE[3][0])
    hand.press(screen)
    hand.settle()
    watch.watching = True
    hand.scan(payload)
    hand.settle()
    assert watch.seen == set()


def test_searching_and_returning_ask_nothing_on_the_main_thread(watch: Watch, hand: Hand) -> None:
    watch.watching = True
    hand.press("F3")
    hand.settle()
    hand.type("ho thi")
    hand.press("Enter")
    hand.settle()
    hand.press("F4")
    hand.settle()
    hand.type("ho thi nga")
    hand.press("Enter")
    hand.wait(lambda: hand.says("Kệ K2"))
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã giao"))
    assert watch.seen == set()
    assert visible(hand.window, QLineEdit)
