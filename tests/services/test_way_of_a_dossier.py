"""Every action from every status, as the contract's table says; and any walk through it."""

import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from conftest import PASSPHRASE, ToldClock, draft
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted, Rejected

# action: (allowed from, the number it ends in; None: stays, 0: the one before the wait)
TABLE: dict[str, tuple[set[int], int | None]] = {
    "transfer": ({2, 4}, 4),
    "take-over": ({2, 4}, None),
    "request-supplement": ({2, 4}, 5),
    "receive-supplement": ({5}, 0),
    "request-payment": ({2, 4}, 6),
    "receive-payment": ({2, 4, 5, 6, 7, 8, 9, 10}, None),
    "extend": ({2, 4, 5, 6}, None),
    "stop": ({2, 4, 5, 6}, 8),
    "withdraw": ({2, 4, 5, 6}, 7),
    "complete": ({2, 4}, 9),
    "return": ({9}, 10),
    "correct": ({2, 4, 5, 6, 9}, None),
    "void": ({2}, 8),
}
VOIDED = -8
"""Shown with the same number as what was stopped, and nothing is paid for it any more."""
FIELDS: dict[str, dict[str, object]] = {
    "request-supplement": {"items": ["Bản sao giấy chứng sinh"], "reason": "Thiếu giấy tờ"},
    "request-payment": {"amount": 50_000, "reason": "Nghĩa vụ tài chính"},
    "receive-payment": {"amount": 50_000},
    "extend": {"new_due_at": "2027-01-15T17:00", "reason": "Chờ xác minh"},
    "stop": {"decision_no": "15/QĐ", "reason": "Không đủ điều kiện"},
    "withdraw": {"reason": "Người dân xin rút"},
    "correct": {"note": "Ghi thêm", "reason": "Bổ sung ghi chú"},
    "void": {"reason": "Nhập hai lần"},
}
WAY_TO: dict[int, tuple[str, ...]] = {
    2: (),
    4: ("transfer",),
    5: ("transfer", "request-supplement"),
    6: ("request-payment",),
    7: ("withdraw",),
    8: ("stop",),
    9: ("transfer", "complete"),
    10: ("complete", "return"),
}


class Way:
    """One dossier and the officer who acts on it."""

    def __init__(self, counter: Counter, officer: Officer, procedure: str) -> None:
        self.counter, self.officer = counter, officer
        made = counter.intake.accept(draft(procedure=procedure), officer)
        assert isinstance(made, Accepted)
        self.id = made.dossier_id

    def act(self, action: str, **more: object) -> Acted | Rejected:
        given = FIELDS.get(action, {}) | more
        return self.counter.acts.act(self.id, action, given, self.officer)

    @property
    def number(self) -> int:
        view = self.counter.search.open(self.id)
        assert view is not None
        return view.dossier.status.no


@pytest.fixture
def way(counter: Counter, officer: Officer) -> Way:
    # five working days: an ordinary term, not a same-day one
    return Way(counter, officer, "1.004873")


@pytest.mark.parametrize("start", WAY_TO)
@pytest.mark.parametrize("action", TABLE)
def test_an_action_goes_from_where_the_contract_says(way: Way, start: int, action: str) -> None:
    for step in WAY_TO[start]:
        assert isinstance(way.act(step), Acted)
    assert way.number == start
    before = way.counter.search.open(way.id)
    begins, ends = TABLE[action]

    done = way.act(action)

    if start not in begins:
        assert isinstance(done, Rejected)
        assert done.message.endswith(".")
        assert way.counter.search.open(way.id) == before
        return
    assert isinstance(done, Acted)
    # a wait ends in what was before it; a payment that was asked for ends its wait too
    after_wait = {5: 4, 6: 2}
    if ends == 0 or (action == "receive-payment" and start == 6):
        ends = after_wait[start]
    assert way.number == (start if ends is None else ends)


def test_a_same_day_result_is_handed_over_in_one_step(counter: Counter, officer: Officer) -> None:
    way = Way(counter, officer, "2.000815")  # certified copies: returned the same day

    assert isinstance(way.act("return", to="owner"), Acted)

    view = counter.search.open(way.id)
    assert view is not None
    assert view.dossier.status.no == 10
    events = [line.event for line in view.dossier.timeline]
    assert events == ["dossier.accepted", "dossier.completed", "dossier.returned"]


def test_a_supplement_starts_the_term_anew_and_keeps_what_was_promised(
    way: Way, clock: ToldClock
) -> None:
    first = way.counter.search.open(way.id)
    assert first is not None
    promised = first.dossier.original_due_at
    way.act("request-supplement")
    clock.move(days=10)

    way.act("receive-supplement")

    view = way.counter.search.open(way.id)
    assert view is not None
    assert view.dossier.due_at > promised
    assert view.dossier.judged_due_at == view.dossier.due_at
    assert view.dossier.original_due_at == promised


