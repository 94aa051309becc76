"""Filling a form: from the book to the words and rows its template may name."""

from datetime import datetime

from counter_app.domain.events import Event, IntakeRefused
from counter_app.domain.form import FormContent, Rows
from counter_app.domain.money import in_words, vnd
from counter_app.domain.office import Office
from counter_app.domain.personal_number import mask
from counter_app.domain.receipt import RETURN_METHODS, Receipt

FIELDS = frozenset(
    [
        "number",
        "made_on",
        "code",
        "register_book",
        "register_no",
        "office_name",
        "office_phone",
        "applicant_name",
        "representative_name",
        "address",
        "phone",
        "email",
        "masked_number",
        "procedure_name",
        "case_name",
        "procedure_code",
        "sets",
        "term",
        "received_at",
        "due_at",
        "return_method",
        "fee",
        "fee_words",
        "note",
        "officer",
        "reason",
        "replaces",
        "provisional",
    ]
)


def receipt_content(receipt: Receipt) -> FormContent:
    """The receipt in force of a dossier."""
    return FormContent(
        "receipt",
        receipt.form_set,
        receipt.received_at,
        receipt.letterhead,
        _all(_receipt(receipt)),
        {"papers": _papers(receipt)},
    )


def refusal_content(event: Event, payload: IntakeRefused, office: Office) -> FormContent:
    """A refusal, or what is still missing, of an intake that got no dossier code."""
    made_at = datetime.fromisoformat(event.occurred_at)
    applicant = payload.applicant
    fields = {
        "number": payload.notice_no,
        "made_on": _capital(long_day(made_at)),
        "office_name": office.name,
        "office_phone": office.phone,
        "applicant_name": applicant.name,
        "address": applicant.address or "",
        "phone": applicant.phone or "",
        "email": applicant.email or "",
        "masked_number": mask(applicant.personal_number) if applicant.personal_number else "",
        "procedure_name": payload.procedure.name if payload.procedure else "",
        "reason": payload.reason,
        "officer": event.actor_name,
    }
    items = payload.items
    return FormContent(
        payload.notice,
        payload.form_set,
        made_at,
        office.letterhead,
        _all(fields),
        {
            "papers": tuple((str(n), item, "", "", "") for n, item in enumerate(items, 1)),
            "items": tuple((item,) for item in items),
        },
    )


def long_moment(moment: datetime) -> str:
    """`17 giờ 00 phút, ngày 26 tháng 11 năm 2026`."""
    return f"{moment:%H} giờ {moment:%M} phút, {long_day(moment)}"


def long_day(moment: datetime) -> str:
    """`ngày 26 tháng 11 năm 2026`; months up to February with a nought, as papers have it."""
    month = f"{moment.month:02d}" if moment.month < 3 else str(moment.month)
    return f"ngày {moment.day:02d} tháng {month} năm {moment.year}"


def _all(fields: dict[str, str]) -> dict[str, str]:
    """Every field a template may name; what does not apply is empty."""
    return dict.fromkeys(FIELDS, "") | fields


def _papers(receipt: Receipt) -> Rows:
    """The table of papers: number, name, originals, certified, copies."""
    rows = [
        (
            component.name,
            "xem" if component.present else _count(component.originals),
            _count(component.certified),
            _count(component.copies),
        )
        for component in receipt.components
    ]
    rows += [
        (f"{line.name or 'Bản sao'} ({line.pages} trang)", "", _count(line.copies), "")
        for line in receipt.pages
    ]
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _receipt(receipt: Receipt) -> dict[str, str]:
    case = "" if receipt.case_name == "Thông thường" else receipt.case_name
    return {
        "number": receipt.register_no,
        "made_on": _capital(long_day(receipt.received_at)),
        "code": receipt.code,
        "register_book": receipt.register_book,
        "register_no": receipt.register_no,
        "office_name": receipt.office_name,
        "office_phone": receipt.office_phone,
        "applicant_name": receipt.applicant_name,
        "representative_name": receipt.representative_name,
        "address": receipt.address,
        "phone": receipt.phone,
        "email": receipt.email,
        "masked_number": receipt.masked_number,
        "procedure_name": receipt.procedure_name,
        "case_name": case,
        "procedure_code": receipt.procedure_code,
        "sets": str(receipt.sets),
        "term": receipt.term,
        "received_at": long_moment(receipt.received_at),
        "due_at": long_moment(receipt.due_at),
        "return_method": RETURN_METHODS[receipt.return_method],
        "fee": vnd(receipt.fee_total) if receipt.fees else "Miễn phí",
        "fee_words": f"({in_words(receipt.fee_total)})" if receipt.fees else "",
        "note": receipt.note,
        "officer": receipt.officer,
        "replaces": str(receipt.replaces_no) if receipt.replaces_no else "",
        "provisional": "(tạm tính)" if receipt.provisional else "",
    }


def _count(number: int) -> str:
    return str(number) if number else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
