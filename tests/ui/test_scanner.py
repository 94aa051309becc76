"""A scanner that types like a keyboard: every scan is taken, no hand is ever mistaken for one."""

import random
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hands import PEOPLE, SCANNER_MS, Fingers, Hand, Pace, Place, named, slip_of, texts, visible
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from counter_app.domain.scan import route
from ui.keys import KeyFilter

CARDS, TYPINGS = 200, 700
_SURNAMES = ("HỒ", "NGUYỄN", "TRẦN", "LÊ", "PẢ", "VÕ", "ĐINH", "KRÔNG")
_MIDDLES = ("THỊ", "VĂN", "QUỐC", "THỊ LỆ", "ĐỨC", "THỊ MỸ", "")
_GIVEN = ("NGUYỆT", "BÊ", "KƯNG", "NGA", "LÂM", "THỦY", "ƯỚC", "Ỷ", "HẬU", "XÊNG")
_PLACES = (
    "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
    "Khối 3B, Khe Sanh, Hướng Hóa, Quảng Trị",
    "Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị",
    "Số 12/4 Đường 9, KP. An Hòa, P. Mỹ Ấp",
)
NUMBER, NAME, PHONE = "Số định danh", "Họ và tên", "Điện thoại"


def card(chance: random.Random) -> str:
    """An invented citizen card."""
    woman = chance.random() < 0.5
    year = chance.randint(1936, 2012)
    day = f"{chance.randint(1, 28):02d}{chance.randint(1, 12):02d}{year}"
    digit = (2 if year >= 2000 else 0) + woman
    number = f"045{digit}{year % 100:02d}{chance.randint(0, 999_999):06d}"
    old = f"{chance.randint(0, 999_999_999):09d}" if chance.random() < 0.5 else ""
    name = " ".join(filter(None, map(chance.choice, (_SURNAMES, _MIDDLES, _GIVEN))))
    issued = f"{chance.randint(1, 28):02d}{chance.randint(1, 12):02d}{chance.randint(2021, 2026)}"
    place = chance.choice(_PLACES)
    tail = chance.choice(("", "", "|", "||HỒ VĂN B|HỒ THỊ C"))
    return f"{number}|{old}|{name}|{day}|{'Nữ' if woman else 'Nam'}|{place}|{issued}{tail}"


def as_page(text: str, page: str) -> str:
    """Bytes shown in a code page; what it has no letter for stands for itself."""
    return "".join(bytes((b,)).decode(page, "ignore") or chr(b) for b in text.encode())


GARBLES: dict[str, Callable[[str], str]] = {
    "clean": lambda text: text,
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "cp437": lambda text: as_page(text, "cp437"),
    "typed bytes": lambda text: "".join(chr(b) if b < 128 else f"0{b:03d}" for b in text.encode()),
    "entities": lambda text: "".join(c if ord(c) < 128 else f"&#{ord(c)};" for c in text),
    "letters lost": lambda text: "".join(c for c in text if ord(c) < 128),
    "cp1252 with C1": lambda text: as_page(text, "cp1252"),
    "latin-1": lambda text: as_page(text, "latin-1"),
}


# ---- the filter alone ---------------------------------------------------------------------------


class Bench:
    """One field with the key filter before it, and what came through."""

    def __init__(self, application: QApplication, qtbot: QtBot, pace: Pace) -> None:
        self.scans: list[str] = []
        self.rewritings = 0
        self.pace = pace
        self.window = QWidget()
        self.field = QLineEdit()
        self.field.setAccessibleName("Ô đang gõ")
        other = QLineEdit()
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.field)
        layout.addWidget(other)
        qtbot.addWidget(self.window)
        self.filter = KeyFilter()
        application.installEventFilter(self.filter)
        self.filter.scanned.connect(self.scans.append)
        self.filter.rewriting.connect(self._on_rewriting)
        self.window.show()
        self.window.activateWindow()
        self.field.setFocus()
        qtbot.waitUntil(self.field.hasFocus)
        self.hand = Fingers(qtbot, pace)

    def _on_rewriting(self) -> None:
        self.rewritings += 1


