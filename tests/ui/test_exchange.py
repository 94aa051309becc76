"""Meeting the other counters from the window: off until it is set, then by itself."""

from pathlib import Path

import pytest
from hands import Hand
from scenes import screen

from counter_app.ports.exchange import Exchanged
from ui.frame import Frame


class Neighbours:
    """Stands for the other counters: what a round would bring."""

    def __init__(self) -> None:
        self.rounds: list[Path] = []
        self.faults: list[str] = []

    def round(self, folder: Path) -> Exchanged:
        self.rounds.append(folder)
        return Exchanged(received=3, read=2, faults=list(self.faults))


@pytest.fixture
def neighbours(hand: Hand) -> Neighbours:
    made = Neighbours()
    assert hand.window.desk is not None
    hand.window.desk.counter.exchange = made  # type: ignore[misc]
    return made


def look(hand: Hand) -> None:
    """A minute went by."""
    frame = hand.window.findChild(Frame)
    assert frame is not None
    frame.exchanges.look()
    hand.settle()


def keep(hand: Hand, folder: str, minutes: str) -> None:
    screen("F11", "Alt+9")(hand)
    for text in (folder, minutes):
        hand.press("Ctrl+A")
        hand.type(text)
        hand.press("Tab")
    hand.press("F12")


def test_off_until_it_is_set_then_by_itself(
    hand: Hand, neighbours: Neighbours, tmp_path: Path
) -> None:
    look(hand)
    assert neighbours.rounds == []
    keep(hand, str(tmp_path), "5")
    hand.wait(lambda: hand.says("nhận 3 việc mới từ 2 quầy"))
    assert neighbours.rounds == [tmp_path]
    look(hand)
    hand.wait(lambda: len(neighbours.rounds) == 2)
    # the clock of the test stands still: the next one is not due
    look(hand)
    assert len(neighbours.rounds) == 2
    keep(hand, str(tmp_path), "0")
    hand.wait(lambda: hand.says("Đã tắt trao đổi"))
    assert len(neighbours.rounds) == 2


def test_what_goes_wrong_again_and_again_is_told_once(
    hand: Hand, neighbours: Neighbours, tmp_path: Path
) -> None:
    neighbours.faults.append("Gói của quầy 1 chưa dùng được.")
    keep(hand, str(tmp_path), "5")
    hand.wait(lambda: hand.says("Đã lưu. Gói của quầy 1"))
    screen("F1")(hand)
    frame = hand.window.findChild(Frame)
    assert frame is not None
    for place in range(3):
        assert not hand.says("Gói của quầy 1")
        frame.exchanges._last = None
        look(hand)
        hand.wait(lambda so_far=place: len(neighbours.rounds) == 2 + so_far)
    hand.wait(lambda: hand.says("Gói của quầy 1"))
    hand.window.frame.banner.tell("")
    screen("F9")(hand)
    hand.wait(lambda: hand.says("Gói của quầy 1"))
    neighbours.faults.clear()
    frame.exchanges._last = None
    look(hand)
    screen("F1", "F9")(hand)
    hand.wait(lambda: hand.says("trao đổi qua thư mục: 5 phút một lần"))


def test_nonsense_is_refused(hand: Hand, neighbours: Neighbours) -> None:
    keep(hand, "", "5")
    hand.wait(lambda: hand.says("Chưa chọn thư mục"))
    keep(hand, "x", "vài")
    hand.wait(lambda: hand.says("Số phút từ 1 đến 1440"))
    assert neighbours.rounds == []
