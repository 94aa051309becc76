"""How much goes over a line at once, and when."""

from datetime import datetime

import pytest

from counter_app.domain.calendar import WorkCalendar
from counter_app.sync.pace import FAST, FIRST_BATCH, MOST_EVENTS, SLOW, Pace
from counter_app.sync.schedule import Schedule, seconds_until_next


def test_a_quick_line_is_given_more_up_to_what_a_request_holds() -> None:
    pace, size = Pace(0.0), FIRST_BATCH
    grown = []
    for _ in range(8):
        size = pace.next_size(size, FAST / 2)
        grown.append(size)
    assert grown == sorted(grown)
    assert (grown[0], grown[-1]) == (FIRST_BATCH * 3 // 2 + 1, MOST_EVENTS)


def test_a_slow_line_is_given_less_and_one_in_between_the_same() -> None:
    pace = Pace(0.0)
    assert pace.next_size(100, SLOW + 1) == 50
    assert pace.next_size(100, (FAST + SLOW) / 2) == 100
    assert pace.next_size(1, SLOW + 1) == 1


def test_a_line_that_broke_is_not_given_more_again_in_this_cycle() -> None:
    assert Pace(0.0, broken=True).next_size(100, FAST / 2) == 100


def test_after_a_cut_half_or_three_quarters_of_what_went_through_before() -> None:
    pace = Pace(0.0, most=80)
    assert [pace.less(size) for size in (100, 80, 1)] == [50, 60, 1]


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [
        (1, 0.5, 7.5),
        (1, 0.0, 1.0),
        (2, 0.9, 27.0),
        (7, 0.5, 480.0),
        (8, 0.5, 900.0),
        (99, 0.5, 900.0),
    ],
)
def test_a_line_that_fails_is_tried_later_and_later_and_by_no_two_in_one_second(
    khe_sanh: WorkCalendar, failures: int, chance: float, seconds: float
) -> None:
    """Any moment up to 15 s, then twice as long each time, never beyond half an hour."""
    at = datetime.fromisoformat("2026-11-20T09:24:00+07:00")
    schedule = Schedule(15, outside_hours=False)
    assert seconds_until_next(schedule, khe_sanh, at, failures, chance) == seconds


@pytest.mark.parametrize(
    ("at", "outside", "seconds"),
    [
        ("2026-11-20T09:24", False, 15 * 60),
        ("2026-11-20T12:00", False, 3600 + 30),
        # from a Saturday to Monday half past seven
        ("2026-11-21T10:00", False, 45.5 * 3600 + 30),
        ("2026-11-21T10:00", True, 15 * 60),
    ],
)
def test_a_cycle_is_due_by_the_offices_hours(
    khe_sanh: WorkCalendar, at: str, outside: bool, seconds: float
) -> None:
    now = datetime.fromisoformat(f"{at}:00+07:00")
    assert seconds_until_next(Schedule(15, outside), khe_sanh, now, 0, 0.5) == seconds
