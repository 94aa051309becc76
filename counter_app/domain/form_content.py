"""Filling the forms of one dossier or notice: from the book to words and rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from counter_app.domain import events as ev
from counter_app.domain.actions import STATE_WORDS
from counter_app.domain.dossier import TRANSITIONS, WAITING, Dossier, Status, TimelineEntry
from counter_app.domain.form import (
    FormContent,
    Rows,
    capital,
    long_day,
    long_moment,
    short_day,
    short_moment,
)
from counter_app.domain.form_kinds import KINDS, FormKind
from counter_app.domain.money import in_words, vnd
from counter_app.domain.office import Office
from counter_app.domain.personal_number import mask
from counter_app.domain.receipt import RETURN_METHODS, Receipt, party_number, receipt_of

_WAYS = {
    "owner": "Trả trực tiếp cho chủ hồ sơ",
    "proxy": "Trả cho người được ủy quyền",
    "post": "Gửi qua dịch vụ bưu chính",
}


_SEXES = {"male": "Nam", "female": "Nữ"}


@dataclass(frozen=True, slots=True)
class Subject:
    """A dossier as forms see it: with its receipt in force and the office that printed it."""

    dossier: Dossier
    office: Office
    receipt: Receipt

    @classmethod
    def of(cls, dossier: Dossier, office: Office) -> "Subject":
        """With the office file that it pins."""
        return cls(dossier, office, receipt_of(dossier, office))

    def standing(self, *types: str) -> tuple[TimelineEntry, ...]:
        """What happened and was not taken back, oldest first; of these types, or of all."""
        return tuple(
            line
            for line in self.dossier.timeline
            if line.rejected is None and not line.reverted and (not types or line.event in types)
        )


def content(
    form: str,
    made_at: datetime,
    office: Office,
    fields: Mapping[str, str],
    tables: Mapping[str, Rows] | None = None,
    *,
    form_set: str = "",
    field_code: str = "",
    qr: str = "",
) -> FormContent:
    """A form's content; what its kind declares and nobody fills is empty, never missing."""
    kind = KINDS[form]
    known = {**_office(office, made_at), **fields}
    if stray := [name for name in fields if name not in kind.fields]:
        raise LookupError(f"{form} declares no {', '.join(stray)}")
    filled = {name: known.get(name, "") for name in kind.fields}
    rows = {name: (tables or {}).get(name, ()) for name in kind.tables}
    letterhead = office.letterhead or (office.name,)
    return FormContent(
        form, form_set, field_code, made_at, letterhead, filled, rows, qr, office.lookup_host
    )


def _office(office: Office, made_at: datetime) -> dict[str, str]:
    day = long_day(made_at)
    return {
        "office_name": office.name,
        "office_address": office.address,
        "office_phone": office.phone,
        "complaint_phone": office.complaint_phone,
        "made_on": f"{office.place}, {day}" if office.place else capital(day),
        "made_day": short_day(made_at),
    }


def _of_dossier(
    form: str,
    subject: Subject,
    made_at: datetime,
    fields: Mapping[str, str],
    tables: Mapping[str, Rows] | None = None,
    qr: str = "",
) -> FormContent:
    return content(
        form,
        made_at,
        subject.office,
        {**dossier_fields(subject), **fields},
        tables,
        form_set=subject.dossier.form_set,
        field_code=subject.dossier.facts.procedure.field_code,
        qr=qr,
    )


# ---- what several forms share -------------------------------------------------------------------


def party_fields(
    party: ev.Party, agent: ev.Representative | None, procedure: ev.ProcedureRef | None
) -> dict[str, str]:
    """Who, and about what."""
    return {
        "applicant_name": party.name,
        "representative_name": agent.name if agent else "",
        "relation": agent.relation or "" if agent else "",
        "address": party.address or "",
        "phone": party.phone or (agent.phone or "" if agent else ""),
        "email": party.email or "",
        "masked_number": party_number(party),
        "procedure_name": procedure.name if procedure else "",
        "procedure_code": procedure.code if procedure else "",
        "case_name": case_name(procedure),
        "field_name": procedure.field_name if procedure else "",
        "unit": procedure.unit if procedure else "",
    }


def case_name(procedure: ev.ProcedureRef | None) -> str:
    """Empty where there is nothing to tell apart."""
    return "" if procedure is None or procedure.case_name == "Thông thường" else procedure.case_name


