"""The whole book into one file, on a stick or another disk."""

from pathlib import Path

from counter_app.domain.officer import Right
from counter_app.errors import EnvironmentFault
from ui.desk import Desk
from ui.open_file import documents
from ui.settings.section import Section
from ui.widgets import Banner, Field, column, label

_FOLDER = "sao-luu"


class BackupSection(Section):
    """F12 backs up now; work goes on meanwhile."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._busy = False
        self.file = Field("Tệp sao lưu: nên ở USB hoặc ổ khác", required=True, limit=400)
        self._last = label("", "caption", wrap=True)
        lines = (
            "Sao lưu mỗi ngày. Tệp chứa cả sổ, vẫn mã hóa: mở bằng câu mở sổ hoặc mã khôi phục "
            "trong két. Vẫn làm việc bình thường trong lúc sao lưu.",
            "Khôi phục vào thư mục mới, trên máy này hay máy khác: làm theo Sổ tay vận hành, mục "
            "Sao lưu và khôi phục.",
        )
        self.setLayout(
            column(label(lines[0], wrap=True), self.file, self._last, label(lines[1], wrap=True), 1)
        )

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "Sao lưu ngay"

    def enter(self) -> None:
        """A file of today, beside the one before."""
        number, day = self.desk.counter.identity.counter_no, f"{self.desk.now():%Y-%m-%d}"
        name = f"so-quay-{number}-{day}.mcb"
        folder = Path(self.file.text).parent if self.file.text else documents() / _FOLDER
        self.file.text = str(folder / name)
        self.file.edit.setFocus()

    def finish(self) -> None:
        """Write it, beside whatever the counter does."""
        if not self.desk.who.may(Right.SETTINGS):
            self.banner.tell("Bạn không có quyền sao lưu. Hãy đổi người.", "Red")
            return
        if self._busy or not self.file.text:
            return
        self._busy = True
        counter, target = self.desk.counter, Path(self.file.text)
        self.banner.tell("Đang sao lưu và đọc lại…", "")

        def work() -> tuple[str, int]:
            if target.parent.name == _FOLDER:
                try:
                    target.parent.mkdir(exist_ok=True)
                except OSError:
                    raise EnvironmentFault(
                        "backup_failed", f"Không tạo được thư mục {target.parent}. Chọn nơi khác."
                    ) from None
            counter.back_up(target)
            return target.name, target.stat().st_size

        self.desk.lanes.paper.submit(work, self._on_done, self._on_fault)

    def _on_done(self, made: tuple[str, int]) -> None:
        self._busy = False
        name, size = made
        self.banner.tell("Đã sao lưu, đọc lại khớp.", "Green")
        megabytes = f"{size / 1_000_000:.1f}".replace(".", ",")
        self._last.setText(f"{self.desk.now():%H:%M}: {name}, {megabytes} MB")

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        self.tell_fault(fault)
