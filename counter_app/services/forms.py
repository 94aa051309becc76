"""Statutory forms of what is in the book, as PDF."""

from collections.abc import Callable

from counter_app.domain import events as ev
from counter_app.domain.form import FormContent
from counter_app.domain.form_content import receipt_content, refusal_content
from counter_app.domain.receipt import receipt_of
from counter_app.errors import Refused
from counter_app.ports import Books, PaperMaker, Store

FORMS = (
    "receipt",
    "supplement",
    "refusal",
    "apology",
    "stop",
    "control",
    "handover",
    "result",
)
"""Names of forms; the ones that have a template are printed, the others say so."""


class Forms:
    """Fills a form from the book and has it drawn."""

    def __init__(self, store: Store, paper: Callable[[], PaperMaker]) -> None:
        self._store = store
        self._paper = paper

    def names(self) -> tuple[str, ...]:
        """What can be asked for."""
        return FORMS

    def pdf(self, form: str, subject: str, paper: str | None = None) -> bytes:
        """A form of a dossier or notice, by id, code or number. A5 for the receipt, else A4."""
        if form not in FORMS:
            raise Refused("form_unknown", f"Không có mẫu “{form}”. Chọn: {', '.join(FORMS)}.")
        size = paper or ("a5" if form == "receipt" else "a4")
        if size not in ("a5", "a4"):
            raise Refused("paper_unknown", "Khổ giấy là a5 hoặc a4.")
        with self._store.read() as books:
            content = (
                _receipt(books, subject) if form == "receipt" else _notice(books, subject, form)
            )
        return self._paper().form_pdf(content, size)

    def any_pdf(self, subject: str) -> bytes:
        """The form that belongs to a dossier or to a notice."""
        with self._store.read() as books:
            notice = books.notices.get(subject)
        return self.pdf(notice.kind if notice else "receipt", subject)


def _receipt(books: Books, subject: str) -> FormContent:
    ids = [subject] if books.dossiers.row(subject) else books.dossiers.ids_of(subject)
    dossier = books.dossiers.get(ids[0]) if ids else None
    if dossier is None:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã “{subject}” trong sổ. Xem lại mã.")
    return receipt_content(receipt_of(dossier, books.settings.office(dossier.office_version)))


def _notice(books: Books, subject: str, form: str) -> FormContent:
    row = books.notices.get(subject)
    if row is None or row.kind != form:
        raise Refused(
            "action_missing",
            "Chưa có việc nào sinh ra mẫu này. Xem lại mã hồ sơ hoặc số phiếu.",
        )
    event, payload = books.log.of(row.id)[0]
    assert isinstance(payload, ev.IntakeRefused)
    return refusal_content(event, payload, books.settings.office(payload.office_version))
