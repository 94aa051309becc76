"""Queue tickets: taken at the counter, printed like any slip, counted anew each day."""

from dataclasses import dataclass
from datetime import date

from counter_app.domain.faults import FileFault
from counter_app.domain.slips import TicketSlip
from counter_app.domain.text import clean_text
from counter_app.domain.tickets import (
    GROUPS,
    PRIORITY,
    Ticket,
    TicketGroup,
    TicketState,
    next_of,
    read_groups,
    read_label,
)
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, IdSource, Store
from counter_app.services.print_jobs import asked_for

_SETTING = "local.ticket_groups"
_IN_A_ROW = "local.tickets_priority_in_a_row"
"""The day, and how many priority numbers were called one after another on it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A number is someone's; its slip waits for a printer."""

    ticket: Ticket
    group: TicketGroup
    ahead: int
    print_job_id: str


class Tickets:
    """Gives numbers out and follows them."""

    def __init__(self, store: Store, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def groups(self) -> tuple[TicketGroup, ...]:
        """What people queue for at this counter."""
        with self._store.read() as books:
            return _groups(books)

    def set_groups(self, text: str) -> tuple[TicketGroup, ...]:
        """Other groups from now on, one a line: `A: Hộ tịch, chứng thực`."""
        try:
            groups = read_groups(text)
        except FileFault as fault:
            raise Refused("groups_wrong", fault.sentence("nhóm")) from None
        with self._store.write() as books:
            lines = "\n".join(f"{group.letter}: {group.name}" for group in groups)
            books.settings.put(_SETTING, lines)
        return groups

    def take(self, letter: str) -> Taken:
        """The next number of a group, with the print job of its slip."""
        now = self._clock.now()
        with self._store.write() as books:
            group = _group(books, letter)
            ticket = books.tickets.take(now.date(), group.letter, now)
            job_id = self._ids.new_id(now)
            books.prints.add(asked_for(job_id, "ticket", subject_of(ticket), now))
            return Taken(ticket, group, books.tickets.ahead(ticket), job_id)

    def today(self) -> tuple[Ticket, ...]:
        """In the order they were taken."""
        with self._store.read() as books:
            return tuple(books.tickets.of(self._clock.now().date()))

    def next_up(self) -> Ticket | None:
        """Whose turn comes when the next one is called."""
        with self._store.read() as books:
            return next_of(books.tickets.of(self._today()), self._in_a_row(books))

    def call_next(self) -> Ticket | None:
        """Whoever was served is done; the next one is called. None where nobody waits."""
        with self._store.write() as books:
            ticket = next_of(books.tickets.of(self._today()), self._in_a_row(books))
            self._call(books, ticket)
            return None if ticket is None else _ticket(books, subject_of(ticket))

    def call(self, label: str) -> Ticket:
        """This one out of turn: somebody who came back, or whoever must go first."""
        with self._store.write() as books:
            ticket = _ticket(books, f"{self._today()}/{clean_text(label)}")
            self._call(books, ticket)
            return _ticket(books, subject_of(ticket))

    def _call(self, books: Books, ticket: Ticket | None) -> None:
        for before in books.tickets.of(self._today()):
            if before.state is TicketState.CALLED and before != ticket:
                books.tickets.change(before, TicketState.DONE)
        if ticket is not None:
            books.tickets.change(ticket, TicketState.CALLED)
            in_a_row = self._in_a_row(books) + 1 if ticket.group == PRIORITY else 0
            books.settings.put(_IN_A_ROW, f"{self._today()} {in_a_row}")

    def _in_a_row(self, books: Books) -> int:
        day, _, count = (books.settings.get(_IN_A_ROW) or "").partition(" ")
        return int(count) if day == self._today().isoformat() else 0

    def _today(self) -> date:
        return self._clock.now().date()

    def move(self, label: str, state: TicketState) -> Ticket:
        """It was called, is done, or nobody came; a ticket of today."""
        with self._store.write() as books:
            ticket = _ticket(books, f"{self._clock.now().date()}/{clean_text(label)}")
            books.tickets.change(ticket, state)
            return _ticket(books, subject_of(ticket))

    def slip(self, books: Books, subject: str) -> TicketSlip:
        """What the slip of a ticket says."""
        ticket = _ticket(books, subject)
        names = {group.letter: group.name for group in _groups(books)}
        ahead = books.tickets.ahead(ticket)
        return TicketSlip(books.settings.office(), ticket, names.get(ticket.group, ""), ahead)


def subject_of(ticket: Ticket) -> str:
    """Names a ticket for ever: `2026-11-20/A012`."""
    return f"{ticket.day.isoformat()}/{ticket.label}"


def _groups(books: Books) -> tuple[TicketGroup, ...]:
    kept = books.settings.get(_SETTING)
    return read_groups(kept) if kept else GROUPS


def _group(books: Books, letter: str) -> TicketGroup:
    groups = _groups(books)
    for group in groups:
        if group.letter == letter.strip().upper():
            return group
    known = "; ".join(f"{group.letter}: {group.name}" for group in groups)
    raise Refused("group_unknown", f"Không có nhóm này. Chọn một chữ: {known}.")


def _ticket(books: Books, subject: str) -> Ticket:
    day, _, label = subject.partition("/")
    found = read_label(label)
    ticket = books.tickets.get(date.fromisoformat(day), *found) if found else None
    if ticket is None:
        raise Refused("ticket_unknown", f"Hôm đó không có số {label}. Xem lại số.")
    return ticket
