"""Where the keyboard goes, and the questions that stop the work."""

import re
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from hands import Hand, Place, put_away, tell_time, visible
from looks import cut, nameless, spoken, strange_words, words_of
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot
from scenes import SCENES, Scene, filled, for_another, opened, screen

import resources
from ui.application import Doors, Window

# ---- questions ----------------------------------------------------------------------------------

QUESTIONS: dict[str, tuple[Scene, str]] = {
    "help": (screen("F1"), "Shift+F1"),
    "refusal": (filled, "Ctrl+T"),
    "supplement": (filled, "Ctrl+B"),
    "date": (filled, "Alt+N"),
    "more": (opened(1), "Alt+O"),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_keeps_the_same_rules(hand: Hand, name: str) -> None:
    scene, key = QUESTIONS[name]
    found: dict[str, object] = {}

    def look(question: QWidget) -> None:
        found["cut"] = list(cut(question))
        found["strange"] = strange_words(words_of(question))
        found["nameless"] = nameless(question)
        found["system"] = question.findChildren(QDialogButtonBox)
        found["large"] = question.width() > 1366 or question.height() > 690
        found["title"] = not question.windowTitle()

    scene(hand)
    hand.during_dialog(look, lambda: hand.press(key))
    assert {rule: broken for rule, broken in found.items() if broken} == {}


# ---- before there is a store --------------------------------------------------------------------


@pytest.fixture
def first_start(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hand]:
    """The wizard of the first start."""
    pace = tell_time(monkeypatch)
    doors = Doors(
        tmp_path,
        False,
        lambda: "none",
        lambda _: pytest.fail("opened"),
        lambda *_: "A2CD-E3GH-J4LM-N5QR-S6UV-W7YZ-2345-6789",
        lambda: [("khe-sanh", "Bộ phận Một cửa xã Khe Sanh (mẫu)")],
        resources.office_text,
        lambda *_: pytest.fail("restored"),
    )
    window = Window(doors)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield Hand(qtbot, window, pace)
    put_away(window)


def test_the_first_start_keeps_the_same_rules(first_start: Hand) -> None:
    hand, broken = first_start, {}

    def look(step: str) -> None:
        for rule, found in {
            "cut": list(cut(hand.window)),
            "strange": strange_words(words_of(hand.window)),
            "nameless": nameless(hand.window),
        }.items():
            if found:
                broken[step, rule] = found

    hand.wait(lambda: hand.says("1. Cơ quan và quầy"))
    look("office")
    hand.press("Alt+K")
    hand.wait(lambda: hand.says("Khôi phục từ bản sao lưu"))
    look("restore")
    hand.press("Esc")
    hand.wait(lambda: hand.says("1. Cơ quan và quầy"))
    hand.press("F12")
    hand.wait(lambda: hand.says("2. Người đầu tiên"))
    look("officer")
    hand.type("Hồ Thị Mai")
    hand.press("Tab")
    hand.type("246813")
    hand.press("Tab")
    hand.type("246813")
    hand.press("F12")
    hand.wait(lambda: hand.says("3. Khóa của sổ"))
    look("key")
    hand.press("F12")
    hand.wait(lambda: hand.says("4. Mã khôi phục"))
    look("recovery")
    assert broken == {}


# ---- keyboard -----------------------------------------------------------------------------------


def stops(hand: Hand, most: int = 80) -> Iterator[QWidget]:
    """Where Tab goes, once round; a list that refreshes meanwhile may make its buttons anew."""
    first = hand.focus
    yield first
    for _ in range(most):
        hand.press("Tab")
        if hand.focus is first:
            return
        yield hand.focus
    raise AssertionError("Tab never comes back")


def test_tab_reaches_every_input_of_the_intake_in_reading_order(hand: Hand) -> None:
    for_another(hand)
    hand.press("Alt+1")
    went = list(stops(hand))
    inputs = [
        widget
        for kind in (QLineEdit, QComboBox, QCheckBox)
        for widget in visible(hand.window, kind)
        if widget.isEnabled() and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
    ]
    assert [w.accessibleName() for w in inputs if w not in went] == []

    def section(widget: QWidget) -> int:
        """How far down its card begins; the action bar is last."""
        parent: QWidget | None = widget
        while parent is not None and parent.objectName() not in ("card", "actions"):
            parent = parent.parentWidget()
        assert parent is not None, f"“{widget.accessibleName()}” stands in no section"
        return parent.mapTo(hand.window, parent.rect().topLeft()).y()

    def middle(widget: QWidget) -> QPoint:
        return widget.mapTo(hand.window, widget.rect().center())

    lines: list[int] = []
    for y in sorted(middle(widget).y() for widget in went):
        if not lines or y - lines[-1] > 12:
            lines.append(y)

    def seen_at(widget: QWidget) -> tuple[int, int, int]:
        """Section, line, place in the line."""
        point = middle(widget)
        line = max(y for y in lines if y <= point.y())
        return section(widget), line, point.x()

    assert [w.accessibleName() for w in went] == [
        w.accessibleName() for w in sorted(went, key=seen_at)
    ]


@pytest.mark.parametrize("key", ["F1", "F2", "F3", "F4", "F5", "F6", "F8", "F9", "F11"])
def test_the_keyboard_begins_on_something_useful(hand: Hand, key: str) -> None:
    """Opening a screen puts the focus on the first useful field, and it is seen."""
    hand.press(key)
    hand.settle()
    assert isinstance(hand.focus, QLineEdit | QListView | QComboBox | QPushButton)
    assert hand.focus.isVisible()
    assert spoken(hand.focus)


@pytest.mark.parametrize(
    "name", ["F1", "F3 opened", "F4 proxy", "F5", "F6", "F8", "F9", "F11 officers"]
)
def test_tab_goes_round_and_stops_only_at_what_has_a_name(hand: Hand, name: str) -> None:
    SCENES[name](hand)
    hand.front()
    for stop in stops(hand):
        assert stop.isVisible()
        assert spoken(stop), f"a {type(stop).__name__} without a name"
        assert not stop.visibleRegion().isEmpty(), f"“{spoken(stop)}” cannot be seen"


@pytest.mark.parametrize("key", ["F1", "F2", "F3", "F4", "F5", "F6", "F8", "F9", "F11"])
def test_no_screen_opens_a_window_of_its_own(hand: Hand, key: str) -> None:
    """A label shown before it has a parent flashes as a window and takes the keyboard away."""
    hand.press(key)
    hand.settle()
    assert hand.window.isActiveWindow()


def test_the_menu_of_a_field_is_vietnamese(hand: Hand) -> None:
    """The right mouse button, or the menu key, on any field."""
    hand.press("F2")
    hand.settle()
    field = hand.field("Họ và tên")
    if field.contextMenuPolicy() is Qt.ContextMenuPolicy.DefaultContextMenu:
        menu = field.createStandardContextMenu()
        words = [a.text().replace("&", "").partition("\t")[0] for a in menu.actions() if a.text()]
        menu.deleteLater()
        assert strange_words(words) == {}


def test_what_citizens_typed_is_never_markup(hand: Hand, place: Place) -> None:
    name = "<B>HỒ</B> <IMG SRC=X>"
    counter = place.open()
    officer = counter.officers.all()[0]
    draft = {"procedure": "1.004873", "applicant": {"name": name}, "components": "all"}
    counter.intake.accept(draft, officer)
    counter.close()
    screen("F3")(hand)
    hand.type("img src")
    hand.press("Enter")
    hand.wait(lambda: hand.says(name))
    shown = [label for label in visible(hand.window, QLabel) if name in label.text()]
    assert shown
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in shown)


@pytest.mark.parametrize("key", ["F1", "F3", "F4", "F5"])
def test_a_code_is_cut_on_the_left(hand: Hand, key: str) -> None:
    """A row shows "…261120-2014": the end of a code is what tells dossiers apart."""
    hand.press(key)
    hand.settle()
    shown = next(view for view in visible(hand.window, QListView) if view.model().rowCount())
    for row in range(shown.model().rowCount()):
        index = shown.model().index(row, 0)
        option = QStyleOptionViewItem()
        option.initFrom(shown)
        option.widget = shown
        option.rect = shown.visualRect(index)
        painter = MagicMock()
        shown.itemDelegate().paint(painter, option, index)
        drawn = [str(call.args[-1]) for call in painter.drawText.call_args_list]
        assert any(re.search(r"261120-\d{4}$", text) for text in drawn), drawn
