"""F1: what needs me now."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QPushButton

from counter_app.domain.tickets import Ticket, TicketState
from counter_app.ports import DossierRow, Figures
from counter_app.services.results import Changes
from counter_app.services.sync_notices import Notice
from counter_app.services.worklists import Urgent
from ui.desk import Desk
from ui.lists import DossierHead, DossierList
from ui.page import Page
from ui.theme import Palette
from ui.widgets import Button, Card, clear, column, fix, label, row, set_name, tile

_FIGURES = (
    ("received_today", "Nhận hôm nay", "file-plus", "blue"),
    ("due_today", "Hẹn trả hôm nay", "calendar-event", "amber"),
    ("overdue", "Quá hạn", "alert-triangle", "red"),
    ("waiting_return", "Chờ trả", "package-export", "green"),
    ("unprinted", "Chưa in phiếu", "printer", "violet"),
    ("unsent", "Chưa gửi", "send", "grey"),
)
_SIGNS = {
    "unprinted": ("printer", "violet"),
    "unknown_print": ("printer", "red"),
    "other_print": ("printer", "violet"),
    "open_visit": ("files", "violet"),
    "draft": ("pencil", "amber"),
    "repair": ("alert-circle", "red"),
    "uncollected": ("package-export", "grey"),
    "notice": ("alert-circle", "red"),
}
_EMPTY = {
    "received_today": "Hôm nay chưa có hồ sơ. F2 để nhận hồ sơ đầu tiên.",
    "due_today": "Hôm nay không có hồ sơ nào đến hẹn.",
    "overdue": "Không có việc quá hạn. Tốt.",
    "waiting_return": "Không có kết quả nào chờ người đến lấy.",
    "unprinted": "Mọi phiếu đã in.",
    "unsent": "Mọi hồ sơ đã gửi lên máy chủ.",
}


_SIDE, _SIDE_NARROW = 362, 300


class _Figure(QPushButton):
    """One number; choosing it fills the list."""

    def __init__(self, number: int, caption: str, icon: str, kind: str, palette: Palette) -> None:
        super().__init__()
        self.setProperty("kind", "figure")
        self.setCheckable(True)
        self._caption, self._red = caption, kind == "red"
        self.value = label("0", "figure")
        above = row(self.value, 1, tile(icon, kind, palette))
        above.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.cap = label(f"Alt+{number}", "keycap")
        inside = column(above, 1, row(label(caption, "strong"), 1, self.cap), space=0)
        inside.setContentsMargins(14, 8, 12, 10)
        self.setLayout(inside)
        for child in self.findChildren(QLabel):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """What stands in it; a button with a layout inside would not ask."""
        inside = self.layout()
        assert inside is not None
        return inside.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def show_value(self, value: int) -> None:
        """The number and its words for a screen reader."""
        self.value.setText(f"{value:,}".replace(",", "."))
        set_name(self.value, "figureRed" if self._red and value else "figure")
        self.setAccessibleName(f"{self._caption}: {value}")


class HomePage(Page):
    """The six figures, the list behind one of them, and what cannot wait."""

    title = "Bàn làm việc"
    hints = (
        ("Alt+1-6", "danh sách"),
        ("Lên xuống", "chọn"),
        ("Enter", "mở hồ sơ"),
        ("1-9", "việc cần làm"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._kind = "received_today"
        self._urgent: tuple[Urgent, ...] = ()
        self._figures = {}
        figures = row(space=10)
        for number, (kind, caption, icon, tint) in enumerate(_FIGURES, 1):
            figure = _Figure(number, caption, icon, tint, desk.theme.palette)
            figure.setProperty("figure", kind)
            figure.clicked.connect(self._on_figure)
            self._figures[kind] = figure
            figures.addWidget(figure)
        self.list = DossierList(desk.theme)
        self.list.opened.connect(desk.open_requested)
        self._list_title = label("", "cardTitle")
        self._empty = label("", "caption")
        head = column(self._list_title, self._empty, space=8)
        head.setContentsMargins(14, 12, 14, 8)
        card = Card(head, DossierHead(desk.theme), self.list, margins=1, space=0)
        self._todo = column(space=0)
        self._todo_count = label("", "caption")
        side = Card(
            row(label("Cần làm ngay", "cardTitle"), 1, self._todo_count),
            self._todo,
            self._build_queue(),
        )
        fix(side, width=_SIDE)
        self._side = side
        below = row(card, side, space=12)
        below.setStretch(0, 1)
        whole = column(figures, below, space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        desk.changed.connect(self._on_changed)

    def _build_queue(self) -> QFrame:
        """The number before the counter, where numbers are given out at all."""
        self._number, self._waiting = label("", "big"), label("", "caption")
        again = Button("Gọi số kế", "Ctrl+G")
        again.clicked.connect(self.desk.call_requested)
        self._queue = QFrame()
        self._queue.setObjectName("queueLine")
        whole = column(
            row(label("Số đang gọi", "strong"), 1, self._waiting),
            row(self._number, 1, again),
            space=2,
        )
        whole.setContentsMargins(0, 8, 0, 0)
        self._queue.setLayout(whole)
        self._queue.hide()
        return self._queue

    def _show_queue(self, tickets: tuple[Ticket, ...]) -> None:
        called = [ticket for ticket in tickets if ticket.state is TicketState.CALLED]
        waiting = sum(ticket.state is TicketState.WAITING for ticket in tickets)
        self._queue.setVisible(bool(called or waiting))
        self._number.setText(called[-1].label if called else "–")
        self._waiting.setText(f"{waiting} người chờ" if waiting else "không ai chờ")

    def set_narrow(self, narrow: bool) -> None:
        """Less for what cannot wait; figures without their keys."""
        fix(self._side, width=_SIDE_NARROW if narrow else _SIDE)
        for figure in self._figures.values():
            figure.cap.setVisible(not narrow)
            figure.updateGeometry()

    def buttons(self) -> list[Button]:
        """Receive; in the evening the sheet of the day."""
        closing = Button("Kết sổ hôm nay", "Ctrl+I")
        closing.clicked.connect(self._open_closing)
        receive = Button("Nhận hồ sơ mới", "F2", "primary")
        receive.clicked.connect(self.finish)
        return [closing, receive]

    def enter(self) -> None:
        """Count again."""
        self._refresh()
        self.list.setFocus()

    def finish(self) -> None:
        """The next citizen."""
        self.desk.intake_requested.emit(None)

    def key(self, name: str) -> bool:
        """Alt and a number choose a figure; a bare number does a line of what cannot wait."""
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= len(_FIGURES):
            self._choose(_FIGURES[int(name[4:]) - 1][0])
            return True
        if name == "Ctrl+I":
            self._open_closing()
            return True
        if name.isdigit() and 1 <= int(name) <= len(self._urgent):
            self._do(self._urgent[int(name) - 1])
            return True
        return False

    def _open_closing(self) -> None:
        today = self.desk.now().date().isoformat()
        self.desk.forms_requested.emit((("closing", today),))

    def _on_changed(self, changes: Changes) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        counter, kind, who = self.desk.counter, self._kind, self.desk.who

        def work() -> tuple[Figures, str, tuple[DossierRow, ...], tuple[Urgent, ...]]:
            lists = counter.worklists
            told = [
                Urgent("notice", notice.message, code=notice.dossier_code)
                for notice in counter.notices.all()
            ]
            urgent = (*told, *lists.urgent(who.id))
            return lists.figures(), kind, lists.rows(kind), urgent

        self.desk.read(work, self._on_read)
        self.desk.read(counter.tickets.today, self._show_queue)

    def _on_read(
        self, answer: tuple[Figures, str, tuple[DossierRow, ...], tuple[Urgent, ...]]
    ) -> None:
        figures, kind, rows, urgent = answer
        for name, figure in self._figures.items():
            figure.show_value(getattr(figures, name))
            figure.setChecked(name == self._kind)
        if kind != self._kind:
            return
        self.list.show_rows(rows, self.desk.now().date())
        caption = next(caption for name, caption, *_ in _FIGURES if name == kind)
        self._list_title.setText(f"{caption}: {len(rows)}")
        self._empty.setText("" if rows else _EMPTY[kind])
        self._empty.setVisible(not rows)
        self._show_urgent(urgent)

    def _show_urgent(self, urgent: tuple[Urgent, ...]) -> None:
        self._urgent = urgent[:9]
        clear(self._todo)
        self._todo_count.setText(f"{len(urgent)} việc" if urgent else "")
        for number, line in enumerate(self._urgent, 1):
            todo = _Todo(number, line, self.desk.theme.palette)
            todo.chosen.connect(self._on_todo)
            self._todo.addWidget(todo)
        if not self._urgent:
            self._todo.addWidget(label("Không có việc gì gấp.", "caption"))
        self._todo.addStretch(1)

    def _do(self, line: Urgent) -> None:
        match line.kind:
            case "draft":
                self.desk.intake_requested.emit(line.draft_id)
            case "unknown_print":
                self.desk.unknown_print.emit(line.job_id, line.code)
            case "unprinted" | "other_print":
                self.desk.print_again_requested.emit(line.job_id)
            case "open_visit":
                self.desk.visit_over.emit(line.visit_id)
            case "notice":
                self._see_to(Notice(line.code, line.text))
            case "uncollected":
                self._choose("waiting_return")
            case _ if line.dossier_id:
                self.desk.open_requested.emit(line.dossier_id)

    def _see_to(self, notice: Notice) -> None:
        """Its dossier opens, where it is about one; then it has been told."""
        counter = self.desk.counter

        def work() -> str:
            counter.notices.seen(notice)
            views = counter.search.by_code(notice.dossier_code) if notice.dossier_code else ()
            return views[0].dossier.id if views else ""

        self.desk.lanes.records.submit(work, self._on_seen)

    def _on_seen(self, dossier_id: str) -> None:
        if dossier_id:
            self.desk.open_requested.emit(dossier_id)
        else:
            self._refresh()

    def _choose(self, kind: str) -> None:
        self._kind = kind
        self._refresh()
        self.list.setFocus()

    def _on_todo(self, number: int) -> None:
        self._do(self._urgent[number - 1])

    def _on_figure(self) -> None:
        self._choose(str(self.sender().property("figure")))


class _Todo(QFrame):
    """One thing that cannot wait; a click does it."""

    chosen = Signal(int)

    def __init__(self, number: int, line: Urgent, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("line")
        self._number = number
        words = label(line.text, wrap=True)
        whole = row(
            tile(*_SIGNS[line.kind], palette), words, label(str(number), "keycap"), space=10
        )
        whole.setStretch(1, 1)
        whole.setContentsMargins(0, 9, 0, 9)
        self.setLayout(whole)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """As its number does."""
        self.chosen.emit(self._number)
