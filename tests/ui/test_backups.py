"""Backups that make themselves: set in the settings, seen in the status bar, never in the way."""

from pathlib import Path

import pytest
from hands import Hand, Place
from PySide6.QtWidgets import QFileDialog
from scenes import screen

from ui.frame import Frame

FOLDER, HOURS, KEPT = (
    "Thư mục trên ổ khác hay USB",
    "Mấy giờ một lần (0 là tắt)",
    "Giữ mấy bản mới nhất",
)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    made = tmp_path / "usb"
    made.mkdir()
    return made


def look(hand: Hand) -> None:
    """A minute went by."""
    frame = hand.window.findChild(Frame)
    assert frame is not None
    frame.backups.look()
    hand.wait(lambda: not frame.backups._busy, 10_000)
    hand.settle()


def keep(hand: Hand, folder: Path | str, hours: str, kept: str = "2") -> None:
    screen("F11", "Alt+8")(hand)
    hand.settle()
    for name, text in ((FOLDER, str(folder)), (HOURS, hours), (KEPT, kept)):
        hand.field(name).setText(text)
    hand.press("Alt+L")


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_set_by_the_keys_then_by_itself(hand: Hand, place: Place, stick: Path) -> None:
    assert hand.says("Chưa đặt sao lưu")
    look(hand)
    keep(hand, stick, "1")
    hand.wait(lambda: hand.says("Đã lưu lịch và sao lưu, đọc lại khớp."), 10_000)
    # both lie on this machine's disk
    assert hand.says("cùng ổ với sổ")
    hand.wait(lambda: hand.says("Sao lưu lúc 09:24"), 10_000)
    assert copies(stick) == ["so-quay-2-tu-dong-20261120-092400.mcb"]
    look(hand)
    assert len(copies(stick)) == 1
    for hour in (1, 2):
        place.clock.move(hours=1)
        look(hand)
        hand.wait(lambda hour=hour: hand.says(f"Sao lưu lúc {9 + hour:02}:24"), 10_000)
    assert [name[-10:-4] for name in copies(stick)] == ["102400", "112400"]
    keep(hand, stick, "0")
    hand.wait(lambda: hand.says("Đã tắt tự sao lưu."), 10_000)
    place.clock.move(hours=3)
    look(hand)
    assert len(copies(stick)) == 2


def test_a_stick_that_is_not_there_is_said_in_words(hand: Hand, place: Place, stick: Path) -> None:
    with hand.no_dialog() as popped:
        keep(hand, stick / "rut", "1")
        hand.wait(lambda: hand.says("Đã lưu lịch. Không thấy"), 10_000)
        screen("F9")(hand)
        hand.wait(lambda: hand.says("Cắm ổ hoặc USB sao lưu"), 10_000)
        look(hand)
        hand.wait(lambda: hand.says("Chưa tự sao lưu được, xem F9"), 10_000)
        (stick / "rut").mkdir()
        look(hand)
        hand.wait(lambda: hand.says("Sao lưu lúc 09:24"), 10_000)
        screen("F1", "F9")(hand)
        hand.wait(lambda: not hand.says("Cắm ổ hoặc USB sao lưu"), 10_000)
    assert popped == []
    assert len(copies(stick / "rut")) == 1


def test_nonsense_is_refused(hand: Hand, stick: Path) -> None:
    keep(hand, "", "1")
    hand.wait(lambda: hand.says("Chưa chọn thư mục để tự sao lưu."), 10_000)
    keep(hand, stick, "vài")
    hand.wait(lambda: hand.says("Số giờ từ 1 đến 168"), 10_000)
    keep(hand, stick, "1", "0")
    hand.wait(lambda: hand.says("Giữ từ 2 đến 500 bản."), 10_000)
    assert copies(stick) == []


def test_the_folder_may_be_chosen(hand: Hand, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(stick))
    screen("F11", "Alt+8")(hand)
    hand.settle()
    hand.press("Alt+M")
    assert hand.field(FOLDER).text() == str(stick)
    assert hand.field(HOURS).text() == "1"
    assert copies(stick) == []
