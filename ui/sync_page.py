"""F9: the state in words, what needs repair, and a cycle at once."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import DossierRow
from counter_app.ports.sync import Summary
from counter_app.services.results import Changes
from ui.counter import SyncWords
from ui.desk import Desk
from ui.lists import DossierList
from ui.open_file import documents
from ui.page import Page
from ui.widgets import Banner, Button, Card, Field, column, label, row

_STICK = (
    "Xã không có mạng: xuất gói ra USB, đưa cấp trên, rồi nhập gói trả lời. Gói niêm phong, mất USB "
    "không mất gì."
)
_SIDE = 398


class SyncPage(Page):
    """The network is weather."""

    title = "Đồng bộ"
    hints = (
        ("F12", "đồng bộ ngay"),
        ("Enter", "mở hồ sơ cần sửa"),
        ("Alt+X, Alt+N", "xuất, nhập gói USB"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._state = label("", "cardTitle", wrap=True)
        self._last = label("", "caption", wrap=True)
        self.banner = Banner()
        self.list = DossierList(desk.theme)
        self.list.opened.connect(desk.open_requested)
        self._told = label("", "caption")
        self._rounds = column(space=6)
        left = column(
            Card(self._state, self._last, self.banner),
            Card(label("Cần bạn xem", "cardTitle"), self._told, self.list),
            space=12,
        )
        left.setStretch(1, 1)
        self._rounds.addStretch(1)
        self.file = Field("Tệp trên USB", limit=400)
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
        side = column(
            Card(label("Các lần gần đây", "cardTitle"), self._rounds),
            Card(label("Gửi bằng USB", "cardTitle"), self.file, keys, self._stick),
            space=12,
        )
        side.setStretch(0, 1)
        beside = QWidget()
        beside.setLayout(side)
        side.setContentsMargins(0, 0, 0, 0)
        beside.setFixedWidth(_SIDE)
        whole = row(space=12)
        whole.addLayout(left, 1)
        whole.addWidget(beside)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        desk.changed.connect(self._on_changed)

    def buttons(self) -> list[Button]:
        """Now."""
        now = Button("Đồng bộ ngay", "F12", "primary")
        now.clicked.connect(self.finish)
        return [now]

    def enter(self) -> None:
        """Read again."""
        if not self.file.text:
            name = f"quay-{self.desk.counter.identity.counter_no}.hsx"
            self.file.text = str(documents() / name)
        self.desk.read(self.desk.counter.sync_state, self.show_state)
        self._refresh()

    def finish(self) -> None:
        """A cycle at once."""
        self.desk.sync_requested.emit()

    def key(self, name: str) -> bool:
        """The two ways of the stick."""
        match name:
            case "Alt+X":
                self._write_bundle()
            case "Alt+N":
                self._take_in_bundle()
            case _:
                return False
        return True

    def _write_bundle(self) -> None:
        counter, path = self.desk.counter, Path(self.file.text)
        self.desk.lanes.sync.submit(
            lambda: counter.bundles.write(path), self._on_bundle_written, self._on_bundle_fault
        )

    def _on_bundle_written(self, done: Summary) -> None:
        self.banner.tell("")
        path = Path(self.file.text)
        scans = f" và {done.pages} trang bản quét" if done.pages else ""
        more = ""
        if done.files > 1:
            more = f" Có {done.files} tệp, đến {path.stem}-{done.files}{path.suffix}: mang đủ cả."
        self._stick.setText(
            f"Đã xuất {done.sent} việc{scans} vào {path.name}.{more} Đưa cấp trên, rồi nhập gói "
            "trả lời: đến lúc đó hồ sơ mới tính là đã gửi."
        )

    def _take_in_bundle(self) -> None:
        counter, path = self.desk.counter, Path(self.file.text)
        self.desk.lanes.sync.submit(
            lambda: counter.bundles.take_in(path), self._on_bundle_taken, self._on_bundle_fault
        )

    def _on_bundle_taken(self, done: Summary) -> None:
        self.show_round(done)
        self._stick.setText(f"Đã nhập {Path(self.file.text).name}. Còn {done.waiting} việc chờ.")
        self.desk.announce(Changes(topics=frozenset({"sync"})))
        self.enter()

    def _on_bundle_fault(self, fault: Exception) -> None:
        known = isinstance(fault, EnvironmentFault | Refused)
        self.banner.tell(
            str(getattr(fault, "message", "")) if known else "Chưa làm được. Hãy thử lại.", "Red"
        )
        if not known:
            self.desk.report(fault)

    def show_state(self, state: SyncWords) -> None:
        """The line of the status bar, larger."""
        self._state.setText(state.text)
        error = state.standing.last_error
        self._last.setText(error)
        self._last.setVisible(bool(error))

    def show_round(self, done: Summary) -> None:
        """One more cycle."""
        at = f"{self.desk.now():%H:%M}"
        text = f"{at}: gửi {done.sent}, nhận {done.received}, còn {done.waiting}"
        self._rounds.insertWidget(0, label(text))
        if done.fault:
            self.banner.tell(done.fault)
        else:
            self.banner.tell("")
        while self._rounds.count() > 12:
            item = self._rounds.takeAt(self._rounds.count() - 2)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()

    def _refresh(self) -> None:
        counter = self.desk.counter
        self.desk.read(lambda: counter.worklists.rows("problem"), self._on_read)

    def _on_read(self, rows: tuple[DossierRow, ...]) -> None:
        self.list.show_rows(rows, self.desk.now().date())
        self._told.setText("" if rows else "Không có hồ sơ nào cần sửa.")

    def _on_changed(self, changes: Changes) -> None:
        if self.isVisible():
            self._refresh()
