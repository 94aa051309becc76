"""The emergency pad: every number once, for ever; every slip accounted for."""

from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.desk import Desk, moment, person
from services.printer import ToldPrinter
from sqlalchemy import delete, insert

from counter_app.domain import chain
from counter_app.domain import events as ev
from counter_app.domain.officer import Role
from counter_app.domain.outcome import Outcome
from counter_app.domain.pad_code import PadNumber, mark_of
from counter_app.domain.slip_code import Verdict
from counter_app.domain.slips import PadSlip
from counter_app.errors import Refused
from counter_app.services.results import Accepted
from db.tables import event_log, pad_slip

MakeDesk = Callable[..., Desk]


def give_out(desk: Desk, count: int) -> list[PadNumber]:
    given = desk.counter.pads.give_out(count, desk.officer)
    assert len(given.print_job_ids) == count
    numbers = [PadNumber.parse(number) for number in given.numbers]
    assert None not in numbers
    return [number for number in numbers if number is not None]


def written(number: object, at: str = "2026-11-20T09:24") -> dict[str, object]:
    return {"from_paper": {"origin": "pad", "pad": str(number), "received_at": at}}


def enter(desk: Desk, number: object, **more: object) -> Accepted:
    return desk.accept(**written(number), **more)


def fates(desk: Desk) -> dict[str, str]:
    return {row.number: row.fate for row in desk.counter.pads.all()}


def qr(desk: Desk, number: object) -> str:
    content, _ = desk.counter.prints.next_slip("pad", str(number))
    assert isinstance(content, PadSlip)
    return content.qr


# ---- numbers ------------------------------------------------------------------------------------


def test_numbers_run_on_and_stand_in_the_log(desk: Desk) -> None:
    first, second = give_out(desk, 3), give_out(desk, 2)

    assert [number.running for number in (*first, *second)] == [1, 2, 3, 4, 5]
    assert len({(number.counter_no, number.mark) for number in (*first, *second)}) == 1
    assert first[0].counter_no == 2
    with desk.counter.store.read() as books:
        rows = books.connection.exec_driver_sql(
            "SELECT event_id FROM event_log WHERE type = 'pad.printed' ORDER BY num"
        ).fetchall()
        printed = [books.log.of(row[0])[0][1] for row in rows]
    assert printed == [
        ev.PadPrinted(tuple(str(number) for number in numbers)) for numbers in (first, second)
    ]
    assert desk.faults() == []


def test_counters_and_restored_stores_never_give_out_one_number_twice(make_desk: MakeDesk) -> None:
    given: list[str] = []
    for counter_no in (2, 3):
        desk = make_desk(counter_no)
        for life in range(4):
            if life:
                with desk.counter.store.write() as books:
                    # an old backup: of the last pads it knows nothing
                    books.connection.execute(delete(pad_slip))
                    begun = {"incarnation": f"doi-{life}", "dseq": "0", "head": chain.GENESIS}
                    books.settings.put_all(begun)
                desk.reopen()
            given += [str(number) for number in give_out(desk, 3)]

    assert len(set(given)) == len(given) == 24


def test_a_mark_that_someone_has_already_is_passed_over(desk: Desk) -> None:
    with desk.counter.store.write() as books:
        own = books.settings.identity()
        taken = [mark_of(own.device_id, own.incarnation, turn) for turn in range(3)]
        for mark in taken:
            # printed before a restore, or by a copy
            books.pads.note_printed([f"P2-{mark}-0009"], "c-khac", desk.clock.at)

    (number,) = give_out(desk, 1)

    assert number.mark not in taken
    assert give_out(desk, 1)[0].mark == number.mark


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=4))
def test_whatever_is_printed_numbers_have_no_gap(desk: Desk, counts: list[int]) -> None:
    before = len(desk.counter.pads.all())
    running = [number.running for count in counts for number in give_out(desk, count)]

    assert running == list(range(before + 1, before + sum(counts) + 1))


@pytest.mark.parametrize("count", [0, -1, 501])
def test_a_pad_of_nothing_or_of_too_many_is_refused(desk: Desk, count: int) -> None:
    with pytest.raises(Refused):
        desk.counter.pads.give_out(count, desk.officer)
    assert desk.counter.pads.all() == ()


def test_only_who_takes_dossiers_in_prints_and_accounts(desk: Desk) -> None:
    cashier = desk.hire("Thu Ngân", Role.CASHIER)
    (number,) = give_out(desk, 1)
    with pytest.raises(Refused):
        desk.counter.pads.give_out(1, cashier)
    with pytest.raises(Refused):
        desk.counter.pads.account(str(number), "lost", "Rơi", cashier)


