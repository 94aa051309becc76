"""The wording and letterhead of the forms: written to a file, looked at, taken in, given back."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QLabel, QScrollArea, QVBoxLayout

from counter_app.data_folder import refuse_book
from counter_app.domain.officer import Officer
from counter_app.errors import EnvironmentFault
from counter_app.ports import PagePicture
from counter_app.services.forms import Forms
from counter_app.services.wording import WordedSet
from ui.desk import Desk
from ui.fields import Field
from ui.settings.section import Section
from ui.table import Column, Line, Table
from ui.widgets import Banner, Button, column, fix, label, row

_COLUMNS = (Column("Mẫu"), Column("Câu chữ", 112))
_LEAST, _LIST = 300, 420
_DOTS_AN_INCH = 120
_SHEET = 420
"""Pixels of a sheet's width beside the list."""
_LONGEST = 400_000


@dataclass(frozen=True, slots=True)
class _Looked:
    """How a wording looks; `text` of a file that was read and can be taken in."""

    key: str
    pages: tuple[PagePicture, ...]
    text: str | None = None


class WordingSection(Section):
    """F12 takes in what was read and looked at; a broken one is refused and the last one stays."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        self._text: str | None = None
        self._key = ""
        self.table = Table(desk.theme, _COLUMNS, "Mẫu in")
        fix(self.table, least=_LEAST, most=_LIST)
        self.table.pointed.connect(self._on_pointed)
        self._sheet = _Sheet()
        area = QScrollArea()
        area.setWidget(self._sheet)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._what = label("", "strong", wrap=True)
        beside = column(self._what, area, space=6)
        beside.setStretch(1, 1)
        middle = row(self.table, space=14)
        middle.setStretch(0, 1)
        middle.addLayout(beside)
        self.file = Field("Tệp chữ của mẫu này", limit=400)
        self.file.changed.connect(self._forget)
        buttons = []
        for text, key, slot in (
            ("Xuất, sửa", "Alt+X", self._export),
            ("Xem thử", "Alt+N", self._load),
            ("Mẫu gốc", "Alt+G", self._reset),
        ):
            button = Button(text, key)
            button.clicked.connect(slot)
            buttons.append(_beside_field(button))
        foot = row(self.file)
        for made in buttons:
            foot.addLayout(made)
        foot.setStretch(0, 1)
        whole = column(middle, foot, space=10)
        whole.setStretch(0, 1)
        self.setLayout(whole)

    @property
    def finishes(self) -> str:
        """Only what was looked at can be taken in."""
        return "Dùng câu chữ này" if self._text is not None else ""

    def enter(self) -> None:
        """Read the list again."""
        self._refresh()
        self.table.setFocus()

    def key(self, name: str) -> bool:
        """The three ways of a file."""
        match name:
            case "Alt+X":
                self._export()
            case "Alt+N":
                self._load()
            case "Alt+G":
                self._reset()
            case _:
                return False
        return True

    def finish(self) -> None:
        """What is on the screen holds from now on."""
        forms, who, text, (form_set, form) = self._all()
        if text is None:
            self.banner.tell("Nạp tệp và xem thử trước (Alt+N), rồi F12.")
            return
        self.desk.lanes.records.submit(
            lambda: forms.reword(form_set, form, text, who), self._on_kept, self.tell_fault
        )

    # ---- the list ------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self.desk.read(self.desk.counter.forms.worded, self._on_read)

    def _on_read(self, sets: tuple[WordedSet, ...]) -> None:
        lines = []
        for worded in sets:
            about = worded.about
            checked = "" if about.verified else "  ·  chưa đối chiếu văn bản"
            lines.append(Line("", (f"{about.title}, từ {about.effective_from:%d/%m/%Y}{checked}",)))
            for form in worded.forms:
                state = (
                    ("red", "tệp hỏng, bỏ qua")
                    if form.fault
                    else ("blue", "của cơ quan")
                    if form.changed
                    else "mẫu gốc"
                )
                lines.append(Line(f"{about.name}/{form.form}", (form.title, state)))
        self.table.show_lines(lines)
        if self.table.current_id and not self._key:
            self._on_pointed(self.table.current_id)

    def _on_pointed(self, key: str) -> None:
        if key == self._key:
            return
        self._key = key
        self._text = None
        self.moved.emit()
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self.file.text = str(Path(folder or ".") / "mau-in" / f"{key.replace('/', '-')}.txt")
        forms, _, _, (form_set, form) = self._all()

        def work() -> _Looked:
            pdf = forms.preview(form_set, form, forms.text(form_set, form))
            return _Looked(key, tuple(islice(forms.pictures(pdf, _DOTS_AN_INCH), 1)))

        self.desk.lanes.paper.submit(work, self._on_looked, self.tell_fault)

    def _on_looked(self, looked: _Looked) -> None:
        if looked.key != self._key:
            return
        from ui.sheets import image_of  # loads with the first sheet

        self._sheet.show_image(image_of(looked.pages[0]))
        self._text = looked.text
        self.moved.emit()
        if looked.text is None:
            self._what.setText("Đang dùng, điền bằng tên bịa:")
        else:
            self._what.setText("Câu chữ trong tệp, chưa dùng. F12 để dùng từ bây giờ:")
            self.banner.tell("Tệp đọc được. Xem kỹ bên phải rồi F12.", "Green")

    # ---- the file ------------------------------------------------------------------------------

    def _export(self) -> None:
        forms, _, _, (form_set, form) = self._all()
        path = Path(self.file.text)

        def work() -> str:
            refuse_book(path)
            text = forms.text(form_set, form)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            except OSError:
                raise EnvironmentFault(
                    "disk_fault", f"Không ghi được tệp {path.name}. Xem lại đường dẫn và ổ đĩa."
                ) from None
            return str(path)

        self.desk.lanes.paper.submit(work, self._on_exported, self.tell_fault)

    def _on_exported(self, path: str) -> None:
        self.banner.tell(f"Đã ghi {Path(path).name}. Sửa, lưu lại, rồi Alt+N để xem thử.", "Green")
        QDesktopServices.openUrl(QUrl.fromLocalFile(path))

    def _load(self) -> None:
        forms, _, _, (form_set, form) = self._all()
        path, key = Path(self.file.text), self._key

        def work() -> _Looked:
            text = _read(path)
            pdf = forms.preview(form_set, form, text)
            return _Looked(key, tuple(islice(forms.pictures(pdf, _DOTS_AN_INCH), 1)), text)

        self._forget()
        self.desk.lanes.paper.submit(work, self._on_looked, self.tell_fault)

    def _reset(self) -> None:
        forms, who, _, (form_set, form) = self._all()
        self.desk.lanes.records.submit(
            lambda: forms.reword(form_set, form, None, who), self._on_kept, self.tell_fault
        )

    def _on_kept(self, _: object) -> None:
        taken = self._text is not None
        words = "Dùng câu chữ này từ bây giờ. Giấy đã in giữ câu chữ cũ."
        self.banner.tell(words if taken else "Đã về mẫu gốc.", "Green")
        key, self._key = self._key, ""
        self._on_pointed(key)
        self._refresh()

    def _forget(self) -> None:
        """What was read is not what the file says any more."""
        self._text = None
        self.moved.emit()

    def _all(self) -> tuple[Forms, Officer, str | None, tuple[str, str]]:
        form_set, _, form = self._key.partition("/")
        return self.desk.counter.forms, self.desk.who, self._text, (form_set, form)


class _Sheet(QLabel):
    """A page as wide as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.setAccessibleName("Mẫu như sẽ in")
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.setMinimumWidth(1)

    def show_image(self, image: QImage) -> None:
        """Another page."""
        self._image = image
        self._scale()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room, or less."""
        super().resizeEvent(event)
        self._scale()

    def _scale(self) -> None:
        if not self._image.isNull():
            smooth = Qt.TransformationMode.SmoothTransformation
            width = min(_SHEET, self.width())
            self.setPixmap(QPixmap.fromImage(self._image.scaledToWidth(width, smooth)))


def _read(path: Path) -> str:
    """The words of a file, with or without the mark that some editors put first."""
    try:
        content = path.read_bytes()
    except OSError:
        raise EnvironmentFault(
            "file_missing",
            f"Không đọc được tệp {path.name}. Xem lại đường dẫn, hoặc Alt+X để xuất.",
        ) from None
    if len(content) > _LONGEST:
        raise EnvironmentFault("file_large", f"Tệp {path.name} quá lớn, không phải mẫu in.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise EnvironmentFault(
            "not_utf8", f"Tệp {path.name} không phải chữ UTF-8. Lưu lại bằng mã UTF-8 rồi nạp."
        ) from None


def _beside_field(button: Button) -> QVBoxLayout:
    """On the line of the field, whose caption stands above."""
    return column(label(" ", "label"), button, 1, space=2)
