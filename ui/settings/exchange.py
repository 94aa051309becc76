"""Where and how often this counter meets the others of its commune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from counter_app.domain.officer import Right
from counter_app.errors import Refused
from counter_app.services.exchange_plan import ExchangePlan
from counter_app.services.results import Changes
from ui.desk import Desk
from ui.fields import Field
from ui.settings.section import Section
from ui.widgets import Banner, column, label

if TYPE_CHECKING:
    from counter_app.ports.exchange import Exchanged


class ExchangeSection(Section):
    """F12 keeps both and meets the others at once."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self.folder = Field("Thư mục chung của các quầy, hoặc USB chuyền tay", limit=400)
        self.minutes = Field("Mấy phút một lần (0 là tắt)", width=300, limit=4)
        lines = (
            "Các quầy của xã cho nhau biết hồ sơ, không cần mạng ra ngoài: nhận ở quầy này, trả ở quầy "
            "kia. Mỗi gói chỉ quầy nhận mở được.",
            "Mỗi quầy phải ghi danh và đã nhận danh sách quầy từ cấp trên một lần. Chỉ tự trao đổi khi cửa sổ "
            "này đang mở; hay đóng thì đặt lịch của hệ điều hành theo Sổ tay vận hành.",
        )
        self.setLayout(
            column(
                label(lines[0], wrap=True),
                self.folder,
                self.minutes,
                label(lines[1], "caption", wrap=True),
                1,
            )
        )

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "Lưu, trao đổi ngay"

    def enter(self) -> None:
        """As it is set."""
        plan = ExchangePlan(self.desk.counter.settings)
        self.folder.text, self.minutes.text = plan.folder, str(plan.minutes)
        self.folder.edit.setFocus()

    def finish(self) -> None:
        """Keep, then a round."""
        if not self.desk.who.may(Right.SETTINGS):
            self.banner.tell("Bạn không có quyền đổi thiết lập. Hãy đổi người.", "Red")
            return
        counter, folder, typed = self.desk.counter, self.folder.text, self.minutes.text
        minutes = int(typed) if typed.isascii() and typed.isdigit() else -1 if typed else 0

        def work() -> Exchanged | None:
            ExchangePlan(counter.settings).keep(folder, minutes)
            return counter.exchange.round(Path(folder)) if minutes else None

        self.desk.lanes.sync.submit(work, self._on_done, self._on_fault)

    def _on_done(self, done: Exchanged | None) -> None:
        if done is None:
            self.banner.tell("Đã tắt trao đổi giữa các quầy.", "Green")
        elif done.faults:
            self.banner.tell(f"Đã lưu. {done.faults[0]}", "Red")
        else:
            self.banner.tell(
                f"Đã lưu và trao đổi: nhận {done.received} việc mới từ {done.read} quầy.", "Green"
            )
        if done is not None and done.subjects:
            self.desk.announce(Changes(dossiers=frozenset(done.subjects)))

    def _on_fault(self, fault: Exception) -> None:
        if not isinstance(fault, Refused) and not hasattr(fault, "message"):
            self.desk.report(fault)
        self.tell_fault(fault)
