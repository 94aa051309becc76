"""The hash chain of the log: whoever changes, drops or moves one event breaks every later hash.

The payload enters by its own hash, so that after retention a payload can be emptied and the chain
still holds.
"""

import hashlib
import json.encoder
from collections.abc import Iterable

from counter_app.domain.events import Event

GENESIS = "0" * 64
"""What the first event of an incarnation follows."""

_quoted = json.encoder.encode_basestring
"""A text as JSON, letters as they are: a list put together of these is what its encoder would write."""

NOTHING = "0" * 64
"""The sum of no hashes."""


def add(digest: str, hashes: Iterable[str]) -> str:
    """A sum of hashes, modulo 2^256: the same whatever the order, and cheap to keep running."""
    total = sum((int(value, 16) for value in hashes), int(digest, 16)) % (1 << 256)
    return f"{total:064x}"


def payload_hash(payload: str) -> str:
    """SHA-256 of the payload's bytes, hex."""
    return hashlib.sha256(payload.encode()).hexdigest()


def link(
    prev_hash: str,
    device: str,
    incarnation: str,
    dseq: int,
    event_id: str,
    type: str,
    version: int,
    subject: str,
    occurred_at: str,
    clock: str,
    actor_id: str,
    actor_name: str,
    payload_hash: str,
) -> str:
    """The hash of an event: over the one before it, its own header, its payload's hash."""
    header = ",".join(
        (
            f"[{_quoted(prev_hash)}",
            _quoted(device),
            _quoted(incarnation),
            str(dseq),
            _quoted(event_id),
            _quoted(type),
            str(version),
            _quoted(subject),
            _quoted(occurred_at),
            _quoted(clock),
            _quoted(actor_id),
            _quoted(actor_name),
            f"{_quoted(payload_hash)}]",
        )
    )
    return hashlib.sha256(header.encode()).hexdigest()


def seal(
    prev_hash: str,
    device: str,
    incarnation: str,
    dseq: int,
    event_id: str,
    type: str,
    version: int,
    subject: str,
    occurred_at: str,
    clock: str,
    actor_id: str,
    actor_name: str,
    payload: str,
    digest: str = "",
) -> Event:
    """Make the log entry that follows `prev_hash`. `digest`: the payload's, where it was emptied."""
    digest = digest or payload_hash(payload)
    head = (
        device,
        incarnation,
        dseq,
        event_id,
        type,
        version,
        subject,
        occurred_at,
        clock,
        actor_id,
        actor_name,
    )
    return Event(*head, payload, digest, prev_hash, link(prev_hash, *head, digest))


def holds(event: Event) -> bool:
    """Whether the event's own hash fits its header and payload hash."""
    return event.hash == link(event.prev_hash, *event[:11], event.payload_hash)