@pytest.fixture
def bench(qapp: QApplication, qtbot: QtBot, pace: Pace) -> Iterator[Bench]:
    made = Bench(qapp, qtbot, pace)
    yield made
    qapp.removeEventFilter(made.filter)
    made.filter.deleteLater()


def test_every_card_is_taken_and_no_letter_reaches_the_field(bench: Bench) -> None:
    chance = random.Random(20261120)
    scan_cards(bench, chance, [card(chance) for _ in range(CARDS)], GARBLES["clean"])


@pytest.mark.parametrize("garble", list(GARBLES)[1:])
def test_a_garbled_card_is_taken_whole_too(bench: Bench, garble: str) -> None:
    chance = random.Random(garble)
    scan_cards(bench, chance, [card(chance) for _ in range(25)], GARBLES[garble])


def scan_cards(
    bench: Bench, chance: random.Random, cards: list[str], garble: Callable[[str], str]
) -> None:
    bench.field.setText("đang gõ dở")
    for payload in map(garble, cards):
        ending = chance.choice((Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab))
        bench.hand.scan(payload, ending, gap_ms=chance.choice((0.5, 2, 8, 20, 34)))
        assert bench.field.text() == "đang gõ dở"
        assert bench.field.hasFocus()
    assert bench.scans == [garble(payload) for payload in cards]
    known = [route(payload) for payload in bench.scans]
    assert [scan.kind for scan in known] == ["citizen_card"] * len(cards)
    for scan, original in zip(known, cards, strict=True):
        assert scan.fields["personal_number"] == original[:12]
        # what came through is right; a lost letter is never invented
        assert scan.fields.get("name", original.split("|")[2]) == original.split("|")[2]


def test_no_typing_is_taken_for_a_scan(bench: Bench) -> None:
    chance = random.Random(700)
    words = ("Hồ Thị Nguyệt", "045190001234", "Thôn Ta Đủ", "0912000345", "khai sinh", "ks", "7")
    bench.pace.machine = True  # every gap is told below
    for number in range(TYPINGS):
        text = f"{chance.choice(words)} {number}" if chance.random() < 0.5 else chance.choice(words)
        bench.field.clear()
        burst = 0
        for character in text:
            # rolled keys come quickly one after another, but never eight of them
            quick = burst < 5 and chance.random() < 0.15
            burst = burst + 1 if quick else 0
            bench.pace.ms += chance.uniform(5, 34) if quick else chance.uniform(36, 400)
            bench.hand.character(character)
        bench.pace.ms += chance.uniform(20, 400)
        bench.hand.send(Qt.Key.Key_Return)
        assert bench.field.text() == text
    assert bench.scans == []
    assert bench.rewritings == 0


def test_the_last_letter_lands_without_another_key(bench: Bench) -> None:
    bench.hand.type("Nga")
    bench.hand.wait(lambda: bench.field.text() == "Nga")


def test_nothing_overtakes_a_letter_that_is_held_back(bench: Bench) -> None:
    """Keys arrive in the order in which they were pressed, Ctrl keys of the editor too."""
    bench.hand.type("7")
    bench.hand.send(Qt.Key.Key_A, "", Qt.KeyboardModifier.ControlModifier)
    bench.hand.type("8")
    bench.hand.wait(lambda: "8" in bench.field.text())
    assert bench.field.text() == "8"


def test_seven_quick_letters_are_typing_and_eight_are_a_scan(bench: Bench) -> None:
    bench.hand.scan("A123456")
    assert (bench.field.text(), bench.scans) == ("A123456", [])
    bench.field.clear()
    bench.hand.scan("A1234567")
    assert (bench.field.text(), bench.scans) == ("", ["A1234567"])


def test_an_input_method_inside_a_scan_is_told(bench: Bench) -> None:
    chance = random.Random(1)
    with bench.pace.of_a_machine():
        for character in card(chance)[:30]:
            bench.pace.ms += SCANNER_MS
            bench.hand.character(character)
        bench.pace.ms += SCANNER_MS
        bench.hand.send(Qt.Key.Key_Backspace)
    assert bench.rewritings == 1


# ---- in the window ------------------------------------------------------------------------------


