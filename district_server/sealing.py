"""Scanned pages at rest: each sealed under a key of its own, which the server's sealing key wraps.

    magic | size (8) | nonce (12) | wrapped key (48) | AES-256-GCM of 64 kB each

The wrapped key is bound to the size and to the object's name, so that no page can stand for another nor
lose its end; the nonce of a chunk is its number. Pages from before this are read as they lie, and
sealed by `seal-attachments`.
"""

import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from district_server.faults import ServerFault
from district_server.keys import ServerKeys
from district_server.objects import Objects

_MAGIC = b"MCPAGE1\n"
_CHUNK = 64 * 1024
_TAG = 16
_NONCE = 12
_HEAD = len(_MAGIC) + 8 + _NONCE + 32 + _TAG


class Sealed:
    """Objects that nobody can read who has not the server's keys."""

    def __init__(self, inner: Objects, keys: ServerKeys) -> None:
        self._inner = inner
        self._wrap = AESGCM(keys.derived(b"objects/v1"))

    def has(self, key: str, size: int) -> bool:
        """Whether it lies there, sealed or from before."""
        chunks = max(1, -(-size // _CHUNK))
        return self._inner.has(key, _HEAD + size + chunks * _TAG) or self._inner.has(key, size)

    def put(self, key: str, content: bytes) -> None:
        """Sealed anew with each call."""
        data_key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE)
        begin = _MAGIC + len(content).to_bytes(8, "big")
        wrapped = self._wrap.encrypt(nonce, data_key, begin + key.encode())
        box = AESGCM(data_key)
        parts = [
            box.encrypt(_number(at), content[at : at + _CHUNK], None)
            for at in range(0, max(1, len(content)), _CHUNK)
        ]
        self._inner.put(key, b"".join((begin, nonce, wrapped, *parts)))

    def get(self, key: str) -> bytes | None:
        """The page; raises `ServerFault` where it was damaged."""
        raw = self._inner.get(key)
        if raw is None or not raw.startswith(_MAGIC):
            return raw
        box, size = self._opened(key, raw[:_HEAD])
        content = self._chunks(box, raw[_HEAD:], 0)
        if len(content) != size:
            raise _damaged()
        return content

    def part(self, key: str, start: int, size: int) -> bytes | None:
        """Some of it: only the chunks it lies in are read."""
        head = self._inner.part(key, 0, _HEAD)
        if head is None or not head.startswith(_MAGIC):
            return None if head is None else self._inner.part(key, start, size)
        box, whole = self._opened(key, head)
        first, last = start // _CHUNK, (min(whole, start + size) - 1) // _CHUNK
        length = (last - first + 1) * (_CHUNK + _TAG)
        raw = self._inner.part(key, _HEAD + first * (_CHUNK + _TAG), length) or b""
        content = self._chunks(box, raw, first)
        if first * _CHUNK + len(content) < min(whole, start + size):
            raise _damaged()
        return content[start - first * _CHUNK :][:size]

    def remove(self, key: str) -> None:
        """With it goes the key that it was sealed with."""
        self._inner.remove(key)

    def names(self) -> Iterator[str]:
        """Of everything that lies there."""
        return self._inner.names()

    def seal(self, key: str) -> bool:
        """Seal a page from before; False where it is sealed already."""
        if (self._inner.part(key, 0, len(_MAGIC)) or _MAGIC) == _MAGIC:
            return False
        content = self._inner.get(key)
        if content is None:
            return False
        self.put(key, content)
        return True

    def _opened(self, key: str, head: bytes) -> tuple[AESGCM, int]:
        begin = head[: len(_MAGIC) + 8]
        nonce, wrapped = head[len(begin) :][:_NONCE], head[len(begin) + _NONCE :]
        try:
            box = AESGCM(self._wrap.decrypt(nonce, wrapped, begin + key.encode()))
        except (InvalidTag, ValueError):
            raise _damaged() from None
        return box, int.from_bytes(begin[len(_MAGIC) :], "big")

    def _chunks(self, box: AESGCM, raw: bytes, first: int) -> bytes:
        step = _CHUNK + _TAG
        try:
            return b"".join(
                box.decrypt(_number((first + at // step) * _CHUNK), raw[at : at + step], None)
                for at in range(0, len(raw), step)
            )
        except (InvalidTag, ValueError):
            raise _damaged() from None


def _number(at: int) -> bytes:
    return (at // _CHUNK).to_bytes(_NONCE, "big")


def _damaged() -> ServerFault:
    return ServerFault(
        "attachment_damaged",
        "Bản quét trong kho đã hỏng, hoặc kho là của máy chủ khác. Lấy lại từ bản sao lưu của kho.",
    )
