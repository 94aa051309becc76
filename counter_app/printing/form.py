"""Drawing a form: the words come from its template, the values from its content, the layout is here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from counter_app.domain.form import FormContent, Rows
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_template import Block, Column, Signer, Template, Words, filled
from counter_app.domain.text import clean_text
from counter_app.printing.qr import slip_modules, words_modules
from counter_app.printing.sheet import (
    MM,
    SIZES,
    Box,
    Line,
    Row,
    Style,
    abreast,
    draw,
    gap,
    height_of,
    in_the_middle,
    paragraph,
    side_by_side,
)

_POINTS = {"a5": 9.0, "a4": 11.5, "a3": 17.0}
_MARGINS = {"a5": (10 * MM, 7 * MM), "a4": (20 * MM, 15 * MM), "a3": (28 * MM, 22 * MM)}
_BETWEEN = {"a5": 0.06, "a4": 0.28, "a3": 0.28}
"""Between paragraphs, in ems."""
_LANDSCAPE_MARGIN = 0.62
"""Wide lists get more of the paper."""
_NATION = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
_MOTTO = "Độc lập - Tự do - Hạnh phúc"
_SMALLEST = 0.8
"""Share of the usual size to which a line of the letterhead may shrink."""
_SIGNING_ROOM = 4.2
"""Between the words above a signature and the name below it, in ems."""

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the drawing of one form goes by."""

    values: Values
    points: float
    width: float
    between: float

    def style(
        self, scale: float = 1.0, *, bold: bool = False, italic: bool = False, centred: bool = False
    ) -> Style:
        """Letters in that share of the paper's usual size."""
        return Style(
            self.points * scale,
            "Bold" if bold else "Italic" if italic else "Regular",
            "centre" if centred else "left",
        )


def draw_form(template: Template, content: FormContent, paper: str) -> bytes:
    """The form as PDF."""
    values = {name: clean_text(value) for name, value in content.fields.items()}
    page, (side, above) = SIZES[paper], _MARGINS[paper]
    if template.landscape:
        page = page[1], page[0]
        side *= _LANDSCAPE_MARGIN
    desk = _Desk(values, _POINTS[paper], page[0] - 2 * side, _BETWEEN[paper])
    rows = [*_letterhead(desk, template, content), *_title(desk, template)]
    for block in template.blocks:
        if block.when and not (values.get(block.when) or content.tables.get(block.when)):
            continue
        drawn = _block(desk, block, content)
        if drawn and block.kind in ("items", "table", "signatures"):
            _keep_last(rows)
        rows += drawn
    return draw(
        rows,
        page,
        (side, above),
        title=_plain(template.title, values) or KINDS[content.form].title,
        author=values.get("office_name", ""),
        foot=values.get("code") or values.get("number") or "",
    )


def _keep_last(rows: list[Row]) -> None:
    """What leads to a list, and the last line before the signatures, goes with what follows it."""
    for at in reversed(range(len(rows))):
        if rows[at].break_after:
            return
        rows[at] = replace(rows[at], keep=True)
        if rows[at].boxes:
            return


def _block(desk: _Desk, block: Block, content: FormContent) -> list[Row]:
    match block.kind:
        case "line" | "centred":
            style = desk.style(block.size / 100, bold=block.bold, centred=block.kind == "centred")
            return _paragraphs(desk, block.text, style)
        case "note":
            style = desk.style(0.82, italic=True)
            return [gap(style.size * 0.4), *_paragraphs(desk, block.text, style)]
        case "items":
            return [
                row
                for values in _records(content, block.rows)
                for row in _paragraphs(desk, block.text, desk.style(), values)
            ]
        case "table":
            return _table(desk, block, content)
        case "signatures":
            return _signatures(desk, block.signers)
        case "qr":
            return _qr(desk, block, content)
        case "pagebreak":
            return [Row((), 0.0, break_after=True)]


# ---- words --------------------------------------------------------------------------------------


