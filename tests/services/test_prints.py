"""One way for every print: what is asked for stands in the store until someone knows its end."""

import hashlib
from dataclasses import replace

import pytest
from pdf import text_of
from services.desk import SAME_DAY, Desk, person
from services.printer import ToldPrinter

from counter_app.domain import events as ev
from counter_app.domain.outcome import Outcome
from counter_app.errors import Refused
from counter_app.ports import PrintJob
from counter_app.services.prints import Printed


def states(desk: Desk) -> list[tuple[str, str, Outcome | None]]:
    return [(job.what, job.state, job.outcome) for job in desk.counter.prints.all()]


def told(desk: Desk, dossier_id: str) -> list[ev.SlipPrinted]:
    story = desk.story(dossier_id)
    return [payload for _, payload in story if isinstance(payload, ev.SlipPrinted)]


def printed(desk: Desk, dossier_id: str, *printers: ToldPrinter) -> Printed:
    return desk.counter.prints.print_slip(dossier_id, printers, desk.officer)


def an_appointment(desk: Desk) -> str:
    booked = desk.counter.appointments.book(
        desk.clock.at.replace(day=25, hour=9, minute=0), "Hồ Thị Lan", "", "", desk.officer
    )
    return booked.print_job_id  # type: ignore[union-attr]


def job_of_each_kind(desk: Desk) -> list[PrintJob]:
    """A receipt, a visit, a ticket, a booked hour and a pad slip, all waiting."""
    counter = desk.counter
    desk.accept()
    desk.accept(visit="luot-1", applicant=person("Hồ Thị Mận"))
    counter.visits.close("luot-1", desk.officer)
    counter.tickets.take("A")
    an_appointment(desk)
    counter.pads.give_out(1, desk.officer)
    return list(counter.prints.waiting())


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.CONFIRMED, "done"),
        (Outcome.SENT, "done"),
        (Outcome.UNKNOWN, "unknown"),
        (Outcome.FAILED, "pending"),
    ],
)
def test_every_kind_of_print_ends_alike(desk: Desk, outcome: Outcome, state: str) -> None:
    jobs = job_of_each_kind(desk)
    assert [job.what for job in jobs] == ["receipt", "visit", "ticket", "appointment", "pad"]
    assert {job.state for job in jobs} == {"pending"}

    for job in jobs:
        printer = ToldPrinter(outcome)
        done = desk.counter.prints.print_again(job.id, [printer], desk.officer)

        assert (done.outcome, done.copy_no, done.printer) == (outcome, 0, "may-in-thu")
        kept = next(one for one in desk.counter.prints.all() if one.id == job.id)
        assert (kept.state, kept.outcome, kept.owner) == (state, outcome, "")
        assert kept.bytes_hash == hashlib.sha256(printer.jobs[0]).hexdigest()
    assert len(desk.counter.prints.all()) == len(jobs)


@pytest.mark.parametrize(
    ("first", "copies"), [("FAILED", 0), ("UNKNOWN", 1), ("SENT", 1), ("CONFIRMED", 1)]
)
def test_after_any_end_but_failed_the_next_print_is_a_reprint(
    desk: Desk, first: str, copies: int
) -> None:
    prints = desk.counter.prints
    for job in job_of_each_kind(desk):
        prints.print_again(job.id, [ToldPrinter(Outcome(first))], desk.officer)

        assert prints.print_again(job.id, [ToldPrinter()], desk.officer).copy_no == copies, job.what
        # and it goes on counting
        again = prints.print_again(job.id, [ToldPrinter()], desk.officer)
        assert again.copy_no == copies + 1, job.what


def test_a_page_for_another_printer_bears_the_mark_of_a_reprint_too(desk: Desk) -> None:
    """Drawn for a printer of sheets: a preview of the next print, never counted itself."""
    made = desk.accept()

    def page() -> str:
        return text_of(desk.counter.prints.pdf("receipt", [made.dossier_id], 576))

    assert "BẢN IN LẠI" not in page()
    assert "BẢN IN LẠI" not in page()
    printed(desk, made.dossier_id, ToldPrinter())
    assert "BẢN IN LẠI lần 1" in page()


