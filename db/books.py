"""The smaller shelves of the store: numbers, officers, prints, drafts, notices, settings."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain import events as ev
from counter_app.domain.code import LAST_NUMBER_OF_A_BLOCK, LAST_NUMBER_OF_A_DAY, seq_of
from counter_app.domain.office import Office, parse_office
from counter_app.domain.officer import Officer, Role
from counter_app.domain.slip_code import KnownKey
from counter_app.errors import Refused
from counter_app.ports import Document, Draft, Identity, IdSource, NoticeRow, Secret
from db.log import Log
from db.tables import (
    code_number,
    document,
    draft,
    known_key,
    notice,
    notice_number,
    officer,
    officer_secret,
    store_meta,
)

_ROLES = frozenset(Role)
_parsed = lru_cache(maxsize=16)(parse_office)
_IDENTITY = select(store_meta.c.name, store_meta.c.value).where(
    store_meta.c.name.in_(
        ("device_id", "incarnation", "counter_no", "org_code", "seeded", "sample")
    )
)


class Settings:
    """Whose store this is, and what it was told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._identity: Identity | None = None

    def get(self, name: str) -> str | None:
        """A local value."""
        query = select(store_meta.c.value).where(store_meta.c.name == name)
        return self._connection.execute(query).scalar_one_or_none()

    def starting_with(self, prefix: str) -> dict[str, str]:
        """Local values by the rest of their names."""
        query = select(store_meta).where(store_meta.c.name.startswith(prefix, autoescape=True))
        rows = self._connection.execute(query)
        return {row.name.removeprefix(prefix): row.value for row in rows}

    def put(self, name: str, value: str) -> None:
        """Keep a local value."""
        self._identity = None
        row = {"name": name, "value": value}
        self._connection.execute(
            upsert(store_meta).values(row).on_conflict_do_update(("name",), set_={"value": value})
        )

    def identity(self) -> Identity:
        """Device, incarnation, counter, commune; read once in a transaction."""
        if self._identity is None:
            self._identity = self._read_identity()
        return self._identity

    def _read_identity(self) -> Identity:
        rows = self._connection.execute(_IDENTITY)
        kept = {row.name: row.value for row in rows}
        return Identity(
            kept["device_id"],
            kept["incarnation"],
            int(kept["counter_no"]),
            kept["org_code"],
            kept.get("seeded") == "yes",
            kept.get("sample") == "yes",
        )

    def office(self, version: str | None = None) -> Office:
        """The office file in force, or the one a dossier pins."""
        here = document.c.kind == "office"
        if version is None:
            query = select(document.c.content).where(here)
        else:
            # other counters of the commune may pin files this one never had in force, and one that
            # the upper server could not take never comes: then the own letterhead stands in
            kinds = document.c.kind.in_(("office", "office-elsewhere"))
            pinned = document.c.version == version
            query = select(document.c.content).where(kinds).order_by(pinned.desc(), here.desc())
        query = query.order_by(document.c.num.desc()).limit(1)
        return _parsed(self._connection.execute(query).scalar_one())

    def office_version(self) -> str:
        """The version of the office file in force."""
        query = select(document.c.version).where(document.c.kind == "office")
        newest = query.order_by(document.c.num.desc()).limit(1)
        version: str = self._connection.execute(newest).scalar_one()
        return version

    def put_document(self, kind: str, version: str, content: str) -> None:
        """Keep one more version; the last one put is in force."""
        row = {
            "kind": kind,
            "version": version,
            "num": self._last_num(kind) + 1,
            "content": content,
        }
        self._connection.execute(upsert(document).values(row).on_conflict_do_nothing())

    def documents(self, kind: str) -> Sequence[Document]:
        """The versions of a text that was told with its moment, newest first."""
        query = select(document.c.content, document.c.since).where(document.c.kind == kind)
        rows = self._connection.execute(query.order_by(document.c.num.desc()))
        return [Document(row.content, datetime.fromisoformat(row.since)) for row in rows]

    def add_document(self, kind: str, content: str, since: datetime) -> None:
        """One more version; what was told before stays."""
        last = self._last_num(kind)
        row = {
            "kind": kind,
            "version": str(last + 1),
            "num": last + 1,
            "content": content,
            "since": since.isoformat(timespec="seconds"),
        }
        self._connection.execute(upsert(document).values(row))

    def _last_num(self, kind: str) -> int:
        query = select(func.coalesce(func.max(document.c.num), 0)).where(document.c.kind == kind)
        last: int = self._connection.execute(query).scalar_one()
        return last

    def keys(self) -> Mapping[str, KnownKey]:
        """The key list by key id."""
        return {
            row.key_id: KnownKey(
                row.key_id,
                row.public_key,
                row.device_id,
                row.counter,
                _moment(row.valid_from),
                _moment(row.revoked_at),
            )
            for row in self._connection.execute(select(known_key))
        }

    def put_key(self, key: KnownKey) -> None:
        """Add a key, or bring what is known of it up to date."""
        row = {
            "key_id": key.key_id,
            "public_key": key.public_key,
            "device_id": key.device_id,
            "counter": key.counter,
            "valid_from": _text(key.valid_from),
            "revoked_at": _text(key.revoked_at),
        }
        self._connection.execute(
            upsert(known_key).values(row).on_conflict_do_update(("key_id",), set_=row)
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

    def pass_by(self, day: date, number: int) -> None:
        """A code of this counter came from paper: the count goes on after it."""
        row = {"day": day.isoformat(), "block": 0, "last": number}
        statement = upsert(code_number).values(row)
        self._connection.execute(
            statement.on_conflict_do_update(
                ("day", "block"), set_={"last": func.max(code_number.c.last, number)}
            )
        )

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
        taken: int = self._connection.execute(
            upsert(code_number)
            .values(row)
            .on_conflict_do_update(("day", "block"), set_={"last": code_number.c.last + 1})
            .returning(code_number.c.last)
        ).scalar_one()
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


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
