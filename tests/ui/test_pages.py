"""What each screen is for, done once: sign in, look up, act, return, print, sync, settings."""

import gc
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from hands import (
    PEOPLE,
    PIN,
    Hand,
    Place,
    TickingClock,
    named,
    put_away,
    sign_in,
    tell_time,
    unplug,
    visible,
)
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QListView, QWidget
from pytestqt.qtbot import QtBot
from scenes import filled, opened, returning, screen

from counter_app.domain.printer import KeptPrinter, PrinterRole, Profile
from counter_app.domain.published import PROCEDURES, Published
from counter_app.domain.slip_code import decode as decode_slip
from counter_app.errors import EnvironmentFault, Refused
from counter_app.printing.virtual import Fault, VirtualPrinter
from counter_app.services.acts import Acted
from counter_app.services.tickets import Taken
from resources import procedure_texts
from ui.application import _WHILE_LOADING, Doors, Window
from ui.theme import CONTRAST, LIGHT, text_scale

TITLES = {
    "F1": "Bàn làm việc",
    "F2": "Tiếp nhận",
    "F3": "Tra cứu",
    "F4": "Trả kết quả",
    "F5": "Xử lý",
    "F6": "Số thứ tự",
    "F8": "Thủ tục",
    "F9": "Đồng bộ",
    "F11": "Thiết lập",
}
NGUYET, BE, KUNG, NGA, HOA, UYEN = PEOPLE


def title(hand: Hand) -> str:
    """What the header says."""
    return next(w.text() for w in visible(hand.window, QLabel) if w.objectName() == "title")


# ---- the rail -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", TITLES)
def test_a_key_of_the_rail_opens_its_screen(hand: Hand, key: str) -> None:
    hand.press(key)
    hand.settle()
    assert title(hand) == TITLES[key]
    chosen = [b for b in visible(hand.window, QAbstractButton) if b.property("kind") == "rail"]
    assert [b.isChecked() for b in chosen] == [
        b.accessibleName().endswith(f"({key})") for b in chosen
    ]


def test_the_rail_has_every_screen_it_can_open(hand: Hand) -> None:
    rail = [b for b in visible(hand.window, QAbstractButton) if b.property("kind") == "rail"]
    assert [b.text().strip() for b in rail] == list(TITLES.values())
    for button in rail:
        button.click()
        hand.settle()
        assert title(hand) == button.text().strip()


def test_screens_may_be_visited_again_and_again(hand: Hand) -> None:
    """Any order, many times: nothing of a screen dies when it is left."""
    chance = random.Random(11)
    keys = list(TITLES) * 3
    chance.shuffle(keys)
    for key in keys:
        hand.front()
        hand.press(key)
        hand.settle()
        assert title(hand) == TITLES[key]


def test_coming_back_to_a_dossier_shows_it_still(hand: Hand) -> None:
    opened(0)(hand)
    for key in ("F1", "F3", "F9", "F3"):
        hand.press(key)
        hand.settle()
    assert hand.says("Diễn biến")
    assert hand.press_button("In lại phiếu")


@pytest.mark.parametrize("key", ["F7", "F10", "Alt+9", "Ctrl+B"])
def test_a_key_without_work_here_does_nothing(hand: Hand, key: str) -> None:
    hand.press("F1")
    hand.settle()
    hand.press(key)
    hand.settle()
    assert title(hand) == TITLES["F1"]


def test_help_lists_the_keys_of_this_screen(hand: Hand) -> None:
    told: list[str] = []
    hand.press("F2")
    hand.settle()
    hand.during_dialog(
        lambda question: told.extend(w.text() for w in visible(question, QLabel)),
        lambda: hand.press("Shift+F1"),
    )
    words = "\n".join(told)
    assert "Alt+A: đủ giấy tờ" in words
    assert "Ctrl+L" in words


# ---- signing in ---------------------------------------------------------------------------------


@pytest.fixture
def door(open_window: Callable[[Place], Hand], place: Place) -> Hand:
    """Somebody before the sign-in screen."""
    return open_window(place)


def enter_pin(hand: Hand, pin: str) -> None:
    hand.fill("Mã PIN", pin)
    hand.press("Enter")


def test_the_right_pin_opens_the_desk(door: Hand) -> None:
    enter_pin(door, PIN)
    door.wait(lambda: door.says("Cần làm ngay"))
    assert door.says("Hồ Thị Mai")


def test_a_wrong_pin_is_told_and_counted(door: Hand) -> None:
    for left in (4, 3):
        enter_pin(door, "999999")
        door.wait(lambda left=left: door.says(f"Sai mã PIN, còn {left} lần"))  # type: ignore[misc]
        assert door.field("Mã PIN").text() == ""
        assert door.window.frame is None
    enter_pin(door, PIN)
    door.wait(lambda: door.says("Cần làm ngay"))


def test_five_wrong_pins_lock_with_a_countdown(door: Hand, clock: TickingClock) -> None:
    for _ in range(5):
        enter_pin(door, "999999")
        door.wait(lambda: not door.field("Mã PIN").text())
        door.settle()
    door.wait(lambda: door.says("Thử lại sau"))
    enter_pin(door, PIN)
    door.settle()
    assert door.window.frame is None
    clock.move(seconds=61)
    enter_pin(door, PIN)
    door.wait(lambda: door.says("Cần làm ngay"))


def test_a_digit_chooses_a_tile_before_the_pin(door: Hand) -> None:
    """Keys: 1-9 tile, digits, Enter."""
    door.press("2")
    door.settle()
    door.type(PIN)
    door.press("Enter")
    door.wait(lambda: door.window.frame is not None)
    door.settle()
    assert door.says("Trần Thị Lệ Thủy")


def test_esc_empties_the_pin(door: Hand) -> None:
    door.field("Mã PIN").setFocus()
    door.type("1234")
    door.wait(lambda: door.field("Mã PIN").text() == "1234")
    door.press("Esc")
    assert door.field("Mã PIN").text() == ""


def test_the_pin_is_never_shown(door: Hand) -> None:
    pin = door.field("Mã PIN")
    door.type("246")
    assert pin.echoMode() is QLineEdit.EchoMode.Password
    assert "246" not in pin.displayText()


def test_locking_hides_everything_and_another_may_sign_in(hand: Hand) -> None:
    hand.press("Ctrl+L")
    hand.settle()
    assert not any(hand.says(name) for name, *_ in PEOPLE)
    hand.press_button("2").click()
    enter_pin(hand, PIN)
    hand.wait(lambda: hand.says("Cần làm ngay"))
    hand.settle()
    assert hand.says("Trần Thị Lệ Thủy")
    assert not hand.says("Hồ Thị Mai")


