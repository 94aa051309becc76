"""The form of each act: what it asks, what it refuses, what it writes, and the paper it calls for."""

import threading
from collections.abc import Sequence
from datetime import date

import pypdfium2
import pytest
from hands import PEOPLE, Hand, Place
from PySide6.QtWidgets import QComboBox, QPlainTextEdit
from scenes import opened

import ui.frame
from counter_app.domain import events as ev
from counter_app.domain.actions import KEYS
from counter_app.domain.dossier import Dossier
from ui.acts import ACTS

NGUYET, BE, KUNG, NGA, HOA, UYEN = PEOPLE


@pytest.fixture
def opened_papers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of every paper that was handed to the viewer."""
    found: list[str] = []

    def read(pdf: bytes) -> None:
        found.append(
            " ".join(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded().split())
        )

    monkeypatch.setattr(ui.frame, "open_pdf", read)
    return found


def last(dossier: Dossier, kind: type) -> object:
    """The newest event of a kind."""
    return next(
        line.payload for line in reversed(dossier.timeline) if isinstance(line.payload, kind)
    )


def do(hand: Hand, number: int, key: str, lines: Sequence[tuple[str, str]], done: str) -> None:
    """Open someone's dossier, open the form, type, finish."""
    opened(number)(hand)
    hand.press(key)
    for name, text in lines:
        hand.fill(name, text)
    hand.press("F12")
    hand.wait(lambda: hand.says(done))
    hand.settle()


def test_every_form_asks_only_for_what_its_action_takes() -> None:
    for action, act in ACTS.items():
        if action in KEYS:
            assert {ask.key for ask in act.asks} <= KEYS[action], action


def test_no_two_acts_that_may_stand_together_have_one_key() -> None:
    shared = [
        {"request-supplement", "receive-supplement"},
        {"request-payment", "receive-payment"},
    ]
    keys: dict[str, set[str]] = {}
    for action, act in ACTS.items():
        keys.setdefault(act.key, set()).add(action)
    assert all(len(names) == 1 or names in shared for names in keys.values())


def test_what_is_missing_is_asked_for_once_and_the_clock_stops(
    hand: Hand, place: Place, opened_papers: list[str]
) -> None:
    opened(1)(hand)
    hand.press("Alt+B")
    assert hand.focus_name == "Giấy tờ còn thiếu, mỗi dòng một loại"
    hand.press("F12")
    hand.wait(lambda: hand.says("Chưa ghi giấy tờ cần bổ sung. Ghi đủ một lần."))
    assert hand.says("Chưa có lý do yêu cầu bổ sung. Gõ lý do.")
    items = hand.focus
    assert isinstance(items, QPlainTextEdit)
    hand.type("Bản sao khai sinh")
    hand.press("Enter")
    hand.type("Ảnh 3x4")
    hand.wait(lambda: items.toPlainText().endswith("3x4"))
    hand.fill("Lý do", "Hồ sơ thiếu")
    hand.fill("Hạn bổ sung, ví dụ 30/11", "30/11")
    hand.press("F12")
    hand.wait(lambda: hand.says("Chờ bổ sung"))
    asked = last(place.dossier(BE[0]), ev.SupplementRequested)
    assert isinstance(asked, ev.SupplementRequested)
    assert asked.items == ("Bản sao khai sinh", "Ảnh 3x4")
    assert asked.until == date(2026, 11, 30)
    hand.wait(lambda: opened_papers)
    assert "Ảnh 3x4" in opened_papers[0]
    assert hand.says("Tiếp theo: chờ người nộp bổ sung")
    # the same key now takes what was missing, and all of it is filled in
    hand.press("Alt+B", "F12")
    hand.wait(lambda: hand.says("Đã nhận bổ sung."))
    received = last(place.dossier(BE[0]), ev.SupplementReceived)
    assert isinstance(received, ev.SupplementReceived)
    assert received.items == asked.items


def test_a_fee_is_asked_for_and_taken_with_what_is_owed(
    hand: Hand, place: Place, opened_papers: list[str]
) -> None:
    opened(1)(hand)
    hand.press("Alt+N")
    hand.fill("Số tiền (đồng)", "mười")
    hand.press("F12")
    hand.wait(lambda: hand.says("Gõ số tiền bằng đồng, ví dụ 15.000."))
    hand.fill("Số tiền (đồng)", "15.000")
    hand.fill("Lý do", "Phí cấp bản sao")
    hand.press("F12")
    hand.wait(lambda: hand.says("Chờ nộp phí"))
    hand.press("Alt+N")
    assert hand.field("Số tiền (đồng)").text() == "15.000"
    hand.fill("Số biên lai", "BL 12")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã ghi thu tiền."))
    paid = last(place.dossier(BE[0]), ev.PaymentReceived)
    assert isinstance(paid, ev.PaymentReceived)
    assert (paid.amount, paid.method, paid.receipt_serial) == (15_000, "Tiền mặt", "BL 12")
    hand.wait(lambda: opened_papers)
    assert "15.000 đ" in opened_papers[0]


def test_a_dossier_goes_up_by_the_words_of_people(hand: Hand, place: Place) -> None:
    opened(2)(hand)
    hand.press("Alt+C")
    hand.press("Ctrl+A")
    hand.type("cấp trên")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã chuyển."))
    assert place.dossier(KUNG[0]).holder.side == "upper"


