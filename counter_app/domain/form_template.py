"""Reading a form's template: small, strict, and a fault names its line.

A template says what stands on the paper from top to bottom. `{name}` is a field of the form;
`{name:30}` draws thirty dots to write on where the field is empty; `|` parts a line into equal
columns; a line break in a text is one on the paper. There is no more to it.
"""

import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from counter_app.domain.form_kinds import KINDS, FormKind
from counter_app.domain.text import clean_text
from counter_app.domain.toml_file import Table, read

BlockKind = Literal["line", "centred", "note", "items", "table", "signatures", "qr", "pagebreak"]
_KEYS: Mapping[BlockKind, tuple[str, ...]] = {
    "line": ("text", "bold", "size"),
    "centred": ("text", "bold", "size"),
    "note": ("text",),
    "items": ("rows", "text"),
    "table": ("rows", "columns", "blank", "size"),
    "signatures": ("columns",),
    "qr": ("text", "side", "size"),
    "pagebreak": (),
}
"""What a block takes besides `kind` and `when`."""
_TOP = ("title", "mark", "number", "place", "letterhead", "landscape", "block")
_COLUMN = ("head", "group", "cell", "width", "left")
_SIGNER = ("head", "note", "name", "left")
_SIGN_HERE = "(Ký và ghi rõ họ tên)"
_MOST_DOTS = 200


@dataclass(frozen=True, slots=True)
class Slot:
    """A piece of a text: plain words, or a field with the dots that stand in for it."""

    words: str = ""
    field: str = ""
    dots: int = 0


Phrase = tuple[Slot, ...]
Words = tuple[tuple[Phrase, ...], ...]
"""The lines of a text, each in the columns it is parted into."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; columns that follow each other under one `group` share its head."""

    head: str
    group: str
    cell: Words
    width: int
    """Per cent of the table; 0 shares what the others leave."""
    left: bool


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, or with `left` what is noted in that place."""

    head: Words
    note: Words
    name: Words
    left: bool


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a form."""

    kind: BlockKind
    when: str = ""
    """Left out where this field or table is empty."""
    text: Words = ()
    rows: str = ""
    columns: tuple[Column, ...] = ()
    signers: tuple[Signer, ...] = ()
    bold: bool = False
    size: int = 100
    """Letters in per cent of the paper's usual size."""
    side: int = 0
    """Of a QR, in millimetres."""
    blank: int = 0
    """Empty rows to fill in by hand."""


@dataclass(frozen=True, slots=True)
class Template:
    """A form's words."""

    title: Words
    mark: Words
    number: Words
    place: Words
    letterhead: Words
    """Empty for the office's own."""
    landscape: bool
    blocks: tuple[Block, ...]


@lru_cache(maxsize=64)
def parse_template(text: str, form: str) -> Template:
    """Read a template of that form; every field, row and key it names must exist."""
    return _Reader(KINDS[form]).template(read(text))


def filled(phrase: Phrase, fields: Mapping[str, str]) -> str:
    """The words with their values."""
    return "".join(
        slot.words if not slot.field else fields[slot.field] or "." * slot.dots for slot in phrase
    )


