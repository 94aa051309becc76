"""F6: numbers called in turn, taken at the counter, printed; hours booked within capacity."""

from collections.abc import Callable

import pytest
from hands import Hand, Place, TickingClock, keep_printer, sign_in, texts, visible
from looks import cut
from PySide6.QtWidgets import QListView
from scenes import booking, queue, screen

from counter_app.printing.virtual import VirtualPrinter
from ui.call_display import CallDisplay


def states(place: Place) -> dict[str, str]:
    counter = place.open()
    try:
        return {ticket.label: ticket.state.value for ticket in counter.tickets.today()}
    finally:
        counter.close()


def rows(hand: Hand, name: str) -> list[str]:
    """What a screen reader says of each row of a table."""
    (shown,) = [w for w in visible(hand.window, QListView) if w.accessibleName() == name]
    model = shown.model()
    return [str(model.data(model.index(n, 0), 11)) for n in range(model.rowCount())]


@pytest.fixture
def printing(
    open_window: Callable[[Place], Hand], place: Place
) -> Callable[[VirtualPrinter], Hand]:
    def make(printer: VirtualPrinter) -> Hand:
        counter = place.open()
        keep_printer(counter, printer)
        counter.close()
        hand = open_window(place)
        sign_in(hand)
        return hand

    return make


def test_the_queue_shows_who_is_served_who_is_next_and_who_waits(hand: Hand) -> None:
    queue(hand)
    assert rows(hand, "Số đang chờ") == [
        "B001, Thường, Đất đai, xây dựng, 0 phút",
        "C001, Thường, Việc khác, 0 phút",
        "A002, Thường, Hộ tịch, chứng thực, 0 phút",
        "U002, Ưu tiên, Ưu tiên, 0 phút",
        "A003, Thường, Hộ tịch, chứng thực, 0 phút",
        "Vắng mặt  ·  Enter gọi lại khi người ấy trở lại",
        "A001, Thường, Hộ tịch, chứng thực, vắng",
    ]
    assert hand.says("5 người")
    assert hand.says("Cứ 2 số ưu tiên có 1 số thường")


def test_the_screen_for_citizens_follows_and_takes_no_keyboard(hand: Hand) -> None:
    queue(hand)
    hand.press("M")
    hand.wait(lambda: hand.window.findChild(CallDisplay) is not None)
    display = hand.window.findChild(CallDisplay)
    hand.wait(lambda: "U001" in texts(display))
    assert "B001   C001   A002   U002" in texts(display)
    hand.front()
    hand.press("F12")
    hand.wait(lambda: "U002" in texts(display), 10_000)
    # it blinks
    hand.wait(lambda: not display._number.isEnabled())
    hand.wait(display._number.isEnabled)
    assert "B001   C001   A002   A003" in texts(display)
    assert hand.says("Màn hình gọi số: đang bật")
    # from any screen, and nobody's name
    hand.press("F1", "Ctrl+G")
    hand.wait(lambda: "B001" in texts(display), 10_000)
    assert list(cut(display)) == []
    hand.press("F6", "M")
    hand.wait(lambda: hand.window.findChild(CallDisplay) is None, 10_000)
    assert not hand.says("Màn hình gọi số: đang bật")


def test_f12_calls_the_next_in_turn(hand: Hand, place: Place) -> None:
    queue(hand)
    for expected in ("U002", "B001"):
        hand.press("F12")
        hand.wait(lambda expected=expected: hand.says(f"Mời số {expected}."))  # type: ignore[misc]
    hand.settle()
    found = states(place)
    assert (found["U001"], found["U002"], found["B001"]) == ("done", "done", "called")


def test_ctrl_g_calls_from_any_screen(hand: Hand, place: Place) -> None:
    queue(hand)
    hand.press("F3", "Ctrl+G")
    hand.wait(lambda: hand.says("Mời số U002."))
    assert hand.says("Tìm hồ sơ") or hand.focus_name == "Tìm hồ sơ"


def test_whoever_does_not_come_is_absent_and_may_come_back(hand: Hand, place: Place) -> None:
    queue(hand)
    hand.press("V")
    hand.wait(lambda: states(place)["U001"] == "absent")
    hand.wait(lambda: len(rows(hand, "Số đang chờ")) == 8)
    for _ in range(7):
        hand.press("Down")
    hand.press("Enter")
    hand.wait(lambda: "called" in (states(place)["U001"], states(place)["A001"]))


