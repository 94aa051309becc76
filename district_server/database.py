"""The database: PostgreSQL by its URL, or one SQLite file where the server runs alone."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from district_server.faults import ServerFault
from district_server.tables import commune, meta

SCHEMA = 9
"""The newest schema this release knows: the number of the last step in `migrations`."""
DEFAULT_URL = "sqlite:///district.sqlite3"
ROLE = "mot_cua_counter"
"""Who answers counters in PostgreSQL; see `isolation`."""
POOL_WAIT = 5.0
"""Seconds for a connection of the pool. A counter takes a silent line for dead after 20: it must have heard
by then when to come again."""
LOCK_WAIT = 10.0
"""Seconds for a row that another transaction holds."""
FILE_WAIT = 15.0
"""Seconds for the whole of an SQLite file, which has one writer."""
_TOO_LONG = ("55P03", "57014")
"""PostgreSQL gave up a lock, or a statement, that took too long."""


class Database:
    """Transactions on the server's store. Locks are taken device → dossier → commune."""

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ServerFault(
                "database_url", "Địa chỉ cơ sở dữ liệu không đúng. Ví dụ postgresql://…/motcua."
            ) from None
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.on_postgres = parsed.drivername.startswith("postgresql")
        if not self.on_postgres and not parsed.drivername.startswith("sqlite"):
            raise ServerFault("database_url", "Chỉ dùng được PostgreSQL hoặc SQLite.")
        self.file = _file_of(parsed)
        """The SQLite file, if it is one."""
        self.connections = _connections()
        """The most that this process holds."""
        self.engine: Engine = _engine(parsed, self.connections)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction over all communes; database faults in words."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except PoolEmpty as fault:
            raise _busy() from fault
        except OperationalError as fault:
            if is_conflict(fault):
                raise
            if _took_too_long(fault):
                raise _busy() from fault
            raise ServerFault(
                "database_fault",
                "Không dùng được cơ sở dữ liệu. Xem nó đang chạy và ổ đĩa còn chỗ không.",
            ) from fault

    @contextmanager
    def begin_for_counter(self, *, durable: bool = True) -> Iterator[Connection]:
        """One transaction that sees no commune until `enter` names one.

        PostgreSQL itself sees to it, and gives up what takes longer than a counter keeps the line. What
        is not `durable` does not wait for the disk: a crash may lose it, never tear it.
        """
        with self.begin() as connection:
            if self.on_postgres:
                wait = "on" if durable else "off"
                connection.execute(_AS_COUNTER, {"wait": wait, "lock": f"{LOCK_WAIT}s"})
            yield connection

    def schema(self) -> int | None:
        """The number of the schema that is there; None where there is none."""
        if self.file is not None and not self.file.exists():
            # to look would make an empty file of a mistyped name
            return None
        with self.begin() as connection:
            if not inspect(connection).has_table("meta"):
                return None
            found = get_meta(connection, "schema") or ""
        return int(found) if found.isdecimal() else None

    def check_schema(self) -> None:
        """Refuse a database that is not made, older or newer than this program."""
        found = self.schema()
        if found is None:
            raise ServerFault(
                "not_initialised", "Cơ sở dữ liệu chưa được tạo. Hãy chạy district-server init."
            )
        if found > SCHEMA:
            raise ServerFault(
                "schema_newer", "Cơ sở dữ liệu do bản mới hơn ghi. Hãy cài bản mới rồi chạy lại."
            )
        if found < SCHEMA:
            raise ServerFault(
                "schema_older",
                "Cơ sở dữ liệu của bản cũ. Hãy chạy district-server init để nâng cấp.",
            )

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


_META = select(meta.c.value).where(meta.c.name == bindparam("wanted"))


def get_meta(connection: Connection, name: str) -> str | None:
    """A kept value."""
    return connection.execute(_META, {"wanted": name}).scalar_one_or_none()