def test_an_extension_moves_the_date_and_not_the_judgement(way: Way) -> None:
    first = way.counter.search.open(way.id)
    assert first is not None

    way.act("extend")

    view = way.counter.search.open(way.id)
    assert view is not None
    assert view.dossier.due_at.isoformat()[:16] == "2027-01-15T17:00"
    assert view.dossier.judged_due_at == first.dossier.judged_due_at
    assert view.dossier.original_due_at == first.dossier.original_due_at


def test_only_the_last_action_is_taken_back(way: Way) -> None:
    way.act("transfer")
    way.act("complete")

    assert isinstance(way.act("revert", reason="Bấm nhầm"), Acted)
    assert way.number == 4
    assert isinstance(way.act("revert", reason="Bấm nhầm"), Acted)
    assert way.number == 2
    assert isinstance(way.act("revert", reason="Bấm nhầm"), Rejected)


def test_a_correction_replaces_the_receipt_and_the_old_slip_says_so(way: Way) -> None:
    counter = way.counter
    old, _ = counter.prints.receipt(way.id)

    way.act("correct", applicant={"name": "HỒ THỊ NGUYỆN"}, reason="Ghi nhầm tên")

    new, _ = counter.prints.receipt(way.id)
    assert (old.no, new.no, new.replaces_no) == (1, 2, 1)
    assert counter.scans.judge(old.qr).replaced
    fresh = counter.scans.judge(new.qr)
    assert not fresh.replaced
    assert not fresh.mismatch
    assert fresh.dossier_id == way.id


def test_a_slip_under_another_name_is_noticed(way: Way) -> None:
    receipt, _ = way.counter.prints.receipt(way.id)
    way.counter.acts.act(
        way.id,
        "correct",
        {"applicant": {"name": "LÊ VĂN ĐẠT"}, "reason": "Thử"},
        way.officer,
    )
    newest, _ = way.counter.prints.receipt(way.id)

    assert way.counter.scans.judge(receipt.qr).replaced
    assert newest.applicant_name == "LÊ VĂN ĐẠT"
    assert not way.counter.scans.judge(newest.qr).mismatch


class Walk(RuleBasedStateMachine):
    """Any order of actions, taken back or not: the book agrees with a model of two lines."""

    template: Callable[[int], Path]

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        folder = Path(self.place.name) / "so"
        shutil.copytree(self.template(2), folder)
        self.clock = ToldClock()
        self.counter = open_counter(folder, PASSPHRASE)
        self.counter.clock = self.clock
        self.history: list[tuple[str, int, int]] = []
        """(action, status, status before a wait) of each action that stands."""
        self.count = 0

    @initialize()
    def accept(self) -> None:
        self.way = Way(self.counter, self.counter.officers.all()[0], "1.004873")
        self.history = [("accept", 2, 0)]

    @rule(action=st.sampled_from(sorted(TABLE)), days=st.integers(0, 5))
    def act(self, action: str, days: int) -> None:
        self.clock.move(days=days, minutes=7)
        _, at, before = self.history[-1]
        begins, ends = TABLE[action]
        self.count += 1
        # a correction that changes nothing is refused, and so is an extension to a day that is not later
        later = datetime(2027, 3, 3, 17) + timedelta(weeks=self.count)
        more = {
            "correct": {"note": f"Ghi chú {self.count}"},
            "extend": {"new_due_at": f"{later:%Y-%m-%dT%H:%M}"},
        }.get(action, {})
        done = self.way.act(action, **more)
        assert isinstance(done, Acted) == (at in begins), (action, at, done)
        if at not in begins:
            return
        if ends == 0 or (action == "receive-payment" and at == 6):
            following = (before, 0)
        elif ends is None:
            following = (at, before)
        else:
            following = (VOIDED if action == "void" else ends, at if ends in (5, 6) else 0)
        fee = action == "receive-payment" and at != 6
        self.history.append(("fee" if fee else action, *following))

    @rule()
    def take_back(self) -> None:
        """The last action but a correction, which stands for ever and keeps what is under it; a fee stands
        on nothing and under nothing.
        """
        acted = [place for place, (what, *_) in enumerate(self.history) if what != "correct"]
        what, last = self.history[acted[-1]][0], acted[-1] == len(self.history) - 1

        done = self.way.act("revert", reason="Bấm nhầm")

        assert isinstance(done, Acted) == (what == "fee" or (last and what != "accept")), done
        if isinstance(done, Acted):
            del self.history[acted[-1]]

    @invariant()
    def the_book_agrees(self) -> None:
        if self.history:
            _, at, _ = self.history[-1]
            assert self.way.number == (8 if at == VOIDED else at)
            assert not self.counter.checks.whole().faults

    def teardown(self) -> None:
        self.counter.close()
        self.place.cleanup()


def test_any_walk_keeps_the_book_in_step(templates: Callable[[int], Path]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Walk.template = staticmethod(templates)
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
