"""The shelves beside the dossiers: the emergency pad, the queue, booked hours."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import count as count_from
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain import events as ev
from counter_app.domain.appointments import Appointment, Slot, number_of
from counter_app.domain.pad_code import PadNumber, mark_of
from counter_app.domain.tickets import LAST_NUMBER, Ticket, TicketState
from counter_app.errors import Refused
from counter_app.ports.desk import PadRow
from db.log import Log
from db.settings import Settings
from db.tables import appointment, dossier, dossier_alias, pad_slip, ticket

_PAD_MARK = "pad_mark"


class Pads:
    """Pad slips: a projection of the log, beside the dossiers that came of them."""

    def __init__(self, connection: Connection, log: Log, settings: Settings) -> None:
        self._connection = connection
        self._log = log
        self._settings = settings

    def next_numbers(self, count: int) -> tuple[str, ...]:
        """The next numbers of this life of the store."""
        life = self._life()
        last: int = self._connection.execute(
            select(func.coalesce(func.max(pad_slip.c.running), 0)).where(pad_slip.c.life == life)
        ).scalar_one()
        return tuple(f"{life}-{running:04d}" for running in range(last + 1, last + 1 + count))

    def _life(self) -> str:
        """`P2-7K3`: drawn from device and incarnation; another where someone has it already."""
        own = self._settings.identity()
        incarnation, _, life = (self._settings.get(_PAD_MARK) or "").partition("/")
        if incarnation == own.incarnation:
            return life
        for turn in count_from():
            mark = mark_of(own.device_id, own.incarnation, turn)
            life = f"P{own.counter_no}-{mark}"
            taken = select(pad_slip.c.number).where(pad_slip.c.life == life).limit(1)
            if self._connection.execute(taken).first() is None:
                break
        self._settings.put(_PAD_MARK, f"{own.incarnation}/{life}")
        return life

    def note_printed(self, numbers: Sequence[str], device: str, at: datetime) -> None:
        """These numbers stand on paper somewhere; the first who printed one has it."""
        known = {"device": device, "printed_at": at.isoformat(timespec="seconds")}
        for number in numbers:
            self._put(number, known, pad_slip.c.printed_at.is_(None))

    def refresh(self, number: str) -> None:
        """The last accounting in order holds."""
        fate = told_fate(payload for _, payload in self._log.of(number))
        if fate is not None:
            self._put(number, {"fate": fate[0], "reason": fate[1]})

    def _put(
        self, number: str, known: dict[str, str], where: ColumnElement[bool] | None = None
    ) -> None:
        parsed = PadNumber.parse(number)
        if parsed is None:
            # written by a newer program
            return
        row = row_of(parsed) | known
        self._connection.execute(
            upsert(pad_slip).values(row).on_conflict_do_update(("number",), set_=known, where=where)
        )

    def get(self, number: str) -> PadRow | None:
        """One pad slip, if it is known here."""
        found = self._rows(number)
        return found[0] if found else None

    def all(self) -> Sequence[PadRow]:
        """Every known pad slip, by number; then what dossiers were entered from and nobody printed."""
        unprinted = (
            select(dossier_alias.c.code, dossier.c.code.label("dossier_code"))
            .join(dossier, dossier.c.id == dossier_alias.c.dossier_id)
            .where(dossier_alias.c.code.not_in(select(pad_slip.c.number)))
            .where(dossier_alias.c.code.like("P%"))
            .order_by(dossier_alias.c.code, dossier.c.num)
        )
        strays: dict[str, list[str]] = {}
        for row in self._connection.execute(unprinted):
            if PadNumber.parse(row.code) is not None:
                strays.setdefault(row.code, []).append(row.dossier_code)
        return [
            *self._rows(),
            *(
                PadRow(
                    number, "", None, "used" if len(codes) == 1 else "used_twice", "", tuple(codes)
                )
                for number, codes in strays.items()
            ),
        ]

    def _rows(self, number: str | None = None) -> list[PadRow]:
        query = select(pad_slip).order_by(pad_slip.c.life, pad_slip.c.running)
        used = select(dossier_alias.c.code, dossier.c.code.label("dossier_code")).join(
            dossier, dossier.c.id == dossier_alias.c.dossier_id
        )
        if number is not None:
            query = query.where(pad_slip.c.number == number)
        used = used.where(dossier_alias.c.code.in_(query.with_only_columns(pad_slip.c.number)))
        codes: dict[str, list[str]] = {}
        for row in self._connection.execute(used.order_by(dossier.c.num)):
            codes.setdefault(row.code, []).append(row.dossier_code)
        return [_pad(row, codes.get(row.number, [])) for row in self._connection.execute(query)]


def row_of(number: PadNumber) -> dict[str, Any]:
    """A pad slip of which nothing is known but its number."""
    text = str(number)
    return {
        "number": text,
        "life": text.rpartition("-")[0],
        "running": number.running,
        "device": "",
        "printed_at": None,
        "fate": "unused",
        "reason": "",
    }


def told_fate(payloads: Iterable[ev.Payload | None]) -> tuple[str, str] | None:
    """Fate and reason as the last accounting tells them; None where there was none."""
    fate = None
    for payload in payloads:
        if isinstance(payload, ev.PadAccounted):
            fate = payload.fate, payload.reason
    return fate


def _pad(row: Row[Any], codes: Sequence[str]) -> PadRow:
    fate = row.fate if not codes else "used" if len(codes) == 1 else "used_twice"
    printed_at = None if row.printed_at is None else datetime.fromisoformat(row.printed_at)
    return PadRow(row.number, row.device, printed_at, fate, row.reason, tuple(codes))


class Tickets:
    """The queue of each day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def take(self, day: date, group: str, at: datetime) -> Ticket:
        """The next number of that group and day."""
        last: int = self._connection.execute(
            select(func.coalesce(func.max(ticket.c.number), 0)).where(
                ticket.c.day == day.isoformat(), ticket.c.group == group
            )
        ).scalar_one()
        if last >= LAST_NUMBER:
            raise Refused("tickets_full", f"Nhóm {group} đã cấp hết {LAST_NUMBER} số của hôm nay.")
        taken = Ticket(day, group, last + 1, at)
        self._connection.execute(
            insert(ticket).values(
                day=day.isoformat(),
                group=group,
                number=taken.number,
                taken_at=at.isoformat(timespec="seconds"),
                state=taken.state,
            )
        )
        return taken

    def get(self, day: date, group: str, number: int) -> Ticket | None:
        """One ticket."""
        query = select(ticket).where(*_key(day, group, number))
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _ticket(row)

    def of(self, day: date) -> Sequence[Ticket]:
        """In the order they were taken."""
        query = select(ticket).where(ticket.c.day == day.isoformat())
        rows = self._connection.execute(query.order_by(ticket.c.taken_at, ticket.c.number))
        return [_ticket(row) for row in rows]

    def change(self, taken: Ticket, state: TicketState) -> None:
        """It was called, or done, or nobody came."""
        key = _key(taken.day, taken.group, taken.number)
        self._connection.execute(update(ticket).where(*key).values(state=state))

    def ahead(self, taken: Ticket) -> int:
        """How many of the group wait with a smaller number."""
        query = (
            select(func.count())
            .select_from(ticket)
            .where(
                ticket.c.day == taken.day.isoformat(),
                ticket.c.group == taken.group,
                ticket.c.number < taken.number,
                ticket.c.state == TicketState.WAITING,
            )
        )
        return self._connection.execute(query).scalar_one()


