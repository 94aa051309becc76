"""What the QR of a slip (phiếu nhiệt) says, and how it is written.

The payload names the dossier and the promise, no person: code, receipt number, received and due
minute, a check of the applicant and the signature of the device that issued it. Anyone with the
key list can verify it offline; nobody else can make one.

It is written in base 28 without vowels, D and W: a scanner that types like a keyboard goes through
the Vietnamese input method, and these letters are the ones no Telex or VNI rule rewrites.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Protocol

from counter_app.domain.code import DossierCode
from counter_app.domain.text import search_key

ALPHABET = "0123456789BCFGHJKLMNPQRSTVXZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_CONTEXT = b"slip/v1"
_VERSION = 1
FIRST_YEAR = 2000
"""No slip can say an earlier moment."""
_EPOCH = datetime(FIRST_YEAR, 1, 1)
_FIRST_DAY = _EPOCH.toordinal()
_WALL_CLOCK = timezone(timedelta(hours=7))
"""A slip tells wall-clock minutes without a zone; every office that prints one keeps this clock."""
SIGNATURE_SIZE = 64
KEY_ID_SIZE = 4
_HEAD = struct.Struct(">B4sHII4s")
_SHORTEST, _LONGEST = 120, 260

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public_key, signature, message): given by the caller, the domain holds no cryptography."""


@dataclass(frozen=True, slots=True)
class SlipCode:
    """The signed content of one slip. Times are wall-clock minutes of the issuing office."""

    code: str
    receipt_no: int
    received_at: datetime
    due_at: datetime
    key_id: str
    applicant_check: str
    signature: bytes = b""

    def body(self) -> bytes:
        """The bytes that stand in the QR before the signature. ValueError where no QR can say it."""
        key_id, check = bytes.fromhex(self.key_id), bytes.fromhex(self.applicant_check)
        head = head_of(key_id, self.receipt_no, self.received_at, self.due_at, check)
        return head + self.code.encode("ascii")

    def signed_bytes(self) -> bytes:
        """What the device signs: the body under its own context, so that no other signature fits."""
        return _CONTEXT + self.body()

    def encode(self) -> str:
        """The payload as it stands in the QR."""
        if len(self.signature) != SIGNATURE_SIZE:
            raise ValueError("a slip is written only with its signature")
        return to_base28(self.body() + self.signature)

    @property
    def signed_at(self) -> datetime:
        """When it was signed, in the clock of the office."""
        return self.received_at


class Signed(Protocol):
    """Something a device signed, under a context of its own."""

    @property
    def key_id(self) -> str:
        """Whose key."""

    @property
    def signature(self) -> bytes:
        """Ed25519, 64 bytes."""

    @property
    def signed_at(self) -> datetime:
        """When, in wall clock without a zone."""

    def signed_bytes(self) -> bytes:
        """What was signed."""


class Verdict(StrEnum):
    """What the signature of a slip says: genuine, not to be checked here, or false."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of the signed list: whose slips it verifies, and until when."""

    key_id: str
    public_key: bytes
    device_id: str
    counter: int
    valid_from: datetime | None = None
    revoked_at: datetime | None = None


def judge(
    slip: Signed,
    keys: Mapping[str, KnownKey] | None,
    verify: Verify,
) -> Verdict:
    """Judge the signature alone.

    `keys` by key id; None where there is no list at all. An unknown key is AMBER, never RED: the
    list may be old. A revoked key is AMBER for what it signed before, RED after.
    """
    known = (keys or {}).get(slip.key_id)
    if known is None:
        return Verdict.AMBER
    try:
        message = slip.signed_bytes()
    except ValueError:
        # nobody signed what cannot be written
        return Verdict.RED
    if not verify(known.public_key, slip.signature, message):
        return Verdict.RED
    if known.revoked_at is None:
        return Verdict.GREEN
    revoked = known.revoked_at.astimezone(_WALL_CLOCK).replace(tzinfo=None)
    return Verdict.AMBER if slip.signed_at <= revoked else Verdict.RED


def applicant_check(code: str, name: str, personal_number: str | None) -> str:
    """Ties a slip to its applicant without naming anyone: 4 bytes, hex."""
    last4 = (personal_number or "")[-4:]
    text = f"{code}|{search_key(name)}|{last4}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def key_id_of(public_key: bytes) -> str:
    """The short name of a key: 4 bytes of its SHA-256, hex."""
    return hashlib.sha256(public_key).hexdigest()[:8]


def payload_of(scanned: str) -> str:
    """The payload inside what a scanner read: what follows the last slash, in capitals."""
    return scanned.strip().rpartition("/")[2].upper()


def looks_like_slip(scanned: str) -> bool:
    """Whether the text has the shape of a slip, before anything is decoded."""
    payload = payload_of(scanned)
    return _SHORTEST <= len(payload) <= _LONGEST and all(c in _VALUE for c in payload)


def decode(scanned: str) -> SlipCode | None:
    """Read a slip; None where the text is not one. The signature is not judged here."""
    if not looks_like_slip(scanned):
        return None
    raw = from_base28(payload_of(scanned))
    if len(raw) <= _HEAD.size + SIGNATURE_SIZE or raw[0] != _VERSION:
        return None
    body, signature = raw[:-SIGNATURE_SIZE], raw[-SIGNATURE_SIZE:]
    _, key_id, receipt_no, received, due, check = _HEAD.unpack_from(body)
    try:
        code = body[_HEAD.size :].decode("ascii")
        received_at, due_at = moment_of(received), moment_of(due)
    except (UnicodeDecodeError, OverflowError):
        return None
    if str(DossierCode.parse(code)) != code:
        return None
    return SlipCode(code, receipt_no, received_at, due_at, key_id.hex(), check.hex(), signature)


def head_of(
    key_id: bytes, receipt_no: int, received_at: datetime, due_at: datetime, check: bytes
) -> bytes:
    """What stands in a QR before the code. ValueError where no QR can say it."""
    minutes = minutes_of(received_at), minutes_of(due_at)
    try:
        return _HEAD.pack(_VERSION, key_id, receipt_no, *minutes, check)
    except struct.error as fault:
        raise ValueError("no slip says this") from fault


def minutes_of(moment: datetime) -> int:
    """Wall-clock minutes since 2000, as they stand in a QR."""
    return (moment.toordinal() - _FIRST_DAY) * 1440 + moment.hour * 60 + moment.minute


def moment_of(minutes: int) -> datetime:
    """The minute again."""
    return _EPOCH + timedelta(minutes=minutes)


def to_base28(raw: bytes) -> str:
    """Bytes in the safe alphabet. The first byte is never zero."""
    number = int.from_bytes(raw, "big")
    digits = []
    while number:
        number, digit = divmod(number, 28)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def from_base28(text: str) -> bytes:
    """The bytes again; only for text of the alphabet."""
    number = 0
    for character in text:
        number = number * 28 + _VALUE[character]
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
