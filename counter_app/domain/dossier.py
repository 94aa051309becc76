"""The dossier (hồ sơ) as a fold over its events, and the table of what may follow what.

Counter and upper server run this same code over the same log, so both come to the same state. An
event that is not allowed in the state it meets is kept and marked rejected, on every machine alike.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from counter_app.domain import events as ev
from counter_app.domain.events import Destination, Due, Event, Facts, Payload, ReceiptSeal
from counter_app.domain.procedure import ProcessingUnit


class Status(StrEnum):
    """The ten national statuses; `no` is the number other systems know them by."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    IN_PROCESS = "in_process"
    AWAITING_SUPPLEMENT = "awaiting_supplement"
    AWAITING_PAYMENT = "awaiting_payment"
    WITHDRAWN = "withdrawn"
    STOPPED = "stopped"
    COMPLETED = "completed"
    RETURNED = "returned"

    @property
    def no(self) -> int:
        """1-10 of the national list."""
        return list(Status).index(self) + 1


WAITING = frozenset({Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT})
CLOSED = frozenset({Status.REFUSED, Status.WITHDRAWN, Status.STOPPED, Status.RETURNED})
RUNNING = frozenset({Status.ACCEPTED, Status.IN_PROCESS})
OPEN = RUNNING | WAITING
"""Received and without a result: what can become late."""


_HERE = Destination("commune", "")


def needs_slip(due: Due, received_at: datetime, due_at: datetime) -> bool:
    """The law asks for no receipt where the result is handed over the same day."""
    return due.unit != ProcessingUnit.SAME_DAY or due_at.date() != received_at.date()


ERASED_NAME = "Đã xóa theo hạn lưu"
"""What stands in the applicant's place."""

NOTHING_LEFT = "Hồ sơ đã xóa theo hạn lưu nên không còn gì để in."


