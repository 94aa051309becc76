"""Officers, numbers, drafts, searching, trays: what a day at the counter leans on."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from conftest import PASSPHRASE, PIN, ToldClock, draft

from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted, Rejected


def accepted(counter: Counter, officer: Officer, **more: object) -> Accepted:
    made = counter.intake.accept(draft(**more), officer)  # type: ignore[arg-type]
    assert isinstance(made, Accepted)
    return made


# ---- who may ---------------------------------------------------------------------------------


def locked(counter: Counter, officer: Officer) -> bool:
    """Whether even the right PIN is refused."""
    return isinstance(counter.officers.sign_in(officer.id, PIN), Rejected)


def test_five_wrong_pins_lock_and_the_lock_outlives_a_restart(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    for _ in range(5):
        assert isinstance(counter.officers.sign_in(officer.id, "000000"), Rejected)
    counter.close()
    again = open_counter(counter.folder, PASSPHRASE)
    again.clock = clock

    assert locked(again, officer)
    clock.move(days=1)
    assert not locked(again, officer)
    again.close()


def test_turning_the_clock_forward_opens_no_lock(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    for _ in range(5):
        counter.officers.sign_in(officer.id, "000000")

    clock.at += timedelta(days=2)  # the wall clock alone; the machine has not run that long

    assert locked(counter, officer)


def test_a_right_pin_forgives_the_wrong_ones_before_it(counter: Counter, officer: Officer) -> None:
    for _ in range(3):
        for _ in range(4):
            counter.officers.sign_in(officer.id, "000000")
        assert not locked(counter, officer)


# ---- numbers ---------------------------------------------------------------------------------


def test_numbers_run_through_the_day_and_begin_again_with_the_next(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    codes = [accepted(counter, officer).code for _ in range(3)]
    clock.move(days=3)
    codes.append(accepted(counter, officer).code)

    assert codes == [
        "H50.99.01-261120-2001",
        "H50.99.01-261120-2002",
        "H50.99.01-261120-2003",
        "H50.99.01-261123-2001",
    ]


def test_a_clock_set_back_gives_no_code_twice(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    first = accepted(counter, officer)
    clock.at -= timedelta(hours=5)
    second = accepted(counter, officer)

    assert first.code != second.code
    assert [warning.code for warning in second.warnings if warning.code == "clock_doubtful"]


def at_number(counter: Counter, last: int) -> None:
    with counter.store.write() as books:
        books.connection.exec_driver_sql(
            f"INSERT INTO code_number(day, block, last) VALUES ('2026-11-20', 0, {last})"
        )


def test_a_thousand_dossiers_a_day_still_get_codes(counter: Counter, officer: Officer) -> None:
    at_number(counter, 998)

    codes = [accepted(counter, officer).code for _ in range(2)]

    assert codes == ["H50.99.01-261120-2999", "H50.99.01-261120-21000"]


def test_beyond_the_last_number_of_a_day_the_counter_refuses_in_words(
    counter: Counter, officer: Officer
) -> None:
    at_number(counter, 9_999)

    made = counter.intake.accept(draft(), officer)

    assert isinstance(made, Rejected)
    assert "9" in made.message
    assert counter.search.find("20/11") == ()


# ---- drafts ----------------------------------------------------------------------------------


def test_a_draft_outlives_the_program_and_goes_with_its_acceptance(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    begun = {"procedure": "1.004873", "applicant": {"name": "LÊ VĂN Đ"}}
    counter.drafts.save(officer.id, "phieu-1", begun)
    counter.close()
    again = open_counter(counter.folder, PASSPHRASE)
    again.clock = clock

    (kept,) = again.drafts.list(officer.id)

    assert (kept.id, kept.fields) == ("phieu-1", begun)
    assert again.drafts.list("ai-khac") == ()
    again.drafts.discard("phieu-1")
    assert again.drafts.list(officer.id) == ()
    again.close()


# ---- finding and trays -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("dat", ["LÊ VĂN ĐẠT"]),
        ("Đạt", ["LÊ VĂN ĐẠT"]),
        ("le v", ["LÊ VĂN ĐẠT"]),
        ("nguyet ho", ["HỒ THỊ NGUYỆT"]),
        ("0912000345", ["LÊ VĂN ĐẠT", "HỒ THỊ NGUYỆT"]),
        ("261120-2002", ["LÊ VĂN ĐẠT"]),
        ("20/11", ["LÊ VĂN ĐẠT", "HỒ THỊ NGUYỆT"]),
        ("dat 20/11/2026", ["LÊ VĂN ĐẠT"]),
        ("dat 19/11", []),
        ('"; DROP TABLE dossier', []),
        ("*", []),
        ("", []),
    ],
)
def test_one_box_finds_newest_first(
    counter: Counter, officer: Officer, text: str, names: list[str]
) -> None:
    for name in ("HỒ THỊ NGUYỆT", "LÊ VĂN ĐẠT"):
        accepted(counter, officer, name=name)

    assert [row.applicant_name for row in counter.search.find(text)] == names


def test_the_figures_of_the_day_follow_what_happens(
    counter: Counter, officer: Officer, clock: ToldClock
) -> None:
    first = accepted(counter, officer)
    accepted(counter, officer, name="LÊ VĂN ĐẠT")
    assert counter.worklists.figures().received_today == 2

    done = counter.acts.act(first.dossier_id, "complete", {}, officer)
    assert isinstance(done, Acted)
    figures = counter.worklists.figures()
    assert (figures.waiting_return, figures.overdue) == (1, 0)

    clock.move(days=40)
    figures = counter.worklists.figures()
    assert (figures.received_today, figures.overdue, figures.waiting_return) == (0, 1, 1)
    assert [row.applicant_name for row in counter.worklists.rows("overdue")] == ["LÊ VĂN ĐẠT"]


# ---- scans -----------------------------------------------------------------------------------


def test_a_neighbours_slip_opens_nothing_and_is_not_called_false(
    make_counter: Callable[..., Counter],
) -> None:
    here, there = make_counter(2), make_counter(3)
    made = accepted(there, there.officers.all()[0])
    receipt, _ = there.prints.receipt(made.dossier_id)

    judged = here.scans.judge(receipt.qr)

    assert judged.verdict == "AMBER"
    assert judged.dossier_id is None
