"""F9, what the upper server could not take: its reason, and how it is put right by the keys."""

import threading
from collections.abc import Sequence

import pytest
from hands import PEOPLE, Hand, Place, visible
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel
from scenes import not_taken, opened, repairing, screen

from counter_app.bootstrap import Counter
from counter_app.domain.events import DossierCorrected
from counter_app.ports.attachments import Fetched, WantedPage
from counter_app.ports.sync import Summary, SyncProblem
from counter_app.services.results import Changes
from db.lives import put_state
from db.pulled import keep_verdict
from db.tables import REFUSED
from ui.dossier_view import DossierPane
from ui.theme import LIGHT

KHANH_UYEN, NGA = 5, 3
ON_PAPER = "H50.99.01-261120-1077"


def test_the_code_on_the_paper_puts_it_right(hand: Hand, place: Place) -> None:
    repairing(hand)
    assert hand.says("Mã này quầy 1 đã cấp cho hồ sơ khác.")
    hand.press("F12")
    hand.wait(lambda: hand.says("Chưa có lý do đính chính"), 10_000)
    hand.fill("Lý do", "Gõ nhầm mã")
    hand.fill("Mã trên giấy (để trống: cấp mã mới)", "H50-khong-phai")
    hand.press("F12")
    hand.wait(lambda: hand.says("Mã hồ sơ trên giấy không đúng."), 10_000)
    hand.fill("Mã trên giấy (để trống: cấp mã mới)", ON_PAPER)
    hand.press("F12")
    hand.wait(lambda: place.dossier(PEOPLE[KHANH_UYEN][0]).code == ON_PAPER, 10_000)
    last = place.dossier(PEOPLE[KHANH_UYEN][0]).timeline[-1].payload
    assert isinstance(last, DossierCorrected)
    assert last.supersedes == place.dossier(PEOPLE[KHANH_UYEN][0]).id
    # then it is sent: this counter has nobody to send to, and says so
    hand.wait(lambda: hand.says("Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường."), 10_000)
    hand.wait(lambda: not hand.says("Mã trên giấy"), 10_000)


def test_left_alone_it_stays_as_it_is(hand: Hand, place: Place) -> None:
    repairing(hand)
    hand.fill("Lý do", "Thôi")
    hand.press("Esc")
    hand.wait(lambda: not hand.says("Mã trên giấy"), 10_000)
    assert hand.press_button("Đồng bộ ngay").isVisible()
    assert place.dossier(PEOPLE[KHANH_UYEN][0]).code.endswith("-2006")


def test_what_a_correction_does_not_put_right_is_opened(hand: Hand) -> None:
    not_taken("F9")(hand)
    hand.press("Down", "Enter")
    hand.settle()
    hand.press("Enter")
    pane = hand.window.findChild(DossierPane)
    hand.wait(lambda: hand.window.frame.current == "F3", 10_000)
    pane = hand.window.findChild(DossierPane)
    assert pane is not None
    hand.wait(
        lambda: pane.view and pane.view.dossier.facts.applicant.name == PEOPLE[NGA][0], 10_000
    )
    assert hand.says("Cấp trên chưa nhận: Mã này quầy 1")
    # a plain correction asks for no code
    hand.press("Alt+S")
    hand.settle()
    assert not hand.says("Mã trên giấy")


def test_in_the_dossier_the_same_form_asks_for_the_code(hand: Hand) -> None:
    not_taken("F1")(hand)
    opened(KHANH_UYEN, "Alt+S")(hand)
    hand.wait(lambda: hand.says("Mã trên giấy"), 10_000)
    screen("Esc", "F3")(hand)
    opened(1, "Alt+S")(hand)
    hand.wait(lambda: hand.says("Phiếu số 1 sẽ được thay"), 10_000)
    assert not hand.says("Mã trên giấy")
    assert not hand.says("Cấp trên chưa nhận")


class Rounds:
    """Stands for the upper server: what each round brings."""

    def __init__(self, *rounds: Summary) -> None:
        self._left = list(rounds)

    def cycle(self) -> Summary:
        return self._left.pop(0)

    def fetch(self, wanted: Sequence[WantedPage]) -> Fetched:
        return Fetched()


