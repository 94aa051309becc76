"""A PC whose clock is wrong: everything goes on, and what was written says so."""

from datetime import timedelta

import pytest
from conftest import ToldClock
from services.desk import Desk, given, moment, shown

from counter_app.domain import events as ev
from counter_app.domain.problems import Problem
from counter_app.services.clock_guard import doubt
from counter_app.services.results import Accepted, Rejected
from db.lives import NO_END, Head, begin_life


def doubted(made: Accepted) -> bool:
    return "clock_doubtful" in [warning.code for warning in made.warnings]


def flagged(desk: Desk, dossier_id: str) -> bool:
    """Whether the log says that the clock was doubted when the dossier was accepted."""
    _, payload = desk.story(dossier_id)[0]
    assert isinstance(payload, ev.DossierAccepted)
    return "clock_doubtful" in payload.warnings


# the last thing in the book was done at 07:00 on 20/11/2026
LAST = moment("2026-11-20T07:00")


@pytest.mark.parametrize(
    ("now", "wrong"),
    [
        ("2026-11-20T09:24", False),
        ("2026-11-20T07:00", False),
        ("2026-11-20T06:59", False),
        ("2026-11-20T06:57", True),
        ("2026-12-20T06:00", False),
        ("2026-12-20T08:00", True),
        ("2026-11-20T06:00", True),
        ("2026-11-19T23:00", True),
        ("2025-12-31T23:00", True),
        ("2015-01-01T00:00", True),
        ("2036-11-20T09:24", True),
    ],
    ids=[
        "an ordinary morning", "the same minute", "set by the network", "three minutes back",
        "not quite 30 days later", "over 30 days later",
        "an hour back", "a day back", "before the program was made", "an empty battery",
        "ten years ahead",
    ],
)  # fmt: skip
def test_a_clock_is_doubted_where_it_contradicts_the_book(
    desk: Desk, now: str, wrong: bool
) -> None:
    with desk.counter.store.read() as books:
        problem = doubt(books, moment(now))

    assert (problem is not None) == wrong
    if problem is not None:
        # it points out and refuses nothing, and it shows the date in question
        assert (problem.severity, problem.code) == ("may", "clock_doubtful")
        assert f"{moment(now):%d/%m/%Y}" in problem.message


@pytest.mark.parametrize(
    "now", ["2016-11-21T09:00", "2015-01-01T00:05", "2036-11-20T09:24", "2026-11-20T06:00"]
)
def test_under_a_wrong_clock_a_dossier_is_taken_and_flagged(desk: Desk, now: str) -> None:
    desk.at(now)

    made = desk.accept()

    assert doubted(made)
    assert flagged(desk, made.dossier_id)
    assert shown(made.received_at) == now
    assert made.code == f"H50.99.01-{moment(now):%y%m%d}-2001"
    assert desk.do(made.dossier_id, "complete").status.no == 9
    assert desk.faults() == []


def test_before_every_slip_the_clock_is_named_and_nothing_is_written(desk: Desk) -> None:
    """An empty battery: a slip counts its minutes from 2000."""
    desk.at("1980-01-01T00:05")
    events = desk.count("event_log")

    refused = desk.counter.intake.accept(given(), desk.officer)

    assert isinstance(refused, Rejected)
    assert [problem.code for problem in refused.problems] == ["clock_wrong"]
    assert desk.count("event_log") == events


def test_under_a_right_clock_nothing_is_flagged(desk: Desk) -> None:
    made = desk.accept()

    assert not doubted(made)
    assert not flagged(desk, made.dossier_id)


def test_a_clock_that_was_put_right_is_doubted_once(desk: Desk, clock: ToldClock) -> None:
    desk.at("2027-06-01T09:00")
    assert doubted(desk.accept())
    assert not doubted(desk.accept())

    desk.at("2026-11-20T09:30")
    assert doubted(desk.accept())
    assert not doubted(desk.accept())
    clock.move(minutes=5)
    assert not doubted(desk.accept())


def test_a_receipt_of_before_the_program_speaks_for_no_clock(desk: Desk) -> None:
    desk.accept()
    desk.at("2015-01-01T09:00")
    assert doubted(desk.accept())
    assert doubted(desk.accept())

    desk.at("2026-11-20T09:30")
    assert not doubted(desk.accept())


def test_a_neighbours_wrong_clock_casts_no_doubt_on_this_one(desk: Desk) -> None:
    desk.accept()
    with desk.counter.store.write() as books:
        books.connection.exec_driver_sql(
            "INSERT INTO event_log (device, incarnation, dseq, event_id, type, version, subject,"
            " occurred_at, clock, actor_id, actor_name, payload, payload_hash, prev_hash, hash)"
            " SELECT 'c-quay-khac', incarnation, dseq, 'viec-quay-khac', type, version, 'ho-so',"
            " '2036-11-20T09:24:00+07:00', clock, actor_id, actor_name, payload, payload_hash,"
            " prev_hash, hash FROM event_log ORDER BY num DESC LIMIT 1"
        )

    assert not doubted(desk.accept())


def test_a_refused_draft_heals_no_clock(desk: Desk) -> None:
    desk.at("2015-01-01T00:05")
    for _ in range(2):
        desk.refused(procedure="9.999999")

    assert doubted(desk.accept())


def test_what_is_done_under_a_doubted_clock_says_so_in_its_own_entry(desk: Desk) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "transfer")
    desk.at("2015-01-01T00:05")
    desk.do(made.dossier_id, "complete")

    states = [event.clock.split()[0] for event, _ in desk.story(made.dossier_id)]

    # `ok`, or why the clock is doubted; boot and uptime follow after blanks
    assert states == ["ok", "ok", "back"]


