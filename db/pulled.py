"""What came from elsewhere, taken in as a set: a page of the common order that tells of hundreds of
dossiers takes the same few statements as one that tells of one.

A dossier is folded straight from the page where all of it came with the page, and not at all where
the order only repeats what this counter wrote.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, literal_column, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from counter_app.domain import chain
from counter_app.domain import events as ev
from counter_app.domain.code import DossierCode, place_of
from counter_app.domain.dossier import Dossier, Entry
from counter_app.domain.events import DOSSIER_TYPES, Event
from counter_app.domain.faults import FileFault
from counter_app.domain.notice import Numbered, kind_of
from counter_app.domain.office import parse_office
from counter_app.ports import NoticeRow
from counter_app.ports.sync import Forked, LineFault, SyncProblem
from counter_app.wire.messages import PullAnswer
from counter_app.wire.page import PullPage
from db.lives import highs_of, keep_high, let_go_of_told, lives_of
from db.officers_elsewhere import changed_twice
from db.sets import is_listed, listed
from db.store import Books
from db.tables import REFUSED, SEEN, event_log, event_verdict, issued_code

_BY_ID = select(event_log.c.event_id, event_log.c.hash).where(is_listed(event_log.c.event_id))
_OF_LIVES = text("""
    SELECT e.device, e.incarnation, e.dseq, e.hash
    FROM json_each(:listed) AS of CROSS JOIN event_log AS e
    WHERE e.device = of.value ->> 0 AND e.incarnation = of.value ->> 1
        AND e.dseq BETWEEN of.value ->> 2 AND of.value ->> 3
""")
_AT = text("""
    SELECT e.device, e.incarnation, e.dseq, e.hash, e.event_id, e.subject, e.type, e.num,
        at.value ->> 3 AS cseq
    FROM json_each(:listed) AS at CROSS JOIN event_log AS e
    WHERE e.device = at.value ->> 0 AND e.incarnation = at.value ->> 1 AND e.dseq = at.value ->> 2
""")
_ORDER = text("""
    INSERT INTO event_order(cseq, event_id) SELECT value ->> 0, value ->> 1
    FROM json_each(:listed) WHERE true ON CONFLICT DO NOTHING RETURNING cseq, event_id
