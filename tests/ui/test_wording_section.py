"""F11, Mẫu in: a wording goes out, is mended in a file, looked at, taken in, given back."""

from pathlib import Path

import pytest
from hands import Hand, Place, visible
from PySide6.QtWidgets import QLabel, QListView
from scenes import wording

import ui.settings.wording
from counter_app.errors import Refused

FILE = "Tệp chữ của mẫu này"


@pytest.fixture
def shown(hand: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Hand, Path]:
    """The section with its first form, and where its file will be."""
    monkeypatch.setattr(ui.settings.wording.QDesktopServices, "openUrl", lambda _: True)
    wording(hand)
    path = tmp_path / "mau" / "giay.txt"
    hand.field(FILE).setText(str(path))
    return hand, path


def first_key(hand: Hand) -> tuple[str, str]:
    """Set and form of the chosen row."""
    (table,) = [w for w in visible(hand.window, QListView) if w.accessibleName() == "Mẫu in"]
    line = table.currentIndex().data(256)
    form_set, _, form = line.id.partition("/")
    return form_set, form


def in_use(place: Place, key: tuple[str, str]) -> str:
    counter = place.open()
    try:
        return counter.forms.text(*key)
    finally:
        counter.close()


def test_a_wording_goes_out_and_comes_back_changed(shown: tuple[Hand, Path], place: Place) -> None:
    hand, path = shown
    key = first_key(hand)
    before = in_use(place, key)
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Đã ghi giay.txt."))
    assert path.read_text(encoding="utf-8") == before
    changed = before.replace("TIẾP NHẬN HỒ SƠ", "NHẬN HỒ SƠ", 1)
    assert changed != before
    path.write_bytes(b"\xef\xbb\xbf" + changed.encode())
    hand.press("Alt+N")
    hand.wait(lambda: hand.says("Câu chữ trong tệp, chưa dùng."))
    assert in_use(place, key) == before
    hand.press("F12")
    hand.wait(lambda: hand.says("Dùng câu chữ này từ bây giờ."))
    assert in_use(place, key) == changed
    hand.press("Alt+G")
    hand.wait(lambda: hand.says("Đã về mẫu gốc."))
    assert in_use(place, key) == before


def test_a_broken_file_is_refused_with_its_line_and_the_last_one_stays(
    shown: tuple[Hand, Path], place: Place
) -> None:
    hand, path = shown
    key = first_key(hand)
    before = in_use(place, key)
    path.parent.mkdir()
    lines = before.splitlines()
    path.write_text("\n".join([*lines[:4], "khong_co_o_nay = 1", *lines[4:]]), encoding="utf-8")
    counter = place.open()
    with pytest.raises(Refused) as refused:
        counter.forms.preview(*key, path.read_text(encoding="utf-8"))
    counter.close()
    assert "5" in refused.value.message
    hand.press("Alt+N")
    hand.wait(lambda: hand.says(refused.value.message))
    hand.press("F12")
    hand.wait(lambda: hand.says("Nạp tệp và xem thử trước (Alt+N), rồi F12."))
    assert in_use(place, key) == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "Không đọc được tệp giay.txt."),
        ("Giấy".encode("utf-16"), "Tệp giay.txt không phải chữ UTF-8."),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    shown: tuple[Hand, Path], content: bytes | None, told: str
) -> None:
    hand, path = shown
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    hand.press("Alt+N")
    hand.wait(lambda: hand.says(told))


def test_another_form_is_looked_at_by_moving_to_it(shown: tuple[Hand, Path]) -> None:
    hand, _ = shown
    before = hand.field(FILE).text()
    sheet = next(w for w in visible(hand.window, QLabel) if w.accessibleName() == "Mẫu như sẽ in")
    seen = sheet.pixmap().cacheKey()
    hand.press("Down")
    hand.wait(lambda: sheet.pixmap().cacheKey() != seen)
    assert hand.field(FILE).text() != before
