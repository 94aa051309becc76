"""Pages of paper: everything is measured first and placed then, so that nothing is cut or overlaps.

A page is a column of rows, a row some boxes side by side, a box some lines. Only the embedded fonts
are used; the library's own Helvetica is named before its canvas loads, or it slips in. The same rows
give the same bytes: no time of printing, no random ids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from io import BytesIO
from typing import Any, Literal

from reportlab import rl_config

rl_config.invariant = 1
rl_config.useA85 = 0
rl_config.canvas_basefontname = "MotCua-Regular"
rl_config.defaultGraphicsFontName = "MotCua-Regular"

from reportlab.pdfbase import pdfmetrics  # noqa: E402
from reportlab.pdfbase.ttfonts import TTFont  # noqa: E402
from reportlab.pdfgen.canvas import Canvas  # noqa: E402

import resources  # noqa: E402
from counter_app.printing.wrap import wrap  # noqa: E402

MM = 72 / 25.4
SIZES = {"a5": (148 * MM, 210 * MM), "a4": (210 * MM, 297 * MM), "a3": (297 * MM, 420 * MM)}
"""Paper upright, in points."""

Weight = Literal["Regular", "Bold", "Italic"]
Align = Literal["left", "centre", "right"]
_ASCENT, _DESCENT = 1.069, 0.293
"""Of the font, in ems: what Ẫ and Ự need above and below the line."""
_LEADING = 1.34
_RULE = 0.6


@dataclass(frozen=True, slots=True)
class Style:
    """How letters are drawn; `size` in points."""

    size: float
    weight: Weight = "Regular"
    align: Align = "left"
    white: bool = False

    @property
    def leading(self) -> float:
        """From line to line, in points."""
        return self.size * _LEADING

    def width_of(self, text: str) -> float:
        """Of a text in one line, in points."""
        return width_of(text, self.weight) * self.size


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a box. `left` and `width` are its room; `advance` is how far the next one begins."""

    text: str
    style: Style
    left: float
    width: float
    advance: float
    underline: float = 0.0
    """How much of the text's width is ruled below it, 1 for all."""


Picture = Sequence[Sequence[bool]]
"""Dark and light modules."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place in a row. `left` and `top` are counted from the row's corner, downwards."""

    left: float
    top: float
    width: float
    height: float
    lines: tuple[Line, ...] = ()
    padding: float = 0.0
    frame: float = 0.0
    """How thick its border is; 0 for none."""
    dark: bool = False
    picture: Picture = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What stands side by side. `keep`: never the last on its page. `head` is repeated above it."""

    boxes: tuple[Box, ...]
    height: float
    keep: bool = False
    head: "Row | None" = field(default=None, repr=False)
    break_after: bool = False


def gap(height: float) -> Row:
    """Nothing, that high."""
    return Row((), height)


def paragraph(text: str, style: Style, width: float, left: float = 0.0) -> tuple[Line, ...]:
    """The lines of a text; an empty one keeps its height."""
    found = wrap(text, style.width_of, width) or [""]
    return tuple(Line(part, style, left, width, style.leading) for part in found)


def side_by_side(parts: Sequence[str], style: Style, width: float) -> tuple[Line, ...]:
    """Texts in equal columns of one width."""
    if len(parts) == 1:
        return paragraph(parts[0], style, width)
    room = width / len(parts)
    columns = [
        paragraph(part, style, room - style.size * 0.5, number * room)
        for number, part in enumerate(parts)
    ]
    found: list[Line] = []
    for row in range(max(map(len, columns))):
        abreast = [column[row] for column in columns if row < len(column)]
        found += [replace(line, advance=0.0) for line in abreast[:-1]]
        found.append(abreast[-1])
    return tuple(found)


def height_of(lines: Sequence[Line]) -> float:
    """Of a stack of lines, in points."""
    return sum(line.advance for line in lines)


def abreast(
    cells: Sequence[Sequence[Line]],
    widths: Sequence[float],
    *,
    padding: float = 0.0,
    frame: float = 0.0,
    middle: bool = False,
) -> Row:
    """Cells of one height in a row; with a frame they are a table's."""
    height = max(map(height_of, cells)) + 2 * padding
    boxes, left = [], 0.0
    for lines, width in zip(cells, widths, strict=True):
        box = Box(left, 0.0, width, height, tuple(lines), padding, frame)
        boxes.append(in_the_middle(box) if middle else box)
        left += width
    return Row(tuple(boxes), height)


