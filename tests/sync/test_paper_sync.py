"""Pads and visits between counters, through the real server."""

from collections.abc import Callable

import pytest
from conftest import draft

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer
from counter_app.domain.slip_code import Verdict
from counter_app.domain.slips import PadSlip
from counter_app.errors import Refused
from counter_app.services.results import Accepted, Rejected
from counter_app.services.visits import Closed
from db.check import check
from district_server.check import faults_of

Pair = tuple[Counter, Officer]
Enrolled = Callable[[int], Pair]


def entered(pair: Pair, number: str, name: str) -> Accepted | Rejected:
    counter, officer = pair
    at = counter.clock.now().strftime("%Y-%m-%dT%H:%M")
    paper = {"origin": "pad", "pad": number, "received_at": at}
    return counter.intake.accept(draft(name, from_paper=paper), officer)


def rest(upper, *pairs: Pair) -> None:  # type: ignore[no-untyped-def]
    """Sync until everyone has everything; every book is whole."""
    for _ in range(2):
        for counter, _ in pairs:
            summary = counter.sync.cycle()
            assert not summary.fault
            assert not summary.problems
            assert summary.waiting == 0
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
    for counter, _ in pairs:
        assert check(counter.store).faults == ()


def fates(pair: Pair) -> dict[str, str]:
    return {row.number: row.fate for row in pair[0].pads.all()}


def test_a_pad_of_another_counter_is_known_judged_and_entered(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    used, spoilt = first[0].pads.give_out(2, first[1]).numbers
    slip, _ = first[0].prints.next_slip("pad", used)
    assert isinstance(slip, PadSlip)
    rest(upper, first, second)

    assert fates(second) == {used: "unused", spoilt: "unused"}
    assert second[0].scans.judge(slip.qr).verdict is Verdict.GREEN
    second[0].pads.account(spoilt, "spoilt", "Viết hỏng", second[1])
    made = entered(second, used, "HỒ THỊ NGUYỆT")
    assert isinstance(made, Accepted)
    # the book was made under the clock of this PC, which the told one contradicts
    assert "from_paper" in [warning.code for warning in made.warnings]
    rest(upper, first, second)

    assert fates(first) == fates(second) == {used: "used", spoilt: "spoilt"}
    assert first[0].scans.judge(slip.qr).dossier_id == made.dossier_id
    refused = entered(first, used, "LÊ VĂN ĐẠT")
    assert isinstance(refused, Rejected)
    assert made.code in refused.message
    with pytest.raises(Refused):
        first[0].pads.account(used, "lost", "Rơi", first[1])


def test_entered_at_two_counters_without_a_line_both_stay_and_both_are_told(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    (number,) = first[0].pads.give_out(1, first[1]).numbers
    made = [entered(first, number, "HỒ THỊ NGUYỆT"), entered(second, number, "LÊ VĂN ĐẠT")]
    assert all(isinstance(one, Accepted) for one in made)

    rest(upper, first, second)

    for pair in (first, second):
        (row,) = pair[0].pads.all()
        assert row.fate == "used_twice"
        assert sorted(row.codes) == sorted(one.code for one in made)  # type: ignore[union-attr]
        assert len(pair[0].search.by_code(number)) == 2


def test_the_last_accounting_in_the_common_order_holds_everywhere(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    (number,) = first[0].pads.give_out(1, first[1]).numbers
    rest(upper, first, second)
    first[0].pads.account(number, "lost", "Rơi", first[1])
    second[0].pads.account(number, "spoilt", "Viết hỏng", second[1])

    # the second counter's is first in the order of the server
    rest(upper, second, first)

    assert fates(first) == fates(second) == {number: "lost"}


def test_a_visit_closed_elsewhere_leaves_an_own_one_of_that_name_open(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    for counter, officer in (first, second):
        assert isinstance(counter.intake.accept(draft(visit="luot-1"), officer), Accepted)
    assert isinstance(first[0].visits.close("luot-1", first[1]), Closed)
    rest(upper, first, second)

    closed = second[0].visits.close("luot-1", second[1])

    assert isinstance(closed, Closed)
    assert len(closed.codes) == 1
    assert [job.dossier_id for job in second[0].prints.waiting() if job.what == "visit"]
    rest(upper, first, second)
