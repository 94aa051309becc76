"""A bundle (`.hsx`): messages on a stick, for communes without a line.

    magic | header | sealed chunks | 0 | raw size | signature

The signature (Ed25519, of whoever wrote it) is over everything before it and is verified before a byte
is decrypted or decompressed. The chunks are AES-256-GCM under a key that only the recipient can make:
X25519 with a key of this bundle alone, then HKDF. A device has one key; its X25519 form is the known
map of its Ed25519 key. Inside is one deflate stream of messages, each with its length before it.
"""

import errno
import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from counter_app.wire.messages import LARGEST_BODY, UNREADABLE, Damaged, TooLarge

LARGEST_FILE = 512 * 1024 * 1024
LARGEST_RAW = 1024 * 1024 * 1024
"""Bytes of all messages together; more than that is never written and never read."""

_MAGIC = b"MCHSX 1\n"
_LARGEST_HEADER = 4096
_CHUNK = 64 * 1024
_SEALED = _CHUNK + 16
_SIGNATURE = 64
_CONTEXT = b"bundle/v1\n"
_P = 2**255 - 19


class Header(msgspec.Struct, frozen=True):
    """From whom, to whom; open to anyone who finds the stick."""

    kind: str
    """`up` or `down`."""
    sender: str
    recipient: str
    made_at: str
    key: str
    """The X25519 public key of this bundle alone, hex."""


def write(
    target: Path,
    kind: str,
    signing: bytes,
    sender: str,
    recipient: str,
    recipient_key: bytes,
    made_at: str,
    messages: Iterable[bytes],
) -> int:
    """Seal and sign messages into `target`; it stands there whole and read back, or not at all.

    `signing` is the sender's private Ed25519 key, `recipient_key` the recipient's public one. Returns
    the size in bytes. Raises OSError.
    """
    once = X25519PrivateKey.generate()
    header = Header(kind, sender, recipient, made_at, once.public_key().public_bytes_raw().hex())
    raw_header = msgspec.json.encode(header)
    shared = once.exchange(X25519PublicKey.from_public_bytes(_as_x25519(recipient_key)))
    part = target.with_name(target.name + ".part")
    signer = Ed25519PrivateKey.from_private_bytes(signing)
    try:
        with part.open("wb") as out:
            digest = hashlib.sha256()

            def put(data: bytes) -> None:
                digest.update(data)
                out.write(data)

            put(_MAGIC + len(raw_header).to_bytes(4, "big") + raw_header)
            raw_size = _seal(put, _key(shared, header), raw_header, messages)
            put(bytes(4) + raw_size.to_bytes(8, "big"))
            out.write(signer.sign(_CONTEXT + digest.digest()))
            out.flush()
            os.fsync(out.fileno())
        with part.open("rb") as written:
            try:
                _verified(written, lambda _: signer.public_key().public_bytes_raw())
            except (Damaged, TooLarge):
                raise OSError(errno.EIO, "read back") from None
        part.replace(target)
        return target.stat().st_size
    finally:
        with suppress(OSError):  # it is not there, or nothing can be done
            part.unlink()


def read(
    source: IO[bytes], private: bytes, sender_key: Callable[[Header], bytes | None]
) -> tuple[Header, Iterator[bytes]]:
    """The header, verified, and the messages one by one. Raises `Damaged` or `TooLarge`.

    `sender_key` says with which key a bundle of this header must be signed; None: with none we know.
    """
    header, raw_header, raw_size, checked = _verified(source, sender_key)
    private_key = X25519PrivateKey.from_private_bytes(_as_x25519_private(private))
    try:
        once = X25519PublicKey.from_public_bytes(bytes.fromhex(header.key))
        key = _key(private_key.exchange(once), header)
    except ValueError:
        raise Damaged("key") from None
    checked.seek(len(_MAGIC) + 4 + len(raw_header))
    return header, _messages(_inflated(_opened(checked, key, raw_header), raw_size))


class _Checked:
    """A file that is read once more: what is not what was verified is damaged. Whoever holds the folder, or
    made the stick, could give other bytes the second time.
    """

    def __init__(self, source: IO[bytes], size: int, blocks: Sequence[bytes]) -> None:
        """`blocks`: SHA-256 of each 64 KiB of the first `size` bytes."""
        self._source = source
        self._size = size
        self._blocks = blocks
        self._place = 0
        self._number, self._data = -1, b""

    def seek(self, place: int) -> None:
        """Where the next read begins."""
        self._place = place

    def read(self, size: int) -> bytes:
        """Fewer only at the end."""
        found = b""
        while len(found) < size and self._place < self._size:
            number, within = divmod(self._place, _CHUNK)
            if number != self._number:
                self._load(number)
            piece = self._data[within : within + size - len(found)]
            found += piece
            self._place += len(piece)
        return found

    def _load(self, number: int) -> None:
        begin = number * _CHUNK
        self._source.seek(begin)
        data = self._source.read(min(_CHUNK, self._size - begin))
        if hashlib.sha256(data).digest() != self._blocks[number]:
            raise Damaged("changed")
        self._number, self._data = number, data


