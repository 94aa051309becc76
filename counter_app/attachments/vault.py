"""Where the bytes of scanned papers lie: a folder beside the book, nothing in it readable.

A page is known by the SHA-256 of its content. On the disk it has another name (a keyed hash), so that
nobody who holds the disk can tell whether a known paper is among them, and is sealed in chunks:

    magic | AES-256-GCM of 64 kB each

The key of a page comes by HKDF from the book's key and the content's hash; the nonce counts the chunks
and marks the last, so that none can be dropped, added or moved. What is read is hashed again.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from counter_app import data_folder
from counter_app.errors import EnvironmentFault, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC = b"MCSCAN 1"
_CHUNK = 64 * 1024
_SEALED = _CHUNK + 16
_BEGUN, _SALT = ".begun", 16


class Vault:
    """Keeps and gives out pages of one counter."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder / data_folder.ATTACHMENTS
        self._key = key

    def put(self, content: bytes) -> str:
        """Keep a page, durably; its SHA-256 in hex. The same content is kept once."""
        address = hashlib.sha256(content).hexdigest()
        target = self._path(address)
        if self.has(address):
            return address
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("xb") as out:
                    out.write(_MAGIC)
                    for sealed in self._sealed(address, content):
                        out.write(sealed)
                    out.flush()
                    os.fsync(out.fileno())
                part.replace(target)
            finally:
                part.unlink(missing_ok=True)
            data_folder.settle(target.parent)
        except OSError:
            raise EnvironmentFault(
                "attachment_failed",
                "Không lưu được bản quét. Xem ổ đĩa còn chỗ và có quyền ghi không, rồi thêm lại.",
            ) from None
        return address

    def has(self, address: str) -> bool:
        """Whether that page lies here."""
        return self._path(address).is_file()

    def get(self, address: str) -> bytes:
        """A page, opened and compared with its hash."""
        try:
            raw = self._path(address).read_bytes()
        except FileNotFoundError:
            raise Refused(
                "attachment_elsewhere",
                "Bản quét này không ở máy này. Mở ở quầy đã quét, hoặc hỏi cấp trên.",
            ) from None
        except OSError:
            raise _damaged() from None
        content = self._opened(address, raw)
        if content is None or hashlib.sha256(content).hexdigest() != address:
            raise _damaged()
        return content

    def remove(self, address: str) -> None:
        """A page whose time of keeping is over; its name on the disk goes with it."""
        try:
            self._path(address).unlink(missing_ok=True)
            self._begun_path(address).unlink(missing_ok=True)
        except OSError:
            raise EnvironmentFault(
                "attachment_failed",
                "Không xóa được bản quét hết hạn lưu. Xem ổ đĩa có quyền ghi không, rồi làm lại.",
            ) from None

    def begun(self, address: str) -> bytes:
        """What has come so far of a page that is being fetched; nothing where it cannot be read."""
        from cryptography.exceptions import InvalidTag

        try:
            raw = self._begun_path(address).read_bytes()
        except OSError:
            return b""
        try:
            return self._begun_box(raw[:_SALT]).decrypt(_nonce(0, True), raw[_SALT:], _MAGIC)
        except (InvalidTag, ValueError):
            return b""

    def keep_begun(self, address: str, content: bytes) -> None:
        """Keep it under a key of its own each time: it is no content that an address vouches for."""
        target = self._begun_path(address)
        part = target.with_name(f"{target.name}.part")
        try:
            if not content:
                target.unlink(missing_ok=True)
                return
            salt = secrets.token_bytes(_SALT)
            target.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(salt + self._begun_box(salt).encrypt(_nonce(0, True), content, _MAGIC))
            part.replace(target)
        except OSError:
            raise EnvironmentFault(
                "attachment_failed",
                "Không lưu được bản quét. Xem ổ đĩa còn chỗ và có quyền ghi không, rồi tải lại.",
            ) from None

    def _begun_path(self, address: str) -> Path:
        path = self._path(address)
        return path.with_name(path.name + _BEGUN)

    def _begun_box(self, salt: bytes) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._derived(salt, b"attachment-begun/v1"))

    def _path(self, address: str) -> Path:
        if len(address) != 64 or set(address) - set("0123456789abcdef"):
            raise ValueError("no content address")
        name = hmac.digest(self._derived(b"", b"attachment-name/v1"), address.encode(), "sha256")
        text = name.hex()
        return self.folder / text[:2] / text

    def _sealed(self, address: str, content: bytes) -> list[bytes]:
        box = self._box(address)
        starts = range(0, len(content), _CHUNK) or range(1)
        return [
            box.encrypt(_nonce(at, at == starts[-1]), content[at : at + _CHUNK], _MAGIC)
            for at in starts
        ]

    def _opened(self, address: str, raw: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag

        box, sealed = self._box(address), memoryview(raw)[len(_MAGIC) :]
        parts = []
        try:
            for at in range(0, len(sealed), _SEALED):
                last = at + _SEALED >= len(sealed)
                nonce = _nonce(at // _SEALED * _CHUNK, last)
                parts.append(box.decrypt(nonce, sealed[at : at + _SEALED], _MAGIC))
        except (InvalidTag, ValueError):
            return None
        return b"".join(parts) if raw[: len(_MAGIC)] == _MAGIC and parts else None

    def _box(self, address: str) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._derived(bytes.fromhex(address), b"attachment/v1"))

    def _derived(self, salt: bytes, info: bytes) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), 32, salt or None, info).derive(self._key)


def _nonce(at: int, last: bool) -> bytes:
    return at.to_bytes(11, "big") + bytes([last])


def _damaged() -> EnvironmentFault:
    return EnvironmentFault(
        "attachment_damaged",
        "Bản quét này trong máy đã hỏng. Quét lại tờ giấy, hoặc lấy từ bản sao lưu.",
    )
