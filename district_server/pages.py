"""Pages of scanned papers coming up piece by piece, and where they end.

What has come of a page stands in the database, so that any process of the server takes the next piece;
when all of it is there and its hash is what the event says, it goes to the store of objects and the
pieces go. Whatever is asked may be asked again.
"""

import contextlib
import hashlib
import re
from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, insert, select

from counter_app.domain.events import AttachmentAdded, Event, ScannedPage
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import LARGEST_PIECE, LARGEST_SCAN, PageState
from district_server.caller import Caller
from district_server.faults import Refused
from district_server.objects import Objects
from district_server.projection import EVENT_COLUMNS
from district_server.tables import attachment_piece, event

LARGEST_PAGE = 16 * 1024 * 1024
"""Bytes. A page as a counter draws it has a tenth of that."""

_UNKNOWN = Refused("not_found", "Không có gì ở đây.", 404)


def state_of(
    connection: Connection, objects: Objects, caller: Caller, event_id: str, number: int
) -> PageState:
    """How much of a page is here. Raises `Refused` where no event of the commune tells of it."""
    page = _page(connection, caller.commune, event_id, number)
    here = _offset(connection, caller.commune, page)
    if not here and objects.has(key_of(caller.commune, page.sha256), page.size):
        return PageState(page.size, True)
    return PageState(here, False)


def piece_of(
    connection: Connection,
    objects: Objects,
    caller: Caller,
    event_id: str,
    number: int,
    offset: int,
    size: int,
) -> bytes:
    """Some of a page that is whole here, for any counter of its commune. Raises `Refused` where it is
    not, or where nothing lies at `offset`.
    """
    page = _page(connection, caller.commune, event_id, number)
    key = key_of(caller.commune, page.sha256)
    if offset >= page.size or not objects.has(key, page.size):
        raise _UNKNOWN
    piece = objects.part(key, offset, max(1, min(size, LARGEST_PIECE, page.size - offset)))
    if not piece:
        raise _UNKNOWN
    return piece


def take(
    connection: Connection,
    objects: Objects,
    caller: Caller,
    event_id: str,
    number: int,
    offset: int,
    piece: bytes,
) -> PageState:
    """One piece. Another place than the next changes nothing: the answer says where to go on."""
    page = _page(connection, caller.commune, event_id, number)
    key = key_of(caller.commune, page.sha256)
    here = _offset(connection, caller.commune, page)
    # with pieces here it is not whole anywhere
    if not here and objects.has(key, page.size):
        return PageState(page.size, True)
    if offset != here or not 0 < len(piece) <= min(LARGEST_PIECE, page.size - here):
        # an empty piece at the end asks to try the end again
        if here != page.size:
            return PageState(here, False)
    else:
        connection.execute(
            insert(attachment_piece).values(
                commune=caller.commune,
                sha256=page.sha256,
                start=here,
                size=len(piece),
                data=piece,
            )
        )
        here += len(piece)
    if here < page.size:
        return PageState(here, False)
    return _end(connection, objects, caller.commune, page, key)


def take_whole(
    connection: Connection,
    objects: Objects,
    caller: Caller,
    event_id: str,
    number: int,
    content: bytes,
) -> PageState:
    """A page from a stick. Pieces that came of it by line before are not needed any more."""
    page = _page(connection, caller.commune, event_id, number)
    key = key_of(caller.commune, page.sha256)
    if objects.has(key, page.size):
        return PageState(page.size, True)
    return _keep(connection, objects, caller.commune, page, key, content)


def _end(
    connection: Connection, objects: Objects, commune: str, page: ScannedPage, key: str
) -> PageState:
    query = (
        select(attachment_piece.c.data)
        .where(attachment_piece.c.commune == commune, attachment_piece.c.sha256 == page.sha256)
        .order_by(attachment_piece.c.start)
    )
    content = b"".join(connection.execute(query).scalars())
    return _keep(connection, objects, commune, page, key, content)


def _keep(
    connection: Connection,
    objects: Objects,
    commune: str,
    page: ScannedPage,
    key: str,
    content: bytes,
) -> PageState:
    right = hashlib.sha256(content).hexdigest() == page.sha256
    if right:
        objects.put(key, content)
    connection.execute(
        delete(attachment_piece).where(
            attachment_piece.c.commune == commune, attachment_piece.c.sha256 == page.sha256
        )
    )
    return PageState(page.size if right else 0, right)


def key_of(commune: str, address: str) -> str:
    """The name of a page in the store of objects; made of the server's own words alone."""
    return f"{commune}/{address[:2]}/{address}"


def is_key(name: str) -> bool:
    """Whether something that lies where pages do is one: nothing else there is ours to change."""
    return _KEY.fullmatch(name) is not None


_KEY = re.compile(r"[^/]+/([0-9a-f]{2})/\1[0-9a-f]{62}")


def here_of(
    connection: Connection,
    objects: Objects,
    caller: Caller,
    asked: Sequence[tuple[str, int]],
) -> tuple[tuple[str, int], ...]:
    """Which of these pages are here, whole."""
    found = []
    for event_id, number in asked:
        with contextlib.suppress(Refused):
            page = _page(connection, caller.commune, event_id, number)
            if objects.has(key_of(caller.commune, page.sha256), page.size):
                found.append((event_id, number))
    return tuple(found)


def whole_of(
    connection: Connection, objects: Objects, caller: Caller, event_id: str, number: int
) -> bytes | None:
    """A page that is whole here and has room on a stick, for any counter of its commune."""
    try:
        page = _page(connection, caller.commune, event_id, number)
    except Refused:
        return None
    key = key_of(caller.commune, page.sha256)
    if page.size > LARGEST_SCAN or not objects.has(key, page.size):
        return None
    return objects.get(key)


def _offset(connection: Connection, commune: str, page: ScannedPage) -> int:
    query = select(func.coalesce(func.sum(attachment_piece.c.size), 0)).where(
        attachment_piece.c.commune == commune, attachment_piece.c.sha256 == page.sha256
    )
    return int(connection.execute(query).scalar_one())


def _page(connection: Connection, commune: str, event_id: str, number: int) -> ScannedPage:
    """What the event says of the page, if it says something that can be true."""
    query = select(*EVENT_COLUMNS).where(
        event.c.commune == commune,
        event.c.event_id == event_id,
        event.c.type == "attachment.added",
    )
    row = connection.execute(query).one_or_none()
    payload = None if row is None else decode_payload(Event(*row))
    if not isinstance(payload, AttachmentAdded) or not 0 <= number < len(payload.pages):
        raise _UNKNOWN
    page = payload.pages[number]
    is_address = len(page.sha256) == 64 and not set(page.sha256) - set("0123456789abcdef")
    if not is_address or not 0 < page.size <= LARGEST_PAGE:
        raise _UNKNOWN
    return page
