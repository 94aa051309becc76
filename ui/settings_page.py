"""F11: office, server, printer, officers, letters."""

from PySide6.QtWidgets import QButtonGroup, QLayout, QStackedWidget, QWidget

from counter_app.domain.events import Actor
from counter_app.domain.officer import ROLE_NAMES, Officer, Right, Role
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.results import Rejected
from ui.desk import Desk
from ui.page import Page
from ui.printers_panel import PrintersPanel
from ui.widgets import (
    Banner,
    Button,
    Card,
    Drop,
    Field,
    NavButton,
    clear,
    column,
    label,
    row,
)

_TABS = ("Cơ quan", "Máy chủ", "Máy in", "Cán bộ", "Màn hình")
_PRINTERS = _TABS.index("Máy in")


class SettingsPage(Page):
    """One list of what can be set, one form beside it."""

    title = "Thiết lập"
    hints = (("Alt+1-5", "mục"),)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.banner = Banner()
        self._tabs = QButtonGroup(self)
        tabs = column(space=0)
        for number, text in enumerate(_TABS):
            button = NavButton(text, f"Alt+{number + 1}")
            self._tabs.addButton(button, number)
            tabs.addWidget(button)
        tabs.addStretch(1)
        self._tabs.idClicked.connect(self._choose)
        left = Card(tabs, margins=1)
        left.setFixedWidth(224)
        self.printers = PrintersPanel(desk, self.banner)
        self.printers.moved.connect(self._name_primary)
        self._save = Button("Lưu", "F12", "primary")
        self._stack = QStackedWidget()
        for page in (
            self._office(),
            self._server(),
            self.printers,
            self._officers(),
            self._screen(),
        ):
            self._stack.addWidget(page)
        whole = row(left, Card(self.banner, self._stack), space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self._choose(0)

    def buttons(self) -> list[Button]:
        """Save what stands on this page."""
        self._save = Button("Lưu", "F12", "primary")
        self._save.clicked.connect(self.finish)
        self._name_primary()
        return [self._save]

    def enter(self) -> None:
        """Read again."""
        self._refresh_officers()
        self.printers.enter()

    def key(self, name: str) -> bool:
        """Alt and a number choose."""
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= len(_TABS):
            self._choose(int(name[4:]) - 1)
            return True
        return self._stack.currentIndex() == _PRINTERS and self.printers.key(name)

    def finish(self) -> None:
        """Save the page that is shown."""
        match self._stack.currentIndex():
            case 1:
                self._enrol()
            case 2:
                self.printers.finish()
            case 3:
                self._add_officer()
            case _:
                self.banner.tell("Không có gì để lưu ở mục này.")

    def _choose(self, number: int) -> None:
        self.banner.tell("")
        self._stack.setCurrentIndex(number)
        self._tabs.button(number).setChecked(True)
        self._name_primary()

    def _name_primary(self) -> None:
        """F12 says what it does."""
        shown = self._stack.currentIndex() == _PRINTERS
        text = self.printers.primary if shown else "Lưu"
        self._save.setText(text)
        self._save.setAccessibleName(f"{text} (F12)")

    # ---- pages ---------------------------------------------------------------------------------

    def _office(self) -> QWidget:
        office, identity = self.desk.counter.office, self.desk.counter.identity
        lines = column(label(office.name, "cardTitle", wrap=True), space=8)
        for name, value in (
            ("Mã đơn vị", office.org_code),
            ("Quầy", str(identity.counter_no)),
            ("Địa chỉ", office.address),
            ("Điện thoại", office.phone),
            ("Phản ánh", office.complaint_phone),
            ("Bộ mẫu", office.form_set),
            ("Máy chủ", office.upper_name),
            ("Mã máy", identity.device_id),
            ("Thư mục sổ", str(self.desk.counter.folder)),
        ):
            caption = label(name, "label")
            caption.setFixedWidth(120)
            line = row(caption, label(value or "chưa có", wrap=True))
            line.setStretch(1, 1)
            lines.addLayout(line)
        for hours in office.hours:
            shifts = ", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in hours.shifts)
            season = f"{hours.from_md[1]:02d}/{hours.from_md[0]:02d} đến {hours.to_md[1]:02d}/{hours.to_md[0]:02d}"
            lines.addWidget(label(f"Giờ làm việc {season}: {shifts}"))
        lines.addStretch(1)
        return _page(lines)

    def _server(self) -> QWidget:
        self.url = Field("Địa chỉ máy chủ", required=True, hint="https://motcua.tinh.vn:8443")
        self.code = Field("Mã ghi danh (10 chữ, dùng một lần)", required=True, width=300, limit=20)
        self.print_ = Field("Dấu của máy chủ: so với giấy của cấp trên, 4 nhóm", limit=24)
        text = "Chưa ghi danh vẫn nhận hồ sơ bình thường. Ghi danh rồi thì tự gửi theo lịch."
        return _page(column(label(text, wrap=True), self.url, self.code, self.print_, 1))

    def _officers(self) -> QWidget:
        self._list = column(space=6)
        self.name = Field("Họ tên cán bộ mới", required=True, limit=120)
        self.role = Drop("Vai trò", [(role.value, name) for role, name in ROLE_NAMES.items()], 240)
        self.role.value = Role.INTAKE
        self.pin = Field("Mã PIN đầu tiên (6 chữ số trở lên)", required=True, width=260, limit=12)
        self.pin.edit.setEchoMode(self.pin.edit.EchoMode.Password)
        return _page(
            column(
                self._list,
                label("Thêm cán bộ", "sectionTitle"),
                self.name,
                row(self.role, self.pin, 1),
                1,
            )
        )

    def _screen(self) -> QWidget:
        lines = column(label("Chữ và màu", "cardTitle"), space=8)
        for text in (
            "Ctrl và + : chữ to hơn",
            "Ctrl và - : chữ nhỏ hơn",
            "Ctrl và 0 : cỡ chữ gốc",
            "Ctrl và K : tương phản cao",
        ):
            lines.addWidget(label(text))
        lines.addStretch(1)
        return _page(lines)

    # ---- acts ----------------------------------------------------------------------------------

    def _enrol(self) -> None:
        if not self.desk.who.may(Right.SETTINGS):
            self.banner.tell("Bạn không có quyền ghi danh máy. Hãy đổi người.", "Red")
            return
        counter = self.desk.counter
        url, code, mark = self.url.text, self.code.text, self.print_.text or None
        self.banner.tell("Đang nối máy chủ…")
        self.desk.lanes.sync.submit(
            lambda: counter.enrol(url, code, mark), self._on_enrolled, self._on_fault
        )

    def _on_enrolled(self, device_id: str) -> None:
        self.code.text = ""
        self.banner.tell("Đã ghi danh. Hồ sơ sẽ tự gửi theo lịch.", "Green")
        self.desk.sync_requested.emit()

    def _add_officer(self) -> None:
        who, counter = self.desk.who, self.desk.counter
        if not who.may(Right.OFFICERS):
            self.banner.tell("Bạn không có quyền thêm cán bộ. Hãy đổi người.", "Red")
            return
        name, pin, role = self.name.text, self.pin.text, Role(self.role.value)
        by = Actor(who.id, who.name)
        self.desk.lanes.records.submit(
            lambda: counter.officers.add(name, (role,), "", pin, by), self._on_added
        )

    def _on_added(self, added: Officer | Rejected) -> None:
        if isinstance(added, Rejected):
            self.banner.tell(added.message, "Red")
            return
        self.name.text = self.pin.text = ""
        self.banner.tell(f"Đã thêm {added.name}.", "Green")
        self._refresh_officers()

    def _refresh_officers(self) -> None:
        self.desk.read(self.desk.counter.officers.all, self._on_officers)

    def _on_officers(self, officers: tuple[Officer, ...]) -> None:
        clear(self._list)
        for officer in officers:
            roles = ", ".join(ROLE_NAMES[role] for role in sorted(officer.roles))
            state = "" if officer.active else " (nghỉ)"
            self._list.addWidget(label(f"{officer.name}{state}: {roles}"))

    def _on_fault(self, fault: Exception) -> None:
        if isinstance(fault, EnvironmentFault | Refused):
            self.banner.tell(fault.message, "Red")
        else:
            self.banner.tell("Chưa làm được. Hãy thử lại.", "Red")


def _page(content: QLayout) -> QWidget:
    made = QWidget()
    made.setLayout(content)
    return made
