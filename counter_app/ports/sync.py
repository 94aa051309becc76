"""What the sync engine needs from the store, each method one short transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from counter_app.domain.events import Event
from counter_app.domain.published import Published
from counter_app.ports.attachments import Fetched, WantedPage
from counter_app.wire.messages import (
    Enrolled,
    HighsAnswer,
    Proof,
    PushAnswer,
)
from counter_app.wire.page import PullPage

BY_STICK = "usb:"
"""Stands for the server's address where there is no line to it."""


Blame = Literal["line", "person", "server"]
"""A line that comes back by itself, something that a person here can put right (a Wi-Fi page, a wrong
clock), a server that does not want this device.
"""


@dataclass(frozen=True, slots=True)
class SyncIdentity:
    """Who this store is, and whom it trusts."""

    device_id: str
    incarnation: str
    org_code: str
    counter_no: int
    server_url: str
    """Empty before enrolment."""
    server_id: str
    server_key: bytes
    ca_pem: str
    epoch: str
    cursor: int
    batch: int
    keys_version: str
    published: str
    """Names the list of published files that is here."""
    is_copy: bool = False
    """Found to be a copy of another store, and still under that one's counter number."""
    dseq: int = 0
    """How much was written under this incarnation."""


@dataclass(frozen=True, slots=True)
class SyncProblem:
    """An event the server could not take, or the fold refused."""

    dossier_code: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the status bar tells, in dossiers."""

    enrolled: bool
    today: int
    today_sent: int
    waiting: int
    """Of today and before, with something that is not above yet."""
    problems: int
    last_success_at: str
    """ISO, empty where there never was one."""
    failing_since: str
    oldest_waiting_at: str
    """ISO: when the first thing was done that is not above yet, whatever its dossier's age."""
    last_error: str
    is_copy: bool = False
    blame: Blame = "line"
    """Of the last error, where there is one."""
    to_come: int = 0
    """Changes that are above and not here yet, as the last answer told."""
    pages_waiting: int = 0
    """Pages of scanned papers that the server has not; they follow the dossiers."""
    by_stick: bool = False
    """There is no line: what waits goes by stick."""
    carried_at: str = ""
    """ISO: when it was last written on a stick; empty once an answer, or a line, came since."""


