"""The database: PostgreSQL by its URL, or one SQLite file where the server runs alone."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from district_server.faults import ServerFault
from district_server.tables import meta, metadata

SCHEMA = "1"
DEFAULT_URL = "sqlite:///district.sqlite3"


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
        self.engine: Engine = (
            create_engine(parsed, pool_pre_ping=True) if self.on_postgres else _sqlite(parsed)
        )

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction; database faults in words."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except OperationalError as fault:
            raise ServerFault(
                "database_fault",
                "Không dùng được cơ sở dữ liệu. Xem nó đang chạy và ổ đĩa còn chỗ không.",
            ) from fault

    def init(self) -> bool:
        """Make or bring up to date; may be repeated. True where it was new."""
        with self.begin() as connection:
            fresh = not inspect(connection).has_table("meta")
            metadata.create_all(connection)
            if fresh:
                rows = {"schema": SCHEMA, "epoch": secrets.token_hex(8)}
                connection.execute(
                    insert(meta), [{"name": name, "value": value} for name, value in rows.items()]
                )
            self._check_schema(connection)
        return fresh

    def check_schema(self) -> None:
        """Refuse a database that is not made, older or newer than this program."""
        with self.begin() as connection:
            if not inspect(connection).has_table("meta"):
                raise ServerFault(
                    "not_initialised", "Cơ sở dữ liệu chưa được tạo. Hãy chạy district-server init."
                )
            self._check_schema(connection)

    def _check_schema(self, connection: Connection) -> None:
        found = get_meta(connection, "schema")
        if found == SCHEMA:
            return
        if found is not None and found.isdigit() and int(found) > int(SCHEMA):
            raise ServerFault(
                "schema_newer", "Cơ sở dữ liệu do bản mới hơn ghi. Hãy cài bản mới rồi chạy lại."
            )
        raise ServerFault(
            "schema_older", "Cơ sở dữ liệu của bản cũ. Hãy chạy district-server init để nâng cấp."
        )

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def get_meta(connection: Connection, name: str) -> str | None:
    """A kept value."""
    query = select(meta.c.value).where(meta.c.name == name)
    return connection.execute(query).scalar_one_or_none()


def put_meta(connection: Connection, name: str, value: str) -> None:
    """Keep a value."""
    changed = connection.execute(meta.update().where(meta.c.name == name).values(value=value))
    if changed.rowcount == 0:
        connection.execute(insert(meta).values(name=name, value=value))


def is_conflict(fault: DBAPIError) -> bool:
    """Deadlock or serialisation: the whole transaction may be tried again."""
    return getattr(fault.orig, "sqlstate", None) in ("40P01", "40001")


def _sqlite(url: Any) -> Engine:
    made = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(made, "connect")
    def _connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return made
