"""What the use cases need from the outside, as Protocols. `bootstrap` wires the real things in.

A `Books` is one transaction on the store. Reading and writing are told apart by how it was opened:
`Store.read()` never blocks a writer, `Store.write()` is BEGIN IMMEDIATE and durable on exit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # types alone: whoever works with them loads them
    from counter_app.domain.dossier import Dossier, Entry, Status
    from counter_app.domain.events import Actor, DossierAccepted, Event, Payload
    from counter_app.domain.form import FormContent
    from counter_app.domain.form_template import Template
    from counter_app.domain.office import Office
    from counter_app.domain.officer import Officer
    from counter_app.domain.outcome import Outcome, Reason, Sent
    from counter_app.domain.printer import Learnt, Profile
    from counter_app.domain.published import Published
    from counter_app.domain.slip_code import KnownKey
    from counter_app.domain.slips import SlipContent
    from counter_app.ports.attachments import Attachments
    from counter_app.ports.desk import Appointments, Pads, Tickets


class Clock(Protocol):
    """The PC's clock, which may be wrong."""

    def now(self) -> datetime:
        """Wall time, aware, in the office's zone."""

    def uptime(self) -> float:
        """Seconds that only run forward, of this boot."""

    def boot_id(self) -> str:
        """Names this boot of the PC."""


class OfficeClock(Clock, Protocol):
    """The time of the office: what the PC shows, or what an officer typed where that cannot be believed."""

    @property
    def typed(self) -> bool:
        """Whether `now` goes on from what an officer typed."""

    def put_right(self, at: datetime) -> None:
        """It is `at` now, whatever the PC shows."""


class IdSource(Protocol):
    """Where ids and random bytes come from."""

    def new_id(self, at: datetime) -> str:
        """A UUIDv7: unique without any network; never used for order."""

    def random(self, size: int) -> bytes:
        """Bytes nobody can guess."""

    def choose(self, below: int) -> int:
        """A number from 0 to `below` - 1 nobody can guess."""


