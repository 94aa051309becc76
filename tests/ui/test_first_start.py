"""The first start by the keys, on real folders: a new office with its server, or a backup put back."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from conftest import PASSPHRASE
from hands import PEOPLE, PIN, Hand, Loop, Place, TickingClock, put_away, tell_time
from looks import cut, nameless, strange_words, words_of
from PySide6.QtWidgets import QApplication, QFileDialog
from sqlalchemy import QueuePool
from test_enrolment import CODE, REQUEST, Upper
from upper import Upper as Server
from upper import running

import resources
from counter_app.__main__ import _doors
from counter_app.book.checks import Checks
from counter_app.book.creation import restore_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.services.results import Accepted
from counter_app.services.soundness import Found
from db.store import Store
from ui.application import Doors, Window

BACKUP, RECOVERY, OLD = (
    "Tệp sao lưu, trên USB hoặc ổ khác",
    "Mã khôi phục trong két",
    "Câu mở sổ",
)
NEW_PASSPHRASE = "cau mo so moi tinh"

Begin = Callable[[Path], Hand]


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, clock: TickingClock) -> Iterator[Begin]:
    """The program as it is started, on a folder."""
    opened: list[Window] = []

    def make(folder: Path) -> Hand:
        real = _doors(folder, False)

        def opens(passphrase: str | None) -> Counter:
            counter = real.open(passphrase)
            assert isinstance(counter, Counter)
            counter.clock = clock
            return counter

        doors = Doors(
            folder,
            False,
            real.state,
            opens,
            real.create,
            lambda: [("khe-sanh", "Bộ phận Một cửa xã Khe Sanh (mẫu)")],
            resources.office_text,
            real.restore,
        )
        window = Window(doors)
        opened.append(window)
        hand = Hand(Loop(), window, tell_time(monkeypatch))
        window.show()
        hand.front()
        return hand

    yield make
    while opened:
        put_away(opened.pop())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(f"sqlite:///{(tmp_path / 'may-chu.sqlite3').as_posix()}") as made:
        yield made


@pytest.fixture
def upper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Upper:
    return Upper(tmp_path, capsys)


def keeps_the_rules(hand: Hand) -> None:
    """Nothing cut at any text size, nothing strange, nothing without a name."""
    for key in ("Ctrl++", "Ctrl++", "Ctrl+0"):
        hand.press(key)
        QApplication.sendPostedEvents()
        assert list(cut(hand.window)) == [], key
    assert strange_words(words_of(hand.window)) == {}
    assert nameless(hand.window) == []


def backed_up(place: Place, target: Path) -> Path:
    counter = place.open()
    counter.backups.make(target)
    counter.close()
    return target


def to_restore(hand: Hand, source: Path) -> None:
    hand.wait(lambda: hand.says("1. Cơ quan và quầy"), 10_000)
    hand.press("Alt+K")
    hand.wait(lambda: hand.says("Khôi phục từ bản sao lưu"), 10_000)
    assert hand.focus_name == BACKUP
    hand.field(BACKUP).setText(str(source))


def test_a_backup_is_put_back_and_work_goes_on(begin: Begin, place: Place, tmp_path: Path) -> None:
    source = backed_up(place, tmp_path / "so.mcb")
    hand = begin(tmp_path / "may-moi")
    to_restore(hand, source)
    hand.field(OLD).setText(PASSPHRASE)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ của quầy 2 đã về máy này"), 20_000)
    hand.wait(lambda: hand.says("Máy này chưa ghi danh: không có máy chủ nào giữ"), 10_000)
    assert hand.says("Việc cuối có trong bản sao lưu: 09:2")
    keeps_the_rules(hand)
    assert hand.says("F2, Alt+P, gõ mã và giờ nhận ghi trên phiếu.")
    hand.press("F12")
    hand.wait(lambda: hand.says("Ai đang ngồi quầy?"), 10_000)
    hand.wait(lambda: hand.window.sign_in.first_officer, 10_000)
    hand.field("Mã PIN").setFocus()
    hand.type(PIN)
    hand.press("Enter")
    hand.wait(lambda: hand.window.frame is not None, 10_000)
    counter = hand.window.desk.counter  # type: ignore[union-attr]
    assert len(counter.search.find("261120")) == len(PEOPLE)


def test_what_the_server_has_comes_back_and_the_rest_is_named(
    begin: Begin, place: Place, server: Server, clock: TickingClock, tmp_path: Path
) -> None:
    """Backed up in the morning; one dossier more was sent, one only printed, then the disk broke."""
    counter = place.open()
    counter.enrol(server.url, server.code(counter), None)
    assert counter.sync.cycle().fault == ""
    source = tmp_path / "so.mcb"
    counter.backups.make(source)
    officer = counter.officers.all()[0]
    ends = []
    for name in ("HỒ VĂN ĐÃ GỬI", "HỒ VĂN CHỈ CÓ GIẤY"):
        clock.move(minutes=20)
        made = counter.intake.accept(
            {"procedure": "1.004873", "applicant": {"name": name}, "components": "all"}, officer
        )
        assert isinstance(made, Accepted)
        ends.append(made.code.rpartition("-")[2])
        if name.endswith("GỬI"):
            assert counter.sync.cycle().fault == ""
    counter.close()
    clock.move(minutes=20)

    hand = begin(tmp_path / "may-moi")
    to_restore(hand, source)
    hand.field(OLD).setText(PASSPHRASE)
    hand.press("F12")
    hand.wait(
        lambda: hand.says(f"Máy chủ trả lại 1 hồ sơ nhận sau bản sao lưu: {ends[0]}."), 20_000
    )
    since: datetime = clock.at.replace(hour=9, minute=44)
    assert hand.says(f"Lấy các phiếu nhận sau {since:%H:%M %d/%m/%Y}, tra mã ở F3.")
    assert not hand.says(ends[1])


def test_a_wrong_code_leaves_nothing_and_may_be_typed_again(
    begin: Begin, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = backed_up(place, tmp_path / "so.mcb")
    folder = tmp_path / "may-moi"
    hand = begin(folder)
    to_restore(hand, tmp_path / "khong-co.mcb")
    hand.press("F12")
    hand.wait(lambda: hand.says("Gõ mã khôi phục trong két, hoặc câu mở sổ cũ."), 10_000)
    hand.field(RECOVERY).setText("AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG-HHHH")
    hand.field(OLD).setText(NEW_PASSPHRASE)
    hand.press("F12")
    hand.wait(lambda: hand.says("Không có tệp"), 10_000)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(source), ""))
    hand.field(BACKUP).setFocus()
    hand.press("Enter")
    # what is filled is passed by
    assert hand.focus_name == OLD
    hand.press("Alt+M")
    assert hand.field(BACKUP).text() == str(source)
    hand.press("F12")
    hand.wait(lambda: hand.says("Mã khôi phục không đúng. Xem lại tờ đã in."), 20_000)
    assert not folder.exists() or list(folder.iterdir()) == []
    hand.field(RECOVERY).setText("")
    hand.field(OLD).setText(PASSPHRASE)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ của quầy 2 đã về máy này"), 20_000)
    hand.wait(lambda: hand.says("Máy này chưa ghi danh: không có"), 10_000)


def test_a_damaged_store_is_set_aside_and_a_backup_takes_its_place(
    begin: Begin, place: Place, tmp_path: Path
) -> None:
    source = backed_up(place, tmp_path / "so.mcb")
    folder = place.folder
    (folder / "store.key").unlink()
    (folder / "store.db").write_bytes(b"hong" * 2_000)
    hand = begin(folder)
    hand.wait(lambda: hand.says("Sổ dữ liệu hoặc tệp khóa bị hỏng hay thiếu."), 10_000)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ hỏng được để riêng cả thư mục, không bị xóa."), 10_000)
    hand.press("Esc")
    hand.wait(lambda: hand.says("Sổ dữ liệu hoặc tệp khóa bị hỏng hay thiếu."), 10_000)
    assert not hand.says("Cơ quan và quầy")
    hand.press("F12")
    hand.wait(lambda: hand.says("Khôi phục từ bản sao lưu"), 10_000)
    keeps_the_rules(hand)
    hand.field(BACKUP).setText(str(source))
    hand.field(OLD).setText("sai cau mo so")
    hand.press("F12")
    hand.wait(lambda: hand.says("Câu mở sổ không đúng."), 20_000)
    # nothing is moved before the backup is open
    assert (folder / "store.db").read_bytes() == b"hong" * 2_000
    assert [path.name for path in tmp_path.iterdir() if path.is_dir() and "so" in path.name] == [
        "so"
    ]
    hand.field(OLD).setText(PASSPHRASE)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ của quầy 2 đã về máy này"), 20_000)
    (aside,) = tmp_path.glob("so-hong-*")
    assert (aside / "store.db").read_bytes() == b"hong" * 2_000
    hand.wait(lambda: hand.says("Máy này chưa ghi danh: không có"), 10_000)
    hand.press("F12")
    hand.wait(lambda: hand.says("Ai đang ngồi quầy?"), 10_000)
    hand.wait(lambda: hand.window.sign_in.first_officer, 10_000)


def test_a_new_office_asks_for_enrolment_by_stick_and_goes_on_later(
    begin: Begin, upper: Upper, tmp_path: Path
) -> None:
    """Made, asked, closed; the answer is taken another day."""
    folder, asked, answer = tmp_path / "so-moi", tmp_path / "xin.json", tmp_path / "tra-loi.json"
    hand = begin(folder)
    hand.wait(lambda: hand.says("1. Cơ quan và quầy"), 10_000)
    hand.press_button("1").setFocus()
    hand.press("2")
    hand.wait(hand.press_button("2").isChecked)
    hand.press("F12")
    hand.wait(lambda: hand.says("2. Người đầu tiên"), 10_000)
    for text in ("Hồ Thị Mai", PIN, PIN):
        hand.type(text)
        hand.press("Enter")
    hand.press("F12")
    hand.wait(lambda: hand.says("3. Khóa của sổ"), 10_000)
    page = hand.window.first_start
    page.use_passphrase.setChecked(True)
    hand.field("Câu mở sổ (ít nhất 10 ký tự)").setText(NEW_PASSPHRASE)
    hand.field("Gõ lại câu mở sổ").setText(NEW_PASSPHRASE + "h")
    hand.press("F12")
    hand.wait(lambda: hand.says("Hai lần gõ câu mở sổ khác nhau. Gõ lại."), 10_000)
    assert not folder.exists()
    hand.field("Gõ lại câu mở sổ").setText(NEW_PASSPHRASE)
    hand.press("F12")
    hand.wait(lambda: hand.says("4. Mã khôi phục"), 20_000)
    hand.type(page.code.text()[-4:])
    hand.press("F12")
    hand.wait(lambda: hand.says("5. Máy chủ cấp trên"), 20_000)
    hand.settle()
    keeps_the_rules(hand)
    hand.press("Alt+U")
    keeps_the_rules(hand)
    hand.field(CODE).setText(str(upper.code()))
    hand.field(REQUEST).setText(str(asked))
    hand.press("Alt+X")
    hand.wait(lambda: hand.says("Đã ghi xin.json. Đưa cấp trên"), 10_000)
    put_away(hand.window)

    enrolled = upper("enrol-file", asked, answer)
    counter = open_counter(folder, NEW_PASSPHRASE)
    assert not counter.sync_state().standing.enrolled
    mark = counter.enrol_answer_mark(answer)
    assert mark == enrolled["fingerprint"]
    counter.close()
    hand = begin(folder)
    hand.wait(lambda: hand.says("Gõ câu mở sổ"), 10_000)
    hand.type(NEW_PASSPHRASE)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Ai đang ngồi quầy?"), 20_000)


def test_the_server_can_wait(begin: Begin, place: Place, tmp_path: Path) -> None:
    folder = tmp_path / "so-moi"
    hand = begin(folder)
    hand.wait(lambda: hand.says("1. Cơ quan và quầy"), 10_000)
    # made already, as far as the page knows
    restore_counter(folder, backed_up(place, tmp_path / "so.mcb"), PASSPHRASE, None)
    hand.window.first_start._open(PASSPHRASE)
    hand.wait(lambda: hand.says("5. Máy chủ cấp trên"), 20_000)
    assert hand.press_button("Để sau").isVisible()
    hand.press("Esc")
    hand.wait(lambda: hand.says("Ai đang ngồi quầy?"), 10_000)
    hand.wait(lambda: hand.says("Hồ Thị Mai"), 10_000)


def signed_in(hand: Hand) -> None:
    hand.wait(lambda: hand.window.sign_in and hand.window.sign_in.first_officer, 10_000)
    hand.field("Mã PIN").setFocus()
    hand.type(PIN)
    hand.press("Enter")
    hand.wait(lambda: hand.window.frame is not None, 10_000)


def is_open(store: Store) -> bool:
    """Whether it holds a connection to its file."""
    pools = [kept.pool for kept in (store._reading, store._writing)]
    assert all(isinstance(pool, QueuePool) for pool in pools)
    return any(pool.checkedin() + pool.checkedout() for pool in pools)  # type: ignore[attr-defined]


def test_what_was_found_wrong_is_told_at_the_next_start_and_work_may_go_on(
    begin: Begin, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = backed_up(place, tmp_path / "so.mcb")
    counter = place.open()
    counter.soundness.note("Danh sách khác với sổ.", place.clock.now(), whole=True)
    counter.close()
    found = Found("Có 1 trang của tệp sổ bị hỏng.", is_damage=True)
    monkeypatch.setattr(Checks, "behind", lambda _: found)
    hand = begin(place.folder)
    hand.wait(lambda: hand.says("Gõ câu mở sổ"), 10_000)
    hand.type(PASSPHRASE)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Sổ có chỗ hỏng."), 20_000)
    assert hand.says("Danh sách khác với sổ.")
    keeps_the_rules(hand)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ hỏng được để riêng cả thư mục, không bị xóa."), 10_000)
    # Windows moves no folder with an open file in it: larger letters open none
    hand.press("Ctrl++")
    hand.settle()
    assert not is_open(hand.window.desk.counter.store)  # type: ignore[union-attr]
    hand.press("Ctrl+0")
    hand.press("Esc")
    hand.wait(lambda: hand.says("Danh sách khác với sổ."), 10_000)
    hand.press("Esc")
    hand.wait(lambda: hand.says("Ai đang ngồi quầy?"), 10_000)
    signed_in(hand)
    hand.settle()  # what the desk reads first lets go of what was told
    hand.window._checks.look()
    hand.wait(lambda: hand.says("Có 1 trang của tệp sổ bị hỏng. Vẫn làm việc được: F9"), 10_000)
    found = Found("Có hồ sơ hết hạn lưu chưa xóa hết.")
    hand.window._checks.look()
    hand.wait(lambda: hand.says("Có hồ sơ hết hạn lưu chưa xóa hết."), 10_000)
    assert not hand.says("hỏng")
    assert source.exists()


def test_a_book_that_does_not_open_may_be_restored_from_where_that_is_told(
    begin: Begin, place: Place
) -> None:
    book = place.folder / "store.db"
    book.write_bytes(bytes(4096) + book.read_bytes()[4096:])
    hand = begin(place.folder)
    hand.wait(lambda: hand.says("Gõ câu mở sổ"), 10_000)
    hand.type(PASSPHRASE)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Chưa mở được sổ."), 20_000)
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ hỏng được để riêng cả thư mục, không bị xóa."), 10_000)


def test_a_book_with_another_end_is_not_worked_with(begin: Begin, place: Place) -> None:
    counter = place.open()
    with counter.store.write() as books:
        books.connection.exec_driver_sql("DROP TRIGGER event_log_no_delete")
        books.connection.exec_driver_sql(
            "DELETE FROM event_log WHERE num = (SELECT max(num) FROM event_log)"
        )
    counter.close()
    hand = begin(place.folder)
    hand.wait(lambda: hand.says("Gõ câu mở sổ"), 10_000)
    hand.type(PASSPHRASE)
    hand.press("Enter")
    hand.wait(lambda: hand.says("Cuối sổ không còn như lúc ghi"), 20_000)
    keeps_the_rules(hand)
    assert not hand.says("Vào làm việc")
    hand.press("F12")
    hand.wait(lambda: hand.says("Sổ hỏng được để riêng cả thư mục, không bị xóa."), 10_000)
