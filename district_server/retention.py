"""Retention above: the years that were set, what is held, erasing what is over, and the disk after it."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select

from counter_app.domain.dossier import CLOSED, Dossier, fold
from counter_app.domain.events import (
    ERASED,
    Actor,
    Event,
    SubjectHeld,
    SubjectReleased,
)
from counter_app.domain.retention import (
    EVERY_OTHER,
    YEARS_WRONG,
    Kept,
    Schedule,
    are_years,
    end_of,
    ended_in_doubt,
    erasure_of,
    hold_refusal,
    pages_of,
    why_kept,
)
from counter_app.wire.codec import decode_payload
from district_server.acts import ZONE
from district_server.book import append_own
from district_server.caller import Caller
from district_server.database import Database, lock_book, put_meta
from district_server.erasing import REFUSED, SCHEDULE, schedule_of
from district_server.faults import Refused
from district_server.ingest import free_emptied
from district_server.keys import ServerKeys
from district_server.objects import Objects
from district_server.pages import key_of
from district_server.projection import EVENT_COLUMNS, by_code, dossier_of, entries_of
from district_server.tables import (
    attachment_piece,
    dossier,
    event,
    quarantine,
    to_wipe,
)

_LONGEST_FIELD = 24
_AT_ONCE = 100
"""Dossiers in one transaction: a counter that sends meanwhile waits for no more."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A dossier that is over, and why it is kept; None where its time is over too."""

    commune: str
    dossier_id: str
    code: str
    ended_on: str
    years: int | None
    kept: Kept | None


def set_years(connection: Connection, years: int, field_code: str) -> None:
    """How long a field of work is kept, or every other; 0 takes it back."""
    if (years and not are_years(years)) or len(field_code) > _LONGEST_FIELD:
        raise Refused("years_wrong", YEARS_WRONG)
    put_meta(connection, SCHEDULE + (field_code or EVERY_OTHER), str(years or ""))


