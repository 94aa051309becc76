"""New files of the scanner or the camera, as they come, and one key that puts them into a dossier."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QMargins,
    QPoint,
    QProcess,
    QRect,
    QSize,
    QStandardPaths,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtGui import QColor, QDesktopServices, QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QWidget

from counter_app.errors import EnvironmentFault, Refused
from ui.desk import Desk
from ui.fields import Combo, Tick
from ui.widgets import Button, chip, column, fix, label, row, set_chip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counter_app.domain.dossier import Dossier
    from counter_app.ports.attachments import FoundFile, ScanFolder
    from counter_app.services.attachments import Attached
    from counter_app.services.scan_plan import ScanPlan

_SIZE = (840, 540)
_SMALL, _LARGE = QSize(64, 80), 240
_LOOKS_EVERY_MS = 1_200
_LONGEST = 40
_WINDOWS_CAMERA = "microsoft.windows.camera:"
_LIST = "Tệp mới nhất trong thư mục"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the files come from."""

    title: str
    folder: Path
    empty: str
    since: float = 0.0
    """What was written later than this, in seconds of the epoch, is marked as new."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look."""

    files: Sequence[FoundFile]
    taken: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Added:
    """One file is in the dossier."""

    attached: Attached
    name: str
    still_there: bool
    """It should be gone from the folder and is not."""


def scanner_source(plan: ScanPlan) -> Source:
    """Files of the scanner. Raises `Refused` where no folder was chosen."""
    if not plan.scanner_folder:
        raise Refused("folder_missing", "Chưa chọn thư mục máy quét. Chọn ở F11, Alt+0.")
    empty = "Chưa có tệp nào. Quét giấy; tệp tự hiện ở đây."
    return Source("Lấy từ máy quét", Path(plan.scanner_folder), empty)


def camera_source(plan: ScanPlan, now: datetime) -> Source:
    """Pictures that the camera program keeps; those to come are new."""
    empty = "Chưa có ảnh nào. Chụp trong chương trình máy ảnh; ảnh tự hiện ở đây."
    folder = Path(plan.camera_folder) if plan.camera_folder else system_camera_folder()
    return Source("Ảnh vừa chụp", folder, empty, now.timestamp() - 1.0)


def system_camera_folder() -> Path:
    """Where the camera program of Windows keeps its pictures, else the pictures of the user."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    pictures = Path(place or ".")
    roll = pictures / "Camera Roll"
    return roll if sys.platform == "win32" or roll.is_dir() else pictures


def start_camera(command: str) -> str:
    """The system's camera program, or the one that was set; a sentence where there is none."""
    if not command and sys.platform == "win32":
        started = QDesktopServices.openUrl(QUrl(_WINDOWS_CAMERA))
    elif not command:
        return "Chưa đặt lệnh mở máy ảnh. Đặt ở F11, Alt+0; ảnh có sẵn vẫn chọn được."
    else:
        # without the rules of a POSIX shell a backslash stays what it is on Windows, quotes too
        program, *words = (
            word.strip('"') for word in shlex.split(command, posix=sys.platform != "win32")
        )
        started, _ = QProcess.startDetached(program, words)
    return "" if started else "Chưa mở được chương trình máy ảnh. Xem lại ở F11, Alt+0."