""")
_LAST_PLACE = text("SELECT coalesce(max(cseq), 0) FROM event_order")
_NO_REPAIR = delete(event_verdict).where(
    is_listed(event_verdict.c.event_id), event_verdict.c.verdict == "quarantined"
)

_REFUSED_BEFORE = select(event_verdict.c.event_id).where(
    event_verdict.c.verdict.in_((REFUSED, SEEN))
)
_FORGET = delete(event_verdict).where(is_listed(event_verdict.c.event_id))

_WRITTEN_HERE = select(event_log.c.event_id).where(
    is_listed(event_log.c.event_id), literal_column("+event_log.device") == bindparam("device")
)

_OF_OFFICERS = ("officer.added", "officer.changed")

_REJECTED = {
    "state": "Việc này làm khi hồ sơ không còn ở trạng thái đó. Mở hồ sơ xem diễn biến.",
    "other_side": "Việc này bên kia đã giữ hồ sơ nên không tính. Mở hồ sơ xem diễn biến.",
    "other_counter": "Việc này chỉ quầy đã nhận hồ sơ mới làm được. Mở hồ sơ xem diễn biến.",
    "receipt_replaced": "Quầy khác đã đính chính trước. Mở hồ sơ xem bản đang có hiệu lực.",
}
_REJECTED_OTHERWISE = "Việc này không tính vì đã có việc khác trước. Mở hồ sơ xem diễn biến."


@dataclass(slots=True)
class Taken:
    """What was new, as it came; and the subjects of which something a neighbour told was let go."""

    entries: list[Entry] = field(default_factory=list)
    let_go: set[str] = field(default_factory=set)


def take_in(books: Books, entries: Sequence[Entry], server_id: str) -> Taken:
    """Keep events of someone else, copies of this store included, as far as they are not here yet."""
    own = books.settings.identity().device_id
    here, taken = _Here(books, [event for event, _ in entries]), Taken()
    for event, payload in entries:
        if event.by_upper and event.device != server_id:
            raise LineFault("run")
        known = here.by_id.get(event.event_id)
        if known == event.hash:
            continue
        if known is not None:
            taken.let_go |= here.let_go(event_log.c.event_id == event.event_id)
        if here.at(event, 0) is not None:
            if event.device == own:
                raise Forked(event.incarnation)
            taken.let_go |= here.let_go(
                and_(
                    event_log.c.device == event.device,
                    event_log.c.incarnation == event.incarnation,
                    event_log.c.dseq == event.dseq,
                )
            )
        before = chain.GENESIS if event.dseq == 1 else here.at(event, -1)
        if before is not None and before != event.prev_hash:
            raise LineFault("run")
        here.note(event)
        taken.entries.append((event, payload))
    books.log.keep(event for event, _ in taken.entries)
    _count_on(books, [entry for entry in taken.entries if entry[0].device == own])
    for event, payload in taken.entries:
        _note_down(books, event, payload)
    return taken


class _Here:
    """The hashes of what is here already, as far as it matters to some events: by id and by place."""

    def __init__(self, books: Books, events: Sequence[Event]) -> None:
        self._books = books
        self._events = events
        self._noted: list[Event] = []
        self._look()

    def at(self, event: Event, step: int) -> str | None:
        """The hash at the event's own place, or so many places from it in its life."""
        return self._by_place.get((event.device, event.incarnation, event.dseq + step))

    def note(self, event: Event) -> None:
        """It will be here."""
        self._noted.append(event)
        self.by_id[event.event_id] = event.hash
        self._by_place[event.device, event.incarnation, event.dseq] = event.hash

    def let_go(self, clash: ColumnElement[bool]) -> set[str]:
        """Make room; what came with the same page, or has its place in the order, stays."""
        subjects = let_go_of_told(self._books, clash)
        if not subjects:
            raise LineFault("run")
        self._look()
        return subjects

    def _look(self) -> None:
        ids = listed(event.event_id for event in self._events)
        lives: dict[tuple[str, str], list[int]] = {}
        for event in self._events:
            lives.setdefault((event.device, event.incarnation), []).append(event.dseq)
        # of each life the places that are told of, and the one before them
        spans = [(*life, min(dseqs) - 1, max(dseqs)) for life, dseqs in lives.items()]
        execute = self._books.connection.execute
        self.by_id = {row.event_id: row.hash for row in execute(_BY_ID, ids)}
        self._by_place = {
            (row.device, row.incarnation, row.dseq): row.hash
            for row in execute(_OF_LIVES, listed(spans))
        }
        noted, self._noted = self._noted, []
        for event in noted:
            self.note(event)


def _count_on(books: Books, entries: Sequence[Entry]) -> None:
    """What a copy, or a life that was lost, wrote under this counter's name is used up here too."""
    highs = highs_of(books) if entries else {}
    for life in {event.incarnation for event, _ in entries}.intersection(lives_of(books)):
        last = max(event.dseq for event, _ in entries if event.incarnation == life)
        keep_high(books, life, max(last, highs.get(life, 0)))
    for event, payload in entries:
        if isinstance(payload, Numbered):
            year = datetime.fromisoformat(event.occurred_at).year
            books.numbers.pass_notice(kind_of(payload), payload.notice_no, year)
        if not isinstance(payload, ev.DossierAccepted):
            continue
        row = {"code": payload.code, "dossier_id": event.event_id}
        books.connection.execute(upsert(issued_code).values(row).on_conflict_do_nothing())
        code = DossierCode.parse(payload.code)
        place = place_of(code.seq) if code else None
        if code and place and place.counter_no == books.settings.identity().counter_no:
            books.numbers.pass_by(code.day, place.block, place.number)


