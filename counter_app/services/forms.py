"""Forms of what is in the book, as PDF, and the wording they are drawn with."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from counter_app.domain import events as ev
from counter_app.domain.dossier import NOTHING_LEFT, Dossier
from counter_app.domain.form import FormContent
from counter_app.domain.form_content import (
    Subject,
    apology_form,
    control_form,
    declaration_form,
    lost_slip_form,
    notice_form,
    payment_form,
    receipt_form,
    result_form,
    sample,
    stop_form,
    supplement_form,
)
from counter_app.domain.form_kinds import KINDS, FormKind
from counter_app.domain.form_poster import poster_form
from counter_app.domain.form_template import Template, parse_template
from counter_app.domain.officer import Officer, Right
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, NoticeRow, PagePicture, PaperMaker, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.form_subjects import (
    closing,
    handed,
    known_dossier,
    register,
    subject_of,
    visit,
)
from counter_app.services.wording import WordedSet, Wording, fault_of

_OF_DOSSIER: Mapping[str, Callable[[Subject], FormContent]] = {
    "receipt": receipt_form,
    "supplement": supplement_form,
    "apology": apology_form,
    "stop": stop_form,
    "control": control_form,
    "result": result_form,
    "payment": payment_form,
    "lost-slip": lost_slip_form,
    "declaration": declaration_form,
}
_GATHERED: Mapping[str, Callable[[Books, str], FormContent]] = {
    "handover": lambda books, asked: handed(books, "handover", asked),
    "handover-results": lambda books, asked: handed(books, "handover-results", asked),
    "visit": visit,
    "register": register,
    "closing": closing,
}
"""Forms of more than one dossier."""


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
        self,
        store: Store,
        paper: Callable[[], PaperMaker],
        clock: Clock,
        wording: Wording,
        catalogue: Catalogue,
    ) -> None:
        self._store = store
        self._paper = paper
        self._clock = clock
        self._wording = wording
        self._catalogue = catalogue

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
            content = self._content(books, kind, subject.strip())
            template = self._wording.template(books, content)
        return self._paper().form_pdf(template, content, size)

    def pages(self, asked: Sequence[tuple[str, str]]) -> bytes:
        """Forms of their subjects in one file; without a form the one that the subject is."""
        made = [
            self.pdf(form, subject) if form else self.any_pdf(subject) for form, subject in asked
        ]
        return made[0] if len(made) == 1 else self._paper().joined(made)

    def pictures(self, pdf: bytes, dots_an_inch: int) -> Iterator[PagePicture]:
        """The pages of a PDF as they look."""
        return self._paper().pictures(pdf, dots_an_inch)

    def any_pdf(self, subject: str) -> bytes:
        """The form that belongs to a dossier or to a notice."""
        return self.pdf(self.form_of(subject), subject)

    def form_of(self, subject: str) -> str:
        """The name of the form that a dossier or a notice is."""
        with self._store.read() as books:
            notice = books.notices.get(subject)
        return notice.kind if notice else "receipt"

    def worded(self) -> tuple[WordedSet, ...]:
        """Every set with its forms, and where the office has a wording of its own."""
        with self._store.read() as books:
            return self._wording.listed(books)

    def text(self, form_set: str, form: str) -> str:
        """The wording that is in use, as it stands in a file."""
        with self._store.read() as books:
            return self._wording.text(books, form_set, form)

    def preview(self, form_set: str, form: str, text: str) -> bytes:
        """A wording as it would look, filled with invented words; a broken one is refused."""
        self._wording.shipped(form_set, form)
        kind = KINDS[form]
        return self._paper().form_pdf(_read(text, form_set, form), sample(kind), kind.papers[0])

    def reword(self, form_set: str, form: str, text: str | None, officer: Officer) -> None:
        """A wording of this office from now on; a broken one is refused and the last one stays.

        None goes back to the shipped one.
        """
        if not officer.may(Right.SETTINGS):
            raise Refused("no_right", "Bạn không có quyền sửa câu chữ biểu mẫu. Hãy đổi người.")
        self._wording.shipped(form_set, form)
        if text is not None:
            _read(text, form_set, form)
        with self._store.write() as books:
            self._wording.keep(books, form_set, form, text or "", self._clock.now())

    def of(self, dossier_id: str) -> tuple[FormOffer, ...]:
        """The forms of a dossier, and which of them can be printed now."""
        with self._store.read() as books:
            subject = subject_of(books, known_dossier(books, dossier_id))
        if subject.dossier.erased_at is not None:
            return ()
        return tuple(
            FormOffer(kind.name, kind.title, not kind.after or bool(subject.standing(*kind.after)))
            for kind in KINDS.values()
            if self._belongs(kind, subject.dossier)
        )

    def _belongs(self, kind: FormKind, dossier: Dossier) -> bool:
        """Whether a dossier of its field may ever call for that form."""
        if kind.subject == "visit":
            return dossier.visit_id is not None
        field_code = dossier.facts.procedure.field_code
        return (kind.name in _OF_DOSSIER or kind.subject == "dossiers") and self._wording.set_of(
            kind.name, dossier.form_set, field_code
        ) is not None

    def _content(self, books: Books, kind: FormKind, asked: str) -> FormContent:
        if kind.name in _GATHERED:
            return _GATHERED[kind.name](books, asked)
        if kind.subject == "procedure":
            return self._poster(books, asked)
        notice = books.notices.get(asked, kind.name)
        if notice is not None:
            return _notice(books, notice)
        other = books.notices.get(asked)
        if other is not None and asked == other.id:
            title = KINDS[other.kind].title
            raise Refused("form_missing", f"Phiếu này là “{title}”. Chọn mẫu {other.kind}.", "form")
        if kind.name not in _OF_DOSSIER:
            raise Refused("action_missing", kind.missing)
        subject = subject_of(books, known_dossier(books, asked))
        if subject.dossier.erased_at is not None:
            raise Refused("erased", NOTHING_LEFT)
        if kind.after and not subject.standing(*kind.after):
            raise Refused("action_missing", kind.missing)
        return _OF_DOSSIER[kind.name](subject)

    def _poster(self, books: Books, asked: str) -> FormContent:
        procedure = self._catalogue.procedure(asked)
        if procedure is None:
            raise Refused("procedure_unknown", f"Không có thủ tục mã “{asked}”. Xem lại mã ở F8.")
        return poster_form(procedure, books.settings.office(), self._clock.now())


def _read(text: str, form_set: str, form: str) -> Template:
    fault = fault_of(text, form)
    if fault is not None:
        raise Refused("template_wrong", fault.sentence(f"{form_set}/{form}"))
    return parse_template(text, form)


def _notice(books: Books, row: NoticeRow) -> FormContent:
    event, payload = books.log.of(row.id)[0]
    assert isinstance(payload, ev.IntakeRefused)
    return notice_form(event, payload, books.settings.office(payload.office_version))
