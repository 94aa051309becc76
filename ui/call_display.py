"""The screen that citizens look at (màn hình gọi số): who is called to which counter, who comes next."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QWidget

from counter_app.domain.tickets import Ticket, TicketState
from counter_app.services.results import Changes
from ui.assets import pixmap
from ui.desk import Desk
from ui.sign_in import hours_today
from ui.theme import LIGHT
from ui.widgets import column, label, row

_BLINKS, _BLINK_MS = 3, 400
_MOST_NEXT = 4
_SIZE = (960, 540)
"""Where there is no second screen."""
_NOBODY = "–"
_SHEET = """
QWidget#display {{ background: {rail}; }}
QFrame#band {{ background: {gold}; border-radius: {edge}px; }}
QLabel {{ color: {text}; font-size: {small}px; font-weight: 600; background: transparent; }}
QFrame#band QLabel {{ color: {rail}; }}
QLabel#number {{ font-family: "Be Vietnam Pro"; font-size: {huge}px; }}
QFrame#band QLabel#number:disabled {{ color: {gold}; }}
QLabel#coming {{ font-family: "Be Vietnam Pro"; font-size: {large}px; color: {white}; }}
"""


class CallDisplay(QWidget):
    """A window of its own that never takes the keyboard. Nobody's name stands on it."""

    def __init__(self, desk: Desk, beside: QWidget) -> None:
        """`beside`: the window of the clerk; where there is a second screen this one fills it."""
        super().__init__(beside, Qt.WindowType.Window | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setObjectName("display")
        self.setWindowTitle("Màn hình gọi số")
        self._desk = desk
        self._left = 0
        mark = label()
        mark.setPixmap(pixmap("mot-cua", "", 48))
        self._clock = label("")
        self._hours = label("", wrap=True)
        self._number, self._counter = label(_NOBODY, "number"), label("", "number")
        self._counter.setText(str(desk.counter.identity.counter_no))
        self._next = label("", "coming")
        band = QFrame()
        band.setObjectName("band")
        called = row(
            column(1, label("MỜI SỐ"), self._number, 1, space=0),
            1,
            column(1, label("ĐẾN QUẦY"), self._counter, 1, space=0),
        )
        called.setContentsMargins(40, 16, 40, 16)
        band.setLayout(called)
        office = desk.counter.office
        help_line = f"Góp ý: {office.complaint_phone}" if office.complaint_phone else ""
        foot = row(self._hours, label(help_line))
        foot.setStretch(0, 1)
        whole = column(
            row(mark, label(office.name), 1, self._clock, space=16),
            band,
            row(label("Sắp tới"), self._next, 1, space=24),
            foot,
            space=16,
        )
        whole.setStretch(1, 1)
        whole.setContentsMargins(24, 16, 24, 16)
        self.setLayout(whole)
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._show_time)
        self._tick.start()
        self._blink = QTimer(self)
        self._blink.setInterval(_BLINK_MS)
        self._blink.timeout.connect(self._on_blink)
        desk.changed.connect(self._on_changed)
        self._show_time()
        self._refresh()
        desk.read(lambda: hours_today(desk), self._hours.setText)

    def open(self, clerks: QWidget) -> None:
        """On another screen than the clerk's, where there is one."""
        own = clerks.screen()
        others = [screen for screen in QGuiApplication.screens() if screen is not own]
        if others:
            self.setGeometry(others[0].geometry())
            self.showFullScreen()
        else:
            self.resize(*_SIZE)
            self.show()

    def call(self) -> None:
        """The number blinks and sounds three times; it was called, or is called again."""
        self._left = 2 * _BLINKS
        self._blink.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Letters as large as the room allows."""
        super().resizeEvent(event)
        high = self.height()
        self.setStyleSheet(
            _SHEET.format(
                rail=LIGHT.rail,
                gold=LIGHT.gold,
                text=LIGHT.rail_text,
                white=LIGHT.on_accent,
                edge=max(8, high // 50),
                small=max(14, high // 32),
                large=max(24, high // 16),
                huge=max(72, high // 4),
            )
        )

    def _on_blink(self) -> None:
        self._left -= 1
        if self._left % 2:
            QApplication.beep()
        self._number.setEnabled(self._left % 2 == 0)
        if self._left <= 0:
            self._blink.stop()

    def _show_time(self) -> None:
        self._clock.setText(f"{self._desk.now():%H:%M}")

    def _on_changed(self, changes: Changes) -> None:
        if "tickets" in changes.topics:
            self._refresh()

    def _refresh(self) -> None:
        self._desk.read(self._desk.counter.tickets.today, self._on_read)

    def _on_read(self, tickets: tuple[Ticket, ...]) -> None:
        called = [ticket.label for ticket in tickets if ticket.state is TicketState.CALLED]
        waiting = [ticket.label for ticket in tickets if ticket.state is TicketState.WAITING]
        self._number.setText(called[-1] if called else _NOBODY)
        self._next.setText("   ".join(waiting[:_MOST_NEXT]) or _NOBODY)
