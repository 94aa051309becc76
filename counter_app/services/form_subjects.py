"""What a form of several dossiers, a day, a period or a procedure is about, gathered from the book."""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date

from counter_app.domain.dossier import Dossier
from counter_app.domain.form import FormContent, short_day
from counter_app.domain.form_content import Handover, Subject, handovers
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_lists import (
    DayOfCounter,
    closing_form,
    handover_form,
    register_form,
    visit_form,
)
from counter_app.domain.text import search_key
from counter_app.errors import Refused
from counter_app.ports import Books
from counter_app.services.visits import is_closed, live_dossiers

_PERIOD = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_HANDED = {"handover": "dossier.transferred", "handover-results": "dossier.completed"}


def subject_of(books: Books, dossier: Dossier) -> Subject:
    """A dossier with the office file that it pins."""
    return Subject.of(dossier, books.settings.office(dossier.office_version))


def find_dossier(books: Books, asked: str) -> Dossier | None:
    """By id or code."""
    found = books.dossiers.get(asked)
    if found is None:
        ids = books.dossiers.ids_of(asked)
        found = books.dossiers.get(ids[0]) if ids else None
    return found


def known_dossier(books: Books, asked: str) -> Dossier:
    """By id or code; an unknown one is told."""
    found = find_dossier(books, asked)
    if found is None:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã “{asked}” trong sổ. Xem lại mã.")
    return found


# ---- lists of dossiers --------------------------------------------------------------------------


def handed(books: Books, form: str, asked: str) -> FormContent:
    """What was handed over on one day: `DAY`, `DAY/WITH WHOM`, or the code of one that was in it.

    Of several codes with commas between them exactly these.
    """
    day, party = _day_and_rest(asked)
    if day is None and "," in asked:
        return handover_form(form, [_last_of(books, form, one) for one in asked.split(",")])
    if day is None:
        subject = subject_of(books, known_dossier(books, asked))
        own = list(_of_subject(subject, form))
        if not own:
            raise Refused("action_missing", KINDS[form].missing)
        day, party = own[-1].given_at.date(), _party(own[-1], form)
    lines = [
        (subject, line)
        for subject in _touched(books, _HANDED[form], day)
        for line in _of_subject(subject, form)
        if line.given_at.date() == day
    ]
    parties = list(dict.fromkeys(_party(line, form) for _, line in lines))
    wanted = [found for found in parties if not party or search_key(found) == search_key(party)]
    if not wanted:
        raise Refused("nothing_handed", f"Ngày {short_day(day)} không có bàn giao nào như vậy.")
    if len(wanted) > 1:
        choices = "; ".join(f"{day.isoformat()}/{found}" for found in wanted)
        raise Refused("several_parties", f"Ngày này bàn giao với nhiều nơi. Chọn: {choices}.")
    chosen = [(subject, line) for subject, line in lines if _party(line, form) == wanted[0]]
    return handover_form(
        form, sorted(chosen, key=lambda one: (one[1].given_at, one[0].receipt.code))
    )


def _last_of(books: Books, form: str, asked: str) -> tuple[Subject, Handover]:
    subject = subject_of(books, known_dossier(books, asked.strip()))
    own = list(_of_subject(subject, form))
    if not own:
        raise Refused("action_missing", KINDS[form].missing)
    return subject, own[-1]


def _touched(books: Books, event_type: str, day: date) -> Iterator[Subject]:
    """Dossiers with an event of that type on that day."""
    told = books.log.between(day, day)
    ids = dict.fromkeys(event.subject for event, _ in told if event.type == event_type)
    for dossier_id in ids:
        dossier = books.dossiers.get(dossier_id)
        if dossier is not None:
            yield subject_of(books, dossier)


def _of_subject(subject: Subject, form: str) -> Iterator[Handover]:
    return (line for line in handovers(subject) if line.result == (form == "handover-results"))


def _party(line: Handover, form: str) -> str:
    """Who stands at the other side of the desk."""
    return line.giver if form == "handover-results" else line.receiver