def hold(
    connection: Connection, keys: ServerKeys, code: str, reason: str, who: str, release: bool
) -> str:
    """Keep a dossier beyond its time, or no longer; its code."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused("reason_missing", "Chưa có lý do. Ghi lý do giữ hoặc bỏ giữ.")
    unknown = Refused("dossier_unknown", f"Không có hồ sơ mã {code}. Xem lại mã.")
    found = by_code(connection, code)
    if not found:
        raise unknown
    org, dossier_id = found[0]
    lock_book(connection, org)
    state = dossier_of(connection, org, dossier_id)
    if state is None:
        raise unknown
    if (problem := hold_refusal(state, release=release)) is not None:
        raise Refused(*problem)
    said = SubjectReleased(reason) if release else SubjectHeld(reason)
    actor = Actor("upper", who)
    append_own(connection, keys, org, dossier_id, said, actor, datetime.now(ZONE))
    return state.code


def look(connection: Connection, org: str | None) -> list[Looked]:
    """Every dossier that was received long enough ago and is over, and why it is kept."""
    schedule, now = schedule_of(connection), datetime.now(ZONE)
    found = [
        _looked(connection, schedule, here, dossier_id, now)
        for here, dossier_id in _candidates(connection, schedule, org, now)
    ]
    return [looked for _, looked in filter(None, found)]


def erased(connection: Connection) -> int:
    """How many dossiers were."""
    dossiers = select(event.c.commune, event.c.subject).where(event.c.type == ERASED).distinct()
    return connection.execute(select(func.count()).select_from(dossiers.subquery())).scalar_one()


def erase(database: Database, keys: ServerKeys, org: str | None, who: str) -> list[Looked]:
    """Say of each whose time is over that it is erased, and empty it."""
    now = datetime.now(ZONE)
    with database.begin() as connection:
        schedule = schedule_of(connection)
        found = _candidates(connection, schedule, org, now)
    done: list[Looked] = []
    for first in range(0, len(found), _AT_ONCE):
        part = found[first : first + _AT_ONCE]
        with database.begin() as connection:
            for here in sorted({here for here, _ in part}):
                lock_book(connection, here)
            for here, dossier_id in part:
                looked = _looked(connection, schedule, here, dossier_id, now)
                if looked is None:
                    continue
                state, one = looked
                if one.kept is None and one.years is not None:
                    said, actor = erasure_of(state, one.years), Actor("upper", who)
                    append_own(connection, keys, here, dossier_id, said, actor, now)
                    done.append(one)
                    itself = Caller(keys.server_id, here, 0, b"", None)
                    free_emptied(connection, keys, itself, [dossier_id])
    return done


def sweep(database: Database, objects: Objects) -> int:
    """Whatever was emptied, here or by a counter, leaves the disk too; how many pages went."""
    with database.begin() as connection:
        noted = [tuple(row) for row in connection.execute(select(to_wipe))]
        scanned = {org for org, address, _ in noted if address}
        told = {org: _pages_told(connection, org) for org in scanned}
    if not noted:
        return 0
    gone = [(org, address) for org, address, _ in noted if address and address not in told[org]]
    for org, address in gone:
        objects.remove(key_of(org, address))
    with database.begin() as connection:
        for org, address in gone:
            connection.execute(
                delete(attachment_piece).where(
                    attachment_piece.c.commune == org, attachment_piece.c.sha256 == address
                )
            )
    _rewrite(database)
    with database.begin() as connection:
        for org, address, at in noted:
            mine = (to_wipe.c.commune == org, to_wipe.c.address == address)
            # what was emptied again meanwhile is still there
            connection.execute(delete(to_wipe).where(*mine, to_wipe.c.noted_at == at))
    return len(gone)


def _rewrite(database: Database) -> None:
    """The rows that were there before are still in pages that nobody reads."""
    with closing(database.engine.raw_connection()) as raw:
        driver = raw.driver_connection
        assert driver is not None
        if database.on_postgres:
            driver.autocommit = True
            try:
                driver.execute("VACUUM (FULL) event, dossier, quarantine, attachment_piece")
            finally:
                driver.autocommit = False
        else:
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _pages_told(connection: Connection, org: str) -> frozenset[str]:
    """The pages that the commune's book still tells of: one may have been scanned twice."""
    query = select(*EVENT_COLUMNS).where(
        event.c.commune == org, event.c.type == "attachment.added", event.c.payload != ""
    )
    return pages_of(decode_payload(Event(*row)) for row in connection.execute(query))


def _candidates(
    connection: Connection, schedule: Schedule, org: str | None, now: datetime
) -> list[tuple[str, str]]:
    if (before := schedule.received_before(now)) is None:
        return []
    said = exists().where(
        event.c.commune == dossier.c.commune,
        event.c.subject == dossier.c.id,
        event.c.type == ERASED,
    )
    query = (
        select(dossier.c.commune, dossier.c.id)
        .where(dossier.c.status.in_(CLOSED), dossier.c.received_at < before.isoformat(), ~said)
        .order_by(dossier.c.commune, dossier.c.received_at, dossier.c.id)
    )
    if org is not None:
        query = query.where(dossier.c.commune == org)
    return [(row.commune, row.id) for row in connection.execute(query)]


def _looked(
    connection: Connection, schedule: Schedule, org: str, dossier_id: str, now: datetime
) -> tuple[Dossier, Looked] | None:
    story = entries_of(connection, org, [dossier_id]).get(dossier_id, [])
    state = fold(story)
    if state is None:
        return None
    years, ended = schedule.years(state.facts.procedure.field_code), end_of(state)
    kept = why_kept(state, years, now)
    if kept is None and ended_in_doubt(state, story):
        kept = Kept.CLOCK
    if kept is None and _waits(connection, org, dossier_id):
        kept = Kept.NOT_ABOVE
    ended_on = ended.at[:10] if ended else ""
    return state, Looked(org, dossier_id, state.code, ended_on, years, kept)


def _waits(connection: Connection, org: str, dossier_id: str) -> bool:
    """Whether more than an erasure that was refused is to come of it."""
    query = select(quarantine.c.dseq).where(
        quarantine.c.commune == org,
        quarantine.c.subject == dossier_id,
        ~quarantine.c.code.startswith(REFUSED, autoescape=True),
    )
    return connection.execute(query.limit(1)).first() is not None