def in_the_middle(box: Box) -> Box:
    """Its lines as far from its floor as from its ceiling."""
    free = box.height - 2 * box.padding - height_of(box.lines)
    if free <= 0 or not box.lines:
        return box
    first = box.lines[0]
    lead = Line("", first.style, 0.0, 0.0, free / 2)
    return replace(box, lines=(lead, *box.lines))


def draw(
    rows: Sequence[Row],
    page: tuple[float, float],
    margins: tuple[float, float],
    *,
    title: str,
    author: str,
    foot: str,
) -> bytes:
    """The pages as PDF. `margins` are those at the sides and those above and below, in points."""
    out = BytesIO()
    canvas = new_canvas(out, title, author)
    canvas.setPageSize(page)
    side, above = margins
    pages = list(_pages(rows, page[1] - 2 * above))
    small = Style(7.5)
    for number, placed in enumerate(pages, 1):
        pen = _Pen(canvas, side, page[1] - above)
        for top, row in placed:
            for box in row.boxes:
                pen.box(box, top)
        if len(pages) > 1:
            width = page[0] - 2 * side
            foot_lines = (
                Line(foot, small, 0.0, width, 0.0),
                Line(f"Trang {number}/{len(pages)}", replace(small, align="right"), 0.0, width, 0),
            )
            pen.box(Box(0.0, 0.0, width, 0.0, foot_lines), page[1] - 2 * above + above * 0.3)
        pen.finish()
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def new_canvas(out: BytesIO, title: str, author: str) -> Any:
    """A document without a time or an id of its own, with the embedded fonts at hand."""
    for weight in ("Regular", "Bold", "Italic"):
        _font(weight)
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setCreator("Một Cửa")
    return canvas


def draw_modules(
    canvas: Any, picture: Picture, left: float, top: float, step: float, *, down: bool = False
) -> None:
    """Dark runs of each row; a hair higher than a module, or viewers show seams.

    `down` where the canvas counts from the top.
    """
    path = canvas.beginPath()
    for number, modules in enumerate(picture):
        y = top + number * step if down else top - (number + 1) * step
        start = 0
        while start < len(modules):
            end = start
            while end < len(modules) and modules[end]:
                end += 1
            if end > start:
                path.rect(left + start * step, y, (end - start) * step, step * 1.02)
            start = end + 1
    canvas.drawPath(path, stroke=0, fill=1)


def _pages(rows: Sequence[Row], height: float) -> Iterator[list[tuple[float, Row]]]:
    """Rows with their distance from the top, a list a page; there is always one."""
    page: list[tuple[float, Row]] = []
    used = 0.0
    for group in _groups(rows):
        if page and used + sum(row.height for row in group) > height + 0.01:
            yield page
            page, used = [], 0.0
            if (head := group[0].head) is not None:
                page, used = [(0.0, head)], head.height
        for whole in group:
            for row in _pieces(whole, height - used, height):
                if page and used + row.height > height + 0.01:
                    yield page
                    page, used = [], 0.0
                page.append((used, row))
                used += row.height
        if page and group[-1].break_after:
            yield page
            page, used = [], 0.0
    if page or not rows:
        yield page


