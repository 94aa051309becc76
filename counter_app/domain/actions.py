"""What each action needs and the event it makes: one table for counters and the upper server.

Whether an action may follow now is the fold's business (`domain.dossier`); here its fields are read
and every mistake is named. Running numbers and due dates are asked of whoever calls; a number only once nothing is
left to refuse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from counter_app.domain import events as ev
from counter_app.domain.dossier import NOT_REVERTIBLE, Dossier, Rejection, Status, TimelineEntry
from counter_app.domain.events import Destination, Payload
from counter_app.domain.fields import Fields
from counter_app.domain.notice import numbered
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import ProcessingUnit


@dataclass(frozen=True, slots=True)
class Act:
    """What the maker of a payload looks at."""

    dossier: Dossier
    fields: Fields
    now: datetime
    next_notice: Callable[[str], str]
    """Takes the next running number of that kind of notice."""
    due_after_wait: Callable[[], ev.Due]
    """The due moment if the open wait ends now."""


STATE_WORDS: Mapping[Status, str] = {
    Status.REGISTERED: "mới đăng ký",
    Status.ACCEPTED: "được tiếp nhận",
    Status.REFUSED: "không được tiếp nhận",
    Status.IN_PROCESS: "đang xử lý",
    Status.AWAITING_SUPPLEMENT: "chờ bổ sung",
    Status.AWAITING_PAYMENT: "chờ nộp phí",
    Status.WITHDRAWN: "đã rút",
    Status.STOPPED: "đã dừng",
    Status.COMPLETED: "đã xử lý xong",
    Status.RETURNED: "đã trả kết quả",
}

EVENT_OF: Mapping[str, str] = {
    "transfer": "dossier.transferred",
    "take-over": "dossier.taken_over",
    "request-supplement": "supplement.requested",
    "receive-supplement": "supplement.received",
    "request-payment": "payment.requested",
    "receive-payment": "payment.received",
    "extend": "dossier.extended",
    "stop": "dossier.stopped",
    "withdraw": "dossier.withdrawn",
    "complete": "dossier.completed",
    "return": "dossier.returned",
    "correct": "dossier.corrected",
    "void": "dossier.voided",
    "revert": "action.reverted",
}
"""Action → the type of the event it writes."""

KEYS: Mapping[str, frozenset[str]] = {
    "transfer": frozenset({"to", "note"}),
    "take-over": frozenset({"note"}),
    "request-supplement": frozenset({"items", "reason", "until", "note"}),
    "receive-supplement": frozenset({"items", "note"}),
    "request-payment": frozenset({"amount", "reason", "note"}),
    "receive-payment": frozenset({"amount", "method", "receipt_serial", "exemption", "note"}),
    "extend": frozenset({"new_due_at", "reason", "unit_at_fault", "approver", "note"}),
    "stop": frozenset({"decision_no", "reason", "note"}),
    "withdraw": frozenset({"reason", "note"}),
    "complete": frozenset({"decision_no", "decided_on", "signed_by", "shelf", "note"}),
    "return": frozenset({"to", "receiver", "post_item", "slip_lost", "witness", "note"}),
    "void": frozenset({"reason", "approver", "note"}),
}


def _transfer(act: Act) -> Payload:
    to = act.fields.text("to") or act.dossier.facts.procedure.unit
    side: Literal["commune", "upper"] = "upper" if to == "upper" else "commune"
    name = "" if side == "upper" else to
    return ev.DossierTransferred(Destination(side, name), act.fields.text("note"))


def _request_supplement(act: Act) -> Payload:
    items = act.fields.texts("items", "Chưa ghi giấy tờ cần bổ sung. Ghi đủ một lần.")
    reason = act.fields.required("reason", "Chưa có lý do yêu cầu bổ sung. Gõ lý do.")
    until = act.fields.day("until")
    policy = act.dossier.facts.procedure.supplement_policy
    return ev.SupplementRequested("", items, reason, policy, until, act.fields.text("note"))


def _receive_supplement(act: Act) -> Payload:
    items = act.fields.texts("items", None)
    return ev.SupplementReceived(items, act.due_after_wait(), act.fields.text("note"))


def _request_payment(act: Act) -> Payload:
    amount = act.fields.amount("amount", default=None)
    reason = act.fields.required("reason", "Chưa có lý do thu tiền. Gõ lý do.")
    policy = act.dossier.facts.procedure.payment_policy
    return ev.PaymentRequested(amount, reason, policy, act.fields.text("note"))


def _receive_payment(act: Act) -> Payload:
    waiting = act.dossier.status is Status.AWAITING_PAYMENT
    return ev.PaymentReceived(
        act.fields.amount("amount", default=owed(act.dossier)),
        act.fields.text("method"),
        act.fields.text("receipt_serial"),
        act.fields.text("exemption"),
        act.due_after_wait() if waiting else None,
        act.fields.text("note"),
    )


def owed(dossier: Dossier) -> int:
    """What is still to be paid, in đồng: the amount last asked for, else the fees not yet taken."""
    for line in reversed(dossier.timeline):
        if isinstance(line.payload, ev.PaymentRequested) and not line.reverted:
            if dossier.status is Status.AWAITING_PAYMENT:
                return line.payload.amount
            break
    return max(0, dossier.facts.fee_total - sum(amount for _, amount in dossier.paid))


def _extend(act: Act) -> Payload:
    new_due_at = act.fields.moment("new_due_at", "Chưa có ngày hẹn lại, ví dụ 2026-11-30T17:00.")
    reason = act.fields.required("reason", "Chưa có lý do hẹn lại. Gõ lý do.")
    if new_due_at is not None and new_due_at <= act.dossier.due_at:
        act.fields.add(
            "new_due_at", "moment_wrong", "Ngày hẹn lại phải sau ngày hẹn đang có hiệu lực."
        )
    return ev.DossierExtended(
        "",
        act.dossier.due_at,
        new_due_at or act.dossier.due_at,
        reason,
        act.fields.text("unit_at_fault"),
        act.fields.text("approver"),
        second=bool(act.dossier.extensions),
        note=act.fields.text("note"),
    )


def _stop(act: Act) -> Payload:
    decision_no = act.fields.required("decision_no", "Chưa có số quyết định dừng. Gõ số.")
    reason = act.fields.required("reason", "Chưa có lý do dừng. Gõ lý do.")
    return ev.DossierStopped("", decision_no, reason, act.fields.text("note"))


def _withdraw(act: Act) -> Payload:
    reason = act.fields.required("reason", "Chưa có lý do rút hồ sơ. Gõ lý do.")
    return ev.DossierWithdrawn(reason, act.fields.text("note"))


def _complete(act: Act) -> Payload:
    return ev.DossierCompleted(
        act.fields.text("decision_no"),
        act.fields.day("decided_on"),
        act.fields.text("signed_by"),
        act.fields.text("shelf"),
        act.fields.text("note"),
    )


def _return(act: Act) -> Payload:
    to = act.fields.choice("to", ("owner", "proxy", "post"), "owner", "Người nhận")
    receiver = act.fields.mapping(
        "receiver", frozenset({"name", "personal_number", "relation", "paper"})
    )
    return ev.DossierReturned(
        "post" if to == "post" else "proxy" if to == "proxy" else "owner",
        ev.Receiver(**receiver) if receiver else None,
        act.fields.text("post_item"),
        act.fields.flag("slip_lost"),
        act.fields.text("witness"),
        act.fields.text("note"),
    )


def _void(act: Act) -> Payload:
    reason = act.fields.required("reason", "Chưa có lý do hủy. Gõ lý do.")
    return ev.DossierVoided(reason, act.fields.text("approver"), act.fields.text("note"))


def may_return_at_once(dossier: Dossier) -> bool:
    """A same-day procedure is completed and returned in one go."""
    return (
        dossier.status is Status.ACCEPTED
        and not dossier.voided
        and dossier.holder.side == "commune"
        and dossier.due.unit == ProcessingUnit.SAME_DAY
    )


def last_action(dossier: Dossier) -> TimelineEntry | None:
    """The newest action that still stands and may be taken back."""
    for line in reversed(dossier.timeline):
        if line.rejected is None and not line.reverted and line.event not in NOT_REVERTIBLE:
            return line
    return None


def refusal_sentence(dossier: Dossier, reason: Rejection) -> str:
    """Why the fold would refuse it, for the officer."""
    match reason:
        case Rejection.OTHER_SIDE if dossier.holder.side == "upper":
            text = "Hồ sơ đang ở máy chủ cấp trên. Chờ cấp trên giải quyết hoặc chuyển lại."
        case Rejection.OTHER_SIDE:
            text = "Việc này do bên khác làm, ở đây không lấy lại được."
        case Rejection.OTHER_COUNTER:
            text = "Hồ sơ này do quầy khác nhận. Việc này chỉ quầy đã nhận mới làm được."
        case Rejection.RECEIPT_REPLACED:
            text = "Phiếu này đã được đính chính ở quầy khác. Mở lại hồ sơ rồi xem bản mới."
        case Rejection.NOTHING_TO_REVERT | Rejection.STANDS_UNDER_ANOTHER:
            text = "Không lấy lại được: đã có việc khác làm sau việc này."
        case _:
            state = "đã hủy" if dossier.voided else STATE_WORDS[dossier.status]
            state = "đã xóa theo hạn lưu" if dossier.erased_at else state
            text = f"Hồ sơ {state} nên không làm việc này được."
    return text


_MAKERS: Mapping[str, Callable[[Act], Payload]] = {
    "transfer": _transfer,
    "take-over": lambda act: ev.DossierTakenOver(act.fields.text("note")),
    "request-supplement": _request_supplement,
    "receive-supplement": _receive_supplement,
    "request-payment": _request_payment,
    "receive-payment": _receive_payment,
    "extend": _extend,
    "stop": _stop,
    "withdraw": _withdraw,
    "complete": _complete,
    "return": _return,
    "void": _void,
}
"""Action → what makes its event out of the given fields, all but the number of its notice."""


def make(action: str, act: Act) -> Payload | tuple[Problem, ...]:
    """The event of an action, or what must be mended. What is refused takes no number."""
    payload = _MAKERS[action](act)
    return act.fields.problems() or numbered(payload, act.next_notice)
