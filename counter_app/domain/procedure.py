"""Procedures (thủ tục hành chính), their cases, papers and fees, and finding one while typing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

from counter_app.domain.events import FeeLine, PageLine
from counter_app.domain.text import clean_text, initials, search_key
from counter_app.domain.toml_file import Table, read

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
        return any(fee.per == "page" for fee in self.fees)


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
    """Asked for at the border and in far villages: before others that match as well."""
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


_MOST_RANK = 900
_BORDER, _OTHER = 901, 902
"""After every favourite."""


class ProcedureIndex:
    """The catalogue, found by code, by words without accents, by initials in order."""

    def __init__(self, procedures: Sequence[Procedure]) -> None:
        self.all = tuple(procedures)
        self._by_code = {procedure.code: procedure for procedure in procedures}

    def get(self, code: str) -> Procedure | None:
        """The procedure of that code."""
        return self._by_code.get(code)

    def match(self, typed: str, limit: int = 20) -> tuple[Procedure, ...]:
        """The best first; of those that match as well favourites, then the border's.

        Nothing typed: all, in that order.
        """
        key = search_key(typed)
        compact = key.replace(" ", "")
        code = typed.strip()
        scored = []
        for procedure, words, letters, aliases in self._keys:
            score = _score(procedure, words, letters, aliases, key, compact, code)
            if score is not None:
                place = procedure.rank or (_BORDER if procedure.border else _OTHER)
                scored.append((score, place, len(procedure.name), procedure.code))
        return tuple(self._by_code[code] for *_, code in sorted(scored)[:limit])

    @cached_property
    def _keys(self) -> list[tuple[Procedure, str, str, tuple[str, ...]]]:
        return [
            (
                procedure,
                f" {search_key(procedure.name)}",
                initials(procedure.name),
                tuple(search_key(alias).replace(" ", "") for alias in procedure.aliases),
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
        return 0
    if compact in aliases:
        return 0
    if procedure.code.startswith(code):
        return 0
    if any(alias.startswith(compact) for alias in aliases):
        return 1
    if f" {key}" in words:
        return 2
    if all(f" {word}" in words for word in key.split()):
        return 3
    if compact in letters:
        return 4
    return 5 if _in_order(compact, letters) else None


def _in_order(wanted: str, letters: str) -> bool:
    """Whether the letters come in that order, others between them allowed."""
    rest = iter(letters)
    return len(wanted) > 1 and all(letter in rest for letter in wanted)


# ---- reading the files --------------------------------------------------------------------------

_TOP = ["field_code", "field_name", "unit", "form_field", "procedure"]
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
_CODE = re.compile(r"[1-9]\.[0-9]{6}")
_MOST_SHEETS = 99
_MOST_MONEY = 1_000_000_000


def parse_procedures(text: str) -> tuple[Procedure, ...]:
    """Read the procedures of one field of work (lĩnh vực)."""
    top = read(text)
    top.only(_TOP)
    found: dict[str, Procedure] = {}
    for row in top.rows("procedure"):
        procedure = _procedure(row, top)
        if procedure.code in found:
            raise row.fault("code", f"thủ tục {procedure.code} ghi hai lần.")
        found[procedure.code] = procedure
    return tuple(found.values())


def _procedure(row: Table, top: Table) -> Procedure:
    row.only(_PROCEDURE)
    code = _name(row, "code")
    if not _CODE.fullmatch(code):
        raise row.fault("code", "mã thủ tục không đúng, ví dụ 1.001193.")
    cases: dict[str, ProcedureCase] = {}
    for table in row.rows("case"):
        table.only(_CASE)
        case = _case(table, row, _name(table, "id"), _name(table, "name"))
        if case.id in cases:
            raise table.fault("id", f"trường hợp {case.id} ghi hai lần.")
        cases[case.id] = case
    residence = top.choice("form_field", ("standard", "residence"), "standard") == "residence"
    return Procedure(
        code,
        _name(row, "name"),
        row.get("version", str, "2026-01"),
        _name(top, "field_code"),
        _name(top, "field_name"),
        row.get("decision_no", str, ""),
        _name(row if row.has("unit") else top, "unit"),
        row.get("result", str, ""),
        tuple(cases.values()) or (_case(row, row, "thuong", "Thông thường"),),
        row.get("unit_verified", bool, True),
        row.get("checked", bool, False),
        "residence" if residence else "standard",
        row.get("border", bool, False),
        row.whole("rank", 0, _MOST_RANK, 0),
        row.texts("aliases"),
        _policy(row, "supplement_policy", "restart"),
        _policy(row, "payment_policy", "resume"),
    )


def _policy(row: Table, key: str, default: Policy) -> Policy:
    return "resume" if row.choice(key, ("resume", "restart"), default) == "resume" else "restart"


def _case(table: Table, row: Table, id: str, name: str) -> ProcedureCase:
    """A case; what it leaves out stands with the procedure."""

    def holder(key: str) -> Table:
        return table if table.has(key) else row

    return ProcedureCase(
        id,
        name,
        ProcessingUnit(holder("unit_of_time").choice("unit_of_time", ProcessingUnit)),
        holder("amount").whole("amount", 1, 3650, 1),
        tuple(_component(paper, n) for n, paper in enumerate(holder("papers").rows("papers"), 1)),
        tuple(_fee(fee, n) for n, fee in enumerate(holder("fees").rows("fees"), 1)),
    )


def _component(paper: Table, place: int) -> Component:
    paper.only(_PAPER)
    return Component(
        paper.get("id", str, f"g{place}"),
        _name(paper, "name"),
        paper.whole("originals", 0, _MOST_SHEETS, 0),
        paper.whole("certified", 0, _MOST_SHEETS, 0),
        paper.whole("copies", 0, _MOST_SHEETS, 0),
        "present" if paper.get("present", bool, False) else "submit",
        not paper.get("optional", bool, False),
    )


def _fee(fee: Table, place: int) -> Fee:
    fee.only(_FEE)
    per = fee.choice("per", ("dossier", "page", "copy"), "dossier")
    return Fee(
        fee.get("id", str, f"p{place}"),
        _name(fee, "name"),
        "levy" if fee.choice("kind", ("fee", "levy"), "fee") == "levy" else "fee",
        fee.whole("amount", 0, _MOST_MONEY),
        "page" if per == "page" else "copy" if per == "copy" else "dossier",
        fee.whole("cheaper_from_page", 0, _MOST_SHEETS, 0),
        fee.whole("cheaper_amount", 0, _MOST_MONEY, 0),
        fee.whole("most_per_copy", 0, _MOST_MONEY, 0),
    )


def _name(table: Table, key: str) -> str:
    text = clean_text(table.get(key, str))
    if not text:
        raise table.fault(key, f"mục “{key}” phải có chữ.")
    return text