def _key(day: date, group: str, number: int) -> tuple[Any, ...]:
    return (
        ticket.c.day == day.isoformat(),
        ticket.c.group == group,
        ticket.c.number == number,
    )


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        date.fromisoformat(row.day),
        row.group,
        row.number,
        datetime.fromisoformat(row.taken_at),
        TicketState(row.state),
    )


class Appointments:
    """Booked hours of this counter."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings

    def add(self, booked: Appointment) -> None:
        """Someone comes."""
        self._connection.execute(
            insert(appointment).values(
                number=booked.number,
                day=booked.slot.starts_at.date().isoformat(),
                starts_at=booked.slot.starts_at.isoformat(timespec="minutes"),
                ends_at=booked.slot.ends_at.isoformat(timespec="minutes"),
                name=booked.name,
                phone=booked.phone,
                procedure_code=booked.procedure_code,
                procedure_name=booked.procedure_name,
                booked_at=booked.booked_at.isoformat(timespec="seconds"),
                cancelled=booked.cancelled,
            )
        )

    def get(self, number: str) -> Appointment | None:
        """One booking."""
        query = select(appointment).where(appointment.c.number == number)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _appointment(row)

    def of(self, day: date) -> Sequence[Appointment]:
        """By hour, cancelled ones too."""
        query = select(appointment).where(appointment.c.day == day.isoformat())
        rows = self._connection.execute(
            query.order_by(appointment.c.starts_at, appointment.c.number)
        )
        return [_appointment(row) for row in rows]

    def next_number(self, day: date) -> str:
        """The next number of that day; a cancelled one is not given out again."""
        query = select(func.count()).select_from(appointment)
        taken = self._connection.execute(
            query.where(appointment.c.day == day.isoformat())
        ).scalar_one()
        return number_of(self._settings.identity().counter_no, day, taken + 1)

    def cancel(self, number: str) -> None:
        """Nobody comes; the place is free."""
        self._connection.execute(
            update(appointment).where(appointment.c.number == number).values(cancelled=True)
        )


def _appointment(row: Row[Any]) -> Appointment:
    return Appointment(
        row.number,
        Slot(datetime.fromisoformat(row.starts_at), datetime.fromisoformat(row.ends_at)),
        row.name,
        row.phone,
        row.procedure_code,
        row.procedure_name,
        datetime.fromisoformat(row.booked_at),
        row.cancelled,
    )