def test_a_reprint_is_a_job_of_its_own_and_a_retry_is_not(desk: Desk) -> None:
    made = desk.accept()
    printed(desk, made.dossier_id, ToldPrinter(Outcome.FAILED))
    printed(desk, made.dossier_id, ToldPrinter(Outcome.UNKNOWN))
    printed(desk, made.dossier_id, ToldPrinter())
    assert states(desk) == [("receipt", "done", Outcome.CONFIRMED)]

    printed(desk, made.dossier_id, ToldPrinter())

    assert len(states(desk)) == 2
    assert [payload.copy_no for payload in told(desk, made.dossier_id)] == [0, 0, 1, 2]


# ---- several printers ---------------------------------------------------------------------------


def test_the_next_printer_is_tried_only_where_nothing_had_left(desk: Desk) -> None:
    made = desk.accept()
    first, second = ToldPrinter(Outcome.FAILED, "may-1"), ToldPrinter(name="may-2", width=384)

    done = printed(desk, made.dossier_id, first, second)

    assert (done.outcome, done.printer) == (Outcome.CONFIRMED, "may-2")
    # the clerk is told why, and where the paper is
    assert "hết giấy" in done.message
    assert "may-2" in done.message
    (payload,) = told(desk, made.dossier_id)
    assert (payload.printer, payload.outcome) == ("may-2", "CONFIRMED")
    assert payload.bytes_hash == hashlib.sha256(second.jobs[0]).hexdigest()
    # each is sent what it can print
    assert first.jobs != second.jobs


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.SENT, Outcome.CONFIRMED])
def test_no_second_printer_is_tried_after_bytes_have_left(desk: Desk, outcome: Outcome) -> None:
    made = desk.accept()
    second = ToldPrinter(name="may-2")

    done = printed(desk, made.dossier_id, ToldPrinter(outcome, "may-1"), second)

    assert (done.outcome, done.printer, second.jobs) == (outcome, "may-1", [])


def test_where_every_printer_failed_the_slip_waits_and_the_first_reason_is_told(desk: Desk) -> None:
    made = desk.accept()

    done = printed(
        desk, made.dossier_id, ToldPrinter(Outcome.FAILED, "1"), ToldPrinter(Outcome.FAILED, "2")
    )

    assert (done.outcome, done.message) == (Outcome.FAILED, "Máy in hết giấy.")
    assert states(desk) == [("receipt", "pending", Outcome.FAILED)]
    assert len(told(desk, made.dossier_id)) == 1


def test_without_a_printer_nothing_is_begun(desk: Desk) -> None:
    made = desk.accept()
    with pytest.raises(Refused, match="Chưa có máy in"):
        printed(desk, made.dossier_id)
    assert states(desk) == [("receipt", "pending", None)]


# ---- while a printer is waited for ---------------------------------------------------------------


def test_no_transaction_is_open_while_a_printer_is_waited_for(desk: Desk) -> None:
    made = desk.accept()
    seen: list[str] = []

    def meanwhile() -> None:
        # a write of the same store, as another lane would make it
        seen.append(desk.accept(applicant=person("Hồ Thị Mận")).code)
        seen.extend(job.state for job in desk.prints_of(made.dossier_id))

    printed(desk, made.dossier_id, ToldPrinter(before=meanwhile))

    assert seen[1:] == ["printing"]


def test_what_is_printing_now_is_not_begun_again(desk: Desk) -> None:
    made = desk.accept()
    seen: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(Refused) as refused:
            printed(desk, made.dossier_id, second)
        seen.append(refused.value.code)
        # nor is it asked about
        seen.extend(line.kind for line in desk.counter.worklists.urgent(desk.officer.id))

    second = ToldPrinter()
    printed(desk, made.dossier_id, ToldPrinter(before=meanwhile))

    assert seen == ["printing_now"]
    assert second.jobs == []


