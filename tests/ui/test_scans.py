"""Scanned papers in the window: added from a file by a key, listed, looked at, never opened on disk."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hands import PEOPLE, Hand, Place, named, visible
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel
from scans_made import jpeg, pdf
from scenes import opened

from counter_app.bootstrap import Counter
from counter_app.ports.attachments import Fetched, WantedPage
from ui.dossier_view import DossierPane
from ui.scans import ScanViewer

NGUYET = 0


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the clerk picks in the dialog of the system."""
    found: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (found, ""))
    return found


def add(hand: Hand, chosen: list[str], path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    chosen[:] = [str(path)]
    opened(NGUYET, "Alt+Q")(hand)
    hand.wait(lambda: hand.says(f"Đã thêm bản quét {path.stem}"))
    hand.settle()


def viewer(hand: Hand) -> ScanViewer:
    pane = hand.window.findChild(DossierPane)
    assert pane is not None
    hand.wait(lambda: pane.scans.viewer)
    found = pane.scans.viewer
    assert found is not None
    return found


def red_at(sheet: QLabel) -> bool:
    picture = sheet.pixmap().toImage()
    color = picture.pixelColor(picture.width() // 10, picture.height() // 10)
    return color.red() > 200 and color.green() < 60


def test_added_listed_looked_at(
    hand: Hand, place: Place, chosen: list[str], tmp_path: Path
) -> None:
    add(hand, chosen, tmp_path / "giay.pdf", pdf(2))
    hand.wait(lambda: hand.says("giay · 2 trang"))
    assert hand.says("chờ gửi 2/2")
    before = {path for path in place.folder.rglob("*") if path.is_file()}
    named(hand.window, QAbstractButton, "Xem bản quét: giay").setFocus()
    hand.press("Space")
    shown = viewer(hand)
    assert [red_at(sheet) for sheet in shown.sheets] == [True, True]
    width = shown.sheets[0].pixmap().width()
    shown.activateWindow()
    hand.wait(shown.isActiveWindow)
    hand.type("+")
    hand.wait(lambda: shown.sheets[0].pixmap().width() > width)
    after = {path for path in place.folder.rglob("*") if path.is_file()}
    assert after == before
    hand.press("Esc")
    hand.wait(lambda: not visible(hand.window, ScanViewer))


class Above:
    """Stands for the upper server, which has the page or not."""

    def __init__(self, counter: Counter, content: bytes) -> None:
        self._counter, self._content, self.has = counter, content, False

    def fetch(self, wanted: Sequence[WantedPage]) -> Fetched:
        if not self.has:
            return Fetched(not_above=len(wanted))
        assert self._counter.vault.put(self._content) == wanted[0].sha256
        return Fetched(pages=len(wanted))


def _offers_to_bring(hand: Hand) -> bool:
    return any(b.text() == "Tải về" for b in visible(hand.window, QAbstractButton))


def test_what_lies_above_is_brought_by_a_key(
    hand: Hand, place: Place, chosen: list[str], tmp_path: Path
) -> None:
    add(hand, chosen, tmp_path / "giay.jpg", jpeg())
    assert not _offers_to_bring(hand)
    assert hand.window.desk is not None
    counter = hand.window.desk.counter
    assert isinstance(counter, Counter)
    (path,) = (p for p in counter.vault.folder.rglob("*") if p.is_file())
    dossier = place.dossier(PEOPLE[NGUYET][0])
    (paper,) = counter.attachments.of(dossier.id)
    above = Above(counter, counter.attachments.content(paper.pages[0]))
    counter.sync = above  # type: ignore[assignment]
    path.unlink()
    opened(NGUYET)(hand)
    hand.wait(lambda: _offers_to_bring(hand))
    hand.press("Alt+T")
    hand.wait(lambda: hand.says("Máy chủ chưa có 1 trang: quầy đã quét chưa gửi lên."))
    assert not any(
        "Xem bản quét" in b.accessibleName() for b in visible(hand.window, QAbstractButton)
    )
    above.has = True
    # the box is made anew with what was told of its dossier
    hand.settle()
    hand.wait(lambda: _offers_to_bring(hand))
    hand.press("Alt+T")
    hand.wait(lambda: hand.says("Đã tải về 1 trang."))
    hand.wait(lambda: path.is_file())
    hand.settle()
    assert named(hand.window, QAbstractButton, "Xem bản quét: giay").isVisible()


def test_under_the_paper_it_shows(
    hand: Hand, place: Place, chosen: list[str], tmp_path: Path
) -> None:
    opened(NGUYET, "Alt+2")(hand)
    pane = hand.window.findChild(DossierPane)
    assert pane is not None
    pane.scans.which.setCurrentIndex(1)
    name = pane.scans.which.currentText()
    path = tmp_path / "to-khai.jpg"
    path.write_bytes(jpeg())
    chosen[:] = [str(path)]
    hand.press("Alt+Q")
    hand.wait(lambda: hand.says("Đã thêm bản quét to-khai"))
    hand.wait(lambda: hand.says(f"to-khai · {name}"))


def test_what_is_no_paper_is_refused_in_words(
    hand: Hand, place: Place, chosen: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "bang-tinh.xlsx"
    path.write_bytes(b"PK\x03\x04")
    chosen[:] = [str(path)]
    opened(NGUYET, "Alt+Q")(hand)
    hand.wait(lambda: hand.says("Chỉ nhận ảnh JPEG, PNG hoặc tệp PDF"))
    assert place.dossier(PEOPLE[NGUYET][0]).timeline[-1].event != "attachment.added"
