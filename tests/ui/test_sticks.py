"""F11, Sao lưu, and the stick of F9: what the keys do, and what they say."""

from pathlib import Path

import pytest
from conftest import PASSPHRASE
from hands import Hand, Place
from scenes import screen

from counter_app.bootstrap import open_counter, restore_counter
from db.check import check
from db.lives import NO_END, put_state


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


def test_a_copy_is_told_to_ask_for_a_number_and_asks_with_it(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = hand.window.desk.counter
    with counter.store.write() as books:
        books.settings.put("blocks_until", NO_END)
        put_state(books, server_url="https://motcua.tinh.vn:8443")
    screen("F9")(hand)
    hand.wait(lambda: hand.says("Xin cấp trên mã ghi danh của một quầy khác"))
    asked = []
    monkeypatch.setattr(counter, "enrol", lambda *told: asked.append(told))
    screen("F11", "Alt+2")(hand)
    hand.wait(lambda: hand.says("Máy này đã ghi danh."))
    hand.fill("Địa chỉ máy chủ", "https://motcua.tinh.vn:8443")
    hand.fill("Mã ghi danh (10 chữ, dùng một lần)", "ABCDEFGHJK")
    hand.fill("Số quầy mới: chỉ ghi khi máy này làm từ bản sao của máy khác", "3")
    hand.press("F12")
    hand.wait(lambda: asked)
    assert asked == [("https://motcua.tinh.vn:8443", "ABCDEFGHJK", None, 3)]
