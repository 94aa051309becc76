"""What was typed is never lost: not by leaving, locking, closing or killing."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hands import PIN, Hand, Place, named, put_away, sign_in, visible
from PySide6.QtCore import QElapsedTimer, QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLineEdit, QWidget
from scenes import filled

import ui

CARD = "045190001235||HỒ THỊ NGUYỆT|05031990|Nữ|Thôn Ta Đủ, Tân Hợp, Quảng Trị|10052021"
NAME, NUMBER = "Họ và tên", "Số định danh"


def drafts(place: Place, officer: int = 0) -> list[dict[str, object]]:
    """What the store holds of an officer's begun intakes, newest first."""
    counter = place.open()
    try:
        who = counter.officers.all()[officer]
        return [dict(draft.fields) for draft in counter.drafts.list(who.id)]
    finally:
        counter.close()


def begin(hand: Hand, name: str = "Võ Thị Sen") -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type(name)
    hand.press("Enter")


def open_offered(hand: Hand, words: str) -> None:
    """Choose a begun intake among what cannot wait."""
    hand.press("F1")
    hand.wait(lambda: hand.says(words))
    hand.press(hand.cap_beside(words))
    hand.wait(lambda: hand.says("Người nộp"))
    hand.settle()


def test_a_killed_window_loses_no_field(open_window: Callable[[Place], Hand], place: Place) -> None:
    here = Path(__file__).parent
    paths = os.pathsep.join((str(Path(ui.__file__).parents[1]), str(here)))
    child = subprocess.Popen(
        [sys.executable, str(here / "killed.py"), str(place.folder), place.key.hex()],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "typed\n"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()

    hand = open_window(place)
    sign_in(hand)
    hand.wait(lambda: hand.says("Nháp lúc"))
    open_offered(hand, "Nháp lúc")
    assert hand.field(NAME).text().upper() == "VÕ THỊ SEN"
    assert hand.field(NUMBER).text().replace(" ", "") == "045190001235"


def test_a_draft_comes_back_whole_in_another_window(
    open_window: Callable[[Place], Hand], place: Place
) -> None:
    first = open_window(place)
    sign_in(first)
    filled(first)
    first.fill("Điện thoại", "0912000345")
    first.fill("Số bộ", "2")
    first.fill("Ghi chú trên phiếu", "Trả trước 20/11")
    named(first.window, QAbstractButton, "Nhận tại: Bưu chính").click()
    first.settle()
    before = form(first)
    put_away(first.window)

    second = open_window(place)
    sign_in(second)
    open_offered(second, "Nháp lúc")
    second.wait(lambda: form(second)["Phải thu"])
    assert form(second) == before
    assert before["Điện thoại"] == "0912000345"
    assert before["Số bộ"] == "2"


def form(hand: Hand) -> dict[str, str | bool]:
    """Everything that stands in the intake."""
    found: dict[str, str | bool] = {}
    for line in visible(hand.window, QLineEdit):
        found[line.accessibleName()] = line.text()
    found[NUMBER] = hand.field(NUMBER).text().replace(" ", "")
    for choice in visible(hand.window, QComboBox):
        found[choice.accessibleName()] = choice.currentText()
    for tick in visible(hand.window, QCheckBox):
        found[f"{tick.accessibleName()} (có)"] = tick.isChecked()
    for button in visible(hand.window, QAbstractButton):
        if button.accessibleName().startswith("Nhận tại"):
            found[button.accessibleName()] = button.isChecked()
    return found


@pytest.mark.parametrize("way", ["F1", "F3", "Esc", "Ctrl+L", "Ctrl+H", "close"])
def test_leaving_keeps_what_was_typed(hand: Hand, place: Place, way: str) -> None:
    begin(hand)
    if way == "close":
        hand.window.close()
    else:
        hand.press(way)
        hand.settle()
    (kept,) = drafts(place)
    assert "SEN" in str(kept["applicant"]).upper()


def test_each_letter_is_kept_soon_after_it_is_typed(hand: Hand, place: Place) -> None:
    """Nobody leaves the field, nobody presses a key: it is kept all the same."""
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Võ Thị Sen")
    hand.wait(lambda: "SEN" in str(drafts(place)).upper())


def test_an_empty_form_leaves_no_draft(hand: Hand, place: Place) -> None:
    for key in ("F2", "F1", "F2", "Ctrl+H", "Esc", "F2", "Ctrl+L"):
        hand.press(key)
        hand.settle()
    assert drafts(place) == []


def test_holding_a_draft_begins_a_new_one_and_it_is_listed(hand: Hand, place: Place) -> None:
    begin(hand)
    hand.press("Ctrl+H")
    hand.settle()
    assert hand.field(NAME).text() == ""
    assert hand.focus_name == NUMBER
    begin(hand, "Lê Quốc Bảo")
    hand.press("Ctrl+H")
    hand.settle()
    assert len(drafts(place)) == 2
    hand.press("Ctrl+J")
    hand.wait(lambda: hand.says("Nháp lúc"))
    open_offered(hand, "VÕ THỊ SEN" if hand.says("VÕ THỊ SEN") else "Võ Thị Sen")
    assert hand.field(NAME).text().upper() == "VÕ THỊ SEN"


def test_a_saved_dossier_leaves_no_draft(hand: Hand, place: Place) -> None:
    filled(hand)
    hand.settle()
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu"))
    hand.settle()
    assert drafts(place) == []


@contextmanager
def held(hand: Hand) -> Iterator[None]:
    """The lane of the book is busy for so long."""
    go_on = threading.Event()
    hand.window.lanes.records.submit(lambda: go_on.wait(10))
    yield
    go_on.set()
    hand.settle()


def test_a_form_left_while_it_is_saved_is_one_dossier_and_no_draft(
    hand: Hand, place: Place
) -> None:
    """Neither the next form takes its mark, nor is it offered once more as a draft."""
    before = len(place.dossiers())
    filled(hand)
    hand.settle()
    page = hand.window.frame.page("F2")
    with held(hand):
        hand.fill("Điện thoại", "0912000345")
        hand.press("F12")
        # what is checked and kept a moment after the last letter has its turn now
        hand.wait(lambda: not page._check_soon.isActive())
        hand.press("Ctrl+H")
        hand.press("Enter")
        hand.type("Võ Thị Sen")
    hand.wait(lambda: len(place.dossiers()) == before + 1, 10_000)
    hand.settle()
    assert hand.field(NAME).isEnabled()
    hand.wait(lambda: hand.field(NAME).text().upper() == "VÕ THỊ SEN")
    assert page.taking.made is None
    hand.wait(lambda: len(drafts(place)) == 1)
    assert "SEN" in str(drafts(place)[0]).upper()


@pytest.mark.parametrize("way", ["F1", "Ctrl+H"])
def test_a_form_left_while_it_is_refused_stays_a_draft(hand: Hand, place: Place, way: str) -> None:
    before = len(place.dossiers())
    begin(hand)
    hand.settle()
    with held(hand):
        hand.press("F12", way)
    hand.wait(lambda: len(drafts(place)) == 1, 10_000)
    assert "SEN" in str(drafts(place)[0]).upper()
    assert len(place.dossiers()) == before
    if way == "Ctrl+H":
        assert hand.says("Hồ sơ trước chưa lưu được, đã để ở nháp")


def test_another_officer_does_not_see_her_drafts(hand: Hand, place: Place) -> None:
    begin(hand)
    hand.press("Ctrl+L")
    # nobody else sits down within the moment after which a form is kept by itself
    since = QElapsedTimer()
    since.start()
    hand.wait(lambda: drafts(place) and since.elapsed() > 200)
    hand.wait(lambda: hand.says("Lê Văn Phúc"))
    hand.settle()
    hand.press_button("3").click()
    hand.fill("Mã PIN", PIN)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Cần làm ngay") and hand.says("Lê Văn Phúc"))
    hand.settle()
    assert not hand.says("Nháp lúc")
    hand.press("F2")
    hand.settle()
    assert hand.field(NAME).text() == ""
    assert len(drafts(place)) == 1


def test_locking_keeps_the_screen_for_the_same_officer(hand: Hand) -> None:
    """Locking keeps screen and drafts."""
    begin(hand)
    hand.press("Ctrl+L")
    hand.settle()
    sign_in(hand)
    hand.press("F2")
    hand.settle()
    assert hand.field(NAME).text().upper() == "VÕ THỊ SEN"


def test_a_counter_that_was_left_locks_after_five_minutes(hand: Hand) -> None:
    window = hand.window

    def is_open_after(minutes: int) -> bool:
        hand.pace.ms += minutes * 60_000
        begun = hand.pace.ms
        window.idle.start(1)
        # each look finds the clock later
        hand.wait(lambda: hand.pace.ms > begun + 300 or window.currentWidget() is window.sign_in)
        window.idle.stop()
        return window.currentWidget() is window.frame

    begin(hand)
    assert window.idle.isActive()
    assert window.idle.interval() < 10_000
    assert is_open_after(4)
    # a hand on the mouse is somebody too
    QTest.mouseMove(window, QPoint(300, 300))
    QTest.mouseMove(window, QPoint(310, 300))
    assert is_open_after(4)
    assert not is_open_after(1)
    assert window.currentWidget() is window.sign_in
    hand.settle()
    sign_in(hand)
    hand.press("F2")
    hand.settle()
    assert hand.field(NAME).text().upper() == "VÕ THỊ SEN"


def test_a_question_that_nobody_answers_does_not_keep_it_open(hand: Hand) -> None:
    def nobody(asked: QWidget) -> None:
        hand.pace.ms += 300_000
        hand.window.idle.start(1)

    assert hand.during_dialog(nobody, lambda: hand.press("Shift+F1"))
    hand.wait(lambda: hand.window.currentWidget() is hand.window.sign_in)


def test_a_draft_of_an_organisation_asks_for_its_tax_code_and_the_next_form_for_a_person(
    hand: Hand,
) -> None:
    begin(hand, "Hợp tác xã Cà phê")
    named(hand.window, QComboBox, "Nộp cho").setFocus()
    hand.press("Down", "Down")
    hand.wait(lambda: hand.says("Mã số thuế"))
    hand.press("Ctrl+H")
    hand.wait(lambda: not hand.says("Mã số thuế"))
    assert hand.says("Số định danh")
    open_offered(hand, "Nháp lúc")
    hand.wait(lambda: hand.says("Mã số thuế") and hand.says("Tên tổ chức"))


@pytest.mark.parametrize("key", ["Ctrl++", "Ctrl+K"])
def test_another_look_keeps_what_stands_in_the_form(hand: Hand, key: str) -> None:
    filled(hand)
    before = form(hand)
    hand.press(key)
    hand.settle()
    hand.wait(lambda: hand.field("Phải thu").text())
    assert form(hand) == before


def test_a_card_for_a_held_visit_is_kept_with_its_source(hand: Hand, place: Place) -> None:
    hand.press("F2")
    hand.settle()
    hand.scan(CARD)
    hand.settle()
    hand.press("F1")
    hand.settle()
    open_offered(hand, "Nháp lúc")
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A", "F12")
    hand.wait(lambda: hand.says("Đã lưu"))
    applicant = place.dossiers()[0].facts.applicant
    assert (applicant.name, applicant.personal_number) == ("HỒ THỊ NGUYỆT", "045190001235")
