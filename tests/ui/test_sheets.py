"""A form on a printer of sheets, drawn by Qt: into a file here, into the system's queue elsewhere."""

from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from looks import strange_words, words_of
from PIL import Image, ImageChops, ImageFilter
from printing.contents import receipt
from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QPageSize
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication, QFileDialog, QHeaderView
from pytestqt.qtbot import QtBot

import resources
from counter_app.domain.form_content import sample
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_template import parse_template
from counter_app.domain.outcome import Outcome, Reason
from counter_app.printing.paper import Paper
from ui.sheets import SheetPrinter, image_of
from ui.words import Words

LOOK = 100
"""Dots an inch for comparing."""


def form(form_set: str, name: str, paper: str) -> bytes:
    text = resources.form_text(form_set, name)
    assert text is not None
    return Paper().form_pdf(parse_template(text, name), sample(KINDS[name]), paper)


def into(file: Path, usual: QPageSize.PageSizeId) -> SheetPrinter:
    """A printer with such sheets in it."""

    def made(_: str) -> QPrinter:
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(file))
        printer.setPageSize(QPageSize(usual))
        return printer

    return SheetPrinter("tệp", "tệp", Paper().pictures, made)


def looks(pdf: bytes) -> list[Image.Image]:
    with pypdfium2.PdfDocument(pdf) as document:
        return [page.render(scale=LOOK / 72).to_pil().convert("L") for page in document]


A3, A4, A5 = (QPageSize.PageSizeId[name] for name in ("A3", "A4", "A5"))


@pytest.mark.parametrize(
    ("form_set", "name", "paper", "usual", "comes"),
    [
        ("FS-2018", "receipt", "a5", A5, (420, 595)),
        ("FS-2018", "receipt", "a4", A4, (595, 842)),
        ("FS-2018", "register", "a4", A4, (842, 595)),
        # nobody is asked for another sheet where the form fits on the one that is there
        ("FS-2018", "receipt", "a5", A4, (595, 842)),
        ("NB", "poster", "a3", A3, (842, 1191)),
        ("NB", "poster", "a3", A4, (842, 1191)),
    ],
)
def test_what_the_printer_gets_is_the_form(
    qtbot: QtBot,
    tmp_path: Path,
    form_set: str,
    name: str,
    paper: str,
    usual: QPageSize.PageSizeId,
    comes: tuple[int, int],
) -> None:
    pdf, file = form(form_set, name, paper), tmp_path / "ra.pdf"

    ended = into(file, usual).send(pdf)

    assert (ended.outcome, ended.reason) == (Outcome.SENT, Reason.SPOOLED)
    with pypdfium2.PdfDocument(file.read_bytes()) as document:
        for page in document:
            # the system knows paper by whole points
            assert page.get_size() == pytest.approx(comes, abs=1.5)
    wanted, printed = looks(pdf), looks(file.read_bytes())
    assert len(printed) == len(wanted)
    for one, other in zip(wanted, printed, strict=True):
        soft = [picture.resize(one.size).filter(ImageFilter.BoxBlur(4)) for picture in (one, other)]
        assert max(ImageChops.difference(*soft).getextrema()) < 70


def test_every_page_of_several_comes_out_and_codes_can_be_read(
    qtbot: QtBot, tmp_path: Path
) -> None:
    pdf = Paper().joined(
        [Paper().slips_pdf([(receipt(), 0)], 576), form("FS-2018", "register", "a4")]
    )
    file = tmp_path / "ra.pdf"

    into(file, A4).send(pdf)

    with pypdfium2.PdfDocument(file.read_bytes()) as document:
        first, second = (document[number] for number in (0, 1))
        assert first.get_size()[0] < first.get_size()[1]
        assert second.get_size()[0] > second.get_size()[1]
        (read,) = zxingcpp.read_barcodes(first.render(scale=300 / 72).to_pil().convert("L"))
    assert read.text == receipt().qr


def test_a_queue_that_the_system_has_not_takes_nothing(qtbot: QtBot) -> None:
    nowhere = SheetPrinter("Văn phòng", "không có", Paper().pictures)
    assert nowhere.state() is Reason.QUEUE_REFUSED
    assert nowhere.send(form("FS-2018", "receipt", "a5")).outcome is Outcome.FAILED


def test_a_file_that_cannot_be_written_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    ended = into(tmp_path / "không có" / "ra.pdf", A4).send(form("FS-2018", "receipt", "a5"))
    assert ended.outcome is Outcome.FAILED
    assert ended.message


def test_our_words_leave_the_names_of_paper_alone(qapp: QApplication) -> None:
    words = Words(qapp)
    qapp.installTranslator(words)
    try:
        assert QPageSize(QSizeF(420, 595), QPageSize.Unit.Point).isValid()
        assert qapp.translate("QLineEdit", "&Copy") == "&Chép"
        files = QFileDialog(None, "Gói")
        files.setOption(QFileDialog.Option.DontUseNativeDialog)
        files.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        files.show()
        columns = files.findChild(QHeaderView).model()
        heads = [str(columns.headerData(n, Qt.Orientation.Horizontal)) for n in range(4)]
        # (what is in the folder is named by people)
        said = [text for text in words_of(files) if not text.startswith("/")]
        assert strange_words([*said, *heads]) == {}
        assert heads == ["Tên", "Cỡ", "Loại", "Lúc sửa"]
        assert "&Ghi" in said
        files.close()
    finally:
        qapp.removeTranslator(words)


def test_a_picture_keeps_its_own_dots() -> None:
    picture = next(Paper().pictures(form("FS-2018", "receipt", "a5"), 72))
    drawn = image_of(picture)
    assert (drawn.width(), drawn.height()) == (picture.width, picture.height) == (420, 596)
    grid = [(x, y) for x in range(0, 420, 7) for y in range(0, 596, 7)]
    grey = [picture.grey[y * picture.width + x] for x, y in grid]
    assert [drawn.pixelColor(x, y).red() for x, y in grid] == grey
    assert min(grey) < 60
