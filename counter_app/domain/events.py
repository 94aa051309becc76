"""Every event type of the log, one frozen dataclass each: the vocabulary of the house.

An event says what happened, with its results: due moments with their counted days, numbers and
signatures stand in the payload, so that whoever folds the log needs no calendar and no key.
A type is never changed in place; a new meaning gets a new version in `TYPES`, and the version it
follows a step in `OLDER`, so that whoever reads an old log sees the newest words only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

# ---- shared parts -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: an officer (cán bộ), or the program itself."""

    id: str
    name: str


SYSTEM = Actor("system", "Chương trình")


@dataclass(frozen=True, slots=True)
class ProcedureRef:
    """The procedure (thủ tục) and case (trường hợp) a dossier pins, with the words it printed."""

    code: str
    name: str
    version: str
    field_code: str
    field_name: str
    case_id: str
    case_name: str
    unit: str
    """The desk that handles it, e.g. `Tư pháp - Hộ tịch`."""
    result: str = ""
    supplement_policy: Literal["resume", "restart"] = "restart"
    payment_policy: Literal["resume", "restart"] = "resume"


@dataclass(frozen=True, slots=True)
class Party:
    """A person or organisation as written on the paper. Texts are cleaned, never guessed."""

    kind: Literal["person", "organisation"]
    name: str
    personal_number: str | None = None
    other_document: str | None = None
    tax_code: str | None = None
    born_on: str | None = None
    """`YYYY[-MM[-DD]]`: older people know a year only."""
    sex: Literal["male", "female"] | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    also_known_as: str | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """Who hands in for the owner (người được ủy quyền)."""

    name: str
    personal_number: str | None = None
    phone: str | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class ReceivedComponent:
    """One kind of paper handed in (thành phần hồ sơ), counted per set."""

    id: str
    name: str
    originals: int = 0
    certified: int = 0
    copies: int = 0
    present: bool = False
    """Shown and given back, not kept."""


@dataclass(frozen=True, slots=True)
class PageLine:
    """A document of which certified copies are asked for: pages each, copies of it."""

    name: str
    pages: int
    copies: int


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One fee (phí) or levy (lệ phí), in đồng."""

    id: str
    name: str
    kind: Literal["fee", "levy"]
    amount: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the citizen brought: all that a correction (đính chính) may change."""

    procedure: ProcedureRef
    applicant: Party
    representative: Representative | None
    components: tuple[ReceivedComponent, ...]
    pages: tuple[PageLine, ...]
    sets: int
    return_method: Literal["counter", "post", "online"]
    note: str
    fees: tuple[FeeLine, ...]

    @property
    def fee_total(self) -> int:
        """What is to be paid, in đồng."""
        return sum(line.amount for line in self.fees)


@dataclass(frozen=True, slots=True)
class Due:
    """A due moment (ngày hẹn trả) as it was counted, with what it was counted by."""

    due_at: datetime
    counted_from: datetime
    days: tuple[date, ...]
    provisional: bool
    unit: str
    amount: int
    why: str
    """The sentence that explains the date to the citizen."""
    calendar_version: str = ""
    hours_version: str = ""


@dataclass(frozen=True, slots=True)
class DueOverride:
    """A due moment set by hand: the printed one, beside the counted one."""

    at: datetime
    reason: str
    approver: str


@dataclass(frozen=True, slots=True)
class ReceiptSeal:
    """The number and signature of a frozen receipt; what it says is built from the event."""

    no: int
    key_id: str
    signature: str
    """Ed25519 over the slip's signed bytes, base64."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a dossier goes: to the upper server, or to a unit or officer of the commune."""

    side: Literal["commune", "upper"]
    name: str


# ---- the store and its people -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoreCreated:
    """`init` made the store (sổ dữ liệu) of one counter."""

    public_key: str
    counter_no: int
    org_code: str
    office: str
    """The office file, whole: any counter of the commune can print with this letterhead."""
    office_version: str
    app_version: str