class Author(StrEnum):
    """Which side may write an event."""

    HOLDER = "holder"
    COUNTER = "counter"
    RECEIVER = "receiver"
    """The counter that took it in."""
    ANYONE = "anyone"
    UPPER = "upper"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which statuses an event may come, what follows, and whose it is."""

    begins: frozenset[Status]
    ends: Status | None
    """None: the status stays, or goes back to the one before a wait."""
    author: Author


_ALL = frozenset(Status) - {Status.REGISTERED, Status.REFUSED}

TRANSITIONS: Mapping[str, Rule] = {
    "dossier.transferred": Rule(RUNNING, Status.IN_PROCESS, Author.HOLDER),
    "dossier.taken_over": Rule(RUNNING, None, Author.HOLDER),
    "supplement.requested": Rule(RUNNING, Status.AWAITING_SUPPLEMENT, Author.HOLDER),
    "supplement.received": Rule(frozenset({Status.AWAITING_SUPPLEMENT}), None, Author.COUNTER),
    "payment.requested": Rule(RUNNING, Status.AWAITING_PAYMENT, Author.HOLDER),
    "payment.received": Rule(_ALL, None, Author.COUNTER),
    "payment.voided": Rule(_ALL, None, Author.COUNTER),
    "dossier.extended": Rule(OPEN, None, Author.HOLDER),
    "dossier.stopped": Rule(OPEN, Status.STOPPED, Author.HOLDER),
    "dossier.withdrawn": Rule(OPEN, Status.WITHDRAWN, Author.COUNTER),
    "dossier.completed": Rule(RUNNING, Status.COMPLETED, Author.HOLDER),
    "dossier.returned": Rule(frozenset({Status.COMPLETED}), Status.RETURNED, Author.COUNTER),
    "dossier.corrected": Rule(
        _ALL - {Status.WITHDRAWN, Status.STOPPED, Status.RETURNED}, None, Author.COUNTER
    ),
    "dossier.voided": Rule(frozenset({Status.ACCEPTED}), Status.STOPPED, Author.RECEIVER),
    "dossier.renumbered": Rule(_ALL, None, Author.UPPER),
    "note.added": Rule(_ALL, None, Author.ANYONE),
    "attachment.added": Rule(_ALL, None, Author.COUNTER),
    "slip.printed": Rule(_ALL, None, Author.COUNTER),
    "subject.held": Rule(_ALL, None, Author.ANYONE),
    "subject.released": Rule(_ALL, None, Author.ANYONE),
}

_OF_KEEPING = frozenset({"subject.held", "subject.released", ev.ERASED})

NOT_AN_ACTION = _OF_KEEPING | {
    "slip.printed",
    "note.added",
    "attachment.added",
    "payment.voided",
    "dossier.renumbered",
}
"""Events that others may stand on without mattering to them, and that nobody takes back."""

NOT_REVERTIBLE = NOT_AN_ACTION | {"dossier.accepted", "dossier.corrected", "action.reverted"}


OF_A_VOIDED = _OF_KEEPING | {"slip.printed", "note.added", "dossier.renumbered"}
"""What may still be told of a dossier that was taken in by mistake."""

ON_A_SLIP = frozenset({"receipt", "visit"})
"""What a citizen holds of a dossier: its own slip, or the one of the whole visit."""


class Rejection(StrEnum):
    """Why the fold refused an event."""

    STATE = "state"
    OTHER_SIDE = "other_side"
    OTHER_COUNTER = "other_counter"
    ALREADY_ACCEPTED = "already_accepted"
    NOT_ACCEPTED = "not_accepted"
    RECEIPT_REPLACED = "receipt_replaced"
    NOTHING_TO_REVERT = "nothing_to_revert"
    STANDS_UNDER_ANOTHER = "stands_under_another"


class TimelineEntry(NamedTuple):
    """One line of the story of a dossier, rejected and reverted ones included."""

    event_id: str
    at: str
    event: str
    actor: str
    note: str
    by_upper: bool
    rejected: Rejection | None = None
    reverted: bool = False
    payload: Payload | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """A time that does not count: from the request until the answer."""

    policy: Literal["resume", "restart"]
    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dossier:
    """The state of one dossier after its events."""

    id: str
    code: str
    status: Status
    facts: Facts
    received_at: datetime
    due: Due
    """The due moment in force, moved by waits; `due_at` adds extensions and overrides."""
    due_at: datetime
    judged_due_at: datetime
    """What lateness is judged by: moved by waits, never by extensions."""
    original_due_at: datetime
    """The moment printed on the receipt in force."""
    receipt: ReceiptSeal
    receipts: tuple[ReceiptSeal, ...]
    slip: bool
    holder: Destination
    form_set: str
    office_version: str
    counter_no: int
    origin: str
    device: str
    accepted_by: str
    sealed_code: str
    """The code that the receipt in force is signed with: the old one where it was renumbered since."""
    aliases: tuple[str, ...] = ()
    visit_id: str | None = None
    due_override: ev.DueOverride | None = None
    before_wait: Status | None = None
    waits: tuple[Wait, ...] = ()
    extensions: tuple[ev.DossierExtended, ...] = ()
    paid: tuple[tuple[str, int], ...] = ()
    """Fees taken: (event_id, đồng)."""
    completed_at: datetime | None = None
    completion: ev.DossierCompleted | None = None
    returned_at: datetime | None = None
    handed_over: ev.DossierReturned | None = None
    voided: bool = False
    copies: tuple[tuple[int, int], ...] = ()
    """(receipt number, prints that left the PC)."""
    held: str = ""
    """Why it is kept beyond its time; empty where it is not."""
    erased_at: datetime | None = None
    """Since when nothing stays of it but what lists count by."""
    timeline: tuple[TimelineEntry, ...] = field(default=(), compare=True)

    def prints_of(self, receipt_no: int) -> int:
        """How many prints of that receipt may be in someone's hand."""
        return dict(self.copies).get(receipt_no, 0)


Entry = tuple[Event, Payload | None]
"""An event with its payload; None where the type is newer than this program."""


@dataclass(frozen=True, slots=True)
class _Undo:
    """An action that stands, and the state before it."""

    event_id: str
    type: str
    by_upper: bool
    before: Dossier


def fold(entries: Iterable[Entry]) -> Dossier | None:
    """The dossier that these events tell, in the order given; None where none was accepted."""
    dossier: Dossier | None = None
    timeline: list[TimelineEntry] = []
    undo: list[_Undo] = []
    story = list(entries)
    if (erasure := _carried_out(story)) is not None:
        return _tombstone(*erasure, story)
    repairs = _repairs(story)
    for event, payload in story:
        rejected: Rejection | None = None
        if (repaired := repairs.get(event.event_id)) is not None:
            if dossier is None:
                dossier = _accepted(event, repaired)
            elif event.event_id == event.subject:
                # what it should have said is in the book already
                continue
        elif isinstance(payload, ev.ActionReverted):
            rejected = _revertible(undo, payload.event_id, event.by_upper)
            if rejected is None and dossier is not None:
                dossier = _as_before(undo.pop().before, dossier, payload.event_id)
                timeline = _taken_back(timeline, payload.event_id)
        elif payload is not None:
            following = apply(dossier, event, payload)
            if isinstance(following, Rejection):
                rejected = following
            else:
                if isinstance(payload, ev.PaymentVoided):
                    # as if it had never been paid: it stands on nothing and under nothing
                    undo = [entry for entry in undo if entry.event_id != payload.event_id]
                    timeline = _taken_back(timeline, payload.event_id)
                elif dossier is not None and event.type not in NOT_AN_ACTION:
                    undo.append(_Undo(event.event_id, event.type, event.by_upper, dossier))
                dossier = following
        timeline.append(
            TimelineEntry(
                event.event_id,
                event.occurred_at,
                event.type,
                event.actor_name,
                _note(payload),
                event.by_upper,
                rejected,
                payload=payload,
            )
        )
    if dossier is not None:
        # nobody holds it yet; a copy would cost as much as the rest of the fold
        object.__setattr__(dossier, "timeline", tuple(timeline))
    return dossier


