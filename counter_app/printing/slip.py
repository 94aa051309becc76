"""Drawing a slip: strictly one bit, hinted letters, at the head's own dot width.

Text mode loses Vietnamese letters on cheap printers without any error, so everything is a picture.
What is long wraps; nothing is ever cut.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

import resources
from counter_app.domain.receipt import Receipt
from counter_app.printing.layout import Block, Box, Line, Mark, Pair, Qr, Rule, slip_blocks
from counter_app.printing.qr import LARGEST_VERSION, MODULE, QUIET, slip_modules

WIDTHS = (384, 512, 560, 576)
_WHITE, _BLACK = 1, 0
_WIDE = 512


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Letter heights in dots. Under 18 nothing can be read at 203 dots an inch."""

    small: int
    body: int
    large: int
    margin: int


_SIZES_WIDE = _Sizes(22, 25, 31, 12)
_SIZES_NARROW = _Sizes(20, 22, 28, 4)


def draw_slip(receipt: Receipt, width: int, copy_no: int) -> Image.Image:
    """The slip as a one-bit picture of that many dots."""
    if width not in WIDTHS:
        raise ValueError(f"no head has {width} dots")
    blocks = slip_blocks(receipt, copy_no)
    pen = _Pen(width, [block.label for block in blocks if isinstance(block, Pair)])
    for block in blocks:
        pen.put(block)
    return pen.finish()


def draw_test_page(width: int) -> Image.Image:
    """Edges, marks and every size of letter: what a clerk looks at to judge a printer."""
    pen = _Pen(width, [])
    for block in (
        Mark("TRANG IN THỬ"),
        Line("Ắ Ẳ Ặ Ế Ể Ệ Ố Ổ Ộ Ớ Ở Ợ Ứ Ử Ự Ỷ Ỵ Đ", bold=True, large=True, centred=True),
        Line("ắ ẳ ặ ế ể ệ ố ổ ộ ớ ở ợ ứ ử ự ỷ ỵ đ", centred=True),
        Line("Đủ dấu, đủ bốn cạnh khung dưới đây, tự cắt giấy là máy in tốt.", small=True),
        Box("KHUNG", f"{width} chấm"),
        Qr("0123456789BCFGHJKLMNPQRSTVXZ", ""),
    ):
        pen.put(block)
    return pen.finish()