def dossier_fields(subject: Subject) -> dict[str, str]:
    """What every form of a dossier may name."""
    receipt, facts = subject.receipt, subject.dossier.facts
    return {
        **party_fields(facts.applicant, facts.representative, facts.procedure),
        "code": receipt.code,
        "register_book": receipt.register_book,
        "register_no": receipt.register_no,
        "sets": str(receipt.sets),
        "term": receipt.term,
        "received_at": long_moment(receipt.received_at),
        "received_day": short_day(receipt.received_at),
        "due_at": long_moment(receipt.due_at),
        "provisional": "(tạm tính)" if receipt.provisional else "",
        "return_method": RETURN_METHODS[receipt.return_method],
        **fee_fields(receipt.fee_total),
        "note": receipt.note,
        "accepted_by": receipt.officer,
    }


def fee_fields(total: int) -> dict[str, str]:
    """What is to be paid, in figures and in words."""
    return {
        "fee": vnd(total) if total else "Miễn phí",
        "fee_words": f"({in_words(total)})" if total else "",
    }


def numbered(rows: Iterator[tuple[str, ...]]) -> Rows:
    """With their numbers before them."""
    return tuple((str(number), *row) for number, row in enumerate(rows, 1))


def _count(number: int) -> str:
    return str(number) if number else ""


def _at(line: TimelineEntry) -> datetime:
    return datetime.fromisoformat(line.at)


def _items(items: tuple[str, ...]) -> Rows:
    return numbered((item,) for item in items)


def _fees(subject: Subject) -> Rows:
    return numbered((fee.name, vnd(fee.amount)) for fee in subject.receipt.fees)


# ---- the forms of a dossier ---------------------------------------------------------------------


def receipt_form(subject: Subject) -> FormContent:
    """The receipt in force."""
    receipt = subject.receipt
    papers = numbered(
        (
            paper.name,
            "xem" if paper.present else _count(paper.originals),
            _count(paper.certified),
            _count(paper.copies),
        )
        for paper in receipt.components
    )
    pages = numbered(
        (line.name or "Bản sao", str(line.pages), str(line.copies)) for line in receipt.pages
    )
    fields = {
        "number": receipt.register_no,
        "officer": receipt.officer,
        "replaces": str(receipt.replaces_no) if receipt.replaces_no else "",
        "other_codes": ", ".join(other.code for other in receipt.others),
    }
    tables = {"papers": papers, "pages": pages, "fees": _fees(subject)}
    return _of_dossier("receipt", subject, receipt.received_at, fields, tables, receipt.qr)


def supplement_form(subject: Subject) -> FormContent:
    """The last request for papers during processing."""
    line = subject.standing("supplement.requested")[-1]
    asked = line.payload
    assert isinstance(asked, ev.SupplementRequested)
    facts = subject.dossier.facts
    fields = {
        **party_fields(facts.applicant, facts.representative, facts.procedure),
        "number": asked.notice_no,
        "reason": asked.reason,
        "officer": line.actor,
        "code": subject.dossier.code,
        "received_day": short_day(subject.dossier.received_at),
        "until": long_day(asked.until) if asked.until else "",
    }
    return content(
        "supplement",
        _at(line),
        subject.office,
        fields,
        {"items": _items(asked.items)},
        form_set=subject.dossier.form_set,
        field_code=facts.procedure.field_code,
    )


def apology_form(subject: Subject) -> FormContent:
    """The last extension, with those before it."""
    lines = subject.standing("dossier.extended")
    told = [line.payload for line in lines if isinstance(line.payload, ev.DossierExtended)]
    last = told[-1]
    fields = {
        "number": last.notice_no,
        "reason": last.reason,
        "officer": lines[-1].actor,
        "old_due_at": long_moment(last.old_due_at),
        "new_due_at": long_moment(last.new_due_at),
        "unit_at_fault": last.unit_at_fault,
        "approver": last.approver,
    }
    rows = numbered(
        (
            extension.notice_no,
            short_day(_at(line)),
            short_moment(extension.old_due_at),
            short_moment(extension.new_due_at),
            extension.reason,
        )
        for line, extension in zip(lines, told, strict=True)
    )
    return _of_dossier("apology", subject, _at(lines[-1]), fields, {"extensions": rows})


