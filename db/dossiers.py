"""The dossiers as lists and searches see them: rows that any fold of the log gives again."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    column,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    update,
)

from counter_app.domain.applicants import applicant_key
from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import Dossier, Entry, Status, apply, fold
from counter_app.domain.events import DossierAccepted, Event
from counter_app.domain.pad_code import PadNumber
from counter_app.domain.personal_number import mask
from counter_app.domain.text import search_key
from counter_app.ports import DossierRow, Figures, Trouble
from db.log import Log
from db.sets import insert_all, is_listed, listed
from db.settings import Settings
from db.tables import (
    REFUSED,
    SEEN,
    dossier,
    dossier_alias,
    event_log,
    event_order,
    event_verdict,
    issued_code,
    print_job,
    sync_state,
)

_OPEN = (Status.ACCEPTED, Status.IN_PROCESS, Status.AWAITING_SUPPLEMENT, Status.AWAITING_PAYMENT)
_RUNNING = (Status.ACCEPTED, Status.IN_PROCESS)

_SENT_NUM = (
    select(func.coalesce(func.max(text("CAST(value AS INTEGER)")), 0))
    .select_from(sync_state)
    .where(sync_state.c.name == "sent_num")
    .scalar_subquery()
)
PROBLEM = exists().where(event_verdict.c.subject == dossier.c.id, event_verdict.c.verdict != SEEN)
_ONLY_TOLD = and_(
    dossier.c.own.is_(False),
    exists().where(event_log.c.event_id == dossier.c.id),
    ~exists().where(event_order.c.event_id == dossier.c.id),
)
"""A neighbour told of it; the server has not yet."""
_SENT = case(
    (PROBLEM, "problem"),
    (dossier.c.last_own_num > _SENT_NUM, "local"),
    (_ONLY_TOLD, "local"),
    else_="sent",
).label("sent")
_ROW: Select[Any] = select(
    dossier.c.id,
    dossier.c.code,
    dossier.c.applicant_name,
    dossier.c.personal_number,
    dossier.c.procedure_code,
    dossier.c.procedure_name,
    dossier.c.status,
    dossier.c.received_at,
    dossier.c.due_at,
    dossier.c.judged_due_at,
    dossier.c.completed_at,
    dossier.c.returned_at,
    dossier.c.holder,
    dossier.c.holder_side,
    dossier.c.shelf,
    dossier.c.voided,
    dossier.c.slip,
    dossier.c.printed,
    _SENT,
)
"""In the order of `DossierRow`: `_row` runs for each line at each letter typed."""
_BY_ID = _ROW.where(dossier.c.id == bindparam("id"))
_MATCHING: Select[tuple[int]] = (
    select(literal_column("rowid"))
    .select_from(text("dossier_search"))
    .where(text("dossier_search MATCH :words"))
    .order_by(literal_column("rowid").desc())
    .limit(bindparam("limit"))
)
_FIND = _ROW.where(dossier.c.num.in_(_MATCHING)).order_by(dossier.c.num.desc())
_SEARCH = table("dossier_search", column("rowid"))
_FIND_AMONG = (
    _ROW.join_from(_SEARCH, dossier, dossier.c.num == _SEARCH.c.rowid)
    .where(text("dossier_search MATCH :words"))
    .order_by(_SEARCH.c.rowid.desc())
    .limit(bindparam("limit"))
)
"""Walks what matches from the newest on and stops when it has enough."""
_KNOWN = select(dossier.c.id, dossier.c.num).where(is_listed(dossier.c.id))
_LAST = select(func.coalesce(func.max(dossier.c.num), 0))
_INDEX = "REPLACE INTO dossier_search(rowid, words) VALUES (?, ?)"
_FORGET_ALIASES = delete(dossier_alias).where(is_listed(dossier_alias.c.dossier_id))
_LAST_OWN = (
    select(event_log.c.subject, func.max(event_log.c.num))
    .where(is_listed(event_log.c.subject))
    # by subject, whatever the planner thinks: a device has written nearly everything here
    .where(literal_column("+event_log.device") == bindparam("device"))
    .where(event_log.c.type != "slip.printed")
    .group_by(event_log.c.subject)
)
_key_of_procedure = lru_cache(1000)(search_key)
"""There are few of them, with long names, and each stands on many dossiers."""
_NOTHING_READ: Mapping[str, Sequence[Entry]] = {}
_ALIKE = select(dossier.c.code).where(
    dossier.c.applicant_key == bindparam("applicant"),
    dossier.c.procedure_code == bindparam("procedure"),
    dossier.c.status.in_((*_OPEN, Status.COMPLETED)),
)
_ON = len("2026-11-24")
"""Letters of a moment that tell its day."""
_DAY = re.compile(r"^(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>\d{2}|\d{4}))?$")
_ISO_DAY = re.compile(r"^(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})$")


class Dossiers:
    """Reads dossiers and keeps their rows in step with the log."""

    def __init__(self, connection: Connection, log: Log, settings: Settings) -> None:
        self._connection = connection
        self._log = log
        self._settings = settings

    def get(self, dossier_id: str) -> Dossier | None:
        """The state of a dossier, folded from its events."""
        return fold(self._log.of(dossier_id))

    def enter(self, event: Event, payload: DossierAccepted) -> Dossier:
        """A dossier that this store has just accepted; its code is used for ever."""
        state = apply(None, event, payload)
        if not isinstance(state, Dossier):
            raise LookupError(event.event_id)
        self.issue(state.code, state.id)
        self.put_all([(state, self._log.last_num)])
        return state

    def issue(self, code: str, dossier_id: str) -> None:
        """A code was given out: the database itself refuses it a second time."""
        self.issue_all([(code, dossier_id)])

    def issue_all(self, codes: Sequence[tuple[str, str]]) -> None:
        """Codes with their dossiers."""
        insert_all(self._connection, issued_code, ("code", "dossier_id"), codes)

    def is_set_aside(self, dossier_id: str) -> bool:
        """Whether the upper server could not take the dossier's acceptance."""
        query = select(event_verdict.c.code).where(
            event_verdict.c.event_id == dossier_id, event_verdict.c.verdict == "quarantined"
        )
        return self._connection.execute(query).first() is not None

    def trouble(self, dossier_id: str) -> Trouble | None:
        """What the upper server could not take of it, the acceptance before everything else."""
        is_acceptance = and_(
            event_verdict.c.event_id == dossier_id, event_verdict.c.verdict == "quarantined"
        )
        query = (
            select(event_verdict.c.message, is_acceptance, event_verdict.c.verdict)
            .where(event_verdict.c.subject == dossier_id, event_verdict.c.verdict != SEEN)
            .order_by(is_acceptance.desc(), event_verdict.c.event_id)
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Trouble(row[0], bool(row[1]), row[2] == REFUSED)

    def saw(self, dossier_id: str) -> None:
        """Somebody knows that acts of this counter count for nothing; there is nothing to repair."""
        self._connection.execute(
            update(event_verdict)
            .where(event_verdict.c.subject == dossier_id, event_verdict.c.verdict == REFUSED)
            .values(verdict=SEEN)
        )

    def refresh(self, dossier_id: str) -> Dossier:
        """Fold the dossier again and bring its row and its words up to date."""
        return self.refresh_all([dossier_id])[dossier_id]

    def refresh_all(
        self, dossier_ids: Collection[str], whole: Mapping[str, Sequence[Entry]] = _NOTHING_READ
    ) -> dict[str, Dossier]:
        """Fold these dossiers again and bring their rows up to date, without those that none accepted.
        `whole`: those whose events need not be read, for all of them are at hand and none is our own.
        """
        read = self._log.of_all(key for key in dossier_ids if key not in whole)
        last, stories = self.last_own_nums(read), {**read, **whole}
        states = {}
        for dossier_id in dossier_ids:
            if (state := fold(stories.get(dossier_id, ()))) is not None:
                states[dossier_id] = state
        self.put_all([(state, last.get(key, 0)) for key, state in states.items()])
        return states

    def last_own_nums(self, dossier_ids: Iterable[str]) -> Mapping[str, int]:
        """The place of this device's newest event of each dossier in the log, where there is one."""
        device = {"device": self._settings.identity().device_id}
        rows = self._connection.execute(_LAST_OWN, listed(dossier_ids) | device)
        return {row[0]: row[1] for row in rows}

    def put_all(self, states: Collection[tuple[Dossier, int]]) -> None:
        """The rows, words and codes that these dossiers are found by, each with the place of this
        device's newest event of it; new ones in this order.
        """
        if not states:
            return
        query = self._connection.execute(_KNOWN, listed(state.id for state, _ in states))
        nums = {row.id: row.num for row in query}
        new = [state.id for state, _ in states if state.id not in nums]
        if new:
            last: int = self._connection.execute(_LAST).scalar_one()
            nums |= {dossier_id: num for num, dossier_id in enumerate(new, last + 1)}
        rows = [self.values_of(state, own) for state, own in states]
        values = [(nums[str(row["id"])], *row.values()) for row in rows]
        insert_all(self._connection, dossier, ("num", *rows[0]), values, key="num")
        words = [(nums[state.id], words_of(state)) for state, _ in states]
        self._connection.exec_driver_sql(_INDEX, words)
        renamed = [state for state, _ in states if state.aliases]
        if renamed:
            self._connection.execute(_FORGET_ALIASES, listed(state.id for state in renamed))
            aliases = [(alias, state.id) for state in renamed for alias in state.aliases]
            insert_all(self._connection, dossier_alias, ("code", "dossier_id"), aliases)

    def values_of(self, state: Dossier, last_own_num: int) -> dict[str, object]:
        """The row of a dossier, all but its `num`; as numbers, for of a truth the driver asks anew each time
        how it is to be written.
        """
        applicant = state.facts.applicant
        received_at = state.received_at.isoformat(timespec="minutes")
        judged_due_at = state.judged_due_at.isoformat(timespec="minutes")
        return {
            "id": state.id,
            "code": state.code,
            "own": int(state.device == self._settings.identity().device_id),
            "applicant_name": applicant.name,
            "applicant_key": applicant_key(applicant),
            "personal_number": applicant.personal_number or applicant.tax_code or "",
            "procedure_code": state.facts.procedure.code,
            "procedure_name": state.facts.procedure.name,
            "status": state.status.value,
            "received_at": received_at,
            "received_on": received_at[:_ON],
            "due_at": state.due_at.isoformat(timespec="minutes"),
            "judged_due_at": judged_due_at,
            "judged_due_on": judged_due_at[:_ON],
            "completed_at": _text(state.completed_at),
            "returned_at": _text(state.returned_at),
            "holder_side": state.holder.side,
            "holder": state.holder.name,
            "shelf": state.completion.shelf if state.completion else "",
            "voided": int(state.voided),
            "slip": int(state.slip),
            "printed": int(state.prints_of(state.receipt.no) > 0),
            "visit_id": state.visit_id or "",
            "last_own_num": last_own_num,
        }

    def ids_of(self, code: str) -> Sequence[str]:
        """Dossiers that carry or carried this code, the holder of the code first."""
        parsed = DossierCode.parse(code) or PadNumber.parse(code)
        wanted = str(parsed) if parsed else code.strip()
        carrying = select(dossier.c.id).where(dossier.c.code == wanted).order_by(dossier.c.num)
        carried = select(dossier_alias.c.dossier_id).where(dossier_alias.c.code == wanted)
        found = [*self._connection.scalars(carrying), *self._connection.scalars(carried)]
        return list(dict.fromkeys(found))

    def of_visit(self, visit_id: str) -> Sequence[str]:
        """Dossiers this counter took in on one visit, the first first."""
        query = select(dossier.c.id).where(dossier.c.visit_id == visit_id, dossier.c.own)
        return list(self._connection.scalars(query.order_by(dossier.c.num)))

    def received(self, first: date, last: date) -> Sequence[str]:
        """Dossiers received on these days, voided ones too, in the order of reception."""
        days = dossier.c.received_on.between(first.isoformat(), last.isoformat())
        query = select(dossier.c.id).where(days)
        return list(self._connection.scalars(query.order_by(dossier.c.received_at, dossier.c.num)))

    def row(self, dossier_id: str) -> DossierRow | None:
        """The line of one dossier."""
        found = self._connection.execute(_BY_ID, {"id": dossier_id}).one_or_none()
        return None if found is None else _row(found)

    def find(
        self, text: str, limit: int, today: date, among: Collection[Status] = ()
    ) -> Sequence[DossierRow]:
        """Newest first. A day (`20/11`, `2026-11-20`) narrows to what was received on it, `among`
        to what stands at one of these statuses and was not voided.
        """
        words, days = [], []
        for part in text.split():
            day = _day(part, today)
            if day is None:
                words.extend(search_key(part).split())
            else:
                days.append(day.isoformat())
        narrow = [dossier.c.received_on.in_(days)] if days else []
        if among:
            narrow += [dossier.c.status.in_(among), dossier.c.voided.is_(False)]
        if not words:
            return self._rows(_ROW.where(*narrow), limit) if days else []
        match = " AND ".join([*(f'"{word}"' for word in words[:-1]), f'"{words[-1]}" *'])
        if among and not days:
            query = _FIND_AMONG.where(_standing(among), dossier.c.voided.is_(False))
            found = self._connection.execute(query, {"words": match, "limit": limit})
            return [_row(row) for row in found]
        if days:
            wide = _FIND.where(*narrow)
            rows = self._connection.execute(wide, {"words": match, "limit": 10_000})
            return [_row(row) for row in rows][:limit]
        found = self._connection.execute(_FIND, {"words": match, "limit": limit})
        return [_row(row) for row in found.all()]

    def work(self, kind: str, limit: int, today: date, soon: date) -> Sequence[DossierRow]:
        """The dossiers behind one figure of the home screen or one tray."""
        condition = _conditions(today, soon)[kind]
        if kind in _MOST_URGENT_FIRST:
            query = _ROW.where(condition).order_by(dossier.c.judged_due_at, dossier.c.num)
            return [_row(row) for row in self._connection.execute(query.limit(limit))]
        return self._rows(_ROW.where(condition), limit)

    def figures(self, today: date) -> Figures:
        """The six figures of the home screen."""
        return Figures(
            *(
                self.count(kind, today, today)
                for kind in (
                    "received_today",
                    "due_today",
                    "overdue",
                    "waiting_return",
                    "unprinted",
                    "unsent",
                )
            )
        )

    def count(self, kind: str, today: date, soon: date) -> int:
        """How many dossiers stand behind a figure or in a tray."""
        query = select(func.count()).select_from(dossier).where(_conditions(today, soon)[kind])
        return self._connection.execute(query).scalar_one()

    def open_alike(self, applicant_key: str, procedure_code: str) -> Sequence[str]:
        """Codes of open dossiers of the same person and procedure."""
        alike = {"applicant": applicant_key, "procedure": procedure_code}
        return list(self._connection.scalars(_ALIKE, alike))

    def uncollected(self, before: date) -> int:
        """Results completed before that day and still on the shelf."""
        query = (
            select(func.count())
            .select_from(dossier)
            .where(dossier.c.status == Status.COMPLETED)
            .where(dossier.c.completed_at < before.isoformat())
        )
        return self._connection.execute(query).scalar_one()

    def _rows(self, query: Select[tuple[object, ...]], limit: int) -> list[DossierRow]:
        newest = query.order_by(dossier.c.num.desc()).limit(limit)
        return [_row(row) for row in self._connection.execute(newest)]


def words_of(state: Dossier) -> str:
    """What a dossier is found by: folded names, procedure, code, numbers, telephones."""
    facts = state.facts
    parts = [
        facts.applicant.name,
        facts.applicant.also_known_as,
        facts.applicant.personal_number,
        facts.applicant.other_document,
        facts.applicant.tax_code,
        facts.applicant.phone,
        state.code,
        *state.aliases,
    ]
    if facts.representative is not None:
        parts += [
            facts.representative.name,
            facts.representative.personal_number,
            facts.representative.phone,
        ]
    words = search_key(" ".join(part for part in parts if part))
    return f"{words} {_key_of_procedure(facts.procedure.name)}"


def _standing(among: Collection[Status]) -> ColumnElement[bool]:
    """What stands at one of these statuses, for a walk over the words.

    Most dossiers are returned: each met on the way is looked at. Few stand anywhere else: their
    numbers are gathered from the index first, and nothing older is walked over. The signs keep
    SQLite from asking the words for each of them in turn, a second for some thousands.
    """
    if Status.RETURNED in among:
        return literal_column("+dossier.status").in_(among)
    numbers = select(dossier.c.num).where(dossier.c.status.in_(among)).correlate(None)
    oldest = select(func.min(dossier.c.num)).where(dossier.c.status.in_(among)).correlate(None)
    return and_(
        literal_column("+dossier_search.rowid").in_(numbers),
        _SEARCH.c.rowid >= oldest.scalar_subquery(),
    )


_MOST_URGENT_FIRST = frozenset({"due_today", "overdue", "due_soon", "held"})


def _conditions(today: date, soon: date) -> dict[str, ColumnElement[bool]]:
    day = today.isoformat()
    live = dossier.c.voided.is_(False)
    unfinished = exists().where(print_job.c.dossier_id == dossier.c.id, print_job.c.state != "done")
    return {
        "received_today": and_(dossier.c.received_on == day, live),
        "due_today": and_(dossier.c.status.in_(_RUNNING), dossier.c.judged_due_on == day),
        "overdue": and_(dossier.c.status.in_(_RUNNING), dossier.c.judged_due_on < day),
        "due_soon": and_(
            dossier.c.status.in_(_RUNNING),
            dossier.c.judged_due_on.between(day, soon.isoformat()),
        ),
        "waiting_return": dossier.c.status == Status.COMPLETED,
        "unprinted": and_(
            literal_column("slip AND NOT printed AND NOT voided"),
            dossier.c.own,
            or_(dossier.c.visit_id != "", unfinished),
        ),
        "unsent": dossier.c.last_own_num > _SENT_NUM,
        "problem": PROBLEM,
        "new": dossier.c.status == Status.ACCEPTED,
        "held": and_(dossier.c.status == Status.IN_PROCESS, dossier.c.holder_side == "commune"),
        "awaiting_supplement": dossier.c.status == Status.AWAITING_SUPPLEMENT,
        "awaiting_payment": dossier.c.status == Status.AWAITING_PAYMENT,
    }


def _row(row: Sequence[Any]) -> DossierRow:
    id_, code, name, number, procedure, title, status, received, due, judged, *rest = row
    completed, returned, *as_kept = rest
    return DossierRow(
        id_,
        code,
        name,
        mask(number) if number else "",
        procedure,
        title,
        Status(status),
        datetime.fromisoformat(received),
        datetime.fromisoformat(due),
        datetime.fromisoformat(judged),
        _moment(completed),
        _moment(returned),
        *as_kept,
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(part: str, today: date) -> date | None:
    match = _DAY.match(part) or _ISO_DAY.match(part)
    if match is None:
        return None
    year = match["year"]
    full = today.year if year is None else int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(full, int(match["month"]), int(match["day"]))
    except ValueError:
        return None
