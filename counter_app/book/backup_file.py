"""One file that holds a whole store: the encrypted book, the wraps of its key and the scanned papers,
encrypted each by itself, as they are.

A zip without compression (what is encrypted does not shrink), with a manifest of sizes and hashes.
Whoever has the file has nothing without the opening passphrase or the recovery code.
"""

import contextlib
import hashlib
import json
import lzma
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from counter_app import data_folder
from counter_app.errors import EnvironmentFault, Refused

_MANIFEST = "mot-cua-backup.json"
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 1 << 26
_VERSION = 2
_READABLE = (1, 2)
"""The first held no scanned papers."""
_ALWAYS = {data_folder.STORE, data_folder.KEY}
_PAGE = re.compile(f"{data_folder.ATTACHMENTS}/[0-9a-f]{{2}}/[0-9a-f]{{64}}")
_DAMAGED = Refused(
    "backup_damaged", "Tệp này không phải bản sao lưu, hoặc đã hỏng. Hãy dùng bản sao lưu khác."
)

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
)
"""What the standard library says of a zip or of a manifest that somebody has spoilt."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in a backup."""

    version: int
    made_at: str
    hashes: Mapping[str, str]
    """File → SHA-256, hex."""


def write(target: Path, book: Path, folder: Path, made_at: str) -> Manifest:
    """Put the copied `book` and what lies in `folder` beside it into `target`; it stands there whole and read back, or not at all."""
    parts = {data_folder.STORE: book, data_folder.KEY: folder / data_folder.KEY}
    # what the copied book tells of was there before it was copied
    for page in sorted((folder / data_folder.ATTACHMENTS).glob("??/*")):
        if _PAGE.fullmatch(name := page.relative_to(folder).as_posix()):
            parts[name] = page
    hashes = {name: _hash(path) for name, path in parts.items()}
    manifest = Manifest(_VERSION, made_at, hashes)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
                packed.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))
                for name, path in parts.items():
                    packed.write(path, name)
            out.flush()
            os.fsync(out.fileno())
        if _read_back(part) != manifest:
            raise EnvironmentFault(
                "backup_failed",
                f"Bản sao lưu đọc lại không khớp. Ổ chứa {target.parent} có thể hỏng: dùng ổ khác.",
            )
        part.replace(target)
        data_folder.settle(target.parent)
        return manifest
    except OSError:
        raise EnvironmentFault(
            "backup_failed",
            f"Không ghi được bản sao lưu vào {target.parent}. Xem ổ còn cắm, còn chỗ và ghi được không.",
        ) from None
    finally:
        with contextlib.suppress(OSError):  # it is not there, or nothing can be done
            part.unlink()


def planned_name(counter_no: int, at: datetime) -> str:
    """What a backup is called that made itself; only such names are ever cleared away."""
    return f"so-quay-{counter_no}-tu-dong-{at:%Y%m%d-%H%M%S}.mcb"


def clear_away(folder: Path, counter_no: int, kept: int) -> None:
    """Of the backups that this counter made by itself only the newest stay, and nothing half written.
    What cannot be cleared away now is next time.
    """
    own = re.compile(rf"so-quay-{counter_no}-tu-dong-\d{{8}}-\d{{6}}\.mcb")
    with contextlib.suppress(OSError):
        names = [found.name for found in folder.iterdir()]
        half = [name for name in names if own.fullmatch(name.removesuffix(".part"))]
        whole = sorted(name for name in names if own.fullmatch(name))
        for name in (*set(half).difference(whole), *whole[: max(0, len(whole) - kept)]):
            (folder / name).unlink()


def unpack(source: Path, folder: Path) -> Manifest:
    """What is in a backup into a folder, each file compared with its hash."""
    try:
        try:
            manifest = _read_back(source)
        except FileNotFoundError:
            raise
        except OSError:
            # a place far outside of the file, written into its directory
            raise _DAMAGED from None
        with zipfile.ZipFile(source) as packed:
            for name in manifest.hashes:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with packed.open(name) as coming, (folder / name).open("wb") as out:
                    while chunk := coming.read(_CHUNK):
                        out.write(chunk)
                    out.flush()
                    os.fsync(out.fileno())
    except FileNotFoundError:
        raise EnvironmentFault(
            "file_missing", f"Không có tệp {source}. Xem lại đường dẫn, ổ đã cắm chưa."
        ) from None
    return manifest


def _read_back(source: Path) -> Manifest:
    """The manifest of a backup every byte of which fits it."""
    try:
        with zipfile.ZipFile(source) as packed:
            with packed.open(_MANIFEST) as part:
                # never more than this, whatever the directory claims
                told = json.loads(part.read(_LARGEST_MANIFEST))
            manifest = Manifest(**told)
            others = manifest.hashes.keys() - _ALWAYS
            if manifest.version not in _READABLE or not manifest.hashes.keys() >= _ALWAYS:
                raise _DAMAGED
            if not all(_PAGE.fullmatch(name) for name in others):
                raise _DAMAGED
            for name, expected in manifest.hashes.items():
                with packed.open(name) as part:
                    if _hash_of(part) != expected:
                        raise _DAMAGED
    except _UNREADABLE:
        raise _DAMAGED from None
    return manifest


def _hash(path: Path) -> str:
    with path.open("rb") as part:
        return _hash_of(part)


def _hash_of(part: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := part.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
