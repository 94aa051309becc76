"""The fold: from the events of a dossier to its state, row by row of the contract's table."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from conftest import ZONE
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from counter_app.domain import events as ev
from counter_app.domain.dossier import (
    Dossier,
    Entry,
    Lateness,
    Rejection,
    Status,
    check_revert,
    fold,
    lateness,
    refusal,
)
from counter_app.domain.events import Destination, Due, Event, Payload, ReceiptSeal
from counter_app.domain.retention import Kept, Schedule, erasure_of, why_kept

HERE, NEIGHBOUR, ABOVE = "c-quay-2", "c-quay-3", "u-tren"
RECEIVED = datetime(2026, 5, 4, 9, 0, tzinfo=ZONE)
PROMISED = datetime(2026, 5, 18, 17, 30, tzinfo=ZONE)
LATER = datetime(2026, 6, 1, 17, 30, tzinfo=ZONE)
COMMUNE, UPPER = Destination("commune", "Tư pháp - Hộ tịch"), Destination("upper", "")
FACTS = ev.Facts(
    procedure=ev.ProcedureRef(
        "9.000010", "Xác minh thử", "2026-01", "thu", "Thử", "thuong", "Thông thường", "Tư pháp"
    ),
    applicant=ev.Party("person", "HỒ THỊ NGUYỆT"),
    representative=None,
    components=(),
    pages=(),
    sets=1,
    return_method="counter",
    note="",
    fees=(ev.FeeLine("p1", "Phí thử", "fee", 20_000),),
)


def due(at: datetime) -> Due:
    return Due(at, RECEIVED, (at.date(),), False, "working_day", 10, "10 ngày làm việc.")


def seal(no: int) -> ReceiptSeal:
    return ReceiptSeal(no, "aabbccdd", f"chữ ký {no}")


ACCEPTED = ev.DossierAccepted(
    code="H50.99.01-260504-2001",
    origin="counter",
    received_at=RECEIVED,
    facts=FACTS,
    due=due(PROMISED),
    receipt=seal(1),
    slip=True,
    form_set="FS-2018",
    office_version="v1",
    counter_no=2,
)
CORRECTED_FACTS = replace(FACTS, applicant=ev.Party("person", "HỒ THỊ NGUYỆN"))


def corrected(no: int = 2, counted: Due | None = None) -> ev.DossierCorrected:
    change = ev.Change("applicant.name", "HỒ THỊ NGUYỆT", "HỒ THỊ NGUYỆN")
    return ev.DossierCorrected((change,), "Ghi nhầm", CORRECTED_FACTS, no - 1, seal(no), counted)


TRANSFER = ev.DossierTransferred(COMMUNE)
TO_UPPER = ev.DossierTransferred(UPPER)
TAKE_OVER = ev.DossierTakenOver()
ASK_PAPERS = ev.SupplementRequested("2-0001", ("Bản sao giấy chứng sinh",), "Thiếu", "restart")
BRING_PAPERS = ev.SupplementReceived(("Bản sao giấy chứng sinh",), due(LATER))
ASK_MONEY = ev.PaymentRequested(50_000, "Nghĩa vụ tài chính", "resume")
BRING_MONEY = ev.PaymentReceived(50_000, due=due(LATER))
TAKE_FEE = ev.PaymentReceived(20_000)
EXTEND = ev.DossierExtended("2-0001", PROMISED, LATER, "Chờ xác minh")
STOP = ev.DossierStopped("2-0001", "15/QĐ", "Không đủ điều kiện")
WITHDRAW = ev.DossierWithdrawn("Người dân xin rút")
COMPLETE = ev.DossierCompleted(shelf="K1")
HAND_OVER = ev.DossierReturned("owner")
VOID = ev.DossierVoided("Nhập hai lần")
RENUMBER = ev.DossierRenumbered("H50.99.01-260504-2001", "H50.99.01-260504-0001", "hồ sơ khác")
NOTE = ev.NoteAdded("Đã gọi điện")


def printed(outcome: Any = "CONFIRMED", no: int = 1) -> ev.SlipPrinted:
    return ev.SlipPrinted("viec-in", "receipt", no, 0, outcome, "may-in", "00")


class Story:
    """A log as it is written: who did what, a minute apart."""

    def __init__(self, *payloads: Payload | None) -> None:
        self.entries: list[Entry] = []
        for payload in (ACCEPTED, *payloads):
            self.add(payload)

    def add(
        self, payload: Payload | None, by: str = HERE, at: datetime | None = None
    ) -> tuple[str, Rejection | None]:
        """Write one more event; answers its id and why the fold refuses it, if it does."""
        number = len(self.entries) + 1
        when = at or RECEIVED + timedelta(minutes=number)
        event_id = "ho-so" if number == 1 else f"viec-{number}"
        name = "moi.hon" if payload is None else ev.TYPE_OF[type(payload)]
        event = Event(
            by, "doi-1", number, event_id, name, 1, "ho-so", when.isoformat(), "ok",
            "mai", "Hồ Thị Mai", "{}", "", "", "",
        )  # fmt: skip
        self.entries.append((event, payload))
        return event_id, self.state.timeline[-1].rejected

    @property
    def state(self) -> Dossier:
        found = fold(self.entries)
        assert found is not None
        return found


def without_story(dossier: Dossier) -> Dossier:
    return replace(dossier, timeline=())


# ---- the end of keeping --------------------------------------------------------------------------

ENDED = Story(TRANSFER, TAKE_FEE, COMPLETE, HAND_OVER)
YEARS_LATER = RECEIVED.replace(year=2036)


def emptied(entry: Entry) -> Entry:
    return entry[0]._replace(payload=""), None


def test_an_erasure_says_nothing_before_it_is_carried_out() -> None:
    story = Story(TRANSFER, TAKE_FEE, COMPLETE, HAND_OVER)
    before = without_story(story.state)
    story.add(erasure_of(story.state, 10), at=YEARS_LATER)

    assert without_story(story.state) == before
    assert check_revert(story.state, "viec-5", by_upper=False) is None


@given(
    order=st.permutations(range(7)),
    left=st.sets(st.integers(1, 5), max_size=4),
)
def test_what_is_erased_is_the_same_in_any_order_and_whatever_is_left(
    order: list[int], left: set[int]
) -> None:
    story = Story(TRANSFER, TAKE_FEE, COMPLETE, HAND_OVER, NOTE)
    story.add(erasure_of(ENDED.state, 10), at=YEARS_LATER)
    entries = [e if n in left or n == 6 else emptied(e) for n, e in enumerate(story.entries)]

    state = fold([entries[n] for n in order])

    assert state is not None
    assert state.facts.applicant == ev.Party("person", "Đã xóa theo hạn lưu")
    was = ENDED.state
    assert (state.code, state.status, state.received_at, state.due_at, state.returned_at) == (
        was.code, was.status, was.received_at, was.due_at, was.returned_at,
    )  # fmt: skip
    assert sum(amount for _, amount in state.paid) == 20_000
    assert state.erased_at == YEARS_LATER
    assert "NGUYỆT" not in repr(state)
    assert refusal(state, "note.added", HERE) is Rejection.STATE
    assert check_revert(state, "viec-5", by_upper=False) is Rejection.NOTHING_TO_REVERT


def test_what_came_empty_without_the_reason_tells_of_no_dossier() -> None:
    assert fold(map(emptied, ENDED.entries)) is None


@pytest.mark.parametrize(
    ("story", "years", "now", "kept"),
    [
        (ENDED, 10, RECEIVED.replace(year=2036, day=3), Kept.TOO_SOON),
        (ENDED, 10, RECEIVED.replace(year=2036, day=5), None),
        (ENDED, None, YEARS_LATER, Kept.NO_SCHEDULE),
        (Story(TRANSFER, COMPLETE), 1, YEARS_LATER, Kept.OPEN),
        (Story(VOID), 10, YEARS_LATER.replace(day=5), None),
        (Story(WITHDRAW), 10, YEARS_LATER.replace(day=5), None),
        (Story(STOP, ev.SubjectHeld("Kiện")), 1, YEARS_LATER, Kept.HELD),
        (Story(STOP, ev.SubjectHeld("Kiện"), ev.SubjectReleased("Xong")), 1, YEARS_LATER, None),
    ],
)
def test_what_may_be_erased(
    story: Story, years: int | None, now: datetime, kept: Kept | None
) -> None:
    assert why_kept(story.state, years, now) is kept


def test_an_end_that_was_taken_back_is_none_and_the_next_one_counts() -> None:
    story = Story(COMPLETE)
    first, _ = story.add(HAND_OVER)
    story.add(ev.ActionReverted(first, "Nhầm người"))
    assert why_kept(story.state, 1, YEARS_LATER) is Kept.OPEN
    story.add(HAND_OVER, at=RECEIVED.replace(year=2030))
    assert why_kept(story.state, 6, RECEIVED.replace(year=2035)) is Kept.TOO_SOON
    assert erasure_of(story.state, 6).ended_at == RECEIVED.replace(year=2030)


def test_a_hold_stays_when_an_action_is_taken_back() -> None:
    story = Story(COMPLETE)
    last, _ = story.add(HAND_OVER)
    story.add(ev.SubjectHeld("Kiện"))
    assert story.add(ev.ActionReverted(last, "Nhầm"))[1] is None
    assert story.state.held == "Kiện"


def test_years_are_whole_and_by_field() -> None:
    leap = Story(COMPLETE)
    leap.add(HAND_OVER, at=datetime(2028, 2, 29, 9, 0, tzinfo=ZONE))
    assert why_kept(leap.state, 1, datetime(2029, 2, 28, 23, 0, tzinfo=ZONE)) is Kept.TOO_SOON
    assert why_kept(leap.state, 1, datetime(2029, 3, 1, 9, 0, tzinfo=ZONE)) is None
    late = Story(COMPLETE)
    late.add(HAND_OVER, at=datetime(9950, 3, 1, 9, 0, tzinfo=ZONE))
    assert why_kept(late.state, 100, YEARS_LATER) is Kept.TOO_SOON
    schedule = Schedule(10, {"ho-tich": 70, "dat-dai": 5})
    assert [schedule.years(field) for field in ("ho-tich", "khac")] == [70, 10]
    assert (schedule.fewest, Schedule().fewest, Schedule().years("khac")) == (5, None, None)


# ---- the table of the contract -----------------------------------------------------------------

ACTIONS: dict[str, tuple[Payload, set[int], int | None]] = {
    "transfer": (TRANSFER, {2, 4}, 4),
    "take-over": (TAKE_OVER, {2, 4}, None),
    "request-supplement": (ASK_PAPERS, {2, 4}, 5),
    "receive-supplement": (BRING_PAPERS, {5}, 4),
    "request-payment": (ASK_MONEY, {2, 4}, 6),
    "receive-payment, asked for": (BRING_MONEY, {6}, 4),
    "receive-payment, a fee": (TAKE_FEE, {2, 4, 5, 7, 8, 9, 10}, None),
    "extend": (EXTEND, {2, 4, 5, 6}, None),
    "stop": (STOP, {2, 4, 5, 6}, 8),
    "withdraw": (WITHDRAW, {2, 4, 5, 6}, 7),
    "complete": (COMPLETE, {2, 4}, 9),
    "return": (HAND_OVER, {9}, 10),
    "correct": (corrected(), {2, 4, 5, 6, 9}, None),
    "void": (VOID, {2}, 8),
}
"""Action → its event, the statuses it may come from, the one it ends in (None: stays)."""

WAYS: dict[int, tuple[Payload, ...]] = {
    2: (),
    4: (TRANSFER,),
    5: (TRANSFER, ASK_PAPERS),
    6: (TRANSFER, ASK_MONEY),
    7: (WITHDRAW,),
    8: (STOP,),
    9: (COMPLETE,),
    10: (COMPLETE, HAND_OVER),
}
"""Status number → how to come to it."""

NATIONAL = {
    1: "registered",
    2: "accepted",
    3: "refused",
    4: "in_process",
    5: "awaiting_supplement",
    6: "awaiting_payment",
    7: "withdrawn",
    8: "stopped",
    9: "completed",
    10: "returned",
}


def test_the_ten_statuses_have_their_national_numbers() -> None:
    assert {status.no: status.value for status in Status} == NATIONAL


@pytest.mark.parametrize("start", WAYS)
def test_each_status_is_reached_by_its_way(start: int) -> None:
    assert Story(*WAYS[start]).state.status.no == start


ALLOWED = [(a, start) for a, (_, begins, _) in ACTIONS.items() for start in sorted(begins)]
# in 6 a payment always ends the wait, and outside it there is none to end
REFUSED = [
    (action, start)
    for action, (_, begins, _) in ACTIONS.items()
    if not action.startswith("receive-payment")
    for start in WAYS
    if start not in begins
]


@pytest.mark.parametrize(("action", "start"), ALLOWED)
def test_an_action_that_the_table_allows_is_taken(action: str, start: int) -> None:
    payload, _, ends = ACTIONS[action]
    story = Story(*WAYS[start])
    assert refusal(story.state, ev.TYPE_OF[type(payload)], HERE) is None

    _, rejected = story.add(payload)

    assert rejected is None
    assert story.state.status.no == (start if ends is None else ends)


@pytest.mark.parametrize(("action", "start"), REFUSED)
def test_an_action_that_the_table_does_not_allow_is_kept_as_rejected(
    action: str, start: int
) -> None:
    payload, _, _ = ACTIONS[action]
    story = Story(*WAYS[start])
    before = story.state
    assert refusal(before, ev.TYPE_OF[type(payload)], HERE) is Rejection.STATE

    event_id, rejected = story.add(payload)

    assert rejected is Rejection.STATE
    assert without_story(story.state) == without_story(before)
    assert story.state.timeline[:-1] == before.timeline
    assert story.state.timeline[-1].event_id == event_id


@pytest.mark.parametrize("wait", [ASK_PAPERS, ASK_MONEY])
@pytest.mark.parametrize(("before", "way"), [(2, ()), (4, (TRANSFER,))])
def test_a_wait_ends_in_the_status_before_it(
    wait: Payload, before: int, way: tuple[Payload, ...]
) -> None:
    story = Story(*way, wait)

    story.add(BRING_PAPERS if wait is ASK_PAPERS else BRING_MONEY)

    assert story.state.status.no == before


def test_a_second_acceptance_changes_nothing() -> None:
    story = Story(TRANSFER)
    before = story.state

    _, rejected = story.add(replace(ACCEPTED, code="H50.99.01-260504-2099"))

    assert rejected is Rejection.ALREADY_ACCEPTED
    assert without_story(story.state) == without_story(before)


def test_nothing_is_a_dossier_before_its_acceptance() -> None:
    entries = Story(TRANSFER, COMPLETE).entries[1:]
    assert fold(entries) is None
    assert fold([]) is None
    # what came too early is told, and is not done afterwards
    late = fold([*entries, *Story().entries])
    assert late is not None
    assert late.status is Status.ACCEPTED
    reasons = [line.rejected for line in late.timeline]
    assert reasons == [Rejection.NOT_ACCEPTED, Rejection.NOT_ACCEPTED, None]


def test_a_type_of_a_newer_program_is_kept_and_changes_nothing() -> None:
    story = Story(TRANSFER)
    before = story.state

    _, rejected = story.add(None)

    assert rejected is None
    assert without_story(story.state) == without_story(before)
    assert story.state.timeline[-1].event == "moi.hon"


# ---- who may: the side that holds, and the counters --------------------------------------------

HOLDERS: dict[str, Payload] = {
    "transfer": TRANSFER,
    "take-over": TAKE_OVER,
    "request-supplement": ASK_PAPERS,
    "request-payment": ASK_MONEY,
    "extend": EXTEND,
    "stop": STOP,
    "complete": COMPLETE,
}
AT_A_COUNTER: dict[str, tuple[Payload, tuple[tuple[Payload, str], ...]]] = {
    "receive-supplement": (BRING_PAPERS, ((ASK_PAPERS, ABOVE),)),
    "receive-payment": (BRING_MONEY, ((ASK_MONEY, ABOVE),)),
    "withdraw": (WITHDRAW, ()),
    "return": (HAND_OVER, ((COMPLETE, ABOVE),)),
    "correct": (corrected(), ()),
}


@pytest.mark.parametrize("action", HOLDERS)
def test_only_the_side_that_holds_the_dossier_decides(action: str) -> None:
    payload = HOLDERS[action]
    at_home, above = Story(TRANSFER), Story(TO_UPPER)

    assert at_home.add(payload, by=ABOVE)[1] is Rejection.OTHER_SIDE
    assert at_home.add(payload, by=HERE)[1] is None
    assert above.add(payload, by=HERE)[1] is Rejection.OTHER_SIDE
    assert above.add(payload, by=ABOVE)[1] is None


@pytest.mark.parametrize("action", AT_A_COUNTER)
def test_what_happens_at_a_counter_happens_at_any_counter_and_never_above(action: str) -> None:
    payload, steps = AT_A_COUNTER[action]
    story = Story(TO_UPPER)
    for step, by in steps:
        assert story.add(step, by=by)[1] is None

    assert story.add(payload, by=ABOVE)[1] is Rejection.OTHER_SIDE
    assert story.add(payload, by=NEIGHBOUR)[1] is None


def test_what_was_completed_above_is_held_by_the_commune_again() -> None:
    story = Story(TO_UPPER)
    assert story.state.holder == UPPER

    story.add(COMPLETE, by=ABOVE)

    assert story.state.holder.side == "commune"


def test_the_upper_side_gives_a_dossier_back() -> None:
    story = Story(TO_UPPER)
    story.add(ev.DossierTransferred(COMMUNE), by=ABOVE)

    assert story.state.holder == COMMUNE
    assert story.add(COMPLETE, by=ABOVE)[1] is Rejection.OTHER_SIDE
    assert story.add(COMPLETE)[1] is None


def test_only_the_receiving_counter_voids() -> None:
    story = Story()

    assert story.add(VOID, by=NEIGHBOUR)[1] is Rejection.OTHER_COUNTER
    assert story.state.status is Status.ACCEPTED
    assert story.add(VOID, by=HERE)[1] is None


def test_only_the_upper_side_gives_another_code() -> None:
    story = Story()

    assert story.add(RENUMBER, by=HERE)[1] is Rejection.OTHER_SIDE
    assert story.state.code == RENUMBER.old_code
    assert story.add(RENUMBER, by=ABOVE)[1] is None
    assert story.state.code == RENUMBER.new_code
    assert story.state.aliases == (RENUMBER.old_code,)


def test_a_remark_is_anyones_in_every_status() -> None:
    for way in WAYS.values():
        story = Story(*way)
        status = story.state.status
        assert story.add(NOTE, by=ABOVE)[1] is None
        assert story.add(NOTE, by=NEIGHBOUR)[1] is None
        assert story.state.status is status


# ---- waits, extensions and the three due moments -------------------------------------------------


def moments(dossier: Dossier) -> tuple[datetime, datetime, datetime]:
    """(in force, judged by, printed)."""
    return dossier.due_at, dossier.judged_due_at, dossier.original_due_at


@pytest.mark.parametrize(("ask", "bring"), [(ASK_PAPERS, BRING_PAPERS), (ASK_MONEY, BRING_MONEY)])
def test_a_wait_is_remembered_and_moves_the_date_only_when_it_ends(
    ask: ev.SupplementRequested | ev.PaymentRequested, bring: Payload
) -> None:
    story = Story()
    began, ended = RECEIVED + timedelta(days=3), RECEIVED + timedelta(days=14)

    story.add(ask, at=began)
    assert moments(story.state) == (PROMISED, PROMISED, PROMISED)
    assert [(w.policy, w.begins, w.ends) for w in story.state.waits] == [(ask.policy, began, None)]

    story.add(bring, at=ended)
    assert moments(story.state) == (LATER, LATER, PROMISED)
    assert [(w.policy, w.begins, w.ends) for w in story.state.waits] == [(ask.policy, began, ended)]


def test_every_wait_of_a_dossier_is_remembered_in_order() -> None:
    story = Story(ASK_PAPERS, BRING_PAPERS, ASK_MONEY, BRING_MONEY, ASK_PAPERS)

    assert [(w.policy, w.ends is None) for w in story.state.waits] == [
        ("restart", False),
        ("resume", False),
        ("restart", True),
    ]


def test_an_extension_moves_the_date_in_force_and_neither_the_judged_nor_the_printed_one() -> None:
    assert moments(Story(EXTEND).state) == (LATER, PROMISED, PROMISED)


def test_a_wait_after_an_extension_takes_nothing_of_the_new_promise() -> None:
    far = datetime(2026, 7, 1, 17, 30, tzinfo=ZONE)
    story = Story(replace(EXTEND, new_due_at=far), ASK_PAPERS, BRING_PAPERS)

    assert moments(story.state) == (far, LATER, PROMISED)


def test_a_date_set_by_hand_is_the_printed_one_and_the_counted_one_stands_beside_it() -> None:
    by_hand = datetime(2026, 5, 25, 11, 0, tzinfo=ZONE)
    override = ev.DueOverride(by_hand, "Cần xác minh ở xã khác", "Trưởng bộ phận")
    state = fold([(Story().entries[0][0], replace(ACCEPTED, due_override=override))])

    assert state is not None
    assert moments(state) == (by_hand, by_hand, by_hand)
    assert state.due.due_at == PROMISED


def test_money_outside_a_wait_is_only_recorded() -> None:
    story = Story(TRANSFER)
    before = story.state

    event_id, _ = story.add(TAKE_FEE)

    assert story.state.paid == ((event_id, 20_000),)
    assert without_story(replace(story.state, paid=())) == without_story(before)


def test_a_fee_taken_back_is_gone_from_the_sum_and_stays_in_the_story() -> None:
    story = Story()
    first, _ = story.add(TAKE_FEE)
    second, _ = story.add(replace(TAKE_FEE, amount=5_000))

    story.add(ev.PaymentVoided(first, "Thu nhầm người"))

    assert story.state.paid == ((second, 5_000),)
    assert [line.event for line in story.state.timeline[1:]] == [
        "payment.received",
        "payment.received",
        "payment.voided",
    ]


# ---- correction, void -------------------------------------------------------------------------


def test_a_correction_puts_a_new_receipt_in_force_and_keeps_the_old_one() -> None:
    story = Story()
    story.add(printed())
    story.add(corrected())

    state = story.state
    assert state.facts.applicant.name == "HỒ THỊ NGUYỆN"
    assert state.receipt == seal(2)
    assert state.receipts == (seal(1), seal(2))
    assert state.prints_of(2) == 0
    assert state.prints_of(1) == 1
    assert moments(state) == (PROMISED, PROMISED, PROMISED)
    assert state.code == ACCEPTED.code


def test_a_correction_of_the_procedure_brings_its_own_date() -> None:
    state = Story(corrected(counted=due(LATER))).state

    assert moments(state) == (LATER, LATER, LATER)


def test_of_two_corrections_of_one_receipt_the_second_is_refused() -> None:
    story = Story()
    assert story.add(corrected(2), by=HERE)[1] is None
    other = replace(corrected(2), facts=FACTS)

    assert story.add(other, by=NEIGHBOUR)[1] is Rejection.RECEIPT_REPLACED
    assert story.state.facts.applicant.name == "HỒ THỊ NGUYỆN"
    assert story.state.receipt.no == 2
    assert story.add(corrected(3), by=NEIGHBOUR)[1] is None


def test_a_void_dossier_is_stopped_for_good_and_keeps_its_code() -> None:
    story = Story(VOID)

    assert story.state.voided
    assert story.state.status.no == 8
    assert story.state.code == ACCEPTED.code
    for action in ("transfer", "extend", "withdraw", "stop", "complete", "return", "correct"):
        assert story.add(ACTIONS[action][0])[1] is Rejection.STATE
    assert story.state.voided


def test_copies_that_may_be_in_someones_hand_are_counted() -> None:
    story = Story()
    for outcome in ("CONFIRMED", "SENT", "UNKNOWN", "FAILED"):
        story.add(printed(outcome))

    # FAILED means that no byte left the PC
    assert story.state.prints_of(1) == 3


# ---- taking back ------------------------------------------------------------------------------

REVERTIBLE: dict[str, tuple[tuple[Payload, ...], Payload]] = {
    "transfer": ((), TRANSFER),
    "take-over": ((TRANSFER,), TAKE_OVER),
    "request-supplement": ((TRANSFER,), ASK_PAPERS),
    "receive-supplement": ((ASK_PAPERS,), BRING_PAPERS),
    "request-payment": ((), ASK_MONEY),
    "receive-payment": ((ASK_MONEY,), BRING_MONEY),
    "extend": ((), EXTEND),
    "stop": ((TRANSFER,), STOP),
    "withdraw": ((ASK_PAPERS,), WITHDRAW),
    "complete": ((TRANSFER,), COMPLETE),
    "return": ((COMPLETE,), HAND_OVER),
    "void": ((), VOID),
}


@pytest.mark.parametrize("action", REVERTIBLE)
def test_taking_back_gives_the_state_before_and_both_stay_in_the_story(action: str) -> None:
    way, payload = REVERTIBLE[action]
    story = Story(*way)
    before = story.state
    taken, _ = story.add(payload)
    assert check_revert(story.state, taken, by_upper=False) is None

    _, rejected = story.add(ev.ActionReverted(taken, "Bấm nhầm"))

    assert rejected is None
    assert without_story(story.state) == without_story(before)
    *_, done, back = story.state.timeline
    assert (done.event_id, done.reverted) == (taken, True)
    assert (back.event, back.reverted) == ("action.reverted", False)


def test_several_actions_are_taken_back_one_after_another() -> None:
    story = Story()
    states = []
    taken = []
    for payload in (TRANSFER, ASK_PAPERS, BRING_PAPERS, EXTEND, COMPLETE, HAND_OVER):
        states.append(without_story(story.state))
        taken.append(story.add(payload)[0])

    for event_id in reversed(taken):
        assert story.add(ev.ActionReverted(event_id, "Làm lại"))[1] is None
        assert without_story(story.state) == states.pop()


def test_after_taking_back_the_same_action_may_be_done_again() -> None:
    story = Story()
    taken, _ = story.add(COMPLETE)
    story.add(ev.ActionReverted(taken, "Bấm nhầm"))

    assert story.add(COMPLETE)[1] is None
    assert story.state.status is Status.COMPLETED


def refused_revert(story: Story, event_id: str, by: str, reason: Rejection) -> None:
    before = story.state
    assert check_revert(before, event_id, by_upper=by == ABOVE) is reason
    assert story.add(ev.ActionReverted(event_id, "Thử"), by=by)[1] is reason
    assert without_story(story.state) == without_story(before)


def test_what_something_stands_on_is_not_taken_back() -> None:
    story = Story()
    first, _ = story.add(TRANSFER)
    story.add(COMPLETE)

    refused_revert(story, first, HERE, Rejection.STANDS_UNDER_ANOTHER)


def test_nobody_takes_back_what_the_other_side_did() -> None:
    story = Story(TO_UPPER)
    above, _ = story.add(COMPLETE, by=ABOVE)
    refused_revert(story, above, HERE, Rejection.OTHER_SIDE)

    own, _ = story.add(HAND_OVER)
    refused_revert(story, own, ABOVE, Rejection.OTHER_SIDE)


def test_another_counter_of_the_commune_is_the_same_side() -> None:
    story = Story()
    taken, _ = story.add(TRANSFER, by=NEIGHBOUR)

    assert story.add(ev.ActionReverted(taken, "Nhầm"), by=HERE)[1] is None


def test_an_acceptance_is_not_taken_back() -> None:
    refused_revert(Story(), "ho-so", HERE, Rejection.NOTHING_TO_REVERT)


def test_a_correction_is_not_taken_back() -> None:
    story = Story()
    taken, _ = story.add(corrected())

    refused_revert(story, taken, HERE, Rejection.NOTHING_TO_REVERT)
    assert story.state.receipt.no == 2


def test_what_was_done_before_a_correction_is_not_taken_back() -> None:
    story = Story()
    taken, _ = story.add(TRANSFER)
    story.add(corrected())

    refused_revert(story, taken, HERE, Rejection.STANDS_UNDER_ANOTHER)


def test_a_print_and_a_remark_are_not_taken_back() -> None:
    for payload in (printed(), NOTE):
        story = Story()
        told, _ = story.add(payload)
        refused_revert(story, told, HERE, Rejection.NOTHING_TO_REVERT)


def test_an_unknown_and_a_rejected_event_are_not_taken_back() -> None:
    story = Story()
    refused, reason = story.add(HAND_OVER)
    assert reason is Rejection.STATE

    for event_id in ("khong-co", refused):
        refused_revert(story, event_id, HERE, Rejection.NOTHING_TO_REVERT)


def test_an_action_is_taken_back_only_once() -> None:
    story = Story()
    taken, _ = story.add(TRANSFER)
    assert story.add(ev.ActionReverted(taken, "Nhầm"))[1] is None

    refused_revert(story, taken, HERE, Rejection.NOTHING_TO_REVERT)


@pytest.mark.parametrize("between", [NOTE, printed(), HAND_OVER], ids=["note", "print", "rejected"])
def test_remarks_prints_and_rejected_events_stand_on_nothing(between: Payload) -> None:
    story = Story()
    taken, _ = story.add(TRANSFER)
    story.add(between)

    assert story.add(ev.ActionReverted(taken, "Nhầm"))[1] is None
    assert story.state.status is Status.ACCEPTED


def test_taking_back_keeps_prints_and_the_new_code() -> None:
    story = Story()
    taken, _ = story.add(TRANSFER)
    story.add(printed())
    story.add(RENUMBER, by=ABOVE)

    story.add(ev.ActionReverted(taken, "Nhầm"))

    assert story.state.prints_of(1) == 1
    assert story.state.code == RENUMBER.new_code
    assert story.state.aliases == (RENUMBER.old_code,)


def test_a_fee_that_was_taken_back_stands_on_nothing() -> None:
    story = Story()
    taken, _ = story.add(TRANSFER)
    fee, _ = story.add(TAKE_FEE)
    story.add(ev.PaymentVoided(fee, "Thu nhầm"))

    assert check_revert(story.state, taken, by_upper=False) is None
    assert story.add(ev.ActionReverted(taken, "Nhầm"))[1] is None


def test_a_fee_given_back_stays_given_back_when_something_else_is_taken_back() -> None:
    story = Story()
    fee, _ = story.add(TAKE_FEE)
    taken, _ = story.add(TRANSFER)
    story.add(ev.PaymentVoided(fee, "Thu nhầm"))

    assert story.add(ev.ActionReverted(taken, "Nhầm"))[1] is None
    assert story.state.paid == ()
    assert story.state.status is Status.ACCEPTED


# ---- the order in which events count -----------------------------------------------------------


def test_of_two_returns_the_first_in_order_counts() -> None:
    mine = ev.DossierReturned("owner", ev.Receiver("HỒ THỊ NGUYỆT"))
    theirs = ev.DossierReturned("proxy", ev.Receiver("HỒ VĂN BÊ"))
    story = Story(COMPLETE)
    story.add(mine, by=HERE)
    story.add(theirs, by=NEIGHBOUR)
    accepted, completed, first, second = story.entries

    one = fold([accepted, completed, first, second])
    other = fold([accepted, completed, second, first])

    assert one is not None
    assert other is not None
    assert (one.handed_over, other.handed_over) == (mine, theirs)
    for state in (one, other):
        assert [line.rejected for line in state.timeline[2:]] == [None, Rejection.STATE]


def test_the_order_given_counts_and_no_clock() -> None:
    story = Story()
    story.add(TRANSFER, at=RECEIVED + timedelta(days=400))
    story.add(COMPLETE, at=RECEIVED - timedelta(days=4_000))

    assert story.state.status is Status.COMPLETED
    assert [line.event for line in story.state.timeline] == [
        "dossier.accepted",
        "dossier.transferred",
        "dossier.completed",
    ]


def test_the_same_events_in_the_same_order_give_the_same_state() -> None:
    story = Story(TRANSFER, ASK_PAPERS, BRING_PAPERS, TAKE_FEE, corrected(), COMPLETE, VOID)

    assert fold(story.entries) == fold(list(story.entries))


def test_an_acceptance_entered_after_its_actions_still_rules_them() -> None:
    story = Story(COMPLETE, TRANSFER)

    assert [line.rejected for line in story.state.timeline] == [None, None, Rejection.STATE]
    assert story.state.status is Status.COMPLETED


# ---- lateness ---------------------------------------------------------------------------------

DUE_DAY = PROMISED.date()
DONE_IN_TIME = PROMISED - timedelta(days=1)


def finished(at: datetime, *before: Payload) -> Story:
    story = Story(*before)
    story.add(COMPLETE, at=at)
    return story


@pytest.mark.parametrize(
    ("done_at", "expected"),
    [
        (datetime(2026, 5, 17, 23, 59, tzinfo=ZONE), Lateness.EARLY),
        (datetime(2026, 5, 18, 0, 0, tzinfo=ZONE), Lateness.ON_TIME),
        # by date: after the hour of the promise it is still the day
        (datetime(2026, 5, 18, 23, 59, tzinfo=ZONE), Lateness.ON_TIME),
        (datetime(2026, 5, 19, 0, 0, tzinfo=ZONE), Lateness.OVERDUE),
    ],
)
def test_lateness_is_judged_by_the_date_of_completion(
    done_at: datetime, expected: Lateness
) -> None:
    assert lateness(finished(done_at).state, date(2027, 1, 1)) is expected


def test_collecting_late_is_not_lateness() -> None:
    story = finished(DONE_IN_TIME)
    story.add(HAND_OVER, at=PROMISED + timedelta(days=300))

    assert lateness(story.state, date(2027, 6, 1)) is Lateness.EARLY


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (DUE_DAY, Lateness.RUNNING),
        (DUE_DAY + timedelta(days=1), Lateness.OVERDUE),
    ],
)
def test_an_open_dossier_is_overdue_from_the_day_after_its_date(
    today: date, expected: Lateness
) -> None:
    assert lateness(Story().state, today) is expected
    assert lateness(Story(TRANSFER).state, today) is expected


def test_an_extension_excuses_nobody() -> None:
    extended = Story(EXTEND)
    assert lateness(extended.state, DUE_DAY + timedelta(days=1)) is Lateness.OVERDUE
    assert lateness(finished(PROMISED + timedelta(days=1), EXTEND).state, DUE_DAY) is (
        Lateness.OVERDUE
    )


def test_a_wait_does_and_while_it_lasts_nothing_is_late() -> None:
    waiting = Story(ASK_PAPERS)
    assert lateness(waiting.state, DUE_DAY + timedelta(days=90)) is Lateness.PAUSED

    waiting.add(BRING_PAPERS)
    assert lateness(waiting.state, DUE_DAY + timedelta(days=1)) is Lateness.RUNNING
    assert lateness(waiting.state, LATER.date() + timedelta(days=1)) is Lateness.OVERDUE


@pytest.mark.parametrize("ending", [STOP, WITHDRAW, VOID])
def test_what_ends_without_a_result_is_never_late(ending: Payload) -> None:
    assert lateness(Story(ending).state, date(2027, 1, 1)) is Lateness.NONE


def test_a_completion_taken_back_is_no_completion() -> None:
    story = Story()
    taken, _ = story.add(COMPLETE, at=DONE_IN_TIME)
    story.add(ev.ActionReverted(taken, "Nhầm hồ sơ"))

    assert lateness(story.state, DUE_DAY + timedelta(days=1)) is Lateness.OVERDUE


# ---- any story ---------------------------------------------------------------------------------


@dataclass
class Simple:
    """What the contract's table says a dossier is, in a few plain values."""

    status: int = 2
    before: int = 0
    upper: bool = False
    voided: bool = False
    receipt: int = 1
    waits: int = 0
    extended: bool = False
    printed: int = 0