def _note_down(books: Books, event: Event, payload: ev.Payload | None) -> None:
    """What other counters told that is not a dossier."""
    match payload:
        case ev.StoreCreated() if _is_office(payload.office):
            books.settings.put_document("office-elsewhere", payload.office_version, payload.office)
        case ev.OfficerAdded() | ev.OfficerChanged():
            books.officers.refresh(event.subject)
        case ev.IntakeRefused():
            at = datetime.fromisoformat(event.occurred_at)
            books.notices.add(NoticeRow(event.event_id, payload.notice_no, payload.notice, at))
        case ev.PadPrinted():
            at = datetime.fromisoformat(event.occurred_at)
            books.pads.note_printed(payload.numbers, event.device, at)


def _is_office(told: str) -> bool:
    try:
        parse_office(told)
    except FileFault:
        return False
    return True


@dataclass(slots=True)
class Applied:
    """What a page brought."""

    received: int
    ordered: Sequence[str]
    """The hashes of the events whose place in the order is news."""
    problems: Sequence[SyncProblem]


def apply_page(books: Books, page: PullPage, server_id: str) -> Applied:
    """Events and their order; the dossiers, pads and verdicts follow."""
    taken = take_in(books, page.entries, server_id)
    own = _own_events(books, page.answer)
    sent = [event for event, _ in page.entries]
    hashes = {event.event_id: event.hash for event in sent}
    hashes |= {row.event_id: row.hash for row in own}
    behind: int = books.connection.execute(_LAST_PLACE).scalar_one()
    places = [(cseq, event.event_id) for cseq, event in zip(page.cseqs, sent, strict=True)]
    places += [(row.cseq, row.event_id) for row in own]
    ordered = {row.event_id: row.cseq for row in books.connection.execute(_ORDER, listed(places))}
    _need_no_repair(books, own)
    types = [(event.subject, event.type) for event in sent]
    types += [(row.subject, row.type) for row in own]
    for pad in {subject for subject, type in types if type == "pad.accounted"}:
        books.pads.refresh(pad)
    for told_of in {subject for subject, type in types if type in _OF_OFFICERS}:
        # of two changes the last in the order holds, not the last that came here
        books.officers.refresh(told_of)
    touched = dict.fromkeys(subject for subject, type in types if type in DOSSIER_TYPES)
    in_front = all(cseq > behind for cseq in ordered.values())
    # an erasure that has its place in the order now, or something more of what was erased
    taken.let_go |= books.erasures.carry_out(touched)
    states = _fold_again(books, touched, taken, own if in_front else (), ordered)
    problems = [
        *_refused(books, states),
        *_told_of_new_codes(books, taken.entries),
        *changed_twice(books, taken.entries),
    ]
    return Applied(len(taken.entries), [hashes[event_id] for event_id in ordered], problems)


def _own_events(books: Books, answer: PullAnswer) -> Sequence[Row[Any]]:
    own = books.settings.identity()
    places = [(own.device_id, *pair) for pair in answer.own]
    rows = books.connection.execute(_AT, listed(places)).all() if places else []
    if len(rows) < len(places):
        # the server has more of this life than this store ever wrote
        raise Forked(own.incarnation)
    return rows


def _need_no_repair(books: Books, own: Sequence[Row[Any]]) -> None:
    """What was quarantined above and is in the order now; and what a correction stands for, be it an
    acceptance that could not be taken or one that was taken before.
    """
    ids = [row.event_id for row in own]
    ids += [row.subject for row in own if row.type == "dossier.corrected"]
    if ids:
        books.connection.execute(_NO_REPAIR, listed(ids))


