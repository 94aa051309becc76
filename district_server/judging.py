"""What of a counter's events can be taken; what cannot is set aside with the reason.

Form, code and right are judged here, never the state: that is the fold's, the same on every machine.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter, gt
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, String, bindparam, select

from counter_app.domain.chain import payload_hash
from counter_app.domain.code import DossierCode
from counter_app.domain.events import (
    TYPES,
    DossierAccepted,
    DossierCorrected,
    Event,
    Payload,
    SubjectErased,
)
from counter_app.domain.receipt import fits_a_slip
from counter_app.domain.retention import are_years
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import UNREADABLE, WireProblem
from district_server.caller import Caller
from district_server.erasing import EMPTIABLE, REFUSED, Erasures, Reason
from district_server.lives import numbers_of
from district_server.sets import Having, put
from district_server.tables import dossier, event, quarantine

PARKED: Reason = ("parked", "Chờ việc trước của cùng hồ sơ được sửa.")
UNUSABLE: Reason = (
    "unusable",
    "Máy chủ không ghi được việc này. Hãy đính chính hồ sơ, hoặc báo cấp trên.",
)
_FORM: Reason = ("form", "Nội dung việc này không đọc được. Hãy đính chính hồ sơ.")
_REVOKED: Reason = (
    "revoked",
    "Máy ghi việc này đã bị thu hồi. Cấp trên xem từng hồ sơ rồi mới nhận.",
)
_WIDTHS = {"actor_name": 400} | {
    column.name: column.type.length
    for column in event.c
    if column.name in ("event_id", "type", "subject", "occurred_at", "clock", "actor_id")
    and isinstance(column.type, String)
    and column.type.length is not None
}
_texts, _MOST = attrgetter(*_WIDTHS), tuple(_WIDTHS.values())
_COUNTED = ("counter", "pad")
"""Origins whose code the counter numbered itself."""

_ASIDE = (
    "commune",
    "device",
    "incarnation",
    "dseq",
    "event_id",
    "subject",
    "dossier_code",
    "code",
    "message",
    "raw",
    "set_aside_at",
)
_NEWEST_VERSION = 10_000
_NOTHING = payload_hash("")

_ASIDE_OF = Having(
    select(
        quarantine.c.subject, quarantine.c.device, quarantine.c.event_id, quarantine.c.code
    ).where(quarantine.c.commune == bindparam("org")),
    quarantine.c.subject,
)
_CODES = Having(select(dossier.c.code).where(dossier.c.commune == bindparam("org")), dossier.c.code)
_SAID = Having(
    select(event.c.event_id, event.c.subject, event.c.payload_hash).where(
        event.c.commune == bindparam("org")
    ),
    event.c.event_id,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """An event as it was read; without a payload where its type is newer than this program."""

    event: Event
    payload: Payload | None
    reason: Reason | None = None
    """Why it cannot be taken, whatever else is here."""
    accepted: DossierAccepted | None = None
    """What brings a dossier into the book: its acceptance, as it was or as it was put right."""
    twice: str = ""
    """A code it gives out that another dossier has already."""


class Verdict(NamedTuple):
    """Of events that came, what can be taken and what is set aside."""

    good: list[Judged]
    aside: list[WireProblem]
    refused: set[str]
    """Dossiers that they tell of and whose erasure was refused, now or before."""


def judge(connection: Connection, caller: Caller, new: Sequence[Event]) -> Verdict:
    """Sort what can be taken from what is set aside. Events that are here already are passed over."""
    numbers = numbers_of(connection, caller)
    read = [_read(coming, caller, numbers) for coming in new]
    if caller.revoked_at is not None:
        read = [replace(one, reason=_REVOKED) for one in read]
    clean = [one for one in read if one.reason is None]
    told_of = {one.event.subject for one in clean}
    parked, refused, aside_ids = _waiting(connection, caller, told_of)
    erasures = Erasures(connection, caller.commune, [(one.event, one.payload) for one in clean])
    codes = _codes_here(connection, caller, clean)
    here = _here(connection, caller, [one.event.event_id for one in clean])
    good: list[Judged] = []
    aside: list[tuple[Judged, Reason]] = []
    for one in read:
        known = here.get(one.event.event_id)
        if one.reason is None and known == _content(one.event):
            continue
        if one.reason is not None:
            reason: Reason | None = one.reason
        elif known is not None:
            reason = _FORM
        elif one.event.subject in parked and not (
            _repairs(one, aside_ids) or erasures.waits_for_nobody(one.event)
        ):
            reason = PARKED
        else:
            reason = _taken(one, codes) or erasures.refusal(one.event, one.payload)
        if reason is not None:
            (refused if reason[0].startswith(REFUSED) else parked).add(one.event.subject)
            aside_ids.add(one.event.event_id)
            aside.append((one, reason))
            continue
        here[one.event.event_id] = _content(one.event)
        erasures.take(one.event, one.payload)
        if one.accepted is not None:
            code = one.accepted.code
            if code in codes:
                one = replace(one, twice=code)
            codes.add(code)
        good.append(one)
    return Verdict(good, set_aside(connection, caller, aside), refused)


def _read(coming: Event, caller: Caller, numbers: Collection[int]) -> Judged:
    if not _well_formed(coming):
        return Judged(coming, None, _FORM)
    known = TYPES.get(coming.type)
    if known is None or coming.version > known[0]:
        # from a newer counter: kept and handed on as it is
        return Judged(coming, None)
    try:
        payload = decode_payload(coming)
    except UNREADABLE:
        return Judged(coming, None, _FORM)
    accepted, fits = None, True
    match payload:
        case DossierAccepted():
            accepted, fits = payload, coming.subject == coming.event_id
        case DossierCorrected(receipt=receipt, due=due):
            accepted = payload.accepted
            fits = due is None or fits_a_slip(receipt, due.due_at, due.due_at)
        case SubjectErased(years=years):
            fits = are_years(years)
    if accepted is None:
        return Judged(coming, payload, None if fits else _FORM)
    reason = _code_reason(accepted, caller, numbers)
    if not fits or not _can_be_printed(accepted):
        reason = reason or _FORM
    return Judged(coming, payload, reason, accepted)


def _can_be_printed(accepted: DossierAccepted) -> bool:
    """Whether any counter could print its receipt, and judge it."""
    given = accepted.due_override
    due_at = given.at if given is not None else accepted.due.due_at
    return fits_a_slip(accepted.receipt, accepted.received_at, due_at)


def _well_formed(coming: Event) -> bool:
    """Whether the header can be kept and the fold can read it."""
    texts = _texts(coming)
    if "\0" in "".join(texts) or "\0" in coming.payload:
        return False
    if any(map(gt, map(len, texts), _MOST)):
        return False
    if not (coming.event_id and coming.type):
        return False
    if not coming.payload and (coming.type not in EMPTIABLE or coming.payload_hash == _NOTHING):
        # what was erased had said something
        return False
    try:
        at = datetime.fromisoformat(coming.occurred_at)
    except ValueError:
        return False
    return at.tzinfo is not None and 1 <= coming.version <= _NEWEST_VERSION


def _code_reason(
    payload: DossierAccepted, caller: Caller, numbers: Collection[int]
) -> Reason | None:
    code = DossierCode.parse(payload.code)
    if code is None or str(code) != payload.code:
        return "code_wrong", f"Mã hồ sơ {payload.code[:40]} không đúng cách viết."
    if payload.origin in _COUNTED and (
        code.org != caller.commune or int(code.seq[0]) not in numbers
    ):
        return "code_foreign", f"Mã hồ sơ {code} không thuộc xã và quầy này."
    return None


def _taken(one: Judged, codes: Collection[str]) -> Reason | None:
    """Entered from a paper, it is the same dossier again. What two copies of a store gave out stays."""
    accepted = one.accepted
    if accepted is not None and accepted.origin not in _COUNTED and accepted.code in codes:
        return "code_taken", f"Mã hồ sơ {accepted.code} đã có ở một hồ sơ khác."
    return None


def _waiting(
    connection: Connection, caller: Caller, subjects: set[str]
) -> tuple[set[str], set[str], set[str]]:
    """Of these subjects those of which something waits, those of which an erasure was refused, and what
    of all this is the caller's own.
    """
    rows = _ASIDE_OF.rows(connection, subjects, org=caller.commune)
    own = {row.event_id for row in rows if row.device == caller.device}
    refused = {row.subject for row in rows if row.code.startswith(REFUSED)}
    parked = {row.subject for row in rows if not row.code.startswith(REFUSED)}
    return parked, refused, own


def is_repair(one: Judged) -> bool:
    """Whether it brings in what waited because its acceptance could not be taken."""
    return one.accepted is not None and one.accepted is not one.payload


def _repairs(one: Judged, aside_ids: Collection[str]) -> bool:
    """Whether it says what one of the author's own that waits should have said."""
    if not isinstance(one.payload, DossierCorrected) or one.accepted is None:
        return False
    return one.payload.supersedes == one.event.subject and one.event.subject in aside_ids


