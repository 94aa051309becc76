"""The queue: numbers without gaps by group and day, and how many are before you."""

import pytest
from conftest import SOME_MORNING
from hypothesis import given, settings
from hypothesis import strategies as st
from services.desk import Desk
from services.printer import ToldPrinter
from sqlalchemy import create_engine

from counter_app.domain.faults import FileFault
from counter_app.domain.slips import TicketSlip
from counter_app.domain.tickets import GROUPS, TicketGroup, TicketState, read_groups, read_label
from counter_app.errors import Refused
from db.desk import Tickets
from db.tables import ticket


def take(desk: Desk, *letters: str) -> list[str]:
    return [desk.counter.tickets.take(letter).ticket.label for letter in letters]


def slip(desk: Desk, label: str) -> TicketSlip:
    subject = f"{desk.clock.at.date()}/{label}"
    content, _ = desk.counter.prints.next_slip("ticket", subject)
    assert isinstance(content, TicketSlip)
    return content


def test_each_group_counts_for_itself_and_each_day_anew(desk: Desk) -> None:
    assert take(desk, "A", "b", "A", "U", "A") == ["A001", "B001", "A002", "U001", "A003"]
    desk.at("2026-11-23T07:31")
    assert take(desk, "A", "B") == ["A001", "B001"]
    assert [ticket.label for ticket in desk.counter.tickets.today()] == ["A001", "B001"]


def test_the_day_is_the_offices_and_not_the_worlds(desk: Desk) -> None:
    # in London it is still yesterday
    desk.at("2026-11-20T06:59")
    assert take(desk, "A") == ["A001"]
    desk.at("2026-11-20T07:30")
    assert take(desk, "A") == ["A002"]


def test_whoever_waits_with_a_smaller_number_is_ahead(desk: Desk) -> None:
    take(desk, "A", "A", "B")
    assert desk.counter.tickets.take("A").ahead == 2
    assert slip(desk, "A003").ahead == 2
    assert slip(desk, "B001").ahead == 0

    for label, state in (("A001", TicketState.DONE), ("a002", TicketState.CALLED)):
        desk.counter.tickets.move(label, state)
    assert slip(desk, "A003").ahead == 0
    desk.counter.tickets.move("A002", TicketState.WAITING)
    assert desk.counter.tickets.take("A").ahead == 2


def test_a_ticket_has_a_job_of_its_own_and_is_no_event(desk: Desk) -> None:
    events = desk.count("event_log")
    taken = desk.counter.tickets.take("A")

    (job,) = desk.counter.prints.waiting()
    assert (job.id, job.subject) == (taken.print_job_id, "2026-11-20/A001")
    done = desk.counter.prints.print_again(job.id, [ToldPrinter()], desk.officer)
    assert done.changes.dossiers == frozenset()
    assert desk.count("event_log") == events


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.lists(st.sampled_from("ABU"), max_size=12))
def test_numbers_have_no_gap_whatever_is_taken(letters: list[str]) -> None:
    # the model: what has been given out of each group
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        ticket.create(connection)
        tickets = Tickets(connection)
        given: dict[str, int] = {}
        for letter in letters:
            given[letter] = given.get(letter, 0) + 1
            taken = tickets.take(SOME_MORNING.date(), letter, SOME_MORNING)
            assert taken.number == given[letter]
            assert tickets.ahead(taken) == given[letter] - 1


def test_the_thousandth_number_of_a_day_is_refused(desk: Desk) -> None:
    with desk.counter.store.write() as books:
        books.connection.exec_driver_sql(
            "INSERT INTO ticket VALUES ('2026-11-20', 'A', 999, '2026-11-20T09:00:00', 'done')"
        )
    with pytest.raises(Refused, match="hết 999 số"):
        desk.counter.tickets.take("A")
    assert take(desk, "B") == ["B001"]


def test_an_unknown_group_or_ticket_is_refused(desk: Desk) -> None:
    for letter in ("D", "", "AA"):
        with pytest.raises(Refused, match="Chọn một chữ"):
            desk.counter.tickets.take(letter)
    for label in ("A001", "", "A1", "A/001"):
        with pytest.raises(Refused):
            desk.counter.tickets.move(label, TicketState.DONE)
    assert desk.counter.tickets.today() == ()


