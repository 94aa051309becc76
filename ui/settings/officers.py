"""Who works here."""

from counter_app.domain.events import Actor
from counter_app.domain.officer import ROLE_NAMES, Officer, Right, Role
from counter_app.services.results import Rejected
from ui.desk import Desk
from ui.fields import Drop, Field
from ui.settings.section import Section
from ui.widgets import Banner, clear, column, label, row


class OfficersSection(Section):
    """The list, and a form for one more."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._list = column(space=6)
        self.name = Field("Họ tên cán bộ mới", required=True, limit=120)
        self.role = Drop("Vai trò", [(role.value, name) for role, name in ROLE_NAMES.items()], 240)
        self.role.value = Role.INTAKE
        self.pin = Field("Mã PIN đầu tiên (6 chữ số trở lên)", required=True, width=260, limit=12)
        self.pin.edit.setEchoMode(self.pin.edit.EchoMode.Password)
        self.setLayout(
            column(
                self._list,
                label("Thêm cán bộ", "sectionTitle"),
                self.name,
                row(self.role, self.pin, 1),
                1,
            )
        )

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "Thêm cán bộ"

    def enter(self) -> None:
        """Read the list again."""
        self._refresh()
        self.name.edit.setFocus()

    def finish(self) -> None:
        """Add what was typed."""
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
        self._refresh()

    def _refresh(self) -> None:
        self.desk.read(self.desk.counter.officers.all, self._on_officers)

    def _on_officers(self, officers: tuple[Officer, ...]) -> None:
        clear(self._list)
        for officer in officers:
            roles = ", ".join(ROLE_NAMES[role] for role in sorted(officer.roles))
            state = "" if officer.active else " (nghỉ)"
            self._list.addWidget(label(f"{officer.name}{state}: {roles}"))
