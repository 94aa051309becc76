"""The whole book into one file, on a stick or another disk: now by a key, or by itself."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from counter_app import data_folder
from counter_app.domain.officer import Right
from counter_app.errors import EnvironmentFault
from counter_app.services.backup_plan import USUAL_HOURS, long_words
from counter_app.services.results import Changes
from counter_app.services.soundness import words
from ui.desk import Desk
from ui.fields import Field
from ui.open_file import documents
from ui.settings.section import Section
from ui.widgets import Banner, Button, column, label, row

_FOLDER = "sao-luu"
_GOOD = ("Đã lưu lịch và", "Đã lưu lịch sao lưu", "Đã tắt")
_BESIDE = " Thư mục này cùng ổ với sổ: hỏng ổ là mất cả hai, nên chọn ổ khác."


@dataclass(frozen=True, slots=True)
class _Known:
    """The plan as it is kept, and what is told of it."""

    folder: str
    hours: int
    kept: int
    words: str
    sound: str


class BackupSection(Section):
    """F12 backs up now, Alt+L keeps the plan; work goes on meanwhile."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._busy = False
        self.file = Field("Tệp sao lưu: nên ở USB hoặc ổ khác", required=True, limit=400)
        self._last = label("", "caption", wrap=True)
        self._sound = label("", "caption", wrap=True)
        self.folder = Field("Thư mục trên ổ khác hay USB", limit=400)
        self.hours = Field("Mấy giờ một lần (0 là tắt)", width=220, limit=3)
        self.kept = Field("Giữ mấy bản mới nhất", width=190, limit=3)
        choose = Button("Chọn…", "Alt+M")
        choose.clicked.connect(self._choose)
        keep = Button("Lưu lịch", "Alt+L")
        keep.clicked.connect(self._keep)
        where = row(self.folder, choose)
        where.setStretch(0, 1)
        when = row(self.hours, self.kept, keep, 1)
        for line, button in ((where, choose), (when, keep)):
            line.setAlignment(button, Qt.AlignmentFlag.AlignBottom)
        lines = (
            "Tệp chứa cả sổ, vẫn mã hóa: mở bằng câu mở sổ hoặc mã khôi phục trong két.",
            "Máy tự sao lưu khi cửa sổ này đang mở và thấy ổ hay USB; chỉ xóa những bản tự làm đã cũ. Cửa sổ "
            "hay đóng thì đặt lịch của hệ điều hành theo Sổ tay vận hành.",
            "Khôi phục vào thư mục mới, trên máy này hay máy khác: làm theo Sổ tay vận hành, mục "
            "Sao lưu và khôi phục.",
        )
        self.setLayout(
            column(
                label(lines[0], wrap=True),
                self.file,
                label("Tự sao lưu", "sectionTitle"),
                label(lines[1], "caption", wrap=True),
                where,
                when,
                self._last,
                label(lines[2], "caption", wrap=True),
                self._sound,
                1,
            )
        )

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return "Sao lưu ngay"

    def enter(self) -> None:
        """A file of today, beside the one before; the plan as it is kept."""
        number, day = self.desk.counter.identity.counter_no, f"{self.desk.now():%Y-%m-%d}"
        name = f"so-quay-{number}-{day}.mcb"
        folder = Path(self.file.text).parent if self.file.text else documents() / _FOLDER
        self.file.text = str(folder / name)
        self.file.edit.setFocus()
        self._read(self._on_read)

    def key(self, name: str) -> bool:
        """Choose the folder, keep the plan."""
        match name:
            case "Alt+M":
                self._choose()
            case "Alt+L":
                self._keep()
            case _:
                return False
        return True

    def finish(self) -> None:
        """Write it, beside whatever the counter does."""
        if not self._may("sao lưu") or self._busy or not self.file.text:
            return
        self._busy = True
        counter, target = self.desk.counter, Path(self.file.text)
        self.banner.tell("Đang sao lưu và đọc lại…", "")

        def work() -> None:
            if target.parent.name == _FOLDER:
                try:
                    target.parent.mkdir(exist_ok=True)
                except OSError:
                    raise EnvironmentFault(
                        "backup_failed", f"Không tạo được thư mục {target.parent}. Chọn nơi khác."
                    ) from None
            counter.backups.make(target)

        self.desk.lanes.backup.submit(work, self._on_done, self._on_fault)

    # ---- the plan ------------------------------------------------------------------------------

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Thư mục tự sao lưu", self.folder.text)
        if chosen:
            self.folder.text = str(Path(chosen))
            if self.hours.text in ("", "0"):
                self.hours.text = str(USUAL_HOURS)

    def _keep(self) -> None:
        if not self._may("đổi lịch sao lưu"):
            return
        counter, folder = self.desk.counter, self.folder.text
        hours, kept = _number(self.hours.text), _number(self.kept.text)

        def work() -> str:
            counter.backup_plan.keep(folder, hours, kept)
            if not hours:
                return "Đã tắt tự sao lưu."
            try:
                made = counter.backups.make_if_due()
            except EnvironmentFault as fault:
                counter.backup_plan.note_trouble(fault.message)
                return f"Đã lưu lịch. {fault.message}"
            said = "Đã lưu lịch và sao lưu, đọc lại khớp." if made else "Đã lưu lịch sao lưu."
            beside = data_folder.is_beside(Path(folder), counter.folder)
            return said + (_BESIDE if beside else "")

        if hours > 0:
            self.banner.tell("Đang sao lưu và đọc lại…", "")
        self.desk.lanes.backup.submit(work, self._on_kept, self._on_fault)

    def _on_kept(self, said: str) -> None:
        self.banner.tell(said, "Green" if said.startswith(_GOOD) and _BESIDE not in said else "")
        self._tell_others()

    # ---- what is told --------------------------------------------------------------------------

    def _on_done(self, _: object) -> None:
        self._busy = False
        self.banner.tell("Đã sao lưu, đọc lại khớp.", "Green")
        self._tell_others()

    def _on_fault(self, fault: Exception) -> None:
        self._busy = False
        self.tell_fault(fault)
        if not hasattr(fault, "message"):
            self.desk.report(fault)
        self._tell_others()

    def _tell_others(self) -> None:
        self.desk.announce(Changes(topics=frozenset({"backup"})))
        self._read(self._on_words)

    def _read(self, on_read: object) -> None:
        plan, soundness = self.desk.counter.backup_plan, self.desk.counter.soundness

        def work() -> _Known:
            said = long_words(plan), words(soundness)
            return _Known(plan.folder, plan.hours, plan.kept, *said)

        self.desk.read(work, on_read)  # type: ignore[arg-type]

    def _on_read(self, known: _Known) -> None:
        self.folder.text, self.hours.text = known.folder, str(known.hours)
        self.kept.text = str(known.kept)
        self._on_words(known)

    def _on_words(self, known: _Known) -> None:
        self._last.setText(known.words)
        self._sound.setText(known.sound)

    def _may(self, what: str) -> bool:
        if self.desk.who.may(Right.SETTINGS):
            return True
        self.banner.tell(f"Bạn không có quyền {what}. Hãy đổi người.", "Red")
        return False


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1
