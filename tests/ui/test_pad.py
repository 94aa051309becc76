"""Slips filled in by hand while the power was away: entered by scanning, accounted for one by one."""

from collections.abc import Callable

import pytest
from hands import Hand, Place, TickingClock, keep_printer, sign_in
from scenes import screen

from counter_app.domain.slips import PadSlip
from counter_app.printing.virtual import Fault, VirtualPrinter

DAY, HOUR = "Ngày nhận ghi trên phiếu", "Giờ nhận"


@pytest.fixture
def pad(place: Place, clock: TickingClock) -> dict[str, str]:
    """Three blank slips printed at 09:20: number → what stands in the QR. Now it is 15:00."""
    counter = place.open()
    given = counter.pads.give_out(3, counter.officers.all()[0])
    found = {}
    for number in given.numbers:
        content, _ = counter.prints.next_slip("pad", number)
        assert isinstance(content, PadSlip)
        found[number] = content.qr
    counter.close()
    clock.move(hours=5, minutes=40)
    return found


@pytest.fixture
def later(
    pad: dict[str, str], open_window: Callable[[Place], Hand], place: Place
) -> tuple[Hand, list[str], list[str]]:
    """Somebody at the desk when the power is back, the numbers, the payloads."""
    hand = open_window(place)
    sign_in(hand)
    return hand, list(pad), list(pad.values())


def type_the_rest(hand: Hand) -> None:
    hand.fill("Họ và tên", "HỒ VĂN GIẤY")
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "2", "Alt+A")
    hand.settle()


