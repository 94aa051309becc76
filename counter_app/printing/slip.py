"""Drawing a slip: strictly one bit, at the head's own dot width.

Text mode loses Vietnamese letters on cheap printers without any error, so everything is a picture.
"""

from PIL import Image, ImageDraw

from counter_app.domain.printer import WIDTHS
from counter_app.domain.slips import SlipContent
from counter_app.printing.blocks import Box, Line, Mark, Qr
from counter_app.printing.layout import slip_blocks
from counter_app.printing.letters import length, word_picture
from counter_app.printing.place import Bar, Code, Dots, Frame, Placed, Text, place
from counter_app.printing.qr import MODULE

_WHITE, _BLACK = 1, 0
_DOT, _STEP = 3, 8


def draw_slip(content: SlipContent, width: int, copy_no: int) -> Image.Image:
    """The slip as a one-bit picture of that many dots."""
    if width not in WIDTHS:
        raise ValueError(f"no head has {width} dots")
    return paint(place(slip_blocks(content, copy_no), width))


def draw_test_page(width: int) -> Image.Image:
    """Edges, marks and every size of letter: what a clerk looks at to judge a printer."""
    blocks = (
        Mark("TRANG IN THỬ"),
        Line("Ắ Ẳ Ặ Ế Ể Ệ Ố Ổ Ộ Ớ Ở Ợ Ứ Ử Ự Ỷ Ỵ Đ", bold=True, large=True, centred=True),
        Line("ắ ẳ ặ ế ể ệ ố ổ ộ ớ ở ợ ứ ử ự ỷ ỵ đ", centred=True),
        Line("Đủ dấu, đủ bốn cạnh khung dưới đây, tự cắt giấy là máy in tốt.", small=True),
        Box("KHUNG", f"{width} chấm"),
        Qr("0123456789BCFGHJKLMNPQRSTVXZ", ""),
    )
    return paint(place(blocks, width))


def paint(placed: Placed) -> Image.Image:
    """Every piece, in order."""
    image = Image.new("1", (placed.width, placed.height), _WHITE)
    draw = ImageDraw.Draw(image)
    for piece in placed.pieces:
        match piece:
            case Text():
                _text(image, piece)
            case Bar():
                edges = (piece.left, piece.top, piece.right, piece.bottom)
                draw.rectangle(edges, fill=_BLACK)
            case Frame():
                edges = (piece.left, piece.top, piece.right, piece.bottom)
                draw.rectangle(edges, outline=_BLACK, width=3)
            case Dots():
                _dotted(draw, piece)
            case Code():
                _code(draw, piece)
    return image


def _text(image: Image.Image, piece: Text) -> None:
    ink = _WHITE if piece.white else _BLACK
    space = length(" ", piece.letters)
    pen = piece.left
    for word in piece.text.split(" "):
        mask, right, down = word_picture(piece.letters, word)
        image.paste(ink, (pen + right, piece.top + down), mask)
        pen += length(word, piece.letters) + space


def _dotted(draw: ImageDraw.ImageDraw, line: Dots) -> None:
    for x in range(line.left, line.right + 1, _STEP):
        for y in range(line.top, line.bottom + 1, _STEP):
            draw.rectangle((x, y, x + _DOT - 1, y + 1), fill=_BLACK)


def _code(draw: ImageDraw.ImageDraw, code: Code) -> None:
    for row, line in enumerate(code.modules):
        for column, dark in enumerate(line):
            if dark:
                x, y = code.left + column * MODULE, code.top + row * MODULE
                draw.rectangle((x, y, x + MODULE - 1, y + MODULE - 1), fill=_BLACK)