@pytest.mark.parametrize("key", ["F2", "F3", "F12", "Ctrl+P", "Shift+F1"])
def test_no_key_goes_round_the_lock(hand: Hand, key: str) -> None:
    hand.press("Ctrl+L")
    hand.settle()
    hand.press(key)
    hand.settle()
    assert hand.says("Ai đang ngồi quầy?")


# ---- before the desk ----------------------------------------------------------------------------


def test_old_garbage_is_looked_for_again_when_the_screens_are_loaded(
    place: Place, qtbot: QtBot
) -> None:
    usual = gc.get_threshold()
    gc.set_threshold(*_WHILE_LOADING)
    try:
        with window_behind(place.doors(), qtbot):
            qtbot.waitUntil(lambda: gc.get_threshold() == usual)
    finally:
        gc.set_threshold(*usual)


@contextmanager
def window_behind(doors: Doors, qtbot: QtBot) -> Iterator[Hand]:
    with pytest.MonkeyPatch.context() as patch:
        window = Window(doors)
        try:
            window.show()
            window.activateWindow()
            qtbot.waitUntil(window.isActiveWindow)
            yield Hand(qtbot, window, tell_time(patch))
        finally:
            put_away(window)


def doors(place: Place, state: str, opens: Callable[[str | None], object]) -> Doors:
    return Doors(
        place.folder,
        False,
        lambda: state,
        opens,
        lambda *_: "",
        lambda: [],
        lambda _: "",
        lambda *_: (0, None),
    )  # type: ignore[arg-type]


def test_a_passphrase_opens_the_store(place: Place, qtbot: QtBot) -> None:
    def opens(passphrase: str | None) -> object:
        if passphrase != "cau mo so dung":
            raise Refused("wrong_key", "Câu mở sổ không đúng. Hãy gõ lại.")
        return place.open()

    with window_behind(doors(place, "passphrase", opens), qtbot) as hand:
        hand.wait(lambda: hand.says("Gõ câu mở sổ"))
        hand.type("sai")
        hand.press("Enter")
        hand.wait(lambda: hand.says("Câu mở sổ không đúng. Hãy gõ lại."))
        assert named(hand.window, QLineEdit, "Câu mở sổ").hasFocus()
        hand.type("cau mo so dung")
        hand.press("Enter")
        hand.wait(lambda: hand.says("Ai đang ngồi quầy?"))


def test_what_is_typed_while_the_store_opens_is_not_lost(place: Place, qtbot: QtBot) -> None:
    may_open = threading.Event()

    def opens(_: str | None) -> object:
        may_open.wait(20)
        return place.open()

    with window_behind(doors(place, "ready", opens), qtbot) as hand:
        hand.type("2" + PIN)
        hand.press("Enter")
        hand.wait(lambda: hand.says("Đang mở sổ"))
        may_open.set()
        hand.wait(lambda: hand.says("Cần làm ngay"))
        assert hand.says("Trần Thị Lệ Thủy")


def test_a_digit_typed_while_the_store_opens_chooses_the_tile(place: Place, qtbot: QtBot) -> None:
    may_open = threading.Event()

    def opens(_: str | None) -> object:
        may_open.wait(20)
        return place.open()

    with window_behind(doors(place, "ready", opens), qtbot) as hand:
        pin = named(hand.window, QLineEdit, "Mã PIN")
        hand.type("3")
        hand.wait(lambda: pin.text() == "3")
        may_open.set()
        hand.wait(lambda: hand.says("Lê Văn Phúc"))
        assert hand.press_button("3").isChecked()
        assert (pin.text(), pin.hasFocus()) == ("", True)


def test_a_damaged_store_is_a_plain_sentence_and_never_a_first_start(
    place: Place, qtbot: QtBot
) -> None:
    with window_behind(doors(place, "damaged", lambda _: None), qtbot) as hand:
        hand.wait(lambda: hand.says("bị hỏng"))
        assert hand.says("Đừng xóa tệp nào.")
        assert not hand.says("Cơ quan và quầy")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (EnvironmentFault("disk_fault", "Ổ đĩa không đọc được."), "Ổ đĩa không đọc được."),
        (RuntimeError("045190001234 HỒ THỊ NGUYỆT"), "Chưa mở được sổ."),
    ],
)
def test_a_store_that_does_not_open_is_told_in_words(
    place: Place, qtbot: QtBot, fault: Exception, sentence: str
) -> None:
    def opens(_: str | None) -> object:
        raise fault

    with window_behind(doors(place, "ready", opens), qtbot) as hand:
        hand.wait(lambda: hand.says(sentence))
        assert not hand.says("RuntimeError")
    for written in place.folder.glob("*.txt"):
        assert "NGUYỆT" not in written.read_text(encoding="utf-8")


def test_a_fault_of_ours_is_a_sentence_and_a_file_without_personal_data(
    hand: Hand, place: Place
) -> None:
    def work() -> None:
        raise RuntimeError("045190001234 HỒ THỊ NGUYỆT")

    hand.window.lanes.records.submit(work)
    hand.wait(lambda: hand.says("Chương trình gặp sự cố"))
    (written,) = place.folder.glob("*.txt")
    text = written.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert "NGUYỆT" not in text
    assert "045190001234" not in text


# ---- F1 -----------------------------------------------------------------------------------------


def test_the_desk_counts_and_each_figure_opens_its_list(hand: Hand) -> None:
    hand.press("F1")
    hand.wait(lambda: hand.says(f"Nhận hôm nay: {len(PEOPLE)}"))
    hand.press("Alt+4")
    hand.wait(lambda: hand.says("Chờ trả: 1"))
    hand.press("Alt+3")
    hand.wait(lambda: hand.says("Không có việc quá hạn. Tốt."))


def test_what_was_saved_and_not_printed_stands_first(hand: Hand) -> None:
    hand.press("F1")
    hand.wait(lambda: hand.says(f"của {NGUYET[0]} vừa lưu, chưa in. Đừng nhận lại."))


def test_enter_on_the_desk_opens_the_dossier(hand: Hand) -> None:
    hand.press("F1")
    hand.settle()
    hand.press("Down", "Enter")
    hand.wait(lambda: hand.says("Diễn biến") and hand.says(HOA[0]))
    hand.settle()
    assert title(hand) == TITLES["F3"]
    assert hand.says(HOA[0])


def test_a_list_keeps_its_row_when_data_refreshes(hand: Hand) -> None:
    hand.press("F1")
    hand.settle()
    hand.press("Down", "Down")
    shown = next(iter(visible(hand.window, QListView)))
    row = shown.currentIndex().row()
    name = shown.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert row == 2
    desk = hand.window.desk
    assert desk is not None
    from counter_app.services.results import Changes

    desk.announce(Changes())
    hand.settle()
    assert shown.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole) == name


