"""Taking what a counter sends: all or nothing a batch, one bad event never stops the others.

One transaction: device row locked, place and chain checked, every event read and judged in Python,
then everything written as a set. The commune's numbers are taken last, and the lock on that row is
held until commit: whoever polls by number never passes over an event that commits later.
"""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import Column, Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from counter_app.domain import chain
from counter_app.domain.events import ERASED, Event
from counter_app.domain.retention import Kept
from counter_app.wire.messages import (
    Conflict,
    HighsAnswer,
    Push,
    PushAnswer,
    WireProblem,
    events_of,
)
from counter_app.wire.signing import from_base64, head_bytes, proof_bytes
from district_server.book import append
from district_server.caller import Caller
from district_server.database import get_meta
from district_server.erasing import REFUSED, Reason, came_empty, emptied
from district_server.faults import Refused
from district_server.judging import (
    PARKED,
    UNUSABLE,
    Judged,
    as_it_came,
    is_repair,
    judge,
    raw_of,
    set_aside,
)
from district_server.keys import ServerKeys, verify
from district_server.lives import aside_of
from district_server.renumbering import renumber
from district_server.tables import commune, device, event, quarantine, stream

_SEEN = (
    update(device)
    .where(device.c.commune == bindparam("org"), device.c.id == bindparam("author"))
    .values(last_sync_at=bindparam("now"))
)
_LAST = select(commune.c.seq).where(commune.c.org == bindparam("commune"))
_LIFE: dict[Column[Any], Any] = {
    stream.c.commune: bindparam("org"),
    stream.c.device: bindparam("author"),
    stream.c.incarnation: bindparam("life"),
}
_IS_LIFE = [column == value for column, value in _LIFE.items()]
_STAND: dict[Column[Any], Any] = {stream.c.high: bindparam("to"), stream.c.head: bindparam("hash")}
_STANDS = select(*_STAND).where(*_IS_LIFE)
_MOVE = update(stream).where(*_IS_LIFE).values(_STAND)
_BEGIN = insert(stream).values(_LIFE | _STAND)

_INCARNATION = re.compile("[0-9a-f]{16}")


