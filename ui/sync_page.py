"""F9: the state in words, what needs repair, and a cycle at once."""

from counter_app.ports import DossierRow
from counter_app.ports.sync import Summary
from counter_app.services.results import Changes
from ui.counter import SyncWords
from ui.desk import Desk
from ui.lists import DossierList
from ui.page import Page
from ui.widgets import Banner, Button, Card, column, label, row


class SyncPage(Page):
    """The network is weather."""

    title = "Đồng bộ"
    hints = (("F12", "đồng bộ ngay"), ("Enter", "mở hồ sơ cần sửa"))

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
        side = Card(label("Các lần gần đây", "cardTitle"), self._rounds)
        side.setFixedWidth(398)
        self._rounds.addStretch(1)
        whole = row(space=12)
        whole.addLayout(left, 1)
        whole.addWidget(side)
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
        self.desk.read(self.desk.counter.sync_state, self.show_state)
        self._refresh()

    def finish(self) -> None:
        """A cycle at once."""
        self.desk.sync_requested.emit()

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
