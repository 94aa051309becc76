"""Several dossiers of one person: each durable at once, one slip for all at the end."""

from collections.abc import Callable

import pytest
import zxingcpp
from hands import Hand, Place, keep_printer, sign_in, visible
from PySide6.QtWidgets import QLabel
from scenes import filled, screen

from counter_app.domain.slip_code import decode
from counter_app.printing.virtual import VirtualPrinter

NAME = "HỒ THỊ NGUYỆT"


@pytest.fixture
def printing(
    open_window: Callable[[Place], Hand], place: Place
) -> Callable[[VirtualPrinter], Hand]:
    """A counter with that printer, somebody signed in."""

    def make(printer: VirtualPrinter) -> Hand:
        counter = place.open()
        keep_printer(counter, printer)
        counter.close()
        hand = open_window(place)
        sign_in(hand)
        return hand

    return make


def one_more(hand: Hand, procedure: str = "cts") -> None:
    """The next dossier of the same person: its procedure, its pages."""
    hand.wait(lambda: hand.says("Cùng người nộp"))
    hand.settle()
    hand.press("Alt+2")
    hand.type(procedure)
    hand.press("Enter")
    hand.type("4")
    hand.press("Enter")
    hand.type("2")
    hand.press("Enter")
    hand.settle()


def of_visit(place: Place) -> list[str]:
    """The codes that share one visit, the newest first."""
    dossiers = place.dossiers()
    (visit,) = {d.visit_id for d in dossiers if d.visit_id}
    return [d.code for d in dossiers if d.visit_id == visit]


def test_each_is_in_the_book_at_once_and_one_slip_tells_of_all(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("Ctrl+D")
        hand.wait(lambda: hand.says("2007 Cấp Giấy xác nhận"))
        assert hand.says("hồ sơ 2: đang nhập")
        assert len(of_visit(place)) == 1
        assert hand.field("Họ và tên").text() == NAME
        one_more(hand)
        assert printer.jobs == []
        hand.press("F12")
        hand.wait(lambda: printer.jobs)
        hand.wait(lambda: hand.says("Đã lưu 2 hồ sơ của lượt này, một phiếu chung."))
        hand.wait(lambda: hand.says("Đã in phiếu"))
        (job,) = printer.jobs
    newer, older = of_visit(place)
    (found,) = zxingcpp.read_barcodes(job.image().convert("L"))
    slip = decode(found.text)
    assert slip is not None
    assert slip.code == older
    for dossier in place.dossiers()[:2]:
        assert dossier.prints_of(1) == 1, dossier.code
    assert newer != older


def test_one_ctrl_d_too_many_ends_with_what_there_is(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("Ctrl+D")
        hand.wait(lambda: hand.says("hồ sơ 2: đang nhập"))
        hand.settle()
        hand.press("F12")
        hand.wait(lambda: printer.jobs)
    hand.settle()
    assert len(of_visit(place)) == 1
    assert not hand.says("Cùng người nộp")
    assert hand.field("Họ và tên").text() == ""


def test_an_incomplete_dossier_goes_to_its_problem_and_not_on(hand: Hand, place: Place) -> None:
    screen("F2")(hand)
    hand.fill("Họ và tên", NAME)
    hand.press("Ctrl+D")
    hand.wait(lambda: hand.says("Cần xem lại"))
    hand.settle()
    assert not hand.says("Cùng người nộp")
    assert hand.field("Họ và tên").text() == NAME
    assert len(place.dossiers()) == 6


def test_another_person_is_another_visit(hand: Hand, place: Place) -> None:
    filled(hand)
    hand.press("Ctrl+D")
    hand.wait(lambda: hand.says("hồ sơ 2: đang nhập"))
    hand.settle()
    hand.press("Ctrl+H")
    hand.settle()
    assert not hand.says("Cùng người nộp")
    counter = place.open()
    (visit,) = {d.visit_id for d in place.dossiers() if d.visit_id}
    assert counter.visits.still_open(visit) == ()
    counter.close()


def test_a_visit_survives_another_look(hand: Hand, place: Place) -> None:
    """Other colours make the screens anew; the visit goes on."""
    filled(hand)
    hand.press("Ctrl+D")
    hand.wait(lambda: hand.says("hồ sơ 2: đang nhập"))
    hand.settle()
    hand.press("Ctrl+K")
    hand.settle()
    hand.wait(lambda: hand.says("hồ sơ 2: đang nhập"))
    assert hand.field("Họ và tên").text() == NAME
    one_more(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu 2 hồ sơ của lượt này"))
    assert len(of_visit(place)) == 2


def test_a_visit_nobody_closed_is_closed_from_the_desk(
    open_window: Callable[[Place], Hand], place: Place
) -> None:
    counter = place.open()
    officer = counter.officers.all()[0]
    draft = {
        "procedure": "1.004873",
        "applicant": {"name": "NGƯỜI ĐỢI PHIẾU"},
        "components": "all",
        "visit": "luot-truoc",
    }
    counter.intake.accept(draft, officer)
    counter.close()
    hand = open_window(place)
    sign_in(hand)
    hand.wait(lambda: hand.says("của NGƯỜI ĐỢI PHIẾU vừa lưu, chưa in."))
    hand.press(hand.cap_beside("của NGƯỜI ĐỢI PHIẾU"))
    hand.wait(lambda: hand.says("Chưa có máy in. F11 để đặt máy in."))
    counter = place.open()
    assert counter.visits.still_open("luot-truoc") == ()
    counter.close()
    assert not any("Cùng người" in w.text() for w in visible(hand.window, QLabel))
