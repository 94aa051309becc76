"""Payloads to canonical JSON and back.

Canonical means: UTF-8, keys sorted, no blanks. The 8 random bytes in every payload keep its hash
from being guessed back into a name once retention has emptied it. Unknown fields are passed over on
reading and never lost: the log keeps the text, not what this program understood of it.
"""

from collections.abc import Hashable
from dataclasses import is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec

from counter_app.domain.events import OLDER, TYPE_OF, TYPES, Event, Payload

_encode = msgspec.json.Encoder(order="sorted").encode


def encode_payload(payload: Payload, salt: bytes) -> str:
    """The canonical text of a payload with its 8 random bytes."""
    fields: dict[str, Any] = msgspec.to_builtins(payload)
    fields["salt"] = salt.hex()
    return _encode(fields).decode()


def decode_payload(event: Event) -> Payload | None:
    """The payload of an event; None where it was emptied, or its type or version is newer than this program."""
    known = TYPES.get(event.type)
    if known is None or event.version > known[0] or not event.payload:
        return None
    payload = _decoder(event.type).decode(_raised(event, known[0]))
    kind: Any = type(payload)
    for path in _moments(kind):
        if _is_naive(payload, path):
            raise msgspec.ValidationError("a moment without its offset")
    return payload


def _raised(event: Event, newest: int) -> str:
    """The text as the newest version would have it; the log keeps what was written."""
    if event.version == newest:
        return event.payload
    fields: dict[str, Any] = msgspec.json.decode(event.payload)
    for version in range(event.version, newest):
        if (step := OLDER.get((event.type, version))) is None:
            raise msgspec.ValidationError("a version that never was")
        fields = step(fields)
    return _encode(fields).decode()


def type_and_version(payload: Payload) -> tuple[str, int]:
    """What goes into the header for a payload of this class."""
    name = TYPE_OF[type(payload)]
    return name, TYPES[name][0]


def canonical(value: object) -> bytes:
    """Any plain value as canonical JSON."""
    return _encode(value)


@cache
def _moments(kind: Hashable) -> tuple[tuple[str, ...], ...]:
    """Where a payload of this class holds moments, one inside another."""
    found: list[tuple[str, ...]] = []
    for name, hint in get_type_hints(kind).items():
        for part in (hint, *get_args(hint)):
            if part is datetime:
                found.append((name,))
            elif is_dataclass(part) and isinstance(part, type):
                found.extend((name, *path) for path in _moments(part))
    return tuple(found)


def _is_naive(value: Any, path: tuple[str, ...]) -> bool:
    for name in path:
        if value is None:
            return False
        value = getattr(value, name)
    return value is not None and value.tzinfo is None


@cache
def _decoder(event_type: str) -> msgspec.json.Decoder[Payload]:
    return msgspec.json.Decoder(TYPES[event_type][1])