@dataclass(slots=True)
class Summary:
    """What a cycle did."""

    sent: int = 0
    received: int = 0
    waiting: int = 0
    problems: list[SyncProblem] = field(default_factory=list)
    pieces: int = 0
    """Pieces of scanned pages that went up."""
    pages: int = 0
    """Whole scanned pages on a stick."""
    files: int = 0
    """Bundles that were written or taken in: scanned pages may need more than one."""
    bytes_out: int = 0
    bytes_in: int = 0
    fault: str = ""
    """A sentence where the cycle could not be finished."""
    blame: Blame = "line"
    """Who has to do something about the fault."""
    wait: float = 0.0
    """Seconds that a busy server asked to be left alone."""
    unfinished: bool = False
    """It was long enough and stopped between two batches; more waits for the next one."""


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Events that a server lost: own ones, or its own up to `upto`, with its signature of the last."""

    events: Sequence[Event]
    upto: int
    signature: str
    """Empty for own events."""


class Cycles(Protocol):
    """The conversation with the upper server, one cycle at a time."""

    def cycle(self) -> Summary:
        """hello, push, pull, check."""

    def fetch(self, wanted: Sequence[WantedPage]) -> Fetched:
        """Scanned pages that lie above. Raises `Refused` or `EnvironmentFault`; what came is kept."""


class Bundles(Protocol):
    """What a cycle says, on a stick."""

    def write(self, target: Path) -> Summary:
        """What waits, for the upper server; scanned pages that one file cannot hold in further ones
        beside it.
        """

    def take_in(self, source: Path) -> Summary:
        """What the upper server answered."""


class SyncStore(Protocol):
    """The store, seen from the sync lane."""

    def identity(self) -> SyncIdentity: ...

    def outbox(self, most: int, max_bytes: int, beyond: Mapping[str, int] = ...) -> Sequence[Event]:
        """The next own events of one life that are not acknowledged, in order; the oldest life first.
        `beyond`: life → up to where they were written already.
        """

    def acknowledged(self, life: str, answer: PushAnswer) -> Sequence[SyncProblem]:
        """Keep the delivery proof and what it says of single events. Raises `Forked`."""

    def rewind(self, life: str, high: int) -> None:
        """The server has less of a life than we thought: send again from there."""

    def high(self, life: str) -> int:
        """How much of a life the server has acknowledged."""

    def last_shared(self, life: str, places: Sequence[tuple[int, str]]) -> int:
        """The last of these (dseq, hash) that says the same here; 0 where none does."""

    def part_from_copy(self, life: str, shared: int, at: datetime) -> None:
        """Another store wrote under this life after `shared`: go on under a new one."""

    def apply_pull(self, page: PullPage) -> tuple[int, Sequence[SyncProblem]]:
        """Take in what came, move the cursor, in one transaction; how many events were new.
        Raises `Forked`.
        """

    def order_digest(self) -> str:
        """The running sum of the hashes of everything in the order."""

    def forget_order(self, after: int = 0) -> None:
        """The server differs behind that place: its order is fetched from there."""

    def shared_order(self, after: int, hashes: Sequence[str]) -> int:
        """The last place after `after` up to which the order here says the same as these beginnings
        of hashes, place by place.
        """

    def compared(self) -> int:
        """Up to where a comparison that is not over found the same; 0 where none is under way."""

    def keep_compared(self, place: int) -> None: ...

    def own_life_at(self, place: int) -> str:
        """The life of the own event that stands at a place of the order; empty for anything else."""

    def misses_acknowledged(self) -> bool:
        """Whether something that the server acknowledged has no place in its order, all of which is
        here: the server was put back to before it.
        """

    def proofs(self) -> Sequence[Proof]:
        """What the server signed in this epoch: the newest of each own life, and of its own chain."""

    def enter_epoch(self, epoch: str, kept: int, highs: HighsAnswer) -> None:
        """The server was put back, or differs: its order is good up to `kept`, and it has that much of each
        life. What was behind it is to be given back in the order it had.
        """

    def next_back(self, most: int, max_bytes: int) -> GiveBack | None:
        """What is to be given back next."""

    def all_back(self) -> Sequence[tuple[str, str, int, GiveBack | None]]:
        """(whose, life, last place, the server's own events) of everything to be given back."""

    def cross_out(self, above: Mapping[str, int]) -> None:
        """The server has that much of its own lives: that need not be given back."""

    def gave_back(self) -> None:
        """The server has it again."""

    def keep_batch(self, size: int) -> None: ...

    def published_here(self) -> Collection[tuple[str, str, int]]:
        """(kind, name, version) of the published files that are here."""

    def keep_published(self, one: Published) -> None:
        """One more version of a published file."""

    def keep_published_list(self, version: str) -> None:
        """Everything of that list is here."""

    def waiting(self) -> int:
        """Own events that are not acknowledged."""

    def bind(self, answer: Enrolled, url: str, ca_pem: str) -> None:
        """Enrolled: remember whom to trust, and count on after the known numbers."""

    def note_cycle(self, at: str, error: str, wait: float = 0.0, blame: Blame = "line") -> None:
        """How the last cycle ended, and for how many seconds the server wants to hear nothing."""

    def note_carried(self, at: str) -> None:
        """What waits was written on a stick; until an answer comes nobody is to be told to write it."""

    def wanted_wait(self) -> float:
        """Seconds that the server asked for when the last cycle ended; 0 where it did not."""

    def standing(self, today: str) -> Standing: ...


class Link(Protocol):
    """The line to the server."""

    @property
    def bytes_out(self) -> int: ...

    @property
    def bytes_in(self) -> int: ...

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request; (status, headers, body). Raises `LineFault` where the line failed."""

    def close(self) -> None: ...


class Forked(Exception):
    """Under one of this store's lives the server has what another store wrote."""

    def __init__(self, life: str) -> None:
        super().__init__(life)
        self.life = life


class LineFault(Exception):
    """The line failed: no route, a cut, a stall, an answer that is not ours, a server too busy."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
