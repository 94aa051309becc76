"""Whether the book is whole: every page, every link of the chain, every list against the log."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import exists, select

from counter_app.domain import chain
from counter_app.domain.code import DossierCode, place_of
from counter_app.domain.dossier import Dossier
from counter_app.domain.events import (
    ERASED,
    TYPE_OF,
    DossierAccepted,
    Event,
    IncarnationStarted,
    IntakeRefused,
    PadAccounted,
    PadPrinted,
)
from counter_app.domain.notice import Numbered, kind_of
from counter_app.domain.pad_code import PadNumber
from counter_app.domain.receipt import slip_code_of
from counter_app.domain.slip_code import KnownKey, Verdict, Verify, judge
from counter_app.wire.codec import decode_payload
from db.books import Officers
from db.desk import row_of, told_fate
from db.dossiers import words_of
from db.lives import lives_of, state_of
from db.log import EVENT_COLUMNS
from db.sets import is_listed, listed
from db.store import Books, Store
from db.tables import (
    code_number,
    dossier,
    dossier_alias,
    event_log,
    event_order,
    issued_code,
    notice,
    notice_number,
    officer,
    pad_slip,
)

NOT_ERASED = "not_erased"
"""The code of something that is left to be done in a book that is sound."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit; `event` is the first bad one where it is one."""

    code: str
    message: str
    event: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What was looked at and what was found."""

    events: int
    dossiers: int
    head: str
    faults: tuple[Fault, ...]
    erased: int = 0
    """Dossiers of which only what lists count by is left: "đã xóa theo hạn lưu"."""


_ORDERED = exists().where(event_order.c.event_id == event_log.c.event_id)
_ALL = select(*EVENT_COLUMNS).order_by(
    event_log.c.device, event_log.c.incarnation, event_log.c.dseq
)


def check(store: Store, verify: Verify | None = None) -> Report:
    """Read everything in one view of the store and compare. Writes nothing.

    With `verify` the receipts in force are built again too, and must still fit their signatures. Where a
    page is damaged nothing more is read: what stands in it cannot be.
    """
    if (pages := check_pages(store)).faults:
        return pages
    with store.read() as books:
        erasures = _erasures(books)
        faults = [
            *_chain(books, erasures),
            *_unerased(books, erasures),
            *_order(books),
            *_readable(_dossiers(books, verify, erasures)),
            *_readable(_numbers(books)),
            *_readable(_notices(books, erasures)),
            *_readable(_officers(books)),
            *_readable(_pads(books)),
        ]
        events = books.connection.exec_driver_sql("SELECT count(*) FROM event_log").scalar_one()
        dossiers = books.connection.exec_driver_sql("SELECT count(*) FROM dossier").scalar_one()
        head = books.settings.get("head") or ""
    return Report(events, dossiers, head, tuple(faults), len(erasures.done))


@dataclass(frozen=True, slots=True)
class _Erasures:
    """What of the book may be empty."""

    said: frozenset[str]
    """Dossiers of which an event says that they are erased."""
    counting: frozenset[str]
    """Those of which it stands in the order, or of which no server has to hear."""
    done: frozenset[str]
    """Those of which something was emptied."""
    early: frozenset[str]
    """Events of others that came empty and have no place in the order yet."""
    to_come: bool
    """Whether the server has more: what is empty may come before the event that says so."""

    def explain(self, event: Event, own: str) -> bool:
        """Whether that one may be empty."""
        if event.type == ERASED or event.subject in self.said:
            return event.type != ERASED
        return event.device != own and (self.to_come or event.event_id in self.early)

    def waits(self, books: Books, dossier_id: str) -> bool:
        """Whether all that is here of it is empty, or the event that says so stands alone."""
        own = books.settings.identity().device_id
        return all(
            event.type == ERASED or (not event.payload and self.explain(event, own))
            for event, _ in books.log.of(dossier_id)
        )


def _erasures(books: Books) -> _Erasures:
    run = books.connection.execute
    said = select(event_log.c.subject, event_order.c.cseq).select_from(
        event_log.outerjoin(event_order, event_order.c.event_id == event_log.c.event_id)
    )
    rows = run(said.where(event_log.c.type == ERASED)).fetchall()
    empty = event_log.c.payload == ""
    emptied = select(event_log.c.subject).distinct().where(empty)
    early = select(event_log.c.event_id).where(empty, ~_ORDERED)
    subjects = frozenset(row.subject for row in rows)
    alone = books.erasures.alone()
    state = state_of(books)
    return _Erasures(
        subjects,
        frozenset(row.subject for row in rows if alone or row.cseq is not None),
        subjects.intersection(run(emptied).scalars()),
        frozenset(run(early).scalars()),
        int(state.get("cursor", "0")) < int(state.get("head", "0")),
    )


def check_pages(store: Store) -> Report:
    """Only whether each page of the file is what was written: quick where `check` takes minutes."""
    with store.read() as books:
        return Report(0, 0, books.settings.get("head") or "", tuple(_pages(books)))


def _readable(faults: Iterator[Fault]) -> Iterator[Fault]:
    """What one comparison finds, as far as the log can be read; the chain names the bad event."""
    try:
        yield from faults
    except (ValueError, TypeError):
        # msgspec's faults are ValueErrors
        yield Fault("log_unreadable", "Có việc trong sổ không đọc được nữa.")


def _pages(books: Books) -> Iterator[Fault]:
    # it reads beside whoever moves pages into the file: what is bad once may have been half moved
    broken = _broken_pages(books) and _broken_pages(books)
    if broken:
        yield Fault(
            "page_damaged",
            f"Có {len(broken)} trang của tệp sổ bị hỏng. Hãy khôi phục từ bản sao lưu.",
        )


def _broken_pages(books: Books) -> Sequence[object]:
    return books.connection.exec_driver_sql("PRAGMA cipher_integrity_check").fetchall()


def _unerased(books: Books, erasures: _Erasures) -> Iterator[Fault]:
    """Nothing is left of what the order says is erased."""
    left = select(event_log.c.event_id).where(
        is_listed(event_log.c.subject), event_log.c.type != ERASED, event_log.c.payload != ""
    )
    if not books.erasures.alone():
        left = left.where(_ORDERED)
    event_id = books.connection.execute(left.limit(1), listed(erasures.counting)).scalar()
    if event_id is not None:
        message = "Có hồ sơ hết hạn lưu chưa xóa hết. Hãy đồng bộ, hoặc chạy lại lệnh erase."
        yield Fault(NOT_ERASED, message, event_id)


def _chain(books: Books, erasures: _Erasures) -> Iterator[Fault]:
    """Each device's events follow each other. Of others' some may be missing: those that the upper
    server set aside; the order shared with it says what must be here.
    """
    before: Event | None = None
    own = books.settings.identity()
    last_own: Event | None = None
    whole = _own_places(books)
    reached: dict[str, int] = {}
    for row in books.connection.execute(_ALL):
        event = Event(*row)
        is_own = (event.device, event.incarnation) == (own.device_id, own.incarnation)
        same_life = before is not None and (before.device, before.incarnation) == (
            event.device,
            event.incarnation,
        )
        prev_hash = before.hash if before is not None and same_life else chain.GENESIS
        dseq = before.dseq + 1 if before is not None and same_life else 1
        own_life = event.incarnation if event.device == own.device_id else ""
        if event.dseq != dseq and dseq <= whole.get(own_life, 0):
            yield _bad(event, "Thiếu việc ngay trước việc này")
            return
        follows = event.dseq != dseq or event.prev_hash == prev_hash
        if not follows or not chain.holds(event):
            yield _bad(event, "Chuỗi dấu của sổ đứt tại việc này")
            return
        if not event.payload:
            if not erasures.explain(event, own.device_id):
                yield _bad(event, "Nội dung việc này bị xóa mà không có lệnh xóa theo hạn lưu")
                return
        elif chain.payload_hash(event.payload) != event.payload_hash:
            yield _bad(event, "Nội dung việc này đã bị sửa")
            return
        if is_own:
            last_own = event
        if event.device == own.device_id:
            reached[event.incarnation] = event.dseq
        before = event
    head, dseq_kept = books.settings.get("head"), int(books.settings.get("dseq") or 0)
    found = (last_own.hash, last_own.dseq) if last_own else (chain.GENESIS, 0)
    if (head, dseq_kept) != found:
        yield Fault("head_wrong", "Đầu sổ không khớp với việc cuối cùng. Có việc bị bỏ đi.")
    if any(reached.get(life, 0) < dseq for life, dseq in whole.items()):
        yield Fault("life_short", "Có việc của đời dữ liệu trước bị bỏ đi.")


def _own_places(books: Books) -> dict[str, int]:
    """Life → how much of it this store wrote itself: nothing of that may be missing."""
    own = books.settings.identity()
    whole = {own.incarnation: int(books.settings.get("dseq") or 0)}
    lives = lives_of(books)
    query = select(*EVENT_COLUMNS).where(
        event_log.c.type == "incarnation.started", event_log.c.device == own.device_id
    )
    for row in books.connection.execute(query):
        event = Event(*row)
        payload = decode_payload(event)
        if event.incarnation in lives and event.dseq == 1:
            if isinstance(payload, IncarnationStarted) and payload.from_incarnation in lives:
                whole[payload.from_incarnation] = payload.from_dseq
    return whole


def _order(books: Books) -> Iterator[Fault]:
    """What the upper server has put in order is all here, without a hole."""
    state = state_of(books)
    query = (
        select(event_order.c.cseq, event_order.c.event_id, event_log.c.hash)
        .select_from(
            event_order.outerjoin(event_log, event_log.c.event_id == event_order.c.event_id)
        )
        .order_by(event_order.c.cseq)
    )
    hashes: list[str] = []
    for cseq, event_id, known in books.connection.execute(query):
        if cseq != len(hashes) + 1 or known is None:
            message = (
                f"Thiếu việc thứ {len(hashes) + 1} của xã. Hãy giữ nguyên tệp và báo cấp trên."
            )
            yield Fault("order_broken", message, event_id)
            return
        hashes.append(known)
    if (len(hashes), chain.add(chain.NOTHING, hashes)) != (
        int(state.get("cursor", "0")),
        state.get("order_digest", chain.NOTHING),
    ):
        yield Fault("order_broken", "Thứ tự việc của xã không khớp với tổng dấu đã nhận.")


def _bad(event: Event, what: str) -> Fault:
    return Fault(
        "chain_broken",
        f"{what}: số {event.dseq}, {event.type}, lúc {event.occurred_at}. "
        "Hãy giữ nguyên tệp và báo cấp trên.",
        event.event_id,
    )


def _dossiers(books: Books, verify: Verify | None, erasures: _Erasures) -> Iterator[Fault]:
    rows = {row.id: row for row in books.connection.execute(select(dossier))}
    # a correction may bring in what could not be taken above as it was accepted; so may an erasure
    brought = event_log.c.type.in_(("dossier.accepted", "dossier.corrected", ERASED))
    accepted = select(event_log.c.subject).where(brought).distinct()
    keys = books.settings.keys()
    words: dict[int, tuple[str, int]] = {}
    aliases: set[tuple[str, str]] = set()
    codes: dict[str, set[str]] = {}
    for (dossier_id,) in books.connection.execute(accepted).fetchall():
        state = books.dossiers.get(dossier_id)
        last_own = books.dossiers.last_own_nums([dossier_id])
        row = rows.pop(dossier_id, None)
        if state is None and row is None and erasures.waits(books, dossier_id):
            continue
        if state is None or row is None:
            yield Fault(
                "dossier_missing", "Có hồ sơ trong sổ nhưng không có trong danh sách.", dossier_id
            )
            continue
        expected = books.dossiers.values_of(state, last_own.get(dossier_id, 0))
        for name, value in expected.items():
            if getattr(row, name) != value:
                yield Fault(
                    "dossier_differs",
                    f"Danh sách ghi hồ sơ {state.code} khác với sổ ({name}).",
                    dossier_id,
                )
                break
        if verify is not None and state.erased_at is None:
            if not _stands(state, keys, verify):
                yield Fault(
                    "receipt_differs",
                    f"Phiếu của hồ sơ {state.code} dựng lại không giống phiếu đã cấp.",
                    dossier_id,
                )
        words[row.num] = state.code, sum(map(_weight, set(words_of(state).split()))) & _MASK
        aliases.update((alias, dossier_id) for alias in state.aliases)
        for code in (row.code, *state.aliases):
            codes.setdefault(code, set()).add(dossier_id)
    if aliases != {tuple(row) for row in books.connection.execute(select(*dossier_alias.c))}:
        yield Fault("alias_differs", "Danh sách mã cũ và số phiếu khác với sổ.")
    issued = books.connection.execute(select(issued_code.c.code, issued_code.c.dossier_id))
    for row in issued:
        if row.dossier_id not in codes.get(row.code, {row.dossier_id}):
            yield Fault("issued_differs", f"Mã {row.code} ghi cho hồ sơ khác.", row.dossier_id)
    for left in rows.values():
        yield Fault("dossier_extra", f"Danh sách có hồ sơ {left.code} mà sổ không có.", left.id)
    yield from _search(books, words)


def _stands(state: Dossier, keys: Mapping[str, KnownKey], verify: Verify) -> bool:
    """Whether the receipt in force, built again, is what was signed, as far as can be told here."""
    try:
        return judge(slip_code_of(state, state.receipt), keys, verify) is not Verdict.RED
    except ValueError:
        # a seal that is none
        return False


_MASK = (1 << 64) - 1


def _weight(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def _search(books: Books, words: dict[int, tuple[str, int]]) -> Iterator[Fault]:
    """The whole index in one walk: which words stand under which dossier."""
    run = books.connection.exec_driver_sql
    # a view of the index that lives in memory; reading connections may make nothing else
    run("PRAGMA query_only = OFF")
    run(
        "CREATE VIRTUAL TABLE IF NOT EXISTS "
        "temp.found_words USING fts5vocab(main, dossier_search, instance)"
    )
    run("PRAGMA query_only = ON")
    found = Counter[int]()
    word, weight = "", 0
    for term, num in run("SELECT term, doc FROM temp.found_words"):
        if term != word:
            word, weight = term, _weight(term)
        found[num] += weight
    for num, (code, expected) in words.items():
        if found.pop(num, 0) & _MASK != expected:
            yield Fault("search_differs", f"Tra cứu không tìm ra hồ sơ {code}.")
    if found:
        yield Fault("search_differs", "Tra cứu còn giữ hồ sơ mà sổ không có.")


def _numbers(books: Books) -> Iterator[Fault]:
    own = books.settings.identity()
    given: dict[tuple[str, int], int] = {}
    query = select(*EVENT_COLUMNS).where(
        event_log.c.type == "dossier.accepted", event_log.c.device == own.device_id
    )
    codes: set[tuple[str, str]] = set()
    for row in books.connection.execute(query):
        payload = decode_payload(Event(*row))
        if not isinstance(payload, DossierAccepted):
            continue
        # copies of a store may have given out one code; one life never does
        if (payload.code, row.incarnation) in codes:
            yield Fault("code_twice", f"Mã {payload.code} cấp hai lần.", row.event_id)
        codes.add((payload.code, row.incarnation))
        code = DossierCode.parse(payload.code)
        place = place_of(code.seq) if code is not None else None
        if code is None or place is None or payload.origin not in ("counter", "pad"):
            continue
        if place.counter_no != own.counter_no:
            # from before it got a number of its own
            continue
        counted = code.day.isoformat(), place.block
        given[counted] = max(given.get(counted, 0), place.number)
    issued = set(books.connection.scalars(select(issued_code.c.code)))
    if missing := {code for code, _ in codes} - issued:
        yield Fault("code_not_issued", f"Mã {min(missing)} không có trong danh sách mã đã cấp.")
    kept = {(row.day, row.block): row.last for row in books.connection.execute(select(code_number))}
    for (day, block), number in given.items():
        if kept.get((day, block), 0) < number:
            yield Fault("count_behind", f"Số đếm của ngày {day} thấp hơn mã đã cấp.")


def _notices(books: Books, erasures: _Erasures) -> Iterator[Fault]:
    """The list of notices without a dossier, and the last number of each kind and year."""
    own = books.settings.identity()
    told: set[tuple[str, ...]] = set()
    last: dict[tuple[str, int], int] = {}
    query = select(*EVENT_COLUMNS).where(event_log.c.type.in_(_NUMBERED))
    for row in books.connection.execute(query):
        event = Event(*row)
        payload = decode_payload(event)
        if not isinstance(payload, Numbered):
            continue
        if isinstance(payload, IntakeRefused):
            told.add((event.event_id, payload.notice_no, payload.notice, event.occurred_at))
        if event.device == own.device_id:
            kept_as = kind_of(payload), datetime.fromisoformat(event.occurred_at).year
            number = int(payload.notice_no.partition("-")[2])
            last[kept_as] = max(last.get(kept_as, 0), number)
    if told != {tuple(row) for row in books.connection.execute(select(*notice.c))}:
        yield Fault("notice_differs", "Danh sách phiếu từ chối và phiếu bổ sung khác với sổ.")
    rows = books.connection.execute(select(notice_number))
    kept = {(row.kind, row.year): row.last for row in rows}
    if erasures.done:
        # what was erased tells no number any more
        kept = {counted: min(kept.get(counted, 0), number) for counted, number in last.items()}
    if last != kept:
        yield Fault("count_differs", "Số đếm của các loại phiếu không khớp với phiếu đã cấp.")


_NUMBERED = [TYPE_OF[payload] for payload in get_args(Numbered)]


def _officers(books: Books) -> Iterator[Fault]:
    before = {row.id: row for row in books.connection.execute(select(officer))}
    query = select(event_log.c.subject).where(event_log.c.type == "officer.added")
    for (officer_id,) in books.connection.execute(query).fetchall():
        told = Officers(books.connection, books.log).told(officer_id)
        kept = before.get(officer_id)
        if (
            kept is None
            or told is None
            or (kept.name, kept.roles, kept.title, kept.active)
            != (told["name"], told["roles"], told["title"], told["active"])
        ):
            yield Fault("officer_differs", "Danh sách cán bộ khác với sổ.", officer_id)


def _pads(books: Books) -> Iterator[Fault]:
    """Every pad slip as the log tells of it: who printed it first, and its last fate."""
    told: dict[str, dict[str, object]] = {}
    query = select(*EVENT_COLUMNS).where(event_log.c.type.in_(("pad.printed", "pad.accounted")))
    for row in books.connection.execute(query.order_by(event_log.c.num)):
        event = Event(*row)
        match decode_payload(event):
            case PadPrinted(numbers):
                known: dict[str, object] = {"device": event.device, "printed_at": event.occurred_at}
            case PadAccounted(number):
                numbers = (number,)
                fate = told_fate(payload for _, payload in books.log.of(number))
                known = dict(zip(("fate", "reason"), fate or (), strict=False))
            case _:
                continue
        for number in numbers:
            parsed = PadNumber.parse(number)
            if parsed is None:
                continue
            slip = told.setdefault(number, row_of(parsed))
            if "device" not in known or slip["printed_at"] is None:
                slip.update(known)
    kept = {row.number: dict(row._mapping) for row in books.connection.execute(select(pad_slip))}
    if told != kept:
        differing = min(n for n in told.keys() | kept.keys() if told.get(n) != kept.get(n))
        yield Fault("pad_differs", f"Sổ phiếu dự phòng ghi khác với sổ ở số {differing}.")
