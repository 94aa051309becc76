"""Opening the encrypted file: two engines, one that reads and one that writes.

The driver's own transaction handling is off. With it, a half-failed upgrade leaves tables behind
and every later start dies; and BEGIN IMMEDIATE for reads makes a reader wait behind a slow writer.
So reads begin deferred on connections that cannot write, writes begin immediate.
"""

import os
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from counter_app.errors import EnvironmentFault

WAIT_FOR_WRITER = 10.0
"""Seconds a write waits for another process before it gives up."""

_PRAGMAS = (
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -1024",
)

DAMAGED = (
    "Sổ dữ liệu không mở được: tệp bị hỏng hoặc không phải sổ của khóa này. Đừng xóa tệp nào. "
    "Hãy khôi phục từ bản sao lưu."
)


def connect(path: Path, key: bytes, *, query_only: bool) -> Any:
    """A ready connection; a wrong key or a damaged file is told at once."""
    # `mode=rw`: an empty register is never started silently where the file is missing.
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        connection = sqlcipher.connect(
            uri, uri=True, isolation_level=None, timeout=WAIT_FOR_WRITER, check_same_thread=False
        )
    except sqlcipher.OperationalError:
        if path.is_file() and not os.access(path, os.R_OK):
            raise EnvironmentFault(
                "file_closed",
                f"Người dùng máy này không có quyền đọc {path}. Xem lại quyền của thư mục sổ.",
            ) from None
        raise EnvironmentFault("store_missing", DAMAGED) from None
    try:
        # it would tell of a damaged page in English beside our sentence
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA journal_mode = WAL")
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if query_only:
            connection.execute("PRAGMA query_only = ON")
    except sqlcipher.DatabaseError as fault:
        connection.close()
        raise in_words(fault) or EnvironmentFault("store_damaged", DAMAGED) from None
    return connection


def in_words(fault: object) -> EnvironmentFault | None:
    """What SQLite says about disk and file, in a sentence for the officer; None: it is our fault."""
    said = str(fault)
    if "locked" in said or "busy" in said:
        return EnvironmentFault(
            "store_busy",
            "Sổ đang bị một chương trình khác giữ quá 10 giây. Chưa ghi gì. Hãy làm lại.",
        )
    if "full" in said:
        return EnvironmentFault(
            "disk_full", "Ổ đĩa đầy nên chưa ghi được. Hãy xóa bớt tệp khác rồi làm lại."
        )
    if "disk I/O" in said or "readonly" in said or "unable to open" in said:
        return EnvironmentFault(
            "disk_fault",
            "Ổ đĩa không ghi được nên chưa lưu. Hãy xem ổ đĩa còn cắm và còn chỗ không.",
        )
    if "malformed" in said or "not a database" in said or "encrypted" in said:
        return EnvironmentFault("store_damaged", DAMAGED)
    return None


def engine(path: Path, key: bytes, *, write: bool) -> Engine:
    """Reading engines begin deferred and cannot write; writing ones begin immediate."""
    made = create_engine(
        "sqlite+pysqlite://",
        module=sqlcipher,
        creator=lambda: connect(path, key, query_only=not write),
        poolclass=QueuePool,
        pool_size=1 if write else 4,
        max_overflow=4,
        pool_reset_on_return="rollback",
    )
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"

    @event.listens_for(made, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return made
