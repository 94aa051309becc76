"""Files of the scanner and pictures of the camera, into a dossier by the keys."""

import sys
from pathlib import Path

import pytest
from hands import PEOPLE, Hand, Place, named, visible
from looks import cut, nameless, strange_words, words_of
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QListWidget
from scans_made import jpeg, pdf, png
from scenes import opened, screen

from counter_app.services.attachments import Scanned
from ui.scan_picker import ScanPicker

NGUYET = 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "quet"
    made.mkdir()
    return made


def set_folder(hand: Hand, folder: Path, command: str = "") -> None:
    screen("F11", "Alt+0")(hand)
    hand.settle()
    hand.field("Thư mục máy quét ghi tệp vào").setText(str(folder))
    hand.field("Thư mục ảnh của máy ảnh (để trống: của hệ điều hành)").setText(str(folder))
    hand.field("Lệnh mở máy ảnh (để trống: của hệ điều hành)").setText(command)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu."), 10_000)


def picker_of(hand: Hand) -> ScanPicker:
    hand.wait(lambda: visible(hand.window, ScanPicker), 10_000)
    (found,) = visible(hand.window, ScanPicker)
    found.activateWindow()
    hand.wait(found.isActiveWindow)
    return found


def to_picker(hand: Hand, key: str = "Alt+M") -> ScanPicker:
    opened(NGUYET, key)(hand)
    return picker_of(hand)


def rows(picker: ScanPicker) -> list[str]:
    shown = named(picker, QListWidget, "Tệp mới nhất trong thư mục")
    return [shown.item(row).text().replace("\n", " · ") for row in range(shown.count())]


def row_of(picker: ScanPicker, name: str) -> str:
    return next((row for row in rows(picker) if row.startswith(f"{name} · ")), "")


def papers(place: Place) -> list[Scanned]:
    counter = place.open()
    try:
        (row,) = counter.search.find(PEOPLE[NGUYET][1])
        return list(counter.attachments.of(row.id))
    finally:
        counter.close()


def test_a_scanned_file_goes_to_the_paper_that_was_chosen(
    hand: Hand, place: Place, folder: Path
) -> None:
    (folder / "to-khai.jpg").write_bytes(jpeg())
    set_folder(hand, folder)
    picker = to_picker(hand)
    hand.wait(lambda: "sẵn sàng" in row_of(picker, "to-khai.jpg"), 10_000)
    assert not named(picker, QListWidget, "Tệp mới nhất trong thư mục").item(0).icon().isNull()
    hand.press("Alt+G")
    assert hand.focus_name == "Là giấy tờ nào"
    hand.press("Down")
    chosen = named(picker, QComboBox, "Là giấy tờ nào").currentText()
    hand.press("F12")
    hand.wait(lambda: papers(place), 10_000)
    (paper,) = papers(place)
    assert (paper.name, paper.component_name) == ("to-khai.jpg", chosen)
    # the file stays unless it was asked to go, and is known from now on
    hand.wait(lambda: "đã thêm, 2001" in row_of(picker, "to-khai.jpg"), 10_000)
    assert (folder / "to-khai.jpg").exists()
    hand.press("Esc")
    hand.wait(lambda: not visible(hand.window, ScanPicker), 10_000)
    hand.wait(lambda: hand.says("to-khai"), 10_000)


