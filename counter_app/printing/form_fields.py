"""The values that templates may name, as words."""

from datetime import datetime

from counter_app.domain.money import in_words, vnd
from counter_app.domain.notice import Notice
from counter_app.domain.receipt import Receipt
from counter_app.printing.layout import RETURN_METHODS

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


def fields_of(content: Receipt | Notice) -> dict[str, str]:
    """Every field a template may name; what does not apply is empty."""
    found = dict.fromkeys(FIELDS, "")
    found.update(_receipt(content) if isinstance(content, Receipt) else _notice(content))
    return found


def rows_of(content: Receipt | Notice) -> list[list[str]]:
    """The table of papers: number, name, originals, certified, copies."""
    if isinstance(content, Notice):
        return [[str(n), item, "", "", ""] for n, item in enumerate(content.items, 1)]
    rows = [
        [
            "",
            component.name,
            "xem" if component.present else _count(component.originals),
            _count(component.certified),
            _count(component.copies),
        ]
        for component in content.components
    ]
    rows += [
        ["", f"{line.name or 'Bản sao'} ({line.pages} trang)", "", _count(line.copies), ""]
        for line in content.pages
    ]
    return [[str(number), *row[1:]] for number, row in enumerate(rows, 1)]


def long_moment(moment: datetime) -> str:
    """`17 giờ 00 phút, ngày 26 tháng 11 năm 2026`."""
    return f"{moment:%H} giờ {moment:%M} phút, {long_day(moment)}"


def long_day(moment: datetime) -> str:
    """`ngày 26 tháng 11 năm 2026`; months up to February with a nought, as papers have it."""
    month = f"{moment.month:02d}" if moment.month < 3 else str(moment.month)
    return f"ngày {moment.day:02d} tháng {month} năm {moment.year}"


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


def _notice(notice: Notice) -> dict[str, str]:
    return {
        "number": notice.notice_no,
        "made_on": _capital(long_day(notice.made_at)),
        "office_name": notice.office_name,
        "office_phone": notice.office_phone,
        "applicant_name": notice.applicant_name,
        "address": notice.address,
        "phone": notice.phone,
        "email": notice.email,
        "masked_number": notice.masked_number,
        "procedure_name": notice.procedure_name,
        "reason": notice.reason,
        "officer": notice.officer,
    }


def _count(number: int) -> str:
    return str(number) if number else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