# ---- on paper -----------------------------------------------------------------------------------


def test_the_same_slip_has_the_same_bytes_and_the_qr_is_genuine(desk: Desk) -> None:
    (number,) = give_out(desk, 1)

    assert qr(desk, number) == qr(desk, number)
    judged = desk.counter.scans.judge(qr(desk, number))
    assert (judged.scan.kind, judged.verdict, judged.dossier_id) == (
        "pad_slip", Verdict.GREEN, None,
    )  # fmt: skip
    assert judged.scan.fields["number"] == str(number)


def test_a_slip_of_another_counter_is_judged_but_not_printed(make_desk: MakeDesk) -> None:
    here, there = make_desk(2), make_desk(3)
    (number,) = give_out(there, 1)

    assert here.counter.scans.judge(qr(there, number)).verdict is Verdict.AMBER
    with here.counter.store.write() as books, there.counter.store.read() as others:
        (key,) = others.settings.keys().values()
        books.settings.put_key(key)  # type: ignore[attr-defined]
        books.pads.note_printed([str(number)], "c-khac", here.clock.at)
    assert here.counter.scans.judge(qr(there, number)).verdict is Verdict.GREEN
    with pytest.raises(Refused):
        here.counter.prints.png("pad", str(number), 576)


def test_each_slip_is_a_job_that_can_fail_alone(desk: Desk) -> None:
    given = desk.counter.pads.give_out(3, desk.officer)
    ends = [Outcome.CONFIRMED, Outcome.UNKNOWN, Outcome.FAILED]
    for job_id, outcome in zip(given.print_job_ids, ends, strict=True):
        desk.counter.prints.print_again(job_id, [ToldPrinter(outcome)], desk.officer)

    waiting = {job.subject: job.state for job in desk.counter.prints.waiting()}
    assert waiting == {given.numbers[1]: "unknown", given.numbers[2]: "pending"}
    # spoilt on its way out of the printer: no paper of it is wanted any more
    desk.counter.pads.account(given.numbers[1], "spoilt", "Kẹt giấy", desk.officer)
    assert [job.subject for job in desk.counter.prints.waiting()] == [given.numbers[2]]


# ---- entered ------------------------------------------------------------------------------------


def test_a_pad_slip_becomes_a_dossier_of_the_written_moment(desk: Desk) -> None:
    number, other = give_out(desk, 2)
    desk.at("2026-11-23T08:00")

    made = desk.accept(**written(number, "2026-11-20T10:30"))

    assert made.received_at == moment("2026-11-20T10:30")
    assert made.code == "H50.99.01-261120-2001"
    assert [warning.code for warning in made.warnings] == ["from_paper"]
    dossier = desk.dossier(made.dossier_id)
    assert (dossier.origin, dossier.aliases) == ("pad", (str(number),))
    assert made.print_job_id is not None
    assert fates(desk) == {str(number): "used", str(other): "unused"}
    row = desk.counter.pads.all()[0]
    assert row.codes == (made.code,)
    (first, *_) = desk.story(made.dossier_id)
    assert isinstance(first[1], ev.DossierAccepted)
    assert first[1].warnings == ("from_paper",)


def test_the_pad_number_finds_the_dossier_for_ever(desk: Desk) -> None:
    (number,) = give_out(desk, 1)
    payload = qr(desk, number)
    made = enter(desk, number)
    desk.do(made.dossier_id, "correct", reason="Sai tên", applicant={"name": "Hồ Thị Nga"})
    desk.do(made.dossier_id, "complete")
    desk.do(made.dossier_id, "return")
    desk.reopen()

    for typed in (str(number), str(number).lower(), f" {number} "):
        assert [view.dossier.id for view in desk.counter.search.by_code(typed)] == [made.dossier_id]
        assert [row.id for row in desk.counter.search.find(typed)] == [made.dossier_id]
    assert desk.counter.scans.judge(payload).dossier_id == made.dossier_id
    assert desk.counter.scans.judge(str(number)).dossier_id == made.dossier_id


