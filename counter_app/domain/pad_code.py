"""The emergency pad (tập phiếu dự phòng): its numbers, and what the QR of a pad slip says.

A pad is printed before the power goes and filled in by hand while it is away. Its number is
`P2-7K3-0042`: the counter that printed it, three signs of that store's life (incarnation), the
running number. So counters, restores and copies never give out one number twice. The QR holds the
number, the minute of printing and the device's signature in the safe alphabet, and nobody's data:
the slip is blank.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import datetime

from counter_app.domain.slip_code import (
    ALPHABET,
    from_base28,
    looks_like_slip,
    minutes_of,
    moment_of,
    payload_of,
    to_base28,
)

_GRAMMAR = re.compile(rf"P([1-9])-([{ALPHABET}]{{3}})-(\d{{4,6}})")
_CONTEXT = b"pad/v1"
_VERSION = 2
"""Told apart from a slip's payload, which begins with 1."""
_SIGNATURE_SIZE = 64
_HEAD = struct.Struct(">B4sI")


@dataclass(frozen=True, slots=True)
class PadNumber:
    """A pad number taken apart; `str()` gives it back."""

    counter_no: int
    mark: str
    """Three signs that stand for one life of one store."""
    running: int

    def __str__(self) -> str:
        return f"P{self.counter_no}-{self.mark}-{self.running:04d}"

    @classmethod
    def parse(cls, text: str) -> "PadNumber | None":
        """Read a number as typed: case and blanks do not matter. None where it is none."""
        wanted = "".join(text.split()).upper()
        match = _GRAMMAR.fullmatch(wanted)
        if match is None:
            return None
        number = cls(int(match[1]), match[2], int(match[3]))
        return number if number.running and str(number) == wanted else None


@dataclass(frozen=True, slots=True)
class PadCode:
    """The signed content of one pad slip."""

    number: str
    printed_at: datetime
    """Wall-clock minute of the office that printed it."""
    key_id: str
    signature: bytes = b""

    @property
    def signed_at(self) -> datetime:
        """When it was signed."""
        return self.printed_at

    def body(self) -> bytes:
        """The bytes that stand in the QR before the signature."""
        head = _HEAD.pack(_VERSION, bytes.fromhex(self.key_id), minutes_of(self.printed_at))
        return head + self.number.encode("ascii")

    def signed_bytes(self) -> bytes:
        """What the device signs: no signature of a receipt fits here, and none of these there."""
        return _CONTEXT + self.body()

    def encode(self) -> str:
        """The payload as it stands in the QR."""
        if len(self.signature) != _SIGNATURE_SIZE:
            raise ValueError("a pad slip is written only with its signature")
        return to_base28(self.body() + self.signature)


def decode_pad(scanned: str) -> PadCode | None:
    """Read the QR of a pad slip; None where the text is none. The signature is not judged here."""
    if not looks_like_slip(scanned):
        return None
    raw = from_base28(payload_of(scanned))
    if len(raw) <= _HEAD.size + _SIGNATURE_SIZE or raw[0] != _VERSION:
        return None
    body, signature = raw[:-_SIGNATURE_SIZE], raw[-_SIGNATURE_SIZE:]
    _, key_id, printed = _HEAD.unpack_from(body)
    try:
        number = body[_HEAD.size :].decode("ascii")
        printed_at = moment_of(printed)
    except (UnicodeDecodeError, OverflowError):
        return None
    if str(PadNumber.parse(number)) != number:
        return None
    return PadCode(number, printed_at, key_id.hex(), signature)


def mark_of(device: str, incarnation: str, turn: int = 0) -> str:
    """Three signs for one life of one store; the next `turn` where they are taken already."""
    digest = hashlib.sha256(f"{device}/{incarnation}/{turn}".encode()).digest()
    value = int.from_bytes(digest[:8], "big")
    signs = []
    for _ in range(3):
        value, digit = divmod(value, len(ALPHABET))
        signs.append(ALPHABET[digit])
    return "".join(signs)
