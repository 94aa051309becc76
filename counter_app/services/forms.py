"""Forms of what is in the book, as PDF, and the wording they are drawn with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier
from counter_app.domain.form import FormContent
from counter_app.domain.form_content import (
    Subject,
    apology_form,
    control_form,
    notice_form,
    payment_form,
    receipt_form,
    result_form,
    stop_form,
    supplement_form,
)
from counter_app.domain.form_kinds import KINDS, FormKind
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, NoticeRow, PaperMaker, Store
from counter_app.services.wording import Wording

_OF_DOSSIER: Mapping[str, Callable[[Subject], FormContent]] = {
    "receipt": receipt_form,
    "supplement": supplement_form,
    "apology": apology_form,
    "stop": stop_form,
    "control": control_form,
    "result": result_form,
    "payment": payment_form,
}


@dataclass(frozen=True, slots=True)
class FormOffer:
    """A form that a dossier may call for."""

    form: str
    title: str
    happened: bool
    """Whether what it tells has happened; before that it cannot be printed."""


class Forms:
    """Fills a form from the book and has it drawn."""

    def __init__(
        self, store: Store, paper: Callable[[], PaperMaker], clock: Clock, wording: Wording
    ) -> None:
        self._store = store
        self._paper = paper
        self._clock = clock
        self._wording = wording

    def names(self) -> tuple[str, ...]:
        """What can be asked for."""
        return tuple(KINDS)

    def pdf(self, form: str, subject: str, paper: str | None = None) -> bytes:
        """A form of its subject, by id, code or number; on the paper it usually has."""
        kind = KINDS.get(form)
        if kind is None:
            raise Refused("form_unknown", f"Không có mẫu “{form}”. Chọn: {', '.join(KINDS)}.")
        size = paper or kind.papers[0]
        if size not in kind.papers:
            raise Refused("paper_unknown", f"Khổ giấy là {', '.join(sorted(kind.papers))}.")
        with self._store.read() as books:
            content = _content(books, kind, subject.strip())
            template = self._wording.template(books, content)
        return self._paper().form_pdf(template, content, size)

    def any_pdf(self, subject: str) -> bytes:
        """The form that belongs to a dossier or to a notice."""
        with self._store.read() as books:
            notice = books.notices.get(subject)
        return self.pdf(notice.kind if notice else "receipt", subject)

    def of(self, dossier_id: str) -> tuple[FormOffer, ...]:
        """The forms of a dossier, and which of them can be printed now."""
        with self._store.read() as books:
            subject = _subject(books, _dossier(books, dossier_id))
        return tuple(
            FormOffer(kind.name, kind.title, not kind.after or bool(subject.standing(*kind.after)))
            for kind in KINDS.values()
            if kind.name in _OF_DOSSIER
        )


def _content(books: Books, kind: FormKind, asked: str) -> FormContent:
    notice = books.notices.get(asked) if kind.subject == "notice" else None
    if notice is not None and notice.kind == kind.name:
        return _notice(books, notice)
    if kind.name not in _OF_DOSSIER:
        raise Refused("form_missing", "Chưa có mẫu này trong bộ mẫu của cơ quan.", "form")
    subject = _subject(books, _dossier(books, asked))
    if kind.after and not subject.standing(*kind.after):
        raise Refused("action_missing", kind.missing)
    return _OF_DOSSIER[kind.name](subject)


def _notice(books: Books, row: NoticeRow) -> FormContent:
    event, payload = books.log.of(row.id)[0]
    assert isinstance(payload, ev.IntakeRefused)
    return notice_form(event, payload, books.settings.office(payload.office_version))


def _subject(books: Books, dossier: Dossier) -> Subject:
    return Subject.of(dossier, books.settings.office(dossier.office_version))


def _dossier(books: Books, asked: str) -> Dossier:
    """By id or code."""
    dossier = books.dossiers.get(asked)
    if dossier is None:
        ids = books.dossiers.ids_of(asked)
        dossier = books.dossiers.get(ids[0]) if ids else None
    if dossier is None:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã “{asked}” trong sổ. Xem lại mã.")
    return dossier
