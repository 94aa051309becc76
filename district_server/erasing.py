"""Dossiers whose time of keeping is over: what may be erased, and emptying it.

The event that says so is the only thing that lets a payload go. What comes empty is taken together
with it or after it; before that it waits aside.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import Connection, bindparam, select, update

from counter_app.domain.dossier import Entry, fold
from counter_app.domain.events import (
    DOSSIER_TYPES,
    ERASED,
    Event,
    Payload,
    SubjectErased,
)
from counter_app.domain.retention import WHY_KEPT, Kept, Schedule, why_kept
from district_server.database import lock_book
from district_server.projection import entries_of
from district_server.sets import Having, put
from district_server.tables import event, meta, quarantine, to_wipe

Reason = tuple[str, str]
"""Code and sentence."""

NO_ERASURE: Reason = (
    "emptied",
    "Nội dung đã xóa theo hạn lưu; chờ lệnh xóa của hồ sơ này đến.",
)

REFUSED = "erasure_"
"""How the code begins under which an erasure is set aside. Nothing else of its dossier waits for that."""

SCHEDULE = "retention:"
"""How the names begin under which the years are kept, by field of work."""

EMPTIABLE = DOSSIER_TYPES - {ERASED}
"""Types of which a payload may be empty."""

_SAID = Having(
    select(event.c.subject).where(event.c.commune == bindparam("org"), event.c.type == ERASED),
    event.c.subject,
)


def schedule_of(connection: Connection) -> Schedule:
    """As it was set, for all communes."""
    rows = connection.execute(select(meta).where(meta.c.name.startswith(SCHEDULE)))
    return Schedule.of({row.name.removeprefix(SCHEDULE): row.value for row in rows})


class Erasures:
    """What of some events that come may be taken as far as erasing goes; asked in their order."""

    def __init__(self, connection: Connection, org: str, coming: Sequence[Entry]) -> None:
        self._connection = connection
        self._org = org
        asked = {
            e.subject for e, told in coming if not e.payload or isinstance(told, SubjectErased)
        }
        rows = _SAID.rows(connection, asked, org=org)
        self._said = {row.subject for row in rows}
        self._told: dict[str, list[Entry]] = {subject: [] for subject in asked}
        """What is to be taken before an erasure in the same batch."""
        self._came_empty: set[str] = set()

    def waits_for_nobody(self, coming: Event) -> bool:
        """Whether it goes in whatever else of its dossier is aside."""
        return coming.type == ERASED or (not coming.payload and coming.subject in self._said)

    def refusal(self, coming: Event, told: Payload | None) -> Reason | None:
        """Why this one cannot be taken yet, or at all."""
        if not coming.payload:
            self._came_empty.add(coming.subject)
            return None if coming.subject in self._said else NO_ERASURE
        if not isinstance(told, SubjectErased) or coming.subject in self._said:
            return None
        # from here to the end nobody adds to the story
        lock_book(self._connection, self._org)
        before = entries_of(self._connection, self._org, [coming.subject]).get(coming.subject, [])
        dossier = fold([*before, *self._told[coming.subject]])
        if dossier is None:
            # nothing is known of it, so nothing can be lost here
            return None
        # by the clock here, for that of a counter may be years ahead, and by the longer of two schedules
        years = self._schedule.years(dossier.facts.procedure.field_code) or told.years
        kept = why_kept(dossier, max(told.years, years), datetime.now(UTC))
        if kept in (Kept.OPEN, Kept.HELD) and self._is_empty_elsewhere(coming.subject, before):
            # it was carried out before this server was put back; what had ended it is on its way
            return None
        return None if kept is None else (REFUSED + kept.value, _sentence(kept))

    @cached_property
    def _schedule(self) -> Schedule:
        return schedule_of(self._connection)

    def _is_empty_elsewhere(self, subject: str, before: Sequence[Entry]) -> bool:
        if subject in self._came_empty or not all(known.payload for known, _ in before):
            return True
        return came_empty(self._connection, self._org, subject)

    def take(self, coming: Event, told: Payload | None) -> None:
        """It goes in."""
        if coming.subject in self._told:
            self._told[coming.subject].append((coming, told))
            if isinstance(told, SubjectErased):
                self._said.add(coming.subject)


def came_empty(connection: Connection, org: str, subject: str) -> bool:
    """Whether something of it waits because it came empty."""
    aside = select(quarantine.c.dseq).where(
        quarantine.c.commune == org,
        quarantine.c.subject == subject,
        quarantine.c.code == NO_ERASURE[0],
    )
    return connection.execute(aside.limit(1)).first() is not None


def _sentence(kept: Kept) -> str:
    return f"Máy chủ không xóa hồ sơ này. {WHY_KEPT[kept]}"


def emptied(entry: Entry) -> Entry:
    """As it stands once its dossier is erased."""
    known, told = entry
    return (known, told) if known.type == ERASED else (known._replace(payload=""), None)


def erased_among(stories: Collection[Sequence[Entry]]) -> frozenset[str]:
    """Of these stories the subjects that an event says are erased."""
    return frozenset(
        known.subject for story in stories for known, _ in story if known.type == ERASED
    )


def empty(
    connection: Connection, org: str, subjects: Collection[str], pages: Collection[str]
) -> None:
    """Let the payloads go, and note what of it still lies on the disk. May be repeated."""
    now = datetime.now(UTC).isoformat()
    rows = [(org, address, now) for address in ("", *pages)]
    put(connection, to_wipe, ("commune", "address", "noted_at"), rows, replacing=True)
    if connection.dialect.name == "sqlite":
        # what is deleted from a page is overwritten in it
        connection.exec_driver_sql("PRAGMA secure_delete = ON").scalar()
    statement = (
        update(event)
        .where(
            event.c.commune == org,
            event.c.subject.in_(subjects),
            event.c.type != ERASED,
            event.c.payload != "",
        )
        .values(payload="")
    )
    connection.execute(statement)
