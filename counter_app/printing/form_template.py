"""Reading a form's template: small, strict, and a fault names its line."""

import string
from dataclasses import dataclass

from counter_app.domain.form_content import FIELDS
from counter_app.domain.toml_file import Table, read

KINDS = ("line", "centred", "note", "table", "items", "signatures")


@dataclass(frozen=True, slots=True)
class TemplateBlock:
    """One block of a form, top to bottom."""

    kind: str
    text: str
    when: str
    """Left out where this field is empty."""
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A form's words."""

    title: str
    number: str
    place: str
    blocks: tuple[TemplateBlock, ...]


def parse_template(text: str) -> Template:
    """Read a template; every field it names must exist."""
    top = read(text)
    top.only(("title", "number", "place", "block"))
    number, place = top.get("number", str, ""), top.get("place", str, "{made_on}")
    for key, value in (("number", number), ("place", place)):
        _check(top, key, value)
    blocks = tuple(_block(row) for row in top.rows("block"))
    return Template(top.get("title", str), number, place, blocks)


def _block(row: Table) -> TemplateBlock:
    row.only(("kind", "text", "when", "columns"))
    kind = row.get("kind", str)
    if kind not in KINDS:
        raise row.fault("kind", f"loại “{kind}” không có. Chọn: {', '.join(KINDS)}.")
    text, when = row.get("text", str, ""), row.get("when", str, "")
    _check(row, "text", text)
    if when and when not in FIELDS:
        raise row.fault("when", f"không có ô “{when}”.")
    columns = row.texts("columns")
    if kind in ("table", "signatures") and len(columns) < 2:
        raise row.fault("columns", "phải có ít nhất hai cột.")
    return TemplateBlock(kind, text, when, columns)


def _check(row: Table, key: str, text: str) -> None:
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        raise row.fault(key, "dấu ngoặc nhọn viết chưa đúng.") from None
    for name in names:
        if name not in FIELDS:
            raise row.fault(key, f"không có ô “{name}”.")
