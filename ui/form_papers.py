"""Forms of this window: looked at first where a printer for them is set, else opened in the viewer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QScrollArea, QWidget

from counter_app.domain.outcome import Outcome
from counter_app.services.print_jobs import FORM
from ui.desk import Desk
from ui.widgets import Button, column, label, row

if TYPE_CHECKING:
    from counter_app.ports import PagePicture, Printer
    from counter_app.services.prints import Printed

Asked = Sequence[tuple[str, str]]
"""Form and subject; without a form the one that the subject is."""

View = Callable[[bytes], None]
"""Opens a PDF in whatever shows PDFs here."""

_DOTS_AN_INCH = 96
_SHOWN = 12
"""Pages that are looked at; a register of a year has hundreds."""
_SIZE = (860, 700)


@dataclass(frozen=True, slots=True)
class _Drawn:
    asked: Asked
    ways: Sequence[Printer]
    view: View
    pdf: bytes
    pages: tuple[PagePicture, ...]


class FormPapers(QObject):
    """Draws forms on the paper lane, shows them, prints them on the printer lane."""

    told = Signal(str)
    """A bad end, in a sentence for the banner."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk = desk
        self._window = window
        self.preview: FormPreview | None = None
        self._drawn: _Drawn | None = None

    def open(self, asked: Asked, view: View) -> None:
        """Show them, with the printer they would go to; without one let `view` open the file."""
        forms, ways = self._desk.counter.forms, self._desk.ways_for(FORM)
        if not ways:
            self._desk.lanes.paper.submit(lambda: forms.pages(asked), view, self._on_fault)
            return

        def work() -> _Drawn:
            pdf = forms.pages(asked)
            pages = tuple(islice(forms.pictures(pdf, _DOTS_AN_INCH), _SHOWN + 1))
            return _Drawn(asked, ways, view, pdf, pages)

        self._desk.lanes.paper.submit(work, self._show, self._on_fault)

    def _show(self, drawn: _Drawn) -> None:
        self._drawn = drawn
        self.preview = FormPreview(self._window, drawn.ways[0].name, drawn.pages)
        self.preview.print_requested.connect(self._print)
        self.preview.view_requested.connect(self._view)
        self.preview.finished.connect(self._on_closed)
        self.preview.open()

    def _on_closed(self) -> None:
        self.preview = None

    def _view(self) -> None:
        assert self._drawn is not None
        self._drawn.view(self._drawn.pdf)

    def _print(self) -> None:
        drawn = self._drawn
        assert drawn is not None
        counter, who = self._desk.counter, self._desk.who

        def work() -> list[Printed]:
            return [
                counter.prints.print(
                    FORM + (form or counter.forms.form_of(subject)), subject, drawn.ways, who
                )
                for form, subject in drawn.asked
            ]

        lane = self._desk.lanes.printers[drawn.ways[0].name]
        lane.submit(work, self._on_printed, self._on_fault)

    def _on_printed(self, printed: Sequence[Printed]) -> None:
        for one in printed:
            self._desk.announce(one.changes)
        bad = [one for one in printed if one.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
        if bad:
            self.told.emit(bad[0].message)
        else:
            self._desk.told.emit(f"Đã gửi biểu mẫu tới máy in {printed[0].printer}.")

    def _on_fault(self, fault: Exception) -> None:
        message = getattr(fault, "message", "Chưa làm được việc này. Hãy thử lại.")
        self.told.emit(str(message))


class FormPreview(QDialog):
    """The pages as they will be, and the two ways on."""

    print_requested = Signal()
    view_requested = Signal()

    def __init__(self, parent: QWidget, printer: str, pages: Sequence[PagePicture]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Xem biểu mẫu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        sheets = column(space=12)
        for number, page in enumerate(pages[:_SHOWN], 1):
            sheet = label()
            sheet.setPixmap(_pixmap(page))
            sheet.setAccessibleName(f"Trang {number}")
            sheet.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            sheets.addWidget(sheet)
        if len(pages) > _SHOWN:
            sheets.addWidget(label("Còn những trang sau, in ra đủ.", "caption"))
        inside = QWidget()
        inside.setObjectName("canvas")
        inside.setLayout(sheets)
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setAccessibleName("Các trang của biểu mẫu")
        self.printing = Button("In", "F12", "primary")
        self.printing.clicked.connect(self._on_print)
        viewing = Button("Mở bằng trình xem PDF", "Alt+M")
        viewing.clicked.connect(self._on_view)
        closing = Button("Đóng", "Esc")
        closing.clicked.connect(self.reject)
        for button in (self.printing, viewing, closing):
            button.setAutoDefault(False)
        where = label(f"Máy in: {printer}", "caption")
        whole = column(self.area, row(where, 1, closing, viewing, self.printing, space=8), space=10)
        whole.setStretch(0, 1)
        whole.setContentsMargins(16, 14, 16, 14)
        self.setLayout(whole)
        self.area.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F12 prints, Alt+M views, Esc leaves; Enter does nothing."""
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        if event.key() == Qt.Key.Key_F12:
            self._on_print()
        elif alt and event.key() == Qt.Key.Key_M:
            self._on_view()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)

    def _on_print(self) -> None:
        self.print_requested.emit()
        self.accept()

    def _on_view(self) -> None:
        self.view_requested.emit()
        self.accept()


def _pixmap(page: PagePicture) -> QPixmap:
    from ui.sheets import image_of

    return QPixmap.fromImage(image_of(page))
