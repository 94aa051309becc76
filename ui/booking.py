"""Booked hours: a day, its slots with the places left, who comes, and a form for one more."""

from datetime import date, datetime

from PySide6.QtWidgets import QVBoxLayout, QWidget

from counter_app.domain.appointments import Appointment, Slot
from counter_app.domain.calendar import ONE_DAY, weekday_name
from counter_app.domain.procedure import Procedure
from counter_app.domain.typed_moment import typed_moment
from counter_app.services.appointments import Booked
from counter_app.services.results import Rejected
from ui.desk import Desk
from ui.fields import Field
from ui.intake.procedure_box import ProcedureBox
from ui.table import Column, Line, Table
from ui.widgets import Banner, Button, Card, column, fix, label, row

_LEFT, _LEFT_NARROW = 500, 490
_SLOTS = (Column("Giờ", 130), Column("Còn chỗ"))
_BOOKED = (
    Column("Giờ", 60),
    Column("Người hẹn"),
    Column("Điện thoại", 104, may_go=True),
    Column("Việc", 170, may_go=True),
    Column("Số hẹn", 112),
)

Read = tuple[date, int, tuple[tuple[Slot, int], ...], tuple[Appointment, ...]]


class BookingPanel(QWidget):
    """F12 books the chosen slot and prints its slip."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._day: date | None = None
        self._appointments: tuple[Appointment, ...] = ()
        self.banner = Banner()
        self.day = Field("Ngày hẹn", width=116, limit=10)
        self.day.edit.returnPressed.connect(self._on_day)
        self.day.left.connect(self._on_day)
        before, after = Button("Trước", "Alt+T"), Button("Sau", "Alt+S")
        before.clicked.connect(self._day_before)
        after.clicked.connect(self._day_after)
        self.capacity = Field("Mỗi giờ nhận", width=104, limit=2)
        self.capacity.left.connect(self._on_capacity)
        line = row(self.day, _below(before), _below(after), 1, self.capacity)
        self._no_slot = label("", "caption", wrap=True)
        self.slots = Table(desk.theme, _SLOTS, "Giờ còn chỗ")
        self.slots.chosen.connect(self._to_name)
        self.name = Field("Họ và tên", limit=120)
        self.phone = Field("Điện thoại", width=140, limit=40)
        self.procedures = ProcedureBox("Thủ tục, nếu đã biết", required=False)
        self.procedures.chosen.connect(self._on_procedure)
        who = row(self.name, self.phone)
        who.setStretch(0, 1)
        lines = column(line, self._no_slot, self.slots, who, self.procedures)
        lines.setStretch(2, 1)
        self._left = Card(lines)
        fix(self._left, width=_LEFT)
        self._title = label("", "cardTitle")
        self._empty = label("", "caption")
        head = row(self._title, self._empty, 1)
        head.setContentsMargins(14, 10, 14, 8)
        self.table = Table(desk.theme, _BOOKED, "Người hẹn trong ngày")
        self.table.chosen.connect(self._receive)
        drop, again = Button("Bỏ hẹn", "Alt+H", "danger"), Button("In lại phiếu hẹn", "Ctrl+P")
        drop.clicked.connect(self._cancel)
        again.clicked.connect(self._print_again)
        self._hint = label("Enter: nhận hồ sơ của người này", "caption")
        foot = row(self._hint, 1, drop, again)
        foot.setContentsMargins(14, 8, 14, 8)
        right = Card(head, self.table, foot, margins=1, space=0)
        both = row(self._left, right, space=12)
        both.setStretch(1, 1)
        whole = column(self.banner, both)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        for field in (self.name, self.phone):
            field.edit.returnPressed.connect(self._on_enter)
        desk.procedures_read.connect(self.procedures.set_index)
        desk.read_procedures()

    def set_narrow(self, narrow: bool) -> None:
        """Less for the left side."""
        fix(self._left, width=_LEFT_NARROW if narrow else _LEFT)
        self._hint.setVisible(not narrow)

    def enter(self) -> None:
        """Today, or the day that was looked at; the keyboard chooses an hour."""
        if self._day is None:
            self._show_day(self._desk.now().date())
        else:
            self._refresh()
        self.slots.setFocus()

    def key(self, name: str) -> bool:
        """Days, cancelling, the slip once more."""
        match name:
            case "Esc" if self.procedures.hints.close_list():
                pass
            case "Alt+T":
                self._day_before()
            case "Alt+S":
                self._day_after()
            case "Alt+H":
                self._cancel()
            case "Ctrl+P":
                self._print_again()
            case _:
                return False
        return True

    def finish(self) -> None:
        """Book the chosen hour."""
        self.procedures.hints.take()
        if not self.slots.current_id:
            self.banner.tell("Ngày này không còn giờ nào. Chọn ngày khác.", "Red")
            self.day.edit.setFocus()
            return
        at = datetime.fromisoformat(self.slots.current_id)
        name, phone = self.name.text, self.phone.text
        chosen = self.procedures.procedure
        code = chosen.code if chosen is not None and self.procedures.edit.text() else ""
        booked, who = self._desk.counter.appointments, self._desk.who
        self._desk.lanes.records.submit(
            lambda: booked.book(at, name, phone, code, who), self._on_booked, self._on_fault
        )

    # ---- days ----------------------------------------------------------------------------------

    def _on_day(self) -> None:
        at = typed_moment(self.day.text, "00:00", self._desk.now())
        if at is None:
            self.day.mark("error", "Gõ ngày như 23/11.")
        elif at.date() != self._day:
            self._show_day(at.date())
            self.slots.setFocus()

    def _day_before(self) -> None:
        assert self._day is not None
        self._show_day(self._day - ONE_DAY)

    def _day_after(self) -> None:
        assert self._day is not None
        self._show_day(self._day + ONE_DAY)

    def _show_day(self, day: date) -> None:
        self._day = day
        self.day.text = f"{day:%d/%m/%Y}"
        self.banner.tell("")
        self._refresh()

    def _refresh(self) -> None:
        booked, day = self._desk.counter.appointments, self._day
        assert day is not None
        self._desk.read(
            lambda: (day, booked.capacity(), booked.free_slots(day), booked.of(day)), self._on_read
        )

    def _on_read(self, read: Read) -> None:
        day, capacity, slots, appointments = read
        if day != self._day:
            return
        if not self.capacity.edit.hasFocus():
            self.capacity.text = str(capacity)
        words = f"{weekday_name(day)} {day:%d/%m/%Y}"
        self._no_slot.setText("" if slots else f"{words}: không còn giờ làm việc nào.")
        self._no_slot.setVisible(not slots)
        self.slots.show_lines(
            [
                Line(
                    slot.starts_at.isoformat(),
                    (
                        f"{slot.starts_at:%H:%M} - {slot.ends_at:%H:%M}",
                        f"còn {left} chỗ" if left else ("red", "đã đủ người"),
                    ),
                )
                for slot, left in slots
            ]
        )
        self._appointments = appointments
        coming = [one for one in appointments if not one.cancelled]
        self._title.setText(f"{words}: {len(coming)} người hẹn")
        self._empty.setText("" if appointments else "Chưa ai hẹn ngày này.")
        self.table.show_lines([_line(one) for one in appointments])

    def _on_capacity(self) -> None:
        typed = self.capacity.text
        booked = self._desk.counter.appointments

        def work() -> bool:
            people = int(typed) if typed.isdigit() else 0
            changed = people != booked.capacity()
            if changed:
                booked.set_capacity(people)
            return changed

        self._desk.lanes.records.submit(work, self._on_capacity_kept, self._on_fault)

    def _on_capacity_kept(self, changed: bool) -> None:
        if changed:
            self._desk.told.emit(f"Mỗi giờ nhận {self.capacity.text} người.")
            self._refresh()

    # ---- people --------------------------------------------------------------------------------

    def _to_name(self, _: str) -> None:
        self.name.edit.setFocus()

    def _on_enter(self) -> None:
        (self.phone if self.name.edit.hasFocus() else self.procedures).edit.setFocus()

    def _on_procedure(self, _: Procedure) -> None:
        self.procedures.edit.setFocus()

    def _on_booked(self, made: Booked | Rejected) -> None:
        if isinstance(made, Rejected):
            self.banner.tell(made.message, "Red")
            return
        self.banner.tell("")
        for field in (self.name, self.phone):
            field.text = ""
        self.procedures.show_procedure(None)
        at = made.appointment.slot.starts_at
        self._desk.told.emit(f"Đã hẹn {made.appointment.number}, {at:%H:%M %d/%m/%Y}.")
        if self._desk.ways_for("appointment"):
            self._desk.print_again_requested.emit(made.print_job_id)
        self._refresh()
        self.slots.setFocus()

    def _chosen(self) -> Appointment | None:
        number = self.table.current_id
        return next((one for one in self._appointments if one.number == number), None)

    def _cancel(self) -> None:
        one, who = self._chosen(), self._desk.who
        if one is None or one.cancelled:
            self.banner.tell("Chọn một lịch hẹn ở bên phải rồi bỏ.")
            return
        booked = self._desk.counter.appointments
        self._desk.lanes.records.submit(
            lambda: booked.cancel(one.number, who), self._on_cancelled, self._on_fault
        )

    def _on_cancelled(self, one: Appointment) -> None:
        self._desk.told.emit(f"Đã bỏ hẹn {one.number}. Giờ ấy lại còn chỗ.")
        self._refresh()

    def _print_again(self) -> None:
        one = self._chosen()
        if one is not None and not one.cancelled:
            self._desk.slip_requested.emit("appointment", one.number)

    def _receive(self, _: str) -> None:
        """The one who booked has come: an intake with what is known."""
        one = self._chosen()
        if one is None or one.cancelled:
            return
        applicant = {"name": one.name.upper()} | ({"phone": one.phone} if one.phone else {})
        fields = {"applicant": applicant, "procedure": one.procedure_code}
        drafts, who = self._desk.counter.drafts, self._desk.who
        draft_id = self._desk.counter.ids.new_id(self._desk.now())

        def work() -> str:
            drafts.save(who.id, draft_id, fields)
            return draft_id

        self._desk.read(work, self._desk.intake_requested.emit)

    def _on_fault(self, fault: Exception) -> None:
        self.banner.tell(str(getattr(fault, "message", "Chưa làm được. Hãy thử lại.")), "Red")


def _below(button: Button) -> QVBoxLayout:
    """On the line of a field beside it, whose caption stands above."""
    return column(label(" ", "label"), button, 1, space=2)


def _line(one: Appointment) -> Line:
    name = ("grey", f"Đã bỏ: {one.name}") if one.cancelled else one.name or "chưa ghi tên"
    at = f"{one.slot.starts_at:%H:%M}"
    return Line(one.number, (at, name, one.phone, one.procedure_name, one.number))