def _plain(words: Words, values: Values) -> str:
    return " ".join(filled(phrase, values) for line in words for phrase in line).strip()


def _set(words: Words, values: Values, style: Style, width: float) -> tuple[Line, ...]:
    """The lines of a text in a place of that width."""
    return tuple(
        line
        for phrases in words
        for line in side_by_side([filled(phrase, values) for phrase in phrases], style, width)
    )


def _paragraphs(desk: _Desk, words: Words, style: Style, values: Values | None = None) -> list[Row]:
    """A row each, so that a page may end between them."""
    found = []
    for phrases in words:
        lines = _set((phrases,), desk.values if values is None else values, style, desk.width)
        row = abreast([lines], (desk.width,))
        found.append(replace(row, height=row.height + style.size * desk.between))
    return found


def _records(content: FormContent, name: str) -> list[Values]:
    columns = tuple(KINDS[content.form].tables[name])
    rows: Rows = content.tables[name]
    return [dict(zip(columns, map(clean_text, row), strict=True)) for row in rows]


# ---- the head of the paper ----------------------------------------------------------------------


def _letterhead(desk: _Desk, template: Template, content: FormContent) -> list[Row]:
    """Upper agency and own unit at the left, the nation at the right, rules below; then the number
    and the place with the date.
    """
    left, right = desk.width * 0.45, desk.width * 0.55
    style, strong = desk.style(0.86, centred=True), desk.style(0.86, bold=True, centred=True)
    nation = _fitting(_NATION, strong, right)
    own = [_plain((line,), desk.values) for line in template.letterhead] or [
        clean_text(line) for line in content.letterhead
    ]
    agency: list[Line] = []
    for number, text in enumerate(own):
        last = number == len(own) - 1
        lines = paragraph(text, _fitting(text, strong if last else style, left - style.size), left)
        if last:
            lines = (*lines[:-1], replace(lines[-1], underline=0.5))
        agency += lines
    motto = paragraph(_MOTTO, replace(strong, size=nation.size * 1.04), right)
    rows = []
    if template.mark:
        small = replace(desk.style(0.72, italic=True), align="right")
        rows += _paragraphs(desk, template.mark, small)
    rows.append(
        abreast(
            [agency, (*paragraph(_NATION, nation, right), replace(motto[0], underline=1.0))],
            (left, right),
        )
    )
    numbered = _set(template.number, desk.values, desk.style(0.92, centred=True), left)
    place = desk.style(0.92, italic=True, centred=True)
    dated = _set(template.place, desk.values, place, right)
    if numbered or dated:
        rows += [gap(desk.points * 0.5), abreast([numbered, dated], (left, right))]
    return rows


def _fitting(text: str, style: Style, width: float) -> Style:
    """A little smaller where that saves a line."""
    share = width / max(style.width_of(text), 1.0)
    return replace(style, size=style.size * share) if _SMALLEST <= share < 1 else style


def _title(desk: _Desk, template: Template) -> list[Row]:
    if not template.title:
        return []
    style = desk.style(1.22, bold=True, centred=True)
    return [
        gap(desk.points * 0.9),
        *_paragraphs(desk, template.title, style),
        gap(desk.points * 0.3),
    ]


# ---- tables -------------------------------------------------------------------------------------


def _table(desk: _Desk, block: Block, content: FormContent) -> list[Row]:
    records = _records(content, block.rows)
    columns = KINDS[content.form].tables[block.rows]
    records += [dict.fromkeys(columns, "")] * block.blank
    if not records:
        return []
    scale = block.size / 100
    widths = _widths(block.columns, desk.width)
    padding = desk.points * scale * 0.22
    head = _head(desk, block.columns, widths, scale, padding)
    rows = []
    for values in records:
        cells = [
            _set(
                column.cell, values, desk.style(0.92 * scale, centred=not column.left),
                width - 2 * padding,
            )
            for column, width in zip(block.columns, widths, strict=True)
        ]  # fmt: skip
        row = abreast(cells, widths, padding=padding, frame=0.5, middle=True)
        rows.append(replace(row, head=head))
    return [replace(gap(padding), keep=True), replace(head, keep=True), *rows, gap(padding * 2)]


