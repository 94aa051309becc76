"""Binding this machine to the upper server."""

from counter_app.domain.officer import Right
from ui.desk import Desk
from ui.settings.section import Section
from ui.widgets import Banner, Field, column, label


class ServerSection(Section):
    """Address, code, and the mark to compare with what stands on paper."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self.url = Field("Địa chỉ máy chủ", required=True, hint="https://motcua.tinh.vn:8443")
        self.code = Field("Mã ghi danh (10 chữ, dùng một lần)", required=True, width=300, limit=20)
        self.mark = Field("Dấu của máy chủ: so với giấy của cấp trên, 4 nhóm", limit=24)
        text = "Chưa ghi danh vẫn nhận hồ sơ bình thường. Ghi danh rồi thì tự gửi theo lịch."
        self.setLayout(column(label(text, wrap=True), self.url, self.code, self.mark, 1))

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "Ghi danh"

    def enter(self) -> None:
        """At the address."""
        self.url.edit.setFocus()

    def finish(self) -> None:
        """Ask the server."""
        if not self.desk.who.may(Right.SETTINGS):
            self.banner.tell("Bạn không có quyền ghi danh máy. Hãy đổi người.", "Red")
            return
        counter = self.desk.counter
        url, code, mark = self.url.text, self.code.text, self.mark.text or None
        self.banner.tell("Đang nối máy chủ…", "")
        self.desk.lanes.sync.submit(
            lambda: counter.enrol(url, code, mark), self._on_enrolled, self.tell_fault
        )

    def _on_enrolled(self, device_id: str) -> None:
        self.code.text = ""
        self.banner.tell("Đã ghi danh. Hồ sơ sẽ tự gửi theo lịch.", "Green")
        self.desk.sync_requested.emit()
