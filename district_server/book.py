"""The end of a commune's book: events go in behind it, in one order, with the dossiers they tell of."""

import secrets
import time
from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from counter_app.domain import chain
from counter_app.domain.dossier import Entry, fold
from counter_app.domain.events import DOSSIER_TYPES, Actor, Event, Payload
from counter_app.wire.codec import decode_payload, encode_payload, type_and_version
from district_server.keys import ServerKeys
from district_server.projection import entries_of, put_rows
from district_server.tables import commune, event


def append(connection: Connection, org: str, coming: Sequence[Entry]) -> int:
    """Put events at the end of a commune's order and bring its dossiers up to date."""
    subjects = {known.subject for known, _ in coming if known.type in DOSSIER_TYPES}
    before = entries_of(connection, org, subjects) if subjects else {}
    for entry in coming:
        if entry[0].subject in subjects:
            before.setdefault(entry[0].subject, []).append(entry)
    states = [state for entries in before.values() if (state := fold(entries)) is not None]
    row = connection.execute(
        update(commune)
        .where(commune.c.org == org)
        .values(seq=commune.c.seq + len(coming))
        .returning(commune.c.seq, commune.c.digest)
    ).one()
    last: int = row.seq
    first = last - len(coming) + 1
    digest = chain.add(row.digest, (known.hash for known, _ in coming))
    connection.execute(update(commune).where(commune.c.org == org).values(digest=digest))
    connection.execute(
        insert(event),
        [
            {"commune": org, "cseq": first + place, **_columns(known)}
            for place, (known, _) in enumerate(coming)
        ],
    )
    put_rows(connection, org, states)
    return last


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


def _columns(known: Event) -> dict[str, object]:
    return msgspec.to_builtins(known)  # type: ignore[no-any-return]
