"""Who sits here, in three seconds: a tile, a PIN, Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QPushButton, QWidget

from ui.assets import pixmap
from ui.desk import Desk
from ui.theme import px
from ui.widgets import Button, column, fix, label, row, scrolled

if TYPE_CHECKING:
    from counter_app.domain.officer import Officer
    from counter_app.services.results import Rejected

SAMPLE_PIN = "246813"
_NARROW = 1000


class SignInPage(QWidget):
    """Tiles at the right, the day at the left. It stands before the store is open."""

    signed_in = Signal(object)

    def __init__(self, *, sample: bool) -> None:
        super().__init__()
        self._desk: Desk | None = None
        self._officers: list[Officer] = []
        self._busy = False
        self._hurried = False
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Ai đang ngồi quầy? Bấm số trên ô")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._tiles = QButtonGroup(self)
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(12)
        fix(self.pin, width=330)
        self.pin.setPlaceholderText("Mã PIN")
        self.pin.setAccessibleName("Mã PIN")
        self.pin.returnPressed.connect(self._try)
        self.told = label("", "problem", wrap=True)
        fix(self.told, low=24)
        enter = Button("Vào làm việc", "Enter", "primary")
        enter.clicked.connect(self._try)
        right = column(
            1,
            label("Ai đang ngồi quầy?", "title"),
            label("Bấm số trên ô, gõ mã PIN rồi Enter.", "caption"),
            self._grid,
            label("Mã PIN", "label"),
            row(self.pin, enter, 1),
            self.told,
            space=10,
        )
        if sample:
            text = f"Cơ quan mẫu để dùng thử: mã PIN của mọi người là {SAMPLE_PIN}"
            right.addWidget(label(text, "warning"))
        right.addWidget(label("Quên mã PIN: nhờ người phụ trách đặt lại ở F11.", "caption"))
        right.addStretch(1)
        right.setContentsMargins(48, 24, 48, 24)
        whole = row(self._side(), space=0)
        whole.addLayout(right, 1)
        inside = QWidget()
        inside.setLayout(whole)
        self.setLayout(row(scrolled(inside)))
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)

    def open(self, desk: Desk) -> None:
        """The store is open: whose it is, and who there is."""
        self._desk = desk
        office = desk.counter.office
        self._office.setText(office.name)
        self._counter.setText(f"Quầy {desk.counter.identity.counter_no}")
        self._address.setText(office.address)
        self._timer.start()
        self._tick()
        self._read()

    def enter(self) -> None:
        """Somebody is to sign in, anew: first the tile, then the PIN.

        Until the tiles are read the PIN's field keeps what is typed, the tile's digit too.
        """
        self.pin.clear()
        self.told.setText("")
        first = self if self._officers else self.pin
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._read()

    def _read(self) -> None:
        desk = self._desk
        if desk is not None:
            desk.read(desk.counter.officers.all, self._on_officers)
            desk.read(lambda: hours_today(desk), self._hours.setText)
            desk.read(lambda: _counter(desk), self._counter.setText)

    @property
    def first_officer(self) -> Officer | None:
        """Who stands on the first tile, as soon as they are read."""
        return self._officers[0] if self._officers else None

    def key(self, name: str) -> bool:
        """A bare digit chooses a tile while no PIN is being typed."""
        if name == "Esc":
            self.pin.clear()
            self.setFocus()
            return True
        if name.isdigit() and not self.pin.hasFocus() and 1 <= int(name) <= len(self._officers):
            self._tiles.button(int(name) - 1).setChecked(True)
            self.pin.setFocus()
            return True
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width."""
        super().resizeEvent(event)
        self.follow_width()

    def follow_width(self) -> None:
        """Without the day where large letters leave no room for it."""
        self._beside.setVisible(self.width() >= px(_NARROW))

    def _side(self) -> QWidget:
        side = self._beside = QWidget()
        side.setObjectName("rail")
        fix(side, width=470)
        mark = label()
        mark.setPixmap(pixmap("mot-cua", "", 64))
        self._office = label("", "railName", wrap=True)
        self._counter = label("", "railSmall")
        self._clock = label("", "huge")
        self._day = label("", "railName")
        self._hours = label("", "railSmall", wrap=True)
        self._address = label("", "railSmall", wrap=True)
        brand = label("Một Cửa", "huge")
        lines = column(
            1,
            row(mark, brand, 1, space=16),
            self._office,
            self._counter,
            label(""),
            self._clock,
            self._day,
            self._hours,
            1,
            self._address,
            space=12,
        )
        lines.setContentsMargins(48, 48, 48, 48)
        side.setLayout(lines)
        return side

    def _tick(self) -> None:
        from counter_app.domain.calendar import weekday_name

        if self._desk is not None:
            now = self._desk.now()
            self._clock.setText(f"{now:%H:%M}")
            self._day.setText(f"{weekday_name(now.date())}, {now:%d/%m/%Y}")

    def _on_officers(self, officers: tuple[Officer, ...]) -> None:
        from counter_app.domain.officer import ROLE_NAMES  # the store is open: all is loaded

        typed_ahead = self.pin.text() if not self._officers else None
        self._officers = [officer for officer in officers if officer.active][:8]
        for button in self._tiles.buttons():
            self._tiles.removeButton(button)
            button.deleteLater()
        for number, officer in enumerate(self._officers):
            roles = ", ".join(ROLE_NAMES[role] for role in sorted(officer.roles))
            tile = QPushButton(f"{number + 1}   {officer.name}\n      {roles}")
            tile.setProperty("kind", "tile")
            tile.setCheckable(True)
            tile.setAccessibleName(f"{officer.name}, {roles}")
            tile.clicked.connect(self.pin.setFocus)
            self._tiles.addButton(tile, number)
            self._grid.addWidget(tile, number // 2, number % 2)
        if self._officers:
            self._tiles.button(0).setChecked(True)
        if len(self._officers) == 1:
            self.pin.setFocus(Qt.FocusReason.OtherFocusReason)
        elif typed_ahead is not None:
            self._sort_out(typed_ahead)
        if self._hurried:
            self._try()

    def _sort_out(self, typed: str) -> None:
        """What was typed before there were tiles: the digit of one, then a PIN."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if typed and self.key(typed[0]):
            self.pin.setText(typed[1:])
        elif typed:
            self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def _try(self) -> None:
        if self._busy or not self.pin.text():
            return
        desk = self._desk
        self._hurried = desk is None or not self._officers
        if desk is None or self._hurried:
            self.told.setText("Đang mở sổ…")
            return
        self._busy = True
        officer, pin = self._officers[max(0, self._tiles.checkedId())], self.pin.text()
        desk.read(lambda: desk.counter.officers.sign_in(officer.id, pin), self._on_answer)

    def _on_answer(self, answer: Officer | Rejected) -> None:
        from counter_app.services.results import Rejected

        self._busy = False
        self.pin.clear()
        if isinstance(answer, Rejected):
            self.told.setText(answer.message)
            return
        self.told.setText("")
        self.signed_in.emit(answer)


def _counter(desk: Desk) -> str:
    """Which counter, and when it was last backed up."""
    from counter_app.services.backup_plan import short_words  # the first screen is light

    _, backup = short_words(desk.counter.backup_plan, desk.now())
    return f"Quầy {desk.counter.identity.counter_no} · {backup[:1].lower()}{backup[1:]}"


def hours_today(desk: Desk) -> str:
    """The office hours of today, and until when a thing of the same day is taken in."""
    calendar = desk.counter.catalogue.calendar(desk.counter.office)
    info = calendar.day(desk.now().date())
    if not info.sessions:
        return f"Hôm nay nghỉ ({info.name})."
    shifts = ", ".join(f"{s.start:%H:%M}-{s.end:%H:%M}" for s in info.sessions)
    return (
        f"Giờ làm việc hôm nay: {shifts}.\n"
        f"Thủ tục trả trong ngày: nhận từ {desk.counter.office.same_day_cutoff:%H:%M} "
        "thì trả ngày làm việc sau."
    )