def _groups(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that must be on one page."""
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if not row.keep:
            yield group
            group = []
    if group:
        yield group


def _pieces(row: Row, room: float, height: float) -> Iterator[Row]:
    """A row that no page can hold is parted between its lines."""
    while row.height > height:
        parted = [_parted(box, room) for box in row.boxes]
        upper = tuple(box for box, _ in parted)
        used = max(box.height for box in upper)
        if not any(box.lines for box in upper):
            if room >= height:
                break
            room = height
            continue
        yield Row(tuple(replace(box, height=used) for box in upper), used)
        rest = tuple(box for _, box in parted)
        tallest = max(box.height for box in rest)
        row = replace(
            row, boxes=tuple(replace(box, height=tallest) for box in rest), height=tallest
        )
        room = height
    yield row


def _parted(box: Box, room: float) -> tuple[Box, Box]:
    """What of a box fits, and the rest of it."""
    fits, used = 0, 2 * box.padding
    for line in box.lines:
        if used + line.advance > room:
            break
        used += line.advance
        fits += 1
    upper, lower = box.lines[:fits], box.lines[fits:]
    return (
        replace(box, lines=upper, height=2 * box.padding + height_of(upper)),
        replace(box, lines=lower, height=2 * box.padding + height_of(lower)),
    )


class _Pen:
    """Draws the boxes of one page; texts are collected and written together."""

    def __init__(self, canvas: Canvas, left: float, top: float) -> None:
        self._canvas = canvas
        self._left, self._top = left, top
        self._text: Any = canvas.beginText()
        self._font: tuple[str, float] | None = None
        self._white = False

    def box(self, box: Box, down: float) -> None:
        """At that distance from the top of the page's body."""
        x, top = self._left + box.left, self._top - down - box.top
        canvas = self._canvas
        if box.dark:
            canvas.rect(x, top - box.height, box.width, box.height, stroke=0, fill=1)
        elif box.frame:
            canvas.setLineWidth(box.frame)
            canvas.rect(x, top - box.height, box.width, box.height, stroke=1, fill=0)
        if box.picture:
            draw_modules(canvas, box.picture, x, top, box.width / len(box.picture))
        y = top - box.padding
        for line in box.lines:
            if line.text:
                self._line(line, x + box.padding, y)
            y -= line.advance

    def finish(self) -> None:
        """Write the texts of the page."""
        self._canvas.drawText(self._text)

    def _line(self, line: Line, x: float, y: float) -> None:
        style = line.style
        width = style.width_of(line.text)
        x += line.left
        if style.align != "left":
            x += (line.width - width) / (2 if style.align == "centre" else 1)
        room = style.leading - (_ASCENT + _DESCENT) * style.size
        baseline = y - room / 2 - _ASCENT * style.size
        name = f"MotCua-{style.weight}"
        if (name, style.size) != self._font:
            self._text.setFont(name, style.size)
            self._font = name, style.size
        if style.white != self._white:
            self._text.setFillGray(1 if style.white else 0)
            self._white = style.white
        self._text.setTextOrigin(x, baseline)
        self._text.textOut(line.text)
        if line.underline:
            ruled = width * line.underline
            start, under = x + (width - ruled) / 2, baseline - style.size * 0.4
            self._canvas.setLineWidth(_RULE)
            self._canvas.line(start, under, start + ruled, under)


@cache
def _widths(weight: Weight) -> tuple[dict[int, float], float]:
    """Of every letter, in ems, and of a letter that the font has not."""
    face = _font(weight).face
    return {code: width / 1000 for code, width in face.charWidths.items()}, face.defaultWidth / 1000


@cache
def _font(weight: Weight) -> Any:
    name = f"MotCua-{weight}"
    font = TTFont(name, BytesIO(resources.font(f"NotoSans-{weight}.ttf")))
    pdfmetrics.registerFont(font)
    return font


def width_of(text: str, weight: Weight) -> float:
    """Of a text in one line, in ems."""
    widths, missing = _widths(weight)
    return sum([widths.get(ord(letter), missing) for letter in text])
