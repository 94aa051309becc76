"""Requests that are signed, and answers that are checked before a byte of them is used."""

import base64
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from counter_app.domain.slip_code import Verify
from counter_app.errors import Refused
from counter_app.ports import Signer
from counter_app.ports.sync import LineFault, Link, SyncIdentity
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    UNREADABLE,
    Damaged,
    Hello,
    Refusal,
    TooLarge,
    decompress,
    plainly,
)
from counter_app.wire.signing import PROTOCOL, answer_bytes, from_base64, request_bytes

_Message = TypeVar("_Message")

LONGEST_WAIT = 1800
"""Seconds: whatever a server asks, it is tried again after that."""


class SignedLine:
    """One connection to the upper server. Whatever is wrong with it is a `LineFault`; what the server will
    not have from this device is `Refused`.
    """

    def __init__(self, link: Link, signer: Signer, verify: Verify, identity: SyncIdentity) -> None:
        self._link = link
        self._signer = signer
        self._verify = verify
        self.identity = identity
        """As whom it speaks: put anew where the store begins another life or epoch."""
        self.published = ""
        """The version of what is published above, as the last greeting told."""
        self.is_too_old = False
        """Whether the server speaks only what comes after this program: then it takes, and tells nothing."""
        self._challenge = ""
        self._has_dictionary = True
        """Until the server says that it does not know ours."""

    def sign(self, message: bytes) -> str:
        """The device's signature, Base64."""
        return base64.b64encode(self._signer.sign(message)).decode("ascii")

    def is_signed(self, signature: str, message: bytes) -> bool:
        """Whether the server that took this device in signed that; Base64."""
        return self._verify(self.identity.server_key, from_base64(signature), message)

    def hello(self) -> Hello:
        """A challenge: at first, and where a refused request spent one without giving the next."""
        headers = {DEVICE_HEADER: self.identity.device_id}
        target = f"/sync/v1/hello?epoch={self.identity.epoch}"
        status, _, body = self._send("POST", target, headers, b"")
        refuse_unless_good(status, body)
        hello = decoded(body, Hello)
        oldest, newest = hello.protocol
        if newest < PROTOCOL[0]:
            raise LineFault("server_old", LONGEST_WAIT)
        self.is_too_old = oldest > PROTOCOL[1]
        self._challenge = hello.challenge
        self.published = hello.published
        return hello

    def read(self, target: str) -> bytes:
        """What stands there."""
        status, body = self.send("GET", target)
        refuse_unless_good(status, body)
        return body

    def get(self, target: str, kind: type[_Message]) -> _Message:
        """What stands there, decoded."""
        return decoded(self.read(target), kind)

    def send(self, method: str, target: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of a signed request."""
        identity, challenge = self.identity, self._challenge
        packed = body
        if method == "POST" and body and not self._has_dictionary:
            body = plainly(packed)
        message = request_bytes(
            method, target, challenge, body, identity.device_id, identity.incarnation
        )
        headers = {
            DEVICE_HEADER: identity.device_id,
            INCARNATION_HEADER: identity.incarnation,
            CHALLENGE_HEADER: challenge,
            SIGNATURE_HEADER: self.sign(message),
        }
        if body and self._has_dictionary:
            headers[DICTIONARY_HEADER] = DICTIONARY_ID
        status, answered, raw = self._send(method, target, headers, body)
        if status != 200:
            if status in (409, 413, 415):
                self.hello()
            if status == 415 and self._has_dictionary:
                self._has_dictionary = False
                return self.send(method, target, packed)
            return status, raw
        if not self.is_signed(answered.get(SIGNATURE_HEADER, ""), answer_bytes(challenge, raw)):
            raise LineFault("answer")
        self._challenge = answered.get(CHALLENGE_HEADER, "")
        try:
            return status, decompress(raw, answered.get(DICTIONARY_HEADER, ""))
        except (Damaged, TooLarge) as fault:
            raise LineFault("answer") from fault

    def _send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request; a server that is too busy says when it wants to hear more."""
        status, answered, raw = self._link.send(method, target, headers, body)
        if status in (429, 500, 503):
            asked = answered.get("retry-after", "")
            wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
            raise LineFault("busy", min(wait, LONGEST_WAIT))
        return status, answered, raw


def refuse_unless_good(status: int, body: bytes) -> None:
    """The refusal that a body tells, or a fault of the line."""
    if status == 200:
        return
    try:
        refusal = msgspec.json.decode(body, type=Refusal)
    except UNREADABLE:
        raise LineFault(f"status {status}") from None
    if status in (401, 403) and refusal.code != "challenge":
        raise Refused(refusal.code, refusal.message)
    raise LineFault(refusal.code)


def refuse_unless_further(is_further: bool) -> None:
    """What is asked for again and again comes nearer its end each time, or the cycle is over."""
    if not is_further:
        raise LineFault("no_end", LONGEST_WAIT)


def decoded(body: bytes, kind: type[_Message]) -> _Message:
    """A message of the server's."""
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as fault:
        raise LineFault("answer") from fault