LifeReason = Literal["restore", "fork", "restore-done"]
"""Why a new life began."""


@dataclass(frozen=True, slots=True)
class IncarnationStarted:
    """A restored or copied store goes on under a new life (đời dữ liệu), behind this place of the old."""

    reason: LifeReason
    from_incarnation: str
    from_dseq: int
    from_hash: str


@dataclass(frozen=True, slots=True)
class OfficerAdded:
    """An officer exists from now on. The PIN is never part of the log."""

    officer_id: str
    name: str
    title: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficerChanged:
    """New name, title, roles or state of an officer: the last in order holds."""

    officer_id: str
    name: str
    title: str
    roles: tuple[str, ...]
    active: bool


# ---- the dossier --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DossierAccepted:
    """The dossier (hồ sơ) is in the book. Its id is the id of this event."""

    code: str
    origin: Literal["counter", "paper", "pad", "import", "portal"]
    received_at: datetime
    facts: Facts
    due: Due
    receipt: ReceiptSeal
    slip: bool
    """Whether the law asks for a receipt; procedures answered at once need none."""
    form_set: str
    office_version: str
    counter_no: int
    identity_source: Literal["qr", "typed", "mrz", "chip"] = "typed"
    alias: str | None = None
    due_override: DueOverride | None = None
    visit_id: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntakeRefused:
    """Not accepted: a refusal notice or a request to complete the papers. Takes no dossier code."""

    notice_no: str
    notice: Literal["refusal", "supplement"]
    procedure: ProcedureRef | None
    applicant: Party
    items: tuple[str, ...]
    reason: str
    form_set: str
    office_version: str


@dataclass(frozen=True, slots=True)
class DossierTransferred:
    """Given on (chuyển): the receiver holds it."""

    to: Destination
    note: str = ""


@dataclass(frozen=True, slots=True)
class DossierTakenOver:
    """The receiver signed for it."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class SupplementRequested:
    """Papers are missing (yêu cầu bổ sung): the clock stops."""

    notice_no: str
    items: tuple[str, ...]
    reason: str
    policy: Literal["resume", "restart"]
    until: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SupplementReceived:
    """The missing papers came; `due` is counted anew with the wait left out."""

    items: tuple[str, ...]
    due: Due
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    """A financial duty is to be met: the clock stops."""

    amount: int
    reason: str
    policy: Literal["resume", "restart"]
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Money was taken; `due` is set only where the dossier had been waiting for it."""

    amount: int
    method: str = ""
    receipt_serial: str = ""
    exemption: str = ""
    due: Due | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PaymentVoided:
    """A recorded fee was taken back, with its reason."""

    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierExtended:
    """A new date with an apology (gia hạn). Lateness is still judged by the date before it."""

    notice_no: str
    old_due_at: datetime
    new_due_at: datetime
    reason: str
    unit_at_fault: str = ""
    approver: str = ""
    second: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class DossierStopped:
    """Processing ends without a result (dừng giải quyết)."""

    notice_no: str
    decision_no: str
    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DossierWithdrawn:
    """The citizen takes the dossier back (rút hồ sơ)."""

    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class DossierCompleted:
    """The result (kết quả) is there; a written refusal is one too."""

    decision_no: str = ""
    decided_on: date | None = None
    signed_by: str = ""
    shelf: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who took the result, and by what paper."""

    name: str = ""
    personal_number: str = ""
    relation: str = ""
    paper: str = ""


@dataclass(frozen=True, slots=True)
class DossierReturned:
    """The result was handed over (trả kết quả)."""

    to: Literal["owner", "proxy", "post"]
    receiver: Receiver | None = None
    post_item: str = ""
    slip_lost: bool = False
    witness: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One corrected field, for people to read."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class DossierCorrected:
    """A mistake of the intake put right: both versions stay, a new receipt replaces the old."""

    changes: tuple[Change, ...]
    reason: str
    facts: Facts
    replaces_receipt_no: int
    receipt: ReceiptSeal
    due: Due | None = None
    """Set where the procedure or case changed: counted anew from the same receipt."""
    note: str = ""
    supersedes: str | None = None
    """The event that the upper server could not take: that of the acceptance."""
    accepted: DossierAccepted | None = None
    """Then what it should have said, whole: the dossier is in the book by this event."""


@dataclass(frozen=True, slots=True)
class DossierVoided:
    """Taken in by mistake (hủy). The code stays used for ever."""

    reason: str
    approver: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ActionReverted:
    """The last action of one's own side is taken back; both stay in the timeline."""

    event_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DossierRenumbered:
    """Two offline copies issued one code: the later dossier got another from the upper server."""

    old_code: str
    new_code: str
    kept_by: str


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """A remark."""

    text: str


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """One page of a scanned paper: a JPEG known by the SHA-256 of its bytes."""

    sha256: str
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True)
class AttachmentAdded:
    """A paper of the dossier was scanned (bản quét). The log is complete without the bytes."""

    name: str
    """What its file was called; for people to read, never a path."""
    component: str
    """The id of the component (thành phần hồ sơ) it shows; empty for none."""
    pages: tuple[ScannedPage, ...]
    media: str = "image/jpeg"