@pytest.mark.parametrize("focus", [NUMBER, NAME, "Tên hoặc chữ đầu", "Ghi chú trên phiếu"])
def test_a_card_fills_an_empty_applicant_wherever_the_keyboard_is(hand: Hand, focus: str) -> None:
    hand.press("F2")
    hand.settle()
    hand.field(focus).setFocus()
    hand.scan("045085000778||PẢ KƯNG|01021985|Nam|Bản Cuôi, Hướng Lập, Quảng Trị|15082021|")
    hand.settle()
    assert hand.field(NUMBER).text().replace(" ", "") == "045085000778"
    assert hand.field(NAME).text() == "PẢ KƯNG"
    assert hand.field("Ngày sinh").text() == "01/02/1985"
    assert hand.field("Nơi cư trú (như trên giấy tờ)").text() == ("Bản Cuôi, Hướng Lập, Quảng Trị")
    assert hand.field("Tên hoặc chữ đầu").text() == ""
    assert hand.field("Ghi chú trên phiếu").text() == ""
    assert hand.focus_name == PHONE


def test_the_same_card_again_is_the_right_person(hand: Hand) -> None:
    payload = card(random.Random(3))
    hand.press("F2")
    hand.settle()
    hand.scan(payload)
    hand.settle()
    hand.type("0912000345")
    hand.scan(payload)
    hand.wait(lambda: hand.says("úng người"))
    assert hand.field(PHONE).text() == "0912000345"


def test_another_persons_card_asks_in_a_banner(hand: Hand) -> None:
    """Banner "Thẻ của người khác: Đổi người (Alt+D) / Lượt mới (Alt+M)"; dialogs are for less."""
    first, second = card(random.Random(4)), card(random.Random(5))
    hand.press("F2")
    hand.settle()
    hand.scan(first)
    hand.settle()
    with hand.no_dialog() as popped:
        hand.scan(second)
        hand.settle()
    assert popped == []
    assert hand.says("Thẻ của người khác")
    assert hand.field(NUMBER).text().replace(" ", "") == first[:12]
    hand.press("Alt+D")
    hand.settle()
    assert hand.field(NUMBER).text().replace(" ", "") == second[:12]


def test_lost_letters_are_asked_for_and_the_number_kept(hand: Hand) -> None:
    payload = "".join(c for c in card(random.Random(6)) if ord(c) < 128)
    hand.press("F2")
    hand.settle()
    hand.scan(payload)
    hand.settle()
    assert hand.field(NUMBER).text().replace(" ", "") == payload[:12]
    assert hand.field(NAME).text() == ""
    assert hand.focus_name == NAME
    assert hand.says("gõ lại họ tên")


def test_a_mended_card_says_so(hand: Hand) -> None:
    hand.press("F2")
    hand.settle()
    hand.scan(GARBLES["decomposed"](card(random.Random(7))))
    hand.wait(lambda: any("đã sửa chữ" in text.casefold() for text in texts(hand.window)))
    assert hand.says("xem lại tên")


@pytest.mark.parametrize("screen", ["F1", "F3", "F5", "F8", "F9", "F11"])
def test_elsewhere_a_card_opens_the_intake_with_it(hand: Hand, screen: str) -> None:
    payload = card(random.Random(8))
    hand.press(screen)
    hand.settle()
    hand.front()
    hand.scan(payload)
    hand.settle()
    assert hand.field(NUMBER).text().replace(" ", "") == payload[:12]
    assert hand.focus_name == PHONE


@pytest.mark.parametrize("screen", ["F1", "F2", "F3", "F8", "F11"])
def test_our_slip_opens_the_dossier(hand: Hand, place: Place, screen: str) -> None:
    payload = slip_of(place, PEOPLE[1][0])
    hand.press(screen)
    hand.settle()
    hand.scan(payload)
    hand.wait(lambda: hand.says("Diễn biến") and hand.says(PEOPLE[1][0]))
    for line in visible(hand.window, QLineEdit):
        assert payload[:8] not in line.text()


def test_our_slip_on_the_intake_holds_the_draft(hand: Hand, place: Place) -> None:
    hand.press("F2")
    hand.settle()
    hand.press("Enter")
    hand.type("Võ Thị Sen")
    hand.scan(slip_of(place, PEOPLE[1][0]))
    hand.wait(lambda: hand.says("Diễn biến"))
    hand.press("F1")
    hand.wait(lambda: hand.says("Nháp lúc"))


