"""Procedures (thủ tục hành chính), their cases, papers and fees, and finding one while typing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from counter_app.domain.events import FeeLine, PageLine
from counter_app.domain.text import initials, search_key
from counter_app.domain.toml_file import Lines, Table, parse, tables

Policy = Literal["resume", "restart"]


class ProcessingUnit(StrEnum):
    """What a processing time is counted in."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"
    WORKING_HOUR = "working_hour"
    SAME_DAY = "same_day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Component:
    """One kind of paper (thành phần hồ sơ) with the counts usually asked for, per set."""

    id: str
    name: str
    originals: int
    certified: int
    copies: int
    submit: Literal["submit", "present"]
    """`present`: shown and given back."""
    required: bool


@dataclass(frozen=True, slots=True)
class Fee:
    """A fee (phí) or levy (lệ phí) in đồng. The province may set another: it is data."""

    id: str
    name: str
    kind: Literal["fee", "levy"]
    amount: int
    per: Literal["dossier", "page", "copy"]
    cheaper_from_page: int = 0
    """From this page on `cheaper_amount` a page; 0 for never."""
    cheaper_amount: int = 0
    most_per_copy: int = 0
    """Never more than this for one copy; 0 for no cap."""


@dataclass(frozen=True, slots=True)
class ProcedureCase:
    """A case (trường hợp): its own time, papers and fees."""

    id: str
    name: str
    unit: ProcessingUnit
    amount: int
    components: tuple[Component, ...]
    fees: tuple[Fee, ...]

    @property
    def by_pages(self) -> bool:
        """Whether the fee asks for pages and copies instead of a list of papers."""
        return any(fee.per != "dossier" for fee in self.fees)


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure of the catalogue."""

    code: str
    name: str
    version: str
    field_code: str
    field_name: str
    decision_no: str
    unit: str
    result: str
    cases: tuple[ProcedureCase, ...]
    unit_verified: bool
    """False where the portal states a number without a unit and practice supplies it."""
    checked: bool
    """Whether the papers were compared with the province's decision."""
    form_field: Literal["standard", "residence"]
    border: bool
    rank: int
    """Favourites first: 1 is the most asked for, 0 none."""
    aliases: tuple[str, ...]
    supplement_policy: Policy
    payment_policy: Policy


def fee_of(case: ProcedureCase, pages: Sequence[PageLine], sets: int) -> tuple[FeeLine, ...]:
    """What is to be paid, in đồng, a line a fee; lines of nothing are left out."""
    lines = []
    for fee in case.fees:
        match fee.per:
            case "dossier":
                amount = fee.amount
            case "copy":
                amount = fee.amount * (sum(line.copies for line in pages) or sets)
            case "page":
                amount = sum(_page_fee(fee, line) for line in pages)
        if amount:
            lines.append(FeeLine(fee.id, fee.name, fee.kind, amount))
    return tuple(lines)


def _page_fee(fee: Fee, line: PageLine) -> int:
    full, rest = line.pages, 0
    if fee.cheaper_from_page:
        full = min(line.pages, fee.cheaper_from_page - 1)
        rest = line.pages - full
    a_copy = full * fee.amount + rest * fee.cheaper_amount
    if fee.most_per_copy:
        a_copy = min(a_copy, fee.most_per_copy)
    return a_copy * line.copies


