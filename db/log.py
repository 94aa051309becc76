"""The append-only log."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
)

from counter_app import BUILT_ON
from counter_app.domain import chain
from counter_app.domain.clock import DOUBTED, ClockState, clock_state
from counter_app.domain.dossier import Entry
from counter_app.domain.events import Actor, Event, Payload
from counter_app.errors import EnvironmentFault
from counter_app.ports import IdSource, OfficeClock
from counter_app.wire.codec import decode_payload, encode_payload, type_and_version
from db.sets import insert_all, is_listed, listed
from db.settings import Settings
from db.tables import event_log, event_order

EVENT_COLUMNS = tuple(column for column in event_log.columns if column.name != "num")

_NAMES = tuple(column.name for column in EVENT_COLUMNS)

_INSERT = insert(event_log)
_ORDERED = event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id)
_IN_ORDER = (event_order.c.cseq.is_(None), event_order.c.cseq, event_log.c.num)
_OF = (
    select(*EVENT_COLUMNS)
    .select_from(_ORDERED)
    .where(is_listed(event_log.c.subject))
    .order_by(*_IN_ORDER)
)
_STEPS = (
    select(
        event_log.c.subject,
        event_log.c.device,
        event_log.c.num,
        func.lag(event_log.c.num, 1, 0)
        .over(partition_by=event_log.c.subject, order_by=_IN_ORDER)
        .label("before"),
    )
    .select_from(_ORDERED)
    .where(is_listed(event_log.c.subject))
    .subquery()
)
_OWN_STORIES = (
    select(_STEPS.c.subject, func.min(_STEPS.c.num > _STEPS.c.before))
    .group_by(_STEPS.c.subject)
    .having(func.max(_STEPS.c.device != bindparam("device_id")) == 0)
)
_COUNT = (
    select(event_log.c.subject, func.count())
    .where(is_listed(event_log.c.subject))
    .group_by(event_log.c.subject)
)
_BETWEEN = (
    select(*EVENT_COLUMNS)
    .where(event_log.c.occurred_at >= bindparam("first"))
    .where(event_log.c.occurred_at < bindparam("after"))
    .order_by(event_log.c.num)
)
_OWN = (
    event_log.c.device == bindparam("device_id"),
    event_log.c.incarnation == bindparam("incarnation"),
)
_LAST = select(event_log.c.occurred_at, event_log.c.hash).where(
    *_OWN, event_log.c.dseq == bindparam("dseq")
)
UNDOUBTED = ~or_(*(event_log.c.clock.startswith(f"{state} ") for state in DOUBTED))
"""Events whose time contradicted nothing when they were written."""
_IS_WITNESS = or_(
    and_(
        event_log.c.type == "dossier.accepted",
        # a time of before this program speaks for nothing
        event_log.c.occurred_at >= BUILT_ON.isoformat(),
    ),
    UNDOUBTED,
)
_BELIEVED = (
    select(event_log.c.occurred_at, event_log.c.dseq, event_log.c.hash)
    .where(*_OWN, _IS_WITNESS)
    .order_by(event_log.c.dseq.desc())
    .limit(1)
)
_BELIEVED_BEFORE = (
    select(event_log.c.occurred_at, event_log.c.dseq, event_log.c.hash)
    # backwards from the end, whatever the planner thinks: a device has written nearly everything here
    .where(literal_column("+event_log.device") == bindparam("device_id"), _IS_WITNESS)
    .order_by(event_log.c.num.desc())
    .limit(1)
)
_END = (
    select(*(literal("") if column.name == "payload" else column for column in EVENT_COLUMNS))
    .where(*_OWN, event_log.c.dseq >= bindparam("first"))
    .order_by(event_log.c.dseq)
)

BROKEN = (
    "Cuối sổ không còn như lúc ghi: có việc bị mất hoặc bị sửa. Không ghi thêm vào sổ này. Đừng xóa tệp nào. "
    "Hãy khôi phục từ bản sao lưu, hoặc báo cấp trên."
)


class Log:
    """Appends own events with their chain, reads those of a subject in the order that counts."""

    def __init__(
        self, connection: Connection, settings: Settings, clock: OfficeClock, ids: IdSource
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._ids = ids
        self._last_at: datetime | None = None
        self._believed_at: datetime | None = None
        self.last_num = 0
        """The place in the log of the event written last in this transaction."""

    def append(
        self,
        payload: Payload,
        *,
        actor: Actor,
        at: datetime,
        subject: str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Write one event behind the head of the own chain, in this transaction."""
        own, head, dseq = self._settings.identity(), *self._head()
        state = ClockState.TYPED if self._clock.typed else clock_state(at, self.believed_at())
        self.last_at()
        event_id = event_id or self._ids.new_id(at)
        name, version = type_and_version(payload)
        event = chain.seal(
            head,
            own.device_id,
            own.incarnation,
            dseq + 1,
            event_id,
            name,
            version,
            subject or event_id,
            at.isoformat(timespec="seconds"),
            f"{state} {self._clock.boot_id()} {self._clock.uptime():.3f}",
            actor.id,
            actor.name,
            encode_payload(payload, self._ids.random(8)),
        )
        self.last_num = self._connection.execute(_INSERT, event._asdict()).lastrowid
        self._settings.put_all({"dseq": str(event.dseq), "head": event.hash})
        self._last_at = datetime.fromisoformat(event.occurred_at)
        self._believed_at = None
        return event

    def keep(self, events: Iterable[Event]) -> None:
        """Write events as they are: of other devices, or sealed behind the own head already."""
        insert_all(self._connection, event_log, _NAMES, list(events))

    def of(self, subject: str) -> Sequence[Entry]:
        """Ordered events first, as the upper server counts them; own pending ones on top."""
        return self.of_all([subject]).get(subject, [])

    def of_all(self, subjects: Iterable[str]) -> dict[str, list[Entry]]:
        """By subject, each as `of` gives it."""
        found: dict[str, list[Entry]] = {}
        for row in self._connection.execute(_OF, listed(subjects)):
            event = Event(*row)
            found.setdefault(event.subject, []).append((event, decode_payload(event)))
        return found

    def counts(self, subjects: Iterable[str]) -> dict[str, int]:
        """How many events tell of each subject."""
        return {row[0]: row[1] for row in self._connection.execute(_COUNT, listed(subjects))}

    def own_stories(self, subjects: Iterable[str]) -> dict[str, bool]:
        """Of these subjects those that only this device told of: whether their events stand as they
        were written, so that the common order says nothing new about them.
        """
        device = {"device_id": self._settings.identity().device_id}
        rows = self._connection.execute(_OWN_STORIES, listed(subjects) | device)
        return {subject: bool(in_order) for subject, in_order in rows}

    def between(self, first: date, last: date) -> Sequence[Entry]:
        """Every event of these days by the date it was written with, in the order it came here."""
        after = min(last, date.max - timedelta(days=1)) + timedelta(days=1)
        days = {"first": first.isoformat(), "after": after.isoformat()}
        events = (Event(*row) for row in self._connection.execute(_BETWEEN, days))
        return [(event, decode_payload(event)) for event in events]

    def last_at(self) -> datetime | None:
        """When the newest own event was written. Raises `EnvironmentFault` where the log does not end
        there: nothing is ever written behind another end.
        """
        if self._last_at is None:
            head, dseq = self._head()
            last = self._connection.execute(_LAST, self._own() | {"dseq": dseq}).one_or_none()
            if head != (chain.GENESIS if last is None else last.hash):
                raise EnvironmentFault("head_wrong", BROKEN)
            self._last_at = None if last is None else datetime.fromisoformat(last.occurred_at)
        return self._last_at

    def believed_at(self) -> datetime | None:
        """When the newest own event was written that speaks for its clock; the clock is doubted against it.
        What was done under a doubted clock does not, but for a receipt: before it somebody was asked.
        """
        if self._believed_at is None:
            last = self._connection.execute(_BELIEVED, self._own()).first()
            if last is None:
                # a life that has just begun
                last = self._connection.execute(_BELIEVED_BEFORE, self._own()).first()
            self._believed_at = None if last is None else datetime.fromisoformat(last.occurred_at)
            if last is not None and (last.hash, last.dseq) == self._head():
                # nearly always the end: it is not asked for once more
                self._last_at = self._believed_at
        return self._believed_at

    def look_at_end(self, links: int) -> None:
        """The last so many own events follow each other, up to the head; `EnvironmentFault` where not."""
        head, dseq = self._head()
        first = max(1, dseq - links)
        rows = self._connection.execute(_END, self._own() | {"first": first})
        end, reached = chain.GENESIS, first - 1
        for event in (Event(*row) for row in rows):
            follows = event.prev_hash == end or event.dseq == first > 1
            if not follows or event.dseq != reached + 1 or not chain.holds(event):
                raise EnvironmentFault("chain_broken", BROKEN)
            end, reached = event.hash, event.dseq
        if (end, reached) != (head, dseq):
            raise EnvironmentFault("head_wrong", BROKEN)

    def _own(self) -> dict[str, object]:
        own = self._settings.identity()
        return {"device_id": own.device_id, "incarnation": own.incarnation}

    def _head(self) -> tuple[str, int]:
        return self._settings.get("head") or chain.GENESIS, int(self._settings.get("dseq") or 0)
