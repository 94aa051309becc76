"""The receipt (giấy tiếp nhận hồ sơ và hẹn trả kết quả): what slip and form say.

It is frozen with the event: built from the dossier and the office file the event pins, it comes out
the same on every print, at every counter of the commune. The content is frozen, not the pixels.
"""

import base64
import re
from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.dossier import Dossier
from counter_app.domain.events import FeeLine, PageLine, Party, ReceiptSeal, ReceivedComponent
from counter_app.domain.office import Office
from counter_app.domain.personal_number import mask
from counter_app.domain.slip_code import KEY_ID_SIZE, SlipCode, applicant_check, head_of

_SIGNATURE = re.compile("[A-Za-z0-9+/]{86}==")
"""64 bytes in base64."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything that may stand on the paper; empty texts and zeros are left out when drawn."""

    letterhead: tuple[str, ...]
    office_name: str
    office_address: str
    office_phone: str
    complaint_phone: str
    lookup_host: str
    form_set: str
    code: str
    no: int
    replaces_no: int | None
    register_book: str
    register_no: str
    applicant_kind: str
    applicant_name: str
    representative_name: str
    address: str
    phone: str
    email: str
    masked_number: str
    procedure_code: str
    procedure_name: str
    case_name: str
    field_name: str
    components: tuple[ReceivedComponent, ...]
    pages: tuple[PageLine, ...]
    sets: int
    term: str
    why: str
    provisional: bool
    received_at: datetime
    due_at: datetime
    return_method: str
    fees: tuple[FeeLine, ...]
    note: str
    officer: str
    counter_no: int
    others: tuple["Receipt", ...]
    """The other dossiers of the visit (lượt) that share this slip."""
    qr: str
    """The signed payload in base 28; the look-up address is put before it where there is room."""

    @property
    def fee_total(self) -> int:
        """What is to be paid, in đồng."""
        return sum(line.amount for line in self.fees)

    @property
    def visit_total(self) -> int:
        """What is to be paid for every dossier on this slip, in đồng."""
        return self.fee_total + sum(other.fee_total for other in self.others)


RETURN_METHODS = {
    "counter": "Tại quầy",
    "post": "Qua bưu chính",
    "online": "Trực tuyến",
}
"""How the result is wanted."""

_TERMS = {
    "working_day": "{n} ngày làm việc",
    "calendar_day": "{n} ngày",
    "working_hour": "{n} giờ làm việc",
    "month": "{n} tháng",
    "same_day": "Trong ngày làm việc",
}


def term_text(unit: str, amount: int) -> str:
    """The processing time (thời hạn giải quyết) in words."""
    return _TERMS[unit].format(n=amount)


def party_number(party: Party) -> str:
    """What paper shows of the number: masked, but an organisation's tax code is public."""
    if party.personal_number:
        return mask(party.personal_number)
    if party.tax_code:
        return party.tax_code
    return mask(party.other_document) if party.other_document else ""


def slip_code_of(dossier: Dossier, seal: ReceiptSeal) -> SlipCode:
    """The signed content of the QR of that receipt."""
    applicant = dossier.facts.applicant
    return SlipCode(
        code=dossier.sealed_code,
        receipt_no=seal.no,
        received_at=dossier.received_at,
        due_at=dossier.original_due_at,
        key_id=seal.key_id,
        applicant_check=applicant_check(
            dossier.sealed_code, applicant.name, applicant.personal_number
        ),
        signature=base64.b64decode(seal.signature),
    )


def fits_a_slip(seal: ReceiptSeal, received_at: datetime, due_at: datetime) -> bool:
    """Whether a slip can say this. What cannot be written was printed nowhere, whoever sealed it."""
    try:
        key_id = bytes.fromhex(seal.key_id)
        # the letters of the QR can say any bytes, and take longer than all the rest
        head_of(key_id, seal.no, received_at, due_at, bytes(4))
    except ValueError:
        return False
    return len(key_id) == KEY_ID_SIZE and _SIGNATURE.fullmatch(seal.signature) is not None


def receipt_of(dossier: Dossier, office: Office, others: tuple[Receipt, ...] = ()) -> Receipt:
    """The receipt in force of a dossier, with the letterhead of the office that took it in."""
    facts = dossier.facts
    applicant = facts.applicant
    seal = dossier.receipt
    return Receipt(
        letterhead=office.letterhead,
        office_name=office.name,
        office_address=office.address,
        office_phone=office.phone,
        complaint_phone=office.complaint_phone,
        lookup_host=office.lookup_host,
        form_set=dossier.form_set,
        code=dossier.code,
        no=seal.no,
        replaces_no=seal.no - 1 if seal.no > 1 else None,
        register_book=f"{dossier.received_at.year}/{facts.procedure.field_name}",
        register_no=dossier.code.rpartition("-")[2],
        applicant_kind=applicant.kind,
        applicant_name=applicant.name,
        representative_name=facts.representative.name if facts.representative else "",
        address=applicant.address or "",
        phone=applicant.phone or (facts.representative.phone or "" if facts.representative else ""),
        email=applicant.email or "",
        masked_number=party_number(applicant),
        procedure_code=facts.procedure.code,
        procedure_name=facts.procedure.name,
        case_name=facts.procedure.case_name,
        field_name=facts.procedure.field_name,
        components=facts.components,
        pages=facts.pages,
        sets=facts.sets,
        term=term_text(dossier.due.unit, dossier.due.amount),
        why=dossier.due.why,
        provisional=dossier.due.provisional,
        received_at=dossier.received_at,
        due_at=dossier.original_due_at,
        return_method=facts.return_method,
        fees=facts.fees,
        note=facts.note,
        officer=dossier.accepted_by,
        counter_no=dossier.counter_no,
        others=others,
        qr="" if dossier.erased_at else slip_code_of(dossier, seal).encode(),
    )
