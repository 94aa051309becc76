"""Printing a form on a printer of sheets: the system's own queue, drawn on through Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Learnt, Profile

if TYPE_CHECKING:
    from counter_app.ports import PagePicture

_DOTS_AN_INCH = 300
"""Finer than the eye reads on paper; a page of A4 is 8 MB."""

_SLACK = 2.0
"""Points by which the system's sizes of paper and ours may differ."""

Pictures = Callable[[bytes, int], "Iterator[PagePicture]"]


class SheetPrinter:
    """A queue of the operating system. It takes what it is given and cannot say what became of it."""

    profile = Profile(pages=True)

    def __init__(
        self,
        name: str,
        queue: str,
        pictures: Pictures,
        made: Callable[[str], QPrinter | None] | None = None,
    ) -> None:
        self.name = name
        self._queue = queue
        self._pictures = pictures
        self._made = made or _printer_of

    def learn(self) -> Learnt:
        """Nothing can be asked here."""
        return Learnt(self.profile, self.state())

    def state(self) -> Reason | None:
        """Whether the system has it."""
        return None if self._made(self._queue) is not None else Reason.QUEUE_REFUSED

    def send(self, job: bytes) -> Sent:
        """Draw every page of a PDF on it."""
        printer = self._made(self._queue)
        if printer is None:
            return sent(Reason.QUEUE_REFUSED)
        # the paper's own edges: the form keeps its margins itself
        printer.setFullPage(True)
        usual = printer.pageLayout().pageSize().sizePoints()
        painter = QPainter()
        for picture in self._pictures(job, min(_DOTS_AN_INCH, printer.resolution())):
            place = _place(printer, (usual.width(), usual.height()), picture.paper)
            if not painter.isActive():
                if not painter.begin(printer):
                    return sent(Reason.QUEUE_REFUSED)
            elif not printer.newPage():
                painter.end()
                return sent(Reason.QUEUE_SILENT)
            painter.drawImage(place, image_of(picture))
        return sent(Reason.SPOOLED if painter.end() else Reason.QUEUE_SILENT)


def image_of(picture: PagePicture) -> QImage:
    """A page as Qt draws it. Grey, not one bit: a one-bit image without colours ends the program."""
    made = QImage(
        picture.grey, picture.width, picture.height, picture.width, QImage.Format.Format_Grayscale8
    )
    # the bytes are the picture's: Qt would only look at them
    return made.copy()


def _place(printer: QPrinter, usual: tuple[float, float], page: tuple[float, float]) -> QRectF:
    """Choose the sheet for a page, and where it stands on it, in the printer's dots.

    A page that fits goes on the sheet the printer usually has, as large as it can be: one that asks
    for a sheet nobody put in stops and waits. A larger one asks for its own.
    """
    width, height = page
    narrow, long = sorted(page)
    sheet = tuple(sorted(usual))
    if narrow > sheet[0] + _SLACK or long > sheet[1] + _SLACK:
        sheet = (narrow, long)
    across = (
        QPageLayout.Orientation.Landscape if width > height else QPageLayout.Orientation.Portrait
    )
    size = QPageSize(QSizeF(*sheet), QPageSize.Unit.Point)
    printer.setPageLayout(QPageLayout(size, across, QMarginsF()))
    room = QRectF(printer.pageLayout().fullRectPixels(printer.resolution()))
    scale = min(room.width() / width, room.height() / height)
    return QRectF(0.0, 0.0, width * scale, height * scale)


def _printer_of(queue: str) -> QPrinter | None:
    info = QPrinterInfo.printerInfo(queue)
    return None if info.isNull() else QPrinter(info, QPrinter.PrinterMode.HighResolution)
