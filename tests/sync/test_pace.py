"""How much goes over a line at once."""

from counter_app.sync.pace import FAST, FIRST_BATCH, MOST_EVENTS, SLOW, Pace


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