def _carried_out(story: Sequence[Entry]) -> tuple[Event, ev.SubjectErased] | None:
    """What erased the dossier, once a payload was emptied; until then it is as if it were not said."""
    if all(event.payload for event, _ in story):
        return None
    erasures = ((e, told) for e, told in story if isinstance(told, ev.SubjectErased))
    return next(erasures, None)


def _tombstone(event: Event, told: ev.SubjectErased, story: Sequence[Entry]) -> Dossier:
    """What stays, whatever else of the story can still be read, and in whatever order it stands."""
    kept = told.remains
    nobody = ev.Party("person", ERASED_NAME)
    receipt = ReceiptSeal(kept.receipt_no, "", "")
    return Dossier(
        id=event.subject,
        code=kept.code,
        status=Status(kept.status),
        facts=Facts(kept.procedure, nobody, None, (), (), 0, "counter", "", ()),
        received_at=kept.received_at,
        due=kept.due,
        due_at=kept.due_at,
        judged_due_at=kept.judged_due_at,
        original_due_at=kept.original_due_at,
        receipt=receipt,
        receipts=(receipt,),
        slip=False,
        holder=Destination("commune", ""),
        form_set=kept.form_set,
        office_version=kept.office_version,
        counter_no=kept.counter_no,
        origin=kept.origin,
        device=kept.device,
        accepted_by=kept.accepted_by,
        sealed_code=kept.code,
        aliases=kept.aliases,
        paid=((event.event_id, kept.paid),) if kept.paid else (),
        completed_at=kept.completed_at,
        returned_at=kept.returned_at,
        voided=kept.voided,
        erased_at=datetime.fromisoformat(event.occurred_at),
        timeline=tuple(
            TimelineEntry(e.event_id, e.occurred_at, e.type, e.actor_name, "", e.by_upper)
            for e, _ in story
        ),
    )


def _repairs(story: Sequence[Entry]) -> dict[str, ev.DossierAccepted]:
    """Event → the acceptance as it was put right: of the one that could not be taken above, and of the
    correction that says it. Whichever comes first in an order brings the dossier into the book.
    """
    found: dict[str, ev.DossierAccepted] = {}
    for event, payload in story:
        if not isinstance(payload, ev.DossierCorrected) or payload.accepted is None:
            continue
        authors = [known.device for known, _ in story if known.event_id == event.subject]
        if all(device == event.device for device in authors):
            # the last repair holds for all of them
            found = dict.fromkeys((*found, event.subject, event.event_id), payload.accepted)
    return found


def _as_before(before: Dossier, now: Dossier, event_id: str) -> Dossier:
    """The state before an action, with what has happened beside it since."""
    return replace(
        before,
        copies=now.copies,
        code=now.code,
        aliases=now.aliases,
        held=now.held,
        paid=tuple(entry for entry in now.paid if entry[0] != event_id),
    )


def _taken_back(timeline: list[TimelineEntry], event_id: str) -> list[TimelineEntry]:
    return [
        line._replace(reverted=True) if line.event_id == event_id else line for line in timeline
    ]


def check_revert(dossier: Dossier, event_id: str, by_upper: bool) -> Rejection | None:
    """Whether that action may be taken back now."""
    if dossier.erased_at is not None:
        return Rejection.NOTHING_TO_REVERT
    standing = [
        line
        for line in dossier.timeline
        if line.rejected is None
        and not line.reverted
        and line.event not in NOT_AN_ACTION | {"dossier.accepted", "action.reverted"}
    ]
    if not standing or event_id not in {line.event_id for line in standing}:
        return Rejection.NOTHING_TO_REVERT
    last = standing[-1]
    if last.event_id != event_id:
        return Rejection.STANDS_UNDER_ANOTHER
    if last.event in NOT_REVERTIBLE:
        return Rejection.NOTHING_TO_REVERT
    return None if last.by_upper == by_upper else Rejection.OTHER_SIDE


