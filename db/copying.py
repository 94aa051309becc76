"""A whole copy of the book while it is in use."""

import os
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher

from counter_app.errors import EnvironmentFault


def copy_whole(path: Path, key: bytes, target: Path) -> None:
    """What the book holds at this moment, encrypted with the same key, every page read once before
    it counts. Writers go on meanwhile; the stepped backup interface would begin again at each of
    their writes and might never end.
    """
    part = target.with_suffix(".part")
    part.unlink(missing_ok=True)
    source: Any = None
    try:
        target.parent.mkdir(exist_ok=True)
        source = _opened(path, key, "rw")
        source.execute("VACUUM INTO ?", (str(part),))
        with part.open("rb+") as made:
            os.fsync(made.fileno())
        _read_every_page(part, key)
        part.replace(target)
    except (sqlcipher.DatabaseError, OSError):
        raise EnvironmentFault(
            "backup_failed",
            "Không sao lưu được sổ; sổ đang dùng chưa bị thay đổi gì. Hãy xem ổ đĩa còn chỗ không.",
        ) from None
    finally:
        if source is not None:
            source.close()
        part.unlink(missing_ok=True)


def _read_every_page(path: Path, key: bytes) -> None:
    made = _opened(path, key, "ro")
    try:
        if made.execute("PRAGMA cipher_integrity_check").fetchall():
            raise sqlcipher.DatabaseError("a page does not hold what was written")
    finally:
        made.close()


def _opened(path: Path, key: bytes, mode: str) -> Any:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    opened = sqlcipher.connect(uri, uri=True, isolation_level=None)
    opened.execute("PRAGMA cipher_log_level = NONE")
    opened.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return opened
