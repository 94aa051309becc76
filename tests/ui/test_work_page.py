"""F5: trays with their counts, marking by key and by scanner, one act for many, one list for all."""

from collections.abc import Callable

import pypdfium2
import pytest
from hands import PEOPLE, Hand, Place, slip_of, visible
from PySide6.QtWidgets import QListView
from scenes import screen

import ui.frame
from counter_app.domain.events import Actor
from counter_app.domain.retention import erasure_of
from counter_app.services.acts import Acted
from counter_app.services.results import Changes
from ui.widgets import NavButton

NGUYET, BE, KUNG, NGA, HOA, UYEN = PEOPLE


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words on the pages of every file that was handed to the viewer."""
    found: list[list[str]] = []

    def read(pdf: bytes) -> None:
        document = pypdfium2.PdfDocument(pdf)
        found.append(
            [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
        )

    monkeypatch.setattr(ui.frame, "open_pdf", read)
    return found


def rows(hand: Hand) -> list[str]:
    """Whom the list shows, from the top."""
    (shown,) = visible(hand.window, QListView)
    model = shown.model()
    return [
        str(model.data(model.index(n, 0), 11)).split(",")[0]  # what a screen reader says
        for n in range(model.rowCount())
    ]


def counts(hand: Hand) -> list[str]:
    return [b.accessibleDescription() for b in visible(hand.window, NavButton)]


def test_every_tray_says_how_many_lie_in_it(hand: Hand) -> None:
    screen("F5")(hand)
    assert counts(hand) == ["4", "1", "", "", "3", "", "1"]
    # Tuesday is a holiday: three working days end on Thursday 26/11
    hand.press("Alt+5")
    hand.settle()
    assert set(rows(hand)) == {NGUYET[0], BE[0], UYEN[0]}


def test_a_tray_follows_what_is_done(hand: Hand, place: Place) -> None:
    counter = place.open()
    officer = counter.officers.all()[0]
    (late,) = counter.search.find(KUNG[0])
    fields = {"items": ["Giấy khai sinh"], "reason": "Thiếu"}
    assert isinstance(counter.acts.act(late.id, "request-supplement", fields, officer), Acted)
    counter.close()
    screen("F5", "Alt+3")(hand)
    assert counts(hand)[2] == "1"
    assert rows(hand) == [KUNG[0]]
    hand.press("B", "F12")
    hand.wait(lambda: hand.says("Đã nhận bổ sung."))
    hand.settle()
    assert counts(hand)[2] == ""
    assert hand.says("Không có hồ sơ nào chờ bổ sung.")


def test_what_came_by_sync_is_read_again(hand: Hand, place: Place) -> None:
    """What may be done with a dossier is not what it was before the upper server spoke."""
    screen("F5")(hand)
    hand.wait(lambda: hand.says("Được tiếp nhận"))
    first = rows(hand)[0]
    counter = place.open()
    officer = counter.officers.all()[0]
    (row,) = counter.search.find(first)
    counter.acts.act(row.id, "request-payment", {"amount": 1_000, "reason": "Phí"}, officer)
    counter.close()
    desk = hand.window.desk
    assert desk is not None
    desk.announce(Changes(topics=frozenset({"sync"})))
    hand.press("Alt+4")
    hand.wait(lambda: rows(hand) == [first])
    hand.wait(lambda: hand.says("Chờ nộp phí") and hand.says("Đã thu tiền"))


def test_letters_act_only_where_nothing_is_typed(hand: Hand) -> None:
    screen("F5", "C")(hand)
    hand.wait(lambda: hand.focus_name == "Chuyển cho")
    hand.press("Tab")
    hand.type("Bàn giao")
    hand.wait(lambda: hand.field("Ghi chú").text() == "Bàn giao")
    assert hand.says("Chuyển xử lý · ")


def test_space_marks_and_one_act_is_done_to_all(
    hand: Hand, place: Place, papers: list[list[str]]
) -> None:
    screen("F5", "Space", "Space")(hand)
    marked = rows(hand)[:2]
    hand.wait(lambda: hand.says("2 hồ sơ đã chọn"))
    hand.press("Alt+C")
    hand.wait(lambda: hand.says("Chuyển xử lý · 2 hồ sơ"))
    hand.press("Ctrl+A")
    hand.type("Trần Thị Lệ Thủy")
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã chuyển 2 hồ sơ."))
    held = {name: place.dossier(name).holder.name for name, *_ in PEOPLE}
    assert [name for name, holder in held.items() if holder == "Trần Thị Lệ Thủy"] == sorted(
        marked, key=list(held).index
    )
    # a control sheet goes with each, and one list is signed for both
    hand.wait(lambda: papers)
    (pages,) = papers
    assert len(pages) == 3
    for name, page in zip(marked, pages, strict=False):
        assert "KIỂM SOÁT" in page.upper()
        assert name in page
    assert "BÀN GIAO HỒ SƠ" in pages[2].upper()
    assert all(name in pages[2] for name in marked)
    assert not any(name in pages[2] for name, *_ in PEOPLE if name not in marked)
    hand.settle()
    assert hand.says("Mới nhận: 2")


def test_an_act_for_one_has_no_list(hand: Hand, papers: list[list[str]]) -> None:
    screen("F5", "Alt+C", "F12")(hand)
    hand.wait(lambda: papers)
    (pages,) = papers
    assert len(pages) == 1


def test_a_marked_row_is_let_go(hand: Hand) -> None:
    screen("F5", "Space", "Up")(hand)
    hand.wait(lambda: hand.says("1 hồ sơ đã chọn"))
    hand.press("Space")
    hand.wait(lambda: hand.says("Mới nhận: 4"))
    hand.press("Space")
    hand.wait(lambda: hand.says("1 hồ sơ đã chọn"))
    hand.press("Esc")
    hand.wait(lambda: hand.says("Mới nhận: 4"))
    assert not hand.says("hồ sơ đã chọn")


def test_slips_scanned_one_after_another_are_marked(hand: Hand, place: Place) -> None:
    """Wherever they lie: what is marked stands first and is seen."""
    slips = [slip_of(place, name) for name in (NGUYET[0], BE[0], NGA[0])]
    screen("F5")(hand)
    for number, payload in enumerate(slips, 1):
        hand.scan(payload)
        hand.wait(lambda number=number: hand.says(f"{number} hồ sơ đã chọn"))  # type: ignore[misc]
    assert set(rows(hand)[:2]) == {NGUYET[0], NGA[0]}
    assert BE[0] in rows(hand)
    # a result that waits, a dossier in process and a new one: nothing fits all three
    hand.settle()
    assert hand.says("Các hồ sơ này không có việc nào chung. Bỏ bớt rồi làm.")
    hand.scan(slips[0])
    hand.settle()
    assert hand.says("3 hồ sơ đã chọn")


def test_another_tray_keeps_what_was_marked_in_sight(hand: Hand) -> None:
    screen("F5", "Space")(hand)
    first = rows(hand)[0]
    hand.wait(lambda: hand.says("1 hồ sơ đã chọn"))
    hand.press("Alt+2")
    hand.settle()
    assert rows(hand) == [first, NGUYET[0]]
    assert hand.says("1 hồ sơ đã chọn")


def test_what_was_refused_is_told_with_its_dossier(
    hand: Hand, place: Place, papers: list[list[str]]
) -> None:
    """Another counter was quicker with one of them."""
    screen("F5", "Space", "Space", "Alt+C")(hand)
    first = rows(hand)[0]
    counter = place.open()
    officer = counter.officers.all()[0]
    (row,) = counter.search.find(first)
    counter.acts.act(row.id, "void", {"reason": "Nhập hai lần"}, officer)
    counter.close()
    hand.press("F12")
    hand.wait(lambda: hand.says("1 hồ sơ chưa làm được, trước hết "))
    assert hand.says("đã hủy nên không làm việc này được")
    assert [d.voided for d in place.dossiers() if d.facts.applicant.name == first] == [True]


@pytest.mark.parametrize(
    ("key", "name"),
    [("B", "Giấy tờ còn thiếu, mỗi dòng một loại"), ("G", "Ngày hẹn mới, ví dụ 30/11"),
     ("N", "Số tiền (đồng)"), ("D", "Số quyết định"), ("U", "Lý do"), ("K", "Số của kết quả")],
)  # fmt: skip
def test_each_letter_opens_its_form_in_the_first_field(hand: Hand, key: str, name: str) -> None:
    screen("F5", key)(hand)
    hand.wait(lambda: hand.focus_name == name)


def test_the_mouse_marks_too(hand: Hand, click_row: Callable[[QListView, int], None]) -> None:
    screen("F5")(hand)
    (shown,) = visible(hand.window, QListView)
    click_row(shown, 2)
    hand.settle()
    assert hand.says("1 hồ sơ đã chọn")


@pytest.fixture
def click_row() -> Callable[[QListView, int], None]:
    """A click on the box at the left of a row."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    def click(shown: QListView, number: int) -> None:
        place = shown.visualRect(shown.model().index(number, 0))
        QTest.mouseClick(
            shown.viewport(),
            Qt.MouseButton.LeftButton,
            pos=QPoint(place.left() + 20, place.center().y()),
        )

    return click