def _widths(columns: Sequence[Column], width: float) -> list[float]:
    """In points; columns without a width share what is left."""
    given = sum(column.width for column in columns)
    free = sum(1 for column in columns if not column.width)
    share = max(100 - given, 0) / free if free else 0.0
    whole = given + share * free
    return [(column.width or share) / whole * width for column in columns]


def _head(
    desk: _Desk, columns: Sequence[Column], widths: Sequence[float], scale: float, padding: float
) -> Row:
    """Names of columns; neighbours of one group stand under a common one."""
    style = desk.style(0.88 * scale, bold=True, centred=True)

    def named(text: str, width: float) -> tuple[Line, ...]:
        return paragraph(text, style, width - 2 * padding)

    groups: list[tuple[str, int, int]] = []
    for place, column in enumerate(columns):
        if groups and column.group and groups[-1][0] == column.group:
            groups[-1] = (column.group, groups[-1][1], place + 1)
        else:
            groups.append((column.group, place, place + 1))
    names = [named(column.head, width) for column, width in zip(columns, widths, strict=True)]
    commons = {start: named(group, sum(widths[start:end])) for group, start, end in groups if group}
    upper = max((height_of(lines) + 2 * padding for lines in commons.values()), default=0.0)
    lower = max(
        height_of(lines) + 2 * padding - (0 if column.group else upper)
        for column, lines in zip(columns, names, strict=True)
    )
    lower = max(lower, style.leading + 2 * padding if upper else 0.0)
    boxes = []
    for group, start, end in groups:
        left = sum(widths[:start])
        if group:
            boxes.append(
                Box(left, 0.0, sum(widths[start:end]), upper, commons[start], padding, 0.5)
            )
        for place in range(start, end):
            top, height = (upper, lower) if group else (0.0, upper + lower)
            boxes.append(Box(left, top, widths[place], height, names[place], padding, 0.5))
            left += widths[place]
    return Row(tuple(map(in_the_middle, boxes)), upper + lower)


# ---- signatures and codes -----------------------------------------------------------------------


def _signatures(desk: _Desk, signers: Sequence[Signer]) -> list[Row]:
    width = desk.width / len(signers)
    room = width - desk.points
    cells = []
    for signer in signers:
        head = desk.style(0.94, bold=True, centred=not signer.left)
        note = desk.style(0.86, italic=True, centred=not signer.left)
        name = _set(signer.name, desk.values, desk.style(0.96, bold=True, centred=True), room)
        lines = [*_set(signer.head, desk.values, head, room)]
        lines += _set(signer.note, desk.values, note, room)
        if not signer.left:
            lines += [Line("", note, 0.0, room, desk.points * _SIGNING_ROOM), *name]
        cells.append(lines)
    return [
        replace(gap(desk.points * 0.8), keep=True),
        abreast(cells, [width] * len(signers)),
    ]


def _qr(desk: _Desk, block: Block, content: FormContent) -> list[Row]:
    """The code with its words at its right; alone it stands in the middle."""
    if not content.qr:
        return _paragraphs(desk, block.text, desk.style(block.size / 100))
    side = block.side * MM
    modules = (
        words_modules(content.qr)
        if content.host is None
        else slip_modules(content.qr, content.host)
    )
    if not block.text:
        code = Box((desk.width - side) / 2, 0.0, side, side, picture=modules)
        return [gap(desk.points * 0.5), Row((code,), side), gap(desk.points * 0.5)]
    beside = side + desk.points
    words = _set(block.text, desk.values, desk.style(block.size / 100), desk.width - beside)
    height = max(side, height_of(words))
    code = Box(0.0, 0.0, side, side, picture=modules)
    text = in_the_middle(Box(beside, 0.0, desk.width - beside, height, words))
    return [Row((code, text), height), gap(desk.points * 0.4)]
