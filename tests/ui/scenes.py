"""Ways to bring a window into a state that is worth a look."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hands import PEOPLE, Hand, Morning, visible
from PySide6.QtWidgets import QComboBox, QLabel
from scans_made import jpeg, pdf
from sqlalchemy import insert

from counter_app.bootstrap import Counter
from counter_app.domain.printer import KeptPrinter, PrinterRole, Profile
from counter_app.domain.tickets import TicketState
from counter_app.ports.sync import Standing, Summary
from counter_app.printing.virtual import VirtualPrinter
from counter_app.services.appointments import Booked
from counter_app.sync.words import state_of
from db.tables import event_verdict

Scene = Callable[[Hand], None]
ACT_KEYS = ("Alt+C", "Alt+B", "Alt+N", "Alt+G", "Alt+D", "Alt+U", "Alt+K", "Alt+S", "Alt+H")
"""Each opens the form of something that may be done with a dossier."""


def screen(*keys: str) -> Scene:
    """Some keys, and what they show."""

    def go(hand: Hand) -> None:
        for key in keys:
            hand.front()
            hand.press(key)
            hand.settle()

    return go


def applicant(hand: Hand) -> None:
    """The first section, typed."""
    screen("F2")(hand)
    hand.fill("Số định danh", "045190001235")
    hand.fill("Họ và tên", "HỒ THỊ NGUYỆT")
    hand.fill("Ngày sinh", "05/03/1990")
    hand.fill("Nơi cư trú (như trên giấy tờ)", "Thôn Ta Đủ, Tân Hợp, Quảng Trị")


def filled(hand: Hand) -> None:
    """Everything that F12 wants, and the slip as it would be printed."""
    applicant(hand)
    hand.press("Alt+2")
    hand.type("xntt")
    hand.press("Enter", "2", "Alt+A")
    hand.settle()
    preview = next(w for w in visible(hand.window, QLabel) if w.accessibleName() == "Phiếu sẽ in")
    hand.wait(lambda: not preview.pixmap().isNull())


def problems(hand: Hand) -> None:
    screen("F2")(hand)
    hand.type("123")
    hand.press("Tab", "F12")
    hand.wait(lambda: hand.says("Cần xem lại"))
    hand.settle()


def for_another(hand: Hand) -> None:
    filled(hand)
    combo = next(w for w in visible(hand.window, QComboBox) if w.accessibleName() == "Nộp cho")
    combo.setFocus()
    hand.press("Down")
    hand.settle()


def certification(hand: Hand) -> None:
    screen("F2", "Alt+2")(hand)
    hand.type("cts")
    hand.press("Enter")
    hand.settle()
    hand.type("4")
    hand.settle()


def saved(hand: Hand) -> None:
    filled(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Đã lưu"))


def new_date(*keys: str) -> Scene:
    """A new date is typed, its days are counted."""

    def go(hand: Hand) -> None:
        screen(*keys)(hand) if keys[0] == "F5" else opened(1, *keys)(hand)
        hand.fill("Ngày hẹn mới, ví dụ 30/11", "30/11")
        hand.settle()

    return go


def visit(hand: Hand) -> None:
    """The second dossier of the same person."""
    filled(hand)
    hand.press("Ctrl+D")
    hand.wait(lambda: hand.says("hồ sơ 2: đang nhập"))
    hand.settle()
    hand.press("Alt+2")
    hand.type("cts")
    hand.press("Enter")
    hand.settle()


def pad(hand: Hand) -> None:
    """A slip that was filled in by hand."""
    filled(hand)
    hand.press("Alt+P")
    hand.type("P2-7K3-0042")
    hand.press("Enter")
    hand.type("20/11")
    hand.press("Enter")
    hand.type("08:05")
    hand.press("Tab")
    hand.settle()


def wrong_clock(hand: Hand) -> None:
    """The PC shows a day of 2015; what was typed in its place contradicts the book."""
    desk = hand.window.desk
    assert desk is not None
    desk.counter.clock.pc.move(days=-4000)  # type: ignore[attr-defined]
    filled(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Chưa lưu. "))
    hand.type("23/11/2027")
    hand.press("Enter")
    hand.type("08:10")
    hand.press("F12")
    hand.wait(lambda: hand.says("thì bấm F12 lần nữa"))
    hand.settle()


def opened(number: int, *keys: str) -> Scene:
    """The dossier of one of the people, on the search screen."""

    def go(hand: Hand) -> None:
        screen("F3")(hand)
        hand.type(PEOPLE[number][1])
        hand.press("Enter")
        hand.wait(lambda: hand.says(PEOPLE[number][0]))
        hand.settle()
        screen(*keys)(hand)

    return go


def scanned(hand: Hand) -> None:
    """A dossier with papers scanned here; one has a name that is long."""
    desk = hand.window.desk
    assert desk is not None
    (row, *_) = desk.counter.search.find(PEOPLE[0][1])
    for name, raw in (("tờ-khai.jpg", jpeg()), ("giấy-chứng-sinh-bản-quét-" * 4 + ".pdf", pdf(2))):
        desk.counter.attachments.add(row.id, name, raw, "", desk.who)
    opened(0, "Alt+2")(hand)
    hand.wait(lambda: hand.says("chờ gửi 2/2"))


def elsewhere(hand: Hand) -> None:
    """A paper whose pages do not lie on this PC."""
    scanned(hand)
    desk = hand.window.desk
    assert desk is not None
    for path in (desk.counter.folder / "attachments").rglob("*"):
        if path.is_file():
            path.unlink()
    screen("F1", "F3")(hand)
    opened(0, "Alt+2")(hand)
    hand.wait(lambda: hand.says("Tải về"))


def not_taken(*keys: str) -> Scene:
    """The upper server could not take two dossiers: of one the acceptance, of one what came later."""

    def go(hand: Hand) -> None:
        desk = hand.window.desk
        assert desk is not None
        assert isinstance(desk.counter, Counter)
        for number, later in ((5, ""), (3, "-sau")):
            (row, *_) = desk.counter.search.find(PEOPLE[number][1])
            with desk.counter.store.write() as books:
                books.connection.execute(
                    insert(event_verdict).values(
                        event_id=row.id + later,
                        subject=row.id,
                        verdict="quarantined",
                        code="code_taken",
                        message="Mã này quầy 1 đã cấp cho hồ sơ khác. Xem lại mã trên giấy.",
                    )
                )
        screen(*keys)(hand)
        if keys[0] == "F9":
            hand.wait(lambda: hand.says("Vì sao cấp trên chưa nhận"))

    return go


def busy_morning(hand: Hand) -> None:
    """An enrolled counter whose line came and went."""
    not_taken("F1")(hand)
    desk, now = hand.window.desk, Morning.at
    assert desk is not None
    for ago, done in (
        (72, Summary(received=31)),
        (57, Summary(sent=4, received=9)),
        (44, Summary(sent=2, fault="Chưa nối được máy chủ.")),
        (42, Summary(fault="Chưa nối được máy chủ.")),
        (27, Summary(sent=11, unfinished=True)),
        (12, Summary(sent=6, received=2)),
    ):
        desk.rounds.append((now - timedelta(minutes=ago), done))
    screen("F9")(hand)
    standing = Standing(
        enrolled=True,
        today=131,
        today_sent=128,
        waiting=3,
        problems=1,
        last_success_at="2026-11-20T09:12:00+07:00",
        failing_since="",
        oldest_waiting_at="",
        last_error="",
    )
    hand.window.frame._on_sync_state(state_of(standing, now))
    hand.wait(lambda: hand.says("128 đã tới máy chủ hôm nay"))


def repairing(hand: Hand) -> None:
    """The first of them, put right on the screen of sync."""
    not_taken("F9")(hand)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Mã trên giấy"))


def nothing_found(hand: Hand) -> None:
    screen("F3")(hand)
    hand.type("khong co ai")
    hand.press("Enter")
    hand.wait(lambda: hand.says("Không có hồ sơ nào như vậy"))


def queue(hand: Hand) -> None:
    """Some wait, one is served, one did not come."""
    desk = hand.window.desk
    assert desk is not None
    for letter in "AAUABUC":
        desk.counter.tickets.take(letter)
    desk.counter.tickets.call_next()
    desk.counter.tickets.move("A001", TicketState.ABSENT)
    screen("F6")(hand)
    hand.wait(lambda: hand.says("U001"))


def desk_with_queue(hand: Hand) -> None:
    """The number that is served stands on the desk too."""
    queue(hand)
    screen("F1")(hand)
    hand.wait(lambda: hand.says("Số đang gọi"))


def booking(hand: Hand) -> None:
    """Monday, somebody comes at nine, somebody does not."""
    desk = hand.window.desk
    assert desk is not None
    monday = desk.now().replace(day=23, hour=9, minute=0)
    for name in ("Hồ Thị Hẹn", "Pả Lỡ"):
        made = desk.counter.appointments.book(monday, name, "0912 000 345", "1.004873", desk.who)
        assert isinstance(made, Booked)
    desk.counter.appointments.cancel(made.appointment.number, desk.who)
    screen("F6", "Alt+2", "Alt+S", "Alt+S", "Alt+S")(hand)
    hand.wait(lambda: hand.says("Thứ Hai 23/11/2026: 1 người hẹn"))


def returning(choice: str = "") -> Scene:
    """Somebody stands there for a result."""

    def go(hand: Hand) -> None:
        screen("F4")(hand)
        hand.type(PEOPLE[3][1])
        hand.press("Enter")
        hand.wait(lambda: hand.says("Kệ K2"))
        if choice:
            hand.press_button(choice).click()
            hand.settle()

    return go


def printers(hand: Hand) -> None:
    """One that cannot print, one that can, one for sheets."""
    desk = hand.window.desk
    assert desk is not None
    slip, form = frozenset(set(PrinterRole) - {PrinterRole.FORM}), frozenset({PrinterRole.FORM})
    for name, address, roles in (
        ("Máy in quầy", f"file:{Path.cwd().root}khong-co/phieu.bin", slip),
        ("Thư mục phiếu khi máy in hỏng", f"pdf:{Path.cwd().root}phieu", slip),
        ("Máy in A4 phòng trong", "windows:Máy in tầng 1", form),
    ):
        kept = KeptPrinter(name, address, roles, Profile())
        desk.counter.printers.keep(kept, desk.who)
    screen("F11", "Alt+3")(hand)
    hand.wait(lambda: hand.says("không dùng được ở máy này") and hand.says("không ghi được tệp"))


def wizard(steps: int) -> Scene:
    """So many steps into the setting up of a printer."""

    def go(hand: Hand) -> None:
        screen("F11", "Alt+3", "F12")(hand)
        hand.wait(lambda: "Đang tìm" not in _found(hand))
        with VirtualPrinter() as printer:
            hand.fill("Địa chỉ máy in", printer.address)
            # its port is another each time
            hand.fill("Tên máy in, do quầy đặt", "Máy in quầy 2")
            if steps:
                hand.press("F12")
            if steps > 1:
                hand.press("F12")
                hand.wait(lambda: hand.says("Máy in trả lời tốt."))
            if steps > 2:
                hand.press("F12")
                hand.wait(lambda: hand.says("Máy in đã xác nhận."))
            if steps > 3:
                hand.press("C", "C", "C")
                hand.wait(lambda: hand.says("Bấm F12 để lưu máy in này."))

    return go


def _found(hand: Hand) -> str:
    (combo,) = (w for w in visible(hand.window, QComboBox) if "máy tính này" in w.accessibleName())
    return combo.currentText()


def wording(hand: Hand) -> None:
    """The form as it looks now."""
    screen("F11", "Alt+7")(hand)
    sheet = next(w for w in visible(hand.window, QLabel) if w.accessibleName() == "Mẫu như sẽ in")
    hand.wait(lambda: not sheet.pixmap().isNull())


def in_contrast(scene: Scene) -> Scene:
    def go(hand: Hand) -> None:
        screen("Ctrl+K")(hand)
        scene(hand)

    return go


SCENES: dict[str, Scene] = {
    "F1": screen("F1"),
    "F1 not printed": screen("F1", "Alt+5"),
    "F1 none late": screen("F1", "Alt+3"),
    "F2 empty": screen("F2"),
    "F2 filled": filled,
    "F2 problems": problems,
    "F2 for another": for_another,
    "F2 certification": certification,
    "F2 saved": saved,
    "F2 visit": visit,
    "F2 pad": pad,
    "F2 clock": wrong_clock,
    "F3": screen("F3"),
    "F3 opened": opened(0),
    "F3 papers": opened(0, "Alt+2"),
    "F3 scans": scanned,
    "F3 elsewhere": elsewhere,
    "F3 prints": opened(0, "Alt+3"),
    "F3 money": opened(5, "Alt+4"),
    "F3 corrections": opened(5, "Alt+5"),
    "F3 nothing": nothing_found,
    "F3 result back": opened(3),
    **{f"F3 {key}": opened(1, key) for key in ACT_KEYS},
    "F4": screen("F4"),
    "F4 owner": returning(),
    "F4 proxy": returning("Người được ủy quyền"),
    "F4 post": returning("Bưu chính"),
    "F5": screen("F5"),
    "F5 empty": screen("F5", "Alt+4"),
    "F5 marked": screen("F5", "Space", "Space"),
    "F5 transfer": screen("F5", "Space", "Space", "Alt+C"),
    **{f"F5 {key}": screen("F5", key) for key in ACT_KEYS[1:7]},
    "F5 new date": new_date("F5", "Alt+G"),
    "F3 new date": new_date("Alt+G"),
    "F6 empty": screen("F6"),
    "F6": queue,
    "F6 booking": booking,
    "F1 queue": desk_with_queue,
    "F8": screen("F8"),
    "F9": screen("F9"),
    "F9 not taken": not_taken("F9"),
    "F9 repair": repairing,
    "F9 busy morning": busy_morning,
    "F3 not taken": not_taken("F3"),
    "F11 office": screen("F11", "Alt+1"),
    "F11 server": screen("F11", "Alt+2"),
    "F11 server stick": screen("F11", "Alt+2", "Alt+U"),
    "F11 no printer": screen("F11", "Alt+3"),
    "F11 printers": printers,
    **{f"F11 printer, step {step + 1}": wizard(step) for step in range(5)},
    "F11 officers": screen("F11", "Alt+4"),
    "F11 exchange": screen("F11", "Alt+9"),
    "F11 scanning": screen("F11", "Alt+0"),
    "F11 screen": screen("F11", "Alt+5"),
    "F11 pads": screen("F11", "Alt+6"),
    "F11 wording": wording,
    "F11 backup": screen("F11", "Alt+8"),
    "contrast F1": in_contrast(screen("F1")),
    "contrast F2": in_contrast(filled),
    "contrast F3": in_contrast(opened(0)),
    "locked": screen("Ctrl+L"),
}