# ---- groups -------------------------------------------------------------------------------------


def test_an_office_has_its_own_groups(desk: Desk) -> None:
    assert desk.counter.tickets.groups() == GROUPS
    desk.counter.tickets.set_groups("h: Hộ tịch\n\nU:  Người   cao tuổi \n")
    desk.reopen()

    assert desk.counter.tickets.groups() == (
        TicketGroup("H", "Hộ tịch"), TicketGroup("U", "Người cao tuổi"),
    )  # fmt: skip
    assert take(desk, "H") == ["H001"]
    with pytest.raises(Refused):
        desk.counter.tickets.take("A")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A: Hộ tịch\nB Đất đai", 2),
        ("A: Hộ tịch\nA: Đất đai", 2),
        ("AB: Hộ tịch", 1),
        ("1: Hộ tịch", 1),
        ("A:", 1),
        (f"A: {'x' * 61}", 1),
        ("", 0),
        ("\n".join(f"{letter}: Nhóm" for letter in "ABCDEFGHIK"), 0),
    ],
)
def test_groups_that_cannot_be_used_are_refused_with_their_line(
    desk: Desk, text: str, line: int
) -> None:
    with pytest.raises(FileFault) as fault:
        read_groups(text)
    assert fault.value.line == line
    with pytest.raises(Refused):
        desk.counter.tickets.set_groups(text)
    assert desk.counter.tickets.groups() == GROUPS


@pytest.mark.parametrize(
    ("typed", "read"),
    [("A012", ("A", 12)), ("a012", ("A", 12)), ("A 012", ("A", 12)), ("A12", None), ("012", None)],
)
def test_a_label_is_read_however_it_is_typed(typed: str, read: tuple[str, int] | None) -> None:
    assert read_label(typed) == read


# ---- calling ------------------------------------------------------------------------------------


def called(desk: Desk) -> list[str]:
    """Everybody in the order in which they are called."""
    found = []
    while (ticket := desk.counter.tickets.call_next()) is not None:
        found.append(ticket.label)
    return found


def states(desk: Desk) -> dict[str, str]:
    return {ticket.label: ticket.state.value for ticket in desk.counter.tickets.today()}


def test_after_two_priority_numbers_comes_one_of_the_others(desk: Desk) -> None:
    for letter in "AABUUUUU":
        take(desk, letter)
        desk.clock.move(seconds=5)
    assert called(desk) == ["U001", "U002", "A001", "U003", "U004", "A002", "U005", "B001"]


def test_nobody_is_left_out_where_only_priority_numbers_wait(desk: Desk) -> None:
    take(desk, "U", "U", "U", "U")
    assert called(desk) == ["U001", "U002", "U003", "U004"]


def test_calling_ends_what_was_served_before(desk: Desk) -> None:
    take(desk, "A", "A", "A")
    desk.counter.tickets.call_next()
    desk.counter.tickets.call_next()
    assert states(desk) == {"A001": "done", "A002": "called", "A003": "waiting"}
    up = desk.counter.tickets.next_up()
    assert up is not None
    assert up.label == "A003"


def test_whoever_was_absent_is_called_when_they_come_back(desk: Desk) -> None:
    take(desk, "A", "A", "A")
    desk.counter.tickets.call_next()
    desk.counter.tickets.move("A001", TicketState.ABSENT)
    desk.counter.tickets.call_next()
    assert states(desk) == {"A001": "absent", "A002": "called", "A003": "waiting"}
    assert desk.counter.tickets.call("a001").state is TicketState.CALLED
    assert states(desk) == {"A001": "called", "A002": "done", "A003": "waiting"}


def test_the_row_of_priority_numbers_begins_anew_each_day(desk: Desk) -> None:
    take(desk, "U", "U")
    assert called(desk) == ["U001", "U002"]
    desk.at("2026-11-23T07:31")
    take(desk, "A", "U")
    assert called(desk) == ["U001", "A001"]
