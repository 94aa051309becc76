"""The messages between counter and upper server: JSON, small, compressed with a shared dictionary.

Events travel without their hashes: whoever receives a run of events computes the chain from the
hash before it and compares the head.
"""

import re
import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Annotated

import msgspec

from counter_app.domain import chain
from counter_app.domain.events import Event

DICTIONARY_ID = "1"
LARGEST_BODY = 8 * 1024 * 1024
"""Bytes after decompression; more is refused before it is parsed."""

_SMALL_BODY = 64 * 1024

DICTIONARY_HEADER = "x-dictionary"
DEVICE_HEADER = "x-device"
INCARNATION_HEADER = "x-incarnation"
CHALLENGE_HEADER = "x-challenge"
SIGNATURE_HEADER = "x-signature"

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading a message raises that is none: also torn letters, and brackets without an end."""

Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
"""Whatever is counted here; fits every column above and below."""


class TooLarge(Exception):
    """A body that grows beyond the cap."""


class Damaged(Exception):
    """A body that is not what it should be."""


class WireEvent(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An event without what its place in a run tells; an empty subject means its own id."""

    event_id: str
    type: str
    version: int
    """Whatever its author wrote: a wild one is set aside alone, not the batch with it."""
    subject: str
    occurred_at: str
    clock: str
    actor_id: str
    actor_name: str
    payload: str
    """Of one that was emptied the mark, then its hash."""


EMPTIED = "sha256:"
"""No payload begins so: all are objects of JSON."""
_DIGEST = re.compile(f"{EMPTIED}([0-9a-f]{{64}})")


class Run(msgspec.Struct, frozen=True):
    """Consecutive events of one device."""

    device: str
    incarnation: str
    first: Number
    prev_hash: str
    events: tuple[WireEvent, ...]
    cseqs: tuple[Number, ...] = ()


