"""The smaller shelves of the store: numbers, officers, drafts, notices."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain import events as ev
from counter_app.domain.code import (
    LAST_NUMBER_OF_A_BLOCK,
    LAST_NUMBER_OF_A_DAY,
    DossierCode,
    place_of,
    seq_of,
)
from counter_app.domain.officer import Officer, Role
from counter_app.errors import Refused
from counter_app.ports import Draft, IdSource, NoticeRow, Secret
from db.log import Log
from db.settings import Settings
from db.tables import (
    code_number,
    draft,
    issued_code,
    notice,
    notice_number,
    officer,
    officer_secret,
)

_ROLES = frozenset(Role)
_TAKE = (
    upsert(code_number)
    .on_conflict_do_update(("day", "block"), set_={"last": code_number.c.last + 1})
    .returning(code_number.c.last)
)


class Numbers:
    """Running numbers without gaps: taken in the transaction that uses them, or not at all."""

    def __init__(self, connection: Connection, settings: Settings, ids: IdSource) -> None:
        self._connection = connection
        self._settings = settings
        self._ids = ids

    def next_seq(self, day: date) -> str:
        """The last part of the next code of that local day."""
        counter_no = self._settings.identity().counter_no
        until = self._settings.get("blocks_until")
        if until is not None and day.isoformat() <= until:
            return self._next_in_block(counter_no, day)
        last = self._take(day, 0)
        if last > LAST_NUMBER_OF_A_DAY:
            raise Refused(
                "day_full",
                "Quầy này đã cấp hết 9.999 số của hôm nay. Hãy nhận hồ sơ ở quầy khác.",
            )
        return seq_of(counter_no, None, last)

    def pass_by(self, day: date, block: int, number: int) -> None:
        """A code of this counter came from elsewhere: the count goes on after it. A block that this
        store did not draw is another's, and never drawn here.
        """
        closed = number if block == 0 else LAST_NUMBER_OF_A_BLOCK
        row = {"day": day.isoformat(), "block": block, "last": closed}
        statement = upsert(code_number).values(row)
        self._connection.execute(
            statement.on_conflict_do_update(
                ("day", "block"), set_={"last": func.max(code_number.c.last, number)}
            )
        )

    def count_anew(self) -> None:
        """This store has another counter number: the counts are those of its own codes under that one."""
        self._connection.execute(delete(code_number))
        counter_no = self._settings.identity().counter_no
        highest: dict[tuple[date, int], int] = {}
        for text in self._connection.scalars(select(issued_code.c.code)):
            code = DossierCode.parse(text)
            place = place_of(code.seq) if code else None
            if code and place and place.counter_no == counter_no:
                known = highest.get((code.day, place.block), 0)
                highest[code.day, place.block] = max(known, place.number)
        for (day, block), number in highest.items():
            self.pass_by(day, block, number)

    def next_notice(self, kind: str, year: int) -> str:
        """`{counter}-{four digits}`, from one each year."""
        row = {"kind": kind, "year": year, "last": 1}
        last = self._connection.execute(
            upsert(notice_number)
            .values(row)
            .on_conflict_do_update(("kind", "year"), set_={"last": notice_number.c.last + 1})
            .returning(notice_number.c.last)
        ).scalar_one()
        return f"{self._settings.identity().counter_no}-{last:04d}"

    def pass_notice(self, kind: str, notice_no: str, year: int) -> None:
        """A notice of this counter came from elsewhere: the count goes on after it."""
        number = notice_no.rpartition("-")[2]
        if not number.isdecimal():
            return
        row = {"kind": kind, "year": year, "last": int(number)}
        statement = upsert(notice_number).values(row)
        self._connection.execute(
            statement.on_conflict_do_update(
                ("kind", "year"), set_={"last": func.max(notice_number.c.last, int(number))}
            )
        )

    def _next_in_block(self, counter_no: int, day: date) -> str:
        query = select(code_number.c.block, code_number.c.last).where(
            code_number.c.day == day.isoformat(), code_number.c.block > 0
        )
        blocks = {row.block: row.last for row in self._connection.execute(query)}
        free = [block for block, last in blocks.items() if last < LAST_NUMBER_OF_A_BLOCK]
        if free:
            block = free[0]
        else:
            unused = [block for block in range(100, 1000) if block not in blocks]
            block = unused[self._ids.choose(len(unused))]
        return seq_of(counter_no, block, self._take(day, block))

    def _take(self, day: date, block: int) -> int:
        row = {"day": day.isoformat(), "block": block, "last": 1}
        taken: int = self._connection.execute(_TAKE, row).scalar_one()
        return taken


class Officers:
    """Officers as the log tells them, and their PINs, which it never does."""

    def __init__(self, connection: Connection, log: Log) -> None:
        self._connection = connection
        self._log = log

    def all(self) -> Sequence[Officer]:
        """In the order they were added."""
        rows = self._connection.execute(select(officer).order_by(officer.c.added))
        return [_officer(row) for row in rows]

    def find(self, name_or_id: str) -> Officer | None:
        """By id, else by name."""
        query = (
            select(officer)
            .where((officer.c.id == name_or_id) | (officer.c.name == name_or_id))
            .order_by(officer.c.added)
        )
        row = self._connection.execute(query).first()
        return None if row is None else _officer(row)

    def told(self, officer_id: str) -> dict[str, Any] | None:
        """The officer's row as the log tells it: the last event about an officer holds."""
        row = None
        for _, payload in self._log.of(officer_id):
            if isinstance(payload, ev.OfficerAdded | ev.OfficerChanged):
                row = {
                    "id": officer_id,
                    "name": payload.name,
                    "title": payload.title,
                    "roles": ",".join(payload.roles),
                    "active": getattr(payload, "active", True),
                }
        return row

    def refresh(self, officer_id: str) -> Officer:
        """Bring the officer's row up to date."""
        row = self.told(officer_id)
        if row is None:
            raise LookupError(officer_id)
        added = self._connection.execute(
            select(func.coalesce(func.max(officer.c.added), 0))
        ).scalar_one()
        self._connection.execute(
            upsert(officer).values(**row, added=added + 1).on_conflict_do_update(("id",), set_=row)
        )
        found = self.find(officer_id)
        assert found is not None
        return found

    def secret(self, officer_id: str) -> Secret | None:
        """PIN hash and lock; None where no PIN was set in this store."""
        query = select(officer_secret).where(officer_secret.c.officer_id == officer_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Secret(
            row.pin_hash,
            row.failures,
            row.locked_boot,
            float(row.locked_until),
            row.lock_seconds,
        )

    def keep_secret(self, officer_id: str, secret: Secret) -> None:
        """Keep the PIN hash and the state of the lock."""
        row = {
            "officer_id": officer_id,
            "pin_hash": secret.pin_hash,
            "failures": secret.failures,
            "locked_boot": secret.locked_boot,
            "locked_until": repr(secret.locked_until),
            "lock_seconds": secret.lock_seconds,
        }
        self._connection.execute(
            upsert(officer_secret).values(row).on_conflict_do_update(("officer_id",), set_=row)
        )


class Drafts:
    """Begun intakes, kept field by field."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, saved: Draft) -> None:
        """Keep what was typed so far."""
        row = {
            "id": saved.id,
            "officer_id": saved.officer_id,
            "saved_at": saved.saved_at.isoformat(timespec="seconds"),
            "fields": json.dumps(dict(saved.fields), ensure_ascii=False),
        }
        self._connection.execute(upsert(draft).values(row).on_conflict_do_update(("id",), set_=row))

    def of(self, officer_id: str) -> Sequence[Draft]:
        """An officer's drafts, newest first."""
        query = select(draft).where(draft.c.officer_id == officer_id)
        return [
            Draft(
                row.id,
                row.officer_id,
                datetime.fromisoformat(row.saved_at),
                json.loads(row.fields),
            )
            for row in self._connection.execute(query.order_by(draft.c.saved_at.desc()))
        ]

    def discard(self, draft_id: str) -> None:
        """It became a dossier, or was given up."""
        self._connection.execute(delete(draft).where(draft.c.id == draft_id))


class Notices:
    """Notices without a dossier code."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, made: NoticeRow) -> None:
        """A notice was given out."""
        row = {
            "id": made.id,
            "notice_no": made.notice_no,
            "kind": made.kind,
            "made_at": made.made_at.isoformat(timespec="seconds"),
        }
        self._connection.execute(upsert(notice).values(row).on_conflict_do_nothing())

    def get(self, asked: str, kind: str | None = None) -> NoticeRow | None:
        """By id, or by kind and number: each kind counts for itself, each year anew."""
        wanted = notice.c.id == asked
        if kind is not None:
            wanted = and_(notice.c.kind == kind, or_(wanted, notice.c.notice_no == asked))
        query = select(notice).where(wanted).order_by(notice.c.made_at.desc())
        row = self._connection.execute(query).first()
        if row is None:
            return None
        return NoticeRow(row.id, row.notice_no, row.kind, datetime.fromisoformat(row.made_at))


def _officer(row: Row[Any]) -> Officer:
    # a newer counter of the commune may know roles that this program does not
    roles = frozenset(Role(role) for role in row.roles.split(",") if role in _ROLES)
    return Officer(row.id, row.name, row.title, roles, row.active)