def test_our_slip_on_the_return_screen_begins_the_return(hand: Hand, place: Place) -> None:
    hand.press("F4")
    hand.settle()
    hand.scan(slip_of(place, PEOPLE[3][0]))
    hand.wait(lambda: hand.says("Kệ K2"))
    assert hand.says("Phiếu đúng")
    assert hand.field("Tìm kết quả để trả").text() == ""


def test_a_forged_slip_is_told_in_red(hand: Hand, place: Place) -> None:
    payload = slip_of(place, PEOPLE[3][0])
    last = "1" if payload[-1] == "0" else "0"
    hand.press("F4")
    hand.settle()
    hand.scan(payload[:-1] + last)
    hand.wait(lambda: hand.says("Phiếu không đúng. Đừng trả kết quả. Xem căn cước và tra tên."))


@pytest.mark.parametrize("screen", ["F1", "F2", "F4"])
@pytest.mark.parametrize(
    "payload",
    ["HT2450123456789|48e1bb93|05/03/1990|2|0000|45-001|-|01/01/2024|10/01/2024|", "8934563138165"],
)
def test_what_is_not_ours_is_told_and_not_kept(hand: Hand, screen: str, payload: str) -> None:
    hand.press(screen)
    hand.settle()
    hand.scan(payload)
    hand.wait(lambda: hand.says("Mã này không phải thẻ căn cước hay phiếu hẹn."))
    assert not any(payload[:8] in line.text() for line in visible(hand.window, QLineEdit))


# ---- where a scan must do no harm ---------------------------------------------------------------


def test_a_scan_while_the_pin_is_typed_is_refused_with_a_sentence(
    open_window: Callable[[Place], Hand], place: Place
) -> None:
    hand = open_window(place)
    pin = named(hand.window, QLineEdit, "Mã PIN")
    pin.setFocus()
    hand.type("24")
    hand.scan(card(random.Random(9)))
    hand.wait(lambda: hand.says("Vào làm việc rồi hãy quét."))
    assert hand.window.frame is None
    assert pin.text() == "24"
    assert not hand.says("Sai mã PIN")
    hand.type("6813")
    hand.press("Enter")
    hand.wait(lambda: hand.window.frame is not None)


def test_a_scan_on_the_locked_screen_opens_nothing(hand: Hand, place: Place) -> None:
    hand.press("Ctrl+L")
    hand.settle()
    hand.scan(slip_of(place, PEOPLE[1][0]))
    hand.wait(lambda: hand.says("Vào làm việc rồi hãy quét."))
    assert not hand.says(PEOPLE[1][0])


def test_a_scan_never_lands_in_the_field_of_a_question(hand: Hand) -> None:
    """A scan never lands in a field: not in the reason of a refusal either."""
    kept: list[str] = []

    def scan(question: QWidget) -> None:
        reason = named(question, QLineEdit, "Lý do")
        reason.setFocus()
        hand.scan(card(random.Random(10)))
        kept.append(reason.text())

    hand.press("F2")
    hand.settle()
    hand.during_dialog(scan, lambda: hand.press("Ctrl+T"))
    assert kept == [""]


def test_a_scan_never_answers_a_question(hand: Hand, place: Place) -> None:
    """Letters of a payload are no answer: "R" would say that the slip came out."""
    dossier = next(d for d in place.dossiers() if d.facts.applicant.name == PEOPLE[0][0])
    still_open: list[bool] = []

    def scan(question: QWidget) -> None:
        assert isinstance(question, QDialog)
        payload = "045085000778||RA RI|01021985|Nam|Bản Cuôi, Hướng Lập, Quảng Trị|15082021|"
        with hand.pace.of_a_machine():
            for character in payload:
                hand.pace.ms += SCANNER_MS
                if question.isVisible():
                    hand.character(character)
        still_open.append(question.isVisible())

    desk = hand.window.desk
    assert desk is not None
    hand.during_dialog(scan, lambda: desk.unknown_print.emit("viec-in", dossier.code))
    assert still_open == [True]
