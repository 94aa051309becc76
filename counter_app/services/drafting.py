"""From a draft of plain values to the facts of a dossier, with every problem named by its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from counter_app.domain.events import (
    Facts,
    FeeLine,
    PageLine,
    Party,
    ProcedureRef,
    ReceivedComponent,
    Representative,
)
from counter_app.domain.people import Organisation, Person, check_applicant, check_representative
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import Procedure, ProcedureCase, fee_of
from counter_app.domain.text import clean_text
from counter_app.services.catalogue import Catalogue

KEYS = frozenset(
    {
        "procedure",
        "case",
        "applicant",
        "representative",
        "components",
        "return_method",
        "sets",
        "note",
        "pages",
        "visit",
        "due_override",
        "from_paper",
    }
)
_NOTE_LIMIT = 500
_MOST_SETS = 99
_MOST_COUNT = 9_999


@dataclass(frozen=True, slots=True)
class Reading:
    """What a draft says so far; `facts` only where nothing that must be mended is left."""

    procedure: Procedure | None
    case: ProcedureCase | None
    facts: Facts | None
    fees: tuple[FeeLine, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def read_draft(
    draft: Mapping[str, Any], catalogue: Catalogue, keys: frozenset[str] = KEYS
) -> Reading:
    """Check and clean a whole draft."""
    found: list[Problem] = [
        Problem(str(key), "unknown_field", f"Không có ô nào tên là “{clean_text(str(key))}”.")
        for key in draft
        if key not in keys
    ]
    procedure, case = _procedure(draft, catalogue, found)
    ref = procedure_ref(procedure, case) if procedure and case else None
    return _read(draft, procedure, ref, case, found)


def read_pinned(draft: Mapping[str, Any], ref: ProcedureRef, case: ProcedureCase) -> Reading:
    """Check and clean a draft whose procedure is settled, whatever the catalogue says by now."""
    return _read(draft, None, ref, case, [])


def _read(
    draft: Mapping[str, Any],
    procedure: Procedure | None,
    ref: ProcedureRef | None,
    case: ProcedureCase | None,
    found: list[Problem],
) -> Reading:
    party = _applicant(draft, found)
    representative = _representative(draft, found)
    sets = _whole(draft, "sets", 1, _MOST_SETS, 1, found)
    pages = _pages(draft, found)
    components = _components(draft, case, found)
    method = _return_method(draft, found)
    note = _text(draft, "note", _NOTE_LIMIT, found)
    fees = _fees(case, pages, sets)
    must = tuple(problem for problem in found if problem.severity == "must")
    facts = None
    if not must and ref is not None and party is not None:
        facts = Facts(
            ref,
            party,
            representative,
            components,
            pages,
            sets,
            method,
            note,
            fees,
        )
    warnings = tuple(problem for problem in found if problem.severity == "may")
    return Reading(procedure, case, facts, fees, must, warnings)


def procedure_ref(procedure: Procedure, case: ProcedureCase) -> ProcedureRef:
    """What a dossier pins of the catalogue: the words that its papers print."""
    return ProcedureRef(
        procedure.code,
        procedure.name,
        procedure.version,
        procedure.field_code,
        procedure.field_name,
        case.id,
        case.name,
        procedure.unit,
        procedure.result,
        "resume" if procedure.supplement_policy == "resume" else "restart",
        "restart" if procedure.payment_policy == "restart" else "resume",
    )


def _procedure(
    draft: Mapping[str, Any], catalogue: Catalogue, found: list[Problem]
) -> tuple[Procedure | None, ProcedureCase | None]:
    code = draft.get("procedure")
    if not isinstance(code, str) or not code.strip():
        found.append(
            Problem("procedure", "procedure_missing", "Chưa chọn thủ tục. Gõ tên hoặc mã thủ tục.")
        )
        return None, None
    procedure = catalogue.procedure(code.strip())
    if procedure is None:
        found.append(
            Problem(
                "procedure",
                "procedure_unknown",
                f"Không có thủ tục mã “{clean_text(code)[:40]}”. Xem lại mã, hoặc tìm theo tên.",
            )
        )
        return None, None
    wanted = draft.get("case")
    if wanted is None:
        return procedure, procedure.cases[0]
    for case in procedure.cases:
        if case.id == wanted:
            return procedure, case
    names = ", ".join(case.id for case in procedure.cases)
    found.append(
        Problem(
            "case",
            "case_unknown",
            f"Thủ tục này không có trường hợp “{clean_text(str(wanted))[:40]}”. Chọn trong: {names}.",
        )
    )
    return procedure, None


def _applicant(draft: Mapping[str, Any], found: list[Problem]) -> Party | None:
    raw = draft.get("applicant")
    if not isinstance(raw, Mapping):
        found.append(
            Problem("applicant.name", "name_missing", "Chưa có họ tên người nộp. Gõ họ và tên.")
        )
        return None
    applicant, problems = check_applicant(dict(raw))
    found.extend(problems)
    return None if applicant is None else party_of(applicant)


def party_of(applicant: Person | Organisation) -> Party:
    """The applicant as the log keeps it."""
    if isinstance(applicant, Organisation):
        return Party(
            "organisation",
            applicant.name,
            tax_code=applicant.tax_code,
            address=applicant.address,
            phone=applicant.phone,
        )
    return Party(
        "person",
        applicant.name,
        personal_number=applicant.personal_number,
        other_document=applicant.other_document,
        born_on=applicant.born_on.iso() if applicant.born_on else None,
        sex=applicant.sex,
        address=applicant.address,
        phone=applicant.phone,
        email=applicant.email,
        also_known_as=applicant.also_known_as,
    )


def _representative(draft: Mapping[str, Any], found: list[Problem]) -> Representative | None:
    raw = draft.get("representative")
    if raw is None or raw == {}:
        return None
    if not isinstance(raw, Mapping):
        found.append(
            Problem("representative", "wrong_type", "Người nộp thay phải có họ tên. Gõ lại ô này.")
        )
        return None
    representative, problems = check_representative(dict(raw))
    found.extend(problems)
    if representative is None:
        return None
    return Representative(
        representative.name,
        representative.personal_number,
        representative.phone,
        representative.relation,
    )


def _components(
    draft: Mapping[str, Any], case: ProcedureCase | None, found: list[Problem]
) -> tuple[ReceivedComponent, ...]:
    given = draft.get("components")
    if case is None:
        return ()
    known = {component.id: component for component in case.components}
    if given == "all":
        given = [{"id": component.id} for component in case.components if component.required]
    if given is None:
        given = []
    if not isinstance(given, list):
        found.append(
            Problem("components", "wrong_type", 'Giấy tờ phải là "all" hoặc một danh sách.')
        )
        return ()
    received: dict[str, ReceivedComponent] = {}
    for place, line in enumerate(given):
        at = f"components[{place}]"
        wanted = line.get("id") if isinstance(line, Mapping) else line
        if not isinstance(line, Mapping) or not isinstance(wanted, str) or wanted not in known:
            what = clean_text(str(wanted))[:40]
            found.append(
                Problem(at, "component_unknown", f"Thủ tục này không có giấy tờ “{what}”.")
            )
            continue
        if extra := set(line) - {"id", "originals", "certified", "copies"}:
            name = clean_text(str(sorted(map(str, extra))[0]))
            found.append(Problem(at, "unknown_field", f"Giấy tờ không có ô “{name}”."))
            continue
        component = known[wanted]
        if component.id in received:
            found.append(Problem(at, "component_twice", f"Giấy tờ “{component.name}” ghi hai lần."))
            continue
        shown = component.submit == "present"
        counted = any(key in line for key in ("originals", "certified", "copies"))
        received[component.id] = ReceivedComponent(
            component.id,
            component.name,
            _count(line, "originals", 0 if counted else component.originals, at, found),
            _count(line, "certified", 0 if counted else component.certified, at, found),
            _count(line, "copies", 0 if counted else component.copies, at, found),
            shown,
        )
    for component in case.components:
        if component.required and component.id not in received:
            found.append(
                Problem(
                    f"components.{component.id}",
                    "component_missing",
                    f"Còn thiếu: {component.name}.",
                    "may",
                )
            )
    return tuple(received[c.id] for c in case.components if c.id in received)


def _pages(draft: Mapping[str, Any], found: list[Problem]) -> tuple[PageLine, ...]:
    given = draft.get("pages")
    if given is None:
        return ()
    if not isinstance(given, list):
        found.append(Problem("pages", "wrong_type", "Bản chứng thực phải là một danh sách."))
        return ()
    lines = []
    for place, line in enumerate(given):
        at = f"pages[{place}]"
        if not isinstance(line, Mapping) or set(line) - {"name", "pages", "copies"}:
            found.append(Problem(at, "wrong_type", "Mỗi dòng có tên giấy tờ, số trang, số bản."))
            continue
        nested: list[Problem] = []
        name = _text(line, "name", 120, nested)
        found.extend(Problem(f"{at}.{p.field}", p.code, p.message) for p in nested)
        count = _count(line, "pages", 1, at, found, least=1)
        copies = _count(line, "copies", 1, at, found, least=1)
        lines.append(PageLine(name, count, copies))
    return tuple(lines)


def _return_method(
    draft: Mapping[str, Any], found: list[Problem]
) -> Literal["counter", "post", "online"]:
    given = draft.get("return_method")
    if given in (None, ""):
        return "counter"
    match given:
        case "counter" | "post" | "online":
            method: Literal["counter", "post", "online"] = given
            return method
    found.append(
        Problem(
            "return_method",
            "return_method_unknown",
            "Nhận kết quả: chọn counter (tại quầy), post (bưu chính) hoặc online (trực tuyến).",
        )
    )
    return "counter"


def _fees(
    case: ProcedureCase | None, pages: tuple[PageLine, ...], sets: int
) -> tuple[FeeLine, ...]:
    return () if case is None else fee_of(case, pages, sets)


def _text(draft: Mapping[str, Any], key: str, limit: int, found: list[Problem]) -> str:
    given = draft.get(key)
    if given is None:
        return ""
    if not isinstance(given, str):
        found.append(Problem(key, "wrong_type", "Ô này phải là chữ."))
        return ""
    cleaned = clean_text(given)
    if len(cleaned) > limit:
        found.append(Problem(key, "too_long", f"Ô này dài quá {limit} ký tự. Hãy viết ngắn lại."))
    return cleaned


def _whole(
    draft: Mapping[str, Any], key: str, least: int, most: int, default: int, found: list[Problem]
) -> int:
    given = draft.get(key)
    if given is None:
        return default
    if isinstance(given, int) and not isinstance(given, bool) and least <= given <= most:
        return given
    found.append(Problem(key, "not_in_range", f"Ô này phải là một số từ {least} đến {most}."))
    return default


def _count(
    line: Mapping[str, Any],
    key: str,
    default: int,
    at: str,
    found: list[Problem],
    least: int = 0,
) -> int:
    nested: list[Problem] = []
    value = _whole(line, key, least, _MOST_COUNT, default, nested)
    found.extend(Problem(f"{at}.{key}", p.code, p.message) for p in nested)
    return value