class Signer(Protocol):
    """The device's key."""

    @property
    def device_id(self) -> str: ...

    @property
    def key_id(self) -> str: ...

    @property
    def public_key(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""


class PinHasher(Protocol):
    """Slow on purpose."""

    def hash(self, pin: str) -> str: ...

    def verify(self, hashed: str, pin: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose store this is."""

    device_id: str
    incarnation: str
    counter_no: int
    org_code: str
    seeded: bool
    sample: bool


@dataclass(frozen=True, slots=True)
class DossierRow:
    """One line of a list. Personal numbers are masked here already."""

    id: str
    code: str
    applicant_name: str
    masked_number: str
    procedure_code: str
    procedure_name: str
    status: Status
    received_at: datetime
    due_at: datetime
    judged_due_at: datetime
    completed_at: datetime | None
    returned_at: datetime | None
    holder: str
    holder_side: str
    shelf: str
    voided: bool
    slip: bool
    printed: bool
    sent: str
    """`local`, `sent` or `problem`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The six figures of the home screen, in dossiers."""

    received_today: int
    due_today: int
    overdue: int
    waiting_return: int
    unprinted: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Secret:
    """An officer's PIN hash and the state of its lock. Never leaves this store."""

    pin_hash: str
    failures: int = 0
    locked_boot: str = ""
    locked_until: float = 0.0
    lock_seconds: int = 0


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One print that was asked for; `outcome` is None until it is known."""

    id: str
    """Empty for `open`: there is no job yet."""
    what: str
    """`receipt`, `visit`, `ticket`, `appointment`, `pad`, `test`, or `form:` and a form's name."""
    subject: str
    """Of what: a dossier's or visit's id, a ticket, a number; of a form what it was asked for."""
    dossier_id: str | None
    receipt_no: int
    state: str
    """`open` (of a visit that is not closed), `pending`, `printing`, `unknown`, `done`."""
    outcome: Outcome | None
    copy_no: int
    printer: str
    created_at: datetime
    bytes_hash: str = ""
    owner: str = ""
    """The run of the program that prints it now."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An intake that was begun, field by field."""

    id: str
    officer_id: str
    saved_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A refusal or supplement notice and the event that made it."""

    id: str
    notice_no: str
    kind: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """One version of a text the store was told."""

    content: str
    since: datetime
    """When it came into force."""


class Log(Protocol):
    """The append-only log."""

    def append(
        self,
        payload: Payload,
        *,
        actor: Actor,
        at: datetime,
        subject: str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Write one event; without a subject the event is about itself."""

    def of(self, subject: str) -> Sequence[Entry]:
        """The events of a subject in the order in which they count."""

    def between(self, first: date, last: date) -> Sequence[Entry]:
        """Every event of these days by the date it was written with, in the order it came here."""

    def believed_at(self) -> datetime | None:
        """When the newest own event was written whose time somebody answers for."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the upper server has not taken something of a dossier."""

    message: str
    """Its reason in Vietnamese."""
    set_aside: bool
    """Whether it is the acceptance, so that a correction says the whole dossier again."""
    refused: bool = False
    """It is above, but counts for nothing: somebody has to know, nothing has to be repaired."""


class Dossiers(Protocol):
    """The dossiers as the log tells them."""

    def get(self, dossier_id: str) -> Dossier | None: ...

    def enter(self, event: Event, payload: DossierAccepted) -> Dossier:
        """A dossier that this store has just accepted; its code is used for ever."""

    def refresh(self, dossier_id: str) -> Dossier:
        """Fold again and bring the lists and the search up to date."""

    def issue(self, code: str, dossier_id: str) -> None:
        """A code was given out: never again."""

    def is_set_aside(self, dossier_id: str) -> bool:
        """Whether the upper server could not take the dossier's acceptance."""

    def trouble(self, dossier_id: str) -> Trouble | None:
        """What the upper server could not take of it, the acceptance before everything else."""

    def saw(self, dossier_id: str) -> None:
        """Somebody knows of the acts of this counter that the common order refuses."""

    def ids_of(self, code: str) -> Sequence[str]:
        """Dossiers that carry or carried this code, the holder of the code first."""

    def row(self, dossier_id: str) -> DossierRow | None: ...

    def find(
        self, text: str, limit: int, today: date, among: Collection[Status] = ()
    ) -> Sequence[DossierRow]:
        """Newest first; all words must match; the last may be half typed. `among` narrows to what
        stands at one of these statuses and was not voided.
        """

    def work(self, kind: str, limit: int, today: date, soon: date) -> Sequence[DossierRow]:
        """The dossiers behind one figure of the home screen or one tray; `soon` ends "due soon"."""

    def count(self, kind: str, today: date, soon: date) -> int:
        """How many there are of them."""

    def figures(self, today: date) -> Figures: ...

    def of_visit(self, visit_id: str) -> Sequence[str]:
        """Ids of the dossiers this counter took in on one visit, the first first."""

    def received(self, first: date, last: date) -> Sequence[str]:
        """Ids of the dossiers received on these days, voided ones too, in the order of reception."""

    def open_alike(self, applicant_key: str, procedure_code: str) -> Sequence[str]:
        """Codes of open dossiers of the same person and procedure."""

    def uncollected(self, before: date) -> int:
        """Results completed before that day and still on the shelf."""


class Numbers(Protocol):
    """Running numbers, taken in the transaction that uses them."""

    def next_seq(self, day: date) -> str:
        """The last part of the next code of that local day."""

    def pass_by(self, day: date, block: int, number: int) -> None:
        """A code of this counter came from paper: the count goes on after it."""

    def next_notice(self, kind: str, year: int) -> str:
        """`{counter}-{four digits}` of that kind and year."""


class Officers(Protocol):
    """Officers and their PINs."""

    def all(self) -> Sequence[Officer]: ...

    def find(self, name_or_id: str) -> Officer | None: ...

    def secret(self, officer_id: str) -> Secret | None: ...

    def keep_secret(self, officer_id: str, secret: Secret) -> None: ...

    def refresh(self, officer_id: str) -> Officer: ...


class Prints(Protocol):
    """Print jobs."""

    def add(self, job: PrintJob) -> None: ...

    def get(self, job_id: str) -> PrintJob | None: ...

    def of(self, dossier_id: str) -> Sequence[PrintJob]:
        """Of a dossier and of its visit, oldest first."""

    def about(self, what: str, subject: str) -> Sequence[PrintJob]:
        """Every print of one thing, oldest first."""

    def keep(self, job: PrintJob) -> None:
        """A job went on."""

    def unfinished(self) -> Sequence[PrintJob]:
        """Not known to be done: after a crash these are shown first. Dossiers of open visits too."""

    def all(self) -> Sequence[PrintJob]:
        """Oldest first."""


class Drafts(Protocol):
    """Begun intakes."""

    def save(self, draft: Draft) -> None: ...

    def of(self, officer_id: str) -> Sequence[Draft]: ...

    def discard(self, draft_id: str) -> None: ...


class Notices(Protocol):
    """Notices without a dossier code."""

    def add(self, notice: NoticeRow) -> None: ...

    def get(self, asked: str, kind: str | None = None) -> NoticeRow | None:
        """By id, or by kind and number, the newest first."""


class Erasures(Protocol):
    """Dossiers whose time of keeping is over."""

    def candidates(self, before: date) -> Sequence[str]:
        """Dossiers that are over, were received before that day, and of which no erasure is said."""

    def held(self) -> Sequence[str]:
        """Dossiers of which anything was ever said about holding them."""

    def alone(self) -> bool:
        """Whether no upper server is there to order what is written."""

    def is_proved(self, dossier_id: str) -> bool:
        """Whether the upper server has all of it, or there is none."""

    def carry_out(self, subjects: Collection[str]) -> Collection[str]:
        """Empty what an erasure was said of, as far as its event counts."""

    def to_wipe(self) -> tuple[str, Sequence[str]] | None:
        """A mark, and the pages of scanned papers that have to go; None where nothing has."""

    def wiped(self, mark: str) -> None: ...


class Settings(Protocol):
    """Local settings, and the versions of what the store was told."""

    def identity(self) -> Identity: ...

    def office(self, version: str | None = None) -> Office: ...

    def office_version(self) -> str: ...

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, value: str) -> None: ...

    def starting_with(self, prefix: str) -> Mapping[str, str]: ...

    def documents(self, kind: str) -> Sequence[Document]:
        """The versions of a text that was told with its day, newest first."""

    def add_document(self, kind: str, content: str, since: datetime) -> None:
        """One more version."""

    def published(self) -> Sequence[Published]:
        """Every version of every published file that came."""

    def keys(self) -> Mapping[str, KnownKey]:
        """The key list by key id; the own key is always in it."""


class Books(Protocol):
    """One transaction and what it sees."""

    @property
    def log(self) -> Log: ...

    @property
    def dossiers(self) -> Dossiers: ...

    @property
    def numbers(self) -> Numbers: ...

    @property
    def officers(self) -> Officers: ...

    @property
    def prints(self) -> Prints: ...

    @property
    def attachments(self) -> Attachments: ...

    @property
    def pads(self) -> Pads: ...

    @property
    def tickets(self) -> Tickets: ...

    @property
    def appointments(self) -> Appointments: ...

    @property
    def drafts(self) -> Drafts: ...

    @property
    def notices(self) -> Notices: ...

    @property
    def erasures(self) -> Erasures: ...

    @property
    def settings(self) -> Settings: ...


class Store(Protocol):
    """The book of one counter."""

    def read(self) -> AbstractContextManager[Books]: ...

    def write(self) -> AbstractContextManager[Books]: ...

    def wipe(self) -> None:
        """Overwrite what the file still holds of what was emptied."""


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One page of a PDF in grey, a byte a dot."""

    paper: tuple[float, float]
    """Its width and height in points."""
    width: int
    height: int
    grey: bytes
    """Row by row from the top, nothing between the rows."""


class PaperMaker(Protocol):
    """Draws what slips and forms say. The libraries behind it load at the first use."""

    def slip_png(self, content: SlipContent, width: int, copy_no: int) -> bytes: ...

    def slip_job(self, content: SlipContent, profile: Profile, copy_no: int) -> bytes: ...

    def slips_pdf(self, contents: Sequence[tuple[SlipContent, int]], width: int) -> bytes: ...

    def test_job(self, profile: Profile) -> bytes: ...

    def test_png(self, width: int) -> bytes: ...

    def form_pdf(self, template: Template, content: FormContent, paper: str) -> bytes: ...

    def pictures(self, pdf: bytes, dots_an_inch: int) -> Iterator[PagePicture]:
        """Its pages one by one, for the screen or for a printer that the system draws on."""

    def joined(self, pdfs: Sequence[bytes]) -> bytes: ...


class Printer(Protocol):
    """A way to a printer. Waits for the printer, never for the store."""

    @property
    def name(self) -> str: ...

    @property
    def profile(self) -> Profile: ...

    def send(self, job: bytes) -> Sent:
        """How it ended and why, with a sentence where somebody should look or act."""

    def state(self) -> Reason | None:
        """What stands against printing now, None where nothing is known to; prints nothing."""

    def learn(self) -> Learnt:
        """What it answers and how fast it is, by asking; feeds no paper."""
