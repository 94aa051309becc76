"""The wording of forms: as shipped, or as an administrator has it; the last good one is in use."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from counter_app.domain.faults import FileFault
from counter_app.domain.form import FormContent
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_sets import FormSet, in_order, parse_form_set
from counter_app.domain.form_template import Template, parse_template
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Books

ShippedText = Callable[[str, str], str | None]
"""The shipped template of a set and form."""


@dataclass(frozen=True, slots=True)
class Worded:
    """One form of a set, for the administrator's list."""

    form: str
    title: str
    changed: bool
    """Whether a wording of this office is in use instead of the shipped one."""
    fault: str = ""
    """Why the newest wording of the office is not in use."""


@dataclass(frozen=True, slots=True)
class WordedSet:
    """A set and its forms."""

    about: FormSet
    forms: tuple[Worded, ...]


class Wording:
    """Finds the words a form is drawn with."""

    def __init__(self, set_texts: Callable[[], Sequence[str]], shipped: ShippedText) -> None:
        self._set_texts = set_texts
        self._shipped = shipped

    @cached_property
    def sets(self) -> tuple[FormSet, ...]:
        """Every set."""
        return tuple(parse_form_set(text) for text in self._set_texts())

    def template(self, books: Books, content: FormContent) -> Template:
        """The words in force when what the form tells happened."""
        form_set = self.set_of(content.form, content.form_set, content.field_code)
        if form_set is None:
            raise Refused("form_missing", "Bộ mẫu của lĩnh vực này không có mẫu này.", "form")
        return self._in_force(books, form_set.name, content.form, content.made_at)

    def set_of(self, form: str, pinned: str, field_code: str) -> FormSet | None:
        """The set that a form of this field of work is taken from."""
        ordered = in_order(self.sets, pinned, field_code)
        return next((found for found in ordered if form in found.forms), None)

    def listed(self, books: Books) -> tuple[WordedSet, ...]:
        """Every set with its forms."""
        return tuple(
            WordedSet(
                found,
                tuple(
                    self._worded(books, found.name, form) for form in KINDS if form in found.forms
                ),
            )
            for found in self.sets
        )

    def text(self, books: Books, set_name: str, form: str) -> str:
        """The newest wording that is in use."""
        shipped = self.shipped(set_name, form)
        for version in books.settings.documents(_kind(set_name, form)):
            if not version.content:
                return shipped
            if fault_of(version.content, form) is None:
                return version.content
        return shipped

    def shipped(self, set_name: str, form: str) -> str:
        """As it came with the program."""
        text = self._shipped(set_name, form)
        if text is None:
            raise Refused(
                "form_unknown",
                f"Bộ mẫu “{set_name}” không có mẫu “{form}”. Xem lại bằng: templates list.",
            )
        return text

    def keep(self, books: Books, set_name: str, form: str, text: str, now: datetime) -> None:
        """A new wording of this office; an empty text goes back to the shipped one."""
        self.shipped(set_name, form)
        books.settings.add_document(_kind(set_name, form), text, now)

    def _worded(self, books: Books, set_name: str, form: str) -> Worded:
        versions = books.settings.documents(_kind(set_name, form))
        newest = versions[0].content if versions else ""
        fault = fault_of(newest, form) if newest else None
        changed = self.text(books, set_name, form) != self._shipped(set_name, form)
        told = fault.sentence(f"{set_name}/{form}") if fault else ""
        return Worded(form, KINDS[form].title, changed, told)

    def _in_force(self, books: Books, set_name: str, form: str, at: datetime) -> Template:
        shipped = self.shipped(set_name, form)
        for version in books.settings.documents(_kind(set_name, form)):
            if version.since > at or (version.content and fault_of(version.content, form)):
                continue
            return parse_template(version.content or shipped, form)
        try:
            return parse_template(shipped, form)
        except FileFault as fault:
            raise EnvironmentFault("form_damaged", fault.sentence(f"{form}.toml")) from None


def fault_of(text: str, form: str) -> FileFault | None:
    """What is wrong with a template, by its line; None where nothing is."""
    try:
        parse_template(text, form)
    except FileFault as fault:
        return fault
    return None


def _kind(set_name: str, form: str) -> str:
    return f"form:{set_name}/{form}"
