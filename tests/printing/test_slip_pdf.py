"""One layout, two outputs: what a slip says on a page is what it says out of a thermal head."""

import re
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp
from pdf import embedded_and_ours, faults_of, in_order, text_of
from PIL import Image, ImageChops, ImageFilter
from printing.contents import every_slip, receipt
from printing.test_layout import said

from counter_app.domain.printer import WIDTHS
from counter_app.domain.slips import SlipContent
from counter_app.printing.layout import slip_blocks
from counter_app.printing.paper import Paper
from counter_app.printing.place import Text, place
from counter_app.printing.slip import draw_slip
from counter_app.printing.slip_pdf import draw_slips

SLIPS = every_slip()
DOTS_AN_INCH = 203


def page_of(content: SlipContent, width: int, copy_no: int = 0) -> bytes:
    return Paper().slips_pdf([(content, copy_no)], width)


def picture_of(pdf: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        return page.render(scale=DOTS_AN_INCH / 72).to_pil().convert("L")


@pytest.mark.parametrize("width", [384, 576])
@pytest.mark.parametrize("name", SLIPS)
def test_the_page_says_what_the_blocks_say(name: str, width: int) -> None:
    blocks = slip_blocks(SLIPS[name], 2)
    pdf = page_of(SLIPS[name], width, 2)

    read = re.sub(r"\s", "", text_of(pdf))
    assert sorted(read) == sorted(re.sub(r"\s", "", "".join(map(said, blocks))))
    lines = [piece.text for piece in place(blocks, width).pieces if isinstance(piece, Text)]
    assert in_order(read, [re.sub(r"\s", "", line) for line in lines])
    assert embedded_and_ours(pdf)
    assert faults_of(pdf) == []
    assert page_of(SLIPS[name], width, 2) == pdf


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_looks_like_the_print(width: int) -> None:
    printed, page = (
        draw_slip(receipt(), width, 1).convert("L"),
        picture_of(page_of(receipt(), width, 1)),
    )
    # the page ends on a whole dot: a hair may be added
    assert abs(page.width - printed.width) <= 1
    assert abs(page.height - printed.height) <= 1
    box = (0, 0, width, printed.height - 1)
    soft = [image.crop(box).filter(ImageFilter.BoxBlur(6)) for image in (printed, page)]
    # smooth letters are a little lighter than hinted ones, but nothing stands elsewhere
    assert max(ImageChops.difference(*soft).getextrema()) < 110
    assert [found.text for found in zxingcpp.read_barcodes(page)] == [receipt().qr]


def test_pages_of_several_slips_come_in_order() -> None:
    names = ("ticket", "appointment", "pad")
    pdf = Paper().slips_pdf([(SLIPS[name], 0) for name in names], 576)
    assert in_order(text_of(pdf), ("SỐ THỨ TỰ", "PHIẾU HẸN", "DỰ PHÒNG"))


def test_the_judge_of_pages_sees_what_is_wrong() -> None:
    whole = place(slip_blocks(receipt(), 0), 576)
    first, second, *_ = (piece for piece in whole.pieces if isinstance(piece, Text))

    def faults(**more: object) -> list[str]:
        return faults_of(draw_slips([replace(whole, **more)], "", ""))

    assert faults() == []
    assert faults(pieces=(first, replace(second, top=first.top + 4, left=first.left)))
    assert faults(pieces=(replace(first, left=560),))
    assert faults(height=whole.height - 40)