def test_a_scanned_pad_slip_becomes_a_dossier_of_its_written_moment(
    later: tuple[Hand, list[str], list[str]], place: Place
) -> None:
    hand, numbers, payloads = later
    hand.press("F1")
    hand.settle()
    hand.scan(payloads[0])
    hand.wait(lambda: hand.focus_name == DAY)
    assert hand.field("Số phiếu, hoặc mã hồ sơ").text() == numbers[0]
    hand.type("20/11")
    hand.press("Enter")
    assert hand.focus_name == HOUR
    hand.type("10:05")
    hand.press("Enter")
    assert hand.focus_name == "Số định danh"
    type_the_rest(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu. Hẹn"))
    dossier = place.dossier("HỒ VĂN GIẤY")
    assert f"{dossier.received_at:%H:%M %d/%m/%Y}" == "10:05 20/11/2026"
    assert dossier.origin == "pad"
    assert numbers[0] in dossier.aliases
    # for ever after the paper opens the dossier
    hand.scan(payloads[0])
    hand.wait(lambda: hand.says("Diễn biến") and hand.says("HỒ VĂN GIẤY"))
    # and the next form is nobody's paper
    hand.press("F2")
    hand.wait(lambda: not hand.says("Số phiếu, hoặc mã hồ sơ"))


def test_a_moment_that_is_none_is_told_and_nothing_is_saved(
    later: tuple[Hand, list[str], list[str]], place: Place
) -> None:
    hand, _, payloads = later
    screen("F2")(hand)
    hand.scan(payloads[1])
    hand.wait(lambda: hand.focus_name == DAY)
    hand.type("31/11")
    hand.press("Enter")
    hand.type("10:05")
    hand.press("Enter")
    type_the_rest(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Ngày giờ ghi trên phiếu không đúng."))
    assert hand.focus_name == DAY
    hand.fill(DAY, "20/11")
    hand.fill(HOUR, "16:05")
    hand.press("F12")
    hand.wait(lambda: hand.says("Lúc nhận ghi trên giấy phải là ngày giờ đã qua, từ năm 2000."))
    assert not any(d.facts.applicant.name == "HỒ VĂN GIẤY" for d in place.dossiers())


def test_without_a_scanner_the_number_is_typed(
    later: tuple[Hand, list[str], list[str]], place: Place
) -> None:
    hand, numbers, _ = later
    screen("F2")(hand)
    hand.press("Alt+P")
    assert hand.focus_name == "Số phiếu, hoặc mã hồ sơ"
    hand.type(numbers[2].lower())
    hand.press("Enter")
    hand.type("20/11")
    hand.press("Enter")
    hand.type("9:30")
    hand.press("Enter")
    type_the_rest(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu. Hẹn"))
    assert numbers[2] in place.dossier("HỒ VĂN GIẤY").aliases


def test_a_receipt_that_a_restore_lost_is_entered_by_its_code(
    later: tuple[Hand, list[str], list[str]], place: Place
) -> None:
    hand, *_ = later
    screen("F2", "Alt+P")(hand)
    for typed in ("h50.99.01-261119-2077", "19/11", "9:30"):
        hand.type(typed)
        hand.press("Enter")
    type_the_rest(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu. Hẹn"))
    counter = place.open()
    (view,) = counter.search.by_code("H50.99.01-261119-2077")
    counter.close()
    assert view.dossier.facts.applicant.name == "HỒ VĂN GIẤY"
    assert view.dossier.origin == "paper"
    assert f"{view.dossier.received_at:%H:%M %d/%m/%Y}" == "09:30 19/11/2026"


def test_what_was_begun_is_kept_when_a_pad_slip_is_scanned(
    later: tuple[Hand, list[str], list[str]],
) -> None:
    hand, _, payloads = later
    screen("F2")(hand)
    hand.fill("Họ và tên", "NGƯỜI ĐANG NHẬP")
    hand.scan(payloads[0])
    hand.wait(lambda: hand.focus_name == DAY)
    assert hand.field("Họ và tên").text() == ""
    hand.press("F1")
    hand.wait(lambda: hand.says("NGƯỜI ĐANG NHẬP"))


def test_the_account_shows_every_slip(
    later: tuple[Hand, list[str], list[str]], place: Place
) -> None:
    hand, numbers, payloads = later
    screen("F11", "Alt+6")(hand)
    hand.wait(lambda: hand.says("Chưa dùng: 3"))
    hand.scan(payloads[0])
    hand.wait(lambda: hand.focus_name == "Lý do")
    hand.press("Alt+G")
    hand.wait(lambda: hand.says("Chưa có lý do."))
    hand.type("Nước đổ lên")
    hand.press("Alt+G")
    hand.wait(lambda: hand.says(f"Phiếu {numbers[0]}: hỏng."))
    hand.wait(lambda: hand.says("Chưa dùng: 2  ·  Hỏng: 1"))
    counter = place.open()
    assert counter.pads.counts() == {"unused": 2, "spoilt": 1}
    counter.close()


def test_a_pad_is_printed_and_stops_where_the_printer_stops(
    open_window: Callable[[Place], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        counter = place.open()
        keep_printer(counter, printer)
        counter.close()
        hand = open_window(place)
        sign_in(hand)
        screen("F11", "Alt+6")(hand)
        hand.fill("Số phiếu cần in", "3")
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã in 3 phiếu."))
        assert len(printer.jobs) == 3
        hand.wait(lambda: hand.says("Chưa dùng: 3"))
        printer.fault = Fault.NO_PAPER
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã in 0 phiếu, còn 3 phiếu chờ ở Bàn làm việc."))
        hand.wait(lambda: hand.says("Chưa dùng: 6"))


def test_without_a_printer_the_pad_is_opened_as_pages(
    hand: Hand, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ui.settings.pads

    opened: list[bytes] = []
    monkeypatch.setattr(ui.settings.pads, "open_pdf", opened.append)
    screen("F11", "Alt+6")(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Ctrl+I để mở thành trang"))
    hand.fill("Số phiếu cần in", "2")
    hand.press("Ctrl+I")
    hand.wait(lambda: opened)
    assert opened[0].startswith(b"%PDF")
    counter = place.open()
    assert counter.pads.counts() == {"unused": 2}
    counter.close()
