"""Where finished pages lie above: a folder, or a store of objects by its URL."""

import os
import secrets
from pathlib import Path
from typing import Protocol

from district_server.faults import ServerFault

DEFAULT = "attachments"
"""A folder beside the database file of a server that was told nothing else."""


class Objects(Protocol):
    """Whole contents under names; a name never changes its content."""

    def has(self, key: str, size: int) -> bool:
        """Whether it lies there with that many bytes."""

    def put(self, key: str, content: bytes) -> None:
        """Keep it durably; the same again changes nothing."""

    def get(self, key: str) -> bytes | None:
        """None where there is none."""


class Folder:
    """Files in a folder, readable by the server's user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, key: str, size: int) -> bool:
        """Whether the file stands there whole; under its own name it always is."""
        try:
            return (self._folder / key).stat().st_size == size
        except OSError:
            return False

    def put(self, key: str, content: bytes) -> None:
        """Write, wait for the disk, then give it its name."""
        target = self._folder / key
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with open(handle, "wb") as out:
                    out.write(content)
                    out.flush()
                    os.fsync(out.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
        except OSError:
            raise ServerFault(
                "attachments_failed",
                "Không ghi được bản quét. Xem ổ đĩa còn chỗ và thư mục ghi được không.",
            ) from None

    def get(self, key: str) -> bytes | None:
        """The file's bytes."""
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None


def objects_at(url: str) -> Objects:
    """What `DISTRICT_ATTACHMENTS` names: a folder."""
    return Folder(Path(url or DEFAULT))