def stop_form(subject: Subject) -> FormContent:
    """The end of processing without a result."""
    line = subject.standing("dossier.stopped")[-1]
    stopped = line.payload
    assert isinstance(stopped, ev.DossierStopped)
    paid = sum(amount for _, amount in subject.dossier.paid)
    fields = {
        "number": stopped.notice_no,
        "reason": stopped.reason,
        "officer": line.actor,
        "decision_no": stopped.decision_no,
        "stage": STATE_WORDS[_status_before(subject, line)],
        "paid": vnd(paid) if paid else "",
    }
    return _of_dossier("stop", subject, _at(line), fields)


def _status_before(subject: Subject, until: TimelineEntry) -> Status:
    """The status that an action found."""
    status = running = Status.ACCEPTED
    for line in subject.standing():
        if line is until:
            break
        ends = TRANSITIONS[line.event].ends if line.event in TRANSITIONS else None
        if ends in WAITING:
            running, status = status, ends or status
        elif ends is not None:
            status = ends
        elif (status, line.event) in _ANSWERS:
            status = running
    return status


_ANSWERS = {
    (Status.AWAITING_SUPPLEMENT, "supplement.received"),
    (Status.AWAITING_PAYMENT, "payment.received"),
}


def control_form(subject: Subject) -> FormContent:
    """Who had the dossier when, and what the date was like at each hand-over."""
    lines = list(handovers(subject))
    dossier, office = subject.dossier, subject.office
    upper = any(
        isinstance(line.payload, ev.DossierTransferred) and line.payload.to.side == "upper"
        for line in subject.standing("dossier.transferred")
    )
    fields = {
        "partner": office.upper_name if upper else "",
        "returned": long_moment(dossier.returned_at) if dossier.returned_at else "",
    }
    rows = numbered(
        (
            line.giver,
            line.receiver,
            long_moment(line.given_at),
            short_moment(line.taken_at) if line.taken_at else "",
            line.given_by,
            line.taken_by,
            line.outcome,
            line.note,
        )
        for line in lines
    )
    return _of_dossier("control", subject, dossier.received_at, fields, {"handovers": rows})


@dataclass(frozen=True, slots=True)
class Handover:
    """One line of the control sheet."""

    giver: str
    receiver: str
    given_at: datetime
    given_by: str
    outcome: str
    note: str = ""
    taken_at: datetime | None = None
    taken_by: str = ""
    result: bool = False
    """Whether the result came back, not the papers went on."""


def handovers(subject: Subject) -> Iterator[Handover]:
    """From the one-stop desk to whoever decides, and back to it with the result."""
    desk = subject.office.name
    holder, waiting = desk, None
    for line in subject.standing():
        at = _at(line)
        match line.payload:
            case ev.DossierTransferred(to, note):
                if waiting is not None:
                    yield waiting
                receiver = subject.office.upper_name if to.side == "upper" else to.name or desk
                outcome = _outcome(subject, at)
                waiting = Handover(holder, receiver, at, line.actor, outcome, note)
                holder = receiver
            case ev.DossierTakenOver(note) if waiting is not None:
                yield Handover(
                    waiting.giver,
                    waiting.receiver,
                    waiting.given_at,
                    waiting.given_by,
                    waiting.outcome,
                    " ".join(part for part in (waiting.note, note) if part),
                    at,
                    line.actor,
                )
                waiting = None
            case ev.DossierCompleted():
                if waiting is not None:
                    yield waiting
                    waiting = None
                giver = subject.dossier.facts.procedure.unit if holder == desk else holder
                done = line.payload
                decided = f"Kết quả số {done.decision_no}." if done.decision_no else ""
                yield Handover(
                    giver, desk, at, line.actor, _outcome(subject, at),
                    " ".join(part for part in (decided, done.note) if part), result=True,
                )  # fmt: skip
                holder = desk
    if waiting is not None:
        yield waiting


def _outcome(subject: Subject, at: datetime) -> str:
    """By date, against the due date that waits have moved and extensions have not."""
    due_on = subject.dossier.judged_due_at.date()
    if at.date() < due_on:
        return "Trước hạn"
    return "Đúng hạn" if at.date() == due_on else "Quá hạn"


