"""What a counter keeps beside the dossiers: the emergency pad, the queue, booked hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from counter_app.domain.appointments import Appointment
from counter_app.domain.tickets import Ticket, TicketState


@dataclass(frozen=True, slots=True)
class PadRow:
    """One pad slip and what became of it."""

    number: str
    device: str
    """Who printed it."""
    printed_at: datetime | None
    """None where only its fate is known here so far."""
    fate: str
    """`unused`, `spoilt` or `lost`, as accounted for; `used` or `used_twice` where dossiers have it."""
    reason: str
    codes: tuple[str, ...]
    """Of the dossiers that were entered from it."""


class Pads(Protocol):
    """The pad slips as the log tells them."""

    def next_numbers(self, count: int) -> tuple[str, ...]:
        """Numbers that no counter, restore or copy has given out before."""

    def note_printed(self, numbers: Sequence[str], device: str, at: datetime) -> None: ...

    def refresh(self, number: str) -> None:
        """Bring the fate of one slip up to date with the log."""

    def get(self, number: str) -> PadRow | None: ...

    def all(self) -> Sequence[PadRow]:
        """By number."""


class Tickets(Protocol):
    """The queue of a day."""

    def take(self, day: date, group: str, at: datetime) -> Ticket:
        """The next number of that group and day, without gaps."""

    def get(self, day: date, group: str, number: int) -> Ticket | None: ...

    def of(self, day: date) -> Sequence[Ticket]:
        """In the order they were taken."""

    def change(self, ticket: Ticket, state: TicketState) -> None: ...

    def ahead(self, ticket: Ticket) -> int:
        """How many of the group wait with a smaller number."""


class Appointments(Protocol):
    """Booked hours."""

    def add(self, booked: Appointment) -> None: ...

    def get(self, number: str) -> Appointment | None: ...

    def of(self, day: date) -> Sequence[Appointment]:
        """By hour, cancelled ones too."""

    def next_number(self, day: date) -> str: ...

    def cancel(self, number: str) -> None: ...


class Process(Protocol):
    """This run of the program, told apart from every other run on this PC."""

    @property
    def mark(self) -> str:
        """Names this run."""

    def runs(self, mark: str) -> bool:
        """Whether the run of that name still goes on."""
