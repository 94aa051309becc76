"""F3: one box finds everything; the dossier opens beside it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLineEdit, QSizePolicy

from counter_app.domain.dossier import Status
from counter_app.ports import DossierRow
from counter_app.services.results import Changes
from counter_app.services.search import DossierView
from ui.acts import ACTS
from ui.assets import pixmap
from ui.desk import Desk
from ui.dossier_view import DossierPane
from ui.fields import Choice
from ui.lists import COMPACT, DossierList
from ui.page import Page
from ui.widgets import Button, Card, fix, label, row

_MOST = 200
_LEFT, _LEFT_NARROW = 408, 352
_AFTER_MS = 60
_FILTERS = (
    ("all", "Tất cả", ()),
    (
        "open", "Đang xử lý",
        (
            Status.ACCEPTED, Status.IN_PROCESS, Status.AWAITING_SUPPLEMENT,
            Status.AWAITING_PAYMENT,
        ),
    ),
    ("waiting", "Chờ trả", (Status.COMPLETED,)),
    ("returned", "Đã trả", (Status.RETURNED,)),
)  # fmt: skip
"""What is listed: its value, its word, its statuses; none is every status there is."""
_AMONG = {value: among for value, _, among in _FILTERS}
_WORD = {value: word for value, word, _ in _FILTERS}
_NEXT_FILTER = "Ctrl+F"


class SearchPage(Page):
    """Typing searches; Enter goes to the dossier; F12 does the likeliest thing with it."""

    title = "Tra cứu"
    subtitle = "Gõ mã, tên không cần dấu, số định danh, điện thoại hay ngày"
    hints = (
        ("Lên xuống", "chọn"),
        ("Enter", "sang hồ sơ"),
        (_NEXT_FILTER, "lọc"),
        ("Esc", "xóa ô tìm"),
        ("quét", "mở ngay"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._allowed: tuple[str, ...] = ()
        self._asked = 0
        self._wanted = ""
        self._entering = False
        self.box = QLineEdit()
        self.box.setPlaceholderText("Tìm hồ sơ")
        self.box.setAccessibleName("Tìm hồ sơ")
        self.box.setMaxLength(120)
        sign = QIcon(pixmap("search", desk.theme.palette.ink3, 18))
        self.box.addAction(sign, QLineEdit.ActionPosition.LeadingPosition)
        self._told = label("", "caption", wrap=True)
        self.list = DossierList(desk.theme, COMPACT)
        self.filter = Choice([(value, word) for value, word, _ in _FILTERS])
        self.filter.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.filter.changed.connect(self._find)
        left = Card(self.box, self.filter, self._told, self.list)
        fix(left, width=_LEFT)
        self._left = left
        self.pane = DossierPane(desk)
        self.pane.form.closed.connect(self._on_form_closed)
        right = Card(self.pane, margins=0)
        self._nothing = label("Chọn một hồ sơ ở bên trái, hoặc quét phiếu.", "caption")
        right_layout = right.layout()
        assert right_layout is not None
        right_layout.addWidget(self._nothing)
        right_layout.setAlignment(self._nothing, Qt.AlignmentFlag.AlignCenter)
        whole = row(left, right, space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self._find)
        self.box.textEdited.connect(self._on_typed)
        self.box.returnPressed.connect(self._to_dossier)
        self.list.pointed.connect(self._look)
        self.list.opened.connect(self.open)
        self.pane.acted.connect(self.act)
        desk.changed.connect(self._on_changed)
        self._primary = Button("Chuyển xử lý", "F12", "primary")
        self._primary.clicked.connect(self.finish)
        self._reprint = Button("In lại phiếu", "Ctrl+P")
        self._reprint.clicked.connect(self._print)
        self._form = Button("Giấy tiếp nhận", "Ctrl+I")
        self._form.clicked.connect(self._open_form)

    def buttons(self) -> list[Button]:
        """Print, the form, and the likeliest."""
        return [self._form, self._reprint, self._primary]

    def enter(self) -> None:
        """The keyboard is in the box, whatever was asked for before."""
        self._entering = False
        self.box.setFocus()
        self.box.selectAll()
        self._find()

    def key(self, name: str) -> bool:
        """Tabs, actions, prints."""
        if self.pane.form.key(name):
            return True
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= 5:
            self.pane.show_tab(int(name[4:]) - 1)
            return True
        if name == "Ctrl+P":
            self._print()
            return True
        if name == "Ctrl+I":
            self._open_form()
            return True
        if name == _NEXT_FILTER:
            values = list(_AMONG)
            place = values.index(self.filter.value) + 1
            self.filter.value = values[place % len(values)]
            self._find()
            return True
        if name == "Esc" and (self.box.text() or self.filter.value != "all"):
            self.box.clear()
            self.filter.value = "all"
            self.box.setFocus()
            self._find()
            return True
        if self.pane.scans_key(name):
            return True
        if name == "Alt+V":
            self.pane.saw()
            return True
        if name == "Alt+O":
            self.pane.ask_more()
            return True
        action = self.pane.action_for(name)
        if action is not None:
            self.act(action)
            return True
        return False

    def set_narrow(self, narrow: bool) -> None:
        """Less for the list."""
        self.pane.set_narrow(narrow)
        fix(self._left, width=_LEFT_NARROW if narrow else _LEFT)

    def finish(self) -> None:
        """What is being asked, else the likeliest next step."""
        if self.pane.form.action:
            self.pane.form.end()
        elif self._allowed:
            self.act(self._allowed[0])

    def open(self, dossier_id: str) -> None:
        """Show a dossier, whatever the list beside it comes to hold."""
        self._wanted = dossier_id
        self._look(dossier_id)

    def _look(self, dossier_id: str) -> None:
        counter, who = self.desk.counter, self.desk.who

        def work() -> tuple[DossierView | None, tuple[str, ...]]:
            view = counter.search.open(dossier_id)
            return view, counter.acts.allowed(view.dossier, who) if view else ()

        self.desk.read(work, self._on_opened)

    def act(self, action: str) -> None:
        """Ask what the action needs, then do it."""
        view = self.pane.view
        if view is None:
            return
        if action == "return":
            self.desk.return_requested.emit(view.dossier.id)
            return
        self.pane.open_form(action)
        self._show_primary()

    # ---- reactions -----------------------------------------------------------------------------

    def _on_typed(self) -> None:
        self._wanted = ""
        self._timer.start()

    def _find(self) -> None:
        text, counter = self.box.text().strip(), self.desk.counter
        among = _AMONG[self.filter.value]
        if among and not text:
            text = f"{self.desk.now():%d/%m/%Y}"
        self._asked += 1
        asked = self._asked

        def work() -> tuple[int, tuple[DossierRow, ...]]:
            if text:
                return asked, counter.search.find(text, _MOST, among)
            return asked, counter.worklists.rows("received_today", _MOST)

        self.desk.read(work, self._on_found)

    def _on_found(self, answer: tuple[int, tuple[DossierRow, ...]]) -> None:
        asked, rows = answer
        if asked != self._asked:
            return
        self.list.show_rows(rows, self.desk.now().date(), self._wanted)
        among = self.filter.value
        if not rows and among != "all":
            told = f"Không có hồ sơ nào như vậy ở mục {_WORD[among]}. {_NEXT_FILTER} để đổi mục."
        elif not self.box.text().strip():
            told = "Nhận hôm nay" if rows else "Gõ vài chữ để tìm."
        elif not rows:
            told = "Không có hồ sơ nào như vậy. Gõ ít chữ hơn."
        elif len(rows) >= _MOST:
            told = f"{_MOST} hồ sơ mới nhất. Gõ thêm để thu hẹp."
        else:
            told = f"{len(rows)} hồ sơ{_shares(rows) if among == 'all' and len(rows) > 1 else ''}"
        self._told.setText(told)
        if self._entering and self.list.current_id:
            self._look(self.list.current_id)
            self.list.setFocus()
        self._entering = False
        if not rows and not self._wanted and self.pane.form.act is None:
            # F12 must never do something to a dossier that was looked for before
            self._on_opened((None, ()))

    def _to_dossier(self) -> None:
        """Enter: the first of what is found for what stands in the box now, not of what stood."""
        self._wanted, self._entering = "", True
        self._timer.stop()
        self._find()

    def _on_opened(self, answer: tuple[DossierView | None, tuple[str, ...]]) -> None:
        view, self._allowed = answer
        self._nothing.setVisible(view is None)
        self.pane.show_view(view, self._allowed)
        self._show_primary()

    def _show_primary(self) -> None:
        """F12 does what is being asked, else the likeliest; what destroys has a letter instead."""
        asked = self.pane.form.act
        likely = ACTS[self._allowed[0]] if self._allowed else None
        act = asked or likely
        self._primary.setVisible(act is not None and act.finish == "F12")
        if act is not None:
            self._primary.setText(act.likely)

    def _on_form_closed(self) -> None:
        self._show_primary()
        self.list.setFocus()

    def _on_changed(self, changes: Changes) -> None:
        if not self.isVisible():
            return
        view = self.pane.view
        if view is not None and view.dossier.id in changes.dossiers:
            self.open(view.dossier.id)
        self._find()

    def _print(self) -> None:
        if self.pane.view is not None:
            self.desk.print_requested.emit(self.pane.view.dossier.id)

    def _open_form(self) -> None:
        if self.pane.view is not None:
            self.desk.forms_requested.emit((("receipt", self.pane.view.dossier.id),))


def _shares(rows: Sequence[DossierRow]) -> str:
    """How many of them stand behind each of the filters."""
    told = []
    for value, word, among in _FILTERS:
        count = sum(not row.voided and row.status in among for row in rows)
        if value != "all" and count:
            told.append(f"{count} {word.lower()}")
    return f": {', '.join(told)}" if told else ""