class ScanPicker(QDialog):
    """Looks again every second or so; Enter or F12 adds the chosen file, Esc closes."""

    def __init__(
        self, parent: QWidget, desk: Desk, dossier: Dossier, component: str, source: Source
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(source.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self._desk = desk
        self._dossier_id, self._code = dossier.id, dossier.code
        self._source = source
        self._folder: ScanFolder = desk.counter.scan_folder(source.folder)
        self._files: dict[str, FoundFile] = {}
        self._taken: Mapping[str, str] = {}
        self._looking = self._adding = False
        self.list = QListWidget()
        self.list.setAccessibleName(_LIST)
        self.list.setIconSize(_SMALL)
        self.list.setUniformItemSizes(True)
        self.list.currentItemChanged.connect(self._on_pointed)
        self.list.itemDoubleClicked.connect(self.add)
        self._sheet = label()
        self._sheet.setAccessibleName("Trang đầu")
        self._sheet.setFixedSize(_LARGE, _LARGE)
        self._sheet.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._state = chip("grey", "")
        self._about = label("", "caption", wrap=True)
        self.which = Combo()
        self.which.setAccessibleName("Là giấy tờ nào")
        self.which.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(8)
        self.which.addItem("Không ghi rõ giấy tờ", "")
        for one in dossier.facts.components:
            self.which.addItem(one.name, one.id)
        self.which.setCurrentIndex(max(0, self.which.findData(component)))
        self.removing = Tick("Xóa tệp khỏi thư mục")
        self.removing.setAccessibleName("Xóa tệp khỏi thư mục sau khi đã lưu vào hồ sơ")
        self.removing.setChecked(desk.counter.scan_plan.removes)
        side = column(
            self._sheet,
            row(self._state, 1),
            self._about,
            1,
            label("Là giấy tờ nào (Alt+G)", "label"),
            self.which,
            self.removing,
            label("sau khi đã lưu vào hồ sơ", "caption"),
            space=6,
        )
        beside = QWidget()
        fix(beside, width=_LARGE + 24)
        beside.setLayout(side)
        middle = row(self.list, beside, space=12)
        middle.setStretch(0, 1)
        self.told = label("", "problem", wrap=True)
        self._warning = label("", "problem", wrap=True)
        self._warning.hide()
        self._done = label("", "strong", wrap=True)
        adding = Button("Thêm vào hồ sơ", "F12", "primary")
        closing = Button("Đóng", "Esc")
        adding.clicked.connect(self.add)
        closing.clicked.connect(self.reject)
        for button in (adding, closing):
            button.setAutoDefault(False)
        foot = row(self._done, closing, adding, space=8)
        foot.setStretch(0, 1)
        head = label(f"{source.title} · {dossier.code}", "cardTitle", wrap=True)
        where = label(str(source.folder), "caption", wrap=True)
        whole = column(head, where, self._warning, middle, self.told, foot, space=8)
        whole.setStretch(3, 1)
        whole.setContentsMargins(16, 14, 16, 14)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOKS_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._on_pointed()
        self.list.setFocus()
        self.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F12 or Enter adds, Alt+G goes to the papers, Esc closes."""
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() in (Qt.Key.Key_F12, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.add()
        elif alt and event.key() == Qt.Key.Key_G:
            self.which.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            super().keyPressEvent(event)

    def warn(self, sentence: str) -> None:
        """What stays true while this is open."""
        self._warning.setText(sentence)
        self._warning.show()

    # ---- looking -------------------------------------------------------------------------------

    def look(self) -> None:
        """What lies in the folder now, asked on the paper lane."""
        if self._looking:
            return
        self._looking = True
        folder, plan = self._folder, self._desk.counter.scan_plan

        def work() -> _Seen:
            return _Seen(folder.look(), plan.taken())

        self._desk.lanes.paper.submit(work, self._on_seen, self._on_not_seen)

    def _on_seen(self, seen: _Seen) -> None:
        self._looking = False
        self.told.setText("" if seen.files else self._source.empty)
        self._show(seen)
        if any(one.state == "reading" for one in seen.files):
            self.look()

    def _on_not_seen(self, fault: Exception) -> None:
        self._looking = False
        if not isinstance(fault, EnvironmentFault | Refused):
            self._desk.report(fault)
        self.told.setText(str(getattr(fault, "message", "Chưa xem được thư mục.")))
        self._show(_Seen((), {}))

    def _show(self, seen: _Seen) -> None:
        """Rows in the order of the folder; the chosen one stays chosen, a new one comes first."""
        if (list(self._files.values()), self._taken) == (list(seen.files), seen.taken):
            return
        chosen, old = self._current_key, self._files
        self._files = {str(one.path): one for one in seen.files}
        self._taken = seen.taken
        fresh = [key for key, one in self._files.items() if key not in old and self._is_new(one)]
        wanted = fresh[0] if fresh else chosen
        self.list.blockSignals(True)
        self.list.clear()
        for key, one in self._files.items():
            item = QListWidgetItem(f"{_called(one)}\n{self._words(one)}")
            item.setData(Qt.ItemDataRole.UserRole, key)
            item.setIcon(self._icon(one.small))
            self.list.addItem(item)
        keys = list(self._files)
        self.list.setCurrentRow(keys.index(wanted) if wanted in keys else 0)
        self.list.blockSignals(False)
        self._on_pointed()

    @property
    def _current_key(self) -> str:
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def _on_pointed(self) -> None:
        one = self._files.get(self._current_key)
        edge = self._desk.theme.palette.field
        self._sheet.setPixmap(_framed(one.small if one else b"", QSize(_LARGE, _LARGE), edge))
        self._state.setVisible(one is not None)
        self._about.setText("")
        if one is not None:
            set_chip(self._state, *self._chip(one))
            self._about.setText(one.problem or self._double(one))

    def _icon(self, small: bytes) -> QIcon:
        """The same in a chosen row: nothing tints a paper."""
        drawn = _framed(small, _SMALL, self._desk.theme.palette.field)
        icon = QIcon(drawn)
        icon.addPixmap(drawn, QIcon.Mode.Selected)
        return icon

    def _is_new(self, one: FoundFile) -> bool:
        return bool(self._source.since) and one.at >= self._source.since

    def _chip(self, one: FoundFile) -> tuple[str, str]:
        if one.state == "broken":
            return "red", "không đọc được"
        if one.state != "ready":
            return "amber", "đang ghi" if one.state == "writing" else "đang đọc"
        if one.sha256 in self._taken:
            return "grey", f"đã thêm, {self._taken[one.sha256].rpartition('-')[2]}"
        if one.same_as:
            return "amber", "trùng tệp khác"
        return ("teal", "mới") if self._is_new(one) else ("green", "sẵn sàng")

    def _double(self, one: FoundFile) -> str:
        if one.sha256 and one.sha256 in self._taken:
            return f"Đã có trong hồ sơ {self._taken[one.sha256]}."
        return f"Giống hệt {_called_name(one.same_as)}." if one.same_as else ""

    def _words(self, one: FoundFile) -> str:
        at = datetime.fromtimestamp(one.at, self._desk.now().tzinfo)
        megabytes = f"{max(0.01, one.size / 1_000_000):.2f}".replace(".", ",")
        return f"{at:%H:%M:%S %d/%m} · {megabytes} MB · {self._chip(one)[1]}"

    # ---- adding --------------------------------------------------------------------------------

    def add(self) -> None:
        """The chosen file into the dossier, then out of the folder where that is wished."""
        one = self._files.get(self._current_key)
        if one is None or self._adding:
            return
        if one.state != "ready":
            self.told.setText(one.problem or "Tệp này chưa ghi xong. Chờ một lát rồi thêm.")
            return
        self._adding = True
        self.told.setText("")
        self._done.setText(f"Đang thêm {_called(one)}…")
        counter, who, folder = self._desk.counter, self._desk.who, self._folder
        dossier_id, code, removes = self._dossier_id, self._code, self.removing.isChecked()
        component = str(self.which.currentData())

        def work() -> _Added:
            raw = folder.content(one)
            attached = counter.attachments.add(dossier_id, one.path.name, raw, component, who)
            counter.scan_plan.note_taken(one.sha256, code)
            # only now, with the pages on the disk and the event in the book
            return _Added(attached, _called(one), removes and not folder.remove(one))

        # the dossier must be told even when this has been closed meanwhile
        desk = self._desk
        desk.lanes.paper.submit(
            work, partial(_on_added, desk, self), partial(_on_fault, desk, self)
        )

    def show_added(self, done: _Added) -> None:
        """It is in."""
        self._adding = False
        pages = len(done.attached.scanned.pages)
        self._done.setText(f"Đã thêm {done.name}, {pages} trang.")
        if done.still_there:
            self.told.setText(f"Chưa xóa được {done.name} khỏi thư mục. Xóa bằng tay.")
        self.look()

    def show_fault(self, message: str) -> None:
        """It is not."""
        self._adding = False
        self._done.setText("")
        self.told.setText(message)


def _on_added(desk: Desk, picker: ScanPicker, done: _Added) -> None:
    from shiboken6 import isValid

    desk.announce(done.attached.changes)
    if isValid(picker):
        picker.show_added(done)
    else:
        desk.told.emit(f"Đã thêm {done.name}.")


def _on_fault(desk: Desk, picker: ScanPicker, fault: Exception) -> None:
    from shiboken6 import isValid

    known = isinstance(fault, EnvironmentFault | Refused)
    if not known:
        desk.report(fault)
    message = str(getattr(fault, "message", "")) if known else ""
    message = message or "Chưa thêm được bản quét. Hãy thử lại."
    if isValid(picker):
        picker.show_fault(message)
    else:
        desk.refused.emit(message)


def _framed(small: bytes, size: QSize, edge: str) -> QPixmap:
    """A page on the middle of its place, with an edge: white paper is seen on a white screen."""
    place = QPixmap(size)
    place.fill(Qt.GlobalColor.transparent)
    image = QImage.fromData(small)
    if image.isNull():
        return place
    keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    scaled = image.scaled(size.shrunkBy(QMargins(1, 1, 1, 1)), keep, smooth)
    area = QRect(QPoint(0, 0), scaled.size())
    area.moveCenter(place.rect().center())
    painter = QPainter(place)
    painter.drawImage(area, scaled)
    painter.setPen(QColor(edge))
    painter.drawRect(area.adjusted(-1, -1, 0, 0))
    painter.end()
    return place


def _called(one: FoundFile) -> str:
    return _called_name(one.path.name)


def _called_name(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 13]}…{name[-12:]}"
