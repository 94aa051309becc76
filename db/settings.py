"""Whose store this is, and the versions of what it was told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain.office import Office, parse_office
from counter_app.domain.published import Published
from counter_app.domain.slip_code import KnownKey
from counter_app.ports import Document, Identity
from db.tables import document, known_key, store_meta

_PUBLISHED = "published:"
_parsed = lru_cache(maxsize=16)(parse_office)
_META = select(store_meta.c.name, store_meta.c.value)
_NEW_META = upsert(store_meta)
_PUT_META = _NEW_META.on_conflict_do_update(("name",), set_={"value": _NEW_META.excluded.value})
_OFFICE = (
    select(document.c.version, document.c.content)
    .where(document.c.kind == "office")
    .order_by(document.c.num.desc())
    .limit(1)
)


class Settings:
    """Whose store this is, and what it was told. What every act asks for is read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._meta: dict[str, str] | None = None
        self._identity: Identity | None = None
        self._office: Any = None
        """The office file in force, as a row."""

    def get(self, name: str) -> str | None:
        """A local value."""
        return self._kept().get(name)

    def starting_with(self, prefix: str) -> dict[str, str]:
        """Local values by the rest of their names."""
        return {
            name.removeprefix(prefix): value
            for name, value in self._kept().items()
            if name.startswith(prefix)
        }

    def put(self, name: str, value: str) -> None:
        """Keep a local value."""
        self.put_all({name: value})

    def put_all(self, values: Mapping[str, str]) -> None:
        """Keep several local values."""
        rows = [{"name": name, "value": value} for name, value in values.items()]
        self._connection.execute(_PUT_META, rows)
        self._identity = None
        if self._meta is not None:
            self._meta |= values

    def _kept(self) -> dict[str, str]:
        if self._meta is None:
            self._meta = {row.name: row.value for row in self._connection.execute(_META)}
        return self._meta

    def identity(self) -> Identity:
        """Device, incarnation, counter, commune."""
        if self._identity is None:
            kept = self._kept()
            self._identity = Identity(
                kept["device_id"],
                kept["incarnation"],
                int(kept["counter_no"]),
                kept["org_code"],
                kept.get("seeded") == "yes",
                kept.get("sample") == "yes",
            )
        return self._identity

    def office(self, version: str | None = None) -> Office:
        """The office file in force, or the one a dossier pins."""
        if version is None or version == self.office_version():
            return _parsed(self._in_force().content)
        # other counters of the commune may pin files this one never had in force, and one that
        # the upper server could not take never comes: then the own letterhead stands in
        here = document.c.kind == "office"
        kinds = document.c.kind.in_(("office", "office-elsewhere"))
        pinned = document.c.version == version
        query = select(document.c.content).where(kinds).order_by(pinned.desc(), here.desc())
        query = query.order_by(document.c.num.desc()).limit(1)
        return _parsed(self._connection.execute(query).scalar_one())

    def office_version(self) -> str:
        """The version of the office file in force."""
        version: str = self._in_force().version
        return version

    def _in_force(self) -> Row[Any]:
        if self._office is None:
            self._office = self._connection.execute(_OFFICE).one()
        row: Row[Any] = self._office
        return row

    def put_document(self, kind: str, version: str, content: str) -> None:
        """Keep one more version; the last one put is in force."""
        self._office = None
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

    def published(self) -> Sequence[Published]:
        """Every version of every published file that came."""
        query = select(document).where(document.c.kind.startswith(_PUBLISHED))
        found = []
        for row in self._connection.execute(query):
            _, kind, name = row.kind.split(":", 2)
            day, text = row.content.split("\n", 1)
            found.append(Published(kind, name, int(row.version), date.fromisoformat(day), text))
        return found

    def put_published(self, one: Published) -> None:
        """One more version of a published file."""
        content = f"{one.effective_on.isoformat()}\n{one.text}"
        self.put_document(f"{_PUBLISHED}{one.kind}:{one.name}", str(one.version), content)

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


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else datetime.fromisoformat(kept)