def test_a_number_is_taken_at_the_counter_and_printed(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        screen("F6")(hand)
        hand.wait(lambda: hand.says("Không ai chờ."))
        hand.press("1")
        hand.wait(lambda: printer.jobs)
        hand.wait(lambda: hand.says("Đã in phiếu A001."))
    assert states(place) == {"A001": "waiting"}
    told = ["A001, Thường, Hộ tịch, chứng thực, 0 phút"]
    hand.wait(lambda: rows(hand, "Số đang chờ") == told)


def test_without_a_printer_the_number_is_told(hand: Hand, place: Place) -> None:
    screen("F6", "2")(hand)
    hand.wait(lambda: hand.says("Số B001, đến lượt ngay."))
    hand.press("2")
    hand.wait(lambda: hand.says("Số B002, 1 người trước."))


def test_waiting_is_counted_in_minutes(hand: Hand, place: Place, clock: TickingClock) -> None:
    screen("F6", "1")(hand)
    hand.wait(lambda: hand.says("Số A001"))
    clock.move(minutes=14)
    hand.press("F1", "F6")
    hand.wait(lambda: rows(hand, "Số đang chờ") == ["A001, Thường, Hộ tịch, chứng thực, 14 phút"])
    assert hand.says("14 phút")


def test_the_desk_shows_the_number_and_calls_the_next(hand: Hand) -> None:
    queue(hand)
    hand.press("F1")
    hand.wait(lambda: hand.says("Số đang gọi") and hand.says("U001"))
    assert hand.says("5 người chờ")
    hand.press_button("Gọi số kế").click()
    hand.wait(lambda: hand.says("U002") and hand.says("4 người chờ"))


def test_the_intake_says_whom_it_receives(hand: Hand) -> None:
    queue(hand)
    hand.press("F2")
    hand.settle()
    assert hand.says("Số U001")


# ---- booked hours -------------------------------------------------------------------------------


def test_an_hour_is_booked_and_its_slip_printed(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        screen("F6", "Alt+2")(hand)
        hand.fill("Ngày hẹn", "23/11")
        hand.press("Enter")
        hand.wait(lambda: hand.says("Thứ Hai 23/11/2026: 0 người hẹn"))
        assert hand.focus_name == "Giờ còn chỗ"
        hand.press("Down", "Enter")
        assert hand.focus_name == "Họ và tên"
        hand.type("Hồ Thị Hẹn")
        hand.press("Enter")
        hand.type("0912000345")
        hand.press("Enter")
        hand.type("xntt")
        hand.press("Enter")
        hand.press("F12")
        hand.wait(lambda: printer.jobs)
        hand.wait(lambda: hand.says("Thứ Hai 23/11/2026: 1 người hẹn"))
    counter = place.open()
    (booked,) = counter.appointments.of(booked_day(place))
    counter.close()
    assert f"{booked.slot.starts_at:%H:%M}" == "08:00"
    assert (booked.name, booked.procedure_code) == ("Hồ Thị Hẹn", "1.004873")


def booked_day(place: Place) -> object:
    return place.clock.now().date().replace(day=23)


def test_a_full_hour_is_refused_with_hours_that_are_free(hand: Hand, place: Place) -> None:
    booking(hand)
    hand.fill("Mỗi giờ nhận", "1")
    hand.press("Tab")
    hand.wait(lambda: hand.says("Mỗi giờ nhận 1 người."))
    hand.wait(lambda: "09:00 - 10:00, đã đủ người" in rows(hand, "Giờ còn chỗ"))
    shown = next(w for w in visible(hand.window, QListView) if w.accessibleName() == "Giờ còn chỗ")
    shown.setFocus()
    hand.press("Down", "Down", "F12")
    hand.wait(lambda: hand.says("đã đủ người. Còn chỗ: "))


def test_a_day_off_has_no_hours(hand: Hand) -> None:
    screen("F6", "Alt+2", "Alt+S")(hand)
    hand.wait(lambda: hand.says("Thứ Bảy 21/11/2026: không còn giờ làm việc nào."))
    hand.press("F12")
    hand.wait(lambda: hand.says("Ngày này không còn giờ nào. Chọn ngày khác."))


def test_a_booking_is_cancelled_and_its_place_is_free_again(hand: Hand, place: Place) -> None:
    booking(hand)
    hand.wait(lambda: "09:00 - 10:00, còn 3 chỗ" in rows(hand, "Giờ còn chỗ"))
    hand.press("Alt+H")
    hand.wait(lambda: hand.says("Thứ Hai 23/11/2026: 0 người hẹn"))
    hand.wait(lambda: "09:00 - 10:00, còn 4 chỗ" in rows(hand, "Giờ còn chỗ"))
    assert hand.says("Đã bỏ hẹn L2-261123-001.")


def test_whoever_booked_is_received_with_what_is_known(hand: Hand) -> None:
    booking(hand)
    shown = next(
        w for w in visible(hand.window, QListView) if w.accessibleName().startswith("Người hẹn")
    )
    shown.setFocus()
    hand.press("Enter")
    hand.wait(lambda: hand.says("Lưu và in phiếu"))
    hand.settle()
    assert hand.field("Họ và tên").text() == "HỒ THỊ HẸN"
    assert hand.field("Điện thoại").text() == "0912 000 345"
    assert hand.says("Mã 1.004873")
