"""Any story of a dossier, by the real services on a real book, against a small model of its own.

The model knows the contract's table, counts weekdays, and leaves out the days of waits; the summer
months of 2026 in which the stories play have no holiday. After each step the book must say what
the model says, and `check` must find every list as its log tells it.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from conftest import ToldClock
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from services.desk import TEN_DAYS, TEN_DAYS_OTHER_WAY, THREE_DAYS, Desk, moment, shown

from counter_app.services.acts import Acted
from counter_app.services.results import Rejected

TERMS = {
    THREE_DAYS: (3, "restart", "resume"),
    TEN_DAYS: (10, "restart", "resume"),
    TEN_DAYS_OTHER_WAY: (10, "resume", "restart"),
}
"""Procedure → working days, policy of a supplement, policy of a payment."""

BEGINS: dict[str, set[int]] = {
    "transfer": {2, 4},
    "take-over": {2, 4},
    "request-supplement": {2, 4},
    "receive-supplement": {5},
    "request-payment": {2, 4},
    "receive-payment": {2, 4, 5, 6, 7, 8, 9, 10},
    "extend": {2, 4, 5, 6},
    "stop": {2, 4, 5, 6},
    "withdraw": {2, 4, 5, 6},
    "complete": {2, 4},
    "return": {9},
    "correct": {2, 4, 5, 6, 9},
    "void": {2},
}
ENDS = {"transfer": 4, "stop": 8, "withdraw": 7, "complete": 9, "return": 10, "void": 8}

MONDAY = "2026-05-04T08:00"
Wait = tuple[str, date, date]
"""(policy, day it began, day it ended)."""


def weekday(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def due_on(received: date, term: int, waits: tuple[Wait, ...]) -> date:
    """The term-th weekday after the day of receipt, without the days of waits."""

    def counted(start: date, left_out: set[date]) -> date:
        day, left = start, term
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in left_out
        return day

    start, left_out = weekday(received), set[date]()
    for policy, begins, ends in waits:
        if begins > counted(start, left_out):
            continue  # it began after the due moment: it moves nothing
        if policy == "restart":
            start, left_out = weekday(ends), set()
        else:
            length = (ends - begins).days
            left_out |= {begins + timedelta(days=n) for n in range(1, length + 1)}
    return counted(start, left_out)


@dataclass(frozen=True)
class Model:
    """A dossier in plain values."""

    status: int
    procedure: str
    waits: tuple[Wait, ...]
    asked: tuple[str, date] | None
    """The wait that is open: its policy and when it began."""
    before: int
    printed: date
    judged: date
    extended: date | None
    voided: bool
    receipt: int

    @property
    def in_force(self) -> date:
        return max(self.judged, self.extended or self.judged)


@dataclass(eq=False)
class Undo:
    """The model before an action that may be taken back; a fee or a correction has its own rules."""

    model: Model
    kind: str
    fee: int = field(default=0)


class Story(RuleBasedStateMachine):
    """One dossier, and whatever its officers and the clock do to it."""

    made: tuple[Path, bytes]

    def __init__(self) -> None:
        super().__init__()
        self.place = tempfile.TemporaryDirectory()
        folder = Path(self.place.name) / "so"
        shutil.copytree(self.made[0], folder)
        self.clock = ToldClock(moment(MONDAY))
        self.desk = Desk(folder, self.made[1], self.clock)
        self.count = 0

    def teardown(self) -> None:
        self.desk.close()
        self.place.cleanup()

    @property
    def today(self) -> date:
        return self.clock.at.date()

    @initialize(procedure=st.sampled_from(sorted(TERMS)), days=st.integers(0, 6))
    def accept(self, procedure: str, days: int) -> None:
        self.clock.move(days=days, minutes=3)
        self.received = self.today
        accepted = self.desk.accept(procedure=procedure)
        self.id, self.code = accepted.dossier_id, accepted.code
        day = due_on(self.received, TERMS[procedure][0], ())
        self.model = Model(2, procedure, (), None, 0, day, day, None, False, 1)
        self.undo: list[Undo] = []
        self.fees: list[int] = []
        self.lines = 1

    # ---- what may happen --------------------------------------------------------------------

    @rule(days=st.integers(0, 4))
    def time_passes(self, days: int) -> None:
        self.clock.move(days=days, minutes=1)

    @rule()
    def the_program_starts_again(self) -> None:
        self.desk.reopen()

    def try_it(self, action: str, **fields: Any) -> bool:
        """Whether it was done; the model says whether it may be."""
        self.clock.move(minutes=2)
        may = self.model.status in BEGINS[action] and not self.model.voided
        done = self.desk.counter.acts.act(self.id, action, fields, self.desk.officer)
        assert isinstance(done, Acted if may else Rejected), (action, self.model, done)
        self.lines += may
        return may

    def now(self, kind: str, fee: int = 0, **changes: Any) -> None:
        """The action was done: this is what the model becomes."""
        self.undo.append(Undo(self.model, kind, fee))
        self.model = replace(self.model, **changes)

    @rule(action=st.sampled_from(["transfer", "take-over", "complete", "return"]))
    def go_on(self, action: str) -> None:
        if self.try_it(action):
            self.now(action, status=ENDS.get(action, self.model.status))

    @rule(action=st.sampled_from(["stop", "withdraw", "void"]))
    def end(self, action: str) -> None:
        decision = {"decision_no": "15/QĐ"} if action == "stop" else {}
        if self.try_it(action, reason="Thử", **decision):
            self.now(action, status=ENDS[action], voided=action == "void")

    @rule(supplement=st.booleans())
    def ask(self, supplement: bool) -> None:
        _, of_supplement, of_payment = TERMS[self.model.procedure]
        if supplement:
            done = self.try_it("request-supplement", items=["Đơn"], reason="Thiếu")
        else:
            done = self.try_it("request-payment", amount=7_000, reason="Phí")
        if done:
            self.now(
                "ask",
                status=5 if supplement else 6,
                before=self.model.status,
                asked=(of_supplement if supplement else of_payment, self.today),
            )

    def waited(self) -> dict[str, Any]:
        """What the end of the open wait changes."""
        assert self.model.asked is not None
        policy, began = self.model.asked
        waits = (*self.model.waits, (policy, began, self.today))
        return {
            "status": self.model.before,
            "asked": None,
            "waits": waits,
            "judged": due_on(self.received, TERMS[self.model.procedure][0], waits),
        }

    @rule()
    def bring_the_papers(self) -> None:
        if self.try_it("receive-supplement"):
            self.now("receive-supplement", **self.waited())

    @rule(amount=st.integers(0, 90_000))
    def pay(self, amount: int) -> None:
        waiting = self.model.status == 6
        if self.try_it("receive-payment", amount=amount):
            self.fees.append(amount)
            if waiting:
                self.now("paid what was asked", amount, **self.waited())
            else:
                self.now("fee", amount)

    @rule(days=st.integers(1, 30))
    def extend(self, days: int) -> None:
        day = self.model.in_force + timedelta(days=days)
        if self.try_it("extend", new_due_at=f"{day}T17:30", reason="Chờ"):
            self.now("extend", extended=day)

    @rule()
    def correct_the_name(self) -> None:
        self.count += 1
        if self.try_it("correct", applicant={"name": f"HỒ VĂN {self.count}"}, reason="Nhầm"):
            self.now("correct", receipt=self.model.receipt + 1)

    @rule(procedure=st.sampled_from(sorted(TERMS)))
    def correct_the_procedure(self, procedure: str) -> None:
        if procedure == self.model.procedure:
            return
        if self.try_it("correct", procedure=procedure, components=[], reason="Nhầm"):
            day = due_on(self.received, TERMS[procedure][0], self.model.waits)
            self.now(
                "correct",
                receipt=self.model.receipt + 1,
                procedure=procedure,
                printed=day,
                judged=day,
                extended=None,
            )

    @precondition(lambda self: hasattr(self, "undo"))
    @rule()
    def take_back(self) -> None:
        self.clock.move(minutes=2)
        done = self.desk.counter.acts.act(
            self.id, "revert", {"reason": "Bấm nhầm"}, self.desk.officer
        )
        # a correction stays; only a fee can be given back from under one
        standing = [entry for entry in self.undo if entry.kind != "correct"]
        if not standing or (standing[-1] is not self.undo[-1] and standing[-1].kind != "fee"):
            assert isinstance(done, Rejected)
            return
        last = standing[-1]
        assert isinstance(done, Acted), (last, done)
        if last is self.undo[-1]:
            self.model = last.model
        self.undo.remove(last)
        if last.kind in ("fee", "paid what was asked"):
            self.fees.remove(last.fee)
        self.lines += 1

    @rule()
    def do_what_cannot_be(self) -> None:
        for action, fields in (
            ("dance", {}),
            ("transfer", {"colour": "red"}),
            ("void", {}),
            ("extend", {"new_due_at": "2020-01-01T08:00", "reason": "Chờ"}),
            ("correct", {"reason": "Không đổi gì"}),
        ):
            done = self.desk.counter.acts.act(self.id, action, fields, self.desk.officer)
            assert isinstance(done, Rejected), action

    # ---- what must hold ---------------------------------------------------------------------

    @invariant()
    def the_book_says_what_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        dossier, model = self.desk.dossier(self.id), self.model
        assert dossier.status.no == model.status
        assert dossier.voided == model.voided
        assert dossier.code == self.code
        assert dossier.facts.procedure.code == model.procedure
        for at, day in (
            (dossier.due_at, model.in_force),
            (dossier.judged_due_at, model.judged),
            (dossier.original_due_at, model.printed),
        ):
            assert shown(at) == f"{day}T17:30"
        assert [
            (wait.policy, wait.begins.date(), wait.ends and wait.ends.date())
            for wait in dossier.waits
        ] == [*model.waits, *([(*model.asked, None)] if model.asked else [])]
        assert sorted(amount for _, amount in dossier.paid) == sorted(self.fees)
        assert (dossier.receipt.no, len(dossier.receipts)) == (model.receipt, model.receipt)
        assert len(dossier.timeline) == self.lines
        assert not any(line.rejected for line in dossier.timeline)

    @invariant()
    def the_lists_say_what_the_log_says(self) -> None:
        if not hasattr(self, "model"):
            return
        assert self.desk.faults() == []
        (row,) = self.desk.counter.search.find(self.code)
        dossier = self.desk.dossier(self.id)
        assert (row.status, row.due_at, row.voided) == (
            dossier.status,
            dossier.due_at,
            dossier.voided,
        )


def run(made: tuple[Path, bytes], examples: int, steps: int) -> None:
    machine = type("AStory", (Story,), {"made": made})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            # on a real book a smaller example costs minutes: the steps told are enough
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_story_reads_the_same_in_the_book_and_in_the_model(
    made_stores: Callable[[int], tuple[Path, bytes]],
) -> None:
    run(made_stores(2), examples=20, steps=25)


# ---- the model itself, by the worked examples ----------------------------------------------------


def test_the_model_counts_the_worked_examples() -> None:
    received, asked, brought = date(2026, 5, 4), date(2026, 5, 7), date(2026, 5, 18)

    assert due_on(received, 10, ()) == date(2026, 5, 18)
    assert due_on(received, 10, (("resume", asked, brought),)) == date(2026, 5, 27)
    assert due_on(received, 10, (("restart", asked, brought),)) == date(2026, 6, 1)
    assert due_on(date(2026, 5, 16), 5, ()) == date(2026, 5, 25)
