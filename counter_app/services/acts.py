"""What happens to a dossier after acceptance: one action, one event, one transaction.

Each action checks its own fields and makes a payload; whether it may follow now is asked of the
fold's own table, so that no event is written that the fold would refuse.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counter_app.domain import events as ev
from counter_app.domain.actions import (
    EVENT_OF,
    KEYS,
    Act,
    last_action,
    make,
    may_return_at_once,
    refusal_sentence,
)
from counter_app.domain.code import DossierCode, place_of
from counter_app.domain.dossier import (
    CLOSED,
    Dossier,
    Rejection,
    Status,
    Wait,
    check_revert,
    refusal,
)
from counter_app.domain.events import Actor, Payload
from counter_app.domain.fields import Fields
from counter_app.domain.officer import Officer, Right
from counter_app.domain.procedure import ProcessingUnit
from counter_app.domain.text import clean_text
from counter_app.ports import Books, Clock, IdSource, Store
from counter_app.services.catalogue import Catalogue
from counter_app.services.corrections import Correction, read_correction
from counter_app.services.due_dates import count
from counter_app.services.print_jobs import asked_for
from counter_app.services.receipts import ReceiptSealer
from counter_app.services.results import Changes, Rejected, rejected


@dataclass(frozen=True, slots=True)
class Acted:
    """The action stands in the book."""

    dossier: Dossier
    changes: Changes = field(default_factory=Changes)


RIGHTS: Mapping[str, Right] = {
    "transfer": Right.PROCESS,
    "take-over": Right.PROCESS,
    "request-supplement": Right.PROCESS,
    "receive-supplement": Right.INTAKE,
    "request-payment": Right.PROCESS,
    "receive-payment": Right.RETURN,
    "extend": Right.PROCESS,
    "stop": Right.PROCESS,
    "withdraw": Right.INTAKE,
    "complete": Right.PROCESS,
    "return": Right.RETURN,
    "correct": Right.CORRECT,
    "void": Right.VOID,
    "revert": Right.PROCESS,
}
"""Action → the right it needs."""

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

    def allowed(self, dossier: Dossier, officer: Officer) -> tuple[str, ...]:
        """What may be done now at this counter, the likeliest first."""
        if dossier.voided or dossier.erased_at:
            return ()
        names = [
            name
            for name in _LIKELY.get(dossier.status, ())
            if officer.may(RIGHTS[name]) and self._follows(dossier, name)
        ]
        last = last_action(dossier)
        if last is not None and officer.may(Right.PROCESS):
            if check_revert(dossier, last.event_id, by_upper=False) is None:
                names.append("revert")
        return tuple(names)

    def act(
        self, dossier_id: str, action: str, given: Mapping[str, Any], officer: Officer
    ) -> Acted | Rejected:
        """Do it, durably, or say why not."""
        if action not in RIGHTS:
            names = ", ".join(RIGHTS)
            return rejected(
                "action_unknown", f"Không có việc “{clean_text(action)}”. Chọn: {names}."
            )
        if not officer.may(RIGHTS[action]):
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
            prints = self._slips_after(books, dossier, after, now)
        topics = frozenset({"prints"}) if prints else frozenset[str]()
        return Acted(after, Changes(frozenset({dossier_id}), topics))

    def _slips_after(self, books: Books, before: Dossier, after: Dossier, now: datetime) -> bool:
        """A corrected receipt is printed anew; a slip that nobody is owed any more is not.

        Nobody is once the dossier is over; where that is taken back it waits again.
        """
        corrected = after.receipt.no != before.receipt.no
        over = after.status in CLOSED
        unprinted = not after.prints_of(after.receipt.no)
        again = before.status in CLOSED and not over and unprinted
        if not (corrected or over or again):
            return False
        for job in books.prints.of(after.id):
            if job.what == "receipt" and job.state == "pending":
                books.prints.keep(replace(job, state="done"))
        # what no paper tells of yet will stand corrected on the visit's one slip
        in_visit = after.visit_id is not None and not before.prints_of(before.receipt.no)
        if over or not after.slip or in_visit:
            return over
        books.prints.add(
            asked_for(
                self._ids.new_id(now), "receipt", after.id, now,
                dossier_id=after.id, receipt_no=after.receipt.no,
            )
        )  # fmt: skip
        return True

    def _follows(self, dossier: Dossier, action: str) -> bool:
        if action == "return" and may_return_at_once(dossier):
            return True
        return refusal(dossier, EVENT_OF[action], self._sealer.device_id) is None

    def _made(
        self,
        books: Books,
        dossier: Dossier,
        action: str,
        given: Mapping[str, Any],
        now: datetime,
    ) -> tuple[Payload, ...] | Rejected:
        at_once = action == "return" and may_return_at_once(dossier)
        reason = None if at_once else refusal(dossier, EVENT_OF[action], self._sealer.device_id)
        if reason is not None:
            return _not_now(dossier, reason)
        made = make(
            action,
            Act(
                dossier,
                Fields(given, KEYS[action], now),
                now,
                lambda kind: books.numbers.next_notice(kind, now.year),
                lambda: self._due_after_wait(books, dossier, now),
            ),
        )
        if isinstance(made, tuple):
            return Rejected(made)
        return (ev.DossierCompleted(), made) if at_once else (made,)

    def _due_after_wait(self, books: Books, dossier: Dossier, now: datetime) -> ev.Due:
        """The due moment when the open wait ends now."""
        *earlier, last = dossier.waits
        waits = (*earlier, replace(last, ends=now))
        unit = ProcessingUnit(dossier.due.unit)
        return self._count(books, dossier, unit, dossier.due.amount, waits)

    def _count(
        self,
        books: Books,
        dossier: Dossier,
        unit: ProcessingUnit,
        amount: int,
        waits: tuple[Wait, ...],
    ) -> ev.Due:
        office, version = books.settings.office(), books.settings.office_version()
        _, due = count(self._catalogue, office, dossier.received_at, unit, amount, waits, version)
        return due

    def _revert(self, dossier: Dossier, given: Mapping[str, Any]) -> tuple[Payload, ...] | Rejected:
        fields = Fields(given, frozenset({"reason"}), self._clock.now())
        reason = fields.required("reason", "Chưa có lý do lấy lại việc vừa làm. Gõ lý do.")
        if problems := fields.problems():
            return Rejected(problems)
        last = last_action(dossier)
        if last is None:
            return rejected("nothing_to_revert", "Hồ sơ này không có việc nào để lấy lại.")
        if isinstance(last.payload, ev.PaymentReceived) and last.payload.due is None:
            return (ev.PaymentVoided(last.event_id, reason),)
        refused = check_revert(dossier, last.event_id, by_upper=False)
        if refused is not None:
            return _not_now(dossier, refused)
        return (ev.ActionReverted(last.event_id, reason),)

    def _correct(
        self, books: Books, dossier: Dossier, given: Mapping[str, Any]
    ) -> tuple[Payload, ...] | Rejected:
        if books.dossiers.is_set_aside(dossier.id):
            return self._repaired(books, dossier, given)
        if reason := refusal(dossier, EVENT_OF["correct"], self._sealer.device_id):
            return _not_now(dossier, reason)
        read = read_correction(dossier, given, self._catalogue)
        if isinstance(read, Rejected):
            return read
        return (self._corrected(books, dossier, read),)

    def _repaired(
        self, books: Books, dossier: Dossier, given: Mapping[str, Any]
    ) -> tuple[Payload, ...] | Rejected:
        """The upper server could not take the acceptance: say it again as it should be, with the code
        that stands on the paper (`code`) or one of this counter's, the old one staying an alias.
        """
        rest = {name: value for name, value in given.items() if name != "code"}
        read = read_correction(dossier, rest, self._catalogue, may_be_same=True)
        if isinstance(read, Rejected):
            return read
        code = self._right_code(books, dossier, given.get("code"))
        if isinstance(code, Rejected):
            return code
        (accepted,) = (
            payload
            for event, payload in books.log.of(dossier.id)
            if event.event_id == dossier.id and isinstance(payload, ev.DossierAccepted)
        )
        due, due_at = None, dossier.original_due_at
        if read.case is not None:
            due = self._count(books, dossier, read.case.unit, read.case.amount, ())
            due_at = due.due_at
        seal = self._sealer.seal(
            code, dossier.receipt.no + 1, dossier.received_at, due_at, read.facts
        )
        whole = replace(
            accepted,
            code=code,
            alias=accepted.alias or dossier.code,
            facts=read.facts,
            due=due or accepted.due,
            due_override=None if due else accepted.due_override,
            receipt=seal,
            slip=dossier.slip,
        )
        books.dossiers.issue(code, dossier.id)
        change = ev.Change("code", dossier.code, code)
        return (
            ev.DossierCorrected(
                (*read.changes, change),
                read.reason,
                read.facts,
                dossier.receipt.no,
                seal,
                due,
                supersedes=dossier.id,
                accepted=whole,
            ),
        )

    def _right_code(self, books: Books, dossier: Dossier, given: object) -> str | Rejected:
        day, own = dossier.received_at.date(), books.settings.identity()
        if given is None:
            return f"{own.org_code}-{day:%y%m%d}-{books.numbers.next_seq(day)}"
        code = DossierCode.parse(str(given))
        if code is None:
            return rejected("code_wrong", "Mã hồ sơ trên giấy không đúng. Xem lại.", "code")
        if books.dossiers.ids_of(str(code)):
            return rejected("code_exists", f"Mã {code} đã có trong sổ. Xem lại giấy.", "code")
        place = place_of(code.seq)
        if place and (code.org, place.counter_no) == (own.org_code, own.counter_no):
            books.numbers.pass_by(code.day, place.block, place.number)
        return str(code)

    def _corrected(self, books: Books, dossier: Dossier, read: Correction) -> ev.DossierCorrected:
        due, due_at = None, dossier.original_due_at
        if read.case is not None:
            due = self._count(books, dossier, read.case.unit, read.case.amount, dossier.waits)
            due_at = due.due_at
        no = dossier.receipt.no + 1
        seal = self._sealer.seal(dossier.code, no, dossier.received_at, due_at, read.facts)
        return ev.DossierCorrected(
            read.changes, read.reason, read.facts, dossier.receipt.no, seal, due
        )


def _not_now(dossier: Dossier, reason: Rejection) -> Rejected:
    return rejected(reason.value, refusal_sentence(dossier, reason))