def _codes_here(connection: Connection, caller: Caller, clean: Sequence[Judged]) -> set[str]:
    """Of the codes in this batch those that the commune has already."""
    wanted = {one.accepted.code for one in clean if one.accepted is not None}
    return {row.code for row in _CODES.rows(connection, wanted, org=caller.commune)}


def _here(connection: Connection, caller: Caller, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Of these events those that the commune has: what they are about and what they say."""
    rows = _SAID.rows(connection, ids, org=caller.commune)
    return {row.event_id: (row.subject, row.payload_hash) for row in rows}


def _content(coming: Event) -> tuple[str, str]:
    return coming.subject, coming.payload_hash


def set_aside(
    connection: Connection, caller: Caller, aside: Sequence[tuple[Judged, Reason]]
) -> list[WireProblem]:
    """Kept as they came, in `raw`; the other columns hold what fits."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [
        (
            caller.commune,
            one.event.device,
            one.event.incarnation,
            one.event.dseq,
            _fitting(one.event.event_id, 40),
            _fitting(one.event.subject, 60),
            _fitting(_code_of(one), 40),
            reason[0],
            _fitting(reason[1], 500),
            raw_of(one.event),
            now,
        )
        for one, reason in aside
    ]
    put(connection, quarantine, _ASIDE, rows)
    return [_problem(one, reason) for one, reason in aside]


def raw_of(coming: Event) -> str:
    """An event as it is set aside."""
    return msgspec.json.encode(coming._asdict()).decode()


def as_it_came(raw: str) -> Event:
    """An event that was set aside."""
    return Event(**msgspec.json.decode(raw))


def _problem(one: Judged, reason: Reason) -> WireProblem:
    coming = one.event
    return WireProblem(coming.dseq, coming.event_id, coming.subject, _code_of(one), *reason)


def _code_of(one: Judged) -> str:
    return one.accepted.code if one.accepted is not None else ""


def _fitting(text: str, width: int) -> str:
    return text.replace("\0", "\ufffd")[:width]