# ---- F3 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    ["ho thi nguyet", "nguyet ho", "HỒ THỊ NGUYỆT", "nguyet", "045190001234", "261120-2001"],
)
def test_search_finds_without_accents_by_number_and_by_code(hand: Hand, typed: str) -> None:
    screen("F3")(hand)
    hand.type(typed)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Mã 1.004873") or hand.says(f"{NGUYET[0]}"))
    hand.settle()
    code = next(w.text() for w in visible(hand.window, QLabel) if "H50.99.01" in w.text())
    assert code.startswith("H50.99.01-261120-2001")
    assert hand.says(NGUYET[0])


def test_enter_opens_what_was_typed_and_not_what_stood_there_before(hand: Hand) -> None:
    """Enter may come before the answer: it belongs to the words, not to the old list."""
    screen("F3")(hand)
    hand.type("pa kung")
    hand.press("Enter")
    hand.wait(lambda: hand.says(KUNG[0]))
    for _ in range(3):
        hand.settle()
        assert hand.says(KUNG[0])
    assert next(iter(visible(hand.window, QListView))).hasFocus()


def test_search_does_not_wait_for_enter(hand: Hand) -> None:
    screen("F3")(hand)
    hand.type("pa kung")
    hand.wait(lambda: hand.says("1 hồ sơ"))
    assert hand.focus_name == "Tìm hồ sơ"


def test_the_list_is_narrowed_by_one_key_round_and_round(hand: Hand) -> None:
    """The first is in process, the fourth waits on its shelf; Esc takes the filter off again."""
    screen("F3")(hand)
    assert hand.says("Ctrl+F")
    assert hand.says("lọc")
    hand.type("045")
    hand.wait(lambda: hand.says("6 hồ sơ: 5 đang xử lý, 1 chờ trả"))
    shown = next(iter(visible(hand.window, QListView)))

    def listed() -> list[str]:
        lines = [
            shown.model().index(n, 0).data(Qt.ItemDataRole.AccessibleTextRole)
            for n in range(shown.model().rowCount())
        ]
        return [name for name, *_ in PEOPLE if any(name in line for line in lines)]

    everyone, nga = [name for name, *_ in PEOPLE], PEOPLE[3][0]
    assert listed() == everyone
    for word, names in (
        ("Đang xử lý", [name for name in everyone if name != nga]),
        ("Chờ trả", [nga]),
        ("Đã trả", []),
        ("Tất cả", everyone),
    ):
        hand.press("Ctrl+F")
        hand.settle()
        assert hand.press_button(word).isChecked()
        assert listed() == names
        assert hand.says("Không có hồ sơ nào như vậy ở mục Đã trả") == (word == "Đã trả")
        assert hand.focus_name == "Tìm hồ sơ"
    hand.press_button("Chờ trả").click()
    hand.settle()
    assert listed() == [nga]
    hand.press("Esc")
    hand.settle()
    assert title(hand) == TITLES["F3"]
    assert hand.press_button("Tất cả").isChecked()


def test_with_nothing_typed_the_filter_is_of_today(hand: Hand) -> None:
    screen("F3", "Ctrl+F", "Ctrl+F")(hand)
    hand.wait(lambda: hand.says("Nhận hôm nay"))
    hand.press("Down")
    shown = next(iter(visible(hand.window, QListView)))
    assert shown.model().rowCount() == 1


def test_where_nothing_is_found_nothing_can_be_done(hand: Hand) -> None:
    """F12 would go to the dossier that was looked for before."""
    screen("F3")(hand)
    hand.type("045")
    hand.press("Enter")
    hand.wait(lambda: hand.says("Chuyển xử lý"))
    hand.press("F3")
    hand.type("khong co ai")
    hand.wait(lambda: hand.says("Không có hồ sơ nào như vậy"))
    hand.wait(lambda: hand.says("Chọn một hồ sơ ở bên trái"))
    assert not hand.says("Chuyển xử lý")
    assert not hand.says("Tiếp nhận, cấp mã hồ sơ")


def test_a_dossier_shows_its_state_story_papers_and_money(hand: Hand) -> None:
    opened(0)(hand)
    assert hand.says("Đang xử lý")
    assert hand.says("Còn 6 ngày")
    assert hand.says("Chuyển xử lý")
    assert hand.says("17:00 Thứ Năm 26/11/2026")
    assert hand.says("đã lưu ở máy này")
    assert hand.says("045***234")
    assert not hand.says(NGUYET[1])
    for key, words in (
        ("Alt+2", "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân"),
        ("Alt+3", "Chưa in phiếu nào"),
        ("Alt+4", "Phải thu"),
        ("Alt+5", "Chưa sửa gì"),
        ("Alt+1", "Tiếp nhận, cấp mã hồ sơ"),
    ):
        hand.press(key)
        hand.wait(lambda words=words: hand.says(words))  # type: ignore[misc]


def test_a_form_takes_the_room_of_the_story_where_there_is_little(hand: Hand) -> None:
    """A tab brings the story back, and so does closing the form."""
    story = "Tiếp nhận, cấp mã hồ sơ"
    opened(1, "Alt+S")(hand)
    assert hand.says(story)
    hand.window.resize(1092, 614)
    hand.settle()
    assert not hand.says(story)
    for key in ("Alt+1", "Esc"):
        hand.press(key)
        hand.settle()
        assert hand.says(story)
    hand.press("Alt+S")
    hand.settle()
    assert not hand.says(story)
    hand.press("Esc")
    hand.settle()
    assert hand.says(story)


def test_esc_empties_the_box_first_and_then_goes_home(hand: Hand) -> None:
    screen("F3")(hand)
    hand.type("nguyet")
    hand.settle()
    hand.press("Esc")
    hand.settle()
    assert title(hand) == TITLES["F3"]
    assert hand.field("Tìm hồ sơ").text() == ""
    hand.press("Esc")
    assert title(hand) == TITLES["F1"]


def test_f12_does_the_likeliest_thing(hand: Hand, place: Place) -> None:
    opened(2)(hand)
    assert hand.press_button("Chuyển xử lý").isVisible()
    with hand.no_dialog() as popped:
        hand.press("F12")
        assert hand.focus_name == "Chuyển cho"
        hand.press("F12")
        hand.wait(lambda: place.dossier(KUNG[0]).status == "in_process")
        hand.wait(lambda: hand.says("Đang xử lý"))
    assert popped == []
    dossier = place.dossier(KUNG[0])
    assert dossier.holder.name == dossier.facts.procedure.unit


