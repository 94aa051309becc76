"""Filling the forms that tell of several dossiers, of a day or of a period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from counter_app.domain import events as ev
from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import ON_A_SLIP, Entry
from counter_app.domain.form import (
    FormContent,
    Rows,
    long_day,
    long_moment,
    short_day,
    short_moment,
)
from counter_app.domain.form_content import (
    Handover,
    Subject,
    content,
    fee_fields,
    party_fields,
)
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.money import in_words, vnd
from counter_app.domain.office import Office
from counter_app.domain.receipt import RETURN_METHODS

_HEAD_LETTERS = 10
_SHORT_WAYS = {"owner": "Tại quầy", "proxy": "Tại quầy, nhận thay", "post": "Qua bưu chính"}


def rows_of(form: str, table: str, records: Iterable[Mapping[str, str]]) -> Rows:
    """Numbered, in the order of the form's columns; what a record leaves out is empty."""
    columns = KINDS[form].tables[table]
    return tuple(
        tuple(str(no) if name == "no" else record.get(name, "") for name in columns)
        for no, record in enumerate(records, 1)
    )


# ---- lists of dossiers --------------------------------------------------------------------------


def handover_form(form: str, handed: Sequence[tuple[Subject, Handover]]) -> FormContent:
    """Papers that went on to one receiver on one day, or results that came back from one giver."""
    last = handed[-1][1]
    office = handed[-1][0].office
    fields = {
        "giver": last.giver,
        "receiver": last.receiver,
        "officer": ", ".join(dict.fromkeys(line.given_by for _, line in handed)),
        "count": str(len(handed)),
        "handed_at": long_moment(last.given_at),
    }
    rows = rows_of(form, "dossiers", (_listed(subject) for subject, _ in handed))
    return content(form, last.given_at, office, fields, {"dossiers": rows})


def visit_form(subjects: Sequence[Subject]) -> FormContent:
    """One paper for every dossier of a visit, the first one's QR on it."""
    first = subjects[0]
    facts, receipt = first.dossier.facts, first.receipt
    methods = dict.fromkeys(RETURN_METHODS[one.receipt.return_method] for one in subjects)
    fields = {
        **party_fields(facts.applicant, facts.representative, None),
        "officer": receipt.officer,
        "count": str(len(subjects)),
        "received_at": long_moment(receipt.received_at),
        "return_method": ", ".join(methods),
        **fee_fields(sum(one.receipt.fee_total for one in subjects)),
    }
    return content(
        "visit",
        receipt.received_at,
        first.office,
        fields,
        {"dossiers": rows_of("visit", "dossiers", map(_listed, subjects))},
        form_set=first.dossier.form_set,
        qr=receipt.qr,
    )


def _listed(subject: Subject) -> dict[str, str]:
    receipt, dossier = subject.receipt, subject.dossier
    done = dossier.completion
    return {
        "code": receipt.code,
        "procedure_name": receipt.procedure_name,
        "unit": dossier.facts.procedure.unit,
        "result": dossier.facts.procedure.result,
        "decision_no": done.decision_no if done else "",
        "applicant_name": receipt.applicant_name,
        "address": receipt.address,
        "fee": "X" if receipt.fee_total else "",
        "post": "X" if receipt.return_method == "post" else "",
        "sets": str(receipt.sets),
        "received_at": short_moment(receipt.received_at),
        "due_at": short_moment(receipt.due_at),
        "term": receipt.term,
    }


def register_form(
    subjects: Sequence[Subject], first: date, last: date, book: str, office: Office
) -> FormContent:
    """The book of a period, voided dossiers in it too: no number may be missing."""
    fields = {
        "from_on": short_day(first),
        "to_on": short_day(last),
        "book": book,
        "count": str(len(subjects)),
    }
    rows = rows_of("register", "dossiers", map(_registered, subjects))
    at = datetime.combine(last, time(23, 59, 59), ZoneInfo(office.time_zone))
    pinned = subjects[-1].dossier.form_set
    return content("register", at, office, fields, {"dossiers": rows}, form_set=pinned)


def _registered(subject: Subject) -> dict[str, str]:
    receipt, dossier = subject.receipt, subject.dossier
    moved = subject.standing("dossier.transferred")
    returned = dossier.handed_over
    taker = returned.receiver.name if returned and returned.receiver else ""
    return {
        "code": receipt.code,
        "procedure_name": receipt.procedure_name,
        "sets": str(receipt.sets),
        "applicant_name": receipt.applicant_name,
        "address": receipt.address,
        "phone": receipt.phone,
        "unit": dossier.facts.procedure.unit,
        "received_at": short_moment(receipt.received_at),
        "due_at": short_moment(receipt.due_at),
        "moved_at": short_moment(datetime.fromisoformat(moved[0].at)) if moved else "",
        "back_at": short_moment(dossier.completed_at) if dossier.completed_at else "",
        "returned_at": short_moment(dossier.returned_at) if dossier.returned_at else "",
        "way": _SHORT_WAYS[returned.to] if returned else "",
        "receiver": (taker or receipt.applicant_name) if returned else "",
        "accepted_by": receipt.officer,
        "note": _remark(subject),
    }