def test_names_that_come_late_disturb_no_typing(hand: Hand) -> None:
    """The list is read while the clerk types over what stands there."""
    opened(2)(hand)
    may_read, counter = threading.Event(), hand.window.desk.counter  # type: ignore[union-attr]
    hand.window.lanes.records.submit(lambda: may_read.wait(20))
    hand.press("Alt+C")
    combo = hand.focus
    assert isinstance(combo, QComboBox)
    may_read.set()
    hand.settle()
    assert combo.count() > len(counter.officers.all())
    hand.type("Trần")
    hand.press("Tab")
    hand.wait(lambda: "Trần" in combo.currentText())
    assert combo.currentText().startswith("Trần")


def test_whom_to_give_it_to_can_be_chosen(hand: Hand) -> None:
    opened(2)(hand)
    hand.press("Alt+C")
    hand.settle()
    combo = hand.focus
    assert isinstance(combo, QComboBox)
    names = [combo.itemText(n) for n in range(combo.count())]
    assert "Trần Thị Lệ Thủy" in names
    assert "Cấp trên" in names
    assert any("Tư pháp" in name for name in names)


@pytest.mark.parametrize(
    ("number", "key", "lines", "done", "title"),
    [
        (2, "Alt+C", [], "Đã chuyển.", "KIỂM SOÁT"),
        (1, "Alt+G", [("Ngày hẹn mới, ví dụ 30/11", "30/12"), ("Lý do", "Chờ xác minh")],
         "Đã hẹn lại.", "XIN LỖI"),
        (1, "Alt+D", [("Số quyết định", "12/QĐ"), ("Lý do", "Người nộp đề nghị")],
         "Đã dừng giải quyết.", "DỪNG GIẢI QUYẾT"),
        (0, "Alt+K", [("Kệ", "K7"), ("Ngày ký, ví dụ 26/11", "20/11")],
         "Đã ghi có kết quả.", "KIỂM SOÁT"),
    ],
)  # fmt: skip
def test_the_paper_of_an_act_follows_it(
    hand: Hand,
    opened_papers: list[str],
    number: int,
    key: str,
    lines: list[tuple[str, str]],
    done: str,
    title: str,
) -> None:
    do(hand, number, key, lines, done)
    hand.wait(lambda: opened_papers)
    assert title in opened_papers[0].upper()
    assert PEOPLE[number][0] in opened_papers[0]


def test_an_act_without_questions_is_done_at_once(
    hand: Hand, place: Place, opened_papers: list[str]
) -> None:
    opened(0)(hand)
    hand.press("Alt+Y")
    hand.wait(lambda: hand.says("Đã ký nhận."))
    assert isinstance(last(place.dossier(NGUYET[0]), ev.DossierTakenOver), ev.DossierTakenOver)
    assert opened_papers == []


def test_withdrawing_wants_a_reason(hand: Hand, place: Place) -> None:
    opened(1)(hand)
    hand.press("Alt+U", "F12")
    hand.wait(lambda: hand.says("Chưa có lý do rút hồ sơ. Gõ lý do."))
    hand.type("Xin rút để nộp nơi khác")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã rút"))
    assert place.dossier(BE[0]).status == "withdrawn"


def test_what_was_done_last_is_taken_back(hand: Hand, place: Place) -> None:
    do(hand, 0, "Alt+L", [("Lý do", "Chuyển nhầm")], "Đã lấy lại.")
    assert place.dossier(NGUYET[0]).status == "accepted"


def test_another_dossier_closes_the_form(hand: Hand, place: Place) -> None:
    """What was typed for one person never ends up with another."""
    opened(1)(hand)
    hand.press("Alt+U")
    hand.type("Xin rút")
    opened(2)(hand)
    assert not hand.says("Người dân rút hồ sơ về.")
    hand.press("Alt+U")
    assert hand.field("Lý do").text() == ""


def test_a_form_stays_while_its_dossier_is_read_again(hand: Hand) -> None:
    from counter_app.services.results import Changes

    opened(1)(hand)
    hand.press("Alt+U")
    hand.type("Xin rút")
    desk = hand.window.desk
    assert desk is not None
    assert desk.officer is not None
    row = desk.counter.search.find(BE[0])[0]
    desk.announce(Changes(frozenset({row.id})))
    hand.settle()
    assert hand.field("Lý do").text() == "Xin rút"
    assert hand.focus_name == "Lý do"


def test_a_second_new_date_wants_the_head(
    hand: Hand, place: Place, opened_papers: list[str]
) -> None:
    day = "Ngày hẹn mới, ví dụ 30/11"
    do(hand, 1, "Alt+G", [(day, "30/11"), ("Lý do", "Chờ xác minh")], "Đã hẹn lại.")
    hand.press("Alt+G")
    hand.wait(lambda: hand.says("Đã hẹn lại một lần: lần này phải có lãnh đạo duyệt."))
    hand.fill(day, "15/12")
    hand.fill("Lý do", "Vẫn chờ")
    hand.press("F12")
    hand.wait(lambda: hand.says("Hẹn lại lần thứ hai: gõ tên lãnh đạo duyệt."))
    assert hand.focus_name == "Người duyệt"
    hand.type("Trần Văn Mẫu")
    hand.press("F12")
    hand.wait(lambda: f"{place.dossier(BE[0]).due_at:%d/%m}" == "15/12")