def _verified(
    source: IO[bytes], sender_key: Callable[[Header], bytes | None]
) -> tuple[Header, bytes, int, _Checked]:
    """Header and raw size of a bundle whose signature is that of its sender, and what was signed."""
    size = source.seek(0, os.SEEK_END)
    if size > LARGEST_FILE:
        raise TooLarge
    source.seek(0)
    begin = source.read(len(_MAGIC) + 4)
    length = int.from_bytes(begin[len(_MAGIC) :], "big")
    if begin[: len(_MAGIC)] != _MAGIC or not 0 < length <= _LARGEST_HEADER:
        raise Damaged("magic")
    raw_header = source.read(length)
    try:
        header = msgspec.json.decode(raw_header, type=Header)
    except UNREADABLE:
        raise Damaged("header") from None
    public = sender_key(header)
    signed = size - _SIGNATURE
    if public is None or signed < len(begin) + length + 12:
        raise Damaged("sender")
    source.seek(0)
    digest, left, blocks = hashlib.sha256(), signed, []
    while left:
        data = source.read(min(_CHUNK, left))
        if not data:
            raise Damaged("truncated")
        digest.update(data)
        blocks.append(hashlib.sha256(data).digest())
        left -= len(data)
    signature = source.read(_SIGNATURE)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _CONTEXT + digest.digest())
    except (InvalidSignature, ValueError):
        raise Damaged("signature") from None
    checked = _Checked(source, signed, blocks)
    if checked.read(len(begin) + length) != begin + raw_header:
        raise Damaged("changed")
    checked.seek(signed - 8)
    raw_size = int.from_bytes(checked.read(8), "big")
    if raw_size > LARGEST_RAW:
        raise TooLarge
    return header, raw_header, raw_size, checked


def _seal(put: Callable[[bytes], None], key: bytes, bound: bytes, messages: Iterable[bytes]) -> int:
    box, squeezer = AESGCM(key), zlib.compressobj(9, zlib.DEFLATED, -15)
    waiting, place, raw_size = bytearray(), 0, 0

    def seal(chunk: bytes) -> None:
        nonlocal place
        sealed = box.encrypt(place.to_bytes(12, "big"), chunk, bound)
        put(len(sealed).to_bytes(4, "big") + sealed)
        place += 1

    for message in messages:
        framed = len(message).to_bytes(4, "big") + message
        raw_size += len(framed)
        if len(message) > LARGEST_BODY or raw_size > LARGEST_RAW:
            raise TooLarge
        waiting += squeezer.compress(framed)
        while len(waiting) >= _CHUNK:
            seal(bytes(waiting[:_CHUNK]))
            del waiting[:_CHUNK]
    waiting += squeezer.flush()
    for at in range(0, len(waiting), _CHUNK):
        seal(bytes(waiting[at : at + _CHUNK]))
    return raw_size


def _opened(source: _Checked, key: bytes, bound: bytes) -> Iterator[bytes]:
    box, place = AESGCM(key), 0
    while length := int.from_bytes(source.read(4), "big"):
        if length > _SEALED:
            raise Damaged("chunk")
        try:
            yield box.decrypt(place.to_bytes(12, "big"), source.read(length), bound)
        except (InvalidTag, ValueError):
            # sealed for someone else
            raise Damaged("sealed") from None
        place += 1


def _inflated(chunks: Iterator[bytes], raw_size: int) -> Iterator[bytes]:
    """Never more than was declared, whatever comes."""
    opener, left = zlib.decompressobj(-15), raw_size
    for chunk in chunks:
        while chunk:
            try:
                data = opener.decompress(chunk, _CHUNK)
            except zlib.error:
                raise Damaged("compression") from None
            left -= len(data)
            if left < 0:
                raise TooLarge
            if not data and not opener.unconsumed_tail:
                break
            yield data
            chunk = opener.unconsumed_tail
    if left or not opener.eof:
        raise Damaged("truncated")


def _messages(parts: Iterator[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) >= 4:
            length = int.from_bytes(waiting[:4], "big")
            if length > LARGEST_BODY:
                raise TooLarge
            if len(waiting) < 4 + length:
                break
            yield bytes(waiting[4 : 4 + length])
            del waiting[: 4 + length]
    if waiting:
        raise Damaged("truncated")


def _key(shared: bytes, header: Header) -> bytes:
    info = _CONTEXT + f"{header.sender}\n{header.recipient}".encode()
    return HKDF(SHA256(), 32, bytes.fromhex(header.key), info).derive(shared)


def _as_x25519(public: bytes) -> bytes:
    """The Montgomery form of an Ed25519 public key: u = (1 + y) / (1 - y)."""
    y = int.from_bytes(public, "little") & ((1 << 255) - 1)
    u = (1 + y) * pow(1 - y, -1, _P) % _P
    return u.to_bytes(32, "little")


def _as_x25519_private(private: bytes) -> bytes:
    return hashlib.sha512(private).digest()[:32]