def _revertible(undo: list[_Undo], event_id: str, by_upper: bool) -> Rejection | None:
    if event_id not in {entry.event_id for entry in undo}:
        return Rejection.NOTHING_TO_REVERT
    last = undo[-1]
    if last.event_id != event_id:
        return Rejection.STANDS_UNDER_ANOTHER
    if last.type in NOT_REVERTIBLE:
        return Rejection.NOTHING_TO_REVERT
    return None if last.by_upper == by_upper else Rejection.OTHER_SIDE


def refusal(dossier: Dossier, event_type: str, device: str) -> Rejection | None:
    """Whether that device may write an event of that type now, before it is written."""
    rule = TRANSITIONS[event_type]
    if dossier.erased_at is not None:
        return Rejection.STATE
    if dossier.status not in rule.begins or (dossier.voided and event_type not in OF_A_VOIDED):
        return Rejection.STATE
    by_upper = ev.is_upper(device)
    match rule.author:
        case Author.HOLDER if by_upper != (dossier.holder.side == "upper"):
            return Rejection.OTHER_SIDE
        case Author.COUNTER | Author.RECEIVER if by_upper:
            return Rejection.OTHER_SIDE
        case Author.UPPER if not by_upper:
            return Rejection.OTHER_SIDE
        case Author.RECEIVER if device != dossier.device:
            return Rejection.OTHER_COUNTER
    return None


def apply(dossier: Dossier | None, event: Event, payload: Payload) -> Dossier | Rejection:
    """The state after one event, or why it is refused."""
    if isinstance(payload, ev.DossierAccepted):
        return Rejection.ALREADY_ACCEPTED if dossier is not None else _accepted(event, payload)
    if dossier is None:
        return Rejection.NOT_ACCEPTED
    if event.type not in TRANSITIONS:
        return dossier
    if reason := refusal(dossier, event.type, event.device):
        return reason
    at = datetime.fromisoformat(event.occurred_at)
    changes = _changes(dossier, event.event_id, at, payload)
    if isinstance(changes, Rejection):
        return changes
    ends = TRANSITIONS[event.type].ends
    return replace(dossier, **({} if ends is None else {"status": ends}) | changes)


def _changes(
    dossier: Dossier, event_id: str, at: datetime, payload: Payload
) -> dict[str, Any] | Rejection:
    """What an allowed event changes besides the status of its transition."""
    match payload:
        case ev.DossierTransferred():
            return {"holder": payload.to}
        case ev.SupplementRequested() | ev.PaymentRequested():
            wait = Wait(payload.policy, at)
            return {"before_wait": dossier.status, "waits": (*dossier.waits, wait)}
        case ev.SupplementReceived():
            return _resumed(dossier, at, payload.due)
        case ev.PaymentReceived():
            paid = {"paid": (*dossier.paid, (event_id, payload.amount))}
            if dossier.status is Status.AWAITING_PAYMENT and payload.due is not None:
                return paid | _resumed(dossier, at, payload.due)
            return paid
        case ev.PaymentVoided():
            kept = tuple(entry for entry in dossier.paid if entry[0] != payload.event_id)
            return {"paid": kept}
        case ev.DossierExtended():
            extensions = (*dossier.extensions, payload)
            return {"due_at": payload.new_due_at, "extensions": extensions}
        case ev.DossierCompleted():
            return {"completed_at": at, "completion": payload, "holder": _HERE}
        case ev.DossierReturned():
            return {"returned_at": at, "handed_over": payload}
        case ev.DossierCorrected():
            return _corrected(dossier, payload)
        case ev.DossierVoided():
            return {"voided": True}
        case ev.DossierRenumbered():
            return {"code": payload.new_code, "aliases": (*dossier.aliases, dossier.code)}
        case ev.SlipPrinted():
            return _printed(dossier, payload)
        case ev.SubjectHeld():
            return {"held": payload.reason}
        case ev.SubjectReleased():
            return {"held": ""}
        case _:
            return {}