class PushConflict(Exception):
    """409, with what the counter must do."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.reason)
        self.conflict = conflict


def push(connection: Connection, keys: ServerKeys, caller: Caller, sent: Push) -> PushAnswer:
    """Take a batch; the answer is the delivery proof."""
    run = sent.run
    if run.device != caller.device:
        raise Refused("device_wrong", "Gói không phải của máy này.", 403)
    # its row is locked from here on
    seen(connection, caller)
    epoch = get_meta(connection, "epoch") or ""
    if sent.epoch != epoch:
        raise PushConflict(Conflict("epoch", 0, "Máy chủ đã được khôi phục, gửi lại từ đầu."))
    high, head = _stream(connection, caller, run.incarnation)
    if not _INCARNATION.fullmatch(run.incarnation) or run.first < 1:
        raise Refused("form", "Gói ghi sai đời dữ liệu.", 400)
    events = events_of(run)
    _check_head(caller, sent, events)
    if run.first > high + 1:
        raise PushConflict(Conflict("gap", high, "Thiếu phần trước, gửi lại từ chỗ máy chủ có."))
    new = _new_ones(connection, caller, events, high, head)
    if caller.revoked_at is not None:
        new = _before(datetime.fromisoformat(caller.revoked_at), new)
    problems: list[WireProblem] = []
    if run.first <= high:
        # the answer that told of them may have been lost
        problems += aside_of(connection, caller, run.incarnation, run.first, high)
    if new:
        good, aside, unerased = judge(connection, caller, new)
        refused = take(connection, keys, caller, good)
        problems += aside + refused
        left = {problem.event_id for problem in refused}
        repairs = [one.event for one in good if is_repair(one)]
        if repaired := [known for known in repairs if known.event_id not in left]:
            freed = _free(connection, keys, caller, repaired)
            problems = [problem for problem in problems if problem.event_id not in freed]
        said = [one.event for one in good if one.event.type == ERASED]
        erased = {known.subject for known in said if known.event_id not in left}
        erased |= _erased_after_all(connection, keys, caller, unerased)
        if erased:
            freed = free_emptied(connection, keys, caller, erased)
            problems = [problem for problem in problems if problem.event_id not in freed]
        high, head = new[-1].dseq, new[-1].hash
        _move(connection, caller, run.incarnation, high, head)
    head_cseq: int = connection.execute(_LAST, {"commune": caller.commune}).scalar_one()
    proof = keys.sign(proof_bytes(caller.device, run.incarnation, high, head, epoch))
    return PushAnswer(epoch, high, head, head_cseq, tuple(problems), _now(), proof)


def relay(connection: Connection, keys: ServerKeys, author: Caller, sent: Push) -> HighsAnswer:
    """Take a batch that a neighbour of its author brought. What cannot be taken is not set aside here:
    only its author is told, when it comes itself.
    """
    answer = push(connection, keys, author, sent)
    if answer.problems:
        raise Refused("aside", "Quầy đã ghi việc này phải tự gửi lên.", 409)
    return HighsAnswer(((sent.run.incarnation, answer.high),), ())


def take(
    connection: Connection, keys: ServerKeys, caller: Caller, good: Sequence[Judged]
) -> list[WireProblem]:
    """Write what was judged good, and give what came under another's code one of its own.

    It goes in as one set. What the database itself will not have is looked for by halves and set aside
    alone, with what comes after it in its dossier.
    """
    parts, stuck, aside = [list(good)], set[str](), list[tuple[Judged, Reason]]()
    while parts:
        coming = parts.pop()
        aside += [(one, PARKED) for one in coming if one.event.subject in stuck]
        part = [one for one in coming if one.event.subject not in stuck]
        try:
            with connection.begin_nested():
                _write(connection, keys, caller.commune, part)
        except (DataError, IntegrityError):
            if len(part) > 1:
                half = len(part) // 2
                parts += [part[half:], part[:half]]
                continue
            stuck.add(part[0].event.subject)
            aside.append((part[0], UNUSABLE))
    return set_aside(connection, caller, aside)


def _write(connection: Connection, keys: ServerKeys, org: str, part: Sequence[Judged]) -> None:
    if part:
        append(connection, org, [(one.event, one.payload) for one in part])
    if twice := [(one.event.subject, one.twice) for one in part if one.twice]:
        renumber(connection, keys, org, twice)


def _free(
    connection: Connection, keys: ServerKeys, caller: Caller, repaired: Sequence[Event]
) -> set[str]:
    """What waited behind an acceptance that was put right, judged again in its order: what went in."""
    freed = set()
    for repair in repaired:
        mine = (
            quarantine.c.commune == caller.commune,
            quarantine.c.device == caller.device,
            quarantine.c.subject == repair.subject,
        )
        rows = connection.execute(
            select(quarantine).where(*mine).order_by(quarantine.c.set_aside_at, quarantine.c.dseq)
        ).fetchall()
        connection.execute(delete(quarantine).where(*mine))
        waiting = [
            as_it_came(row.raw)
            for row in rows
            if row.event_id != repair.subject and not _is_failed_repair(row)
        ]
        good = judge(connection, caller, waiting).good
        left = {problem.event_id for problem in take(connection, keys, caller, good)}
        freed |= {one.event.event_id for one in good} - left
    return freed


def _erased_after_all(
    connection: Connection, keys: ServerKeys, caller: Caller, unerased: Collection[str]
) -> set[str]:
    """Erasures that were refused because of something that was lost here and comes back now, empty or
    not: the dossiers of those that went in. One that was refused for a hold waits for more than its end.
    """
    found: set[str] = set()
    if not unerased:
        return found
    query = select(quarantine).where(
        quarantine.c.commune == caller.commune,
        quarantine.c.subject.in_(unerased),
        quarantine.c.code.in_((REFUSED + Kept.OPEN, REFUSED + Kept.HELD)),
    )
    for row in connection.execute(query).fetchall():
        held = row.code == REFUSED + Kept.HELD
        if held and not came_empty(connection, caller.commune, row.subject):
            continue
        mine = (
            quarantine.c.commune == row.commune,
            quarantine.c.device == row.device,
            quarantine.c.incarnation == row.incarnation,
            quarantine.c.dseq == row.dseq,
        )
        connection.execute(delete(quarantine).where(*mine))
        good = judge(connection, caller, [as_it_came(row.raw)]).good
        if good and not take(connection, keys, caller, good):
            found.add(row.subject)
    return found


def free_emptied(
    connection: Connection, keys: ServerKeys, caller: Caller, erased: Collection[str]
) -> set[str]:
    """What came empty, of any device, goes in behind the event that says why, and so do erasures of the
    same that were refused before: what went in. The rest that waits of these dossiers is emptied.
    """
    mine = (quarantine.c.commune == caller.commune, quarantine.c.subject.in_(erased))
    rows = connection.execute(
        select(quarantine).where(*mine).order_by(quarantine.c.set_aside_at, quarantine.c.dseq)
    ).fetchall()
    if not rows:
        return set()
    waiting = [(as_it_came(row.raw), row.code) for row in rows]
    freed = [known for known, code in waiting if not known.payload or code.startswith(REFUSED)]
    ids = [known.event_id for known in freed]
    connection.execute(delete(quarantine).where(*mine, quarantine.c.event_id.in_(ids)))
    good, aside, _ = judge(connection, caller, freed)
    left = {problem.event_id for problem in (*aside, *take(connection, keys, caller, good))}
    _empty_aside(connection, caller.commune, erased)
    return set(ids) - left


def _empty_aside(connection: Connection, org: str, erased: Collection[str]) -> None:
    """What waits and cannot go in keeps its header; what says that it is erased stays whole."""
    mine = (quarantine.c.commune == org, quarantine.c.subject.in_(erased))
    for row in connection.execute(select(quarantine).where(*mine)).fetchall():
        one = (
            quarantine.c.device == row.device,
            quarantine.c.incarnation == row.incarnation,
            quarantine.c.dseq == row.dseq,
        )
        left, _ = emptied((as_it_came(row.raw), None))
        connection.execute(update(quarantine).where(*mine, *one).values(raw=raw_of(left)))


def _is_failed_repair(row: Row[Any]) -> bool:
    known = as_it_came(row.raw)
    return known.type == "dossier.corrected" and row.code != "parked"


def _check_head(caller: Caller, sent: Push, events: Sequence[Event]) -> None:
    """The chain computed here must end in the head that the device signed."""
    if not events:
        raise Refused("empty", "Gói không có việc nào.", 400)
    last = events[-1]
    if last.hash != sent.head_hash:
        raise Refused("chain_broken", "Chuỗi dấu trong gói không khớp.", 400)
    message = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
    if not verify(caller.public_key, from_base64(sent.signature), message):
        raise Refused("signature_wrong", "Chữ ký của gói không đúng.", 400)


def _new_ones(
    connection: Connection, caller: Caller, events: Sequence[Event], high: int, head: str
) -> list[Event]:
    """What is not here yet; what is here must be the same, or another store wrote it."""
    known = [known for known in events if known.dseq <= high]
    new = [coming for coming in events if coming.dseq > high]
    if known:
        last = known[-1]
        ours = head if last.dseq == high else _hash_at(connection, caller, last)
        if ours is not None and ours != last.hash:
            raise PushConflict(Conflict("fork", high, _FORK))
    if new:
        before = known[-1].hash if known else new[0].prev_hash
        if before != head:
            raise PushConflict(Conflict("fork", high, _FORK))
    return new


def _before(revoked_at: datetime, new: Sequence[Event]) -> list[Event]:
    """What a device wrote before it was revoked, as its own clock tells. That it goes on under another
    life says nothing, and does not keep back what it moves there.
    """

    def written_before(coming: Event) -> bool:
        if coming.type == "incarnation.started":
            return True
        try:
            at = datetime.fromisoformat(coming.occurred_at)
        except ValueError:
            return False
        return at.tzinfo is not None and at <= revoked_at

    return list(takewhile(written_before, new))


_FORK = (
    "Máy chủ đã nhận việc khác dưới tên máy này: sổ có bản sao đang chạy ở nơi khác. "
    "Chưa mất gì. Hãy báo cấp trên."
)


def _hash_at(connection: Connection, caller: Caller, known: Event) -> str | None:
    query = select(event.c.hash).where(
        event.c.commune == caller.commune,
        event.c.device == known.device,
        event.c.incarnation == known.incarnation,
        event.c.dseq == known.dseq,
    )
    return connection.execute(query).scalar_one_or_none()


def _stream(connection: Connection, caller: Caller, incarnation: str) -> tuple[int, str]:
    row = connection.execute(_STANDS, _life(caller, incarnation)).one_or_none()
    return (0, chain.GENESIS) if row is None else (row.high, row.head)


def _move(connection: Connection, caller: Caller, incarnation: str, high: int, head: str) -> None:
    told = _life(caller, incarnation) | {"to": high, "hash": head}
    if connection.execute(_MOVE, told).rowcount == 0:
        connection.execute(_BEGIN, told)


def _life(caller: Caller, incarnation: str) -> dict[str, object]:
    return {"org": caller.commune, "author": caller.device, "life": incarnation}


def seen(connection: Connection, caller: Caller) -> None:
    """A counter was here."""
    told = {"org": caller.commune, "author": caller.device, "now": _now()}
    connection.execute(_SEEN, told)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
