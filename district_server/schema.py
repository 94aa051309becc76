"""Making the tables, and bringing an older database up to date, with a backup before it."""

import os
import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from district_server.database import ROLE, SCHEMA, Database, get_meta, put_meta
from district_server.faults import ServerFault

_PASSES_THE_WALL = text(
    "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR EXISTS "
    "(SELECT FROM pg_auth_members m WHERE m.member = r.oid) FROM pg_roles r WHERE rolname = :role"
)


def bring_up_to_date(database: Database) -> bool:
    """Run what is missing, all of it or nothing; may be repeated. True where all was new.

    A database of a newer release is refused untouched. Two at once wait for each other.
    """
    found = database.schema()
    if found is not None and found > SCHEMA:
        database.check_schema()
    if found is not None and found < SCHEMA:
        _back_up(database, found)
    with database.begin() as connection:
        if database.on_postgres:
            connection.execute(text("SELECT pg_advisory_xact_lock(7242018)"))
            _make_role(connection)
        _run(connection)
        if get_meta(connection, "epoch") is None:
            put_meta(connection, "epoch", secrets.token_hex(8))
        put_meta(connection, "schema", str(SCHEMA))
    return found is None


def _run(connection: Connection) -> None:
    # alembic is heavy and only `init` needs it
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    there = inspect(connection)
    if there.has_table("meta") and not there.has_table("alembic_version"):
        # made before upgrades were counted
        command.stamp(config, "0001")
    command.upgrade(config, f"{SCHEMA:04d}")


def _back_up(database: Database, found: int) -> None:
    """A whole copy of the file beside it; PostgreSQL's own tools do that for PostgreSQL."""
    if database.file is None:
        return
    now = f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    target = database.file.parent / f"{database.file.stem}-truoc-nang-cap-{found}-{now}.sqlite3"
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(database.file)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(target)
    except (sqlite3.Error, OSError):
        raise ServerFault(
            "backup_failed",
            "Không sao lưu được trước khi nâng cấp nên chưa nâng cấp. Xem ổ đĩa còn chỗ không.",
        ) from None


def _make_role(connection: Connection) -> None:
    """The role that answers counters: one a cluster, owning nothing."""
    may_make, there = connection.execute(
        text(
            "SELECT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user),"
            " EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"
        ),
        {"role": ROLE},
    ).one()
    if not there:
        if not may_make:
            raise _role_missing()
        # another database of the cluster may be making it this very moment
        connection.exec_driver_sql(
            f"DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    if connection.execute(_PASSES_THE_WALL, {"role": ROLE}).scalar_one():
        raise ServerFault(
            "role_too_strong",
            f"Vai trò {ROLE} có quyền vượt rào giữa các xã. Nhờ người quản trị PostgreSQL bỏ mọi quyền riêng của "
            f"nó: ALTER ROLE {ROLE} NOSUPERUSER NOBYPASSRLS NOCREATEROLE; REVOKE các vai trò đã cấp cho nó; rồi "
            "init lại.",
        )
    member = text("SELECT pg_has_role(current_user, :role, 'MEMBER')")
    if not connection.execute(member, {"role": ROLE}).scalar_one():
        if not may_make:
            raise _role_missing()
        connection.exec_driver_sql(f"GRANT {ROLE} TO CURRENT_USER")


def _role_missing() -> ServerFault:
    return ServerFault(
        "role_missing",
        f"Thiếu vai trò {ROLE} trong PostgreSQL. Nhờ người quản trị PostgreSQL chạy: "
        f"CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO <người dùng của máy chủ>; rồi init lại.",
    )
