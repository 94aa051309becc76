"""The first start: a new office, or a backup put back; then the upper server. Once in the life of a counter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QLayout, QStackedWidget, QWidget

from counter_app.errors import EnvironmentFault, Refused
from ui.fields import Choice, Drop, Field, Tick, enter_moves
from ui.lanes import Runs
from ui.widgets import Banner, Button, Card, column, fix, label, row, scrolled

if TYPE_CHECKING:
    from ui.desk import Desk
    from ui.enrolment import EnrolBox

Create = Callable[[str, int, str, str, str | None], str]
"""(office text, counter, officer, PIN, passphrase or None) → recovery code."""
Restore = Callable[[Path, str | None, str | None], tuple[int, datetime | None]]
"""(backup, passphrase, recovery code) → (counter, when its last event was)."""

OFFICE, OFFICER, KEY, RECOVERY, RESTORE, RESTORED, SERVER = range(7)
_BACK = {OFFICER: OFFICE, KEY: OFFICER, RESTORE: OFFICE}
"""Until the store is made."""
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Back:
    """What the upper server gave back after a restore."""

    words: str
    codes: tuple[str, ...]
    """Of own dossiers that are not in the backup, in the order of reception."""
    last_at: datetime | None


class FirstStartPage(QWidget):
    """Short steps; F12 goes on."""

    made = Signal(str)
    """There is a store: the passphrase that opens it, empty where the key store does."""
    finished = Signal()
    left = Signal()
    """Nothing was restored: back to where it was offered."""

    def __init__(
        self,
        lane: Runs,
        offices: Callable[[], list[tuple[str, str]]],
        office_text: Callable[[str], str],
        create: Create,
        restore: Restore,
    ) -> None:
        super().__init__()
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._lane = lane
        self._office_text = office_text
        self._create = create
        self._restore = restore
        self._file_text: str | None = None
        self._recovery = ""
        self._desk: Desk | None = None
        self._ends_at: datetime | None = None
        self._box: EnrolBox | None = None
        self._busy = False
        self._only_restore = False
        self.banner = Banner()
        self._steps = QStackedWidget()
        for content in (
            self._office_step(offices()),
            self._officer_step(),
            self._key_step(),
            self._recovery_step(),
            self._restore_step(),
            self._restored_step(),
        ):
            step = QWidget()
            step.setLayout(content)
            self._steps.addWidget(step)
        self._next = Button("Tiếp", "F12", "primary")
        self._next.clicked.connect(self.finish)
        self._back = Button("Quay lại", "Esc")
        self._back.clicked.connect(self.back)
        card = Card(self.banner, self._steps, row(1, self._back, self._next), margins=28)
        fix(card, width=760, height=500)
        inside = QWidget()
        inside.setLayout(column(1, row(1, card, 1), 1))
        self.setLayout(row(scrolled(inside)))
        self._go(OFFICE)

    # ---- the steps -----------------------------------------------------------------------------

    def _office_step(self, offices: Sequence[tuple[str, str]]) -> QLayout:
        self.office = Drop("Cơ quan mẫu", offices)
        self.file = label("", "caption")
        choose = Button("Chọn tệp cơ quan…")
        choose.clicked.connect(self._choose_file)
        self.number = Choice([(str(n), str(n)) for n in range(1, 10)], "Số quầy")
        instead = Button("Đã có bản sao lưu: khôi phục", "Alt+K")
        instead.clicked.connect(self._to_restore)
        text = "Lấy tệp của cơ quan do cấp trên gửi, hoặc một cơ quan mẫu để dùng thử."
        return column(
            label("1. Cơ quan và quầy", "title"),
            label(text, wrap=True),
            self.office,
            row(choose, self.file, 1),
            self.number,
            row(instead, 1),
            1,
        )

    def _officer_step(self) -> QLayout:
        self.name = Field("Họ tên cán bộ đầu tiên (có mọi quyền)", required=True, limit=120)
        self.pin = _secret("Mã PIN (6 chữ số trở lên)", 300, 12)
        self.again = _secret("Gõ lại mã PIN", 300, 12)
        self._enter = [enter_moves((self.name, self.pin, self.again))]
        return column(label("2. Người đầu tiên", "title"), self.name, self.pin, self.again, 1)

    def _key_step(self) -> QLayout:
        self.use_passphrase = Tick("Mở sổ bằng câu mở sổ (khi máy không có kho khóa)")
        self.passphrase = _secret("Câu mở sổ (ít nhất 10 ký tự)", 420, 200, required=False)
        self.passphrase_again = _secret("Gõ lại câu mở sổ", 420, 200, required=False)
        for field in (self.passphrase, self.passphrase_again):
            field.hide()
            self.use_passphrase.toggled.connect(field.setVisible)
        self._enter.append(enter_moves((self.passphrase, self.passphrase_again)))
        text = "Sổ được mã hóa. Thường máy tự mở bằng kho khóa của hệ điều hành."
        return column(
            label("3. Khóa của sổ", "title"),
            label(text, wrap=True),
            self.use_passphrase,
            self.passphrase,
            self.passphrase_again,
            1,
        )

    def _recovery_step(self) -> QLayout:
        self.code = label("", "big")
        self.typed = Field("Gõ lại 4 chữ cuối của mã", required=True, width=300, limit=8)
        text = (
            "Chép mã này ra giấy và cất trong két. Mã chỉ hiện một lần này; mất cả khóa lẫn mã thì không ai mở "
            "được sổ."
        )
        return column(
            label("4. Mã khôi phục", "title"), label(text, wrap=True), self.code, self.typed, 1
        )

    def _restore_step(self) -> QLayout:
        self.backup = Field("Tệp sao lưu, trên USB hoặc ổ khác", required=True, limit=400)
        choose = Button("Chọn…", "Alt+M")
        choose.clicked.connect(self._choose_backup)
        where = row(self.backup, choose)
        where.setStretch(0, 1)
        where.setAlignment(choose, Qt.AlignmentFlag.AlignBottom)
        self.recovery = Field("Mã khôi phục trong két", limit=60, hint="8 nhóm, mỗi nhóm 4 chữ")
        self.old_passphrase = _secret("Câu mở sổ", 420, 200, required=False)
        self._aside = label("", "caption", wrap=True)
        self._enter.append(enter_moves((self.backup, self.recovery, self.old_passphrase)))
        text = (
            "Không có mã thì gõ câu mở sổ cũ. Có mã mà máy này không có kho khóa thì đặt câu mở sổ mới, ít "
            "nhất 10 ký tự."
        )
        return column(
            label("Khôi phục từ bản sao lưu", "title"),
            where,
            self.recovery,
            self.old_passphrase,
            label(text, "caption", wrap=True),
            self._aside,
            1,
        )

    def _restored_step(self) -> QLayout:
        self._restored = label("", "strong", wrap=True)
        self._given_back = label("", wrap=True)
        self._to_do = label("", wrap=True)
        return column(
            label("Đã khôi phục", "title"), self._restored, self._given_back, self._to_do, 1
        )

    # ---- moving about --------------------------------------------------------------------------

    def key(self, name: str) -> bool:
        """The keys of the step; whether it was one."""
        at = self._steps.currentIndex()
        match name:
            case "F12":
                self.finish()
            case "Esc":
                self.back()
            case "Alt+K" if at == OFFICE:
                self._to_restore()
            case "Alt+M" if at == RESTORE:
                self._choose_backup()
            case _:
                return at == SERVER and self._box is not None and self._box.key(name)
        return True

    def only_restore(self) -> None:
        """A store stands here and is damaged: a new one is never made in its place."""
        self._only_restore = True
        self._aside.setText("Sổ hỏng được để riêng cả thư mục, không bị xóa.")
        self._to_restore()

    def finish(self) -> None:
        """F12: on to the next step."""
        if self._busy:
            return
        match self._steps.currentIndex():
            case 0:
                self._go(OFFICER)
                self.name.edit.setFocus()
            case 1:
                self._check_officer()
            case 2:
                self._make()
            case 3:
                self._confirm()
            case 4:
                self._put_back()
            case 5:
                self.finished.emit()
            case _ if self._box is not None:
                self._box.finish()

    def back(self) -> None:
        """Esc: one step back, until the store is made; then the upper server can wait."""
        at = self._steps.currentIndex()
        if at == SERVER:
            self.finished.emit()
        elif at == RESTORE and self._only_restore and not self._busy:
            self.left.emit()
        elif at in _BACK and not self._busy:
            self._go(_BACK[at])

    def _go(self, step: int) -> None:
        self.banner.tell("")
        self._steps.setCurrentIndex(step)
        self._back.setVisible(step in _BACK or step == SERVER)
        self._back.setText("Để sau" if step == SERVER else "Quay lại")
        self._name_next()

    def _name_next(self) -> None:
        at = self._steps.currentIndex()
        words = {RESTORE: "Khôi phục", RESTORED: "Vào làm việc"}.get(at, "Tiếp")
        if at == SERVER and self._box is not None:
            words = self._box.finishes
        self._next.setText(words)
        self._next.setAccessibleName(f"{words} (F12)")

    def _wrong(self, field: Field, sentence: str) -> None:
        field.mark("error", sentence)
        field.edit.setFocus()
        self.banner.tell(sentence, "Red")

    # ---- a new office --------------------------------------------------------------------------

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Tệp cơ quan", "", "Tệp cơ quan (*.toml)")
        if not name:
            return
        try:
            self._file_text = Path(name).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            self.banner.tell("Không đọc được tệp này. Hãy chọn tệp khác.", "Red")
            return
        self.file.setText(Path(name).name)

    def _check_officer(self) -> None:
        if not self.name.text:
            self._wrong(self.name, "Chưa có họ tên. Gõ họ và tên.")
        elif self.pin.text != self.again.text:
            self._wrong(self.again, "Hai lần gõ mã PIN khác nhau. Gõ lại.")
        else:
            self._go(KEY)

    def _make(self) -> None:
        text = self._file_text or self._office_text(self.office.value)
        number, name, pin = int(self.number.value), self.name.text, self.pin.text
        passphrase = self.passphrase.text if self.use_passphrase.isChecked() else None
        # nobody sees what is typed: a slip of the finger would lock the book at its next start
        if passphrase is not None and passphrase != self.passphrase_again.text:
            self._wrong(self.passphrase_again, "Hai lần gõ câu mở sổ khác nhau. Gõ lại.")
            return
        self._busy = True
        self.banner.tell("Đang tạo sổ…")
        self._lane.submit(
            lambda: self._create(text, number, name, pin, passphrase), self._on_made, self._on_fault
        )

    def _on_made(self, recovery: str) -> None:
        self._busy = False
        self._recovery = recovery
        groups = recovery.split("-")
        self.code.setText("-".join(groups[:4]) + "\n" + "-".join(groups[4:]))
        self._go(RECOVERY)
        self.banner.tell("Đã tạo sổ.", "Green")
        self.typed.edit.setFocus()

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        message = getattr(fault, "message", "Chưa làm được. Hãy làm lại.")
        self.banner.tell(str(message), "Red")
        if getattr(fault, "code", "") == "no_key_store":
            self.use_passphrase.setChecked(True)
            field = self.old_passphrase if self._restoring else self.passphrase
            field.edit.setFocus()

    def _confirm(self) -> None:
        if self.typed.text.upper() != self._recovery[-4:]:
            self._wrong(self.typed, "Chưa đúng 4 chữ cuối. Xem lại mã đã chép.")
            return
        self._open(self.passphrase.text if self.use_passphrase.isChecked() else "")

    # ---- a backup put back ---------------------------------------------------------------------

    @property
    def _restoring(self) -> bool:
        return self._steps.currentIndex() == RESTORE

    def _to_restore(self) -> None:
        self._go(RESTORE)
        self.backup.edit.setFocus()

    def _choose_backup(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Tệp sao lưu", "", "Bản sao lưu (*.mcb)")
        if name:
            self.backup.text = str(Path(name))
            self.recovery.edit.setFocus()

    def _put_back(self) -> None:
        if not self.backup.text:
            self._wrong(self.backup, "Chưa chọn tệp sao lưu.")
            return
        if not self.recovery.text and not self.old_passphrase.text:
            self._wrong(self.recovery, "Gõ mã khôi phục trong két, hoặc câu mở sổ cũ.")
            return
        source = Path(self.backup.text)
        passphrase, recovery = self.old_passphrase.text or None, self.recovery.text or None
        self._busy = True
        self.banner.tell("Đang khôi phục và kiểm từng trang…")
        self._lane.submit(
            lambda: self._restore(source, passphrase, recovery), self._on_put_back, self._on_fault
        )

    def _on_put_back(self, made: tuple[int, datetime | None]) -> None:
        self._busy = False
        number, self._ends_at = made
        said = f"Sổ của quầy {number} đã về máy này, dưới một đời mới."
        if self._ends_at is not None:
            said += f" Việc cuối có trong bản sao lưu: {_moment(self._ends_at)}."
        self._restored.setText(said)
        self._go(RESTORED)
        self._open(self.old_passphrase.text)

    def _ask_back(self, desk: Desk) -> None:
        """What the upper server has of the time after the backup, then what only paper knows."""
        counter, now, ends_at = desk.counter, desk.now(), self._ends_at
        own = counter.identity.counter_no

        def work() -> _Back:
            words = _asked_above(counter.sync_state().standing.enrolled, counter.sync.cycle)
            if ends_at is None:
                return _Back(words, (), None)
            came = counter.search.received_after(own, ends_at, now)
            last = came[-1].received_at if came else ends_at
            return _Back(words, tuple(one.code for one in came), last)

        self._given_back.setText("Đang hỏi máy chủ những gì có sau bản sao lưu…")
        desk.lanes.sync.submit(work, self._on_given_back, self._on_not_given_back)

    def _on_given_back(self, back: _Back) -> None:
        said = back.words
        if back.codes:
            ends = ", ".join(code.rpartition("-")[2] for code in back.codes[-_SHOWN:])
            more = "…, " if len(back.codes) > _SHOWN else ""
            said = f"Máy chủ trả lại {len(back.codes)} hồ sơ nhận sau bản sao lưu: {more}{ends}."
        self._given_back.setText(said)
        self._say_what_is_on_paper(back.last_at)

    def _on_not_given_back(self, fault: Exception) -> None:
        if self._desk is not None and not isinstance(fault, EnvironmentFault | Refused):
            self._desk.report(fault)
        message = getattr(fault, "message", "Chưa hỏi được máy chủ.")
        self._given_back.setText(f"{message} Những gì cấp trên đã nhận sẽ tự về lại.")
        self._say_what_is_on_paper(self._ends_at)

    def _say_what_is_on_paper(self, last_at: datetime | None) -> None:
        since = f"nhận sau {_moment(last_at)}" if last_at else "đã phát"
        self._to_do.setText(
            f"Lấy các phiếu {since}, tra mã ở F3. Mã nào không có thì nhập lại từ giấy: F2, Alt+P, gõ mã và giờ "
            "nhận ghi trên phiếu. Hôm nay máy cấp mã trong một khối riêng (như 2417001); mai lại đếm từ 001."
        )

    # ---- the store is open ---------------------------------------------------------------------

    def _open(self, passphrase: str) -> None:
        self._busy = True
        self.made.emit(passphrase)

    def go_on(self, desk: Desk) -> None:
        """The store is open: what the upper server has, or whether there is one."""
        self._busy = False
        self._desk = desk
        if self._steps.currentIndex() == RESTORED:
            self._ask_back(desk)
            return
        from ui.enrolment import EnrolBox  # when the first steps are done

        box = self._box = EnrolBox(desk)
        box.told.connect(self.banner.tell)
        box.moved.connect(self._name_next)
        box.enrolled.connect(self._on_enrolled)
        step = QWidget()
        text = (
            "Có mã ghi danh của cấp trên thì ghi danh ngay; chưa có thì để sau, ở F11, mục Máy chủ."
        )
        step.setLayout(
            column(label("5. Máy chủ cấp trên", "title"), label(text, wrap=True), box, 1)
        )
        self._steps.addWidget(step)
        self._go(SERVER)
        box.enter()

    def _on_enrolled(self) -> None:
        self.finished.emit()


def _asked_above(enrolled: bool, cycle: Callable[[], object]) -> str:
    """Ask once for what came after the backup; in words where there was nobody to ask."""
    if not enrolled:
        return "Máy này chưa ghi danh: không có máy chủ nào giữ phần sau bản sao lưu."
    fault = str(getattr(cycle(), "fault", ""))
    if fault:
        return f"{fault} Những gì cấp trên đã nhận sẽ tự về lại."
    return "Máy chủ không có hồ sơ nào của quầy này nhận sau bản sao lưu."


def _moment(at: datetime) -> str:
    return f"{at:%H:%M %d/%m/%Y}"


def _secret(caption: str, width: int, limit: int, *, required: bool = True) -> Field:
    made = Field(caption, required=required, width=width, limit=limit)
    made.edit.setEchoMode(made.edit.EchoMode.Password)
    return made