def test_rounds_from_before_the_first_visit_are_shown(hand: Hand) -> None:
    desk, frame = hand.window.desk, hand.window.frame
    assert desk is not None
    assert not hand.says("Gửi 2, nhận 7")
    unfinished = Summary(sent=500, unfinished=True)
    desk.counter.sync = Rounds(  # type: ignore[misc]
        Summary(sent=2, received=7), unfinished, Summary(fault="Chưa nối được máy chủ.")
    )
    for number in range(1, 4):
        frame.syncs.begin()
        hand.wait(lambda number=number: len(desk.rounds) == number, 10_000)
        if number == 2:
            # what was cut for its length goes on at once, whatever the schedule says
            assert frame.syncs.timer.interval() <= 1000
        hand.settle()
        if number == 1:
            assert frame.syncs.timer.interval() > 60_000
        frame.syncs.timer.stop()
    screen("F9")(hand)
    shown = [
        text for text in ("Gửi 2, nhận 7", "Gửi 500, nhận 0", "Sẽ tự thử lại") if hand.says(text)
    ]
    assert len(shown) == 3
    assert hand.says("Còn tiếp")


def test_a_round_by_hand_ends_the_long_waiting(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, frame = hand.window.desk, hand.window.frame
    assert desk is not None
    asked: list[int] = []
    monkeypatch.setattr(
        desk.counter, "seconds_until_sync", lambda failures: asked.append(failures) or 3600.0
    )
    desk.counter.sync = Rounds(*[Summary(fault="Chưa nối được máy chủ.")] * 4)  # type: ignore[misc]
    for number in range(1, 4):
        frame.syncs.begin()
        hand.wait(lambda number=number: len(asked) == number, 10_000)
    screen("F9")(hand)
    hand.press("F12")
    hand.wait(lambda: len(asked) == 4, 10_000)
    assert asked == [1, 2, 3, 1]
    frame.syncs.timer.stop()


def test_a_network_that_is_back_ends_the_long_waiting(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, frame = hand.window.desk, hand.window.frame
    assert desk is not None
    ways = [True, False, False, True, True, False, True]
    monkeypatch.setattr(desk.counter, "has_network", lambda: ways.pop(0))
    monkeypatch.setattr(frame.syncs, "_has_line", True)
    monkeypatch.setattr(desk.counter, "seconds_until_sync", lambda failures: 3600.0)
    desk.counter.sync = Rounds(  # type: ignore[misc]
        Summary(fault="Chưa nối được máy chủ."), Summary(sent=1), Summary(sent=2)
    )
    frame.syncs._network.stop()
    frame.syncs.begin()
    hand.wait(lambda: len(desk.rounds) == 1, 10_000)
    for _ in range(3):
        frame.syncs.look_for_network()
        hand.settle()
        assert len(desk.rounds) == 1
    monkeypatch.setattr(frame.syncs, "_has_line", True)

    frame.syncs.look_for_network()

    hand.wait(lambda: len(desk.rounds) == 2, 10_000)
    # after a round that went well there is nothing to hurry for
    while ways:
        hand.settle()
        monkeypatch.setattr(frame.syncs, "_has_line", True)
        frame.syncs.look_for_network()
    hand.settle()
    assert not frame.syncs._busy
    assert len(desk.rounds) == 2
    frame.syncs.timer.stop()


def test_a_round_under_way_is_seen_and_its_refusal_stands_red_on_every_screen(hand: Hand) -> None:
    desk, frame = hand.window.desk, hand.window.frame
    assert desk is not None
    refusal = "Máy này đã bị thu hồi. Hãy báo cấp trên."
    answers = threading.Event()

    class Slow(Rounds):
        def cycle(self) -> Summary:
            answers.wait(10)
            put(desk.counter, server_url="https://motcua.tinh.vn:8443")
            desk.counter.sync_store.note_cycle("2026-11-20T09:24:00+07:00", refusal, 0, "server")
            return super().cycle()

    desk.counter.sync = Slow(Summary(fault=refusal, blame="server"))  # type: ignore[misc]
    screen("F9")(hand)
    hand.press("F12")
    assert hand.says("Đang gửi")
    put(desk.counter, server_url="https://motcua.tinh.vn:8443", head="8964")
    hand.wait(lambda: hand.says("còn 8.964 thay đổi chưa nhận"), 10_000)
    put(desk.counter, head="0")
    hand.press("F2")
    hand.type("045")
    # the last letter may still be taken for the beginning of a scan
    hand.wait(lambda: hand.field("Số định danh").text() == "045")
    answers.set()
    hand.wait(lambda: hand.says("Cấp trên không nhận máy này. Còn 6 hồ sơ. F9 xem vì sao"), 10_000)
    assert hand.field("Số định danh").text() == "045"
    (bar,) = [w for w in visible(hand.window, QLabel) if w.text().startswith("Cấp trên không")]
    assert bar.grab().toImage().pixelColor(3, bar.height() // 2) == QColor(LIGHT.red)
    hand.press("F9")
    assert not hand.says("Đang gửi")
    for words in (refusal, "Không mất gì", "Bị từ chối"):
        assert hand.says(words)
    frame.syncs.timer.stop()


def test_what_no_mark_shows_waits_on_the_desk_until_it_is_seen(hand: Hand, place: Place) -> None:
    """A code that changed after its slip was printed: the citizen has to get another."""
    desk = hand.window.desk
    assert desk is not None
    code = place.dossier(PEOPLE[NGA][0]).code
    changed = SyncProblem(code, "renumbered", "Hồ sơ đến sau nay mang mã khác. Hãy in lại phiếu.")
    differs = SyncProblem("", "digest_differs", "Sổ ở máy này và máy chủ không khớp.")
    marked = SyncProblem(code, "code_taken", "Mã này đã có.")
    desk.counter.sync = Rounds(  # type: ignore[misc]
        Summary(problems=[changed, differs, marked]), Summary(problems=[changed])
    )
    for _ in range(2):
        rounds = len(desk.rounds)
        hand.window.frame.syncs.begin()
        hand.wait(lambda rounds=rounds: len(desk.rounds) > rounds, 10_000)
        hand.window.frame.syncs.timer.stop()
    screen("F9")(hand)
    assert hand.says("Cần xem")
    screen("F1")(hand)
    hand.wait(lambda: hand.says(differs.message), 10_000)
    assert not hand.says(marked.message)
    assert [one.message for one in desk.counter.notices.all()] == [changed.message, differs.message]
    hand.press(hand.cap_beside(changed.message))
    hand.wait(lambda: hand.window.frame.current == "F3", 10_000)
    pane = hand.window.findChild(DossierPane)
    hand.wait(lambda: pane.view and pane.view.dossier.code == code, 10_000)
    screen("F1")(hand)
    hand.press(hand.cap_beside(differs.message))
    hand.wait(lambda: not hand.says(differs.message), 10_000)
    assert desk.counter.notices.all() == ()


def put(counter: Counter, **values: str) -> None:
    with counter.store.write() as books:
        put_state(books, **values)


def test_what_comes_meanwhile_does_not_take_the_keyboard(hand: Hand) -> None:
    not_taken("F9")(hand)
    desk = hand.window.desk
    assert desk is not None
    hand.fill("Tệp trên USB", "E")
    desk.announce(Changes(topics=frozenset({"sync"})))
    hand.settle()
    assert hand.focus_name == "Tệp trên USB"


def test_what_counts_for_nothing_is_told_until_it_was_seen(hand: Hand, place: Place) -> None:
    desk = hand.window.desk
    assert desk is not None
    nga = place.dossier(PEOPLE[NGA][0])
    with desk.counter.store.write() as books:
        keep_verdict(books, "viec", nga.id, REFUSED, "state", "Quầy khác trả rồi.")
    screen("F9", "F1")(hand)
    hand.wait(lambda: hand.says(f"Hồ sơ {nga.code} có việc làm ở máy này không tính."), 10_000)
    screen("F9")(hand)
    hand.wait(lambda: hand.says("không tính: Quầy khác trả rồi. Enter mở hồ sơ"), 10_000)
    hand.press("Enter")
    hand.wait(lambda: hand.says("có việc không tính"), 10_000)
    hand.press("Alt+V")
    hand.wait(lambda: not hand.says("Quầy khác trả rồi."), 10_000)
    screen("F9")(hand)
    hand.wait(lambda: hand.says("Không có hồ sơ nào cần sửa."), 10_000)
