"""F9: the state in words, what needs repair, and a cycle at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from counter_app.data_folder import is_beside
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import DossierRow
from counter_app.ports.sync import Summary
from counter_app.services.backup_plan import short_words
from counter_app.services.exchange_plan import ExchangePlan
from counter_app.services.results import Changes
from counter_app.services.search import DossierView
from ui.action_form import ActionForm
from ui.counter import SyncWords
from ui.desk import Desk
from ui.dossier_view import trouble_words
from ui.enrolment import waits_for_answer
from ui.fields import Field
from ui.lists import DossierList
from ui.open_file import documents
from ui.page import Page
from ui.sync_parts import RoundsBox, StateBox
from ui.widgets import Banner, Button, Card, clear, column, fix, label, row

_STICK = (
    "Xã không có mạng: xuất gói ra USB, đưa cấp trên, rồi nhập gói trả lời. Gói niêm phong, mất USB "
    "không mất gì."
)
_FOLDER = "stick.folder"
"""Local setting: where the last bundle was written."""
_SIDE = 398
_NOW, _REPAIRS = "Đồng bộ ngay", "Ghi sửa và gửi lại"


@dataclass(frozen=True, slots=True)
class _Carried:
    """A bundle that was written or taken in."""

    path: Path
    done: Summary
    waiting: int
    """Dossiers, afterwards."""
    arrived: int = 0
    """Dossiers that waited before and do no more."""
    beside: bool = False
    """Whether it lies on the disk of the book, which is no stick."""


class SyncPage(Page):
    """The network is weather."""

    title = "Đồng bộ"
    hints = (
        ("F12", "đồng bộ ngay"),
        ("Enter", "sửa"),
        ("Alt+M", "mở hồ sơ"),
        ("Alt+X, Alt+N", "xuất, nhập gói USB"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._state = StateBox(desk.theme.palette)
        self.banner = Banner()
        self.list = DossierList(desk.theme)
        self.list.pointed.connect(self._look)
        self.list.opened.connect(self._repair)
        self._told = label("", "caption")
        self._why = label("", "problem", wrap=True)
        self.form = ActionForm(desk)
        self.form.closed.connect(self._on_form_closed)
        self.form.acted.connect(desk.sync_requested)
        self._view: DossierView | None = None
        self._narrow = False
        self._entering = False
        self._carries = False
        self._rounds = RoundsBox()
        self._standing = Card(self._state, self.banner)
        head = row(label("Cần bạn xem", "cardTitle"), 1, self._told)
        left = column(self._standing, Card(head, self._why, self.list, self.form), space=12)
        left.setStretch(1, 1)
        self.file = Field("Tệp trên USB", limit=400)
        choose = Button("Chọn…", "Alt+U")
        choose.clicked.connect(self._choose)
        where = row(self.file, choose)
        where.setStretch(0, 1)
        where.setAlignment(choose, Qt.AlignmentFlag.AlignBottom)
        keys = row(space=8)
        for text, key, slot in (
            ("Xuất gói", "Alt+X", self._write_bundle),
            ("Nhập gói", "Alt+N", self._take_in_bundle),
        ):
            button = Button(text, key)
            button.clicked.connect(slot)
            keys.addWidget(button)
        keys.addStretch(1)
        self._stick = label(_STICK, "caption", wrap=True)
        self._facts = column(space=4)
        side = column(
            Card(label("Các lần gần đây", "cardTitle"), self._rounds),
            Card(label("Gửi bằng USB", "cardTitle"), where, keys, self._stick),
            Card(self._facts),
            space=12,
        )
        side.setStretch(0, 1)
        beside = QWidget()
        beside.setLayout(side)
        side.setContentsMargins(0, 0, 0, 0)
        fix(beside, width=_SIDE)
        whole = row(space=12)
        whole.addLayout(left, 1)
        whole.addWidget(beside)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        desk.changed.connect(self._on_changed)

    def buttons(self) -> list[Button]:
        """Now."""
        self._now = Button(_NOW, "F12", "primary")
        self._now.clicked.connect(self.finish)
        return [self._now]

    def enter(self) -> None:
        """Read again."""
        if not self.file.text:
            self.file.text = str(documents() / self._usual_name())
            self.desk.read(lambda: self.desk.counter.settings.get(_FOLDER), self._on_folder)
        self.desk.read(self.desk.counter.sync_state, self.show_state)
        self.desk.read(self._health, self._on_health)
        self._rounds.show_rounds(self.desk.rounds)
        self._entering = True
        self._refresh()

    def finish(self) -> None:
        """What is being put right, else a cycle at once."""
        if self.form.action:
            self.form.end()
        else:
            self.desk.sync_requested.emit()

    def set_narrow(self, narrow: bool) -> None:
        """A form takes the room of the state where there is little."""
        self._narrow = narrow
        self._rounds.set_narrow(narrow)
        self._standing.setVisible(not (narrow and self.form.action))

    def key(self, name: str) -> bool:
        """The form, the dossier, the two ways of the stick."""
        if self.form.key(name):
            return True
        match name:
            case "Alt+M" if self._view is not None:
                self.desk.open_requested.emit(self._view.dossier.id)
            case "Alt+U":
                self._choose()
            case "Alt+X":
                self._write_bundle()
            case "Alt+N":
                self._take_in_bundle()
            case _:
                return False
        return True

    def _look(self, dossier_id: str) -> None:
        counter = self.desk.counter
        self.desk.read(lambda: counter.search.open(dossier_id), self._on_looked)

    def _on_looked(self, view: DossierView | None) -> None:
        if self.form.action:
            return
        self._view = view
        trouble = view.trouble if view else None
        if trouble is not None and trouble.refused:
            self._why.setText(f"{trouble_words(trouble)} Enter mở hồ sơ; xem xong bấm Alt+V ở đó.")
        else:
            self._why.setText(f"Vì sao cấp trên chưa nhận: {trouble.message}" if trouble else "")
        self._why.setVisible(trouble is not None)

    def _repair(self, dossier_id: str) -> None:
        """Here, where a correction says the whole dossier again; else the dossier is opened."""
        view = self._view
        if view is None or view.dossier.id != dossier_id:
            self._look(dossier_id)
        elif view.trouble is None or not view.trouble.set_aside:
            self.desk.open_requested.emit(dossier_id)
        else:
            self._why.hide()
            self.list.hide()
            self._standing.setVisible(not self._narrow)
            self._now.setText(_REPAIRS)
            self.form.open("correct", (view.dossier,), view.trouble)

    def _on_form_closed(self) -> None:
        self.list.show()
        self._standing.show()
        self._now.setText(_NOW)
        self.list.setFocus()

    def _health(self) -> tuple[tuple[str, str], ...]:
        """What else keeps the book safe, asked on the records lane."""
        counter, now = self.desk.counter, self.desk.now()
        plan, exchange = counter.backup_plan, ExchangePlan(counter.settings)
        _, backup = short_words(plan, now)
        if not plan.hours and plan.last is None:
            backup = "chưa đặt: F11, mục Sao lưu"
        every = f"{exchange.minutes} phút một lần" if exchange.minutes else "chưa đặt"
        enrolled = counter.sync_state().standing.enrolled
        waits = waits_for_answer(counter.settings)
        server = "đã ghi danh" if enrolled else "chờ tệp trả lời, F11" if waits else "chưa ghi danh"
        return (
            ("Máy chủ", server),
            ("Sao lưu", plan.trouble or backup.removeprefix("Sao lưu ")),
            ("Các quầy", exchange.trouble or f"trao đổi qua thư mục: {every}"),
        )

    def _on_health(self, facts: tuple[tuple[str, str], ...]) -> None:
        clear(self._facts)
        for name, value in facts:
            caption = label(name, "label")
            fix(caption, width=84)
            line = row(caption, label(value, wrap=True))
            line.setStretch(1, 1)
            self._facts.addLayout(line)

    def _choose(self) -> None:
        """One that is there, to be taken in, or a new name, to be written."""
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Tệp trên USB",
            self.file.text,
            "Gói (*.hsx)",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self.file.text = str(Path(name))

    def _write_bundle(self) -> None:
        counter, path = self.desk.counter, Path(self.file.text or ".")
        if path.is_dir():
            # a stick and no name: the usual one
            path = path / self._usual_name() if self.file.text else documents() / self._usual_name()
            self.file.text = str(path)

        def work() -> _Carried:
            done = counter.bundles.write(path)
            counter.settings.put(_FOLDER, str(path.parent))
            waiting = counter.sync_state().standing.waiting
            return _Carried(path, done, waiting, beside=is_beside(path.parent, counter.folder))

        self._begin("Đang ghi gói và đọc lại…", work, self._on_bundle_written)

    def _on_bundle_written(self, carried: _Carried) -> None:
        path, done = carried.path, carried.done
        scans = f", {done.pages} trang bản quét" if done.pages else ""
        more = ""
        if done.files > 1:
            more = f" Có {done.files} tệp, đến {path.stem}-{done.files}{path.suffix}: mang đủ cả."
        if carried.beside:
            more += (
                " Tệp nằm trên ổ của máy này: chép sang USB, hoặc chọn USB (Alt+U) rồi xuất lại."
            )
        self._end(
            f"Đã kiểm tra gói {path.name}: {carried.waiting} hồ sơ{scans}.{more} Đưa cấp trên, rồi nhập gói "
            "trả lời: đến lúc đó hồ sơ mới tính là đã gửi."
        )
        self.desk.announce(Changes(topics=frozenset({"sync"})))

    def _take_in_bundle(self) -> None:
        counter, path = self.desk.counter, Path(self.file.text or ".")
        if path.is_dir():
            self.banner.tell("Chưa chọn gói. Bấm Alt+U, chọn gói trả lời trên USB.", "Red")
            return

        def work() -> _Carried:
            before = counter.sync_state().standing.waiting
            done = counter.bundles.take_in(path)
            counter.notices.keep(done.problems)
            counter.sweep()
            waiting = counter.sync_state().standing.waiting
            return _Carried(path, done, waiting, before - waiting)

        self._begin("Đang đọc gói…", work, self._on_bundle_taken)

    def _on_bundle_taken(self, carried: _Carried) -> None:
        done = carried.done
        self.desk.rounds.append((self.desk.now(), done))
        self.show_round()
        if carried.arrived or done.received or done.pages or done.problems:
            pages = f", {done.pages} trang bản quét" if done.pages else ""
            said = (
                f"Đã nhập {carried.path.name}: cấp trên đã nhận {carried.arrived} hồ sơ, "
                f"{done.received} việc mới{pages} về."
            )
        else:
            said = f"Gói {carried.path.name} không có gì mới, có thể đã nhập rồi."
        left = "Không còn hồ sơ nào chờ."
        if carried.waiting:
            left = f"Còn {carried.waiting} hồ sơ chờ: xuất gói mới ở lần sau."
        self._end(f"{said} {left}")
        self.desk.announce(Changes(topics=frozenset({"sync"})))
        self.enter()

    def _on_folder(self, kept: str) -> None:
        """Where the last one lay, unless somebody chose meanwhile."""
        if kept and self.file.text == str(documents() / self._usual_name()):
            self.file.text = str(Path(kept) / self._usual_name())

    def _begin(self, told: str, work: Callable[[], _Carried], on_done: object) -> None:
        """On the sync lane, where a round that finds no line may have to end first."""
        if self._carries:
            return
        self._carries = True
        self.banner.tell("")
        self._stick.setText(told)
        self.desk.lanes.sync.submit(work, on_done, self._on_bundle_fault)  # type: ignore[arg-type]

    def _end(self, told: str) -> None:
        self._carries = False
        self._stick.setText(told)

    def _on_bundle_fault(self, fault: Exception) -> None:
        self._end(_STICK)
        known = isinstance(fault, EnvironmentFault | Refused)
        self.banner.tell(
            str(getattr(fault, "message", "")) if known else "Chưa làm được. Hãy thử lại.", "Red"
        )
        if not known:
            self.desk.report(fault)

    def _usual_name(self) -> str:
        return f"quay-{self.desk.counter.identity.counter_no}.hsx"

    def show_state(self, state: SyncWords) -> None:
        """The line of the status bar, larger."""
        self._state.show_state(state)

    def show_under_way(self, since: datetime | None) -> None:
        """A cycle that began then, or none."""
        self._rounds.show_under_way(since)

    def show_round(self) -> None:
        """One more cycle, which stands in the desk's list already; its fault is part of the state."""
        self._rounds.show_rounds(self.desk.rounds)
        self.banner.tell("")

    def _refresh(self) -> None:
        counter = self.desk.counter
        self.desk.read(lambda: counter.worklists.rows("problem"), self._on_read)

    def _on_read(self, rows: tuple[DossierRow, ...]) -> None:
        self.list.show_rows(rows, self.desk.now().date())
        self._told.setText(
            "Các hồ sơ khác vẫn gửi bình thường." if rows else "Không có hồ sơ nào cần sửa."
        )
        if self.list.current_id:
            self._look(self.list.current_id)
            if self._entering and self.isVisible() and not self.form.action:
                self.list.setFocus()
        else:
            self._on_looked(None)
        # whoever types meanwhile goes on typing
        self._entering = False

    def _on_changed(self, changes: Changes) -> None:
        if self.isVisible():
            self._refresh()