def put_meta(connection: Connection, name: str, value: str) -> None:
    """Keep a value."""
    changed = connection.execute(meta.update().where(meta.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(meta).values(name=name, value=value))


@contextmanager
def unawaited(connection: Connection) -> Iterator[None]:
    """What is said in here is sent at once, and all of it answered at the end. Nothing in here may ask
    for rows. SQLite answers as it goes.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    # the driver is there only where PostgreSQL is
    from psycopg import Error

    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except Error as fault:
        raise DBAPIError.instance(
            None, None, fault, Error, hide_parameters=True, dialect=connection.dialect
        ) from fault


def is_conflict(fault: DBAPIError) -> bool:
    """Deadlock or serialisation: the whole transaction may be tried again."""
    return getattr(fault.orig, "sqlstate", None) in ("40P01", "40001")


def enter(connection: Connection, org: str) -> None:
    """From here to the end of the transaction the database shows this commune and no other."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ENTER, {"org": org})


def lock_book(connection: Connection, org: str) -> None:
    """From here to the end of the transaction nobody else adds to the commune's book."""
    connection.execute(_LOCK, {"org": org})


_LOCK = select(commune.c.org).where(commune.c.org == bindparam("org")).with_for_update()
_AS_COUNTER = text(
    f"SELECT set_config('role', '{ROLE}', true), set_config('mot_cua.commune', '', true), "
    "set_config('statement_timeout', '15s', true), set_config('lock_timeout', :lock, true), "
    "set_config('synchronous_commit', :wait, true)"
)
_ENTER = text("SELECT set_config('mot_cua.commune', :org, true)")


def _took_too_long(fault: DBAPIError) -> bool:
    known = getattr(fault.orig, "sqlite_errorcode", 0) & 0xFF
    return known == sqlite3.SQLITE_BUSY or getattr(fault.orig, "sqlstate", None) in _TOO_LONG


def _busy() -> ServerFault:
    return ServerFault("busy", "Máy chủ đang bận. Gửi lại sau ít phút.")


def _connections() -> int:
    """`DISTRICT_CONNECTIONS`: the most connections one process holds."""
    given = os.environ.get("DISTRICT_CONNECTIONS") or "40"
    if not given.isdecimal() or not 1 <= int(given) <= 1000:
        raise ServerFault("connections", "DISTRICT_CONNECTIONS phải là một số từ 1 đến 1000.")
    return int(given)


def _make_ready(connection: Any, _: Any) -> None:
    """A column of a set travels as one array; as text it would take twenty times as long to write. Where
    PostgreSQL was built with lz4, that squeezes long payloads: its own way takes as long as half the insert.
    """
    # the driver is there only where PostgreSQL is
    from psycopg.types.array import ListBinaryDumper

    connection.adapters.register_dumper(list, ListBinaryDumper)
    connection.execute(_LZ4)
    connection.commit()


_LZ4 = (
    "SELECT set_config(name, 'lz4', false) FROM pg_settings "
    "WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)


def _file_of(url: URL) -> Path | None:
    named = url.drivername.startswith("sqlite") and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if named and "uri" not in url.query else None


def _engine(url: URL, most: int) -> Engine:
    # what a fault of the database says could be a name: parameters stay out of it
    pool: dict[str, Any] = {
        "pool_size": most,
        "max_overflow": 0,
        "pool_timeout": POOL_WAIT,
        "hide_parameters": True,
    }
    if url.drivername.startswith("postgresql"):
        remote = create_engine(
            url,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={"connect_timeout": 10, "application_name": "district-server"},
            **pool,
        )
        event.listen(remote, "connect", _make_ready)
        return remote
    if url.database in (None, "", ":memory:"):
        pool = {"hide_parameters": True}
    made = create_engine(
        url, connect_args={"timeout": FILE_WAIT, "check_same_thread": False}, **pool
    )

    @event.listens_for(made, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # pages; with fewer every second large batch waits until the one before it is in the file too
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made
