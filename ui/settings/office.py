"""The office that this counter belongs to, as its file says."""

from ui.desk import Desk
from ui.settings.section import Section
from ui.widgets import Banner, column, fix, label, row


class OfficeSection(Section):
    """Read only."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        office, identity = desk.counter.office, desk.counter.identity
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
            ("Thư mục sổ", str(desk.counter.folder)),
        ):
            caption = label(name, "label")
            fix(caption, width=120)
            line = row(caption, label(value or "chưa có", wrap=True))
            line.setStretch(1, 1)
            lines.addLayout(line)
        for hours in office.hours:
            shifts = ", ".join(f"{a:%H:%M}-{b:%H:%M}" for a, b in hours.shifts)
            first, last = hours.from_md, hours.to_md
            season = f"{first[1]:02d}/{first[0]:02d} đến {last[1]:02d}/{last[0]:02d}"
            lines.addWidget(label(f"Giờ làm việc {season}: {shifts}"))
        lines.addStretch(1)
        self.setLayout(lines)

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return ""