class _Reader:
    """Reads one template."""

    def __init__(self, kind: FormKind) -> None:
        self._kind = kind

    def template(self, top: Table) -> Template:
        top.only(_TOP)
        if not top.rows("block"):
            raise top.fault("block", "mẫu trống, phải có ít nhất một [[block]].")
        return Template(
            self._words(top, "title", ""),
            self._words(top, "mark", ""),
            self._words(top, "number", ""),
            self._words(top, "place", "{made_on}" if "made_on" in self._kind.fields else ""),
            tuple(
                line
                for text in top.texts("letterhead")
                for line in self._parsed(top, "letterhead", text, self._kind.fields)
            ),
            top.get("landscape", bool, False),
            tuple(self._block(row) for row in top.rows("block")),
        )

    def _block(self, row: Table) -> Block:
        kind: BlockKind = row.choice("kind", _KEYS)  # type: ignore[assignment]
        row.only(("kind", "when", *_KEYS[kind]))
        when = row.get("when", str, "")
        if when and when not in {*self._kind.fields, *self._kind.tables}:
            raise row.fault("when", self._unknown("ô", when, self._kind.fields))
        rows = self._rows(row) if "rows" in _KEYS[kind] else ""
        known = self._kind.tables[rows] if kind == "items" else self._kind.fields
        return Block(
            kind,
            when,
            self._words(row, "text", "{no}. {item}" if kind == "items" else "", known),
            rows,
            tuple(self._column(c, rows) for c in _some(row)) if kind == "table" else (),
            tuple(self._signer(s) for s in _some(row)) if kind == "signatures" else (),
            row.get("bold", bool, False),
            row.whole("size", 50, 400, 100),
            row.whole("side", 15, 120, 25),
            row.whole("blank", 0, 60, 0),
        )

    def _rows(self, row: Table) -> str:
        rows: str = row.get("rows", str)
        if rows not in self._kind.tables:
            raise row.fault("rows", self._unknown("bảng", rows, self._kind.tables))
        return rows

    def _column(self, column: Table, rows: str) -> Column:
        column.only(_COLUMN)
        return Column(
            clean_text(column.get("head", str)),
            clean_text(column.get("group", str, "")),
            self._words(column, "cell", "", self._kind.tables[rows]),
            column.whole("width", 1, 90, 0) if column.has("width") else 0,
            column.get("left", bool, False),
        )

    def _signer(self, signer: Table) -> Signer:
        signer.only(_SIGNER)
        return Signer(
            self._words(signer, "head", ""),
            self._words(signer, "note", _SIGN_HERE),
            self._words(signer, "name", ""),
            signer.get("left", bool, False),
        )

    def _words(
        self, row: Table, key: str, default: str, known: Collection[str] | None = None
    ) -> Words:
        text: str = row.get(key, str, default) if default or row.has(key) else ""
        return self._parsed(row, key, text, self._kind.fields if known is None else known)

    def _parsed(self, row: Table, key: str, text: str, known: Collection[str]) -> Words:
        if not text:
            return ()
        return tuple(
            tuple(self._phrase(row, key, part, known) for part in line.split("|"))
            for line in text.split("\n")
        )

    def _phrase(self, row: Table, key: str, text: str, known: Collection[str]) -> Phrase:
        slots = []
        try:
            pieces = list(string.Formatter().parse(text))
        except ValueError:
            raise row.fault(key, "dấu ngoặc nhọn viết chưa đúng.") from None
        for words, field, dots, conversion in pieces:
            if words:
                slots.append(Slot(_plain(words)))
            if field is None:
                continue
            if field not in known:
                raise row.fault(key, self._unknown("ô", field, known))
            if conversion or (dots and not (dots.isdecimal() and int(dots) <= _MOST_DOTS)):
                raise row.fault(
                    key, f"sau “{field}:” phải là số dấu chấm để viết tay, nhiều nhất {_MOST_DOTS}."
                )
            slots.append(Slot("", field, int(dots or 0)))
        return tuple(slots)

    def _unknown(self, what: str, name: str, known: Collection[str]) -> str:
        names = ", ".join(sorted(known)) or "không có gì"
        return f"không có {what} “{clean_text(name)}” trong mẫu này. Chọn: {names}."


def _some(row: Table) -> list[Table]:
    """Columns; a table or a row of signatures without any says nothing."""
    found = row.rows("columns")
    if not found:
        raise row.fault("columns", "phải có ít nhất một cột.")
    return found


def _plain(words: str) -> str:
    """Printable words; blanks at their ends part them from a field."""
    inner = clean_text(words)
    if not inner:
        return " "
    before = " " if words[0].isspace() else ""
    after = " " if words[-1].isspace() else ""
    return f"{before}{inner}{after}"
