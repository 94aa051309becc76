"""F11, Sao lưu, and the stick of F9: what the keys do, and what they say."""

from pathlib import Path

from conftest import PASSPHRASE
from hands import Hand, Place
from scenes import screen

from counter_app.bootstrap import open_counter, restore_counter
from db.check import check


def test_the_book_is_backed_up_while_the_window_is_open(
    hand: Hand, place: Place, tmp_path: Path
) -> None:
    screen("F11", "Alt+8")(hand)
    target = tmp_path / "sao-luu" / "so.mcb"
    hand.field("Tệp sao lưu: nên ở USB hoặc ổ khác").setText(str(target))
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã sao lưu, đọc lại khớp."))

    restore_counter(tmp_path / "may-moi", target, PASSPHRASE, None)
    restored = open_counter(tmp_path / "may-moi", PASSPHRASE)
    assert check(restored.store).faults == ()
    restored.close()

    hand.field("Tệp sao lưu: nên ở USB hoặc ổ khác").setText(str(tmp_path / "rut" / "so.mcb"))
    hand.press("F12")
    hand.wait(lambda: hand.says("Xem ổ còn cắm, còn chỗ và ghi được không."))


def test_a_stick_before_enrolment_says_what_to_do(hand: Hand, tmp_path: Path) -> None:
    screen("F9")(hand)
    hand.field("Tệp trên USB").setText(str(tmp_path / "quay.hsx"))
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Máy này chưa ghi danh."))
    assert not (tmp_path / "quay.hsx").exists()