@dataclass(frozen=True, slots=True)
class SlipPrinted:
    """A print and how it ended. In the log so that the count of reprints survives a restore."""

    job_id: str
    what: str
    """`receipt`, `visit` where one slip tells of several dossiers, or `form:` and a form's name."""
    receipt_no: int
    copy_no: int
    outcome: Literal["CONFIRMED", "SENT", "UNKNOWN", "FAILED"]
    printer: str
    bytes_hash: str


@dataclass(frozen=True, slots=True)
class VisitClosed:
    """One visit (lượt) of one applicant is done: its dossiers share one slip."""

    visit_id: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PadPrinted:
    """Blank slips of the emergency pad (tập phiếu dự phòng) were given these numbers."""

    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PadAccounted:
    """What became of a pad slip that is no dossier. `unused` takes a mistaken fate back."""

    number: str
    fate: Literal["spoilt", "lost", "unused"]
    reason: str


# ---- the end of keeping -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SubjectHeld:
    """Kept beyond its time (giữ lại): a complaint, a lawsuit, an inspection. Until it is let go."""

    reason: str


@dataclass(frozen=True, slots=True)
class SubjectReleased:
    """No longer held."""

    reason: str


@dataclass(frozen=True, slots=True)
class Remains:
    """What stays of a dossier whose contents were erased: what lists count by, and nobody's data."""

    code: str
    aliases: tuple[str, ...]
    status: Literal["withdrawn", "stopped", "returned"]
    voided: bool
    procedure: ProcedureRef
    received_at: datetime
    due: Due
    due_at: datetime
    judged_due_at: datetime
    original_due_at: datetime
    completed_at: datetime | None
    returned_at: datetime | None
    paid: int
    """All that was taken, in đồng."""
    receipt_no: int
    form_set: str
    office_version: str
    counter_no: int
    origin: str
    device: str
    accepted_by: str
    """The officer."""


@dataclass(frozen=True, slots=True)
class SubjectErased:
    """The time of keeping is over (hết hạn lưu): every payload of the dossier is emptied, here and above.

    Headers and hashes stay. Nothing is emptied before this event has its place in the order.
    """

    years: int
    """How long it was to be kept after it ended, as the administrator set it."""
    ended_at: datetime
    events: int
    """How many events told of it."""
    remains: Remains


