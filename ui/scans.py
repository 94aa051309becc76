"""Scanned papers of a dossier: added from files, listed with their state, looked at in this window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QFileDialog, QScrollArea, QWidget

from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.results import Changes
from ui.desk import Desk
from ui.fields import Combo
from ui.scan_picker import ScanPicker, Source, camera_source, scanner_source, start_camera
from ui.widgets import Button, chip, clear, column, label, row

if TYPE_CHECKING:
    from counter_app.domain.dossier import Dossier
    from counter_app.ports.attachments import Fetched
    from counter_app.services.attachments import Attached, Scanned

KEY, FETCH_KEY = "Alt+Q", "Alt+T"
SCANNER_KEY, CAMERA_KEY = "Alt+M", "Alt+A"
SCAN_KEYS = (KEY, FETCH_KEY, SCANNER_KEY, CAMERA_KEY)
_FILES = "Ảnh hoặc PDF (*.jpg *.jpeg *.png *.pdf)"
_LARGEST = 50 * 1024 * 1024
_SIZE = (860, 700)
_LONGEST = 28
"""Letters of a name without a blank that stand in a line at 125 %."""
_ZOOMS = (0.5, 0.75, 1.0, 1.5, 2.0)


class ScansBox(QWidget):
    """Below the papers of a dossier."""

    def __init__(self, desk: Desk, dossier: Dossier) -> None:
        super().__init__()
        self._desk = desk
        self._dossier = dossier
        self._dossier_id = dossier.id
        self.viewer: ScanViewer | None = None
        self.which = Combo()
        self.which.setAccessibleName("Bản quét của giấy tờ nào")
        self.which.setSizeAdjustPolicy(Combo.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.which.setMinimumContentsLength(8)
        self.which.addItem("Không ghi rõ giấy tờ", "")
        for component in dossier.facts.components:
            self.which.addItem(component.name, component.id)
        self.adding = Button("Thêm bản quét", KEY)
        self.adding.clicked.connect(self.add)
        # a voided dossier takes no paper more, nor one that was erased
        taking = not dossier.voided and dossier.erased_at is None
        self.adding.setEnabled(taking)
        self._list = column(space=6)
        self.fetching = Button("Tải về", FETCH_KEY)
        self.fetching.clicked.connect(self.fetch)
        self.fetching.hide()
        self._is_read, self._is_asked = False, False
        scanner, camera = Button("Máy quét", SCANNER_KEY), Button("Chụp", CAMERA_KEY)
        scanner.setAccessibleName(f"Lấy từ máy quét ({SCANNER_KEY})")
        scanner.clicked.connect(self.pick)
        camera.clicked.connect(self.shoot)
        for button in (scanner, camera):
            button.setEnabled(taking)
        head = row(label("Bản quét", "sectionTitle"), 1, self.adding, space=8)
        whole = column(
            head,
            self.which,
            row(scanner, camera, 1, space=8),
            row(self.fetching, 1),
            self._list,
            space=6,
        )
        whole.setContentsMargins(0, 8, 0, 0)
        self.setLayout(whole)
        attachments, dossier_id = desk.counter.attachments, self._dossier_id
        desk.read(lambda: attachments.of(dossier_id), self._show)

    def add(self) -> None:
        """Files of the disk; each is drawn anew on the paper lane."""
        if not self.adding.isEnabled():
            return
        names, _ = QFileDialog.getOpenFileNames(self, "Thêm bản quét", "", _FILES)
        for name in names:
            self._add(Path(name))

    def key(self, name: str) -> bool:
        """A key of these papers; whether it was one."""
        if name == KEY:
            self.add()
        elif name == FETCH_KEY:
            self.fetch()
        elif name == SCANNER_KEY:
            self.pick()
        elif name == CAMERA_KEY:
            self.shoot()
        else:
            return False
        return True

    def pick(self) -> None:
        """Files that the scanner has put into its folder."""
        try:
            self._open_picker(scanner_source(self._desk.counter.scan_plan))
        except Refused as refused:
            self._desk.refused.emit(refused.message)

    def shoot(self) -> None:
        """The camera program of the system, and beside it the pictures that come of it."""
        if not self.adding.isEnabled():
            return
        plan = self._desk.counter.scan_plan
        source = camera_source(plan, datetime.now().astimezone())
        fault = start_camera(plan.camera_command)
        picker = self._open_picker(source)
        if fault and picker is not None:
            picker.warn(fault)

    def _open_picker(self, source: Source) -> ScanPicker | None:
        """Over the whole window: this box is made anew with each file that comes in."""
        if not self.adding.isEnabled():
            return None
        component = str(self.which.currentData())
        picker = ScanPicker(self.window(), self._desk, self._dossier, component, source)
        picker.open()
        return picker

    def fetch(self) -> None:
        """What was scanned elsewhere, from the upper server; asked before the papers were read, then."""
        if not self._is_read:
            self._is_asked = True
            return
        if self.fetching.isHidden():
            return
        counter, dossier_id, desk = self._desk.counter, self._dossier_id, self._desk

        def work() -> Fetched:
            return counter.sync.fetch(counter.attachments.missing(dossier_id))

        desk.told.emit("Đang tải bản quét về…")
        desk.lanes.sync.submit(
            work, partial(_on_fetched, desk, dossier_id), partial(_on_not_fetched, desk, dossier_id)
        )

    def _add(self, path: Path) -> None:
        attachments, who = self._desk.counter.attachments, self._desk.who
        dossier_id, component = self._dossier_id, str(self.which.currentData())

        def work() -> Attached:
            return attachments.add(dossier_id, path.name, _content(path), component, who)

        desk = self._desk
        desk.told.emit(f"Đang thêm {_called(path.name)}…")
        # this box may be gone when it is done: the desk is not
        desk.lanes.paper.submit(work, partial(_on_added, desk), partial(_on_fault, desk))

    def _show(self, papers: Sequence[Scanned]) -> None:
        clear(self._list)
        self.fetching.setVisible(not all(paper.here for paper in papers))
        self._is_read = True
        if self._is_asked:
            self._is_asked = False
            self.fetch()
        if not papers:
            self._list.addWidget(label("Chưa có bản quét nào.", "caption"))
        for paper in papers:
            words = label(_words(paper), wrap=True)
            line = row(words, chip(*_state(paper)), space=8)
            line.setStretch(0, 1)
            if paper.here:
                button = Button("Xem")
                button.setAccessibleName(f"Xem bản quét: {_called(paper.name)}")
                button.clicked.connect(partial(self._open, paper))
                line.addWidget(button)
            self._list.addLayout(line)

    def _open(self, paper: Scanned) -> None:
        attachments = self._desk.counter.attachments

        def work() -> list[QImage]:
            return [QImage.fromData(attachments.content(page)) for page in paper.pages]

        self._desk.lanes.paper.submit(
            work, partial(self._look, paper), partial(_on_fault, self._desk)
        )

    def _look(self, paper: Scanned, pages: Sequence[QImage]) -> None:
        self.viewer = ScanViewer(self, paper.name, pages)
        self.viewer.finished.connect(self._on_closed)
        self.viewer.open()

    def _on_closed(self) -> None:
        self.viewer = None


class ScanViewer(QDialog):
    """The pages of one paper, out of memory alone: nothing of them lies on the disk opened."""

    def __init__(self, parent: QWidget, name: str, pages: Sequence[QImage]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Bản quét")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self._pages = pages
        self._zoom = _ZOOMS.index(1.0)
        self.sheets = [label() for _ in pages]
        inside = QWidget()
        inside.setObjectName("canvas")
        inside.setLayout(column(*self.sheets, space=12))
        for number, sheet in enumerate(self.sheets, 1):
            sheet.setAccessibleName(f"Trang {number}")
            sheet.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("Các trang của bản quét")
        smaller, larger, closing = (
            Button("Nhỏ", "-"),
            Button("To", "+"),
            Button("Đóng", "Esc", "primary"),
        )
        smaller.clicked.connect(partial(self._scale, -1))
        larger.clicked.connect(partial(self._scale, 1))
        closing.clicked.connect(self.reject)
        for button in (smaller, larger, closing):
            button.setAutoDefault(False)
        what = label(f"{_called(name)}, {len(pages)} trang", "caption", wrap=True)
        foot = row(what, smaller, larger, closing, space=8)
        foot.setStretch(0, 1)
        whole = column(self.area, foot, space=10)
        whole.setStretch(0, 1)
        whole.setContentsMargins(16, 14, 16, 14)
        self.setLayout(whole)
        self._scale(0)
        self.area.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Plus and minus, Esc; Enter does nothing."""
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._scale(1)
        elif event.key() == Qt.Key.Key_Minus:
            self._scale(-1)
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _scale(self, step: int) -> None:
        self._zoom = max(0, min(len(_ZOOMS) - 1, self._zoom + step))
        width = int((_SIZE[0] - 80) * _ZOOMS[self._zoom])
        for sheet, page in zip(self.sheets, self._pages, strict=True):
            scaled = page.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
            sheet.setPixmap(QPixmap.fromImage(scaled))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            return opened.read(_LARGEST + 1)
    except OSError:
        raise EnvironmentFault(
            "file_missing", f"Không đọc được tệp {path.name}. Xem ổ đã cắm chưa rồi thêm lại."
        ) from None