class _Pen:
    """Goes down the paper block by block."""

    def __init__(self, width: int, labels: list[str]) -> None:
        self._width = width
        self._sizes = _SIZES_WIDE if width >= _WIDE else _SIZES_NARROW
        self._image = Image.new("1", (width, 400), _WHITE)
        self._draw = self._begin()
        self._y = 6
        label = _font(False, self._sizes.small)
        self._column = max((int(label.getlength(text)) for text in labels), default=0) + 10

    def put(self, block: Block) -> None:
        """Draw one block below the last."""
        sizes = self._sizes
        match block:
            case Line():
                size = sizes.large if block.large else sizes.small if block.small else sizes.body
                self._paragraph(block.text, _font(block.bold, size), block.centred)
                self._y += 2 if block.large else 0
            case Pair():
                self._pair(block)
            case Box():
                self._box(block)
            case Mark():
                self._mark(block.text)
            case Rule():
                self._need(14)
                self._draw.line((0, self._y + 6, self._width, self._y + 6), _BLACK, 2)
                self._y += 14
            case Qr():
                self._qr(block)

    def finish(self) -> Image.Image:
        """The picture, as long as it needs to be."""
        return self._image.crop((0, 0, self._width, self._y + 6))

    def _begin(self) -> ImageDraw.ImageDraw:
        draw = ImageDraw.Draw(self._image)
        draw.fontmode = "1"
        return draw

    def _need(self, height: int) -> None:
        """Make the paper long enough for what comes."""
        wanted = self._y + height + 16
        if wanted > self._image.height:
            longer = Image.new("1", (self._width, max(wanted, self._image.height * 2)), _WHITE)
            longer.paste(self._image, (0, 0))
            self._image = longer
            self._draw = self._begin()

    def _paragraph(self, text: str, font: ImageFont.FreeTypeFont, centred: bool) -> None:
        room = self._width - 2 * self._sizes.margin
        for line in wrap(text, font, room):
            height = _line_height(font)
            self._need(height)
            x = self._sizes.margin
            if centred:
                x += (room - int(font.getlength(line))) // 2
            self._draw.text((x, self._y), line, fill=_BLACK, font=font)
            self._y += height

    def _pair(self, pair: Pair) -> None:
        sizes = self._sizes
        label, value = _font(False, sizes.small), _font(pair.bold, sizes.body)
        left = sizes.margin + self._column
        lines = wrap(pair.value, value, self._width - left - sizes.margin)
        height = _line_height(value)
        self._need(height * max(1, len(lines)) + 2)
        baseline = self._y + value.getmetrics()[0]
        self._draw.text(
            (sizes.margin, baseline - label.getmetrics()[0]), pair.label, fill=_BLACK, font=label
        )
        for line in lines or [""]:
            self._draw.text((left, self._y), line, fill=_BLACK, font=value)
            self._y += height
        self._y += 2

    def _box(self, box: Box) -> None:
        sizes = self._sizes
        room = self._width - 2 * sizes.margin - 20
        rows = [
            *(
                (line, _font(False, sizes.small))
                for line in wrap(box.label, _font(False, sizes.small), room)
            ),
            *(
                (line, _font(True, sizes.large))
                for line in wrap(box.value, _font(True, sizes.large), room)
            ),
            *(
                (line, _font(False, sizes.small))
                for line in wrap(box.below, _font(False, sizes.small), room)
            ),
        ]
        height = sum(_line_height(font) for _, font in rows) + 16
        self._need(height + 16)
        self._y += 6
        frame = (sizes.margin, self._y, self._width - sizes.margin - 1, self._y + height)
        self._draw.rectangle(frame, outline=_BLACK, width=3)
        y = self._y + 8
        for line, font in rows:
            x = (self._width - int(font.getlength(line))) // 2
            self._draw.text((x, y), line, fill=_BLACK, font=font)
            y += _line_height(font)
        self._y += height + 8

    def _mark(self, text: str) -> None:
        font = _font(True, self._sizes.body)
        height = _line_height(font) + 8
        self._need(height + 8)
        self._draw.rectangle((0, self._y, self._width, self._y + height), fill=_BLACK)
        x = (self._width - int(font.getlength(text))) // 2
        self._draw.text((x, self._y + 4), text, fill=_WHITE, font=font)
        self._y += height + 8

    def _qr(self, qr: Qr) -> None:
        if not qr.payload:
            self._place_for_qr()
            return
        modules = slip_modules(qr.payload, qr.host)
        side = len(modules) * MODULE
        quiet = QUIET * MODULE
        self._need(side + 2 * quiet)
        left, top = (self._width - side) // 2, self._y + quiet
        for row, line in enumerate(modules):
            for column, dark in enumerate(line):
                if dark:
                    x, y = left + column * MODULE, top + row * MODULE
                    self._draw.rectangle((x, y, x + MODULE - 1, y + MODULE - 1), fill=_BLACK)
        self._y += side + 2 * quiet

    def _place_for_qr(self) -> None:
        side = (4 * LARGEST_VERSION + 17) * MODULE // 2
        self._need(side + 24)
        left = (self._width - side) // 2
        for step in range(0, side, 12):
            for x, y in ((step, 0), (step, side), (0, step), (side, step)):
                across = y in (0, side)
                end = (x + 6, y) if across else (x, y + 6)
                start = (left + x, self._y + 12 + y)
                self._draw.line((*start, left + end[0], self._y + 12 + end[1]), _BLACK, 2)
        font = _font(False, self._sizes.small)
        for number, text in enumerate(("Mã QR", "có khi lưu")):
            x = (self._width - int(font.getlength(text))) // 2
            y = self._y + side // 2 - 12 + number * _line_height(font)
            self._draw.text((x, y), text, fill=_BLACK, font=font)
        self._y += side + 24


def wrap(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """Lines that fit. A word longer than a line is broken; no letter is lost."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        wider = f"{line} {word}" if line else word
        if font.getlength(wider) <= room:
            line = wider
            continue
        if line:
            lines.append(line)
        while font.getlength(word) > room:
            fits = next(
                n for n in range(len(word), 0, -1) if n == 1 or font.getlength(word[:n]) <= room
            )
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


@lru_cache(maxsize=16)
def _font(bold: bool, size: int) -> ImageFont.FreeTypeFont:
    name = "NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf"
    return ImageFont.truetype(
        BytesIO(resources.font(name)), size, layout_engine=ImageFont.Layout.BASIC
    )


@lru_cache(maxsize=16)
def _line_height(font: ImageFont.FreeTypeFont) -> int:
    """Ascent and descent of the letters that stand highest and lowest: Ầ Ễ Ộ Ạ."""
    ascent, descent = font.getmetrics()
    return int((ascent + descent) * 0.93) + 1
