"""The intake with the keyboard alone: four scripts with their key counts, Enter, cases, problems, Esc."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hands import PEOPLE, Hand, Place, named, visible
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
)
from scenes import applicant, filled

from counter_app.domain.dossier import Dossier

CARD = (
    "045190001235|197123456|HỒ THỊ NGUYỆT|05031990|Nữ"
    "|Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị|10052021"
)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PAPERS_DUE = datetime(2026, 11, 26, 17, 0, tzinfo=ZONE)
"""Three working days after Friday the 20th; Tuesday the 24th is a holiday."""
TODAY_DUE = datetime(2026, 11, 20, 17, 0, tzinfo=ZONE)

NUMBER, NAME, BORN, SEX = "Số định danh", "Họ và tên", "Ngày sinh", "Giới tính"
ADDRESS, PHONE = "Nơi cư trú (như trên giấy tờ)", "Điện thoại"
PROCEDURE, CASE = "Tên hoặc chữ đầu", "Trường hợp"
PAPER = "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân"


def saved(hand: Hand, place: Place, before: int) -> Dossier:
    """The one dossier that was added to the book."""
    hand.wait(lambda: hand.says("Đã lưu") and len(place.dossiers()) > before)
    dossiers = place.dossiers()
    assert len(dossiers) == before + 1
    return dossiers[0]


def expect_focus(hand: Hand, name: str) -> None:
    assert hand.focus_name == name


@pytest.fixture
def before(place: Place) -> int:
    """How many dossiers the sample has."""
    return len(place.dossiers())


# ---- the scripts --------------------------------------------------------------------------------


def test_a_ordinary_with_the_card_scanned(hand: Hand, place: Place, before: int) -> None:
    hand.press("F2")
    hand.settle()
    hand.scan(CARD)
    hand.settle()
    expect_focus(hand, PHONE)
    hand.type("0912000345")
    hand.press("Enter")
    expect_focus(hand, PROCEDURE)
    hand.type("xntt")
    hand.press("Enter")
    hand.press("1")
    hand.press("Alt+A")
    hand.press("F12")

    dossier = saved(hand, place, before)
    assert hand.presses <= 21
    party = dossier.facts.applicant
    assert party.name.upper() == "HỒ THỊ NGUYỆT"
    assert party.personal_number == "045190001235"
    assert (party.born_on, party.sex) == ("1990-03-05", "female")
    assert party.address == "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị"
    assert party.phone == "0912000345"
    assert (dossier.facts.procedure.code, dossier.facts.procedure.case_id) == (
        "1.004873",
        "ket-hon-lan-dau",
    )
    assert [component.id for component in dossier.facts.components] == ["g1", "g2"]
    assert dossier.due_at == PAPERS_DUE


def test_b_ordinary_all_typed(hand: Hand, place: Place, before: int) -> None:
    hand.press("F2")
    hand.settle()
    hand.type("045190001235")
    hand.press("Enter")
    hand.settle()
    hand.telex("Hoof Thij Nguyeetj")
    hand.press("Enter")
    hand.settle()
    expect_focus(hand, BORN)
    hand.type("0503")
    hand.press("Enter")
    hand.settle()
    expect_focus(hand, ADDRESS)
    hand.type("tdu")
    hand.settle()
    hand.press("Down", "Enter")
    expect_focus(hand, PHONE)
    hand.type("0912000345")
    hand.press("Enter")
    hand.type("xntt")
    hand.press("Enter")
    hand.press("1")
    hand.press("Alt+A")
    hand.press("F12")

    dossier = saved(hand, place, before)
    assert hand.presses <= 64
    party = dossier.facts.applicant
    assert party.name.upper() == "HỒ THỊ NGUYỆT"
    assert party.personal_number == "045190001235"
    assert (party.born_on, party.sex) == ("1990-03-05", "female")
    assert party.address == "Thôn Ta Đủ, Tân Hợp, Quảng Trị"
    assert party.phone == "0912000345"
    assert dossier.facts.procedure.case_id == "ket-hon-lan-dau"
    assert dossier.due_at == PAPERS_DUE


def test_c_certification_with_the_card(hand: Hand, place: Place, before: int) -> None:
    hand.press("F2")
    hand.settle()
    hand.scan(CARD)
    hand.settle()
    hand.press("Enter")
    expect_focus(hand, PROCEDURE)
    certify_four_pages_twice(hand)

    dossier = saved(hand, place, before)
    assert hand.presses <= 11
    assert dossier.facts.applicant.name.upper() == "HỒ THỊ NGUYỆT"
    expect_certified(dossier)


def test_d_certification_without_a_card(hand: Hand, place: Place, before: int) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    expect_focus(hand, NAME)
    hand.telex("Hoof Thij Nguyeetj")
    hand.press("Enter")
    hand.press("Alt+2")
    expect_focus(hand, PROCEDURE)
    certify_four_pages_twice(hand)

    dossier = saved(hand, place, before)
    assert hand.presses <= 32
    assert dossier.facts.applicant.name.upper() == "HỒ THỊ NGUYỆT"
    assert dossier.facts.applicant.personal_number is None
    expect_certified(dossier)


def certify_four_pages_twice(hand: Hand) -> None:
    hand.type("cts")
    hand.press("Enter")
    hand.settle()
    hand.type("4")
    hand.press("Enter")
    hand.type("2")
    hand.press("Enter")
    hand.press("F12")


def expect_certified(dossier: Dossier) -> None:
    assert dossier.facts.procedure.code == "2.000815"
    (line,) = dossier.facts.pages
    assert (line.pages, line.copies) == (4, 2)
    # 2,000 đ for each of the first two pages of a copy, 1,000 đ for each page after them
    assert dossier.facts.fee_total == 12_000
    assert dossier.due_at == TODAY_DUE


# ---- Enter, cases, papers -----------------------------------------------------------------------


def test_enter_visits_what_is_empty_in_reading_order(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    expect_focus(hand, NUMBER)
    visited = []
    for text in ("", "Hồ Văn Bê", "5390", "Khe Sanh", "0912000345"):
        visited.append(hand.focus_name)
        hand.type(text)
        hand.press("Enter")
    assert visited == [NUMBER, NAME, BORN, ADDRESS, PHONE]
    expect_focus(hand, PROCEDURE)


def test_enter_passes_over_filled_fields_and_tab_does_not(hand: Hand) -> None:
    applicant(hand)
    named(hand.window, QLineEdit, NUMBER).setFocus()
    hand.press("Enter")
    expect_focus(hand, PHONE)
    named(hand.window, QLineEdit, NUMBER).setFocus()
    hand.press("Tab")
    expect_focus(hand, NAME)
    hand.press("Shift+Tab")
    expect_focus(hand, NUMBER)


def test_enter_comes_back_to_what_is_wrong(hand: Hand) -> None:
    """Enter goes to the next field that is empty *or wrong*."""
    hand.press("F2")
    hand.settle()
    for text in ("", "Hồ Văn Bê", "320199", "Khe Sanh", "0912000345"):
        hand.type(text)
        hand.press("Enter")
    hand.settle()
    named(hand.window, QLineEdit, NAME).setFocus()
    hand.press("Enter")
    expect_focus(hand, BORN)


def test_a_village_is_taken_by_a_click_too(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.field(ADDRESS).setFocus()
    hand.type("tdu")
    hand.wait(lambda: hand.suggestions("Thôn, bản"))
    (shown,) = [
        w
        for w in QApplication.allWidgets()
        if isinstance(w, QListWidget) and w.accessibleName() == "Thôn, bản" and w.isVisible()
    ]
    place = shown.visualItemRect(shown.item(0)).center()
    QTest.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert hand.field(ADDRESS).text() == "Thôn Ta Đủ, Tân Hợp, Quảng Trị"
    assert not hand.suggestions("Thôn, bản")


@pytest.mark.parametrize(
    ("digit", "case"), [("1", "ket-hon-lan-dau"), ("2", "da-ly-hon"), ("5", "viec-khac")]
)
def test_one_digit_chooses_the_case(
    hand: Hand, place: Place, before: int, digit: str, case: str
) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Pả Kưng")
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", digit, "Alt+A", "F12")
    assert saved(hand, place, before).facts.procedure.case_id == case


def test_a_single_case_is_filled_and_the_papers_come_next(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Alt+2")
    hand.type("ks")
    hand.press("Enter")
    hand.settle()
    assert named(hand.window, QComboBox, CASE).currentText() == "Thông thường"
    assert isinstance(hand.focus, QCheckBox)


def test_nothing_is_ticked_before_a_hand_ticks_it(hand: Hand) -> None:
    choose_marital_status(hand)
    ticks = visible(hand.window, QCheckBox)
    assert ticks
    assert not any(tick.isChecked() for tick in ticks)
    hand.press("Alt+A")
    assert [tick.isChecked() for tick in ticks] == [True, True, False, False]
    hand.press("Alt+3", "Space")
    hand.wait(lambda: not ticks[0].isChecked())


def test_digits_set_the_count_of_a_paper(hand: Hand, place: Place, before: int) -> None:
    """Space one row, digits set the count."""
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Pả Kưng")
    choose_marital_status(hand)
    hand.press("Alt+3", "Space")
    hand.type("3")
    hand.press("F12")
    (component, *_) = saved(hand, place, before).facts.components
    assert component.originals == 3


def choose_marital_status(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1")
    hand.settle()


@pytest.mark.parametrize(
    "typed", ["xntt", "xac nhan tinh trang hon nhan", "Xác nhận tình trạng", "1.004873"]
)
def test_a_procedure_is_found_by_initials_words_and_code(hand: Hand, typed: str) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Alt+2")
    hand.type(typed)
    hand.press("Enter")
    assert hand.field(PROCEDURE).text() == "Cấp Giấy xác nhận tình trạng hôn nhân"


def test_the_name_is_capitalised_while_typed(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("hồ thị nga")
    hand.settle()
    hand.wait(lambda: hand.field(NAME).text().casefold() == "hồ thị nga")
    assert hand.field(NAME).text() == "HỒ THỊ NGA"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("5390", "05/03/1990"),
        ("05031990", "05/03/1990"),
        ("5/3/90", "05/03/1990"),
        ("1990", "1990"),
        ("3/1990", "03/1990"),
    ],
)
def test_a_date_takes_what_is_usually_typed(hand: Hand, typed: str, shown: str) -> None:
    hand.press("F2")
    hand.settle()
    hand.field(BORN).setFocus()
    hand.type(typed)
    hand.press("Tab")
    assert hand.field(BORN).text() == shown


def test_a_number_is_grouped_on_leaving(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.type("045190001235")
    hand.press("Tab")
    assert hand.field(NUMBER).text() == "045 190 001 235"


def test_the_lost_zero_is_offered(hand: Hand) -> None:
    """11 digits offers the lost zero."""
    hand.press("F2")
    hand.settle()
    hand.type("45190001235")
    hand.press("Tab")
    hand.settle()
    assert hand.says("045190001235") or hand.says("045 190 001 235")


# ---- problems -----------------------------------------------------------------------------------


def without_a_name(hand: Hand) -> None:
    choose_marital_status(hand)


def without_a_procedure(hand: Hand) -> None:
    hand.press("Enter")
    hand.type("Pả Kưng")


def born_on_no_day(hand: Hand) -> None:
    choose_marital_status(hand)
    hand.field(NAME).setFocus()
    hand.type("Pả Kưng")
    hand.field(BORN).setFocus()
    hand.type("320199")


@pytest.mark.parametrize(
    ("type_it", "field", "sentence"),
    [
        (without_a_name, NAME, "Chưa có họ tên người nộp. Gõ họ và tên."),
        (without_a_procedure, PROCEDURE, "Chưa chọn thủ tục. Gõ tên hoặc mã thủ tục."),
        (born_on_no_day, BORN, "Ngày sinh không đúng. Gõ như 05031990."),
    ],
)
def test_f12_goes_to_the_first_problem_and_says_it(
    hand: Hand,
    place: Place,
    before: int,
    type_it: Callable[[Hand], None],
    field: str,
    sentence: str,
) -> None:
    hand.press("F2")
    hand.settle()
    type_it(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Cần xem lại"))
    hand.settle()
    expect_focus(hand, field)
    assert hand.says(sentence)
    assert hand.field(field).property("state") == "error"
    assert hand.field(field).accessibleDescription() == sentence
    assert len(place.dossiers()) == before


def test_a_field_at_fault_says_so_below_itself(hand: Hand) -> None:
    """An error has its icon and sentence below the field."""
    hand.press("F2")
    hand.settle()
    hand.type("12345")
    hand.press("Tab")
    hand.settle()
    field = hand.field(NUMBER)
    assert field.property("state") == "error"
    sentence = field.accessibleDescription()
    assert sentence
    assert hand.says(sentence)


def test_a_sentence_below_a_field_moves_no_other_field_of_its_line(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    line = [hand.field(name) for name in (NUMBER, NAME, BORN)]
    assert len({field.mapTo(hand.window, QPoint()).y() for field in line}) == 1
    hand.type("12345")
    hand.press("Tab")
    hand.settle()
    assert line[0].property("state") == "error"
    QApplication.sendPostedEvents()
    assert len({field.mapTo(hand.window, QPoint()).y() for field in line}) == 1


def test_marks_appear_when_the_field_is_left_not_while_typing(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.type("123")
    hand.settle()
    assert not hand.field(NUMBER).property("state")
    hand.press("Tab")
    hand.settle()
    assert hand.field(NUMBER).property("state") == "error"


def test_what_was_wrong_is_mended_and_saved(hand: Hand, place: Place, before: int) -> None:
    choose_marital_status(hand)
    hand.press("Alt+A", "F12")
    hand.wait(lambda: hand.says("Cần xem lại"))
    hand.settle()
    hand.type("Pả Kưng")
    hand.press("F12")
    assert saved(hand, place, before).facts.applicant.name.upper() == "PẢ KƯNG"


def test_problems_are_listed_with_numbers(hand: Hand) -> None:
    """They replace the slip, with keys 1-9."""
    hand.press("F2")
    hand.settle()
    hand.press("F12")
    hand.wait(lambda: hand.says("Cần xem lại"))
    hand.settle()
    assert not hand.says("Phiếu sẽ in")
    sentences = (
        "Chưa chọn thủ tục. Gõ tên hoặc mã thủ tục.",
        "Chưa có họ tên người nộp. Gõ họ và tên.",
    )
    assert {hand.cap_beside(sentence) for sentence in sentences} == {"1", "2"}


def test_a_click_on_a_problem_goes_to_its_field(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("F12")
    hand.wait(lambda: hand.says("Cần xem lại: 2 chỗ phải sửa"))
    hand.settle()
    expect_focus(hand, PROCEDURE)
    listed = [w for w in visible(hand.window, QFrame) if w.objectName() == "line"]
    (name,) = [w for line in listed for w in visible(line, QLabel) if "họ tên" in w.text()]
    QTest.mouseClick(name, Qt.MouseButton.LeftButton)
    expect_focus(hand, NAME)


def test_what_looks_odd_is_amber_when_it_is_left_and_stops_nothing(
    hand: Hand, place: Place, before: int
) -> None:
    """Theo số định danh thì sinh năm 1990: told below the date, logged, never asked about."""
    applicant(hand)
    hand.fill(BORN, "05031991")
    assert hand.field(BORN).property("state") != "warning"
    hand.press("Alt+2")
    hand.wait(lambda: hand.field(BORN).property("state") == "warning")
    assert hand.says("Theo số định danh thì sinh năm 1990.")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A", "F12")
    assert saved(hand, place, before).facts.applicant.born_on == "1991-03-05"


def alike(hand: Hand) -> None:
    """Somebody whose dossier of the same procedure is not returned yet."""
    hand.press("F2")
    hand.settle()
    hand.type(PEOPLE[0][1])
    hand.press("Enter")
    hand.fill(NAME, PEOPLE[0][0])
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A")
    hand.wait(lambda: hand.says("Người này đang có hồ sơ cùng thủ tục chưa trả"))


def test_the_same_dossier_once_more_is_told_and_can_be_opened(hand: Hand) -> None:
    alike(hand)
    hand.press("Alt+O")
    hand.wait(lambda: hand.says("Diễn biến"))
    assert hand.says("H50.99.01-261120-2001")


def test_the_same_dossier_once_more_can_be_taken_in(hand: Hand, place: Place, before: int) -> None:
    alike(hand)
    hand.press("Alt+V")
    hand.settle()
    assert not hand.says("Người này đang có hồ sơ cùng thủ tục chưa trả")
    hand.fill(PHONE, "0912000345")
    hand.settle()
    assert not hand.says("Người này đang có hồ sơ cùng thủ tục chưa trả")
    hand.press("F12")
    saved(hand, place, before)


# ---- after F12 ----------------------------------------------------------------------------------


def test_after_f12_the_code_is_large_and_the_next_draft_opens_by_itself(
    hand: Hand, place: Place, before: int
) -> None:
    take_in(hand, "Pả Kưng")
    dossier = saved(hand, place, before)
    assert hand.says(dossier.code)
    hand.wait(lambda: not hand.field(NAME).text())
    expect_focus(hand, NUMBER)


def test_after_f12_any_key_opens_the_next_draft(hand: Hand, place: Place, before: int) -> None:
    """The next draft opens after 1.2 s or at any key."""
    take_in(hand, "Pả Kưng")
    saved(hand, place, before)
    hand.type("0")
    hand.wait(lambda: not hand.field(NAME).text(), timeout=900)


def test_the_same_person_again(hand: Hand, place: Place, before: int) -> None:
    applicant(hand)
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A", "F12")
    saved(hand, place, before)
    hand.press("Ctrl+D")
    hand.settle()
    assert hand.field(NAME).text() == "HỒ THỊ NGUYỆT"
    expect_focus(hand, PROCEDURE)
    hand.type("ks")
    hand.press("Enter", "Alt+A", "F12")
    second = saved(hand, place, before + 1)
    assert second.facts.procedure.code == "1.001193"
    assert second.facts.applicant.personal_number == "045190001235"


def test_f12_twice_saves_once(hand: Hand, place: Place, before: int) -> None:
    take_in(hand, "Pả Kưng")
    hand.press("F12")
    saved(hand, place, before)


def take_in(hand: Hand, name: str) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type(name)
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "1", "Alt+A", "F12")


# ---- Esc ----------------------------------------------------------------------------------------


def test_esc_closes_the_list_first_and_then_the_screen_and_discards_nothing(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Pả Kưng")
    hand.press("Alt+2")
    hand.type("xn")
    hand.settle()
    hand.wait(lambda: hand.suggestions("Thủ tục tìm thấy"))
    hand.press("Esc")
    assert not hand.suggestions("Thủ tục tìm thấy")
    assert hand.says("Người nộp")
    assert hand.field(PROCEDURE).text() == "xn"
    hand.press("Esc")
    hand.settle()
    assert hand.says("Cần làm ngay")
    hand.press("F2")
    hand.settle()
    assert hand.field(NAME).text().casefold() == "pả kưng"
    assert hand.field(PROCEDURE).text() == "xn"


def test_coming_back_returns_to_where_it_was(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.field(ADDRESS).setFocus()
    hand.press("F1")
    hand.settle()
    hand.press("F2")
    hand.settle()
    expect_focus(hand, ADDRESS)


@pytest.mark.parametrize(
    ("key", "name"),
    [("Alt+1", NUMBER), ("Alt+2", PROCEDURE), ("Alt+3", PAPER), ("Alt+4", "Số bộ")],
)
def test_alt_and_a_digit_goes_to_a_section(hand: Hand, key: str, name: str) -> None:
    choose_marital_status(hand)
    hand.press(key)
    expect_focus(hand, name)


def test_alt_x_shows_and_hides_the_slip(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    assert hand.says("Phiếu sẽ in")
    hand.press("Alt+X")
    assert not hand.says("Phiếu sẽ in")
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Phiếu sẽ in"))


# ---- a clock that cannot be believed --------------------------------------------------------------


def test_a_wrong_clock_is_told_at_once_and_asked_about_before_anything_is_saved(
    hand: Hand, place: Place, before: int
) -> None:
    place.clock.move(days=-4000)
    with hand.no_dialog() as popped:
        filled(hand)
        hand.wait(lambda: hand.says("Đồng hồ máy chỉ 08/12/2015"))
        hand.press("F12")
        hand.wait(lambda: hand.says("Chưa lưu. Đồng hồ máy chỉ 08/12/2015"), 10_000)
        assert len(place.dossiers()) == before
        # somebody put it right
        place.clock.move(days=4000)
        hand.press("F12")
        hand.wait(lambda: len(place.dossiers()) == before + 1, 10_000)
        hand.settle()
        assert not hand.says("Đồng hồ máy chỉ")
        # a shop that was closed for long: the clock is right, the book is old
        place.clock.move(days=60)
        hand.press("Esc")
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: hand.says("Chưa lưu. Đồng hồ máy chỉ 19/01/2027"), 10_000)
        hand.press("Alt+G", "F12")
        hand.wait(lambda: hand.says("H50.99.01-270119-2001"), 10_000)
    assert popped == []


def test_the_true_day_and_hour_are_typed_and_hold(hand: Hand, place: Place, before: int) -> None:
    place.clock.move(days=-4000)
    filled(hand)
    hand.wait(lambda: hand.says("Đồng hồ máy chỉ 08/12/2015"))
    # nothing takes the keyboard from who types; F12 shows where to
    hand.press("F12")
    hand.wait(lambda: hand.says("Chưa lưu. Đồng hồ máy chỉ 08/12/2015"), 10_000)
    assert hand.focus_name == "Hôm nay là ngày"
    hand.type("31/11")
    hand.press("Enter")
    hand.type("08:10")
    hand.press("F12")
    hand.wait(lambda: hand.says("Ngày giờ không đúng. Gõ ngày như 20/11/2026"), 10_000)
    hand.fill("Hôm nay là ngày", "23/11/2027")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đúng là 23/11/2027 08:10 thì bấm F12 lần nữa"), 10_000)
    assert len(place.dossiers()) == before
    hand.fill("Hôm nay là ngày", "23/11")
    hand.press("F12")
    hand.wait(lambda: hand.says("H50.99.01-261123-2001"), 10_000)
    assert not hand.says("Hôm nay là ngày")
    opened = place.open()
    (made,) = opened.search.by_code("H50.99.01-261123-2001")
    opened.close()
    assert f"{made.dossier.received_at:%d/%m/%Y %H:%M}" == "23/11/2026 08:10"
    # the next one is not asked about
    hand.press("Esc")
    filled(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("H50.99.01-261123-2002"), 10_000)
