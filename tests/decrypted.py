"""The bytes of a book as they lie on the disk, without their encryption and without our program."""

from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from counter_app import data_folder

_PAGE, _RESERVED, _SALT = 4096, 80, 16
_WAL_HEADER, _FRAME_HEADER = 32, 24


def pages(folder: Path, key: bytes) -> Iterator[bytes]:
    """Every page of the file, used or not, and every frame of the log of writes beside it."""
    book = folder / data_folder.STORE
    raw = book.read_bytes()
    for at in range(0, len(raw), _PAGE):
        yield _opened(raw[at : at + _PAGE], key, first=at == 0)
    wal = book.with_name(book.name + "-wal")
    raw = wal.read_bytes() if wal.exists() else b""
    for at in range(_WAL_HEADER, len(raw), _FRAME_HEADER + _PAGE):
        number = int.from_bytes(raw[at : at + 4], "big")
        page = raw[at + _FRAME_HEADER : at + _FRAME_HEADER + _PAGE]
        yield _opened(page, key, first=number == 1)


def is_nowhere(folder: Path, key: bytes, text: str) -> bool:
    """Whether no page holds it, in the letters that SQLite writes."""
    return not any(text.encode() in page for page in pages(folder, key))


def _opened(page: bytes, key: bytes, first: bool) -> bytes:
    """SQLCipher 4: AES-256-CBC, the vector behind the content of the page."""
    begins = _SALT if first else 0
    vector = page[-_RESERVED:][:16]
    opener = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return opener.update(page[begins:-_RESERVED]) + opener.finalize()
