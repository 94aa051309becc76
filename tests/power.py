"""A disk that loses power: what a store wrote and when it was told to keep it, and what may be left.

A recording VFS under plain SQLite stands for the encrypted driver, which takes no VFS of ours: the
pages, the journal and the order of writes and syncs are SQLite's own, only their bytes are not
enciphered. The statements are those of the real services, the pragmas those of `db.engine`.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import pytest

import db.engine

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""


# ---- what was written --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Write:
    file: str
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Delete:
    file: str


@dataclass(frozen=True, slots=True)
class Sync:
    file: str


@dataclass(frozen=True, slots=True)
class Said:
    """The officer was told that this is in the book."""

    code: str


Change = Write | Truncate | Delete
Step = Change | Sync | Said


class Recorder(apsw.VFS):
    """Hands everything on to the system and keeps a list of it."""

    def __init__(self, name: str = "recorder") -> None:
        self.steps: list[Step] = []
        self.name = name
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = name if isinstance(name, str) or name is None else name.filename()
        return _File(self.steps, Path(path).name if path else "", name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        super().xDelete(filename, syncdir)
        file = Path(filename).name
        self.steps.append(Delete(file))
        if syncdir:
            self.steps.append(Sync(file))


class _File(apsw.VFSFile):
    def __init__(self, steps: list[Step], file: str, name: Any, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._steps = steps
        self._file = file

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._steps.append(Write(self._file, offset, bytes(data)))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._steps.append(Truncate(self._file, newsize))

    def xSync(self, flags: int) -> None:
        # the images are built from the record: the disk under it need not turn
        self._steps.append(Sync(self._file))


# ---- what may be left --------------------------------------------------------------------------


@dataclass(slots=True)
class Disk:
    """What is safe on it, and what may or may not be there after a cut."""

    safe: dict[str, bytearray | None]
    loose: dict[str, list[Change]] = field(default_factory=dict)

    def do(self, step: Change | Sync) -> None:
        if isinstance(step, Sync):
            for change in self.loose.pop(step.file, []):
                self.safe[step.file] = _changed(self.safe.get(step.file), change)
        else:
            self.loose.setdefault(step.file, []).append(step)

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """One image: every loose change is kept, lost or torn at the sectors, each for itself."""
        # the plain cuts too: everything loose is kept, or nothing is
        mood = chance.choice(("kept", "lost", "any", "any", "any"))
        left: dict[str, bytes] = {}
        for file in sorted(self.safe.keys() | self.loose.keys()):
            content = self.safe.get(file)
            content = None if content is None else bytearray(content)
            for change in self.loose.get(file, []):
                fate = mood if mood != "any" else chance.choice(("kept", "lost", "torn"))
                if fate == "kept":
                    content = _changed(content, change)
                elif isinstance(change, Delete):
                    # the old file is still there; what came after went into another
                    break
                elif fate == "torn" and isinstance(change, Write):
                    for piece in _torn(change, chance):
                        content = _changed(content, piece)
            if content is not None:
                left[file] = bytes(content)
        return left


def _changed(content: bytearray | None, change: Change) -> bytearray | None:
    if isinstance(change, Delete):
        return None
    content = bytearray() if content is None else content
    if isinstance(change, Truncate):
        del content[change.size :]
        return content
    content.extend(bytes(max(0, change.at - len(content))))
    content[change.at : change.at + len(change.data)] = change.data
    return content


def _torn(change: Write, chance: random.Random) -> Iterator[Write]:
    """Some sectors of a write: its beginning, or any."""
    ends = change.at + len(change.data)
    starts = [change.at, *range(change.at - change.at % SECTOR + SECTOR, ends, SECTOR)]
    stop = chance.randint(0, len(starts)) if chance.random() < 0.5 else None
    for number, start in enumerate(starts):
        if number < stop if stop is not None else chance.random() < 0.5:
            end = min(start - start % SECTOR + SECTOR, ends)
            yield Write(change.file, start, change.data[start - change.at : end - change.at])


# ---- the store on it ---------------------------------------------------------------------------


class _Cursor:
    """As much of PEP 249 as the store asks for."""

    arraysize = 1
    rowcount = -1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: tuple[Any, ...] | None = None
        self.lastrowid: int | None = None

    def execute(self, statement: str, parameters: Any = ()) -> "_Cursor":
        # plain pages carry no checksums of the cipher; this one too answers nothing where all is well
        statement = statement.replace("cipher_integrity_check", "foreign_key_check")
        cursor = self._connection.cursor()
        cursor.exec_trace = self._describe
        self.description = None
        before = self._connection.total_changes()
        self._rows = list(cursor.execute(statement, parameters))
        changed = self._connection.total_changes() != before
        self.rowcount = self._connection.changes() if changed else 0
        self.lastrowid = self._connection.last_insert_rowid()
        return self

    def executemany(self, statement: str, all_parameters: Any) -> None:
        total = 0
        for parameters in all_parameters:
            total += self.execute(statement, parameters).rowcount
        self.rowcount = total

    def _describe(self, cursor: apsw.Cursor, _statement: str, _parameters: object) -> bool:
        self.description = (
            tuple((*found, *[None] * 5) for found in cursor.get_description()) or None
        )
        return True

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._rows.pop(0) for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        self._rows = []


class _Connection:
    def __init__(self, connection: apsw.Connection) -> None:
        self.plain = connection

    def cursor(self) -> _Cursor:
        return _Cursor(self.plain)

    def execute(self, statement: str) -> _Cursor:
        return self.cursor().execute(statement)

    def create_function(self, *_arguments: object, **_more: object) -> None:
        """The dialect gives every connection a REGEXP; the store uses none."""

    def commit(self) -> None:
        if self.plain.in_transaction:
            self.plain.execute("COMMIT")

    def rollback(self) -> None:
        if self.plain.in_transaction:
            self.plain.execute("ROLLBACK")

    def close(self) -> None:
        self.plain.close()


@contextmanager
def plain_store(vfs: str = "", *, synchronous: str = "") -> Iterator[None]:
    """Stores opened in here are plain SQLite through a VFS, under the pragmas of `db.engine`; with
    `synchronous` under another level than theirs.
    """
    pragmas = ["PRAGMA journal_mode = WAL", *db.engine._PRAGMAS]
    if synchronous:
        pragmas.append(f"PRAGMA synchronous = {synchronous}")

    def connect(path: Path, _key: bytes, *, query_only: bool) -> _Connection:
        connection = apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE, vfs or None)
        connection.set_busy_timeout(int(db.engine.WAIT_FOR_WRITER * 1000))
        for pragma in pragmas:
            connection.execute(pragma)
        if query_only:
            connection.execute("PRAGMA query_only = ON")
        return _Connection(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db.engine, "connect", connect)
        yield
