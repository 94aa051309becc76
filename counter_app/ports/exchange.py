"""What counters that meet in a folder need from the store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from counter_app.domain.events import Event
from counter_app.wire.messages import PeerHave


@dataclass(slots=True)
class Exchanged:
    """What a round did."""

    received: int = 0
    """Events that were new here."""
    read: int = 0
    """Bundles that were taken in."""
    written: int = 0
    faults: list[str] = field(default_factory=list)
    """Sentences about single bundles; the others went on."""
    subjects: set[str] = field(default_factory=set)
    """Dossiers, officers and so on with something new."""


class Exchange(Protocol):
    """The other counters, in a folder."""

    def round(self, folder: Path) -> Exchanged:
        """Read what lies there for this counter, then write for each other one."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another counter of the commune, as the upper server's key list names it."""

    device: str
    counter: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A neighbour's run as it signed it, that the upper server may lack."""

    name: str
    events: Sequence[Event]
    """Without those in the order already; none where all are."""
    signature: str


class ExchangeStore(Protocol):
    """Short transactions."""

    def device(self) -> str: ...

    def peers(self) -> Sequence[Peer]:
        """Every other counter whose key is trusted now; none before enrolment."""

    def held(self, device: str) -> tuple[PeerHave, ...]:
        """What lies here of another device's events."""

    def told(self, device: str) -> tuple[PeerHave, ...] | None:
        """What that counter last said it holds of ours; None where it never said anything."""

    def keep_told(self, device: str, have: Sequence[PeerHave]) -> None: ...

    def wanted(self, have: Sequence[PeerHave] | None, most: int) -> Iterator[Sequence[Event]]:
        """Runs of own events that somebody who holds `have` lacks, oldest first. Of somebody unknown
        only what the upper server has not acknowledged: the rest may have come from there.
        """

    def take_in(self, events: Sequence[Event], signature: str) -> tuple[int, frozenset[str]]:
        """Keep a neighbour's run with its signature of the last; how many were new, and of which
        subjects. Raises `LineFault`.
        """

    def next_to_relay(self) -> Told | None:
        """The oldest run of a neighbour that was not handed up."""

    def relayed(self, told: Told) -> None:
        """The server has it, or has its reasons."""
