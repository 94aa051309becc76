"""Statutory forms as PDF: the words are data in resources/forms, the layout is here.

The same bytes twice for the same content: no time of printing, no random ids. Only the embedded
font is used; the library's own Helvetica is named before its canvas loads, or it slips in.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab import rl_config

rl_config.invariant = 1
rl_config.canvas_basefontname = "MotCua"
rl_config.defaultGraphicsFontName = "MotCua"

from reportlab.lib.fonts import addMapping  # noqa: E402

for bold in (0, 1):
    for italic in (0, 1):
        # the style sheets look the base font up while they load
        addMapping("MotCua", bold, italic, "MotCua-Bold" if bold else "MotCua")

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT  # noqa: E402
from reportlab.lib.pagesizes import A4, A5  # noqa: E402
from reportlab.lib.styles import ParagraphStyle  # noqa: E402
from reportlab.lib.units import mm  # noqa: E402
from reportlab.pdfbase import pdfmetrics  # noqa: E402
from reportlab.pdfbase.ttfonts import TTFont  # noqa: E402
from reportlab.platypus import (  # noqa: E402
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

import resources  # noqa: E402
from counter_app.domain.faults import FileFault  # noqa: E402
from counter_app.domain.form import FormContent, Rows  # noqa: E402
from counter_app.domain.text import clean_text  # noqa: E402
from counter_app.errors import EnvironmentFault, Refused  # noqa: E402
from counter_app.printing.form_template import Template, parse_template  # noqa: E402

_SETS = ("FS-2025", "FS-2018")
_SIZES = {"a5": (A5, 9.5, 11 * mm), "a4": (A4, 12.0, 20 * mm)}


@dataclass(frozen=True, slots=True)
class _Styles:
    """Paragraph styles of one paper size."""

    body: ParagraphStyle
    small: ParagraphStyle
    centred: ParagraphStyle
    title: ParagraphStyle
    head: ParagraphStyle
    cell: ParagraphStyle
    count: ParagraphStyle


def draw_form(content: FormContent, paper: str) -> bytes:
    """The form as PDF."""
    _register()
    template = _template(content.form_set, content.form)
    size, points, margin = _SIZES[paper]
    styles = _styles(points)
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=size,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin * 0.8,
        bottomMargin=margin * 0.8,
        title=template.title,
        author=clean_text(content.fields["office_name"]),
        invariant=1,
    )
    story = _story(template, content, styles, size[0] - 2 * margin)
    document.build(story)
    return out.getvalue()


def _template(form_set: str, form: str) -> Template:
    """The template of the office's set, else of the newest set that has it."""
    for name in (form_set, *_SETS):
        text = resources.form_text(name, form)
        if text is not None:
            try:
                return parse_template(text)
            except FileFault as fault:
                raise EnvironmentFault("form_damaged", fault.sentence(f"{form}.toml")) from None
    raise Refused("form_missing", "Chưa có mẫu này trong bộ mẫu của cơ quan.", "form")


def _story(
    template: Template, content: FormContent, styles: _Styles, width: float
) -> list[Flowable]:
    fields = {name: clean_text(value) for name, value in content.fields.items()}
    story: list[Flowable] = [_letterhead(template, content, fields, styles, width)]
    story += [Spacer(1, 6), Paragraph(escape(template.title), styles.title)]
    for block in template.blocks:
        if block.when and not fields.get(block.when):
            continue
        match block.kind:
            case "line":
                story.append(Paragraph(_filled(block.text, fields), styles.body))
            case "centred":
                story.append(Paragraph(_filled(block.text, fields), styles.centred))
            case "note":
                story.append(Spacer(1, 4))
                story.append(Paragraph(_filled(block.text, fields), styles.small))
            case "table":
                story.append(_table(block.columns, content.tables["papers"], styles, width))
            case "items":
                story += [
                    Paragraph(f"{number}. {escape(clean_text(item))}", styles.body)
                    for number, (item,) in enumerate(content.tables["items"], 1)
                ]
            case "signatures":
                story.append(_signatures(block.columns, fields, styles, width))
    return story


def _filled(text: str, fields: dict[str, str]) -> str:
    """The words of the template with the values escaped: a name is never markup."""
    return escape(text).format_map({name: escape(value) for name, value in fields.items()})


def _letterhead(
    template: Template,
    content: FormContent,
    fields: dict[str, str],
    styles: _Styles,
    width: float,
) -> Flowable:
    left = [Paragraph(escape(clean_text(line)), styles.head) for line in content.letterhead]
    left.append(Paragraph(_filled(template.number, fields), styles.centred))
    right = [
        Paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", styles.head),
        Paragraph("Độc lập - Tự do - Hạnh phúc", styles.head),
        Paragraph(_filled(template.place, fields), styles.centred),
    ]
    table = Table([[left, right]], colWidths=(width * 0.46, width * 0.54))
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_tight()]))
    return table


def _table(columns: tuple[str, ...], rows: Rows, styles: _Styles, width: float) -> Flowable:
    narrow = 0.13 * width
    widths = [0.08 * width, width - 0.08 * width - narrow * (len(columns) - 2)]
    widths += [narrow] * (len(columns) - 2)
    cells: list[list[Any]] = [
        [Paragraph(f"<b>{escape(name)}</b>", styles.count) for name in columns]
    ]
    cells += [
        [
            Paragraph(escape(clean_text(text)), styles.cell if place == 1 else styles.count)
            for place, text in enumerate(row)
        ]
        for row in rows
    ]
    table = Table(cells, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, "black"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def _signatures(
    columns: tuple[str, ...], fields: dict[str, str], styles: _Styles, width: float
) -> Flowable:
    cells = [
        [
            Paragraph(f"<b>{_filled(name, fields)}</b>", styles.centred),
            Paragraph("(Ký và ghi rõ họ tên)", styles.centred),
            Spacer(1, 34),
            Paragraph(escape(fields.get(signer, "")), styles.centred),
        ]
        for name, _, signer in (column.partition("|") for column in columns)
    ]
    table = Table([cells], colWidths=[width / len(cells)] * len(cells))
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_tight()]))
    return KeepTogether([Spacer(1, 6), table])


def _tight() -> list[tuple[Any, ...]]:
    return [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ]


def _styles(points: float) -> _Styles:
    def style(
        name: str, scale: float = 1.0, *, bold: bool = False, at: int = TA_LEFT
    ) -> ParagraphStyle:
        size = points * scale
        return ParagraphStyle(
            name,
            fontName="MotCua-Bold" if bold else "MotCua",
            fontSize=size,
            leading=size * 1.32,
            alignment=at,
            spaceAfter=size * 0.16,
            splitLongWords=1,
        )

    return _Styles(
        style("body"),
        style("small", 0.84, at=TA_JUSTIFY),
        style("centred", 0.94, at=TA_CENTER),
        style("title", 1.22, bold=True, at=TA_CENTER),
        style("head", 0.88, bold=True, at=TA_CENTER),
        style("cell", 0.92),
        style("count", 0.88, at=TA_CENTER),
    )


def _register() -> None:
    if "MotCua" in pdfmetrics.getRegisteredFontNames():
        return
    for name, file in (("MotCua", "Regular"), ("MotCua-Bold", "Bold")):
        font = TTFont(name, BytesIO(resources.font(f"NotoSans-{file}.ttf")))
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(
        "MotCua", normal="MotCua", bold="MotCua-Bold", italic="MotCua", boldItalic="MotCua-Bold"
    )