def _remark(subject: Subject) -> str:
    """How it ended where it did not end with a result, and a new date."""
    parts = []
    for line in subject.standing():
        match line.payload:
            case ev.DossierVoided(reason):
                parts.append(f"Đã hủy: {reason}")
            case ev.DossierWithdrawn(reason):
                parts.append(f"Rút hồ sơ: {reason}")
            case ev.DossierStopped():
                parts.append(f"Dừng theo {line.payload.decision_no}")
            case ev.DossierExtended():
                parts.append(f"Hẹn lại {short_day(line.payload.new_due_at)}")
    return ". ".join(parts)


# ---- the end of a day ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayOfCounter:
    """What one counter wrote on one day, oldest first."""

    day: date
    counter_no: int
    entries: Sequence[Entry]
    names: Mapping[str, str]
    """Dossier id → code, of those that the day's events are about."""


_COUNTED: tuple[tuple[str, str], ...] = (
    ("dossier.accepted", "Hồ sơ tiếp nhận"),
    ("intake.refused:supplement", "Phiếu yêu cầu bổ sung khi chưa tiếp nhận"),
    ("intake.refused:refusal", "Phiếu từ chối tiếp nhận"),
    ("dossier.transferred", "Lượt chuyển hồ sơ đi giải quyết"),
    ("supplement.requested", "Yêu cầu bổ sung trong khi giải quyết"),
    ("supplement.received", "Nhận giấy tờ bổ sung"),
    ("dossier.extended", "Hẹn lại ngày trả"),
    ("dossier.stopped", "Dừng giải quyết"),
    ("dossier.withdrawn", "Rút hồ sơ"),
    ("dossier.completed", "Có kết quả"),
    ("dossier.returned", "Trả kết quả"),
    ("dossier.corrected", "Đính chính"),
    ("dossier.voided", "Hủy hồ sơ"),
    ("slip.printed:first", "Phiếu in lần đầu"),
    ("slip.printed:again", "Phiếu in lại"),
)


def closing_form(told: DayOfCounter, office: Office) -> FormContent:
    """The day in figures, who took how much, what was undone, and where the log stands.

    What was taken back on the same day is in no figure but in its own table.
    """
    undone = {
        payload.event_id
        for _, payload in told.entries
        if isinstance(payload, ev.ActionReverted | ev.PaymentVoided)
    }
    standing = [entry for entry in told.entries if entry[0].event_id not in undone]
    last = told.entries[-1][0]
    codes = _codes(standing, told)
    collected = _collected(standing)
    total = sum(amount for _, amount in collected.values())
    fields = {
        "day": long_day(told.day),
        "counter_no": str(told.counter_no),
        "first_code": codes[0] if codes else "",
        "last_code": codes[-1] if codes else "",
        "head": last.hash[:_HEAD_LETTERS],
        "events": str(len(told.entries)),
        "taken": vnd(total),
        "taken_words": in_words(total),
    }
    counted = [_kind_of(*entry) for entry in standing]
    tables = {
        "figures": rows_of(
            "closing",
            "figures",
            ({"name": name, "count": str(counted.count(kind))} for kind, name in _COUNTED),
        ),
        "collectors": rows_of(
            "closing",
            "collectors",
            (
                {"officer": name, "count": str(times), "amount": vnd(amount)}
                for name, (times, amount) in collected.items()
            ),
        ),
        "voided": rows_of("closing", "voided", _undone(told)),
    }
    return content("closing", datetime.fromisoformat(last.occurred_at), office, fields, tables)


def _kind_of(event: ev.Event, payload: ev.Payload | None) -> str:
    match payload:
        case ev.IntakeRefused():
            return f"{event.type}:{payload.notice}"
        case ev.SlipPrinted() if payload.what in ON_A_SLIP and payload.outcome != "FAILED":
            return f"{event.type}:{'again' if payload.copy_no else 'first'}"
        case _:
            return event.type


def _codes(standing: Sequence[Entry], told: DayOfCounter) -> list[str]:
    """Codes of that day that this counter gave out, by their running numbers."""
    found = []
    for _, payload in standing:
        if isinstance(payload, ev.DossierAccepted) and payload.counter_no == told.counter_no:
            parsed = DossierCode.parse(payload.code)
            if parsed is not None and parsed.day == told.day:
                found.append((int(parsed.seq), payload.code))
    return [code for _, code in sorted(found)]


def _collected(standing: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    """Officer → how often money was taken, and how much, in đồng."""
    found: dict[str, tuple[int, int]] = {}
    for event, payload in standing:
        if isinstance(payload, ev.PaymentReceived):
            times, amount = found.get(event.actor_name, (0, 0))
            found[event.actor_name] = times + 1, amount + payload.amount
    return found


def _undone(told: DayOfCounter) -> list[dict[str, str]]:
    """What was voided or taken back on that day, with its reason."""
    paid = {
        event.event_id: payload.amount
        for event, payload in told.entries
        if isinstance(payload, ev.PaymentReceived)
    }
    found = []
    for event, payload in told.entries:
        match payload:
            case ev.DossierVoided():
                what = "Hủy hồ sơ"
            case ev.PaymentVoided():
                amount = paid.get(payload.event_id)
                what = "Hủy khoản thu" + (f" {vnd(amount)}" if amount else " của ngày trước")
            case ev.ActionReverted():
                what = "Lấy lại việc đã làm"
            case _:
                continue
        code = told.names.get(event.subject, "")
        found.append({"code": code, "what": what, "reason": payload.reason})
    return found