def test_every_entry_names_the_boot_and_how_long_it_ran(desk: Desk) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "transfer")

    boots, uptimes = zip(
        *(event.clock.split()[-2:] for event, _ in desk.story(made.dossier_id)), strict=True
    )
    assert len(set(boots)) == 1
    assert boots[0]
    assert float(uptimes[0]) <= float(uptimes[1])


def test_the_order_of_a_story_is_the_logs_and_not_the_clocks(desk: Desk) -> None:
    made = desk.accept()
    desk.at("2030-01-01T09:00")
    desk.do(made.dossier_id, "transfer")
    desk.at("2015-01-01T09:00")
    desk.do(made.dossier_id, "complete")
    desk.at("2026-11-20T10:00")
    desk.do(made.dossier_id, "return")

    assert [line.event for line in desk.dossier(made.dossier_id).timeline] == [
        "dossier.accepted",
        "dossier.transferred",
        "dossier.completed",
        "dossier.returned",
    ]
    assert desk.faults() == []


def test_times_are_written_with_the_offset_of_the_office(desk: Desk) -> None:
    made = desk.accept()

    ((event, payload),) = desk.story(made.dossier_id)

    assert event.occurred_at == "2026-11-20T09:24:00+07:00"
    assert isinstance(payload, ev.DossierAccepted)
    for at in (payload.received_at, payload.due.due_at):
        assert at.utcoffset() == timedelta(hours=7)


def test_checking_a_draft_under_a_wrong_clock_writes_nothing(desk: Desk) -> None:
    desk.at("2015-01-01T00:05")
    before = desk.count("event_log")

    desk.counter.intake.check(given(), desk.officer)

    assert desk.count("event_log") == before
    assert doubted(desk.accept())


def states(desk: Desk, dossier_id: str) -> list[str]:
    return [event.clock.split()[0] for event, _ in desk.story(dossier_id)]


def test_what_an_officer_types_holds_until_the_pcs_clock_is_set(
    desk: Desk, clock: ToldClock
) -> None:
    desk.at("2015-01-01T00:05")
    guard = desk.counter.clock_guard

    # the year is the book's, whatever the PC shows
    assert guard.put_right("21/11", "8h10") == moment("2026-11-21T08:10")
    clock.move(minutes=20)
    made = desk.accept()
    desk.do(made.dossier_id, "transfer")

    assert shown(made.received_at) == "2026-11-21T08:30"
    assert not doubted(made)
    assert states(desk, made.dossier_id) == ["typed", "typed"]
    assert desk.faults() == []
    # the network set it; what is typed is no more
    clock.at = moment("2026-11-21T08:35")
    assert not desk.counter.clock.typed
    later = desk.accept()
    assert shown(later.received_at) == "2026-11-21T08:35"
    assert states(desk, later.dossier_id) == ["ok"]
    # and where it was set to something that cannot be, it is doubted again
    clock.at = moment("2016-01-01T00:00")
    assert doubted(desk.accept())


@pytest.mark.parametrize(
    ("day", "hour", "words"),
    [
        ("", "", "Gõ ngày như"),
        ("31/11", "08:10", "Gõ ngày như"),
        ("21/11", "25", "Gõ ngày như"),
        ("21/11/2015", "08:10", "Năm 2015 chưa có"),
    ],
)
def test_a_time_that_cannot_be_is_told_and_changes_nothing(
    desk: Desk, day: str, hour: str, words: str
) -> None:
    desk.at("2015-01-01T00:05")
    for sure in (False, True):
        told = desk.counter.clock_guard.put_right(day, hour, sure=sure)
        assert isinstance(told, Problem)
        assert (words in told.message, told.severity) == (True, "must")
    assert doubted(desk.accept())


@pytest.mark.parametrize(("day", "hour"), [("19/11", "08:10"), ("21/11/2027", "08:10")])
def test_a_time_that_contradicts_the_book_is_asked_about_once(
    desk: Desk, day: str, hour: str
) -> None:
    desk.at("2015-01-01T00:05")
    guard = desk.counter.clock_guard
    told = guard.put_right(day, hour)
    assert isinstance(told, Problem)
    assert (told.severity, "20/11/2026 07:00" in told.message) == ("may", True)
    assert not desk.counter.clock.typed

    assert not isinstance(guard.put_right(day, hour, sure=True), Problem)
    assert not doubted(desk.accept())


def test_what_was_done_under_a_doubted_clock_is_no_witness_for_it(desk: Desk) -> None:
    """Only a receipt is: before it somebody was asked."""
    made = desk.accept()
    desk.at("2026-06-01T09:00")
    for action in ("transfer", "complete"):
        desk.do(made.dossier_id, action)
    assert states(desk, made.dossier_id) == ["ok", "back", "back"]

    def taken() -> bool:
        given_to = desk.counter.intake.accept(given(), desk.officer, asks_about_clock=True)
        return isinstance(given_to, Accepted)

    assert not taken()
    # a book that goes on under a new life, as after a restore, forgets nothing of it
    with desk.counter.store.write() as books:
        own = books.settings.identity().incarnation
        here = Head(own, int(books.settings.get("dseq") or 0))
        begin_life(books, desk.counter.ids, "restore", here, desk.counter.clock.now(), NO_END)
    assert not taken()
    assert doubted(desk.accept())
    assert taken()