def test_of_an_erased_dossier_the_window_shows_what_is_left(hand: Hand, place: Place) -> None:
    counter = place.open()
    officer = counter.officers.all()[0]
    (row,) = counter.search.find(NGA[0])
    counter.acts.act(row.id, "return", {}, officer)
    with counter.store.write() as books:
        state, actor = books.dossiers.get(row.id), Actor(officer.id, officer.name)
        assert state is not None
        said, now = erasure_of(state, 10), counter.clock.now()
        books.log.append(said, actor=actor, at=now, subject=row.id)
        books.erasures.carry_out([row.id])
        books.dossiers.refresh(row.id)
    counter.close()
    screen("F3")(hand)
    hand.type(NGA[0])
    hand.settle()
    assert not hand.says(row.code)
    hand.press("Ctrl+A")
    hand.type(row.code)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Đã xóa theo hạn lưu") and hand.says("Xóa theo hạn lưu"))
    for key in ("Alt+2", "Alt+3", "Alt+4", "Alt+5"):
        screen(key)(hand)
        assert not any(
            hand.says(words)
            for words in (NGA[0], "để in", "để đính chính", "Không ghi", "Thêm bản quét")
        )
    hand.press("Ctrl+I")
    hand.wait(lambda: hand.says("không còn gì để in"))