def test_voiding_wants_a_reason_and_its_own_letter(hand: Hand, place: Place) -> None:
    """Neither Enter nor F12 confirms what destroys: its own letter does."""
    opened(2)(hand)
    hand.press("Alt+H")
    hand.press("Alt+H")
    hand.wait(lambda: hand.says("Chưa có lý do hủy. Gõ lý do."))
    hand.type("Ghi nhầm người")
    hand.press("Enter", "F12")
    hand.wait(lambda: hand.says("Việc này chỉ Alt+H mới làm được."))
    hand.settle()
    assert not any(d.voided for d in place.dossiers())
    hand.press("Alt+H")
    hand.wait(lambda: hand.says("Đã hủy"))
    (voided,) = [d for d in place.dossiers() if d.voided]
    assert voided.facts.applicant.name == KUNG[0]


def test_a_new_date_is_typed_as_people_write_it(hand: Hand, place: Place) -> None:
    """A wrong one is told below its line: nothing that was typed is lost."""
    day = "Ngày hẹn mới, ví dụ 30/11"
    opened(0)(hand)
    hand.press("Alt+G")
    hand.fill(day, "31/11")
    hand.fill("Lý do", "Chờ xác minh")
    hand.press("F12")
    hand.wait(lambda: hand.says("Không có ngày giờ đó. Gõ ngày như 30/11 và giờ như 17:00."))
    assert hand.focus_name == day
    hand.fill(day, "20/11")
    hand.press("F12")
    hand.wait(lambda: hand.says("Ngày hẹn lại phải sau ngày hẹn đang có hiệu lực."))
    assert hand.field("Lý do").text() == "Chờ xác minh"
    hand.fill(day, "18/12")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã hẹn lại."))
    dossier = place.dossier(NGUYET[0])
    assert f"{dossier.due_at:%H:%M %d/%m/%Y}" == "17:00 18/12/2026"


def test_esc_in_a_form_leaves_everything_as_it_is(hand: Hand, place: Place) -> None:
    opened(2)(hand)
    hand.press("Alt+H")
    hand.type("Ghi nhầm")
    hand.press("Esc")
    hand.settle()
    assert title(hand) == TITLES["F3"]
    assert not hand.says("Gõ lý do, rồi bấm Alt+H")
    assert not any(d.voided for d in place.dossiers())


def test_a_correction_keeps_old_and_new_side_by_side(hand: Hand, place: Place) -> None:
    opened(2)(hand)
    hand.press("Alt+S")
    hand.fill("Lý do", "sai tên")
    hand.fill("Họ tên", "PẢ KÊNG")
    hand.press("F12")
    hand.wait(lambda: hand.says("PẢ KÊNG"))
    hand.press("Alt+5")
    hand.wait(lambda: hand.says("Họ tên: PẢ KƯNG thành PẢ KÊNG"))
    assert place.dossier("PẢ KÊNG").receipt.no == 2


# ---- F4 -----------------------------------------------------------------------------------------


def test_a_result_is_handed_over_to_its_owner(hand: Hand, place: Place) -> None:
    returning()(hand)
    assert hand.says(NGA[0])
    hand.press("F12")
    hand.wait(lambda: hand.says(f"Đã giao kết quả của {NGA[0]}."))
    dossier = place.dossier(NGA[0])
    assert dossier.status == "returned"
    assert dossier.handed_over is not None
    assert dossier.handed_over.receiver is None


def test_what_is_handed_over_is_listed(hand: Hand, place: Place) -> None:
    """The result with its number, and the originals; not the form, not what was only shown."""
    counter = place.open()
    officer = counter.officers.all()[0]
    (row,) = counter.search.find(BE[0])
    done = {"decision_no": "212/2026", "shelf": "A3"}
    assert isinstance(counter.acts.act(row.id, "complete", done, officer), Acted)
    counter.close()
    facts = place.dossier(BE[0]).facts
    kept = {paper.name for paper in facts.components if paper.present or "Tờ khai" in paper.name}
    back = [p.name for p in facts.components if p.originals and p.name not in kept]
    assert kept
    assert back
    screen("F4")(hand)
    assert not hand.says("Số, ký hiệu")
    hand.type(BE[1])
    hand.press("Enter")
    hand.wait(lambda: hand.says("Kệ A3"))
    hand.wait(lambda: hand.says("212/2026"))
    assert hand.says("Giấy giao lại")
    assert hand.says(facts.procedure.result)
    assert all(hand.says(f"Bản chính: {name}") for name in back)
    assert not any(hand.says(name) for name in kept)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã giao"))
    assert not hand.says("212/2026")


