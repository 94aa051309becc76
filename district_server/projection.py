"""Dossiers as the events of a commune tell them."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from counter_app.domain.dossier import Dossier, Entry, fold
from counter_app.domain.events import Event
from counter_app.domain.text import search_key
from counter_app.wire.codec import decode_payload
from district_server.sets import Having, put
from district_server.tables import dossier, event

_key_of_procedure = lru_cache(1000)(search_key)
"""There are few of them, with long names, and each stands on many dossiers."""

EVENT_COLUMNS = tuple(column for column in event.columns if column.name not in ("commune", "cseq"))

_STORIES = Having(
    select(event.c.cseq, *EVENT_COLUMNS).where(event.c.commune == bindparam("org")),
    event.c.subject,
)


def entries_of(
    connection: Connection, commune: str, subjects: Collection[str]
) -> dict[str, list[Entry]]:
    """The events of these subjects, in order, in one query."""
    found: dict[str, list[Entry]] = {}
    for row in sorted(_STORIES.rows(connection, subjects, org=commune)):
        known = Event(*tuple(row)[1:])
        found.setdefault(known.subject, []).append((known, decode_payload(known)))
    return found


def dossier_of(connection: Connection, commune: str, dossier_id: str) -> Dossier | None:
    """The state of one dossier."""
    return fold(entries_of(connection, commune, [dossier_id]).get(dossier_id, []))


def put_rows(connection: Connection, commune: str, states: Sequence[Dossier]) -> None:
    """Bring the rows of these dossiers up to date, as one set."""
    rows = [tuple(row_of(commune, state).values()) for state in states]
    put(connection, dossier, tuple(dossier.c.keys()), rows, replacing=True)


def row_of(commune: str, state: Dossier) -> dict[str, Any]:
    """A dossier's row, its columns in the table's order."""
    applicant = state.facts.applicant
    words = (
        state.code,
        *state.aliases,
        applicant.name,
        applicant.personal_number,
        applicant.tax_code,
        applicant.phone,
    )
    searched = search_key(" ".join(word for word in words if word))
    return {
        "commune": commune,
        "id": state.id,
        "code": state.code,
        "status": state.status.value,
        "holder_side": state.holder.side,
        "received_at": state.received_at.isoformat(timespec="minutes"),
        "judged_due_at": state.judged_due_at.isoformat(timespec="minutes"),
        "voided": state.voided,
        "words": f" {searched} {_key_of_procedure(state.facts.procedure.name)}".rstrip(),
    }


def find(connection: Connection, text: str, limit: int) -> list[tuple[str, str]]:
    """(commune, id) of dossiers that match every word, newest first."""
    words = search_key(text).split()
    if not words:
        return []
    query = (
        select(dossier.c.commune, dossier.c.id)
        .where(*(dossier.c.words.contains(f" {word}", autoescape=True) for word in words))
        .order_by(dossier.c.received_at.desc(), dossier.c.id.desc())
        .limit(limit)
    )
    return [(row.commune, row.id) for row in connection.execute(query)]


def by_code(connection: Connection, code: str) -> list[tuple[str, str]]:
    """(commune, id) of whoever carries or carried the code."""
    key = search_key(code)
    query = select(dossier.c.commune, dossier.c.id, dossier.c.code).where(
        or_(dossier.c.code == code, dossier.c.words.contains(f" {key}", autoescape=True))
    )
    rows = sorted(connection.execute(query), key=lambda row: row.code != code)
    return [(row.commune, row.id) for row in rows]
