"""F5: moving dossiers between people."""

from PySide6.QtWidgets import QButtonGroup

from counter_app.ports import DossierRow
from counter_app.services.results import Changes
from ui.desk import Desk
from ui.lists import DossierHead, DossierList
from ui.page import Page
from ui.widgets import Button, Card, NavButton, column, label, row

_TRAYS = (
    ("new", "Mới nhận"),
    ("held", "Đang giữ"),
    ("waiting", "Chờ bổ sung, nộp phí"),
    ("due_soon", "Sắp đến hạn"),
    ("overdue", "Quá hạn"),
    ("waiting_return", "Có kết quả"),
)


class WorkPage(Page):
    """Trays; Enter opens the dossier with its actions."""

    title = "Xử lý"
    hints = (("Alt+1-6", "khay"), ("Lên xuống", "chọn"), ("Enter", "mở và xử lý"))

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._tray = "new"
        self._buttons = QButtonGroup(self)
        trays = column(space=0)
        for number, (_, text) in enumerate(_TRAYS):
            button = NavButton(text, f"Alt+{number + 1}")
            self._buttons.addButton(button, number)
            trays.addWidget(button)
        trays.addStretch(1)
        self._buttons.idClicked.connect(self._choose)
        self._buttons.button(0).setChecked(True)
        left = Card(trays, margins=1)
        left.setFixedWidth(236)
        self.list = DossierList(desk.theme)
        self.list.opened.connect(desk.open_requested)
        self._told = label("", "caption")
        self._told.setMargin(12)
        right = Card(self._told, DossierHead(desk.theme), self.list, margins=1, space=0)
        whole = row(left, right, space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        desk.changed.connect(self._on_changed)

    def buttons(self) -> list[Button]:
        """Open the chosen one."""
        open_it = Button("Mở hồ sơ", "F12", "primary")
        open_it.clicked.connect(self.finish)
        return [open_it]

    def enter(self) -> None:
        """Read the tray again."""
        self._refresh()
        self.list.setFocus()

    def finish(self) -> None:
        """Open the chosen dossier."""
        if self.list.current_id:
            self.desk.open_requested.emit(self.list.current_id)

    def key(self, name: str) -> bool:
        """Alt and a number choose a tray."""
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= len(_TRAYS):
            self._choose(int(name[4:]) - 1)
            return True
        return False

    def _choose(self, number: int) -> None:
        self._tray = _TRAYS[number][0]
        self._buttons.button(number).setChecked(True)
        self._refresh()
        self.list.setFocus()

    def _refresh(self) -> None:
        counter, tray = self.desk.counter, self._tray
        self.desk.read(lambda: counter.worklists.rows(tray), self._on_read)

    def _on_read(self, rows: tuple[DossierRow, ...]) -> None:
        self.list.show_rows(rows, self.desk.now().date())
        self._told.setText(f"{len(rows)} hồ sơ" if rows else "Khay này trống.")

    def _on_changed(self, changes: Changes) -> None:
        if self.isVisible():
            self._refresh()
