"""Every way a printer can fail, and the one honest word for each."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import draft

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason, Sent, sent
from counter_app.errors import Refused
from counter_app.printing.transports import FilePrinter, NetworkPrinter, Timeouts, printer_at
from counter_app.printing.virtual import Fault, VirtualPrinter
from counter_app.services.results import Accepted

QUICK = Timeouts(connect=0.5, status=0.3, stall=0.5, fence=0.6)
JOB = b"\x1b@" + (b"\x1dv0\x00\x48\x00\x80\x00" + b"\x00" * 72 * 128) * 60 + b"\x1dVB\x00"


def outcome(fault: Fault, after: int = 0, job: bytes = JOB) -> Sent:
    with VirtualPrinter(fault, after) as printer:
        return NetworkPrinter("127.0.0.1", printer.port, timeouts=QUICK).send(job)


@pytest.mark.parametrize(
    ("fault", "after", "expected"),
    [
        (Fault.NONE, 0, Reason.OK),
        (Fault.NO_PAPER, 0, Reason.PAPER_OUT),
        (Fault.COVER_OPEN, 0, Reason.COVER_OPEN),
        (Fault.NEVER_READS, 0, Reason.NEVER_READS),
        (Fault.RESET, 20_000, Reason.RESET_IN_JOB),
        (Fault.PAPER_OUT, 20_000, Reason.NEVER_READS),
        (Fault.PAPER_OUT, len(JOB) - 500, Reason.NO_FENCE),
        (Fault.NO_FENCE, 0, Reason.NO_FENCE),
        (Fault.CLOSES, 0, Reason.RESET_BEFORE_FENCE),
        (Fault.MUTE, 0, Reason.MUTE),
    ],
)
def test_the_outcome_is_what_was_really_known(fault: Fault, after: int, expected: Reason) -> None:
    began = time.monotonic()
    found = outcome(fault, after)
    assert found == sent(expected)
    assert bool(found.message) == (found.outcome is not Outcome.CONFIRMED)
    assert time.monotonic() - began < 10


def test_a_reset_near_the_end_is_never_taken_for_a_slip() -> None:
    """Whether the last bytes had left before it is a matter of timing; that nobody knows is not."""
    found = outcome(Fault.RESET, len(JOB) - 500)
    assert found.outcome is Outcome.UNKNOWN
    assert found.reason in (Reason.RESET_IN_JOB, Reason.RESET_BEFORE_FENCE)


def test_a_printer_that_is_off_fails_at_once() -> None:
    with VirtualPrinter() as printer:
        port = printer.port
    found = NetworkPrinter("127.0.0.1", port, timeouts=QUICK).send(JOB)
    assert found == sent(Reason.PORT_CLOSED)
    assert "đã bật" in found.message


@pytest.mark.parametrize(
    ("fault", "against"),
    [
        (Fault.NONE, None),
        (Fault.NO_PAPER, Reason.PAPER_OUT),
        (Fault.COVER_OPEN, Reason.COVER_OPEN),
        (Fault.MUTE, None),
    ],
)
def test_a_printer_says_how_it_is_and_prints_nothing(fault: Fault, against: Reason | None) -> None:
    with VirtualPrinter(fault) as printer:
        assert NetworkPrinter("127.0.0.1", printer.port, timeouts=QUICK).state() is against
        assert printer.jobs == []
    gone = NetworkPrinter("127.0.0.1", printer.port, timeouts=QUICK)
    assert gone.state() is Reason.PORT_CLOSED


def test_a_file_is_only_sent(tmp_path: Path) -> None:
    assert FilePrinter(tmp_path / "a").send(JOB) == sent(Reason.WRITTEN)
    assert (tmp_path / "a").read_bytes() == JOB
    assert FilePrinter(tmp_path / "khong-co" / "a").send(JOB) == sent(Reason.NOT_WRITTEN)


@pytest.mark.parametrize(
    "address", ["", "tcp://", "tcp://a", "usb://a:1", "tcp://a:0", "tcp://a:99999"]
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(Refused):
        printer_at(address)


# ---- with the book behind it --------------------------------------------------------------------


def printed(
    counter: Counter, officer: Officer, dossier_id: str, fault: Fault, after: int = 0
) -> Outcome:
    with VirtualPrinter(fault, after) as printer:
        way = NetworkPrinter("127.0.0.1", printer.port, timeouts=QUICK)
        return counter.prints.print_slip(dossier_id, [way], officer).outcome


@pytest.mark.parametrize(
    ("fault", "copies", "waiting"),
    [
        (Fault.NONE, 1, 0),
        (Fault.MUTE, 1, 0),
        (Fault.RESET, 1, 1),
        (Fault.NO_PAPER, 0, 1),
    ],
)
def test_only_a_failed_print_is_not_counted(
    counter: Counter, officer: Officer, fault: Fault, copies: int, waiting: int
) -> None:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    printed(counter, officer, made.dossier_id, fault, 9_000)
    assert counter.prints.receipt(made.dossier_id)[1] == copies
    with counter.store.read() as books:
        assert len(books.prints.unfinished()) == waiting
        dossier = books.dossiers.get(made.dossier_id)
    assert dossier is not None
    assert dossier.code == made.code


def test_reprints_are_numbered_and_a_correction_counts_from_nothing(
    counter: Counter, officer: Officer
) -> None:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    with VirtualPrinter() as printer:
        way = NetworkPrinter("127.0.0.1", printer.port, timeouts=QUICK)
        copies = [
            counter.prints.print_slip(made.dossier_id, [way], officer).copy_no for _ in range(3)
        ]
        fields = {"reason": "sai tên", "applicant": {"name": "HỒ THỊ NGA"}}
        counter.acts.act(made.dossier_id, "correct", fields, officer)
        copies.append(counter.prints.print_slip(made.dossier_id, [way], officer).copy_no)
    assert copies == [0, 1, 2, 0]
    receipt, _ = counter.prints.receipt(made.dossier_id)
    assert (receipt.no, receipt.replaces_no, receipt.applicant_name) == (2, 1, "HỒ THỊ NGA")


def test_previews_are_never_counted(counter: Counter, officer: Officer) -> None:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    first = counter.prints.slip_job(made.dossier_id, 576)
    assert counter.prints.slip_job(made.dossier_id, 576) == first
    assert counter.prints.receipt(made.dossier_id)[1] == 0


def test_a_crash_in_mid_print_leaves_a_question_and_prints_nothing(
    counter: Counter, officer: Officer
) -> None:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    with counter.store.write() as books:
        (job,) = books.prints.unfinished()
        # by a program of an earlier boot
        books.prints.keep(replace(job, state="printing", printer="tcp://x", owner="boot-0 1 1 a"))
    counter.prints.after_crash()
    (job,) = counter.prints.jobs_of(made.dossier_id)
    assert (job.state, job.outcome) == ("unknown", Outcome.UNKNOWN)
    assert counter.prints.receipt(made.dossier_id)[1] == 1


def test_what_was_saved_and_not_printed_is_shown_first(counter: Counter, officer: Officer) -> None:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    (line,) = counter.worklists.urgent(officer.id)
    assert (line.kind, line.dossier_id) == ("unprinted", made.dossier_id)
    assert "Đừng nhận lại" in line.text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_its_outcome_and_says_what_to_do(reason: Reason) -> None:
    told = sent(reason)
    quiet = reason in (Reason.OK, Reason.WRITTEN)
    assert bool(told.message) != quiet
    assert quiet or told.message.endswith(".")
    # in the middle of a job nothing can be known to have failed
    if reason.endswith("_in_job"):
        assert told.outcome is Outcome.UNKNOWN