def _on_added(desk: Desk, done: Attached) -> None:
    desk.announce(done.changes)
    desk.told.emit(
        f"Đã thêm bản quét {_called(done.scanned.name)}, {len(done.scanned.pages)} trang."
    )


def _on_fetched(desk: Desk, dossier_id: str, done: Fetched) -> None:
    desk.announce(Changes(dossiers=frozenset({dossier_id})))
    if done.wrong:
        desk.refused.emit(
            f"{done.wrong} trang ở máy chủ không phải bản ghi trong sổ. Hãy báo cấp trên."
        )
    elif done.not_above:
        desk.refused.emit(
            f"Máy chủ chưa có {done.not_above} trang: quầy đã quét chưa gửi lên. Hãy tải lại sau."
        )
    else:
        desk.told.emit(f"Đã tải về {done.pages} trang.")


def _on_not_fetched(desk: Desk, dossier_id: str, fault: Exception) -> None:
    # some of it may have come
    desk.announce(Changes(dossiers=frozenset({dossier_id})))
    _on_fault(desk, fault, "Chưa tải được bản quét. Hãy thử lại.")


def _on_fault(
    desk: Desk, fault: Exception, otherwise: str = "Chưa thêm được bản quét. Hãy thử lại."
) -> None:
    message = getattr(fault, "message", None)
    if message is None:
        desk.report(fault)
        message = otherwise
    desk.refused.emit(str(message))


def _words(paper: Scanned) -> str:
    megabytes = f"{max(0.01, paper.size / 1_000_000):.2f}".replace(".", ",")
    pages = f"{len(paper.pages)} trang, {megabytes} MB"
    name = _called(paper.name)
    return " · ".join(part for part in (name, paper.component_name, pages) if part)


def _called(name: str) -> str:
    """Without the ending that only the system cares for, and never wider than its place."""
    stem = name.rpartition(".")[0] or name
    return stem if len(stem) <= _LONGEST else f"{stem[: _LONGEST - 9]}…{stem[-8:]}"


def _state(paper: Scanned) -> tuple[str, str]:
    if not paper.own:
        return ("green", "đã tải về") if paper.here else ("grey", "ở quầy khác")
    if paper.sent == len(paper.pages):
        return "green", "đã gửi"
    return "blue", f"chờ gửi {len(paper.pages) - paper.sent}/{len(paper.pages)}"
