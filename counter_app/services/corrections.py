"""Putting a mistaken intake right (đính chính): what changed, in words, and the facts after it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from counter_app.domain.dossier import Dossier
from counter_app.domain.events import Change, Facts
from counter_app.domain.procedure import Component, ProcedureCase, ProcessingUnit, fee_of
from counter_app.domain.text import clean_text, text_in
from counter_app.services.catalogue import Catalogue
from counter_app.services.drafting import read_draft, read_pinned
from counter_app.services.results import Rejected, rejected

CORRECTABLE = frozenset(
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
    }
)
_MERGED = frozenset({"applicant", "representative"})


@dataclass(frozen=True, slots=True)
class Correction:
    """A checked correction."""

    facts: Facts
    changes: tuple[Change, ...]
    reason: str
    case: ProcedureCase | None
    """Set where procedure or case changed: the date is counted anew."""


def read_correction(
    dossier: Dossier, given: Mapping[str, Any], catalogue: Catalogue, *, may_be_same: bool = False
) -> Correction | Rejected:
    """Merge what is given into the dossier's own draft and check the whole. `may_be_same`: a new code
    is all that is asked for.

    What was not corrected stays as the dossier pinned it, whatever the catalogue says by now.
    """
    reason = text_in(given.get("reason"))
    if not reason or len(reason) > 500:
        return rejected("reason_missing", "Chưa có lý do đính chính. Gõ lý do.", "reason")
    old, ref = dossier.facts, dossier.facts.procedure
    draft = draft_of(old)
    for key, value in given.items():
        if key == "reason":
            continue
        if key not in CORRECTABLE:
            name = clean_text(str(key))[:40]
            return rejected("unknown_field", f"Đính chính không có ô “{name}”.", str(key))
        if key in _MERGED and isinstance(value, Mapping):
            merged = {**(draft.get(key) or {}), **value}
            draft[key] = {name: kept for name, kept in merged.items() if kept is not None}
        elif value is None:
            draft.pop(key, None)
        else:
            draft[key] = value
    if draft.get("procedure") != ref.code and "case" not in given:
        draft.pop("case", None)
    moved = (draft.get("procedure"), draft.get("case")) != (ref.code, ref.case_id)
    if moved and "components" not in given:
        draft["components"] = _still_known(draft, catalogue)
    pinned = _pinned(dossier, catalogue)
    reading = read_draft(draft, catalogue) if moved else read_pinned(draft, ref, pinned)
    facts = reading.facts
    if facts is None:
        return Rejected(reading.problems)
    if not moved:
        if "components" not in given:
            facts = replace(facts, components=old.components)
        if reading.fees == fee_of(pinned, old.pages, old.sets):
            # nothing that a fee is counted by was corrected
            facts = replace(facts, fees=old.fees)
    changes = _changes(old, facts)
    if not changes and not may_be_same:
        return rejected("nothing_changed", "Không có ô nào khác trước. Sửa ô sai rồi lưu lại.")
    return Correction(facts, changes, reason, reading.case if moved else None)


def draft_of(facts: Facts) -> dict[str, Any]:
    """The draft that these facts came from."""
    applicant: dict[str, Any] = {"kind": facts.applicant.kind, "name": facts.applicant.name}
    for name in (
        "personal_number",
        "other_document",
        "tax_code",
        "born_on",
        "sex",
        "address",
        "phone",
        "email",
        "also_known_as",
    ):
        value = getattr(facts.applicant, name)
        if value is not None:
            applicant[name] = value
    draft: dict[str, Any] = {
        "procedure": facts.procedure.code,
        "case": facts.procedure.case_id,
        "applicant": applicant,
        "components": [
            {
                "id": component.id,
                "originals": component.originals,
                "certified": component.certified,
                "copies": component.copies,
            }
            for component in facts.components
        ],
        "pages": [
            {"name": line.name, "pages": line.pages, "copies": line.copies} for line in facts.pages
        ],
        "return_method": facts.return_method,
        "sets": facts.sets,
        "note": facts.note,
    }
    if facts.representative is not None:
        draft["representative"] = {
            name: value
            for name in ("name", "personal_number", "phone", "relation")
            if (value := getattr(facts.representative, name)) is not None
        }
    return draft


def _pinned(dossier: Dossier, catalogue: Catalogue) -> ProcedureCase:
    """The dossier's case: its own time and papers, beside what the catalogue has of it today."""
    facts, due = dossier.facts, dossier.due
    procedure = catalogue.procedure(facts.procedure.code)
    cases = procedure.cases if procedure else ()
    today = next((case for case in cases if case.id == facts.procedure.case_id), None)
    papers = {component.id: component for component in (today.components if today else ())}
    for paper in facts.components:
        known = papers.get(paper.id) or Component(
            paper.id, paper.name, paper.originals, paper.certified, paper.copies, "submit", False
        )
        papers[paper.id] = replace(
            known, name=paper.name, submit="present" if paper.present else "submit"
        )
    return ProcedureCase(
        facts.procedure.case_id,
        facts.procedure.case_name,
        ProcessingUnit(due.unit),
        due.amount,
        tuple(papers.values()),
        today.fees if today else (),
    )


def _still_known(draft: Mapping[str, Any], catalogue: Catalogue) -> list[dict[str, Any]]:
    procedure = catalogue.procedure(str(draft.get("procedure")))
    known = {
        component.id
        for case in (procedure.cases if procedure else ())
        if draft.get("case") in (None, case.id)
        for component in case.components
    }
    return [line for line in draft["components"] if line["id"] in known]


def _changes(old: Facts, new: Facts) -> tuple[Change, ...]:
    before, after = _flat(old), _flat(new)
    return tuple(
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name, "") != after.get(name, "")
    )


def _flat(facts: Facts) -> dict[str, str]:
    """Facts as fields and words, so that old and new stand side by side."""
    flat = {
        "procedure": facts.procedure.name,
        "case": facts.procedure.case_name,
        "components": "; ".join(
            f"{c.name} ({c.originals}, {c.certified}, {c.copies})" for c in facts.components
        ),
        "pages": "; ".join(f"{p.name} ({p.pages} × {p.copies})" for p in facts.pages),
        "return_method": facts.return_method,
        "sets": str(facts.sets),
        "note": facts.note,
    }
    draft = draft_of(facts)
    for group in ("applicant", "representative"):
        for name, value in (draft.get(group) or {}).items():
            flat[f"{group}.{name}"] = str(value)
    return flat
