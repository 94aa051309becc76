"""F6: the numbers of the queue, and the hours that are booked."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QButtonGroup, QPushButton, QWidget

from counter_app.domain.tickets import PRIORITY, Ticket, TicketGroup, TicketState
from counter_app.services.results import Changes
from counter_app.services.tickets import Taken
from ui.booking import BookingPanel
from ui.call_display import CallDisplay
from ui.desk import Desk
from ui.page import Page
from ui.table import Column, Line, Table
from ui.widgets import Button, Card, Screens, chip, clear, column, fix, label, row, set_chip

_LEFT, _LEFT_NARROW = 470, 396
_REFRESH_MS = 30_000
_WORDS = 19
"""Letters of a group's name that have room on its button."""
_NOBODY = "–"
_COLUMNS = (Column("Số", 76), Column("Diện", 104), Column("Việc"), Column("Đã chờ", 100))
_TABS = ("Hàng đợi", "Lịch hẹn")

Read = tuple[tuple[TicketGroup, ...], tuple[Ticket, ...], Ticket | None]


class QueuePage(Page):
    """F12 calls the next number, or books the hour; F2 receives whoever was called."""

    title = "Số thứ tự"
    hints = (
        ("Alt+1-2", "hàng đợi, lịch hẹn"),
        ("Enter", "gọi số đang chọn"),
        ("R", "gọi lại"),
        ("V", "vắng"),
        ("M", "màn hình"),
        ("1-9", "lấy số"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._groups: tuple[TicketGroup, ...] = ()
        self._current: Ticket | None = None
        self._primary = Button("Gọi số kế tiếp", "F12", "primary")
        self._primary.clicked.connect(self.finish)
        self._receive = Button("Tiếp nhận số này", "F2")
        self._receive.clicked.connect(self._on_receive)
        self._stack = Screens()
        self._stack.addWidget(self._build_queue())
        self._booking: BookingPanel | None = None
        self._narrow = False
        tabs = row(space=4)
        self._tabs = QButtonGroup(self)
        for number, caption in enumerate(_TABS):
            tab = QPushButton(f"{caption}  Alt+{number + 1}")
            tab.setProperty("kind", "tab")
            tab.setCheckable(True)
            tab.setAccessibleName(caption)
            self._tabs.addButton(tab, number)
            tabs.addWidget(tab)
        tabs.addStretch(1)
        self._tabs.button(0).setChecked(True)
        self._tabs.idClicked.connect(self._show_tab)
        whole = column(tabs, self._stack, space=4)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 4, 16, 12)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)
        desk.changed.connect(self._on_changed)

    @property
    def booking(self) -> BookingPanel:
        """Made at its first visit."""
        if self._booking is None:
            self._booking = BookingPanel(self.desk)
            self._booking.set_narrow(self._narrow)
            self._stack.addWidget(self._booking)
        return self._booking

    # ---- building ------------------------------------------------------------------------------

    def _build_queue(self) -> QWidget:
        counter_no = self.desk.counter.identity.counter_no
        self._number = label(_NOBODY, "queue")
        self._group = chip("grey", "")
        self._since = label("", "label")
        self._since.setAlignment(Qt.AlignmentFlag.AlignRight)
        again = Button("Gọi lại", "R")
        again.clicked.connect(self._call_again)
        absent = Button("Vắng mặt", "V")
        absent.clicked.connect(self._absent)
        beside = column(self._group, self._since, 1, space=4)
        beside.setAlignment(self._group, Qt.AlignmentFlag.AlignRight)
        now = Card(
            label(f"Đang phục vụ tại quầy {counter_no}", "label"),
            row(self._number, 1, beside),
            row(again, absent, 1),
            space=2,
            margins=10,
        )
        self._next = label(_NOBODY, "figure")
        self._next_chip = chip("amber", "")
        rule = "Cứ 2 số ưu tiên có 1 số thường, để không ai chờ mãi."
        up = Card(
            label("Số kế tiếp", "label"),
            row(self._next, self._next_chip, 1, space=12),
            label(rule, "caption", wrap=True),
            space=0,
            margins=10,
        )
        self._takes = row(space=8)
        take = Card(
            label("Lấy số cho người không dùng máy", "strong"), self._takes, space=4, margins=10
        )
        self._figures = {
            name: label("0", "bigDim") for name in ("Đã gọi", "Đang chờ", "Chờ lâu nhất", "Vắng")
        }
        self._told = Card(
            row(*(column(label(n, "label"), shown, space=0) for n, shown in self._figures.items())),
            space=0,
            margins=10,
        )
        self._left = QWidget()
        self._left.setLayout(column(now, up, take, self._told, 1, space=8))
        fix(self._left, width=_LEFT)
        self._title = label("Đang chờ", "cardTitle")
        self._count = chip("blue", "")
        self._empty = label("", "caption")
        head = row(self._title, self._count, self._empty, 1)
        head.setContentsMargins(14, 10, 14, 8)
        self.table = Table(self.desk.theme, _COLUMNS, "Số đang chờ")
        self.table.chosen.connect(self._call)
        right = Card(head, self.table, margins=1, space=0)
        whole = row(self._left, right, space=12)
        whole.setStretch(1, 1)
        made = QWidget()
        made.setLayout(whole)
        return made

    # ---- the frame's calls ---------------------------------------------------------------------

    def buttons(self) -> list[Button]:
        """Receive, and call or book."""
        return [self._receive, self._primary]

    def enter(self) -> None:
        """Read again; the keyboard is in the list."""
        self._timer.start()
        self._show_display()
        self._show_tab(self._stack.currentIndex())

    def leave(self) -> None:
        """Nobody looks."""
        self._timer.stop()

    def set_narrow(self, narrow: bool) -> None:
        """Less for the left side; how many wait stands above their list anyway."""
        self._told.setVisible(not narrow)
        fix(self._left, width=_LEFT_NARROW if narrow else _LEFT)
        self._narrow = narrow
        if self._booking is not None:
            self._booking.set_narrow(narrow)

    def finish(self) -> None:
        """Call the next one, or book the hour."""
        if self._stack.currentIndex() == 1:
            self.booking.finish()
        else:
            self.call_next()

    def call_next(self) -> None:
        """Whoever was served is done."""
        tickets = self.desk.counter.tickets
        self.desk.read(tickets.call_next, self._on_called)

    def key(self, name: str) -> bool:
        """Tabs; letters and digits of the queue."""
        if name in ("Alt+1", "Alt+2"):
            self._show_tab(int(name[4:]) - 1)
            return True
        if self._stack.currentIndex() == 1:
            return self.booking.key(name)
        match name.upper():
            case "R":
                self._call_again()
            case "V":
                self._absent()
            case "M":
                self._toggle_display()
            case _ if name.isdigit() and 1 <= int(name) <= len(self._groups):
                self._take(self._groups[int(name) - 1].letter)
            case _:
                return False
        return True

    # ---- the screen for citizens ----------------------------------------------------------------

    def _display(self) -> CallDisplay | None:
        return self.window().findChild(CallDisplay)

    def _toggle_display(self) -> None:
        """It stays when another officer sits down; whoever closes it finds the chip gone."""
        display = self._display()
        if display is None:
            display = CallDisplay(self.desk, self.window())
            display.destroyed.connect(self._show_display)
            display.open(self.window())
            self._show_display()
        else:
            display.close()

    def _show_display(self) -> None:
        chip = ("green", "Màn hình gọi số: đang bật" if self._display() is not None else "")
        if chip != self.chip:
            self.show_chip(*chip)

    # ---- the queue -----------------------------------------------------------------------------

    def _show_tab(self, number: int) -> None:
        if number:
            self._stack.setCurrentWidget(self.booking)
        else:
            self._stack.setCurrentIndex(0)
        self._tabs.button(number).setChecked(True)
        self._primary.setText("Đặt hẹn và in phiếu" if number else "Gọi số kế tiếp")
        self._receive.setVisible(not number)
        if number:
            self.booking.enter()
        else:
            self.table.setFocus()
            self._refresh()

    def _refresh(self) -> None:
        tickets = self.desk.counter.tickets
        self.desk.read(
            lambda: (tickets.groups(), tickets.today(), tickets.next_up()), self._on_read
        )

    def _on_read(self, read: Read) -> None:
        groups, tickets, up = read
        if groups != self._groups:
            self._show_groups(groups)
        waiting = [t for t in tickets if t.state is TicketState.WAITING]
        absent = [t for t in tickets if t.state is TicketState.ABSENT]
        called = [t for t in tickets if t.state is TicketState.CALLED]
        self._show_current(called[-1] if called else None)
        self._next.setText(up.label if up else _NOBODY)
        set_chip(self._next_chip, "amber", "Ưu tiên" if up and up.group == PRIORITY else "")
        lines = [self._line(t, self._waited(t)) for t in waiting]
        if absent:
            lines.append(Line("", ("Vắng mặt  ·  Enter gọi lại khi người ấy trở lại",)))
            lines += [self._line(t, "vắng") for t in absent]
        self.table.show_lines(lines)
        set_chip(self._count, "blue", f"{len(waiting)} người" if waiting else "")
        self._empty.setText("" if lines else "Không ai chờ. Bấm 1, 2, 3 để lấy số cho người mới.")
        longest = min((t.taken_at for t in waiting), default=None)
        shown = {
            "Đã gọi": str(len(tickets) - len(waiting)),
            "Đang chờ": str(len(waiting)),
            "Chờ lâu nhất": f"{self._minutes(longest)} phút" if longest else _NOBODY,
            "Vắng": str(len(absent)),
        }
        for name, text in shown.items():
            self._figures[name].setText(text)

    def _show_groups(self, groups: tuple[TicketGroup, ...]) -> None:
        self._groups = groups
        clear(self._takes)
        places: list[Button] = []
        for number, group in enumerate(groups, 1):
            words = group.name if len(group.name) <= _WORDS else f"{group.name[:_WORDS]}…"
            button = Button(words, str(number))
            button.setAccessibleName(f"Lấy số: {group.name} ({number})")
            button.setToolTip(group.name)
            button.setProperty("group", group.letter)
            button.clicked.connect(self._on_take)
            places.append(button)
        lines = [row(*places[at : at + 2]) for at in range(0, len(places), 2)]
        self._takes.addLayout(column(*lines, space=6))

    def _show_current(self, ticket: Ticket | None) -> None:
        self._current = ticket
        self.desk.serving = ticket.label if ticket else ""
        self._number.setText(ticket.label if ticket else _NOBODY)
        set_chip(self._group, "grey", self._name(ticket.group) if ticket else "")
        self._since.setText(f"lấy số lúc {ticket.taken_at:%H:%M}" if ticket else "")

    def _line(self, ticket: Ticket, waited: str) -> Line:
        kind = ("amber", "Ưu tiên") if ticket.group == PRIORITY else "Thường"
        return Line(ticket.label, (ticket.label, kind, self._name(ticket.group), waited))

    def _name(self, letter: str) -> str:
        return next((group.name for group in self._groups if group.letter == letter), letter)

    def _waited(self, ticket: Ticket) -> str:
        return f"{self._minutes(ticket.taken_at)} phút"

    def _minutes(self, since: object) -> int:
        return max(0, int((self.desk.now() - since).total_seconds() // 60))  # type: ignore[operator]

    # ---- what is done --------------------------------------------------------------------------

    def _on_called(self, ticket: Ticket | None) -> None:
        if ticket is None:
            self.desk.told.emit("Không còn ai chờ.")
        else:
            if (display := self._display()) is not None:
                display.call()
            else:
                QApplication.beep()
            self.desk.told.emit(f"Mời số {ticket.label}.")
        self._announce()

    def _call(self, ticket_label: str) -> None:
        tickets = self.desk.counter.tickets
        self.desk.read(lambda: tickets.call(ticket_label), self._on_called)

    def _call_again(self) -> None:
        if self._current is not None:
            self._on_called(self._current)

    def _absent(self) -> None:
        if self._current is not None:
            tickets, who = self.desk.counter.tickets, self._current.label
            self.desk.read(lambda: tickets.move(who, TicketState.ABSENT), self._on_moved)

    def _on_moved(self, _: Ticket) -> None:
        self._announce()

    def _on_take(self) -> None:
        self._take(str(self.sender().property("group")))
        self.table.setFocus()

    def _take(self, letter: str) -> None:
        tickets = self.desk.counter.tickets
        self.desk.lanes.records.submit(lambda: tickets.take(letter), self._on_taken, self._on_fault)

    def _on_taken(self, taken: Taken) -> None:
        before = f"{taken.ahead} người trước" if taken.ahead else "đến lượt ngay"
        self.desk.told.emit(f"Số {taken.ticket.label}, {before}.")
        if self.desk.ways_for("ticket"):
            self.desk.print_again_requested.emit(taken.print_job_id)
        self._announce()

    def _announce(self) -> None:
        """The queue moved: the home screen shows it too."""
        if not self.isVisible():
            self._refresh()
        self.desk.announce(Changes(topics=frozenset({"tickets"})))

    def _on_fault(self, fault: Exception) -> None:
        self.desk.refused.emit(str(getattr(fault, "message", "Chưa làm được. Hãy thử lại.")))

    def _on_receive(self) -> None:
        self.desk.intake_requested.emit(None)

    def _on_changed(self, _: Changes) -> None:
        if self.isVisible() and self._stack.currentIndex() == 0:
            self._refresh()
