"""Sets of forms (bộ mẫu): which circular a form follows, from which day on, in which field of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from counter_app.domain.form_kinds import KINDS
from counter_app.domain.text import clean_text
from counter_app.domain.toml_file import Table, read

_KEYS = ("name", "title", "effective_from", "verified", "forms", "note", "fields_of_work")


@dataclass(frozen=True, slots=True)
class FormSet:
    """The manifest of one set."""

    name: str
    title: str
    effective_from: date
    verified: bool
    """False where the wording was not compared with the published text."""
    forms: frozenset[str]
    """What it has; each stands in a file of that name beside the manifest. Never none."""
    note: str
    """What is not certain about it, for the administrator."""
    fields_of_work: frozenset[str]
    """Codes of the fields (lĩnh vực) that use it before any other; empty for all fields."""


def parse_form_set(text: str) -> FormSet:
    """Read a manifest."""
    top = read(text)
    top.only(_KEYS)
    return FormSet(
        clean_text(top.get("name", str)),
        clean_text(top.get("title", str)),
        _day(top, "effective_from"),
        top.get("verified", bool),
        _forms(top),
        clean_text(top.get("note", str, "")),
        frozenset(top.texts("fields_of_work")),
    )


def in_order(sets: Sequence[FormSet], pinned: str, field_code: str) -> tuple[FormSet, ...]:
    """Where to look for a form: the field's own set, the one pinned, then the newest."""
    ordered = newest_first(sets)
    own = [found for found in ordered if field_code in found.fields_of_work]
    kept = [found for found in ordered if found.name == pinned and found not in own]
    rest = [found for found in ordered if not found.fields_of_work and found not in kept]
    return (*own, *kept, *rest)


def newest_first(sets: Sequence[FormSet]) -> list[FormSet]:
    """By the day from which they hold."""
    return sorted(sets, key=lambda found: found.effective_from, reverse=True)


def _forms(table: Table) -> frozenset[str]:
    names = frozenset(table.texts("forms"))
    if not names:
        raise table.fault("forms", "bộ mẫu phải kể ít nhất một mẫu.")
    for name in sorted(names - KINDS.keys()):
        raise table.fault("forms", f"không có mẫu “{name}”. Chọn: {', '.join(KINDS)}.")
    return names


def _day(table: Table, key: str) -> date:
    value: date = table.get(key, date)
    if type(value) is not date:
        raise table.fault(key, f"mục “{key}” là một ngày, ví dụ 2025-07-01.")
    return value
