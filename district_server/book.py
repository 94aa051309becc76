"""The end of a commune's book: events go in behind it, in one order, with the dossiers they tell of."""

import secrets
import time
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from counter_app.domain import chain
from counter_app.domain.dossier import Entry, fold
from counter_app.domain.events import DOSSIER_TYPES, Actor, Payload
from counter_app.domain.retention import pages_of
from counter_app.wire.codec import decode_payload, encode_payload, type_and_version
from district_server.database import unawaited
from district_server.erasing import emptied, empty, erased_among
from district_server.keys import ServerKeys
from district_server.projection import EVENT_COLUMNS, entries_of, put_rows
from district_server.sets import put
from district_server.tables import commune, event

_END = (
    select(commune.c.seq, commune.c.digest)
    .where(commune.c.org == bindparam("commune"))
    .with_for_update()
)
_MOVE = (
    update(commune)
    .where(commune.c.org == bindparam("commune"))
    .values(seq=bindparam("last"), digest=bindparam("sum"))
)
_NAMES = tuple(column.name for column in EVENT_COLUMNS)


def append(connection: Connection, org: str, coming: Sequence[Entry]) -> int:
    """Put events at the end of a commune's order and bring its dossiers up to date.

    The commune's row is locked first: nobody adds to a story while a state is made of it.
    """
    row = connection.execute(_END, {"commune": org}).one()
    stories = _stories(connection, org, coming)
    pages = frozenset[str]()
    if erased := erased_among(stories):
        pages = pages_of(told for s in stories for known, told in s if known.subject in erased)
        coming = [emptied(one) if one[0].subject in erased else one for one in coming]
        stories = [list(map(emptied, s)) if s[0][0].subject in erased else s for s in stories]
    rows = [(org, row.seq + at, *known) for at, (known, _) in enumerate(coming, 1)]
    last: int = row.seq + len(coming)
    digest = chain.add(row.digest, (known.hash for known, _ in coming))
    with unawaited(connection):
        put(connection, event, ("commune", "cseq", *_NAMES), rows)
        if erased:
            empty(connection, org, erased, pages)
        # the database is at the events while the states are made here
        states = [state for story in stories if (state := fold(story)) is not None]
        put_rows(connection, org, states)
        connection.execute(_MOVE, {"commune": org, "last": last, "sum": digest})
    return last


def _stories(
    connection: Connection, org: str, coming: Sequence[Entry]
) -> Collection[Sequence[Entry]]:
    """Of each dossier that these events tell of all that is told, in the book and now."""
    subjects = {known.subject for known, _ in coming if known.type in DOSSIER_TYPES}
    stories = entries_of(connection, org, subjects) if subjects else {}
    for entry in coming:
        if entry[0].subject in subjects:
            stories.setdefault(entry[0].subject, []).append(entry)
    return stories.values()


def append_own(
    connection: Connection,
    keys: ServerKeys,
    org: str,
    subject: str,
    payload: Payload,
    actor: Actor,
    now: datetime,
) -> None:
    """Write an event of the server's own chain in that commune."""
    row = connection.execute(select(commune).where(commune.c.org == org)).one()
    name, version = type_and_version(payload)
    written = chain.seal(
        row.head,
        keys.server_id,
        row.incarnation,
        row.dseq + 1,
        new_id(),
        name,
        version,
        subject,
        now.isoformat(timespec="seconds"),
        "server",
        actor.id,
        actor.name,
        encode_payload(payload, secrets.token_bytes(8)),
    )
    append(connection, org, [(written, decode_payload(written))])
    connection.execute(
        update(commune).where(commune.c.org == org).values(dseq=written.dseq, head=written.hash)
    )


def new_id() -> str:
    """A UUIDv7."""
    value = int(time.time() * 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