def test_a_fault_of_ours_in_mid_print_is_a_question_and_before_it_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fault(Exception):
        pass

    def broken() -> None:
        raise Fault

    made = desk.accept()
    with monkeypatch.context() as patch:
        patch.setattr("counter_app.printing.paper.draw_slip", lambda *_: broken())
        with pytest.raises(Fault):
            printed(desk, made.dossier_id, ToldPrinter())
    assert states(desk) == [("receipt", "pending", Outcome.FAILED)]

    with pytest.raises(Fault):
        printed(desk, made.dossier_id, ToldPrinter(before=broken))
    assert states(desk) == [("receipt", "unknown", Outcome.UNKNOWN)]
    assert desk.dossier(made.dossier_id).prints_of(1) == 1


# ---- after a crash -------------------------------------------------------------------------------


def cut_off(desk: Desk, job: PrintJob) -> None:
    """The power went while it was printed."""
    with desk.counter.store.write() as books:
        books.prints.keep(replace(job, state="printing", printer="may-1", owner="boot-0 1 1 a"))
    desk.reopen()


def test_a_job_that_was_cut_off_becomes_a_question_and_nothing_else(desk: Desk) -> None:
    for job in job_of_each_kind(desk):
        cut_off(desk, job)

        (kept,) = [one for one in desk.counter.prints.waiting() if one.id == job.id]

        assert (kept.state, kept.outcome, kept.printer) == ("unknown", Outcome.UNKNOWN, "may-1")
    kinds = [line.kind for line in desk.counter.worklists.urgent(desk.officer.id)]
    assert kinds == ["unknown_print"] * 5
    # told once
    assert len(desk.counter.prints.waiting()) == 5
    assert desk.faults() == []


def test_a_print_after_a_crash_is_marked_even_if_nobody_looked_at_the_list(desk: Desk) -> None:
    made = desk.accept()
    (job,) = desk.prints_of(made.dossier_id)
    cut_off(desk, job)

    assert printed(desk, made.dossier_id, ToldPrinter()).copy_no == 1
    assert [payload.outcome for payload in told(desk, made.dossier_id)] == ["UNKNOWN", "CONFIRMED"]


def test_a_job_of_a_program_that_still_runs_is_left_alone(desk: Desk) -> None:
    made = desk.accept()
    states_seen: list[str] = []

    def look() -> None:
        states_seen.extend(job.state for job in desk.counter.prints.waiting())

    printed(desk, made.dossier_id, ToldPrinter(before=look))

    assert states_seen == ["printing"]


# ---- answering and dropping ----------------------------------------------------------------------


@pytest.mark.parametrize(("came_out", "state"), [(True, "done"), (False, "pending")])
def test_the_answer_ends_the_question_and_the_count_stays(
    desk: Desk, came_out: bool, state: str
) -> None:
    made = desk.accept()
    job_id = printed(desk, made.dossier_id, ToldPrinter(Outcome.UNKNOWN)).job_id

    desk.counter.prints.answer_unknown(job_id, came_out, desk.officer)

    assert states(desk) == [("receipt", state, Outcome.UNKNOWN)]
    assert printed(desk, made.dossier_id, ToldPrinter()).copy_no == 1


def test_only_a_question_is_answered(desk: Desk) -> None:
    made = desk.accept()
    (job,) = desk.prints_of(made.dossier_id)
    for wrong in (job.id, "khong-co"):
        with pytest.raises(Refused):
            desk.counter.prints.answer_unknown(wrong, True, desk.officer)
    assert states(desk) == [("receipt", "pending", None)]