def test_a_second_return_says_when_and_to_whom(hand: Hand) -> None:
    """As in: Đã trả lúc 10:12 ngày 19/11 cho Hồ Văn Bê."""
    returning()(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã giao"))
    hand.fill("Tìm kết quả để trả", "H50.99.01-261120-2004")
    hand.press("Enter")
    hand.wait(lambda: hand.says("Đã trả lúc 09:24 ngày 20/11"))
    assert hand.says(f"cho {NGA[0]}")


def test_after_a_return_the_box_is_ready_for_the_next(hand: Hand) -> None:
    returning()(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã giao"))
    assert hand.focus_name == "Tìm kết quả để trả"
    assert (
        hand.field("Tìm kết quả để trả").selectedText() == hand.field("Tìm kết quả để trả").text()
    )


def test_a_typed_code_is_no_proof_of_a_slip(hand: Hand) -> None:
    """Only a signature makes a slip genuine; a code can be copied by anyone."""
    screen("F4")(hand)
    hand.fill("Tìm kết quả để trả", "H50.99.01-261120-2004")
    hand.press("Enter")
    hand.wait(lambda: hand.says("Kệ K2"))
    assert not hand.says("Phiếu đúng")


def test_another_card_makes_it_a_return_to_a_proxy(hand: Hand, place: Place) -> None:
    returning()(hand)
    hand.scan("045085000778||PẢ KƯNG|01021985|Nam|Bản Cuôi, Hướng Lập, Quảng Trị|15082021|")
    hand.wait(lambda: hand.says("Không phải chủ hồ sơ: chọn người được ủy quyền."))
    assert hand.field("Họ tên người nhận").text() == "PẢ KƯNG"
    hand.fill("Quan hệ", "chồng")
    hand.fill("Giấy ủy quyền đã xem", "Giấy ủy quyền 12/2026")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã giao"))
    dossier = place.dossier(NGA[0])
    assert dossier.handed_over is not None
    assert dossier.handed_over.receiver is not None
    assert dossier.handed_over.receiver.name == "PẢ KƯNG"


def test_the_owners_card_matches(hand: Hand) -> None:
    returning()(hand)
    hand.scan(f"{NGA[1]}||{NGA[0]}|01021992|Nữ|Thôn Húc Ván, Húc, Quảng Trị|15082021|")
    hand.wait(lambda: hand.says("Đúng chủ hồ sơ"))


def test_what_is_owed_is_taken_with_its_change(hand: Hand, place: Place) -> None:
    counter = place.open()
    officer = counter.officers.all()[0]
    (row,) = counter.search.find(UYEN[0])
    asked = {"amount": 16_000, "reason": "Phí"}
    for action, fields in (
        ("request-payment", asked),
        ("receive-payment", {"amount": 0, "note": "thu khi trả"}),
        ("complete", {"shelf": "A3"}),
    ):
        assert isinstance(counter.acts.act(row.id, action, fields, officer), Acted), action
    view = counter.search.open(row.id)
    counter.close()
    assert view is not None
    owed = view.dossier.facts.fee_total
    assert owed
    screen("F4")(hand)
    hand.type(UYEN[1])
    hand.press("Enter")
    hand.wait(lambda: hand.says("Kệ A3"))
    hand.press("F12")
    hand.wait(lambda: hand.says("Còn phải thu"))
    assert hand.focus_name == "Đã nhận (đ)"
    hand.type(str(owed - 1_000))
    hand.press("F12")
    hand.wait(lambda: hand.says("Còn thiếu 1.000 đ."))
    hand.fill("Đã nhận (đ)", str(owed + 4_000))
    hand.wait(lambda: hand.says("4.000 đ"))
    hand.press("F12")
    hand.wait(lambda: hand.says(f"Đã giao kết quả của {UYEN[0]}."))
    dossier = place.dossier(UYEN[0])
    assert dossier.status == "returned"
    assert sum(amount for _, amount in dossier.paid) == owed


def test_nothing_is_handed_over_without_a_dossier(hand: Hand, place: Place) -> None:
    screen("F4")(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("trước."))
    assert not any(d.status == "returned" for d in place.dossiers())


# ---- F5, F8, F9, F11 ----------------------------------------------------------------------------


def test_trays_hold_what_their_names_say(hand: Hand) -> None:
    screen("F5", "Alt+7")(hand)
    hand.wait(lambda: hand.says("Có kết quả: 1"))
    hand.press("Enter")
    hand.wait(lambda: hand.says(NGA[0]))
    assert title(hand) == TITLES["F3"]


def test_the_catalogue_is_searched_like_the_intake(hand: Hand) -> None:
    screen("F8")(hand)
    hand.front()
    hand.fill("Tìm thủ tục", "xntt")
    hand.wait(lambda: hand.says("Cấp Giấy xác nhận tình trạng hôn nhân"))
    assert hand.says("3 ngày làm việc")


def test_a_window_that_stays_open_charges_what_holds_today(hand: Hand, place: Place) -> None:
    desk = hand.window.desk
    assert desk is not None
    text = next(text for text in procedure_texts() if '"chung-thuc"' in text)
    dearer = text.replace("amount = 2000", "amount = 3000")
    published = Published(PROCEDURES, "chung-thuc", 1, date(2026, 11, 21), dearer)
    with desk.counter.store.write() as books:
        books.settings.put_published(published)
    screen("F8")(hand)
    hand.fill("Tìm thủ tục", "2.000815")
    hand.wait(lambda: hand.says("2.000 đ"))
    place.clock.move(days=1)
    # whoever looks at it sees it change
    hand.wait(lambda: hand.says("3.000 đ"), 10_000)
    assert not hand.says("2.000 đ")


def test_the_status_bar_says_that_nobody_enrolled_this_machine(hand: Hand) -> None:
    assert hand.says("Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường")
    screen("F9")(hand)
    said = [
        w.text()
        for w in visible(hand.window, QLabel)
        if w.text().startswith("Máy này chưa ghi danh")
    ]
    assert len(said) == 2


def test_syncing_without_enrolment_is_a_sentence_not_a_question(hand: Hand) -> None:
    screen("F9")(hand)
    with hand.no_dialog() as popped:
        hand.press("F12")
        hand.wait(
            lambda: any(
                ("ghi danh" in t and "F11" in t) or "Máy này chưa" in t for t in _labels(hand)
            )
        )
        hand.settle()
    assert popped == []
    assert not hand.says("sự cố")


def _labels(hand: Hand) -> list[str]:
    return [w.text() for w in visible(hand.window, QLabel)]


def test_a_wrong_printer_address_is_refused_with_a_sentence(hand: Hand) -> None:
    screen("F11", "Alt+3", "F12")(hand)
    hand.fill("Địa chỉ máy in", "may in")
    hand.press("F12")
    hand.wait(lambda: hand.says("Địa chỉ máy in viết như tcp://192.168.1.50:9100"))


def test_a_slow_port_is_warned_about_before_it_is_used(hand: Hand) -> None:
    screen("F11", "Alt+3", "F12")(hand)
    hand.fill("Địa chỉ máy in", "serial:COM3?baud=9600")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đặt máy in và địa chỉ ở 115200"))


def kept_printers(place: Place) -> list[KeptPrinter]:
    counter = place.open()
    try:
        return list(counter.printers.all())
    finally:
        counter.close()


def test_a_printer_is_set_up_by_keyboard_and_prints(hand: Hand, place: Place) -> None:
    with VirtualPrinter() as printer:
        wizard_to_questions(hand, printer)
        (page,) = printer.wait_for(1)
        assert page.width == 576
        hand.press("c", "C", "k")
        hand.wait(lambda: hand.says("Bấm F12 để lưu máy in này."))
        assert kept_printers(place) == []
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã lưu máy in."))
        hand.wait(lambda: hand.says("Máy in quầy: sẵn sàng"))
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: len(printer.jobs) == 2)
    (kept,) = kept_printers(place)
    assert (kept.name, kept.address) == ("Máy in quầy", printer.address)
    assert kept.roles == {PrinterRole.SLIP}
    assert (kept.profile.cutter, kept.profile.status, kept.profile.fence) == (False, True, True)
    assert kept.profile.speed > 0
    # no knife: nothing is cut
    assert printer.jobs[1].cuts == 0


def wizard_to_questions(hand: Hand, printer: VirtualPrinter) -> None:
    screen("F11", "Alt+3", "F12")(hand)
    hand.fill("Địa chỉ máy in", printer.address)
    hand.press("F12", "F12")
    hand.wait(lambda: hand.says("Máy in trả lời tốt."))
    hand.press("F12")
    hand.wait(lambda: hand.says("Máy in đã xác nhận."))


def test_an_edge_that_is_missing_makes_the_page_narrower(hand: Hand) -> None:
    with VirtualPrinter() as printer:
        wizard_to_questions(hand, printer)
        hand.press("C", "K")
        hand.wait(lambda: len(printer.jobs) == 2)
        hand.wait(lambda: hand.says("Máy in đã xác nhận."))
        hand.press("C", "C", "C")
        hand.wait(lambda: hand.says("Khổ 560 chấm, tự cắt giấy"))
    assert [page.width for page in printer.jobs] == [576, 560]


def test_a_printer_without_paper_is_asked_again(hand: Hand) -> None:
    with VirtualPrinter(Fault.NO_PAPER) as printer:
        screen("F11", "Alt+3", "F12")(hand)
        hand.fill("Địa chỉ máy in", printer.address)
        hand.press("F12", "F12")
        hand.wait(lambda: hand.says("Máy in hết giấy. Thay giấy rồi in lại. F12 để hỏi lại."))
        printer.fault = Fault.NONE
        hand.press("F12")
        hand.wait(lambda: hand.says("Máy in trả lời tốt."))
        hand.press("Esc", "Esc", "Esc")
        hand.wait(lambda: hand.says("Quầy chưa có máy in."))


def test_printers_are_put_in_order_tried_and_removed(
    printing: Callable[..., Hand], place: Place
) -> None:
    with VirtualPrinter() as first, VirtualPrinter(Fault.COVER_OPEN) as second:
        hand = printing(first, slip_printer("Máy in góc phòng", second))
        screen("F11", "Alt+3")(hand)
        hand.wait(lambda: hand.says("nắp đang mở"))
        hand.press("Down", "Alt+T")
        hand.wait(lambda: hand.says("Nắp máy in đang mở. Đóng nắp rồi in lại."))
        hand.press("Up", "Alt+T")
        hand.wait(lambda: first.jobs)
        hand.wait(lambda: hand.says("Máy in đã xác nhận."))
        # the first one is first already
        assert not hand.says("Cho đứng đầu")
        hand.press("Alt+U", "Down", "Alt+U")
        hand.wait(lambda: kept_printers(place)[0].name == "Máy in góc phòng")
        hand.settle()
        # what was chosen stays chosen, and what is taken away is asked for
        hand.press("Down")
        asked: list[str] = []
        for answer in ("Alt+G", "Alt+B"):

            def say(dialog: QWidget, answer: str = answer) -> None:
                asked.extend(label.text() for label in visible(dialog, QLabel))
                hand.press(answer)

            assert hand.during_dialog(say, lambda: hand.press("Alt+B"))
            hand.settle()
            assert len(kept_printers(place)) == (2 if answer == "Alt+G" else 1)
        assert any("“Máy in quầy”" in words for words in asked)
    assert second.jobs == []


def test_the_status_bar_says_how_the_printer_is(
    printing: Callable[[VirtualPrinter], Hand],
) -> None:
    """sẵn sàng | hết giấy, 2 phiếu đang chờ | không trả lời: not an address."""
    with VirtualPrinter() as printer:
        hand = printing(printer)
        hand.wait(lambda: hand.says("Máy in quầy: sẵn sàng"))
        assert not hand.says("tcp://")
        printer.fault = Fault.NO_PAPER
        filled(hand)
        hand.press("F12")
        # four in all: three of the template have no slip yet either
        hand.wait(lambda: hand.says("Máy in quầy: hết giấy, 4 phiếu đang chờ"))


def test_a_new_officer_may_sign_in(hand: Hand, place: Place) -> None:
    screen("F11", "Alt+4")(hand)
    hand.fill("Họ tên cán bộ mới", "Võ Thị Sen")
    hand.fill("Mã PIN đầu tiên (6 chữ số trở lên)", "135790")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã thêm Võ Thị Sen."))
    hand.press("Ctrl+L")
    hand.wait(lambda: any(b.text().startswith("4") for b in visible(hand.window, QAbstractButton)))
    hand.press_button("4").click()
    enter_pin(hand, "135790")
    hand.wait(lambda: hand.says("Cần làm ngay"))


def test_text_grows_and_shrinks_and_goes_back(hand: Hand) -> None:
    """What stands on the screen stays there, and so does the keyboard."""
    opened(1, "Alt+B")(hand)
    hand.type("Thiếu giấy")
    typed_in = hand.focus

    def size() -> int:
        return next(
            w.fontInfo().pixelSize()
            for w in visible(hand.window, QLabel)
            if w.objectName() == "title"
        )

    sizes = []
    for key in ("Ctrl++", "Ctrl++", "Ctrl++", "Ctrl+-", "Ctrl+0"):
        hand.press(key)
        hand.settle()
        sizes.append(size())
    assert sizes == [23, 26, 26, 23, 20]
    assert hand.focus is typed_in
    assert "Thiếu giấy" in typed_in.toPlainText()  # type: ignore[attr-defined]


def test_letters_and_colours_are_as_they_were_left(
    open_window: Callable[[Place], Hand], place: Place
) -> None:
    """Whoever does not see well must not ask for it each morning."""
    first = open_window(place)
    sign_in(first)
    for key in ("Ctrl++", "Ctrl++", "Ctrl+-", "Ctrl+K"):
        first.press(key)
    first.settle()
    put_away(first.window)

    again = open_window(place)
    again.wait(lambda: again.window.desk is not None)

    assert text_scale() == 1.15
    assert again.window.theme.palette is CONTRAST
    sign_in(again)
    title = next(w for w in visible(again.window, QLabel) if w.objectName() == "title")
    assert title.fontInfo().pixelSize() == 23
    again.press("Ctrl+K")
    again.press("Ctrl+0")
    again.settle()
    put_away(again.window)
    third = open_window(place)
    third.wait(lambda: third.window.desk is not None)
    assert (text_scale(), third.window.theme.palette) == (1.0, LIGHT)


def test_what_is_thrown_away_with_a_look_dies_on_its_own_thread(hand: Hand, qtlog: object) -> None:
    """Garbage is collected wherever Python happens to be, on a lane too: no timer may be in it."""
    for key in ("Ctrl+K", "F3", "Ctrl+K", "F2", "Ctrl++", "Ctrl+0"):
        hand.press(key)
        hand.settle()
    hand.window.lanes.records.submit(gc.collect)
    hand.settle()
    for record in qtlog.records:  # type: ignore[attr-defined]
        assert "another thread" not in record.message
        assert "different thread" not in record.message


# ---- printing -----------------------------------------------------------------------------------


def slip_printer(name: str, printer: VirtualPrinter, *roles: PrinterRole) -> KeptPrinter:
    return KeptPrinter(name, printer.address, frozenset(roles or (PrinterRole.SLIP,)), Profile())


@pytest.fixture
def printing(open_window: Callable[[Place], Hand], place: Place) -> Callable[..., Hand]:
    """A counter with that printer, perhaps others, somebody signed in."""

    def make(printer: VirtualPrinter, *others: KeptPrinter) -> Hand:
        counter = place.open()
        for kept in (slip_printer("Máy in quầy", printer), *others):
            counter.printers.keep(kept, counter.officers.all()[0])
        counter.close()
        hand = open_window(place)
        sign_in(hand)
        return hand

    return make


def newest(place: Place) -> str:
    return place.dossiers()[0].code


def test_a_slip_comes_out_of_a_real_socket(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: printer.jobs)
        hand.wait(lambda: hand.says("Đã in phiếu"))
        (job,) = printer.jobs
    assert job.cuts == 1
    (found,) = zxingcpp.read_barcodes(job.image().convert("L"))
    slip = decode_slip(found.text)
    assert slip is not None
    dossier = place.dossiers()[0]
    assert slip.code == dossier.code
    assert dossier.facts.applicant.name == "HỒ THỊ NGUYỆT"
    assert dossier.prints_of(1) == 1


def test_a_printer_that_is_off_loses_nothing(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter() as printer:
        pass
    hand = printing(printer)
    filled(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Chưa in được"))
    code = newest(place)
    assert hand.says(f"Hồ sơ {code[-4:]} đã lưu")
    hand.press("F1")
    hand.wait(lambda: hand.says(f"{code} của HỒ THỊ NGUYỆT vừa lưu, chưa in. Đừng nhận lại."))
    hand.press("Alt+5")
    hand.wait(lambda: hand.says("Chưa in phiếu: "))


def test_paper_is_put_in_and_ctrl_p_prints(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    """Chưa in được: máy in hết giấy. Hồ sơ 2014 đã lưu. Thay giấy rồi bấm Ctrl+P."""
    with VirtualPrinter(Fault.NO_PAPER) as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: hand.says("Chưa in được"))
        seq = newest(place)[-4:]
        assert hand.says(
            f"Chưa in được: máy in hết giấy. Hồ sơ {seq} đã lưu. Thay giấy rồi bấm Ctrl+P."
        )
        printer.fault = Fault.NONE
        hand.press("Ctrl+P")
        hand.wait(lambda: printer.jobs)
        hand.wait(lambda: hand.says("Đã in phiếu"))


def test_a_reprint_from_the_dossier(printing: Callable[[VirtualPrinter], Hand]) -> None:
    with VirtualPrinter() as printer:
        hand = printing(printer)
        opened(0)(hand)
        hand.press("Ctrl+P")
        hand.wait(lambda: printer.jobs)
        hand.press("Alt+3")
        hand.wait(lambda: hand.says("máy in đã xác nhận"))


UNKNOWN = "đã ra chưa? Máy in không trả lời."


def test_an_unknown_print_is_asked_with_three_answers(
    printing: Callable[[VirtualPrinter], Hand],
) -> None:
    """R Rồi, I In lại, K In ở máy khác."""
    told: list[str] = []
    offered: list[str] = []

    def look(question: QWidget) -> None:
        told.extend(w.text() for w in visible(question, QLabel))
        offered.extend(w.text() for w in visible(question, QAbstractButton))

    with VirtualPrinter(Fault.CLOSES) as printer:
        hand = printing(printer)
        filled(hand)
        hand.during_dialog(look, lambda: hand.press("F12"))
    assert any(UNKNOWN in text for text in told)
    assert offered == ["Rồi", "In lại", "In ở máy khác"]


def test_the_question_says_what_the_printer_said(printing: Callable[..., Hand]) -> None:
    told: list[str] = []
    with VirtualPrinter(Fault.PAPER_OUT, 5_000, buffer=256 * 1024) as printer:
        hand = printing(printer)
        filled(hand)
        hand.during_dialog(
            lambda question: told.extend(w.text() for w in visible(question, QLabel)),
            lambda: hand.press("F12"),
        )
    assert any("đã ra chưa? Máy in hết giấy khi đang in. Thay giấy" in text for text in told)


def test_the_status_bar_names_the_printer_that_cannot_print(printing: Callable[..., Hand]) -> None:
    with VirtualPrinter() as first, VirtualPrinter(Fault.COVER_OPEN) as second:
        hand = printing(first, slip_printer("Lấy số", second, PrinterRole.TICKET))
        hand.wait(lambda: hand.says("Lấy số: nắp đang mở"))


@pytest.mark.parametrize(("letter", "jobs"), [("R", 1), ("I", 2)])
def test_an_unknown_print_is_answered_by_its_letter(
    printing: Callable[[VirtualPrinter], Hand], letter: str, jobs: int
) -> None:
    def answer(_: QWidget) -> None:
        printer.fault = Fault.NONE
        hand.press(letter)

    with VirtualPrinter(Fault.CLOSES) as printer:
        hand = printing(printer)
        filled(hand)
        assert hand.during_dialog(answer, lambda: hand.press("F12"))
        hand.wait(lambda: len(printer.jobs) == jobs)
        hand.window.lanes.printers.stop()
        hand.settle()
        assert len(printer.jobs) == jobs
    hand.press("F1")
    hand.settle()
    assert not hand.says("HỒ THỊ NGUYỆT đã ra chưa?")


def test_an_unknown_print_is_asked_on_the_desk_by_its_number(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    told: list[str] = []
    with VirtualPrinter(Fault.CLOSES) as printer:
        hand = printing(printer)
        filled(hand)
        hand.during_dialog(lambda _: None, lambda: hand.press("F12"))
        hand.press("F1")
        hand.wait(lambda: hand.says("HỒ THỊ NGUYỆT đã ra chưa?"))
        number = hand.cap_beside("HỒ THỊ NGUYỆT đã ra chưa?")
        hand.during_dialog(
            lambda question: told.extend(w.text() for w in visible(question, QLabel)),
            lambda: hand.press(number),
        )
    assert f"Phiếu {newest(place)[-4:]} đã ra chưa? Máy in không trả lời." in told


def test_a_letter_typed_into_a_field_answers_no_question(
    printing: Callable[[VirtualPrinter], Hand],
) -> None:
    """The question may come in the middle of a name: then its letters want Alt."""

    def type_on(question: QWidget) -> None:
        hand.press("I")
        seen.append(question.isVisible())
        hand.press("Alt+R")
        seen.append(question.isVisible())

    seen: list[bool] = []
    with VirtualPrinter() as printer:
        hand = printing(printer)
        screen("F2")(hand)
        assert hand.focus_name == "Số định danh"
        desk = hand.window.desk
        assert desk is not None
        hand.during_dialog(type_on, lambda: desk.unknown_print.emit("viec-in", "H-261120-2001"))
        hand.settle()
        assert printer.jobs == []
    assert seen == [True, False]


def test_an_unknown_print_is_asked_even_when_the_next_citizen_is_being_typed(
    printing: Callable[[VirtualPrinter], Hand], place: Place
) -> None:
    with VirtualPrinter(Fault.NO_FENCE) as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã lưu") and printer.cuts)
        code = newest(place)
        hand.press("Alt+1", "Enter")
        hand.fill("Họ và tên", "Võ Thị Sen")
        told: list[str] = []
        unplug(printer)
        with hand.no_dialog(told) as popped:
            hand.wait(lambda: popped or hand.says("Chưa in được"))
    assert not hand.says("Chưa in được")
    assert any(UNKNOWN in text and code[-4:] in text for text in told)


def test_when_the_printer_is_out_of_paper_the_next_one_prints_and_the_clerk_is_told_where(
    printing: Callable[..., Hand], place: Place
) -> None:
    with VirtualPrinter(Fault.NO_PAPER) as first, VirtualPrinter() as second:
        hand = printing(first, slip_printer("Máy in góc phòng", second))
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: second.jobs)
        hand.wait(lambda: hand.says("Phiếu in ở Máy in góc phòng."))
        assert hand.says("hết giấy")
        assert first.jobs == []
    assert place.dossiers()[0].prints_of(1) == 1


def test_an_unknown_print_goes_to_another_printer(
    printing: Callable[..., Hand], place: Place
) -> None:
    with VirtualPrinter(Fault.CLOSES) as first, VirtualPrinter() as second:
        hand = printing(first, slip_printer("Máy in góc phòng", second))
        filled(hand)
        assert hand.during_dialog(lambda _: hand.press("K"), lambda: hand.press("F12"))
        hand.wait(lambda: second.jobs)
        hand.wait(lambda: hand.says("Đã in phiếu"))
        assert len(first.jobs) == 1
    # both may be in somebody's hand
    assert place.dossiers()[0].prints_of(1) == 2
    hand.press("F1")
    hand.settle()
    assert not hand.says("HỒ THỊ NGUYỆT đã ra chưa?")


def test_a_hanging_slip_printer_holds_up_no_ticket(printing: Callable[..., Hand]) -> None:
    with VirtualPrinter(Fault.NO_FENCE) as slips, VirtualPrinter() as tickets:
        hand = printing(slips, slip_printer("Lấy số", tickets, PrinterRole.TICKET))
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã lưu") and slips.cuts)
        desk = hand.window.desk
        assert desk is not None
        taken: list[Taken] = []
        desk.read(lambda: desk.counter.tickets.take("A"), taken.append)
        hand.wait(lambda: taken)
        desk.print_again_requested.emit(taken[0].print_job_id)
        hand.wait(lambda: tickets.jobs)
        assert slips.jobs == []
        unplug(slips)
        with hand.no_dialog():
            hand.window.lanes.printers.stop()
            hand.settle()


@dataclass
class Heart:
    """Beats on the main thread.

    A second one on a thread of its own, and the time for which the system let the program stand in
    its queue for a core, tell the window's own stalls from a busy PC.
    """

    gaps: list[tuple[float, float, float]] = field(default_factory=list)
    """(begin, end, seconds of it in the queue for a core)."""
    beats: int = 0
    others: list[float] = field(default_factory=list)

    def stalls(self, seconds: float) -> list[float]:
        """Turns longer than that while the rest of the process ran on."""
        return [
            end - begin - queued
            for begin, end, queued in self.gaps
            if end - begin - queued > seconds and sum(begin < at < end for at in self.others) >= 3
        ]


def queued_for_a_core() -> float:
    """Seconds for which threads of this process were ready and no core was free (Linux).

    All of them: the main thread may wait for what another holds that stands in the queue.
    """
    total = 0
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended meanwhile
            total += int((thread / "schedstat").read_text().split()[1])
    return total / 1e9


A_WAIT = 0.5
"""Seconds, shorter than any that is spent on a printer that does not answer. Shorter stalls are the
benchmark's: a busy machine makes them too.
"""


@contextmanager
def heartbeat() -> Iterator[Heart]:
    heart, stop, parent = Heart(), threading.Event(), QObject()
    last, last_queued = time.monotonic(), queued_for_a_core()

    def beat() -> None:
        nonlocal last, last_queued
        now, queued = time.monotonic(), queued_for_a_core()
        heart.gaps.append((last, now, max(0.0, queued - last_queued)))
        heart.beats += 1
        last, last_queued = now, queued

    def control() -> None:
        while not stop.wait(0.005):
            heart.others.append(time.monotonic())

    timer = QTimer(parent)
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(beat)
    timer.start(5)
    other = threading.Thread(target=control, daemon=True)
    other.start()
    try:
        yield heart
    finally:
        timer.stop()
        stop.set()
        other.join()


def test_a_stall_is_seen(qtbot: QtBot) -> None:
    """What the test below looks for, made on purpose."""
    with heartbeat() as heart:
        qtbot.waitUntil(lambda: heart.beats > 5)
        assert not heart.stalls(A_WAIT)
        threading.Event().wait(2 * A_WAIT)
        beats = heart.beats
        qtbot.waitUntil(lambda: heart.beats > beats + 2)
    assert heart.stalls(A_WAIT)


@pytest.mark.parametrize("fault", [Fault.NEVER_READS, Fault.MUTE, Fault.NO_FENCE])
def test_a_hanging_printer_leaves_the_window_free(
    printing: Callable[[VirtualPrinter], Hand], place: Place, fault: Fault
) -> None:
    """No turn of the main thread waits for it, and the next citizen is typed meanwhile."""
    with VirtualPrinter(fault) as printer:
        hand = printing(printer)
        filled(hand)
        hand.press("F12")
        hand.wait(lambda: hand.says("Đã lưu") and bool(printer._open))
        with heartbeat() as heart:
            hand.wait(lambda: heart.beats >= 100)
            hand.press("Alt+1", "Enter")
            hand.fill("Họ và tên", "Võ Thị Sen")
            hand.wait(lambda: heart.beats >= 200)
        printed = len(printer.jobs)
        # before anything is judged: the question about the slip would wait for an answer for ever
        unplug(printer)
        with hand.no_dialog():
            hand.window.lanes.printers.stop()
            hand.settle()
    assert printed == 0
    assert heart.stalls(A_WAIT) == []
    assert len(place.dossiers()) == len(PEOPLE) + 1