def visit(books: Books, asked: str) -> FormContent:
    """A closed visit, by its number or by the code of one of its dossiers."""
    dossier = find_dossier(books, asked)
    visit_id = (dossier.visit_id or "") if dossier else asked
    dossiers = live_dossiers(books, visit_id) if visit_id else ()
    if not dossiers:
        raise Refused("visit_unknown", f"Không có lượt nào của “{asked}”. Xem lại số lượt hoặc mã.")
    if not is_closed(books, visit_id):
        raise Refused("visit_open", f"Lượt {visit_id} chưa đóng. Đóng lượt rồi in.")
    return visit_form([subject_of(books, found) for found in dossiers])


def register(books: Books, asked: str) -> FormContent:
    """The book of a period, `2026`, `2026-11`, `2026-11-20` or `FROM..TO`; `/FIELD` for one field."""
    period, _, field = asked.partition("/")
    first, last = _period(period.strip(), asked)
    received = [
        subject_of(books, dossier)
        for dossier_id in books.dossiers.received(first, last)
        if (dossier := books.dossiers.get(dossier_id)) is not None
    ]
    if not received:
        raise Refused("register_empty", "Kỳ này không có hồ sơ nào trong sổ. Xem lại ngày.")
    subjects = [subject for subject in received if _in_field(subject, field)]
    if not subjects:
        names = sorted({subject.dossier.facts.procedure.field_name for subject in received})
        raise Refused(
            "field_unknown",
            f"Kỳ này không có hồ sơ nào của lĩnh vực “{field.strip()}”. Chọn: {'; '.join(names)}.",
        )
    book = subjects[0].receipt.register_book if field and first.year == last.year else ""
    return register_form(subjects, first, last, book, books.settings.office())


def _in_field(subject: Subject, field: str) -> bool:
    procedure = subject.dossier.facts.procedure
    wanted = search_key(field)
    return not wanted or wanted in (
        search_key(procedure.field_name),
        search_key(procedure.field_code),
    )


# ---- the end of a day ---------------------------------------------------------------------------


def closing(books: Books, asked: str) -> FormContent:
    """What this counter wrote on a day."""
    day, rest = _day_and_rest(asked)
    if day is None or rest:
        raise Refused("day_wrong", f"“{asked}” không phải một ngày, ví dụ 2026-11-20.")
    own = books.settings.identity()
    told = [entry for entry in books.log.between(day, day) if entry[0].device == own.device_id]
    if not told:
        raise Refused("day_empty", f"Ngày {short_day(day)} quầy này chưa ghi việc nào vào sổ.")
    names = {
        event.subject: row.code
        for event, _ in told
        if (row := books.dossiers.row(event.subject)) is not None
    }
    return closing_form(DayOfCounter(day, own.counter_no, told, names), books.settings.office())


# ---- days as they are typed ---------------------------------------------------------------------


def _day_and_rest(asked: str) -> tuple[date | None, str]:
    """`2026-11-20` and what follows a slash; no day where it is something else."""
    text, _, rest = asked.partition("/")
    try:
        return date.fromisoformat(text.strip()), rest.strip()
    except ValueError:
        return None, ""


def _period(text: str, asked: str) -> tuple[date, date]:
    ends: Sequence[str] = text.split("..")
    try:
        first, last = _span(ends[0])[0], _span(ends[-1])[1]
    except ValueError:
        first, last = date.max, date.min
    if len(ends) > 2 or first > last:
        raise Refused(
            "period_wrong",
            f"“{asked}” không phải một kỳ. Ví dụ: 2026-11, 2026-11-01..2026-11-15, 2026/Hộ tịch.",
        )
    return first, last


def _span(text: str) -> tuple[date, date]:
    """The first and last day of a year, a month or a day."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    if day is not None:
        return (found := date(year, month or 1, day)), found
    if month is not None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    return date(year, 1, 1), date(year, 12, 31)
