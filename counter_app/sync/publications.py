"""Taking in what the upper server publishes. By line a short list, then the texts that are not here yet.

Each file is signed by itself; nothing is kept whose signature, sum or place does not hold.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from urllib.parse import quote

import msgspec

from counter_app.domain.published import CALENDAR, PROCEDURES, Published
from counter_app.ports.sync import LineFault, SyncStore
from counter_app.wire.messages import UNREADABLE, PublicationList, WirePublication
from counter_app.wire.signing import publication_bytes

IsSigned = Callable[[str, bytes], bool]
"""Whether the server made that signature, Base64, under that message."""


def fetch(
    ask: Callable[[str], bytes],
    store: SyncStore,
    is_signed: IsSigned,
) -> None:
    """Bring the store to the server's list. What was fetched before a cut is not fetched again."""
    have = store.identity().published
    try:
        listed = msgspec.json.decode(ask(f"/sync/v1/published?have={have}"), type=PublicationList)
    except UNREADABLE as fault:
        raise LineFault("answer") from fault
    if listed.items is None:
        return
    known = store.published_here()
    for item in listed.items:
        if (item.kind, item.name, item.version) in known or item.kind not in (CALENDAR, PROCEDURES):
            continue
        _check_signed(item, is_signed)
        raw = ask(
            f"/sync/v1/published/text?kind={quote(item.kind)}&name={quote(item.name)}"
            f"&version={item.version}"
        )
        store.keep_published(_file(item, raw))
    store.keep_published_list(listed.version)


def take_in(store: SyncStore, item: WirePublication, raw: bytes, is_signed: IsSigned) -> None:
    """One file as it came. Raises `LineFault` where it is not what the server signed."""
    _check_signed(item, is_signed)
    if (item.kind, item.name, item.version) in store.published_here():
        return
    if item.kind in (CALENDAR, PROCEDURES):
        store.keep_published(_file(item, raw))


def _check_signed(item: WirePublication, is_signed: IsSigned) -> None:
    message = publication_bytes(item.kind, item.name, item.version, item.effective_on, item.sha256)
    if not is_signed(item.signature, message):
        raise LineFault("answer")


def _file(item: WirePublication, raw: bytes) -> Published:
    if hashlib.sha256(raw).hexdigest() != item.sha256:
        raise LineFault("answer")
    try:
        day = date.fromisoformat(item.effective_on)
        return Published(item.kind, item.name, item.version, day, raw.decode())
    except ValueError:
        raise LineFault("answer") from None
