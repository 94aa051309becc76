"""What happens to a dossier after acceptance: one action, one event, one transaction.

Each action checks its own fields and makes a payload; whether it may follow now is asked of the
fold's own table, so that no event is written that the fold would refuse.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from counter_app.domain import events as ev
from counter_app.domain.dossier import (
    NOT_REVERTIBLE,
    Dossier,
    Rejection,
    Status,
    TimelineEntry,
    check_revert,
    refusal,
)
from counter_app.domain.events import Actor, Destination, Payload
from counter_app.domain.officer import Officer, Right
from counter_app.domain.procedure import ProcessingUnit
from counter_app.domain.text import clean_text
from counter_app.ports import Books, Clock, IdSource, PrintJob, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.corrections import Correction, read_correction
from counter_app.services.due_dates import count
from counter_app.services.fields import Fields
from counter_app.services.receipts import ReceiptSealer
from counter_app.services.results import Changes, Rejected, rejected


@dataclass(frozen=True, slots=True)
class Acted:
    """The action stands in the book."""

    dossier: Dossier
    changes: Changes = field(default_factory=Changes)


ACTIONS: Mapping[str, tuple[str, Right]] = {
    "transfer": ("dossier.transferred", Right.PROCESS),
    "take-over": ("dossier.taken_over", Right.PROCESS),
    "request-supplement": ("supplement.requested", Right.PROCESS),
    "receive-supplement": ("supplement.received", Right.INTAKE),
    "request-payment": ("payment.requested", Right.PROCESS),
    "receive-payment": ("payment.received", Right.RETURN),
    "extend": ("dossier.extended", Right.PROCESS),
    "stop": ("dossier.stopped", Right.PROCESS),
    "withdraw": ("dossier.withdrawn", Right.INTAKE),
    "complete": ("dossier.completed", Right.PROCESS),
    "return": ("dossier.returned", Right.RETURN),
    "correct": ("dossier.corrected", Right.CORRECT),
    "void": ("dossier.voided", Right.VOID),
    "revert": ("action.reverted", Right.PROCESS),
}
"""Action → the event it writes and the right it needs."""

_STATE_WORDS: Mapping[Status, str] = {
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

_LIKELY: Mapping[Status, tuple[str, ...]] = {
    Status.ACCEPTED: (
        "transfer",
        "complete",
        "return",
        "take-over",
        "request-supplement",
        "request-payment",
        "extend",
        "withdraw",
        "stop",
        "correct",
        "void",
    ),
    Status.IN_PROCESS: (
        "complete",
        "transfer",
        "take-over",
        "request-supplement",
        "request-payment",
        "extend",
        "withdraw",
        "stop",
        "correct",
    ),
    Status.AWAITING_SUPPLEMENT: ("receive-supplement", "extend", "withdraw", "stop", "correct"),
    Status.AWAITING_PAYMENT: ("receive-payment", "extend", "withdraw", "stop", "correct"),
    Status.COMPLETED: ("return", "receive-payment", "correct"),
}


class Acts:
    """Everything an officer may do with a dossier in the book."""

    def __init__(
        self,
        store: Store,
        catalogue: Catalogue,
        clock: Clock,
        ids: IdSource,
        sealer: ReceiptSealer,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._clock = clock
        self._ids = ids
        self._sealer = sealer
        self._makers: Mapping[str, Callable[[_Act], Payload | None]] = {
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

    def allowed(self, dossier: Dossier, officer: Officer) -> tuple[str, ...]:
        """What may be done now at this counter, the likeliest first."""
        if dossier.voided:
            return ()
        names = [
            name
            for name in _LIKELY.get(dossier.status, ())
            if officer.may(ACTIONS[name][1]) and self._follows(dossier, name)
        ]
        last = _last_action(dossier)
        if last is not None and officer.may(Right.PROCESS):
            if check_revert(dossier, last.event_id, by_upper=False) is None:
                names.append("revert")
        return tuple(names)

    def act(
        self, dossier_id: str, action: str, given: Mapping[str, Any], officer: Officer
    ) -> Acted | Rejected:
        """Do it, durably, or say why not."""
        if action not in ACTIONS:
            names = ", ".join(ACTIONS)
            return rejected(
                "action_unknown", f"Không có việc “{clean_text(action)}”. Chọn: {names}."
            )
        if not officer.may(ACTIONS[action][1]):
            return rejected("no_right", "Bạn không có quyền làm việc này. Hãy đổi người.")
        now = self._clock.now()
        with self._store.write() as books:
            dossier = books.dossiers.get(dossier_id)
            if dossier is None:
                return rejected("dossier_unknown", "Không có hồ sơ này trong sổ.")
            match action:
                case "revert":
                    made = self._revert(dossier, given)
                case "correct":
                    made = self._correct(books, dossier, given)
                case _:
                    made = self._made(books, dossier, action, given, now)
            if isinstance(made, Rejected):
                return made
            for payload in made:
                books.log.append(
                    payload, actor=Actor(officer.id, officer.name), at=now, subject=dossier_id
                )
            after = books.dossiers.refresh(dossier_id)
            topics = set()
            if action == "correct" and after.slip:
                books.prints.add(
                    PrintJob(
                        self._ids.new_id(now), dossier_id, "receipt", after.receipt.no,
                        "pending", None, 0, "", now,
                    )
                )  # fmt: skip
                topics.add("prints")
        return Acted(after, Changes(frozenset({dossier_id}), frozenset(topics)))

    def _follows(self, dossier: Dossier, action: str) -> bool:
        if action == "return" and _may_return_at_once(dossier):
            return True
        return refusal(dossier, ACTIONS[action][0], by_upper=False) is None

    def _made(
        self,
        books: Books,
        dossier: Dossier,
        action: str,
        given: Mapping[str, Any],
        now: datetime,
    ) -> tuple[Payload, ...] | Rejected:
        at_once = action == "return" and _may_return_at_once(dossier)
        reason = None if at_once else refusal(dossier, ACTIONS[action][0], by_upper=False)
        if reason is not None:
            return _refused(dossier, reason)
        fields = Fields(given, _KEYS[action], now)
        act = _Act(books, dossier, fields, now, self._catalogue)
        payload = self._makers[action](act)
        if problems := fields.problems():
            return Rejected(problems)
        assert payload is not None
        if at_once:
            return ev.DossierCompleted(signed_by=""), payload
        return (payload,)

    def _revert(self, dossier: Dossier, given: Mapping[str, Any]) -> tuple[Payload, ...] | Rejected:
        fields = Fields(given, frozenset({"reason"}), self._clock.now())
        reason = fields.required("reason", "Chưa có lý do lấy lại việc vừa làm. Gõ lý do.")
        if problems := fields.problems():
            return Rejected(problems)
        last = _last_action(dossier)
        if last is None:
            return rejected("nothing_to_revert", "Hồ sơ này không có việc nào để lấy lại.")
        if isinstance(last.payload, ev.PaymentReceived) and last.payload.due is None:
            return (ev.PaymentVoided(last.event_id, reason),)
        refused = check_revert(dossier, last.event_id, by_upper=False)
        if refused is not None:
            return _refused(dossier, refused)
        return (ev.ActionReverted(last.event_id, reason),)

    def _correct(
        self, books: Books, dossier: Dossier, given: Mapping[str, Any]
    ) -> tuple[Payload, ...] | Rejected:
        if reason := refusal(dossier, "dossier.corrected", by_upper=False):
            return _refused(dossier, reason)
        read = read_correction(dossier, given, self._catalogue)
        if isinstance(read, Rejected):
            return read
        return (self._corrected(books, dossier, read),)

    def _corrected(self, books: Books, dossier: Dossier, read: Correction) -> ev.DossierCorrected:
        due, due_at = None, dossier.original_due_at
        if read.case is not None:
            office = books.settings.office()
            _, due = count(
                self._catalogue, office, dossier.received_at, read.case.unit, read.case.amount,
                dossier.waits, books.settings.office_version(),
            )  # fmt: skip
            due_at = due.due_at
        no = dossier.receipt.no + 1
        seal = self._sealer.seal(dossier.code, no, dossier.received_at, due_at, read.facts)
        return ev.DossierCorrected(
            read.changes, read.reason, read.facts, dossier.receipt.no, seal, due
        )


@dataclass(frozen=True, slots=True)
class _Act:
    """What a maker of a payload looks at."""

    books: Books
    dossier: Dossier
    fields: Fields
    now: datetime
    catalogue: Catalogue

    def due_after_wait(self) -> ev.Due:
        """The due moment when the open wait ends now."""
        *earlier, last = self.dossier.waits
        waits = (*earlier, replace(last, ends=self.now))
        _, due = count(
            self.catalogue,
            self.books.settings.office(),
            self.dossier.received_at,
            ProcessingUnit(self.dossier.due.unit),
            self.dossier.due.amount,
            waits,
            self.books.settings.office_version(),
        )
        return due


_KEYS: Mapping[str, frozenset[str]] = {
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


def _transfer(act: _Act) -> Payload:
    to = act.fields.text("to") or act.dossier.facts.procedure.unit
    side: Literal["commune", "upper"] = "upper" if to == "upper" else "commune"
    name = "" if side == "upper" else to
    return ev.DossierTransferred(Destination(side, name), act.fields.text("note"))


def _request_supplement(act: _Act) -> Payload:
    items = act.fields.texts("items", "Chưa ghi giấy tờ cần bổ sung. Ghi đủ một lần.")
    reason = act.fields.required("reason", "Chưa có lý do yêu cầu bổ sung. Gõ lý do.")
    until = act.fields.day("until")
    if act.fields.wrong:
        return ev.NoteAdded("")
    number = act.books.numbers.next_notice("supplement", act.now.year)
    policy = act.dossier.facts.procedure.supplement_policy
    return ev.SupplementRequested(number, items, reason, policy, until, act.fields.text("note"))


def _receive_supplement(act: _Act) -> Payload:
    items = act.fields.texts("items", None)
    return ev.SupplementReceived(items, act.due_after_wait(), act.fields.text("note"))


def _request_payment(act: _Act) -> Payload:
    amount = act.fields.amount("amount", default=None)
    reason = act.fields.required("reason", "Chưa có lý do thu tiền. Gõ lý do.")
    policy = act.dossier.facts.procedure.payment_policy
    return ev.PaymentRequested(amount, reason, policy, act.fields.text("note"))


def _receive_payment(act: _Act) -> Payload:
    waiting = act.dossier.status is Status.AWAITING_PAYMENT
    return ev.PaymentReceived(
        act.fields.amount("amount", default=_owed(act.dossier)),
        act.fields.text("method"),
        act.fields.text("receipt_serial"),
        act.fields.text("exemption"),
        act.due_after_wait() if waiting else None,
        act.fields.text("note"),
    )


def _owed(dossier: Dossier) -> int:
    """What is still to be paid, in đồng: the amount last asked for, else the fees not yet taken."""
    for line in reversed(dossier.timeline):
        if isinstance(line.payload, ev.PaymentRequested) and not line.reverted:
            if dossier.status is Status.AWAITING_PAYMENT:
                return line.payload.amount
            break
    return max(0, dossier.facts.fee_total - sum(amount for _, amount in dossier.paid))


def _extend(act: _Act) -> Payload:
    new_due_at = act.fields.moment("new_due_at", "Chưa có ngày hẹn lại, ví dụ 2026-11-30T17:00.")
    reason = act.fields.required("reason", "Chưa có lý do hẹn lại. Gõ lý do.")
    if new_due_at is not None and new_due_at <= act.dossier.due_at:
        act.fields.add(
            "new_due_at", "moment_wrong", "Ngày hẹn lại phải sau ngày hẹn đang có hiệu lực."
        )
    if act.fields.wrong or new_due_at is None:
        return ev.NoteAdded("")
    return ev.DossierExtended(
        act.books.numbers.next_notice("apology", act.now.year),
        act.dossier.due_at,
        new_due_at,
        reason,
        act.fields.text("unit_at_fault"),
        act.fields.text("approver"),
        second=bool(act.dossier.extensions),
        note=act.fields.text("note"),
    )


def _stop(act: _Act) -> Payload:
    decision_no = act.fields.required("decision_no", "Chưa có số quyết định dừng. Gõ số.")
    reason = act.fields.required("reason", "Chưa có lý do dừng. Gõ lý do.")
    if act.fields.wrong:
        return ev.NoteAdded("")
    number = act.books.numbers.next_notice("stop", act.now.year)
    return ev.DossierStopped(number, decision_no, reason, act.fields.text("note"))


def _withdraw(act: _Act) -> Payload:
    reason = act.fields.required("reason", "Chưa có lý do rút hồ sơ. Gõ lý do.")
    return ev.DossierWithdrawn(reason, act.fields.text("note"))


def _complete(act: _Act) -> Payload:
    return ev.DossierCompleted(
        act.fields.text("decision_no"),
        act.fields.day("decided_on"),
        act.fields.text("signed_by"),
        act.fields.text("shelf"),
        act.fields.text("note"),
    )


def _return(act: _Act) -> Payload:
    to = act.fields.choice("to", ("owner", "proxy", "post"), "owner", "Người nhận")
    receiver = act.fields.mapping(
        "receiver", frozenset({"name", "personal_number", "relation", "paper"})
    )
    if to == "proxy" and not receiver.get("name"):
        act.fields.add(
            "receiver.name", "receiver_missing", "Người nhận thay phải có họ tên. Gõ họ tên."
        )
    return ev.DossierReturned(
        "post" if to == "post" else "proxy" if to == "proxy" else "owner",
        ev.Receiver(**receiver) if receiver else None,
        act.fields.text("post_item"),
        act.fields.flag("slip_lost"),
        act.fields.text("witness"),
        act.fields.text("note"),
    )


def _void(act: _Act) -> Payload:
    reason = act.fields.required("reason", "Chưa có lý do hủy. Gõ lý do.")
    return ev.DossierVoided(reason, act.fields.text("approver"), act.fields.text("note"))


def _may_return_at_once(dossier: Dossier) -> bool:
    """A same-day procedure is completed and returned in one go."""
    return (
        dossier.status is Status.ACCEPTED
        and not dossier.voided
        and dossier.holder.side == "commune"
        and dossier.due.unit == ProcessingUnit.SAME_DAY
    )


def _last_action(dossier: Dossier) -> TimelineEntry | None:
    for line in reversed(dossier.timeline):
        if line.rejected is None and not line.reverted and line.event not in NOT_REVERTIBLE:
            voided = {
                other.payload.event_id
                for other in dossier.timeline
                if isinstance(other.payload, ev.PaymentVoided)
            }
            if line.event != "payment.voided" and line.event_id not in voided:
                return line
    return None


def _refused(dossier: Dossier, reason: Rejection) -> Rejected:
    code = reason.value
    match reason:
        case Rejection.OTHER_SIDE if dossier.holder.side == "upper":
            text = "Hồ sơ đang ở máy chủ cấp trên. Chờ cấp trên giải quyết hoặc chuyển lại."
        case Rejection.OTHER_SIDE:
            text = "Việc này do bên khác làm, ở đây không lấy lại được."
        case Rejection.RECEIPT_REPLACED:
            text = "Phiếu này đã được đính chính ở quầy khác. Mở lại hồ sơ rồi xem bản mới."
        case Rejection.NOTHING_TO_REVERT | Rejection.STANDS_UNDER_ANOTHER:
            text = "Không lấy lại được: đã có việc khác làm sau việc này."
        case _:
            state = "đã hủy" if dossier.voided else _STATE_WORDS[dossier.status]
            text = f"Hồ sơ {state} nên không làm việc này được."
    return rejected(code, text)