class ProcedureIndex:
    """The catalogue, found by code, by words without accents, by initials in order."""

    def __init__(self, procedures: Sequence[Procedure]) -> None:
        self.all = tuple(procedures)
        self._by_code = {procedure.code: procedure for procedure in procedures}

    def get(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self._by_code.get(code)

    def match(self, typed: str, limit: int = 20) -> tuple[Procedure, ...]:
        """The best first; favourites before others that match as well. Nothing typed: favourites."""
        key = search_key(typed)
        compact = key.replace(" ", "")
        code = typed.strip()
        scored = []
        for procedure, words, letters, aliases in self._keys:
            score = _score(procedure, words, letters, aliases, key, compact, code)
            if score is not None:
                scored.append((score, procedure.rank or 999, len(procedure.name), procedure.code))
        return tuple(self._by_code[code] for *_, code in sorted(scored)[:limit])

    @cached_property
    def _keys(self) -> list[tuple[Procedure, str, str, tuple[str, ...]]]:
        return [
            (
                procedure,
                f" {search_key(procedure.name)}",
                initials(procedure.name),
                tuple(search_key(alias) for alias in procedure.aliases),
            )
            for procedure in self.all
        ]


def _score(
    procedure: Procedure,
    words: str,
    letters: str,
    aliases: tuple[str, ...],
    key: str,
    compact: str,
    code: str,
) -> int | None:
    """How well it fits, 0 the best; None where it does not."""
    if not key:
        return 0 if procedure.rank else 5
    if compact in aliases:
        return 0
    if procedure.code.startswith(code):
        return 0
    if any(alias.startswith(compact) for alias in aliases):
        return 1
    if all(f" {word}" in words for word in key.split()):
        return 2
    if compact in letters:
        return 3
    return 4 if _in_order(compact, letters) else None


def _in_order(wanted: str, letters: str) -> bool:
    """Whether the letters come in that order, others between them allowed."""
    rest = iter(letters)
    return len(wanted) > 1 and all(letter in rest for letter in wanted)


# ---- reading the files --------------------------------------------------------------------------

_TOP = ["field_code", "field_name", "unit", "form_field"]
_PROCEDURE = [
    "code",
    "name",
    "version",
    "decision_no",
    "unit",
    "result",
    "unit_verified",
    "checked",
    "border",
    "rank",
    "aliases",
    "supplement_policy",
    "payment_policy",
    "unit_of_time",
    "amount",
    "fees",
    "papers",
    "case",
]
_CASE = ["id", "name", "unit_of_time", "amount", "papers", "fees"]
_PAPER = ["id", "name", "originals", "certified", "copies", "present", "optional"]
_FEE = [
    "id",
    "name",
    "kind",
    "amount",
    "per",
    "cheaper_from_page",
    "cheaper_amount",
    "most_per_copy",
]


def parse_procedures(text: str) -> tuple[Procedure, ...]:
    """Read the procedures of one field of work (lĩnh vực)."""
    content, lines = parse(text), Lines(text)
    top = Table({k: v for k, v in content.items() if k != "procedure"}, lines, "")
    top.only(_TOP)
    found = []
    seen: set[str] = set()
    for row in tables(content, "procedure", lines):
        procedure = _procedure(row, top)
        if procedure.code in seen:
            raise row.fault("code", f"thủ tục {procedure.code} ghi hai lần.")
        seen.add(procedure.code)
        found.append(procedure)
    return tuple(found)


def _procedure(row: Table, top: Table) -> Procedure:
    row.only(_PROCEDURE)
    raw_cases = row.get("case", list, [])
    cases = tuple(_case(Table(raw, row.lines, row.name, row.place), row) for raw in raw_cases) or (
        _case(row, row, "thuong", "Thông thường"),
    )
    return Procedure(
        row.get("code", str),
        row.get("name", str),
        row.get("version", str, "2026-01"),
        top.get("field_code", str),
        top.get("field_name", str),
        row.get("decision_no", str, ""),
        row.get("unit", str, top.get("unit", str)),
        row.get("result", str, ""),
        cases,
        row.get("unit_verified", bool, True),
        row.get("checked", bool, False),
        "residence" if top.get("form_field", str, "standard") == "residence" else "standard",
        row.get("border", bool, False),
        row.get("rank", int, 0),
        row.texts("aliases"),
        "resume" if row.get("supplement_policy", str, "restart") == "resume" else "restart",
        "restart" if row.get("payment_policy", str, "resume") == "restart" else "resume",
    )


def _case(
    table: Table, row: Table, id: str | None = None, name: str | None = None
) -> ProcedureCase:
    if id is None:
        table.only(_CASE)
    unit_text = table.get("unit_of_time", str, row.get("unit_of_time", str, ""))
    if unit_text not in tuple(ProcessingUnit):
        raise row.fault("unit_of_time", f"đơn vị thời hạn “{unit_text}” không có.")
    unit = ProcessingUnit(unit_text)
    amount = table.get("amount", int, row.get("amount", int, 1))
    if not 1 <= amount <= 3650:
        raise row.fault("amount", "thời hạn phải từ 1 đến 3650.")
    papers = table.get("papers", list, row.get("papers", list, []))
    fees = table.get("fees", list, row.get("fees", list, []))
    return ProcedureCase(
        id or table.get("id", str),
        name or table.get("name", str),
        unit,
        amount,
        tuple(_component(raw, place, row) for place, raw in enumerate(papers, 1)),
        tuple(_fee(raw, place, row) for place, raw in enumerate(fees, 1)),
    )


def _component(raw: Mapping[str, Any], place: int, row: Table) -> Component:
    paper = Table(raw, row.lines, row.name, row.place)
    paper.only(_PAPER)
    present = paper.get("present", bool, False)
    return Component(
        paper.get("id", str, f"g{place}"),
        paper.get("name", str),
        paper.get("originals", int, 0),
        paper.get("certified", int, 0),
        paper.get("copies", int, 0),
        "present" if present else "submit",
        not paper.get("optional", bool, False),
    )


def _fee(raw: Mapping[str, Any], place: int, row: Table) -> Fee:
    fee = Table(raw, row.lines, row.name, row.place)
    fee.only(_FEE)
    per = fee.get("per", str, "dossier")
    kind = fee.get("kind", str, "fee")
    if per not in ("dossier", "page", "copy") or kind not in ("fee", "levy"):
        raise row.fault("fees", "phí tính theo dossier, page hoặc copy; loại fee hoặc levy.")
    return Fee(
        fee.get("id", str, f"p{place}"),
        fee.get("name", str),
        "levy" if kind == "levy" else "fee",
        fee.get("amount", int),
        "page" if per == "page" else "copy" if per == "copy" else "dossier",
        fee.get("cheaper_from_page", int, 0),
        fee.get("cheaper_amount", int, 0),
        fee.get("most_per_copy", int, 0),
    )