def _accepted(event: Event, payload: ev.DossierAccepted) -> Dossier:
    due_at = payload.due_override.at if payload.due_override else payload.due.due_at
    return Dossier(
        id=event.subject,
        code=payload.code,
        status=Status.ACCEPTED,
        facts=payload.facts,
        received_at=payload.received_at,
        due=payload.due,
        due_at=due_at,
        judged_due_at=due_at,
        original_due_at=due_at,
        receipt=payload.receipt,
        receipts=(payload.receipt,),
        slip=payload.slip,
        holder=_HERE,
        form_set=payload.form_set,
        office_version=payload.office_version,
        counter_no=payload.counter_no,
        origin=payload.origin,
        device=event.device,
        accepted_by=event.actor_name,
        sealed_code=payload.code,
        aliases=(payload.alias,) if payload.alias else (),
        visit_id=payload.visit_id,
        due_override=payload.due_override,
    )


def _resumed(dossier: Dossier, at: datetime, due: Due) -> dict[str, Any]:
    """The clock runs again. No extension or date by hand from before the wait is shortened by it."""
    *earlier, last = dossier.waits
    judged = max(due.due_at, dossier.judged_due_at) if dossier.due_override else due.due_at
    return {
        "status": dossier.before_wait or Status.IN_PROCESS,
        "before_wait": None,
        "waits": (*earlier, replace(last, ends=at)),
        "due": due,
        "due_at": max(judged, dossier.due_at) if dossier.extensions else judged,
        "judged_due_at": judged,
    }


def _corrected(dossier: Dossier, payload: ev.DossierCorrected) -> dict[str, Any] | Rejection:
    if payload.replaces_receipt_no != dossier.receipt.no:
        return Rejection.RECEIPT_REPLACED
    corrected: dict[str, Any] = {
        "facts": payload.facts,
        "receipt": payload.receipt,
        "receipts": (*dossier.receipts, payload.receipt),
        "sealed_code": dossier.code,
    }
    if payload.due is None:
        return corrected
    return corrected | {
        "due": payload.due,
        "due_at": payload.due.due_at,
        "judged_due_at": payload.due.due_at,
        "original_due_at": payload.due.due_at,
        "due_override": None,
        "slip": dossier.slip or needs_slip(payload.due, dossier.received_at, payload.due.due_at),
    }


def _printed(dossier: Dossier, payload: ev.SlipPrinted) -> dict[str, Any]:
    if payload.what not in ON_A_SLIP or payload.outcome == "FAILED":
        return {}
    copies = dict(dossier.copies)
    copies[payload.receipt_no] = copies.get(payload.receipt_no, 0) + 1
    return {"copies": tuple(copies.items())}


def _note(payload: Payload | None) -> str:
    """The words that stand beside a line of the timeline."""
    match payload:
        case ev.DossierAccepted() | ev.SlipPrinted():
            # first, for most are one of these
            return ""
        case ev.NoteAdded():
            return payload.text
        case ev.AttachmentAdded():
            return f"{payload.name}, {len(payload.pages)} trang"
        case ev.DossierTransferred():
            return " · ".join(part for part in (payload.to.name, payload.note) if part)
        case (
            ev.DossierCorrected()
            | ev.DossierVoided()
            | ev.DossierStopped()
            | ev.DossierWithdrawn()
            | ev.DossierExtended()
            | ev.SupplementRequested()
            | ev.PaymentRequested()
        ):
            return " · ".join(part for part in (payload.reason, payload.note) if part)
        case ev.ActionReverted() | ev.PaymentVoided() | ev.SubjectHeld() | ev.SubjectReleased():
            return payload.reason
        case ev.DossierRenumbered():
            return f"{payload.old_code} → {payload.new_code}"
        case (
            ev.DossierTakenOver()
            | ev.SupplementReceived()
            | ev.PaymentReceived()
            | ev.DossierCompleted()
            | ev.DossierReturned()
        ):
            return payload.note
        case _:
            return ""


class Lateness(StrEnum):
    """By date: completed (or now) against the due date without extensions."""

    EARLY = "early"
    ON_TIME = "on_time"
    RUNNING = "running"
    PAUSED = "paused"
    OVERDUE = "overdue"
    NONE = "none"


def lateness(dossier: Dossier, today: date) -> Lateness:
    """Whether the date was or can be kept. Collecting late is not lateness."""
    due_on = dossier.judged_due_at.date()
    if dossier.voided or dossier.status in {Status.STOPPED, Status.WITHDRAWN}:
        return Lateness.NONE
    if dossier.completed_at is not None:
        done_on = dossier.completed_at.date()
        if done_on < due_on:
            return Lateness.EARLY
        return Lateness.ON_TIME if done_on == due_on else Lateness.OVERDUE
    if dossier.status in WAITING:
        return Lateness.PAUSED
    return Lateness.OVERDUE if today > due_on else Lateness.RUNNING
