"""Every screen at 1366×768: it fits, nothing is cut, all is Vietnamese, named and plain."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hands import Hand, Loop, Morning, Place, before_sign_in, put_away, sign_in, tell_time, visible
from looks import cut, nameless, strange_words, words_of
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from scenes import SCENES

from ui.application import Window
from ui.frame import Frame
from ui.intake.due_card import DayStrip, DueCard
from ui.theme import LIGHT, SCALES, Theme, set_text_scale, text_scale
from ui.widgets import label

FULL, USUAL = QSize(1366, 768), QSize(1366, 690)
"""The whole screen, and what a title bar and the taskbar leave of it."""
QUARTER_MORE = QSize(1092, 614)
"""What is left of the whole screen at 125 %."""
TALL = frozenset(
    [
        "F1 queue",
        "F2 problems",
        "F2 pad",
        "F2 clock",
        "F3 new date",
        "F3 not taken",
        "F5 Alt+B",
        "F5 Alt+G",
        "F5 new date",
    ]
)
"""Scenes that scroll downwards at 125 %."""
_PROMISES = ("F2 filled", "F2 saved", "F2 pad", "F3 papers")
"""Scenes with a date or a code in large letters; one of them scrolls."""
TIGHT = QSize(1350, 690)
"""Another machine hints letters a little wider: what fits to the pixel here does not fit there."""


@pytest.fixture(scope="module", params=SCENES)
def scene(
    request: pytest.FixtureRequest,
    template: tuple[Path, bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hand]:
    """One window a scene; every rule below looks at it."""
    folder, key = template
    copied = shutil.copytree(folder, tmp_path_factory.mktemp("scene") / "so")
    with pytest.MonkeyPatch.context() as patch:
        window = Window(Place(copied, key, Morning()).doors())
        try:
            hand = before_sign_in(Loop(), window, tell_time(patch))
            sign_in(hand)
            SCENES[request.param](hand)
            yield hand
        finally:
            put_away(window)


def test_it_fits_the_smallest_screen(scene: Hand) -> None:
    window = scene.window
    assert window.minimumSizeHint().width() <= USUAL.width()
    assert window.minimumSizeHint().height() <= USUAL.height()
    window.resize(USUAL)
    assert window.size() == USUAL
    window.resize(FULL)
    assert window.size() == FULL


def test_nothing_is_cut_or_pushed_aside(scene: Hand) -> None:
    for size in (QUARTER_MORE, TIGHT, USUAL, FULL):
        scene.window.resize(size)
        assert amiss(scene) == []


def amiss(scene: Hand) -> list[str]:
    """What is cut or has to be pushed aside, once all is laid out: that takes more than one round."""
    found: list[str] = []

    def fits() -> bool:
        found[:] = [*cut(scene.window), *pushed(scene)]
        return not found

    scene.settle()
    with suppress(AssertionError):
        scene.wait(fits)
    return found


def pushed(scene: Hand) -> list[str]:
    return [
        area.accessibleName() or type(area).__name__
        for area in visible(scene.window, QAbstractScrollArea)
        if area.horizontalScrollBar().isVisible() and area.horizontalScrollBar().maximum() > 0
    ]


def test_most_pages_are_seen_whole_at_a_quarter_more(
    scene: Hand, request: pytest.FixtureRequest
) -> None:
    """No scrolling downwards either, but for a few."""
    if request.node.callspec.params["scene"] in TALL:
        return
    scene.window.resize(QUARTER_MORE)
    scene.settle()
    pages = [
        area
        for area in visible(scene.window, QAbstractScrollArea)
        if isinstance(area.parentWidget(), Frame)
    ]
    with suppress(AssertionError):
        scene.wait(lambda: not any(area.verticalScrollBar().maximum() for area in pages))
    assert [area.verticalScrollBar().maximum() for area in pages] == [0] * len(pages)


def test_the_promise_and_the_papers_stand_whole_at_a_quarter_more(
    scene: Hand, request: pytest.FixtureRequest
) -> None:
    """No word below a day, no line of the sentence, no name broken before its room is used up."""
    if request.node.callspec.params["scene"] not in _PROMISES:
        return
    window = scene.window
    for size in (QUARTER_MORE, FULL):
        window.resize(size)
        scene.settle()
        for card in visible(window, DueCard):
            assert list(cut(card)) == []
        for strip in visible(window, DayStrip):
            width, space, days = strip.cells()
            assert len(days) == 7
            assert width >= QFontMetrics(strip._font(12)).horizontalAdvance("nhận")
            assert len(days) * (width + space) - space <= strip.width()
        for paper in visible(window, QLabel):
            if paper.text() == "Giấy tờ tùy thân (xuất trình)":
                assert paper.height() < 2 * paper.fontMetrics().height()


def test_every_word_is_vietnamese(scene: Hand) -> None:
    assert strange_words(words_of(scene.window)) == {}


def test_what_can_be_used_has_a_name(scene: Hand) -> None:
    assert nameless(scene.window) == []


def test_labels_are_plain_text(scene: Hand) -> None:
    rich = [
        label.text()
        for label in scene.window.findChildren(QLabel)
        if label.text() and label.textFormat() is not Qt.TextFormat.PlainText
    ]
    assert rich == []


def test_there_are_no_buttons_of_the_system(scene: Hand) -> None:
    assert scene.window.findChildren(QDialogButtonBox) == []
    assert scene.window.findChildren(QMessageBox) == []


def test_one_filled_button_a_screen(scene: Hand) -> None:
    """Principle 7, and it stands at the right end."""
    primary = [b for b in visible(scene.window, QPushButton) if b.property("kind") == "primary"]
    assert len(primary) <= 1
    for button in primary:
        bar = button.parentWidget()
        if bar is not None and bar.objectName() == "actions":
            assert button.x() == max(other.x() for other in visible(bar, QPushButton))


def test_it_can_be_looked_at(scene: Hand, tmp_path: Path) -> None:
    picture = scene.window.grab()
    assert picture.save(str(tmp_path / "screen.png"))
    assert picture.size() == scene.window.size() * picture.devicePixelRatio()
    image = picture.toImage()
    seen = {
        image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 7)
    }
    assert len(seen) > 20, "an empty picture"


def test_no_font_is_replaced(scene: Hand) -> None:
    """Fonts are our own files: what the machine has must not matter."""
    families = {
        (label.font().family(), label.fontInfo().family())
        for label in visible(scene.window, QLabel)
    }
    assert {wanted for wanted, _ in families} <= {"Noto Sans", "Be Vietnam Pro"}
    assert all(wanted == shown for wanted, shown in families)


def test_no_text_is_too_small(scene: Hand) -> None:
    """Nothing is smaller than 12 px."""
    small = {
        (label.text(), label.fontInfo().pixelSize())
        for label in visible(scene.window, QLabel)
        if label.text() and label.fontInfo().pixelSize() < 12
    }
    assert small == set()


def test_a_tick_is_a_sign_and_not_only_a_colour(scene: Hand) -> None:
    """Colour never speaks alone: a ticked box has something drawn in it."""
    for tick in visible(scene.window, QCheckBox):
        option = QStyleOptionButton()
        tick.initStyleOption(option)
        element = QStyle.SubElement.SE_CheckBoxIndicator
        inner = tick.style().subElementRect(element, option, tick).adjusted(4, 4, -4, -4)
        assert (len(colours(tick, inner)) > 1) == tick.isChecked(), tick.accessibleName()


def test_a_list_of_choices_shows_that_it_opens(scene: Hand) -> None:
    """A chevron at its right end, as in the pictures."""
    for combo in visible(scene.window, QComboBox):
        right = combo.rect().adjusted(combo.width() - 24, 4, -4, -4)
        assert len(colours(combo, right)) > 1, combo.accessibleName()


def test_a_chosen_row_has_a_colour_of_ours(scene: Hand) -> None:
    palette = scene.window.theme.palette
    ours = {QColor(shade).rgb() for shade in (palette.selected, palette.focus)}
    for shown in visible(scene.window, QListWidget):
        if shown.currentItem() is not None:
            row = shown.visualItemRect(shown.currentItem())
            row.setLeft(row.right() - 3)
            assert colours(shown.viewport(), row) <= ours, shown.accessibleName()


def test_at_every_text_size_nothing_is_cut(scene: Hand) -> None:
    """What holds text grows with it; what has no room any more scrolls, downwards only. It stands last: the
    letters stay as large as they can be.
    """
    window = scene.window
    window.resize(FULL)
    scene.front()
    for scale in SCALES[1:]:
        scene.press("Ctrl++")
        assert text_scale() == scale
        assert amiss(scene) == []
        assert window.size() == FULL
        assert window.minimumSizeHint().height() <= USUAL.height()


def colours(widget: QWidget, area: QRect) -> set[int]:
    """The colours of a part of what is drawn."""
    image = widget.grab(area).toImage()
    return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}


# ---- the rules themselves -----------------------------------------------------------------------


def test_cut_words_are_seen(qtbot: QtBot) -> None:
    """What the rules above look for, made on purpose."""
    root = QWidget()
    qtbot.addWidget(root)
    made: list[QWidget] = []
    for words in ("Nhãn bị cắt ngang", "Nhãn ngắt dòng mà chỗ không đủ cao cho mọi dòng"):
        label = QLabel(words, root)
        label.setWordWrap(words.startswith("Nhãn ngắt"))
        made.append(label)
    made += [QPushButton("Nút bị cắt ngang", root), QLineEdit("Ô bị cắt ngang", root)]
    choice = QComboBox(root)
    choice.addItem("Mục bị cắt ngang")
    made.append(choice)
    for number, widget in enumerate(made):
        widget.setGeometry(0, 30 * number, 60, 20)
    outside = QLabel("Ra ngoài", root)
    outside.setGeometry(400, 0, 200, 20)
    root.resize(300, 200)
    root.show()
    assert len(list(cut(root))) == len(made) + 1


def test_words_that_fit_are_left_alone(qtbot: QtBot) -> None:
    root = QWidget()
    qtbot.addWidget(root)
    column = QVBoxLayout(root)
    for widget in (QLabel("Họ và tên"), QPushButton("Lưu và in phiếu"), QLineEdit("Khe Sanh")):
        column.addWidget(widget)
    root.show()
    assert list(cut(root)) == []


def test_strange_words_and_missing_names_are_seen(qtbot: QtBot) -> None:
    lines = [
        "Cancel",
        "Lưu và đóng",
        "Open file",
        "No",
        "Mã PIN",
        "tcp://192.168.1.50:9100",
        "Gượm",
    ]
    assert set(strange_words(lines)) == {"Cancel", "Open", "file", "No"}
    root = QWidget()
    qtbot.addWidget(root)
    line = QLineEdit(root)
    root.show()
    assert nameless(root) == ["QLineEdit in QWidget"]
    line.setAccessibleName("Họ và tên")
    assert nameless(root) == []


@pytest.mark.parametrize("scale", SCALES)
def test_two_marks_on_a_capital_stand_whole(qapp: QApplication, scale: float) -> None:
    """Ễ and Ẫ rise above the ascent: their upper mark is the first to be cut."""
    title = label("ỄẪ", "title", wrap=True)
    set_text_scale(scale)
    title.setStyleSheet(Theme(LIGHT).style_sheet())
    set_text_scale(SCALES[0])
    title.ensurePolished()
    title.resize(title.sizeHint())
    picture = title.grab().toImage()
    edge = {picture.pixelColor(x, 0).lightness() for x in range(picture.width())}
    assert len(edge) == 1
