"""What happens after acceptance: who may, what it needs, what it does to the dates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from services.desk import (
    FIFTEEN_CALENDAR_DAYS,
    SAME_DAY,
    SEVENTEEN_DAYS,
    TEN_DAYS,
    TEN_DAYS_OTHER_WAY,
    THREE_DAYS,
    Desk,
    shown,
)

from counter_app.domain import events as ev
from counter_app.domain.dossier import Lateness, lateness
from counter_app.domain.officer import Role
from counter_app.services.acts import RIGHTS, Acted
from counter_app.services.results import Rejected

MakeDesk = Callable[..., Desk]

NEEDED: dict[str, dict[str, Any]] = {
    "transfer": {},
    "take-over": {},
    "request-supplement": {"items": ["Giấy chứng sinh"], "reason": "Thiếu"},
    "receive-supplement": {},
    "request-payment": {"amount": 50_000, "reason": "Nghĩa vụ tài chính"},
    "receive-payment": {},
    "extend": {"new_due_at": "2027-03-01T17:00", "reason": "Chờ xác minh"},
    "stop": {"decision_no": "15/QĐ", "reason": "Không đủ điều kiện"},
    "withdraw": {"reason": "Người dân xin rút"},
    "complete": {},
    "return": {},
    "correct": {"note": "Ghi thêm", "reason": "Bổ sung"},
    "void": {"reason": "Nhập hai lần"},
    "revert": {"reason": "Bấm nhầm"},
}
"""Action → the keys that the contract does not call optional."""

WAYS: dict[int, tuple[str, ...]] = {
    2: (),
    4: ("transfer",),
    5: ("transfer", "request-supplement"),
    6: ("transfer", "request-payment"),
    7: ("withdraw",),
    8: ("stop",),
    9: ("complete",),
    10: ("complete", "return"),
}


def come_to(desk: Desk, number: int, procedure: str = TEN_DAYS) -> str:
    """A dossier in that status."""
    dossier_id = desk.accept(procedure=procedure).dossier_id
    for action in WAYS[number]:
        desk.do(dossier_id, action, **NEEDED[action])
    assert desk.dossier(dossier_id).status.no == number
    return dossier_id


BEFORE = {
    "receive-supplement": 5,
    "receive-payment": 6,
    "return": 9,
    "take-over": 4,
    "revert": 4,
}
"""Action → a status from which it may be done, 2 where it is not named."""


# ---- who may -----------------------------------------------------------------------------------


@pytest.mark.parametrize("action", NEEDED)
def test_whoever_has_no_right_at_all_does_nothing(desk: Desk, action: str) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))
    before, events = desk.dossier(dossier_id), desk.count("event_log")

    assert desk.denied(dossier_id, action, desk.hire("Ai Đó"), **NEEDED[action]) == ["no_right"]

    assert desk.dossier(dossier_id) == before
    assert desk.count("event_log") == events


@pytest.mark.parametrize("action", NEEDED)
def test_the_first_officer_may_do_everything(desk: Desk, action: str) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))

    assert desk.do(dossier_id, action, **NEEDED[action]).id == dossier_id


@pytest.mark.parametrize(
    ("role", "does", "does_not"),
    [
        (Role.PROCESSING, ("transfer", "complete"), ("return", "void", "withdraw", "correct")),
        (Role.RETURNS, ("return",), ("complete", "transfer", "void", "withdraw", "correct")),
        (Role.CASHIER, ("receive-payment",), ("complete", "transfer", "void", "correct")),
        (Role.INTAKE, ("withdraw", "correct"), ("void",)),
        (Role.SUPERVISOR, ("void", "complete"), ()),
    ],
)
def test_each_role_does_its_own_work_and_no_others(
    desk: Desk, role: Role, does: tuple[str, ...], does_not: tuple[str, ...]
) -> None:
    someone = desk.hire("Lê Văn Đạt", role)
    for action in does:
        dossier_id = come_to(desk, BEFORE.get(action, 2))
        desk.do(dossier_id, action, someone, **NEEDED[action])
        assert desk.story(dossier_id)[-1][0].actor_name == "Lê Văn Đạt"
    for action in does_not:
        dossier_id = come_to(desk, BEFORE.get(action, 2))
        assert desk.denied(dossier_id, action, someone, **NEEDED[action]) == ["no_right"]


def test_every_action_of_the_contract_is_known_and_no_other(desk: Desk) -> None:
    assert set(RIGHTS) == set(NEEDED)
    dossier_id = come_to(desk, 2)
    for name in ("accept", "dance", "dossier.completed", ""):
        assert desk.denied(dossier_id, name) == ["action_unknown"]


def test_an_action_on_no_dossier_is_refused(desk: Desk) -> None:
    assert desk.denied("khong-co", "complete") == ["dossier_unknown"]


@pytest.mark.parametrize("number", WAYS)
def test_only_what_can_be_done_is_offered(desk: Desk, number: int) -> None:
    offered = desk.counter.acts.allowed(desk.dossier(come_to(desk, number)), desk.officer)
    assert len(set(offered)) == len(offered)

    for action in offered:
        dossier_id = come_to(desk, number)
        desk.do(dossier_id, action, **NEEDED[action])
    for action in set(NEEDED) - set(offered) - {"receive-payment"}:
        desk.denied(come_to(desk, number), action, **NEEDED[action])


def test_to_whom_nothing_is_allowed_nothing_is_offered(desk: Desk) -> None:
    dossier = desk.dossier(come_to(desk, 4))

    assert desk.counter.acts.allowed(dossier, desk.hire("Ai Đó")) == ()


def test_a_void_dossier_offers_nothing_but_taking_the_void_back(desk: Desk) -> None:
    dossier = desk.do(come_to(desk, 2), "void", reason="Nhập hai lần")

    assert set(desk.counter.acts.allowed(dossier, desk.officer)) <= {"revert"}


def test_voiding_is_offered_only_where_the_dossier_was_received(desk: Desk) -> None:
    here = desk.dossier(come_to(desk, 2))
    elsewhere = replace(here, device="c-quay-khac")

    assert "void" in desk.counter.acts.allowed(here, desk.officer)
    assert "void" not in desk.counter.acts.allowed(elsewhere, desk.officer)


# ---- who holds it ------------------------------------------------------------------------------


def test_a_transfer_goes_to_whom_it_names_else_to_the_desk_of_the_procedure(desk: Desk) -> None:
    named, plain = come_to(desk, 2), come_to(desk, 2)

    assert desk.do(named, "transfer", to="Nguyễn Văn Ất").holder == ev.Destination(
        "commune", "Nguyễn Văn Ất"
    )
    assert desk.do(plain, "transfer").holder == ev.Destination("commune", "Tư pháp - Hộ tịch")


def test_taking_over_is_signed_by_who_received_it_and_changes_no_status(desk: Desk) -> None:
    dossier_id = come_to(desk, 4)

    after = desk.do(dossier_id, "take-over", desk.hire("Nguyễn Văn Ất", Role.PROCESSING))

    assert after.status.no == 4
    assert (after.timeline[-1].event, after.timeline[-1].actor) == (
        "dossier.taken_over",
        "Nguyễn Văn Ất",
    )


def test_what_went_up_is_decided_there_and_served_here(desk: Desk) -> None:
    dossier_id = come_to(desk, 2)
    desk.do(dossier_id, "transfer", to="upper")

    holder = ("transfer", "take-over", "request-supplement", "request-payment", "extend")
    for action in (*holder, "stop", "complete"):
        assert desk.denied(dossier_id, action, **NEEDED[action]) == ["other_side"]
    desk.do(dossier_id, "receive-payment", amount=15_000)
    desk.do(dossier_id, "correct", note="Gọi trước khi trả", reason="Bổ sung")
    assert desk.do(dossier_id, "withdraw", reason="Xin rút").status.no == 7


# ---- what it needs ------------------------------------------------------------------------------

MISSING = [
    (action, key)
    for action, fields in NEEDED.items()
    for key in fields
    if (action, key) != ("correct", "note")
]


@pytest.mark.parametrize(("action", "key"), MISSING)
def test_what_an_action_needs_is_asked_for_and_nothing_is_written(
    desk: Desk, action: str, key: str
) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))
    events = desk.count("event_log")
    fields = {name: value for name, value in NEEDED[action].items() if name != key}

    assert desk.denied(dossier_id, action, **fields)

    assert desk.count("event_log") == events


@pytest.mark.parametrize("action", NEEDED)
def test_unknown_keys_are_refused(desk: Desk, action: str) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))
    events = desk.count("event_log")

    assert desk.denied(dossier_id, action, **NEEDED[action], colour="red") == ["unknown_field"]

    assert desk.count("event_log") == events


OPTIONAL: dict[str, dict[str, Any]] = {
    "transfer": {"to": "Tư pháp", "note": "gấp"},
    "take-over": {"note": "đã nhận đủ"},
    "request-supplement": {"until": "2026-12-01", "note": "gọi điện rồi"},
    "receive-supplement": {"items": ["Giấy chứng sinh"], "note": "đủ"},
    "request-payment": {"note": "theo thông báo thuế"},
    "receive-payment": {
        "amount": 50_000, "method": "tiền mặt", "receipt_serial": "AA-001",
        "exemption": "hộ nghèo", "note": "thu hộ",
    },
    "extend": {"unit_at_fault": "Địa chính", "approver": "Chủ tịch", "note": "đã xin lỗi"},
    "stop": {"note": "đã báo"},
    "withdraw": {"note": "đã trả giấy"},
    "complete": {
        "decision_no": "20/QĐ", "decided_on": "2026-11-20", "signed_by": "Chủ tịch",
        "shelf": "K2", "note": "có phụ lục",
    },
    "return": {
        "to": "proxy", "post_item": "RR1", "slip_lost": True, "witness": "Hồ Văn Bê",
        "receiver": {"name": "Hồ Văn Bê", "personal_number": "045201004321",
                     "relation": "con", "paper": "giấy ủy quyền"}, "note": "điểm chỉ",
    },
    "void": {"approver": "Phụ trách", "note": "nhập đôi"},
}  # fmt: skip


def test_of_a_moment_given_for_a_day_the_day_counts(desk: Desk) -> None:
    dossier_id = come_to(desk, 2)
    until = {"until": "2026-12-01T17:00"}
    done = desk.do(dossier_id, "request-supplement", **NEEDED["request-supplement"], **until)
    asked = done.timeline[-1].payload
    assert isinstance(asked, ev.SupplementRequested)
    assert asked.until == date(2026, 12, 1)


@pytest.mark.parametrize("action", OPTIONAL)
def test_every_key_of_the_contract_is_taken_and_remembered(desk: Desk, action: str) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))

    desk.do(dossier_id, action, **NEEDED[action], **OPTIONAL[action])

    event, payload = desk.story(dossier_id)[-1]
    assert payload is not None
    for value in OPTIONAL[action].values():
        texts = value.values() if isinstance(value, dict) else [value]
        for text in texts:
            wanted = text[0] if isinstance(text, list) else text
            assert str(wanted).lower() in event.payload.lower()


@pytest.mark.parametrize("action", OPTIONAL)
def test_null_says_what_a_missing_key_says(desk: Desk, action: str) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))

    desk.do(dossier_id, action, **NEEDED[action], **dict.fromkeys(OPTIONAL[action]))


@pytest.mark.parametrize(
    ("action", "key", "value", "field"),
    [
        ("return", "receiver", {"name": ["Hồ Văn Bê"]}, "receiver.name"),
        ("return", "receiver", {"name": "H" * 501}, "receiver.name"),
        ("return", "receiver", ["Hồ Văn Bê"], "receiver"),
        ("return", "slip_lost", "có", "slip_lost"),
        ("complete", "decided_on", 20261120, "decided_on"),
        ("receive-supplement", "items", 0, "items"),
        ("receive-payment", "amount", 5000.0, "amount"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_its_name(
    desk: Desk, action: str, key: str, value: object, field: str
) -> None:
    dossier_id = come_to(desk, BEFORE.get(action, 2))

    done = desk.counter.acts.act(dossier_id, action, {**NEEDED[action], key: value}, desk.officer)

    assert isinstance(done, Rejected)
    assert [problem.field for problem in done.problems] == [field]


def test_a_result_is_handed_to_a_proxy_whose_papers_are_not_written_down(desk: Desk) -> None:
    assert desk.do(come_to(desk, 9), "return", to="proxy").status.no == 10


def test_an_owner_who_lost_the_slip_gets_the_result_all_the_same(desk: Desk) -> None:
    after = desk.do(come_to(desk, 9), "return", slip_lost=True)

    assert after.handed_over is not None
    assert (after.handed_over.to, after.handed_over.slip_lost) == ("owner", True)


def test_a_fee_not_named_is_what_is_still_owed(desk: Desk) -> None:
    made = desk.accept(procedure=THREE_DAYS)

    desk.do(made.dossier_id, "receive-payment", amount=5_000)
    after = desk.do(made.dossier_id, "receive-payment")

    assert [amount for _, amount in after.paid] == [5_000, 10_000]


def test_a_payment_that_was_asked_for_is_that_amount(desk: Desk) -> None:
    after = desk.do(come_to(desk, 6), "receive-payment")

    assert [amount for _, amount in after.paid] == [50_000]


# ---- numbers of notices -----------------------------------------------------------------------


def numbers(desk: Desk, dossier_ids: list[str]) -> list[str]:
    return [
        payload.notice_no
        for dossier_id in dossier_ids
        for _, payload in desk.story(dossier_id)
        if isinstance(payload, ev.SupplementRequested | ev.DossierExtended | ev.DossierStopped)
    ]


@pytest.mark.parametrize("action", ["request-supplement", "extend", "stop"])
def test_notices_of_each_kind_are_numbered_from_one_each_year(desk: Desk, action: str) -> None:
    desk.at("2026-12-30T10:00")
    made = [come_to(desk, 2) for _ in range(3)]
    for dossier_id in made[:2]:
        desk.do(dossier_id, action, **NEEDED[action])
    desk.at("2027-01-04T10:00")
    desk.do(made[2], action, **NEEDED[action])

    assert numbers(desk, made) == ["2-0001", "2-0002", "2-0001"]


REFUSED_AT: dict[str, dict[str, Any]] = {
    "request-supplement, note too long": {"note": "n" * 501},
    "request-supplement, a day that is none": {"until": "2026-02-30"},
    "request-supplement, unknown key": {"colour": "red"},
    "extend, note too long": {"note": "n" * 501},
    "extend, approver too long": {"approver": "n" * 501},
    "extend, not later": {"new_due_at": "2026-11-20T17:00"},
    "stop, note too long": {"note": "n" * 501},
    "stop, no decision": {"decision_no": ""},
}


@pytest.mark.parametrize("name", REFUSED_AT)
def test_an_action_that_is_refused_takes_no_notice_number(desk: Desk, name: str) -> None:
    action, dossier_id = name.split(",")[0], come_to(desk, 2)

    desk.denied(dossier_id, action, **{**NEEDED[action], **REFUSED_AT[name]})
    desk.do(dossier_id, action, **NEEDED[action])

    assert numbers(desk, [dossier_id]) == ["2-0001"]


# ---- waits: the worked examples ---------------------------------------------------------------


def dates(desk: Desk, dossier_id: str) -> tuple[str, str, str]:
    """(in force, judged by, printed)."""
    dossier = desk.dossier(dossier_id)
    return shown(dossier.due_at), shown(dossier.judged_due_at), shown(dossier.original_due_at)


@pytest.mark.parametrize(
    ("procedure", "due"),
    [(TEN_DAYS, "2026-06-01T17:30"), (TEN_DAYS_OTHER_WAY, "2026-05-27T17:30")],
    ids=["restart", "resume"],
)
def test_example_g_ten_days_with_a_supplement(desk: Desk, procedure: str, due: str) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = desk.accept(procedure=procedure).dossier_id
    assert dates(desk, dossier_id) == ("2026-05-18T17:30",) * 3
    desk.at("2026-05-07T10:00")
    desk.do(dossier_id, "request-supplement", items=["Bản sao giấy chứng sinh"], reason="Thiếu")
    assert dates(desk, dossier_id) == ("2026-05-18T17:30",) * 3
    desk.at("2026-05-18T10:00")

    desk.do(dossier_id, "receive-supplement")

    assert dates(desk, dossier_id) == (due, due, "2026-05-18T17:30")


def test_example_h_seventeen_days_with_a_payment(desk: Desk) -> None:
    desk.at("2026-02-02T09:00")
    dossier_id = desk.accept(procedure=SEVENTEEN_DAYS).dossier_id
    assert dates(desk, dossier_id) == ("2026-03-04T17:00",) * 3
    desk.at("2026-02-10T10:00")
    desk.do(dossier_id, "request-payment", amount=50_000, reason="Nghĩa vụ tài chính")
    desk.at("2026-02-25T10:00")

    desk.do(dossier_id, "receive-payment")

    assert dates(desk, dossier_id) == ("2026-03-12T17:00", "2026-03-12T17:00", "2026-03-04T17:00")


def test_calendar_days_resume_by_the_days_between(desk: Desk) -> None:
    desk.at("2026-06-16T09:00")
    dossier_id = desk.accept(procedure=FIFTEEN_CALENDAR_DAYS).dossier_id
    desk.at("2026-06-18T10:00")
    desk.do(dossier_id, "request-payment", amount=1, reason="Phí")
    desk.at("2026-06-22T10:00")

    desk.do(dossier_id, "receive-payment")

    # 01/07 and four days more is Sunday 05/07, which rolls to Monday
    assert dates(desk, dossier_id)[0] == "2026-07-06T17:30"


def test_a_same_day_dossier_always_begins_anew(desk: Desk) -> None:
    desk.at("2026-05-12T09:00")
    dossier_id = desk.accept(procedure=SAME_DAY).dossier_id
    desk.do(dossier_id, "request-payment", amount=1, reason="Phí")
    desk.at("2026-05-12T15:30")

    desk.do(dossier_id, "receive-payment")

    assert dates(desk, dossier_id) == ("2026-05-13T17:30", "2026-05-13T17:30", "2026-05-12T17:30")


def test_a_wait_that_begins_after_the_due_moment_moves_nothing(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = desk.accept(procedure=THREE_DAYS).dossier_id
    desk.at("2026-05-08T10:00")
    desk.do(dossier_id, "request-supplement", items=["Đơn"], reason="Thiếu")
    desk.at("2026-05-20T10:00")

    after = desk.do(dossier_id, "receive-supplement")

    assert dates(desk, dossier_id) == ("2026-05-07T17:30",) * 3
    assert lateness(after, desk.clock.now().date()) is Lateness.OVERDUE


def test_a_clock_set_back_during_a_wait_is_no_reason_to_refuse(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = desk.accept(procedure=TEN_DAYS).dossier_id
    desk.at("2026-05-07T10:00")
    desk.do(dossier_id, "request-supplement", items=["Đơn"], reason="Thiếu")
    desk.at("2015-01-01T00:10")

    assert desk.do(dossier_id, "receive-supplement").status.no == 2
    assert desk.faults() == []


def test_a_wait_does_not_take_back_a_date_that_was_promised_by_hand(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    made = desk.accept(
        procedure=TEN_DAYS,
        due_override={"at": "2026-06-15T17:30", "reason": "Xác minh xa", "approver": "Phụ trách"},
    )
    desk.at("2026-05-05T10:00")
    desk.do(made.dossier_id, "request-payment", amount=1, reason="Phí")
    desk.at("2026-05-07T10:00")

    desk.do(made.dossier_id, "receive-payment")

    in_force, judged, printed = dates(desk, made.dossier_id)
    assert printed == "2026-06-15T17:30"
    # the printed date, moved by the wait and by nothing else, lies never before the printed date
    assert in_force >= printed
    assert judged >= printed


# ---- extensions -------------------------------------------------------------------------------


def test_an_extension_must_be_later_than_the_date_in_force(desk: Desk) -> None:
    dossier_id = come_to(desk, 4, THREE_DAYS)
    assert dates(desk, dossier_id)[0] == "2026-11-26T17:00"

    for wrong in ("2026-11-26T17:00", "2026-11-25T09:00", "hôm sau", None):
        assert desk.denied(dossier_id, "extend", new_due_at=wrong, reason="Chờ")
    desk.do(dossier_id, "extend", new_due_at="2026-11-26T17:01", reason="Chờ")


def test_a_second_extension_is_marked_and_measured_against_the_first(desk: Desk) -> None:
    dossier_id = come_to(desk, 4, THREE_DAYS)
    desk.do(dossier_id, "extend", new_due_at="2026-12-03T17:00", reason="Chờ")
    assert desk.denied(dossier_id, "extend", new_due_at="2026-12-01T17:00", reason="Chờ")

    after = desk.do(dossier_id, "extend", new_due_at="2026-12-10T17:00", reason="Vẫn chờ")

    assert [(e.second, shown(e.old_due_at), shown(e.new_due_at)) for e in after.extensions] == [
        (False, "2026-11-26T17:00", "2026-12-03T17:00"),
        (True, "2026-12-03T17:00", "2026-12-10T17:00"),
    ]
    assert dates(desk, dossier_id) == ("2026-12-10T17:00", "2026-11-26T17:00", "2026-11-26T17:00")


# ---- at once, and taken back --------------------------------------------------------------------


def test_a_same_day_result_is_completed_and_returned_in_one_transaction(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier_id = come_to(desk, 2, SAME_DAY)
    events = desk.count("event_log")

    with monkeypatch.context() as patch:
        patch.setattr("db.dossiers.Dossiers.refresh", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.counter.acts.act(dossier_id, "return", {}, desk.officer)
    assert desk.count("event_log") == events

    assert desk.do(dossier_id, "return").status.no == 10
    assert desk.count("event_log") == events + 2
    assert desk.faults() == []


def test_a_dossier_that_takes_days_is_completed_before_it_is_returned(desk: Desk) -> None:
    assert desk.denied(come_to(desk, 2, THREE_DAYS), "return") == ["state"]
    assert desk.denied(come_to(desk, 4, SAME_DAY), "return") == ["state"]


def test_a_second_return_is_refused(desk: Desk) -> None:
    dossier_id = come_to(desk, 10)

    assert desk.denied(dossier_id, "return") == ["state"]


def test_taking_back_undoes_one_action_at_a_time_down_to_the_acceptance(desk: Desk) -> None:
    dossier_id = come_to(desk, 10)
    seen = []
    for _ in range(2):
        seen.append(desk.do(dossier_id, "revert", reason="Bấm nhầm").status.no)

    assert seen == [9, 2]
    assert desk.denied(dossier_id, "revert", reason="Bấm nhầm") == ["nothing_to_revert"]
    assert len(desk.dossier(dossier_id).timeline) == 5
    assert desk.faults() == []


def test_taking_back_the_end_of_a_wait_brings_the_old_date_and_the_wait_back(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = come_to(desk, 5)
    desk.at("2026-05-12T09:00")
    desk.do(dossier_id, "receive-supplement")
    assert dates(desk, dossier_id)[0] > "2026-05-18T17:30"

    after = desk.do(dossier_id, "revert", reason="Giấy của người khác")

    assert after.status.no == 5
    assert dates(desk, dossier_id) == ("2026-05-18T17:30",) * 3


def test_a_void_by_mistake_is_taken_back(desk: Desk) -> None:
    dossier_id = come_to(desk, 2)
    desk.do(dossier_id, "void", reason="Nhập hai lần")

    after = desk.do(dossier_id, "revert", reason="Hủy nhầm hồ sơ")

    assert (after.status.no, after.voided) == (2, False)
    assert desk.do(dossier_id, "complete").status.no == 9


def test_taking_a_fee_back_leaves_the_fee_and_its_void_in_the_story(desk: Desk) -> None:
    dossier_id = come_to(desk, 9, THREE_DAYS)
    desk.do(dossier_id, "receive-payment")

    after = desk.do(dossier_id, "revert", reason="Thu nhầm người")

    assert (after.paid, after.status.no) == ((), 9)
    assert [line.event for line in after.timeline][-2:] == ["payment.received", "payment.voided"]
    # and the next one takes back what was before the fee
    assert desk.do(dossier_id, "revert", reason="Nhầm hồ sơ").status.no == 2


def test_what_lies_under_a_correction_is_not_taken_back(desk: Desk) -> None:
    dossier_id = come_to(desk, 4)
    desk.do(dossier_id, "correct", note="Ghi thêm", reason="Bổ sung")

    assert desk.denied(dossier_id, "revert", reason="Nhầm") in (
        ["stands_under_another"],
        ["nothing_to_revert"],
    )
    assert desk.dossier(dossier_id).status.no == 4


def test_two_programs_on_one_book_see_each_others_actions(desk: Desk) -> None:
    dossier_id = come_to(desk, 9)
    other = Desk(desk.folder, desk.key, desk.clock)
    try:
        done = other.counter.acts.act(dossier_id, "return", {}, other.officer)
        assert isinstance(done, Acted)
        again = desk.counter.acts.act(dossier_id, "return", {}, desk.officer)
        assert isinstance(again, Rejected)
        assert desk.faults() == []
    finally:
        other.close()
