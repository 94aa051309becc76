"""What a dossier is counted, charged and printed by: what was in force on its day."""

from datetime import date

import pytest
from services.desk import (
    PROCEDURES,
    SMALL,
    TEN_DAYS,
    THREE_DAYS,
    Desk,
    change_office,
    shown,
    small_catalogue,
)

import resources
from counter_app.domain.office import Office, parse_office
from counter_app.services.catalogue import Catalogue
from counter_app.services.intake import form_set

OFFICE = resources.office_text("khe-sanh")


def office(form_set: str) -> Office:
    return parse_office(OFFICE.replace('form_set = "FS-2018"', f'form_set = "{form_set}"'))


# ---- the set of forms in force on the day ------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2018, 6, 21), "FS-2018"),
        (date(2025, 6, 30), "FS-2018"),
        (date(2025, 7, 1), "FS-2025"),
        (date(2026, 11, 20), "FS-2025"),
    ],
)
def test_auto_chooses_the_forms_by_the_day_of_receipt(day: date, expected: str) -> None:
    assert form_set(office("auto"), day) == expected


@pytest.mark.parametrize("pinned", ["FS-2018", "FS-2025"])
def test_an_office_may_pin_a_set_of_forms(pinned: str) -> None:
    for day in (date(2018, 6, 21), date(2026, 11, 20)):
        assert form_set(office(pinned), day) == pinned


def test_a_dossier_keeps_the_forms_of_its_day(desk: Desk) -> None:
    old = desk.accept()
    change_office(desk, 'form_set = "FS-2018"', 'form_set = "auto"')
    new = desk.accept()
    late = desk.accept(
        from_paper={
            "origin": "paper",
            "code": "H50.99.01-250630-2001",
            "received_at": "2025-06-30T09:00",
        }
    )

    sets = [desk.dossier(made.dossier_id).form_set for made in (old, new, late)]
    assert sets == ["FS-2018", "FS-2025", "FS-2018"]
    desk.do(old.dossier_id, "correct", note="Ghi thêm", reason="Bổ sung")
    assert desk.dossier(old.dossier_id).form_set == "FS-2018"


# ---- the office in force -----------------------------------------------------------------------


def test_a_new_office_file_changes_no_slip_that_was_given_out(desk: Desk) -> None:
    old = desk.accept()
    before = desk.counter.prints.receipt(old.dossier_id)[0]
    change_office(desk, "0233 000 000", "0233 999 999")
    new = desk.accept()

    assert desk.counter.prints.receipt(old.dossier_id)[0] == before
    assert desk.counter.prints.receipt(new.dossier_id)[0].office_phone == "0233 999 999"
    assert desk.faults() == []


def test_new_hours_hold_for_new_dossiers_and_move_no_promise(desk: Desk) -> None:
    old = desk.accept()
    change_office(desk, '"17:00"]]', '"16:00"]]')
    new = desk.accept()

    assert shown(new.due_at) == "2026-11-26T16:00"
    assert shown(desk.dossier(old.dossier_id).due_at) == "2026-11-26T17:00"
    assert (
        desk.dossier(old.dossier_id).office_version != desk.dossier(new.dossier_id).office_version
    )


# ---- calendars --------------------------------------------------------------------------------


def year(status: str, days: str, issued_on: str) -> str:
    return (
        f'year = 2026\nstatus = "{status}"\nsource = "thử"\nissued_on = {issued_on}\n'
        f'[[day]]\ndate = {days}\nkind = "holiday"\nname = "Nghỉ thử"\n'
    )


@pytest.mark.parametrize("first", [0, 1, 2])
def test_of_a_years_calendars_the_official_one_issued_last_holds(desk: Desk, first: int) -> None:
    texts = [
        year("official", "2026-11-23", "2025-10-16"),
        year("official", "2026-11-25", "2026-04-10"),
        year("provisional", "2026-11-26", "2026-09-01"),
    ]
    desk.reopen(Catalogue(lambda: [PROCEDURES], lambda: texts[first:] + texts[:first]))

    # of 23, 24, 25 and 26/11 only the 25th is off
    assert shown(desk.accept().due_at) == "2026-11-26T17:00"
    assert [day.day for day in desk.dossier(desk.accept().dossier_id).due.days] == [23, 24, 26]


def test_a_calendar_announced_later_moves_no_printed_date(desk: Desk) -> None:
    made = desk.accept()
    desk.reopen(
        Catalogue(lambda: [PROCEDURES], lambda: [year("official", "2026-11-25", "2026-11-21")])
    )

    assert shown(desk.dossier(made.dossier_id).due_at) == "2026-11-26T17:00"
    assert desk.faults() == []


def test_a_dossier_tells_the_calendar_it_was_counted_by(desk: Desk) -> None:
    texts = [year("official", "2026-11-30", "2026-11-20")]
    catalogue = Catalogue(lambda: [PROCEDURES], lambda: list(texts))
    desk.reopen(catalogue)
    old = desk.accept()
    # a day on which another file holds, in a window that stayed open
    texts[:] = [year("official", "2026-11-25", "2026-11-21")]
    catalogue.read_again()
    new = desk.accept()

    assert (old.due_at.day, new.due_at.day) == (25, 26)
    versions = [desk.dossier(made.dossier_id).due.calendar_version for made in (old, new)]
    assert all(versions)
    assert len(set(versions)) == 2


# ---- procedures --------------------------------------------------------------------------------


def test_a_procedure_is_found_by_its_code_and_no_other(desk: Desk) -> None:
    found = SMALL.procedure(THREE_DAYS)

    assert found is not None
    assert (found.code, found.cases[0].amount) == (THREE_DAYS, 3)
    for unknown in ("", "9.00000", "9.0000030", "ba ngày"):
        assert SMALL.procedure(unknown) is None


def test_a_newer_catalogue_changes_no_dossier_in_the_book(desk: Desk) -> None:
    old = desk.accept()
    before = desk.dossier(old.dossier_id)
    desk.reopen(
        small_catalogue(
            PROCEDURES.replace("amount = 15000", "amount = 40000").replace(
                'version = "2026-01"', 'version = "2027-01"'
            )
        )
    )
    new = desk.accept()

    assert desk.dossier(old.dossier_id) == before
    assert desk.dossier(new.dossier_id).facts.fee_total == 40_000
    assert desk.dossier(new.dossier_id).facts.procedure.version == "2027-01"


def test_the_case_left_out_is_the_first(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    plain = desk.accept(procedure=TEN_DAYS)
    quick = desk.accept(procedure=TEN_DAYS, case="nhanh")

    assert (shown(plain.due_at), shown(quick.due_at)) == ("2026-05-18T17:30", "2026-05-11T17:30")
    assert desk.dossier(plain.dossier_id).facts.procedure.case_id == "thuong"