@dataclass
class Undo:
    """An action that may be taken back, and what was before it."""

    event_id: str
    above: bool
    before: Simple
    fixed: bool = field(default=False)
    """A correction: it stays, and so does what is under it."""


HOLDERS_ONLY = {"transfer", "to upper", "take-over", "ask papers", "ask money", "extend", "stop"}
HOLDERS_ONLY |= {"complete"}


class AnyStory(RuleBasedStateMachine):
    """Counters and the upper side write what they like; the fold agrees with the plain values."""

    @initialize()
    def begin(self) -> None:
        self.story = Story()
        self.model = Simple()
        self.undo: list[Undo] = []
        self.fees: dict[str, int] = {}
        """What was taken and not given back: event → đồng."""
        self.lines = 1

    def write(
        self,
        name: str,
        payload: Payload,
        by: str,
        begins: set[int],
        change: Callable[[Simple], None],
    ) -> str | None:
        """The id of the event, where the model says that it is taken."""
        above = by == ABOVE
        event_id, rejected = self.story.add(payload, by=by)
        self.lines += 1
        fits = self.model.status in begins and not self.model.voided
        side = self.model.upper == above if name in HOLDERS_ONLY else not above
        if not fits or not side:
            assert rejected is (Rejection.STATE if not fits else Rejection.OTHER_SIDE), name
            return None
        assert rejected is None, name
        before = replace(self.model)
        change(self.model)
        self.undo.append(Undo(event_id, above, before, fixed=name == "correct"))
        return event_id

    who = st.sampled_from([HERE, NEIGHBOUR, ABOVE])

    @rule(by=who, up=st.booleans())
    def transfer(self, by: str, up: bool) -> None:
        def change(model: Simple) -> None:
            model.status, model.upper = 4, up

        self.write("transfer", TO_UPPER if up else TRANSFER, by, {2, 4}, change)

    @rule(by=who)
    def take_over(self, by: str) -> None:
        self.write("take-over", TAKE_OVER, by, {2, 4}, lambda model: None)

    @rule(by=who, papers=st.booleans())
    def ask(self, by: str, papers: bool) -> None:
        def change(model: Simple) -> None:
            model.before, model.status = model.status, 5 if papers else 6
            model.waits += 1

        name, payload = ("ask papers", ASK_PAPERS) if papers else ("ask money", ASK_MONEY)
        self.write(name, payload, by, {2, 4}, change)

    @rule(by=who)
    def bring_papers(self, by: str) -> None:
        def change(model: Simple) -> None:
            model.status, model.before = model.before, 0

        self.write("bring papers", BRING_PAPERS, by, {5}, change)

    @rule(by=who)
    def pay(self, by: str) -> None:
        waiting = self.model.status == 6

        def change(model: Simple) -> None:
            if waiting:
                model.status, model.before = model.before, 0

        payload = BRING_MONEY if waiting else TAKE_FEE
        taken = self.write("pay", payload, by, {2, 4, 5, 6, 7, 8, 9, 10}, change)
        if taken is not None:
            self.fees[taken] = payload.amount

    @precondition(lambda self: self.fees and not self.model.voided)
    @rule(by=st.sampled_from([HERE, NEIGHBOUR]), data=st.data())
    def give_a_fee_back(self, by: str, data: st.DataObject) -> None:
        among = [entry.event_id for entry in self.undo if entry.event_id in self.fees]
        waited_for = {e.event_id for e in self.undo if e.before.status == 6}
        plain = sorted(set(among) - waited_for)
        if not plain:
            return
        fee = data.draw(st.sampled_from(plain))
        assert self.story.add(ev.PaymentVoided(fee, "Thu nhầm"), by=by)[1] is None
        self.lines += 1
        del self.fees[fee]
        self.undo = [entry for entry in self.undo if entry.event_id != fee]

    @rule(by=who)
    def extend(self, by: str) -> None:
        def change(model: Simple) -> None:
            model.extended = True

        self.write("extend", EXTEND, by, {2, 4, 5, 6}, change)

    @rule(by=who, withdraw=st.booleans())
    def end(self, by: str, withdraw: bool) -> None:
        def change(model: Simple) -> None:
            model.status = 7 if withdraw else 8

        name, payload = ("withdraw", WITHDRAW) if withdraw else ("stop", STOP)
        self.write(name, payload, by, {2, 4, 5, 6}, change)

    @rule(by=who)
    def complete(self, by: str) -> None:
        def change(model: Simple) -> None:
            model.status, model.upper = 9, False

        self.write("complete", COMPLETE, by, {2, 4}, change)

    @rule(by=who)
    def hand_over(self, by: str) -> None:
        def change(model: Simple) -> None:
            model.status = 10

        self.write("return", HAND_OVER, by, {9}, change)

    @rule()
    def void(self) -> None:
        def change(model: Simple) -> None:
            model.status, model.voided = 8, True

        self.write("void", VOID, HERE, {2}, change)

    @rule(by=who)
    def correct(self, by: str) -> None:
        def change(model: Simple) -> None:
            model.receipt += 1

        payload = corrected(self.model.receipt + 1)
        self.write("correct", payload, by, {2, 4, 5, 6, 9}, change)

    @rule(by=who)
    def remark(self, by: str) -> None:
        assert self.story.add(NOTE, by=by)[1] is None
        self.lines += 1

    @rule()
    def print_it(self) -> None:
        assert self.story.add(printed(no=self.model.receipt))[1] is None
        self.model.printed += 1
        self.lines += 1

    @rule(by=who, depth=st.integers(0, 3))
    def take_back(self, by: str, depth: int) -> None:
        if depth >= len(self.undo) or self.undo[-1 - depth].fixed:
            return
        wanted = self.undo[-1 - depth]
        _, rejected = self.story.add(ev.ActionReverted(wanted.event_id, "Nhầm"), by=by)
        self.lines += 1
        if depth:
            assert rejected is Rejection.STANDS_UNDER_ANOTHER
        elif wanted.above != (by == ABOVE):
            assert rejected is Rejection.OTHER_SIDE
        else:
            assert rejected is None
            self.undo.pop()
            self.fees.pop(wanted.event_id, None)
            self.model = replace(wanted.before, printed=self.model.printed)

    @invariant()
    def the_fold_says_the_same(self) -> None:
        state, model = self.story.state, self.model
        assert state.status.no == model.status
        assert (state.holder.side == "upper") == model.upper
        assert state.voided == model.voided
        assert state.receipt.no == len(state.receipts) == model.receipt
        assert len(state.waits) == model.waits
        assert sum(amount for _, amount in state.paid) == sum(self.fees.values())
        assert bool(state.extensions) == model.extended
        assert sum(count for _, count in state.copies) == model.printed
        assert len(state.timeline) == self.lines
        assert state.original_due_at == PROMISED
        # the clock stands exactly while something is waited for
        assert any(wait.ends is None for wait in state.waits) == (model.before != 0)
        assert (state.completed_at is not None) == (model.status in {9, 10})


TestAnyStory = AnyStory.TestCase
TestAnyStory.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, derandomize=True
)
