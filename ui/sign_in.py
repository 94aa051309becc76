"""Who sits here, in three seconds: a tile, a PIN, Enter."""

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QPushButton, QWidget

from counter_app.domain.calendar import weekday_name
from counter_app.domain.officer import ROLE_NAMES, Officer
from counter_app.services.results import Rejected
from ui.assets import pixmap
from ui.desk import Desk
from ui.widgets import Button, column, label, row

SAMPLE_PIN = "246813"


class SignInPage(QWidget):
    """Tiles at the right, the day at the left."""

    signed_in = Signal(object)

    def __init__(self, desk: Desk, *, sample: bool) -> None:
        super().__init__()
        self._desk = desk
        self._officers: list[Officer] = []
        self._busy = False
        self.setObjectName("canvas")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._tiles = QButtonGroup(self)
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        self.pin = QLineEdit()
        self.pin.setEchoMode(QLineEdit.EchoMode.Password)
        self.pin.setMaxLength(12)
        self.pin.setFixedWidth(330)
        self.pin.setPlaceholderText("Mã PIN")
        self.pin.setAccessibleName("Mã PIN")
        self.pin.returnPressed.connect(self._try)
        self.told = label("", "problem", wrap=True)
        self.told.setMinimumHeight(24)
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
        self.setLayout(whole)
        timer = QTimer(self)
        timer.setInterval(1000)
        timer.timeout.connect(self._tick)
        timer.start()
        self._tick()

    def enter(self) -> None:
        """Read who there is."""
        self.pin.clear()
        self.told.setText("")
        self._desk.read(self._desk.counter.officers.all, self._on_officers)

    @property
    def first_officer(self) -> Officer | None:
        """Who stands on the first tile, as soon as they are read."""
        return self._officers[0] if self._officers else None

    def key(self, name: str) -> bool:
        """A bare digit chooses a tile while no PIN is being typed."""
        if name.isdigit() and not self.pin.hasFocus() and 1 <= int(name) <= len(self._officers):
            self._tiles.button(int(name) - 1).setChecked(True)
            self.pin.setFocus()
            return True
        return False

    def _side(self) -> QWidget:
        office = self._desk.counter.office
        side = QWidget()
        side.setObjectName("rail")
        side.setFixedWidth(470)
        mark = label()
        mark.setPixmap(pixmap("mot-cua", "", 64))
        self._clock = label("", "huge")
        self._day = label("", "railName")
        self._hours = label("", "railSmall", wrap=True)
        brand = label("Một Cửa", "huge")
        lines = column(
            1,
            row(mark, brand, 1, space=16),
            label(office.name, "railName", wrap=True),
            label(f"Quầy {self._desk.counter.identity.counter_no}", "railSmall"),
            label(""),
            self._clock,
            self._day,
            self._hours,
            1,
            label(office.address, "railSmall", wrap=True),
            space=12,
        )
        lines.setContentsMargins(48, 48, 48, 48)
        side.setLayout(lines)
        return side

    def _tick(self) -> None:
        now = self._desk.now()
        self._clock.setText(f"{now:%H:%M}")
        self._day.setText(f"{weekday_name(now.date())}, {now:%d/%m/%Y}")
        self._hours.setText(_hours(self._desk, now))

    def _on_officers(self, officers: tuple[Officer, ...]) -> None:
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
        self.pin.setFocus(Qt.FocusReason.OtherFocusReason)

    def _try(self) -> None:
        if self._busy or not self._officers or not self.pin.text():
            return
        self._busy = True
        officer, pin = self._officers[max(0, self._tiles.checkedId())], self.pin.text()
        counter = self._desk.counter
        self._desk.read(lambda: counter.officers.sign_in(officer.id, pin), self._on_answer)

    def _on_answer(self, answer: Officer | Rejected) -> None:
        self._busy = False
        self.pin.clear()
        if isinstance(answer, Rejected):
            self.told.setText(answer.message)
            return
        self.told.setText("")
        self.signed_in.emit(answer)


def _hours(desk: Desk, now: datetime) -> str:
    calendar = desk.counter.catalogue.calendar(desk.counter.office)
    info = calendar.day(now.date())
    if not info.sessions:
        return f"Hôm nay nghỉ ({info.name})."
    shifts = ", ".join(f"{s.start:%H:%M}-{s.end:%H:%M}" for s in info.sessions)
    return (
        f"Giờ làm việc hôm nay: {shifts}.\n"
        f"Thủ tục trả trong ngày: nhận từ {desk.counter.office.same_day_cutoff:%H:%M} "
        "thì trả ngày làm việc sau."
    )