def result_form(subject: Subject) -> FormContent:
    """The return note."""
    line = subject.standing("dossier.returned")[-1]
    returned = line.payload
    assert isinstance(returned, ev.DossierReturned)
    dossier = subject.dossier
    applicant, agent = dossier.facts.applicant, dossier.facts.representative
    receiver = returned.receiver or ev.Receiver()
    proxy = receiver.name or (agent.name if agent else "")
    done = dossier.completion or ev.DossierCompleted()
    fields = {
        "result_name": dossier.facts.procedure.result,
        "decision_no": done.decision_no,
        "decided_on": short_day(done.decided_on) if done.decided_on else "",
        "signed_by": done.signed_by,
        "returned_at": long_moment(_at(line)),
        "way": _WAYS[returned.to],
        "receiver_name": proxy if returned.to == "proxy" else receiver.name or applicant.name,
        "receiver_number": mask(receiver.personal_number) if receiver.personal_number else "",
        "receiver_relation": receiver.relation,
        "receiver_paper": receiver.paper,
        "receiver_phone": subject.receipt.phone,
        "post_item": returned.post_item,
        "slip_lost": "Người nhận không còn giấy hẹn." if returned.slip_lost else "",
        "witness": returned.witness,
        "return_note": returned.note,
        "officer": line.actor,
    }
    return _of_dossier("result", subject, _at(line), fields)


_PAID_BY = {
    "cash": "Tiền mặt",
    "transfer": "Chuyển khoản",
    "bank_transfer": "Chuyển khoản",
    "online": "Trực tuyến",
}
"""Words that a script may write; whatever an officer typed stands as it is."""


def payment_form(subject: Subject) -> FormContent:
    """The last payment that was not taken back."""
    lines = subject.standing("payment.received")
    line = lines[-1]
    paid = line.payload
    assert isinstance(paid, ev.PaymentReceived)
    fields = {
        "amount": vnd(paid.amount),
        "amount_words": in_words(paid.amount),
        "method": _PAID_BY.get(paid.method.strip().lower(), paid.method),
        "receipt_serial": paid.receipt_serial,
        "exemption": paid.exemption,
        "paid_at": long_moment(_at(line)),
        "time": str(len(lines)),
        "payment_note": paid.note,
        "officer": line.actor,
    }
    return _of_dossier("payment", subject, _at(line), fields, {"fees": _fees(subject)})


def lost_slip_form(subject: Subject) -> FormContent:
    """A commitment to be signed and dated by hand, about the receipt in force."""
    return _of_dossier("lost-slip", subject, subject.receipt.received_at, {})


def declaration_form(subject: Subject) -> FormContent:
    """What the applicant declares, as far as it is known; the rest is filled in by hand."""
    party = subject.dossier.facts.applicant
    fields = {
        "born_on": "/".join(reversed((party.born_on or "").split("-"))),
        "sex": _SEXES.get(party.sex or "", ""),
        "personal_number": party.personal_number or "",
    }
    return _of_dossier("declaration", subject, subject.receipt.received_at, fields)


def sample(kind: FormKind) -> FormContent:
    """A form filled with the invented words of its kind, for looking at a wording."""
    return FormContent(
        kind.name,
        "",
        "",
        datetime(2026, 11, 20, 9, 24, tzinfo=UTC),
        ("UBND XÃ KHE SANH (MẪU)", "BỘ PHẬN TIẾP NHẬN VÀ TRẢ KẾT QUẢ"),
        {name: example for name, (_, example) in kind.fields.items()},
        {
            name: (tuple(example for _, example in columns.values()),)
            for name, columns in kind.tables.items()
        },
    )


# ---- notices without a dossier ------------------------------------------------------------------


def notice_form(event: ev.Event, payload: ev.IntakeRefused, office: Office) -> FormContent:
    """A refusal, or what is still missing, of an intake that got no dossier code."""
    fields = {
        **party_fields(payload.applicant, None, payload.procedure),
        "number": payload.notice_no,
        "reason": payload.reason,
        "officer": event.actor_name,
    }
    return content(
        payload.notice,
        datetime.fromisoformat(event.occurred_at),
        office,
        fields,
        {"items": _items(payload.items)},
        form_set=payload.form_set,
        field_code=payload.procedure.field_code if payload.procedure else "",
    )