Payload = (
    StoreCreated
    | IncarnationStarted
    | OfficerAdded
    | OfficerChanged
    | DossierAccepted
    | IntakeRefused
    | DossierTransferred
    | DossierTakenOver
    | SupplementRequested
    | SupplementReceived
    | PaymentRequested
    | PaymentReceived
    | PaymentVoided
    | DossierExtended
    | DossierStopped
    | DossierWithdrawn
    | DossierCompleted
    | DossierReturned
    | DossierCorrected
    | DossierVoided
    | ActionReverted
    | DossierRenumbered
    | NoteAdded
    | AttachmentAdded
    | SlipPrinted
    | VisitClosed
    | PadPrinted
    | PadAccounted
    | SubjectHeld
    | SubjectReleased
    | SubjectErased
)

TYPES: dict[str, tuple[int, type[Payload]]] = {
    "store.created": (1, StoreCreated),
    "incarnation.started": (1, IncarnationStarted),
    "officer.added": (1, OfficerAdded),
    "officer.changed": (1, OfficerChanged),
    "dossier.accepted": (1, DossierAccepted),
    "intake.refused": (1, IntakeRefused),
    "dossier.transferred": (1, DossierTransferred),
    "dossier.taken_over": (1, DossierTakenOver),
    "supplement.requested": (1, SupplementRequested),
    "supplement.received": (1, SupplementReceived),
    "payment.requested": (1, PaymentRequested),
    "payment.received": (1, PaymentReceived),
    "payment.voided": (1, PaymentVoided),
    "dossier.extended": (1, DossierExtended),
    "dossier.stopped": (1, DossierStopped),
    "dossier.withdrawn": (1, DossierWithdrawn),
    "dossier.completed": (1, DossierCompleted),
    "dossier.returned": (1, DossierReturned),
    "dossier.corrected": (1, DossierCorrected),
    "dossier.voided": (1, DossierVoided),
    "action.reverted": (1, ActionReverted),
    "dossier.renumbered": (1, DossierRenumbered),
    "note.added": (1, NoteAdded),
    "attachment.added": (1, AttachmentAdded),
    "slip.printed": (1, SlipPrinted),
    "visit.closed": (1, VisitClosed),
    "pad.printed": (1, PadPrinted),
    "pad.accounted": (1, PadAccounted),
    "subject.held": (1, SubjectHeld),
    "subject.released": (1, SubjectReleased),
    "subject.erased": (1, SubjectErased),
}
"""Event type → its newest version and the payload of that version."""

OLDER: dict[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Type and version before the newest → what makes the fields of the version after it of its own."""

TYPE_OF: dict[type[Payload], str] = {payload: name for name, (_, payload) in TYPES.items()}

_OF_DOSSIERS = frozenset(
    {"dossier", "supplement", "payment", "action", "note", "attachment", "slip", "subject"}
)

DOSSIER_TYPES = frozenset(name for name in TYPES if name.partition(".")[0] in _OF_DOSSIERS)
"""Types whose subject is a dossier."""

ERASED = "subject.erased"
"""The one type that lets payloads be emptied."""


# ---- the log entry ------------------------------------------------------------------------------


class Event(NamedTuple):
    """One entry of the log, as a row has it. `(device, incarnation, dseq)` orders what one device wrote."""

    device: str
    incarnation: str
    dseq: int
    event_id: str
    type: str
    version: int
    subject: str
    occurred_at: str
    """Wall time with the office's offset, as written; never used for order."""
    clock: str
    """A `ClockState`, then boot id and monotonic seconds, after blanks; a word where none is."""
    actor_id: str
    actor_name: str
    payload: str
    """Canonical JSON with 8 random bytes in it; empty once it was erased."""
    payload_hash: str
    prev_hash: str
    hash: str

    @property
    def actor(self) -> Actor:
        """Who acted."""
        return Actor(self.actor_id, self.actor_name)

    @property
    def by_upper(self) -> bool:
        """Whether the upper server's side wrote it."""
        return is_upper(self.device)


UPPER_PREFIX = "u-"
COUNTER_PREFIX = "c-"


def is_upper(device: str) -> bool:
    """Device ids carry their side: the fold must tell sides apart without any list."""
    return device.startswith(UPPER_PREFIX)
