"""Where the scanner and the camera put their files."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from counter_app.domain.officer import Right
from ui.desk import Desk
from ui.fields import Field, Tick
from ui.settings.section import Section
from ui.widgets import Banner, Button, column, label, row


@dataclass(frozen=True, slots=True)
class _Kept:
    scanner: str
    camera: str
    command: str
    removes: bool


class ScanningSection(Section):
    """F12 keeps them."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self.scanner = Field("Thư mục máy quét ghi tệp vào", limit=400)
        self.camera = Field("Thư mục ảnh của máy ảnh (để trống: của hệ điều hành)", limit=400)
        self.command = Field("Lệnh mở máy ảnh (để trống: của hệ điều hành)", limit=400)
        self.removes = Tick("Xóa tệp khỏi thư mục sau khi đã lưu vào hồ sơ")
        choose = Button("Chọn…", "Alt+M")
        choose.clicked.connect(self._choose)
        where = row(self.scanner, choose)
        where.setStretch(0, 1)
        where.setAlignment(choose, Qt.AlignmentFlag.AlignBottom)
        lines = (
            "Máy quét hay máy sao chụp ghi tệp ảnh, PDF vào thư mục nào thì chọn thư mục ấy. Ở hồ sơ (F3): Alt+M "
            "lấy tệp mới quét, Alt+A chụp.",
            "Ảnh giấy tờ nằm ngoài sổ không được mã hóa: nên cho xóa sau khi lưu.",
        )
        self.setLayout(
            column(
                label(lines[0], wrap=True),
                where,
                self.camera,
                self.command,
                self.removes,
                label(lines[1], "caption", wrap=True),
                1,
            )
        )

    def enter(self) -> None:
        """As they are kept."""
        plan = self.desk.counter.scan_plan

        def work() -> _Kept:
            return _Kept(plan.scanner_folder, plan.camera_folder, plan.camera_command, plan.removes)

        self.desk.read(work, self._on_read)
        self.scanner.edit.setFocus()

    def key(self, name: str) -> bool:
        """Choose the folder of the scanner."""
        if name == "Alt+M":
            self._choose()
            return True
        return False

    def finish(self) -> None:
        """Keep what stands here."""
        if not self.desk.who.may(Right.SETTINGS):
            self.banner.tell("Bạn không có quyền đổi thiết lập. Hãy đổi người.", "Red")
            return
        plan = self.desk.counter.scan_plan
        scanner, camera, command = self.scanner.text, self.camera.text, self.command.text
        removes = self.removes.isChecked()

        def work() -> bool:
            plan.keep(scanner, camera, command, removes=removes)
            return all(Path(folder).is_dir() for folder in (scanner, camera) if folder)

        self.desk.lanes.records.submit(work, self._on_kept, self.tell_fault)

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Thư mục máy quét", self.scanner.text)
        if chosen:
            self.scanner.text = str(Path(chosen))

    def _on_read(self, kept: _Kept) -> None:
        self.scanner.text, self.camera.text = kept.scanner, kept.camera
        self.command.text = kept.command
        self.removes.setChecked(kept.removes)

    def _on_kept(self, there: bool) -> None:
        if there:
            self.banner.tell("Đã lưu.", "Green")
        else:
            self.banner.tell("Đã lưu. Bây giờ chưa thấy thư mục ấy: xem ổ hay máy đã nối chưa.")