class Push(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a counter sends: one run of its own events and the signed head."""

    epoch: str
    run: Run
    head_hash: str
    signature: str
    after: Number | None = None
    """With the last run that waits: the cursor, so that the answer brings what a pull would."""
    keys: str = ""
    """Then also the version of the key list that is here."""


class WireProblem(msgspec.Struct, frozen=True):
    """An event that the server could not take."""

    dseq: Number
    event_id: str
    subject: str
    dossier_code: str
    code: str
    message: str


class PushAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`signature` makes it a delivery proof for everything up to `high`."""

    epoch: str
    high: Number
    head_hash: str
    head_cseq: Number
    problems: tuple[WireProblem, ...]
    server_time: str
    signature: str
    page: "PullAnswer | None" = None
    """Where `after` asked for it; an older server does not know the question."""


class Conflict(msgspec.Struct, frozen=True):
    """409: `gap` (send again after `high`), `fork` (another store wrote under this name), `epoch`."""

    reason: str
    high: Number
    message: str


class WireKey(msgspec.Struct, frozen=True):
    """A key of the list that verifies slips."""

    key_id: str
    public_key: str
    device_id: str
    counter: Number
    valid_from: str | None
    revoked_at: str | None


class PullAnswer(msgspec.Struct, frozen=True):
    """Events of the commune after the cursor, in order; own ones come as pairs."""

    epoch: str
    runs: tuple[Run, ...]
    own: tuple[tuple[str, int, int], ...]
    """(incarnation, dseq, cseq) of the asking device's own events."""
    upto: Number
    head: Number
    more: bool
    digest: str
    """Sum of the hashes of all events up to the head, hex; where `more` is false it must be ours."""
    keys: tuple[WireKey, ...] | None = None
    keys_version: str = ""
    upper: tuple[tuple[str, int, str, str], ...] = ()
    """(life, dseq, hash, signature) of the server's last own event of each life among these."""


LARGEST_PIECE = 64 * 1024
"""Bytes of a page that travel in one request."""


class PageState(msgspec.Struct, frozen=True):
    """How much of a scanned page the server has; `done` where all of it, with the right hash."""

    offset: int
    done: bool


class PeerHave(msgspec.Struct, frozen=True):
    """What a counter holds of one life of another: all up to `high` but `missing` (first, last)."""

    life: str
    high: int
    missing: tuple[tuple[int, int], ...] = ()


class PeerHello(msgspec.Struct, frozen=True, tag="hello"):
    """Between counters: what the writer holds of the recipient's own events."""

    have: tuple[PeerHave, ...]


class PeerRun(msgspec.Struct, frozen=True, tag="run"):
    """Between counters: events of the writer, with its signature of the head after them."""

    run: Run
    head_hash: str
    signature: str


class Proof(msgspec.Struct, frozen=True):
    """A delivery proof that a counter kept, shown to the server that signed it."""

    life: str
    high: Number
    head_hash: str
    epoch: str
    signature: str


class Behind(msgspec.Struct, frozen=True):
    """The answer to a proof: whether the server has lost something of it."""

    behind: bool


class HighsAnswer(msgspec.Struct, frozen=True):
    """How much the server has, by life: of the asking device, and of its own events there."""

    own: tuple[tuple[str, int], ...]
    upper: tuple[tuple[str, int], ...]


class GivenBack(msgspec.Struct, frozen=True):
    """The server's own events from a counter that kept them. `signature` is the server's, over the
    head after the run; only what is missing up to `upto` is taken now, to keep the order.
    """

    epoch: str
    run: Run
    upto: Number
    signature: str


class OrderAnswer(msgspec.Struct, frozen=True):
    """The commune's order after a place, by the beginnings of the hashes."""

    hashes: tuple[str, ...]
    """16 hex digits each, one place after the other."""
    more: bool


class StreamAnswer(msgspec.Struct, frozen=True):
    """What the server has of one life of the asking device, after a place."""

    high: Number
    places: tuple[tuple[Number, str], ...]
    """(dseq, hash), in order; quarantined ones too."""
    more: bool


class Hello(msgspec.Struct, frozen=True):
    """The first answer of a cycle."""

    epoch: str
    protocol: tuple[Number, Number]
    server_time: str
    challenge: str
    kept: Number = 0
    """Where the epoch differs: up to which place the order that the counter has is still good."""
    published: str = ""
    """Names the list of published files; empty where there is none."""


class Enrol(msgspec.Struct, frozen=True):
    """A counter asks to be taken in."""

    code: str
    device: str
    public_key: str
    commune: str
    counter: Number
    """0: whichever the code is for; a copy of a store that is taken in already asks so."""
    incarnation: str
    signature: str


class Enrolled(msgspec.Struct, frozen=True):
    """The answer: whom to trust from now on, and where the numbers stand."""

    device: str
    commune: str
    server: str
    server_key: str
    epoch: str
    numbers: tuple[tuple[str, int], ...] = ()
    """(local day, highest running number known of this counter)."""
    counter: Number = 0
    """The number that the asker has from now on; 0 from an older server: as it asked."""


class WirePublication(msgspec.Struct, frozen=True):
    """A published file: `calendar` (name: the year) or `procedures` (name: the field's code). The
    signature is the server's over `publication_bytes`, good on a stick too.
    """

    kind: str
    name: str
    version: Number
    effective_on: str
    decision_no: str
    sha256: str
    """Of the file's text."""
    signature: str


class PublicationList(msgspec.Struct, frozen=True):
    """Every published version; None where the asker has this very list."""

    version: str
    items: tuple[WirePublication, ...] | None


class BundleUp(msgspec.Struct, frozen=True):
    """The first message of a counter's bundle; `Push`es and `BundleScan`s follow. What it has from above."""

    life: str
    epoch: str
    cursor: Number
    keys_version: str
    have: tuple[tuple[str, str, Number], ...] | None = None
    """(kind, name, version) of the published files that are here; None from a program that knows none."""
    scans: tuple[tuple[str, Number], ...] = ()
    """(event, page) of scanned pages of which it does not know that they are above."""
    dseq: Number = 0
    """How much it has written in that life; 0 from a program that takes no `BundlePlaces`."""
    parted: Number | None = None
    """The server's note: behind which place of that life it has something else."""
    lacks: tuple[tuple[str, Number], ...] = ()
    """(event, page) of scanned pages that it wants, the first first; none from a counter with a line."""


LARGEST_SCAN = 4 * 1024 * 1024
"""Bytes of a scanned page on a stick: whole, and a message with room to spare."""


class BundleScan(msgspec.Struct, frozen=True, tag="scan"):
    """A whole scanned page, on its way up or down."""

    event_id: str
    page: Number
    content: bytes


class BundleDown(msgspec.Struct, frozen=True):
    """The first message of a bundle from above; `BundleProof`s and `BundlePage`s follow."""

    epoch: str
    past: tuple[str, ...]
    """The epochs before, so that an old bundle is told from a new one."""
    kept: Number
    highs: HighsAnswer


class BundleProof(msgspec.Struct, frozen=True, tag="proof"):
    """What a push would have been answered."""

    life: str
    answer: PushAnswer


class BundlePage(msgspec.Struct, frozen=True, tag="page"):
    """What a pull after that place would have been answered."""

    after: Number
    answer: PullAnswer


class BundleFile(msgspec.Struct, frozen=True, tag="file"):
    """A published file that the counter lacks."""

    item: WirePublication
    text: str


class BundleFiles(msgspec.Struct, frozen=True, tag="files"):
    """With what came before, everything of that list is there."""

    version: str


class BundlePlaces(msgspec.Struct, frozen=True, tag="places"):
    """To a store that looks like a copy: what the server has of a life after a place, as `stream` tells it."""

    life: str
    after: Number
    places: tuple[tuple[Number, str], ...]
    """(dseq, hash), in order."""


class BundleScans(msgspec.Struct, frozen=True, tag="scans"):
    """Which of the pages that the counter named are above, whole."""

    here: tuple[tuple[str, Number], ...]


class EnrolRequest(msgspec.Struct, frozen=True, tag="enrol-request"):
    """A counter's request on a stick."""

    asked: Enrol


class EnrolAnswer(msgspec.Struct, frozen=True, tag="enrol-answer"):
    """The server's answer on a stick. Whoever holds the stick can put a key of his own into `content`; only
    what the CA signed, whose fingerprint people compare, is the server's.
    """

    content: str
    """An `EnrolledFrom` as JSON."""
    signature: str
    """Of the key that `content` names: all that counters of before look at."""
    by_ca: str = ""
    """Over the same, by the key of the CA: ECDSA with SHA-256, DER."""


class EnrolledFrom(msgspec.Struct, frozen=True):
    """What a counter needs of the server that it may never reach by a line."""

    enrolled: Enrolled
    url: str
    ca_pem: str


class Refusal(msgspec.Struct, frozen=True):
    """Any other no, with a sentence for people."""

    code: str
    message: str


encode = msgspec.json.Encoder().encode


def compress(raw: bytes) -> bytes:
    """With the preset dictionary: a lone event is mostly words both sides know."""
    # only a good line gets large bodies: there the last 3 % of the bytes cost more than they save
    level = 9 if len(raw) <= _SMALL_BODY else 6
    squeezer = zlib.compressobj(
        level, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, _dictionary()
    )
    return squeezer.compress(raw) + squeezer.flush()


def plainly(packed: bytes) -> bytes:
    """The same without the preset dictionary, for a server that knows another."""
    return zlib.compress(decompress(packed, DICTIONARY_ID), 9)


def decompress(packed: bytes, dictionary_id: str) -> bytes:
    """Never more than the cap, whatever the sender claims."""
    if dictionary_id == DICTIONARY_ID:
        opener = zlib.decompressobj(-15, _dictionary())
    elif dictionary_id == "":
        opener = zlib.decompressobj()
    else:
        raise Damaged("dictionary")
    try:
        raw = opener.decompress(packed, LARGEST_BODY + 1)
    except zlib.error as fault:
        raise Damaged("compression") from fault
    if len(raw) > LARGEST_BODY:
        raise TooLarge
    if not opener.eof:
        raise Damaged("truncated")
    return raw


def run_of(events: Sequence[Event], cseqs: Sequence[int] = ()) -> Run:
    """Consecutive events of one device as a run."""
    first = events[0]
    return Run(
        first.device,
        first.incarnation,
        first.dseq,
        first.prev_hash,
        tuple(
            WireEvent(
                event.event_id,
                event.type,
                event.version,
                "" if event.subject == event.event_id else event.subject,
                event.occurred_at,
                event.clock,
                event.actor_id,
                event.actor_name,
                event.payload or EMPTIED + event.payload_hash,
            )
            for event in events
        ),
        tuple(cseqs),
    )


def events_of(run: Run) -> list[Event]:
    """The events with their chain computed from the hash before the run."""
    found: list[Event] = []
    prev_hash = run.prev_hash
    for place, sent in enumerate(run.events):
        payload, digest = sent.payload, ""
        if payload.startswith(EMPTIED) and (told := _DIGEST.fullmatch(payload)):
            payload, digest = "", told[1]
        event = chain.seal(
            prev_hash,
            run.device,
            run.incarnation,
            run.first + place,
            sent.event_id,
            sent.type,
            sent.version,
            sent.subject or sent.event_id,
            sent.occurred_at,
            sent.clock,
            sent.actor_id,
            sent.actor_name,
            payload,
            digest,
        )
        found.append(event)
        prev_hash = event.hash
    return found


def runs_of(events: Sequence[tuple[int, Event]]) -> tuple[Run, ...]:
    """Ordered events cut into runs of consecutive events of one device."""
    runs: list[Run] = []
    chunk: list[tuple[int, Event]] = []
    for cseq, event in events:
        if chunk:
            last = chunk[-1][1]
            follows = (
                (last.device, last.incarnation) == (event.device, event.incarnation)
                and event.dseq == last.dseq + 1
                and event.prev_hash == last.hash
            )
            if not follows:
                runs.append(run_of([e for _, e in chunk], [c for c, _ in chunk]))
                chunk = []
        chunk.append((cseq, event))
    if chunk:
        runs.append(run_of([e for _, e in chunk], [c for c, _ in chunk]))
    return tuple(runs)


@cache
def _dictionary() -> bytes:
    return files(__package__).joinpath(f"dictionary-{DICTIONARY_ID}.bin").read_bytes()
