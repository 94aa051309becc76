"""F11, Sao lưu, and the stick of F9: what the keys do, and what they say."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PASSPHRASE
from hands import Hand, Place
from scenes import screen
from upper import Upper, running

from counter_app.book.creation import restore_counter
from counter_app.bootstrap import open_counter
from db.check import check
from db.lives import NO_END, put_state
from district_server import bundles


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


@pytest.fixture
def upper(tmp_path: Path) -> Iterator[Upper]:
    with running(f"sqlite:///{tmp_path / 'tren.db'}") as made:
        yield made


def test_a_stick_there_and_back(
    hand: Hand, upper: Upper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out, in, twice, its own, cut short, full, not there: each time a sentence that says what to do."""
    counter = hand.window.desk.counter
    counter.enrol(upper.url, upper.code(counter), None)
    upper.stop()
    screen("F9")(hand)
    file, stick = hand.field("Tệp trên USB"), tmp_path / "usb"
    down = stick / "xuong.hsx"

    def then(key: str, path: Path | str, *told: str) -> None:
        file.setText(str(path))
        hand.press(key)
        for words in told:
            hand.wait(lambda words=words: hand.says(words), 10_000)

    with hand.no_dialog() as popped:
        then("Alt+N", "", "Chưa chọn gói. Bấm Alt+U")
        then("Alt+X", stick / "quay-2.hsx", f"Không thấy {stick}. Cắm USB")
        stick.mkdir()
        # a folder alone: the usual name; the test's own disk is that of the book
        then("Alt+X", stick, "Đã kiểm tra gói quay-2.hsx: 6 hồ sơ.", "Tệp nằm trên ổ của máy này")
        hand.wait(lambda: hand.says("chờ gói trả lời. Còn 6 hồ sơ"), 10_000)
        then("Alt+N", stick / "quay-2.hsx", "Đây là gói máy này xuất cho cấp trên.")
        bundles.take_in(upper.database, upper.keys, stick / "quay-2.hsx")
        bundles.write(upper.database, upper.keys, counter.identity.device_id, down)
        whole = down.read_bytes()
        down.write_bytes(whole[:-100])
        then("Alt+N", down, "Gói này chép chưa xong, đã hỏng")
        down.write_bytes(whole)
        then("Alt+N", down, "cấp trên đã nhận 6 hồ sơ", "Không còn hồ sơ nào chờ.", "Từ USB")
        then("Alt+N", down, "Gói xuong.hsx không có gì mới")
        monkeypatch.setattr(os, "fsync", full)
        then("Alt+X", stick / "quay-2.hsx", f"{stick} hết chỗ. Xóa bớt tệp trên USB")
    assert popped == []
    assert sorted(path.name for path in stick.iterdir()) == ["quay-2.hsx", "xuong.hsx"]
    assert counter.settings.get("stick.folder") == str(stick)


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, "no room")


def test_a_copy_is_told_to_ask_for_a_number_and_asks_with_it(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = hand.window.desk.counter
    with counter.store.write() as books:
        books.settings.put("blocks_until", NO_END)
        put_state(books, server_url="https://127.0.0.1:9")
    screen("F9")(hand)
    hand.wait(lambda: hand.says("Xin cấp trên mã ghi danh của một quầy khác"))
    asked = []
    monkeypatch.setattr(counter, "enrol", lambda *told: asked.append(told))
    screen("F11", "Alt+2")(hand)
    hand.wait(lambda: hand.says("Máy này đã ghi danh."))
    hand.fill("Địa chỉ máy chủ", "https://127.0.0.1:9")
    hand.fill("Mã ghi danh (10 chữ, dùng một lần)", "ABCDEFGHJK")
    hand.fill("Số quầy mới: chỉ ghi khi máy này làm từ bản sao của máy khác", "3")
    hand.press("F12")
    hand.wait(lambda: asked)
    assert asked == [("https://127.0.0.1:9", "ABCDEFGHJK", None, 3)]
