"""Forms from the window: offered by the dossier, looked at, printed on sheets or opened elsewhere."""

from pathlib import Path

import pytest
from hands import PEOPLE, Hand, Place, named, visible
from pdf import text_of
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QAbstractButton
from scenes import opened, screen

import ui.frame
import ui.sheets
from counter_app.domain import events as ev
from counter_app.domain.printer import KeptPrinter, PrinterRole, Profile
from ui.form_papers import FormPapers, FormPreview

NGUYET = 0
RECEIPT = "Mở: Giấy tiếp nhận hồ sơ và hẹn trả kết quả"
QUEUE = "LBP2900"


@pytest.fixture
def viewed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was handed to the viewer."""
    found: list[bytes] = []
    monkeypatch.setattr(ui.frame, "open_pdf", found.append)
    return found


@pytest.fixture
def sheet(hand: Hand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A printer of forms is set, and what its queue prints lands in this file."""
    file = tmp_path / "ra.pdf"

    def made(queue: str) -> QPrinter:
        assert queue == QUEUE
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(file))
        return printer

    kept = KeptPrinter("Văn phòng", f"cups:{QUEUE}", frozenset({PrinterRole.FORM}), Profile())
    desk = hand.window.desk
    assert desk is not None
    desk.lanes.records.submit(lambda: desk.counter.printers.keep(kept, desk.who))
    hand.settle()
    monkeypatch.setattr(ui.sheets, "_printer_of", made)
    return file


def offers(hand: Hand) -> list[str]:
    buttons = visible(hand.window, QAbstractButton)
    return [b.accessibleName() for b in buttons if b.accessibleName().startswith("Mở: ")]


def ask_for_receipt(hand: Hand) -> None:
    """By the keyboard alone: the tab of prints, the button, the blank bar."""
    opened(NGUYET, "Alt+3")(hand)
    hand.wait(lambda: RECEIPT in offers(hand))
    named(hand.window, QAbstractButton, RECEIPT).setFocus()
    hand.press("Space")


def papers(hand: Hand) -> FormPapers:
    frame = hand.window.findChild(ui.frame.Frame)
    assert frame is not None
    return frame.papers


def preview(hand: Hand) -> FormPreview:
    hand.wait(lambda: papers(hand).preview)
    found = papers(hand).preview
    assert found is not None
    found.activateWindow()
    hand.wait(found.isActiveWindow)
    return found


def printed(place: Place) -> list[tuple[str, str, str]]:
    lines = place.dossier(PEOPLE[NGUYET][0]).timeline
    return [
        (line.payload.what, line.payload.outcome, line.payload.printer)
        for line in lines
        if isinstance(line.payload, ev.SlipPrinted)
    ]


def test_a_dossier_offers_the_forms_that_it_may_have_now(hand: Hand, viewed: list[bytes]) -> None:
    ask_for_receipt(hand)
    assert "Mở: Thông báo dừng giải quyết hồ sơ" not in offers(hand)
    hand.wait(lambda: viewed)
    assert PEOPLE[NGUYET][0] in text_of(viewed[0])


def test_a_form_is_looked_at_and_printed_on_sheets(hand: Hand, place: Place, sheet: Path) -> None:
    before = printed(place)
    ask_for_receipt(hand)
    preview(hand)
    hand.press("Enter")
    assert not sheet.exists()
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã gửi biểu mẫu tới máy in Văn phòng."))
    assert sheet.read_bytes().startswith(b"%PDF")
    hand.settle()
    assert printed(place)[len(before) :] == [("form:receipt", "SENT", "Văn phòng")]


def test_esc_leaves_and_the_viewer_takes_the_same_bytes(
    hand: Hand, viewed: list[bytes], place: Place, sheet: Path
) -> None:
    ask_for_receipt(hand)
    preview(hand)
    hand.press("Esc")
    hand.wait(lambda: papers(hand).preview is None)
    assert not viewed
    hand.front()
    hand.press("Space")
    preview(hand)
    hand.press("Alt+M")
    hand.wait(lambda: viewed)
    (dossier,) = (d for d in place.dossiers() if d.facts.applicant.name == PEOPLE[NGUYET][0])
    assert viewed == [place.open().forms.pdf("receipt", dossier.id)]
    assert not sheet.exists()


def test_a_printer_that_is_gone_is_told(
    hand: Hand, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.sheets, "_printer_of", lambda _: None)
    ask_for_receipt(hand)
    preview(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Máy tính không có máy in này"))


def test_the_poster_of_a_procedure_and_the_sheet_of_the_day(
    hand: Hand, viewed: list[bytes]
) -> None:
    screen("F8")(hand)
    hand.settle()
    hand.type("1.004873")
    hand.press("Ctrl+I")
    hand.wait(lambda: viewed)
    told = text_of(viewed.pop())
    assert "NIÊM YẾT" in told
    assert "1.004873" in told
    screen("F1", "Ctrl+I")(hand)
    hand.wait(lambda: viewed)
    told = text_of(viewed.pop())
    assert "PHIẾU KẾT SỔ CUỐI NGÀY" in told
    assert "ngày 20 tháng 11 năm 2026" in told
