"""What the upper level does with a dossier it holds: events of its own chain in that commune."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from counter_app.domain import events as ev
from counter_app.domain.actions import EVENT_OF, KEYS, Act, last_action, make, refusal_sentence
from counter_app.domain.dossier import Dossier, check_revert, fold, refusal
from counter_app.domain.events import Actor, Payload
from counter_app.domain.fields import Fields
from district_server.book import append_own
from district_server.database import lock_book
from district_server.faults import Refused
from district_server.keys import ServerKeys
from district_server.projection import dossier_of, entries_of
from district_server.tables import notice_number

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
"""Decisions above are dated in the country's one zone."""

_OF_THE_HOLDER = frozenset(
    {
        "transfer",
        "take-over",
        "request-supplement",
        "request-payment",
        "extend",
        "stop",
        "complete",
        "revert",
    }
)


def act(
    connection: Connection,
    keys: ServerKeys,
    org: str,
    dossier_id: str,
    action: str,
    given: Mapping[str, Any],
    officer: str,
) -> Dossier:
    """Do it, or refuse with the reason."""
    lock_book(connection, org)
    dossier = dossier_of(connection, org, dossier_id)
    if dossier is None:
        raise Refused("dossier_unknown", "Không có hồ sơ này.")
    if action not in _OF_THE_HOLDER:
        known = action in EVENT_OF
        raise Refused(
            "other_side" if known else "action_unknown",
            "Việc này chỉ làm ở quầy." if known else f"Không có việc “{action}”.",
        )
    now = datetime.now(ZONE)
    payload = _payload(connection, keys, org, dossier, action, given, now)
    append_own(connection, keys, org, dossier.id, payload, Actor("upper", officer), now)
    after = fold(entries_of(connection, org, [dossier.id])[dossier.id])
    assert after is not None
    return after


def _payload(
    connection: Connection,
    keys: ServerKeys,
    org: str,
    dossier: Dossier,
    action: str,
    given: Mapping[str, Any],
    now: datetime,
) -> Payload:
    if action == "revert":
        return _revert(dossier, given, now)
    reason = refusal(dossier, EVENT_OF[action], keys.server_id)
    if reason is not None:
        text = (
            "Hồ sơ đang ở xã. Chờ xã chuyển lên."
            if reason == "other_side"
            else refusal_sentence(dossier, reason)
        )
        raise Refused(reason.value, text)
    made = make(
        action,
        Act(
            dossier,
            Fields(_addressed(action, given), KEYS[action], now),
            now,
            lambda kind: _next_notice(connection, org, kind, now.year),
            lambda: dossier.due,
        ),
    )
    if isinstance(made, tuple):
        raise Refused(made[0].code, made[0].message)
    return made


def _addressed(action: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """From above a dossier goes back to the commune unless someone else is named."""
    if action == "transfer" and given.get("to") in (None, "commune"):
        return {**given, "to": "Bộ phận Một cửa"}
    return given


def _revert(dossier: Dossier, given: Mapping[str, Any], now: datetime) -> Payload:
    fields = Fields(given, frozenset({"reason"}), now)
    reason = fields.required("reason", "Chưa có lý do lấy lại việc vừa làm. Gõ lý do.")
    if problems := fields.problems():
        raise Refused(problems[0].code, problems[0].message)
    last = last_action(dossier)
    if last is None:
        raise Refused("nothing_to_revert", "Hồ sơ này không có việc nào để lấy lại.")
    refused = check_revert(dossier, last.event_id, by_upper=True)
    if refused is not None:
        raise Refused(refused.value, refusal_sentence(dossier, refused))
    return ev.ActionReverted(last.event_id, reason)


def pass_notice(connection: Connection, org: str, kind: str, notice_no: str, year: int) -> None:
    """A notice of this server came back from a counter: the count goes on after it."""
    number = int(notice_no.rpartition("-")[2])
    row = {"commune": org, "kind": kind, "year": year}
    where = [notice_number.c[name] == value for name, value in row.items()]
    last = connection.execute(select(notice_number.c.last).where(*where)).scalar()
    if last is None:
        connection.execute(insert(notice_number).values(**row, last=number))
    elif last < number:
        connection.execute(update(notice_number).where(*where).values(last=number))


def _next_notice(connection: Connection, org: str, kind: str, year: int) -> str:
    where = (
        notice_number.c.commune == org,
        notice_number.c.kind == kind,
        notice_number.c.year == year,
    )
    last = connection.execute(
        update(notice_number)
        .where(*where)
        .values(last=notice_number.c.last + 1)
        .returning(notice_number.c.last)
    ).scalar_one_or_none()
    if last is None:
        last = 1
        connection.execute(insert(notice_number).values(commune=org, kind=kind, year=year, last=1))
    return f"0-{last:04d}"