def test_a_ticket_may_be_dropped_and_a_dossiers_slip_not(desk: Desk) -> None:
    jobs = job_of_each_kind(desk)
    for job in jobs:
        if job.what in ("receipt", "visit"):
            with pytest.raises(Refused, match="không bỏ được"):
                desk.counter.prints.drop(job.id, desk.officer)
        else:
            desk.counter.prints.drop(job.id, desk.officer)

    assert [job.what for job in desk.counter.prints.waiting()] == ["receipt", "visit"]
    with pytest.raises(Refused):
        desk.counter.prints.drop(jobs[2].id, desk.officer)


def test_a_voided_dossier_is_owed_no_slip(desk: Desk) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "void", reason="Nhập hai lần")

    assert desk.counter.prints.waiting() == ()
    assert desk.counter.worklists.urgent(desk.officer.id) == ()


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("stop", {"decision_no": "12/QĐ", "reason": "Không đủ điều kiện"}),
        ("withdraw", {"reason": "Không cần nữa"}),
    ],
)
def test_a_dossier_that_is_over_is_owed_no_slip_until_that_is_taken_back(
    desk: Desk, action: str, fields: dict[str, str]
) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, action, **fields)
    assert desk.counter.prints.waiting() == ()

    desk.do(made.dossier_id, "revert", reason="Nhầm hồ sơ")
    (job,) = desk.counter.prints.waiting()
    assert (job.what, job.receipt_no) == ("receipt", 1)


def test_a_question_about_a_slip_stays_when_its_dossier_is_over_and_can_be_dropped(
    desk: Desk,
) -> None:
    made = desk.accept()
    printed(desk, made.dossier_id, ToldPrinter(Outcome.UNKNOWN))
    desk.do(made.dossier_id, "withdraw", reason="Không cần nữa")
    (job,) = desk.counter.prints.waiting()
    assert job.state == "unknown"
    desk.counter.prints.drop(job.id, desk.officer)
    assert desk.counter.prints.waiting() == ()


def test_a_correction_leaves_one_slip_to_print_the_new_one(desk: Desk) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "correct", reason="Sai tên", applicant={"name": "Hồ Thị Nga"})

    (job,) = desk.counter.prints.waiting()
    assert (job.receipt_no, job.state) == (2, "pending")
    receipt, copies = desk.counter.prints.receipt(made.dossier_id)
    assert (receipt.no, receipt.replaces_no, copies) == (2, 1, 0)


def test_what_is_not_there_is_not_printed(desk: Desk) -> None:
    wrong = [
        ("receipt", "khong-co"), ("visit", "khong-co"), ("ticket", "2026-11-20/A001"),
        ("ticket", "A001"), ("appointment", "L2-261123-001"), ("pad", "P2-7K3-0001"), ("la", "1"),
    ]  # fmt: skip
    for what, subject in wrong:
        with pytest.raises(Refused):
            desk.counter.prints.print(what, subject, [ToldPrinter()], desk.officer)
        with pytest.raises(Refused):
            desk.counter.prints.png(what, subject, 576)
    assert states(desk) == []


def test_a_test_page_waits_for_nobody(desk: Desk) -> None:
    for outcome in (Outcome.FAILED, Outcome.CONFIRMED):
        desk.counter.prints.print("test", "", [ToldPrinter(outcome)], desk.officer)

    assert desk.counter.prints.waiting() == ()
    assert [job.copy_no for job in desk.counter.prints.all()] == [0, 0]


def test_a_form_is_a_job_too_and_its_dossier_tells_of_it(desk: Desk) -> None:
    made = desk.accept(procedure=SAME_DAY)
    printer = ToldPrinter(Outcome.SENT)

    done = desk.counter.prints.print("form:receipt", made.code, [printer], desk.officer)

    assert printer.jobs[0].startswith(b"%PDF")
    assert (done.code, done.outcome) == (made.code, Outcome.SENT)
    (payload,) = told(desk, made.dossier_id)
    assert (payload.what, payload.outcome) == ("form:receipt", "SENT")
    # a form is no slip: the slip's own count is untouched
    assert desk.dossier(made.dossier_id).prints_of(1) == 0
