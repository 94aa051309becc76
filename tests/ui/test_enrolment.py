"""A commune without a line, from the window alone: enrolment by stick, then bundles both ways."""

import json
from pathlib import Path

import pytest
from hands import PEOPLE, Hand, Place, put_away, sign_in
from PySide6.QtWidgets import QFileDialog
from scenes import screen

from counter_app.bootstrap import Counter
from district_server.__main__ import main as district

CODE = "Mã ghi danh (10 chữ, dùng một lần)"
REQUEST, ANSWER = "1. Ghi tệp xin ghi danh vào USB", "2. Tệp trả lời của cấp trên, trên USB"


class Upper:
    """The upper server, reached by carrying files only."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._url = f"sqlite:///{(folder / 'may-chu.sqlite3').as_posix()}"
        self._capsys = capsys
        self("init")

    def __call__(self, *words: object) -> dict[str, object]:
        self._capsys.readouterr()
        assert district([*map(str, words), "--database-url", self._url]) == 0
        lines = self._capsys.readouterr().out.splitlines()
        answer: dict[str, object] = json.loads(lines[-1]) if lines else {}
        return answer

    def code(self) -> object:
        return self("issue-code", "--commune", "H50.99.01", "--counter", 2)["code"]


@pytest.fixture
def upper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Upper:
    return Upper(tmp_path, capsys)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    made = tmp_path / "usb"
    made.mkdir()
    return made


def at_the_server_section(hand: Hand) -> None:
    screen("F11", "Alt+2")(hand)
    hand.settle()


def ask(hand: Hand, upper: Upper, target: Path) -> None:
    at_the_server_section(hand)
    hand.press("Alt+U")
    hand.field(REQUEST).setText("")
    assert hand.focus_name == CODE
    hand.type(str(upper.code()))
    hand.press("Enter")
    assert hand.focus_name == REQUEST
    hand.field(REQUEST).setText(str(target))
    hand.press("Alt+X")
    hand.wait(lambda: hand.says(f"Đã ghi {target.name}. Đưa cấp trên"), 10_000)


def take(hand: Hand, answer: Path) -> None:
    hand.field(ANSWER).setText(str(answer))
    hand.press("F12")


def counter_of(hand: Hand) -> Counter:
    assert hand.window.desk is not None
    counter = hand.window.desk.counter
    assert isinstance(counter, Counter)
    return counter


def test_the_whole_way_and_the_program_closed_in_between(
    open_window, place: Place, upper: Upper, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    hand = open_window(place)
    sign_in(hand)
    asked, answer = stick / "xin.json", stick / "tra-loi.json"
    ask(hand, upper, asked)
    put_away(hand.window)

    enrolled = upper("enrol-file", asked, answer)
    hand = open_window(place)
    sign_in(hand)
    screen("F9")(hand)
    hand.wait(lambda: hand.says("chờ tệp trả lời, F11"), 10_000)
    at_the_server_section(hand)
    hand.wait(lambda: hand.says("vào xin.json. Đưa cấp trên"), 10_000)
    take(hand, answer)
    hand.wait(lambda: hand.says(f"Dấu của máy chủ: {enrolled['fingerprint']}."), 10_000)
    # nothing is bound before somebody compared
    assert not counter_of(hand).sync_state().standing.enrolled
    assert hand.press_button("Dấu khớp, ghi danh").isVisible()
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã ghi danh. Hồ sơ sẽ gửi bằng gói USB ở F9."), 10_000)
    assert counter_of(hand).sync_state().standing.enrolled

    going, coming = stick / "len.hsx", stick / "xuong.hsx"
    screen("F9")(hand)
    hand.wait(lambda: hand.says("đã ghi danh"), 10_000)
    hand.field("Tệp trên USB").setText(str(going))
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Đã kiểm tra gói len.hsx:"), 10_000)
    upper("bundle-in", going)
    upper("bundle-out", "--device", enrolled["device"], coming)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(coming), ""))
    hand.press("Alt+U")
    hand.press("Alt+N")
    hand.wait(
        lambda: hand.says("Đã nhập xuong.hsx:") and hand.says("Không còn hồ sơ nào chờ."), 10_000
    )
    for name, *_ in PEOPLE:
        (row,) = [r for r in counter_of(hand).search.find(name) if r.applicant_name == name]
        assert row.sent == "sent"


def test_what_is_no_answer_is_refused_and_may_be_tried_again(
    hand: Hand, upper: Upper, stick: Path
) -> None:
    asked, answer = stick / "xin.json", stick / "tra-loi.json"
    ask(hand, upper, asked)
    take(hand, answer)
    hand.wait(lambda: hand.says("Không đọc được tra-loi.json."), 10_000)
    take(hand, asked)
    hand.wait(lambda: hand.says("Tệp này không phải câu trả lời ghi danh cho máy này."), 10_000)
    upper("enrol-file", asked, answer)
    answer.write_bytes(answer.read_bytes().replace(b"CERTIFICATE", b"CERTIFICATF"))
    take(hand, answer)
    hand.settle()
    assert not hand.says("Dấu của máy chủ:")
    assert not counter_of(hand).sync_state().standing.enrolled


def test_another_file_must_be_compared_anew(hand: Hand, upper: Upper, stick: Path) -> None:
    asked, answer = stick / "xin.json", stick / "tra-loi.json"
    ask(hand, upper, asked)
    upper("enrol-file", asked, answer)
    take(hand, answer)
    hand.wait(lambda: hand.says("Dấu của máy chủ:"), 10_000)
    hand.fill(ANSWER, "tep-khac.json")
    hand.wait(lambda: not hand.says("Dấu của máy chủ:"), 10_000)
    hand.press("F12")
    hand.wait(lambda: hand.says("Không đọc được tep-khac.json."), 10_000)
    assert not counter_of(hand).sync_state().standing.enrolled


def test_without_a_code_nothing_is_written(hand: Hand, stick: Path) -> None:
    at_the_server_section(hand)
    hand.press("Alt+U")
    hand.field(REQUEST).setText(str(stick / "xin.json"))
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Chưa có mã ghi danh. Hỏi cấp trên."), 10_000)
    assert list(stick.iterdir()) == []