def test_what_comes_while_it_is_open_is_seen_and_taken_out(
    hand: Hand, place: Place, folder: Path
) -> None:
    set_folder(hand, folder)
    picker = to_picker(hand)
    hand.wait(lambda: "Chưa có tệp nào. Quét giấy" in picker.told.text(), 10_000)
    raw = pdf(2)
    (folder / "giay.pdf").write_bytes(raw[: len(raw) // 2])
    hand.wait(lambda: "đang ghi" in row_of(picker, "giay.pdf"), 10_000)
    hand.press("F12")
    hand.wait(lambda: "chưa ghi xong" in picker.told.text(), 10_000)
    (folder / "giay.pdf").write_bytes(raw)
    hand.wait(lambda: "sẵn sàng" in row_of(picker, "giay.pdf"), 15_000)
    named(picker, QCheckBox, "Xóa tệp khỏi thư mục sau khi đã lưu vào hồ sơ").setChecked(True)
    hand.press("Enter")
    hand.wait(lambda: not (folder / "giay.pdf").exists(), 10_000)
    # it went only when it was in the book
    (paper,) = papers(place)
    assert (paper.name, len(paper.pages), paper.here) == ("giay.pdf", 2, True)
    hand.press("Esc")


def test_doubles_and_broken_files_are_pointed_out(hand: Hand, place: Place, folder: Path) -> None:
    import os

    for age, name, raw in (
        (300, "lan-1.png", png()),
        (200, "lan-2.png", png()),
        (100, "hong.jpg", jpeg()[:4000]),
    ):
        (folder / name).write_bytes(raw)
        stat = (folder / name).stat()
        os.utime(folder / name, (stat.st_atime - age, stat.st_mtime - age))
    set_folder(hand, folder)
    picker = to_picker(hand)
    hand.wait(lambda: "sẵn sàng" in row_of(picker, "lan-1.png"), 15_000)
    assert "không đọc được" in row_of(picker, "hong.jpg")
    assert "trùng tệp khác" in row_of(picker, "lan-2.png")
    hand.press("F12")
    hand.wait(lambda: "Không đọc được tệp này" in picker.told.text(), 10_000)
    assert papers(place) == []
    QApplication.sendPostedEvents()
    assert list(cut(picker)) == []
    assert nameless(picker) == []
    folders = {str(folder)}
    names = {"lan-1.png", "lan-2.png", "hong.jpg"}
    words = [w for w in words_of(picker) if w not in folders and not any(n in w for n in names)]
    assert strange_words(words) == {}
    assert (picker.width(), picker.height()) <= (1092, 560)
    hand.press("Esc")


def test_the_camera_program_is_started_and_its_pictures_are_new(
    hand: Hand, place: Place, folder: Path, tmp_path: Path
) -> None:
    import os

    (folder / "hom-qua.jpg").write_bytes(png())
    os.utime(folder / "hom-qua.jpg", (1_700_000_000, 1_700_000_000))
    picture = tmp_path / "mau.jpg"
    picture.write_bytes(jpeg())
    program = tmp_path / "chup.py"
    program.write_text(
        "import shutil, sys\nshutil.copy(sys.argv[1], sys.argv[2])\n", encoding="utf-8"
    )
    command = f'"{sys.executable}" "{program}" "{picture}" "{folder / "anh-moi.jpg"}"'
    set_folder(hand, folder, command)
    picker = to_picker(hand, "Alt+A")
    hand.wait(lambda: "mới" in row_of(picker, "anh-moi.jpg"), 15_000)
    hand.wait(lambda: "sẵn sàng" in row_of(picker, "hom-qua.jpg"), 15_000)
    hand.press("F12")
    hand.wait(lambda: papers(place), 10_000)
    assert [paper.name for paper in papers(place)] == ["anh-moi.jpg"]
    hand.press("Esc")


def test_what_is_not_set_is_said(hand: Hand, folder: Path, tmp_path: Path) -> None:
    opened(NGUYET, "Alt+M")(hand)
    hand.wait(lambda: hand.says("Chưa chọn thư mục máy quét. Chọn ở F11, Alt+0."), 10_000)
    set_folder(hand, tmp_path / "rut")
    assert hand.says("Bây giờ chưa thấy thư mục ấy")
    picker = to_picker(hand)
    hand.wait(lambda: "Không thấy thư mục" in picker.told.text(), 10_000)
    hand.press("Esc")
    hand.wait(lambda: not visible(hand.window, ScanPicker), 10_000)
    set_folder(hand, folder, "chuong-trinh-khong-co-that")
    picker = to_picker(hand, "Alt+A")
    hand.wait(lambda: "Chưa mở được chương trình máy ảnh" in picker._warning.text(), 10_000)
    hand.press("Esc")
