"""Taking in: what is asked for, what is only pointed out, what stands in the book afterwards."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from conftest import ToldClock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.desk import (
    FIFTEEN_CALENDAR_DAYS,
    SAME_DAY,
    TEN_DAYS,
    THREE_DAYS,
    Desk,
    moment,
    person,
    shown,
)
from services.desk import given as ordinary

from counter_app.bootstrap import Counter
from counter_app.domain import events as ev
from counter_app.domain.officer import Role
from counter_app.domain.outcome import Outcome, Reason, Sent, sent
from counter_app.domain.printer import Profile
from counter_app.services.results import Accepted, Noticed, Rejected

MakeDesk = Callable[..., Desk]

# ---- checking while it is typed -----------------------------------------------------------------


def test_checking_tells_the_date_the_fee_and_the_slip_and_writes_nothing(desk: Desk) -> None:
    before = {
        table: desk.count(table)
        for table in ("event_log", "dossier", "code_number", "print_job", "issued_code")
    }

    check = desk.counter.intake.check(ordinary(), desk.officer)

    assert check.problems == ()
    # three working days from Friday 20/11; 24/11 is a holiday
    assert check.moment is not None
    assert shown(check.moment.due_at) == "2026-11-26T17:00"
    assert [day.isoformat() for day in check.moment.days] == [
        "2026-11-23",
        "2026-11-25",
        "2026-11-26",
    ]
    assert "3 ngày làm việc" in check.why
    assert check.fee_total == 15_000
    assert check.preview is not None
    assert check.preview.applicant_name == "HỒ THỊ NGUYỆT"
    assert shown(check.preview.due_at) == "2026-11-26T17:00"
    assert {table: desk.count(table) for table in before} == before
    assert desk.accept().code.endswith("-2001")


def test_a_preview_has_no_code_and_no_signature(desk: Desk) -> None:
    preview = desk.counter.intake.check(ordinary(), desk.officer).preview

    assert preview is not None
    assert "H50.99.01" not in preview.code
    assert preview.qr == ""


def test_a_half_typed_draft_is_checked_as_far_as_it_goes(desk: Desk) -> None:
    check = desk.counter.intake.check({"procedure": TEN_DAYS, "applicant": {}}, desk.officer)

    assert check.moment is not None
    assert check.preview is None
    assert [problem.field for problem in check.problems if problem.severity == "must"] == [
        "applicant.name"
    ]
    assert desk.counter.intake.check({}, desk.officer).moment is None


# ---- what is refused and what is only pointed out --------------------------------------------


def test_a_procedure_and_a_name_are_enough(desk: Desk) -> None:
    made = desk.counter.intake.accept(
        {"procedure": THREE_DAYS, "applicant": {"name": "PẢ KƯNG"}}, desk.officer
    )

    assert isinstance(made, Accepted)
    dossier = desk.dossier(made.dossier_id)
    assert dossier.facts.applicant == ev.Party("person", "PẢ KƯNG")
    assert dossier.facts.procedure.code == THREE_DAYS


PN = "applicant.personal_number"
MUST: dict[str, tuple[dict[str, object], str]] = {
    "no procedure": ({"procedure": None}, "procedure"),
    "unknown procedure": ({"procedure": "9.999999"}, "procedure"),
    "unknown case": ({"procedure": TEN_DAYS, "case": "la"}, "case"),
    "no applicant": ({"applicant": None}, "applicant.name"),
    "no name": ({"applicant": person(" \u200b ")}, "applicant.name"),
    "name of 121": ({"applicant": person("Ư" * 121)}, "applicant.name"),
    "address of 301": ({"applicant": person("A", address="ă" * 301)}, "applicant.address"),
    "8 digits": ({"applicant": person("A", personal_number="19712345")}, PN),
    "10 digits": ({"applicant": person("A", personal_number="0451900012")}, PN),
    "11 digits": ({"applicant": person("A", personal_number="45190001234")}, PN),
    "13 digits": ({"applicant": person("A", personal_number="0451900012345")}, PN),
    "letters": ({"applicant": person("A", personal_number="04519000123X")}, PN),
    "a day that is none": ({"applicant": person("A", born_on="1990-02-30")}, "applicant.born_on"),
    "a third sex": ({"applicant": person("A", sex="x")}, "applicant.sex"),
    "no sets": ({"sets": 0}, "sets"),
    "a paper of another procedure": ({"components": [{"id": "g9"}]}, "components[0]"),
    "return by pigeon": ({"return_method": "pigeon"}, "return_method"),
    "representative without a name": ({"representative": {"phone": "0912"}}, "representative.name"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUST)
def test_what_must_be_mended_is_named_by_its_field_and_takes_no_number(
    desk: Desk, name: str
) -> None:
    wrong, field = MUST[name]

    assert field in [found for found, _ in desk.refused(**wrong)]

    assert desk.count("dossier") == 0
    assert desk.accept().code.endswith("-2001")


MAY: dict[str, tuple[dict[str, object], str]] = {
    "a required paper missing": ({"components": []}, "components.g1"),
    "a number of another sex": (
        {"applicant": person("A", personal_number="045190001234", sex="male")}, PN,
    ),
    "a number of another year": (
        {"applicant": person("A", personal_number="045190001234", born_on="1991")}, PN,
    ),
    "a province that is none": ({"applicant": person("A", personal_number="099190001234")}, PN),
    "an odd telephone": ({"applicant": person("A", phone="12345")}, "applicant.phone"),
}  # fmt: skip


@pytest.mark.parametrize("name", MAY)
def test_what_is_only_odd_is_pointed_out_and_taken(desk: Desk, name: str) -> None:
    odd, field = MAY[name]
    checked = desk.counter.intake.check(ordinary(**odd), desk.officer)
    assert field in [problem.field for problem in checked.problems if problem.severity == "may"]
    assert [problem for problem in checked.problems if problem.severity == "must"] == []

    made = desk.accept(**odd)

    assert field in [warning.field for warning in made.warnings]
    # and the log remembers that it was said
    ((_, accepted),) = desk.story(made.dossier_id)
    assert isinstance(accepted, ev.DossierAccepted)
    assert set(accepted.warnings) == {warning.code for warning in made.warnings}


@pytest.mark.parametrize(
    "number", ["045190001234", "197123456", None], ids=["twelve", "nine of an old card", "none"]
)
def test_numbers_of_both_cards_and_people_without_any_are_taken(
    desk: Desk, number: str | None
) -> None:
    made = desk.accept(applicant=person("HỒ THỊ NGUYỆT", personal_number=number))

    assert desk.dossier(made.dossier_id).facts.applicant.personal_number == number


@pytest.mark.parametrize("born_on", ["1941", "1941-07", "1941-07-20"])
def test_a_birth_date_may_be_a_year_only(desk: Desk, born_on: str) -> None:
    made = desk.accept(applicant=person("PẢ KƯNG", born_on=born_on))

    assert desk.dossier(made.dossier_id).facts.applicant.born_on == born_on


def test_who_may_not_take_in_takes_nothing_in(desk: Desk) -> None:
    for roles in ((), (Role.PROCESSING,), (Role.RETURNS,), (Role.CASHIER,)):
        someone = desk.hire("Lê Văn Đạt", *roles)
        made = desk.counter.intake.accept(ordinary(), someone)
        noticed = desk.counter.intake.refuse(ordinary(reason="Sai chỗ"), someone)
        for answer in (made, noticed):
            assert isinstance(answer, Rejected)
            assert [problem.code for problem in answer.problems] == ["no_right"]
    assert desk.count("dossier") == desk.count("notice") == 0


# ---- one transaction, durable before any paper moves ----------------------------------------------


def test_when_accept_returns_everything_is_in_the_file(desk: Desk) -> None:
    made = desk.accept()

    # another program reads the same file
    other = Counter(desk.folder, desk.key)
    try:
        view = other.search.open(made.dossier_id)
        assert view is not None
        assert view.dossier.code == made.code
        assert [(job.id, job.state) for job in view.prints] == [(made.print_job_id, "pending")]
        assert [row.code for row in other.search.find("nguyet")] == [made.code]
    finally:
        other.close()


def test_a_commit_waits_for_the_disk(desk: Desk) -> None:
    with desk.counter.store.write() as books:
        run = books.connection.exec_driver_sql
        assert run("PRAGMA journal_mode").scalar_one() == "wal"
        # 2 is FULL: the only mode that lost nothing in power cuts
        assert run("PRAGMA synchronous").scalar_one() == 2
        assert run("PRAGMA foreign_keys").scalar_one() == 1


class NosyPrinter:
    """While it prints it looks into the book, and writes into it."""

    name, profile = "may-in-thu", Profile()

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.seen: list[tuple[str, str]] = []

    def send(self, job: bytes) -> Sent:
        other = Counter(self.desk.folder, self.desk.key)
        with other.store.read() as books:
            jobs = books.prints.unfinished()
            self.seen += [(job.dossier_id, job.state) for job in jobs]
        # nobody holds the book while the printer is waited for
        with other.store.write() as books:
            books.connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            books.settings.put("local.thu", "ghi được")
        other.close()
        return sent(Reason.OK)


def test_the_printer_finds_the_dossier_in_the_book_and_no_transaction_open(desk: Desk) -> None:
    made = desk.accept()
    printer = NosyPrinter(desk)

    printed = desk.counter.prints.print_slip(made.dossier_id, [printer], desk.officer)

    assert printer.seen == [(made.dossier_id, "printing")]
    assert printed.outcome is Outcome.CONFIRMED
    assert [job.state for job in desk.prints_of(made.dossier_id)] == ["done"]


class Planted(Exception):
    """A fault that a test plants."""


@pytest.mark.parametrize(
    "at",
    [
        "db.books.Numbers.next_seq",
        "db.log.Log.append",
        "db.dossiers.Dossiers.enter",
        "db.dossiers.Dossiers.put_all",
        "db.prints.Prints.add",
    ],
)
def test_a_fault_at_any_step_leaves_nothing_and_no_gap(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    desk.accept()
    tables = ("event_log", "dossier", "print_job", "issued_code", "dossier_search")
    before = {table: desk.count(table) for table in tables}

    def broken(*_: object, **__: object) -> None:
        raise Planted

    with monkeypatch.context() as patch:
        patch.setattr(at, broken)
        with pytest.raises(Planted):
            desk.counter.intake.accept(ordinary(), desk.officer)

    assert {table: desk.count(table) for table in tables} == before
    assert desk.accept().code.endswith("-2002")
    assert desk.faults() == []


def test_the_first_slip_waits_for_the_printer_from_the_first_moment(desk: Desk) -> None:
    made = desk.accept()

    (job,) = desk.counter.prints.after_crash()
    assert (job.id, job.dossier_id, job.receipt_no) == (made.print_job_id, made.dossier_id, 1)


# ---- the same draft twice -----------------------------------------------------------------------


def duplicates(made: Accepted) -> list[str]:
    return [warning.message for warning in made.warnings if warning.code == "duplicate"]


def test_the_same_draft_twice_is_two_dossiers_and_the_second_names_the_first(desk: Desk) -> None:
    first, second = desk.accept(), desk.accept()

    assert first.dossier_id != second.dossier_id
    assert (first.code[-4:], second.code[-4:]) == ("2001", "2002")
    assert duplicates(first) == []
    (message,) = duplicates(second)
    assert first.code in message


def test_a_duplicate_is_pointed_out_before_it_is_taken(desk: Desk) -> None:
    first = desk.accept()

    checked = desk.counter.intake.check(ordinary(), desk.officer)

    assert [problem.severity for problem in checked.problems if problem.code == "duplicate"] == [
        "may"
    ]
    assert first.code in " ".join(problem.message for problem in checked.problems)


def test_another_procedure_or_another_person_is_no_duplicate(desk: Desk) -> None:
    desk.accept()

    assert duplicates(desk.accept(procedure=TEN_DAYS)) == []
    assert duplicates(desk.accept(applicant=person("HỒ THỊ NGUYỆT", born_on="1991-01-01"))) == []


def test_a_person_without_papers_is_known_by_name_and_birth_date(desk: Desk) -> None:
    first = desk.accept(applicant=person("Pả Kưng", born_on="1941"))

    (message,) = duplicates(desk.accept(applicant=person("PẢ  KƯNG", born_on="1941")))
    assert first.code in message
    assert duplicates(desk.accept(applicant=person("Pả Kưng", born_on="1952"))) == []


NEEDED: dict[str, dict[str, Any]] = {
    "withdraw": {"reason": "Xin rút"},
    "stop": {"decision_no": "15/QĐ", "reason": "Không đủ điều kiện"},
    "void": {"reason": "Nhập hai lần"},
}


@pytest.mark.parametrize(
    ("way", "open"),
    [
        ((), True),
        (("transfer",), True),
        (("complete",), True),
        (("complete", "return"), False),
        (("withdraw",), False),
        (("stop",), False),
        (("void",), False),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_only_what_is_still_open_makes_a_duplicate(
    desk: Desk, way: tuple[str, ...], open: bool
) -> None:
    first = desk.accept()
    for action in way:
        desk.do(first.dossier_id, action, **NEEDED.get(action, {}))

    assert bool(duplicates(desk.accept())) == open


# ---- numbers -----------------------------------------------------------------------------------


def test_a_code_names_commune_day_counter_and_number(make_desk: MakeDesk) -> None:
    second, third = make_desk(2), make_desk(3)

    assert [second.accept().code, third.accept().code, second.accept().code] == [
        "H50.99.01-261120-2001",
        "H50.99.01-261120-3001",
        "H50.99.01-261120-2002",
    ]


def test_at_midnight_of_the_new_year_codes_and_notices_begin_again(desk: Desk) -> None:
    desk.at("2026-12-31T23:59")
    old = [desk.accept(), desk.accept()]
    notices = [refuse(desk).notice_no, refuse(desk).notice_no]
    desk.at("2027-01-01T00:00")
    new = [desk.accept(), desk.accept()]
    notices += [refuse(desk).notice_no]

    assert [made.code for made in (*old, *new)] == [
        "H50.99.01-261231-2001",
        "H50.99.01-261231-2002",
        "H50.99.01-270101-2001",
        "H50.99.01-270101-2002",
    ]
    assert notices == ["2-0001", "2-0002", "2-0001"]
    # open dossiers go on
    assert desk.do(old[0].dossier_id, "transfer").status.no == 4
    assert desk.faults() == []


def test_the_register_row_is_the_last_part_of_the_code_and_the_book_a_year_and_a_field(
    desk: Desk,
) -> None:
    desk.at("2026-12-31T10:00")
    old = desk.accept()
    desk.at("2027-01-04T10:00")
    new = desk.accept()

    rows = [desk.counter.prints.receipt(made.dossier_id)[0] for made in (old, new)]

    assert [(row.register_book, row.register_no) for row in rows] == [
        ("2026/Thử nghiệm", "2001"),
        ("2027/Thử nghiệm", "2001"),
    ]


def test_after_999_the_numbers_grow_wider(desk: Desk) -> None:
    with desk.counter.store.write() as books:
        books.numbers.pass_by(moment("2026-11-20T09:00").date(), 0, 998)

    assert [desk.accept().code[-6:] for _ in range(3)] == ["0-2999", "-21000", "-21001"]


@pytest.fixture
def two_desks(make_desk: MakeDesk) -> dict[int, Desk]:
    return {number: make_desk(number) for number in (2, 3)}


STEPS = st.lists(
    st.tuples(
        st.sampled_from([2, 3]),
        st.integers(-2, 3),
        st.sampled_from(["accept", "accept", "refused draft", "refusal", "void", "fault"]),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_happens_each_counter_and_day_numbers_from_one_without_gap(
    two_desks: dict[int, Desk], clock: ToldClock, steps: list[tuple[int, int, str]]
) -> None:
    clock.at += timedelta(days=400)  # days that no earlier example has used
    expected: dict[tuple[int, str], list[int]] = {}
    given_out: dict[tuple[int, str], list[int]] = {}
    for number, days, what in steps:
        desk = two_desks[number]
        clock.at += timedelta(days=days)
        if what == "refused draft":
            desk.refused(procedure="9.999999")
            continue
        if what == "refusal":
            refuse(desk)
            continue
        if what == "fault":
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("db.prints.Prints.add", lambda *_: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    desk.counter.intake.accept(ordinary(), desk.officer)
            continue
        made = desk.accept()
        if what == "void":
            desk.do(made.dossier_id, "void", reason="Nhập hai lần")
        _, day, seq = made.code.split("-")
        assert day == f"{clock.at:%y%m%d}"
        assert seq[0] == str(number)
        numbers = given_out.setdefault((number, day), [])
        numbers.append(int(seq[1:]))
        expected[number, day] = list(range(1, len(numbers) + 1))
    assert given_out == expected


def test_a_clock_set_back_goes_on_from_the_highest_number_of_that_day(desk: Desk) -> None:
    codes = [desk.accept().code for _ in range(2)]
    desk.at("2026-11-23T09:00")
    codes.append(desk.accept().code)
    desk.at("2026-11-20T09:00")
    codes.append(desk.accept().code)

    assert [code[10:] for code in codes] == [
        "261120-2001",
        "261120-2002",
        "261123-2001",
        "261120-2003",
    ]


def test_a_void_dossier_gives_its_number_to_nobody(desk: Desk) -> None:
    first = desk.accept()
    desk.do(first.dossier_id, "void", reason="Nhập hai lần")

    assert desk.accept().code.endswith("-2002")
    assert desk.dossier(first.dossier_id).code == first.code


# ---- dates ------------------------------------------------------------------------------------

DATES = [
    ("2026-03-02T09:00", THREE_DAYS, "2026-03-05T17:00"),
    ("2026-03-05T16:50", THREE_DAYS, "2026-03-10T17:00"),
    ("2026-06-05T17:45", THREE_DAYS, "2026-06-11T17:30"),
    ("2026-01-08T09:00", THREE_DAYS, "2026-01-12T17:00"),
    ("2026-08-27T09:00", THREE_DAYS, "2026-09-04T17:30"),
    ("2026-11-20T15:30", THREE_DAYS, "2026-11-26T17:00"),
    ("2026-01-20T09:00", FIFTEEN_CALENDAR_DAYS, "2026-02-04T17:00"),
    ("2026-06-16T09:00", FIFTEEN_CALENDAR_DAYS, "2026-07-01T17:30"),
    ("2026-05-12T14:59", SAME_DAY, "2026-05-12T17:30"),
    ("2026-05-12T15:00", SAME_DAY, "2026-05-13T17:30"),
    ("2026-05-15T15:01", SAME_DAY, "2026-05-18T17:30"),
    ("2026-02-13T15:30", SAME_DAY, "2026-02-23T17:00"),
    ("2026-11-23T15:10", SAME_DAY, "2026-11-25T17:00"),
]
"""The worked examples of the brief that fit the terms of the small catalogue."""


@pytest.mark.parametrize(("received", "procedure", "due"), DATES)
def test_the_slip_promises_the_date_of_the_worked_examples(
    desk: Desk, received: str, procedure: str, due: str
) -> None:
    desk.at(received)

    made = desk.accept(procedure=procedure)

    assert (shown(made.received_at), shown(made.due_at)) == (received, due)
    assert shown(desk.dossier(made.dossier_id).original_due_at) == due


@pytest.mark.parametrize(
    ("received", "asked"), [("2026-05-12T14:59", False), ("2026-05-12T15:00", True)]
)
def test_a_slip_is_asked_for_only_where_the_result_is_not_given_at_once(
    desk: Desk, received: str, asked: bool
) -> None:
    desk.at(received)

    made = desk.accept(procedure=SAME_DAY)

    assert made.slip is asked
    assert (made.print_job_id is not None) is asked
    assert desk.count("print_job") == int(asked)
    # a receipt is drawn all the same, for whoever asks
    assert desk.counter.prints.receipt(made.dossier_id)[0].code == made.code


def test_a_year_without_an_announced_calendar_makes_the_date_provisional(desk: Desk) -> None:
    desk.at("2026-12-28T09:00")

    made = desk.accept(procedure=TEN_DAYS)

    assert made.due_at.year == 2027
    assert desk.dossier(made.dossier_id).due.provisional


def test_a_date_by_hand_is_printed_and_the_counted_one_is_kept_beside_it(desk: Desk) -> None:
    made = desk.accept(
        due_override={"at": "2026-12-04T11:00", "reason": "Chờ xã bạn", "approver": "Lê Văn Đạt"}
    )

    dossier = desk.dossier(made.dossier_id)
    assert shown(made.due_at) == shown(dossier.original_due_at) == "2026-12-04T11:00"
    assert shown(dossier.due.due_at) == "2026-11-26T17:00"
    assert dossier.due_override is not None
    assert (dossier.due_override.reason, dossier.due_override.approver) == (
        "Chờ xã bạn",
        "Lê Văn Đạt",
    )


@pytest.mark.parametrize(
    ("override", "field"),
    [
        ({"at": "2026-12-04T11:00", "reason": "Chờ"}, "due_override.approver"),
        ({"at": "2026-12-04T11:00", "approver": "Đạt"}, "due_override.reason"),
        ({"at": "2026-11-20T09:24", "reason": "Chờ", "approver": "Đạt"}, "due_override.at"),
        ({"at": "2026-02-30T11:00", "reason": "Chờ", "approver": "Đạt"}, "due_override.at"),
        ({"at": "mai", "reason": "Chờ", "approver": "Đạt"}, "due_override.at"),
        ({"at": "2026-12-04T11:00", "reason": "n" * 501, "approver": "Đạt"}, "due_override.reason"),
        (
            {"at": "2026-12-04T11:00", "reason": "Chờ", "approver": "n" * 501},
            "due_override.approver",
        ),
        ("2026-12-04T11:00", "due_override"),
    ],
)
def test_a_date_by_hand_needs_a_later_moment_a_reason_and_who_approved_it(
    desk: Desk, override: object, field: str
) -> None:
    assert field in [found for found, _ in desk.refused(due_override=override)]


def test_a_same_day_result_promised_for_another_day_needs_a_receipt(desk: Desk) -> None:
    later = {"at": "2026-11-23T11:00", "reason": "Chờ người ký", "approver": "Lê Văn Đạt"}

    assert not desk.accept(procedure=SAME_DAY).slip
    assert desk.accept(procedure=SAME_DAY, due_override=later).slip


# ---- what stands on paper already ----------------------------------------------------------------


def paper(**more: object) -> dict[str, object]:
    return {"origin": "paper", "received_at": "2026-11-18T10:00", **more}


def test_a_code_from_paper_is_kept_and_the_count_goes_on_after_it(desk: Desk) -> None:
    made = desk.accept(
        from_paper=paper(code="H50.99.01-261120-2007", received_at="2026-11-20T08:00")
    )

    assert made.code == "H50.99.01-261120-2007"
    assert shown(made.received_at) == "2026-11-20T08:00"
    assert desk.accept().code == "H50.99.01-261120-2008"
    # an older number of the same day takes nothing back
    desk.accept(from_paper=paper(code="H50.99.01-261120-2003"))
    assert desk.accept().code == "H50.99.01-261120-2009"
    assert desk.faults() == []


@pytest.mark.parametrize(
    "code", ["H50.99.01-261120-3007", "H50.99.01-261120-0007", "H56.14-261120-2007"]
)
def test_a_code_of_another_counter_or_commune_moves_no_count(desk: Desk, code: str) -> None:
    assert desk.accept(from_paper=paper(origin="import", code=code)).code == code

    assert desk.accept().code == "H50.99.01-261120-2001"


def test_a_code_that_exists_is_refused(desk: Desk) -> None:
    first = desk.accept()

    (problem,) = desk.refused(from_paper=paper(code=first.code))

    assert problem[0] == "from_paper.code"
    assert desk.accept().code.endswith("-2002")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (paper(code="H50.99.01-261120-2007", received_at="2026-11-20T09:25"), "from_paper.received_at"),
        (paper(code="H50.99.01-261120-2007", received_at="hôm qua"), "from_paper.received_at"),
        (paper(code="2007"), "from_paper.code"),
        (paper(code="H50.99.01-261320-2007"), "from_paper.code"),
        (paper(), "from_paper.code"),
        (paper(origin="pad"), "from_paper.pad"),
        (paper(origin="dream", code="H50.99.01-261120-2007"), "from_paper.origin"),
    ],
)  # fmt: skip
def test_what_a_paper_cannot_say_is_refused(
    desk: Desk, entry: dict[str, object], field: str
) -> None:
    assert field in [found for found, _ in desk.refused(from_paper=entry)]
    assert desk.count("dossier") == 0


def test_a_pad_slip_gets_a_new_code_of_its_day_and_both_find_it(desk: Desk) -> None:
    made = desk.accept(from_paper=paper(origin="pad", pad="p2-7k3-0007"))

    assert made.code == "H50.99.01-261118-2001"
    assert shown(made.due_at) == "2026-11-23T17:00"
    for known_as in (made.code, "P2-7K3-0007"):
        assert [view.dossier.id for view in desk.counter.search.by_code(known_as)] == [
            made.dossier_id
        ]
    assert desk.accept().code == "H50.99.01-261120-2001"


def test_a_pad_slip_is_entered_once(desk: Desk) -> None:
    desk.accept(from_paper=paper(origin="pad", pad="P2-7K3-0007"))

    (problem,) = desk.refused(from_paper=paper(origin="pad", pad="P2-7K3-0007"))

    assert problem[0] == "from_paper.pad"
    assert desk.accept(from_paper=paper(origin="pad", pad="P2-7K3-0008")).code.endswith("-2002")


def test_what_was_promised_on_an_old_paper_is_measured_against_that_papers_receipt(
    desk: Desk,
) -> None:
    made = desk.accept(
        from_paper=paper(code="H50.99.01-261102-2007", received_at="2026-11-02T08:00"),
        due_override={"at": "2026-11-16T17:00", "reason": "Theo giấy hẹn cũ", "approver": "Đạt"},
    )

    assert shown(made.due_at) == "2026-11-16T17:00"


def test_an_old_paper_is_checked_as_it_will_be_entered(desk: Desk) -> None:
    draft = ordinary(
        from_paper=paper(code="H50.99.01-261102-2007", received_at="2026-11-02T08:00"),
        due_override={"at": "2026-11-16T17:00", "reason": "Theo giấy hẹn cũ", "approver": "Đạt"},
    )

    found = desk.counter.intake.check(draft, desk.officer)

    assert found.problems == ()
    assert found.moment is not None
    assert shown(found.moment.due_at) == "2026-11-05T17:00"
    assert found.preview is not None
    assert shown(found.preview.received_at) == "2026-11-02T08:00"
    assert shown(found.preview.due_at) == "2026-11-16T17:00"


# ---- not accepted -----------------------------------------------------------------------------


def refuse(desk: Desk, **more: object) -> Noticed:
    fields = {"reason": "Không thuộc thẩm quyền của xã", **more}
    made = desk.counter.intake.refuse(ordinary(**fields), desk.officer)
    assert isinstance(made, Noticed), made
    return made


def test_a_refusal_takes_no_code_and_each_kind_of_notice_has_its_own_numbers(desk: Desk) -> None:
    asked = {"notice": "supplement", "items": ["Bản sao giấy chứng sinh"]}

    numbers = [
        refuse(desk).notice_no,
        refuse(desk, **asked).notice_no,
        refuse(desk).notice_no,
        refuse(desk, **asked).notice_no,
    ]

    assert numbers == ["2-0001", "2-0001", "2-0002", "2-0002"]
    assert desk.count("dossier") == desk.count("code_number") == 0
    assert desk.accept().code.endswith("-2001")


def test_notices_of_before_and_after_acceptance_share_their_numbers(desk: Desk) -> None:
    first = refuse(desk, notice="supplement", items=["Giấy chứng sinh"])
    made = desk.accept()
    desk.do(made.dossier_id, "request-supplement", items=["Giấy chứng sinh"], reason="Thiếu")

    assert first.notice_no == "2-0001"
    (asked,) = [p for _, p in desk.story(made.dossier_id) if isinstance(p, ev.SupplementRequested)]
    assert asked.notice_no == "2-0002"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "\u200b"}, "reason"),
        ({"reason": "Thiếu", "notice": "supplement"}, "items"),
        ({"reason": "Thiếu", "notice": "supplement", "items": "giấy"}, "items"),
        ({"reason": "Thiếu", "notice": "poem"}, "notice"),
        ({"reason": "Thiếu", "procedure": "9.999999"}, "procedure"),
        ({"reason": "Thiếu", "applicant": {}}, "applicant.name"),
    ],
)
def test_a_notice_without_what_it_must_say_is_not_given_and_takes_no_number(
    desk: Desk, fields: dict[str, object], field: str
) -> None:
    made = desk.counter.intake.refuse(ordinary(**fields), desk.officer)

    assert isinstance(made, Rejected)
    assert field in [problem.field for problem in made.problems]
    assert desk.count("notice") == 0
    assert refuse(desk).notice_no == "2-0001"


def test_a_refusal_is_remembered_with_its_words(desk: Desk) -> None:
    made = refuse(desk, reason="Không thuộc thẩm quyền")

    ((event, payload),) = desk.story(made.notice_id)
    assert isinstance(payload, ev.IntakeRefused)
    assert (payload.notice, payload.reason) == ("refusal", "Không thuộc thẩm quyền")
    assert payload.applicant.name == "HỒ THỊ NGUYỆT"
    assert event.actor_name == "Hồ Thị Mai"
    assert datetime.fromisoformat(event.occurred_at) == desk.clock.now()