def test_used_twice_is_refused_and_the_dossier_is_named(desk: Desk) -> None:
    (number,) = give_out(desk, 1)
    made = enter(desk, number)
    events = desk.count("event_log")

    refused = desk.counter.intake.accept(
        {"procedure": "9.000003", "applicant": {"name": "Lê Văn Đạt"}, **written(number)},
        desk.officer,
    )

    (problem,) = refused.problems  # type: ignore[union-attr]
    assert (problem.field, problem.code) == ("from_paper.pad", "pad_used")
    assert made.code in problem.message
    assert desk.count("event_log") == events
    # while it is typed, too
    checked = desk.counter.intake.check(
        {"procedure": "9.000003", "applicant": {"name": "Lê Văn Đạt"}, **written(number)},
        desk.officer,
    )
    assert "pad_used" in [problem.code for problem in checked.problems]


@pytest.mark.parametrize("number", ["", "TAP-0007", "P2-7K3-42", "P2-7A3-0042", "7K3-0042"])
def test_what_is_no_pad_number_is_refused(desk: Desk, number: str) -> None:
    assert desk.refused(**written(number)) == [("from_paper.pad", "pad_wrong")]


def test_a_number_of_another_counter_is_taken_and_wondered_about(desk: Desk) -> None:
    made = enter(desk, "P3-BC0-0001")

    assert [warning.code for warning in made.warnings] == ["from_paper", "pad_unknown"]
    assert desk.refused(**written("p3-bc0-0001")) == [("from_paper.pad", "pad_used")]
    # a number that was mistyped is seen in the account too
    (row,) = desk.counter.pads.all()
    assert (row.number, row.printed_at, row.fate, row.codes) == (
        "P3-BC0-0001", None, "used", (made.code,),
    )  # fmt: skip


def test_a_moment_before_the_pad_was_printed_is_wondered_about(desk: Desk) -> None:
    (number,) = give_out(desk, 1)
    made = desk.accept(**written(number, "2026-11-20T09:23"))

    assert [warning.code for warning in made.warnings] == ["from_paper", "pad_before_print"]


# ---- accounted for ------------------------------------------------------------------------------


def test_spoilt_is_refused_lost_is_wondered_about_and_both_can_be_taken_back(desk: Desk) -> None:
    spoilt, lost = give_out(desk, 2)
    account = desk.counter.pads.account
    assert account(str(spoilt).lower(), "spoilt", "Viết hỏng", desk.officer).fate == "spoilt"
    account(str(lost), "lost", "Rơi", desk.officer)
    assert fates(desk) == {str(spoilt): "spoilt", str(lost): "lost"}

    assert desk.refused(**written(spoilt)) == [("from_paper.pad", "pad_spoilt")]
    assert "pad_lost" in [warning.code for warning in enter(desk, lost).warnings]
    account(str(spoilt), "unused", "Ghi nhầm số", desk.officer)
    assert fates(desk) == {str(spoilt): "unused", str(lost): "used"}
    assert enter(desk, spoilt, applicant=person("Pả Kưng")).code
    assert desk.faults() == []


def test_what_is_used_or_unknown_or_without_reason_is_not_accounted_for(desk: Desk) -> None:
    used, blank = give_out(desk, 2)
    made = enter(desk, used)
    wrong = [
        (str(used), "lost", "Rơi"), ("P2-BCF-0001", "lost", "Rơi"), ("TAP-1", "lost", "Rơi"),
        (str(blank), "burnt", "Cháy"), (str(blank), "lost", " "), (str(blank), "lost", "x" * 501),
    ]  # fmt: skip
    for number, fate, reason in wrong:
        with pytest.raises(Refused) as refused:
            desk.counter.pads.account(number, fate, reason, desk.officer)
        if number == str(used):
            assert made.code in refused.value.message
    assert fates(desk) == {str(used): "used", str(blank): "unused"}


def test_entered_at_two_counters_it_is_shown_as_used_twice(make_desk: MakeDesk) -> None:
    here, there = make_desk(2), make_desk(3)
    (number,) = give_out(here, 1)
    enter(here, number)
    elsewhere = enter(there, number, applicant=person("Lê Văn Đạt"))
    ((event, payload),) = there.story(elsewhere.dossier_id)
    assert isinstance(payload, ev.DossierAccepted)
    with here.counter.store.write() as books:
        books.connection.execute(insert(event_log).values(event._asdict()))
        books.dossiers.refresh(event.subject)

    (row,) = here.counter.pads.all()

    assert row.fate == "used_twice"
    assert len(row.codes) == 2
    assert here.counter.pads.counts() == {"used_twice": 1}


def test_printed_at_is_the_minute_of_the_log(desk: Desk) -> None:
    give_out(desk, 1)
    assert desk.counter.pads.all()[0].printed_at == datetime.fromisoformat(
        desk.clock.at.isoformat(timespec="seconds")
    )