def _fold_again(
    books: Books,
    touched: Mapping[str, object],
    taken: Taken,
    in_front: Sequence[Row[Any]],
    ordered: Mapping[str, int],
) -> Iterable[Dossier]:
    """Bring those dossiers up to date about which the page may say something new. `in_front`: own events
    where the page stands in front of all that was ordered before, so that it may only repeat what the
    fold has seen.
    """
    own = books.settings.identity().device_id
    told: dict[str, list[Entry]] = {}
    for entry in taken.entries:
        told.setdefault(entry[0].subject, []).append(entry)
    repeated = touched.keys() - told.keys() - taken.let_go
    counts = books.log.counts([*told, *repeated])
    whole = {
        subject: sorted(entries, key=lambda entry: ordered[entry[0].event_id])
        for subject, entries in told.items()
        if counts[subject] == len(entries)
        and subject not in taken.let_go
        and all(event.device != own and event.event_id in ordered for event, _ in entries)
    }
    said_before: set[str] = set()
    if in_front:
        said_before = repeated & _as_written(in_front, counts)
        stories = books.log.own_stories(repeated - said_before)
        said_before |= {subject for subject, in_order in stories.items() if in_order}
    wanted = [subject for subject in touched if subject not in said_before]
    wanted += taken.let_go - touched.keys()
    return books.dossiers.refresh_all(wanted, whole).values()


def _as_written(own: Sequence[Row[Any]], counts: Mapping[str, int]) -> set[str]:
    """The subjects of which all that is told stands in these own events, in the order it was written."""
    nums: dict[str, list[int]] = {}
    for row in sorted(own, key=attrgetter("cseq")):
        nums.setdefault(row.subject, []).append(row.num)
    return {
        subject
        for subject, written in nums.items()
        if counts.get(subject) == len(written) and written == sorted(written)
    }


def _refused(books: Books, states: Iterable[Dossier]) -> Iterator[SyncProblem]:
    """Own actions that the common order refuses, each told once. What it takes after all, because
    something before it was taken back, is nobody's mistake any more.
    """
    before = set(books.connection.scalars(_REFUSED_BEFORE))
    lines, after_all = [], []
    for state in states:
        for line in state.timeline:
            if line.rejected is not None:
                lines.append((state, line))
            elif line.event_id in before:
                after_all.append(line.event_id)
    if after_all:
        books.connection.execute(_FORGET, listed(after_all))
    if not lines:
        return
    device = {"device": books.settings.identity().device_id}
    ids = listed(line.event_id for _, line in lines)
    mine = set(books.connection.scalars(_WRITTEN_HERE, ids | device))
    for state, line in lines:
        if line.rejected is None or line.event_id not in mine:
            continue
        code = line.rejected.value
        message = _REJECTED.get(code, _REJECTED_OTHERWISE)
        if keep_verdict(books, line.event_id, state.id, REFUSED, code, message):
            yield SyncProblem(state.code, code, message)


def keep_verdict(
    books: Books, event_id: str, subject: str, verdict: str, code: str, message: str
) -> bool:
    """Whether it is news."""
    row = {
        "event_id": event_id,
        "subject": subject,
        "verdict": verdict,
        "code": code,
        "message": message,
    }
    done = books.connection.execute(upsert(event_verdict).values(row).on_conflict_do_nothing())
    return done.rowcount > 0


def _told_of_new_codes(books: Books, entries: Sequence[Entry]) -> Iterator[SyncProblem]:
    """Both counters are told that one code was given out twice."""
    device = books.settings.identity().device_id
    for event, payload in entries:
        if not isinstance(payload, ev.DossierRenumbered):
            continue
        parties = [books.dossiers.get(known) for known in (event.subject, payload.kept_by)]
        if any(party is not None and party.device == device for party in parties):
            yield SyncProblem(
                payload.new_code,
                "renumbered",
                f"Mã {payload.old_code} đã cấp cho hai hồ sơ. Hồ sơ đến sau nay mang mã "
                f"{payload.new_code}. Hãy in lại phiếu và báo cho dân.",
            )
