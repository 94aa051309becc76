"""Every way a printer can fail, and the one honest word for each."""

import time
from dataclasses import replace

import pytest
from conftest import draft
from PIL import Image
from virtual_serial import VirtualSerialPrinter
from virtual_usb import VirtualUsbPrinter

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer
from counter_app.domain.outcome import Outcome, Reason, Sent, sent
from counter_app.domain.printer import Profile
from counter_app.errors import Refused
from counter_app.ports import Printer
from counter_app.printing.conversation import Timeouts
from counter_app.printing.escpos import job_bytes
from counter_app.printing.virtual import Fault, VirtualPrinter
from counter_app.printing.ways import printer_at, warning_of
from counter_app.services.results import Accepted

QUICK = Timeouts(connect=0.5, status=0.3, stall=0.5, fence=0.9, slow=0.7)
STRIP = b"\x1dv0\x00\x48\x00\x80\x00" + b"\x00" * 72 * 128
JOB = b"\x1b@" + STRIP * 60 + b"\x1dVB\x00"
SMALL = 16 * 1024
"""A job that a buffer of 64 KB swallows whole."""
TAKEN, IN_THE_MIDDLE = len(JOB) - 500, 20_000
AnyVirtual = VirtualPrinter | VirtualSerialPrinter | VirtualUsbPrinter
Virtual = type[VirtualPrinter] | type[VirtualSerialPrinter] | type[VirtualUsbPrinter]
EACH = pytest.mark.parametrize("virtual", [VirtualPrinter, VirtualSerialPrinter, VirtualUsbPrinter])


def way(printer: AnyVirtual, profile: Profile | None = None) -> Printer:
    return printer_at(printer.address, profile, timeouts=QUICK)


def outcome(fault: Fault, after: int = 0, virtual: Virtual = VirtualPrinter) -> Sent:
    with virtual(fault, after) as printer:
        return way(printer).send(JOB)


_BY_USB = {
    # behind a full pipe no question passes; and one that takes nothing has taken nothing
    (Fault.PAPER_OUT, IN_THE_MIDDLE): Reason.STALLED_IN_JOB,
    (Fault.COVER_OPENED, IN_THE_MIDDLE): Reason.STALLED_IN_JOB,
    (Fault.WENT_OFFLINE, IN_THE_MIDDLE): Reason.STALLED_IN_JOB,
    (Fault.NEVER_READS, 0): Reason.TAKES_NOTHING,
}


@EACH
@pytest.mark.parametrize(
    ("fault", "after", "expected"),
    [
        (Fault.NONE, 0, Reason.OK),
        (Fault.PAPER_LOW, 0, Reason.PAPER_LOW),
        (Fault.NO_PAPER, 0, Reason.PAPER_OUT),
        (Fault.COVER_OPEN, 0, Reason.COVER_OPEN),
        (Fault.OFFLINE, 0, Reason.OFFLINE),
        (Fault.NEVER_READS, 0, Reason.NEVER_READS),
        (Fault.RESET, IN_THE_MIDDLE, Reason.RESET_IN_JOB),
        (Fault.CLOSES, 0, Reason.RESET_BEFORE_FENCE),
        (Fault.PAPER_OUT, IN_THE_MIDDLE, Reason.PAPER_OUT_IN_JOB),
        (Fault.PAPER_OUT, TAKEN, Reason.PAPER_OUT_IN_JOB),
        (Fault.COVER_OPENED, IN_THE_MIDDLE, Reason.COVER_OPEN_IN_JOB),
        (Fault.COVER_OPENED, TAKEN, Reason.COVER_OPEN_IN_JOB),
        (Fault.WENT_OFFLINE, IN_THE_MIDDLE, Reason.OFFLINE_IN_JOB),
        (Fault.WENT_OFFLINE, TAKEN, Reason.OFFLINE_IN_JOB),
        (Fault.STALLS, IN_THE_MIDDLE, Reason.STALLED_IN_JOB),
        (Fault.NO_FENCE, 0, Reason.NO_FENCE),
        (Fault.MUTE, 0, Reason.MUTE),
    ],
)
def test_the_outcome_is_what_was_really_known(
    virtual: Virtual, fault: Fault, after: int, expected: Reason
) -> None:
    if virtual is VirtualUsbPrinter:
        expected = _BY_USB.get((fault, after), expected)
    began = time.monotonic()
    found = outcome(fault, after, virtual)
    assert found == sent(expected)
    assert bool(found.message) == (found != sent(Reason.OK))
    assert time.monotonic() - began < 10


@EACH
def test_a_slow_printer_with_a_small_buffer_prints_all_of_it(virtual: Virtual) -> None:
    """553 kB at 500 kB a second: slower than the patience of this test, never a failure."""
    with virtual(buffer=4096, speed=500_000) as printer:
        assert way(printer).send(JOB) == sent(Reason.SLOW)
        (job,) = printer.wait_for(1)
    assert len(job.rows) == 60 * 128


def test_a_printer_that_calls_itself_offline_while_it_prints_is_waited_for() -> None:
    """37 kB in its buffer at 70 kB a second: it is asked before it is through."""
    with VirtualPrinter(Fault.CALLS_BUSY_OFFLINE, speed=70_000) as printer:
        found = way(printer).send(b"\x1b@" + STRIP * 4 + b"\x1dVB\x00")
    assert found.outcome is Outcome.CONFIRMED


@EACH
def test_a_printer_prints_one_job_after_another(virtual: Virtual) -> None:
    with virtual() as printer:
        for _ in range(3):
            assert way(printer).send(JOB) == sent(Reason.OK)
        assert len(printer.wait_for(3)) == 3


@EACH
def test_a_picture_that_spells_a_question_comes_out_as_a_picture(virtual: Virtual) -> None:
    """Printers hear a question even in the middle of a picture; so does the one that judges here."""
    dots = b"\x10\x04\x01" * 16
    image = Image.frombytes("1", (384, 200), bytes(byte ^ 0xFF for byte in dots * 200))
    raw = b"\x1b@\x1dv0\x00\x30\x00\xc8\x00" + dots * 200 + b"\x1dVB\x00"
    with virtual() as printer:
        assert way(printer).send(job_bytes(image, Profile(width=384))) == sent(Reason.OK)
        (slip,) = printer.wait_for(1)
    assert sum(any(row) for row in slip.rows) == 200
    with virtual() as printer:
        assert way(printer).send(raw) != sent(Reason.OK)


def test_a_reset_near_the_end_is_never_taken_for_a_slip() -> None:
    """Whether the last bytes had left before it is a matter of timing; that nobody knows is not."""
    found = outcome(Fault.RESET, TAKEN)
    assert found.outcome is Outcome.UNKNOWN
    assert found.reason in (Reason.RESET_IN_JOB, Reason.RESET_BEFORE_FENCE)


def test_a_printer_that_is_off_fails_at_once() -> None:
    with VirtualPrinter() as printer:
        pass
    found = way(printer).send(JOB)
    assert found == sent(Reason.PORT_CLOSED)
    assert "đã bật" in found.message


def test_a_serial_port_that_is_not_there_or_taken_fails_at_once() -> None:
    with VirtualSerialPrinter() as printer:
        import serial

        other = serial.Serial(printer.path, exclusive=True)
        assert way(printer).send(JOB) == sent(Reason.BUSY)
        other.close()
    assert way(printer).send(JOB) == sent(Reason.UNREACHABLE)


@EACH
@pytest.mark.parametrize(
    ("fault", "against"),
    [
        (Fault.NONE, None),
        (Fault.NO_PAPER, Reason.PAPER_OUT),
        (Fault.COVER_OPEN, Reason.COVER_OPEN),
        (Fault.OFFLINE, Reason.OFFLINE),
        (Fault.MUTE, None),
    ],
)
def test_a_printer_says_how_it_is_and_prints_nothing(
    virtual: Virtual, fault: Fault, against: Reason | None
) -> None:
    with virtual(fault) as printer:
        assert way(printer).state() is against
        assert printer.jobs == []


@EACH
@pytest.mark.parametrize(
    ("fault", "status", "fence"),
    [(Fault.NONE, True, True), (Fault.NO_FENCE, True, False), (Fault.MUTE, False, False)],
)
def test_a_printer_is_asked_what_it_can_do(
    virtual: Virtual, fault: Fault, status: bool, fence: bool
) -> None:
    with virtual(fault, speed=80_000) as printer:
        learnt = way(printer, Profile(width=384)).learn()
    assert learnt.against is None
    assert (learnt.profile.status, learnt.profile.fence) == (status, fence)
    assert learnt.profile.width == 384
    assert (20_000 < learnt.profile.speed <= 80_000) == fence
    assert printer.jobs == []


def test_a_print_ends_within_25_seconds_of_the_last_byte_taken() -> None:
    """The fence; three questions of state begun just before its end; a way past the job; three more."""
    longest = Timeouts()
    assert longest.fence + 3 * longest.status + longest.connect + 3 * longest.status <= 25
    assert longest.stall + longest.connect + 3 * longest.status <= 25


def test_a_printer_without_paper_is_not_judged() -> None:
    with VirtualPrinter(Fault.NO_PAPER) as printer:
        learnt = way(printer).learn()
    assert learnt.against is Reason.PAPER_OUT
    assert learnt.profile == Profile()


@pytest.mark.parametrize(
    ("fault", "profile", "expected"),
    [
        # known to be silent: nobody waits for what will not come
        (Fault.MUTE, Profile(status=False, fence=False), Reason.MUTE),
        # answers how it is: only one that says nothing at all is taken as sent
        (Fault.NO_FENCE, Profile(fence=False), Reason.NO_FENCE),
        (Fault.MUTE, Profile(fence=False), Reason.MUTE),
        (Fault.PAPER_OUT, Profile(fence=False), Reason.PAPER_OUT_IN_JOB),
        # known to answer the fence and nothing else: its silence says something
        (Fault.MUTE, Profile(status=False), Reason.NO_FENCE),
    ],
)
def test_what_is_known_of_a_printer_is_used(
    fault: Fault, profile: Profile, expected: Reason
) -> None:
    with VirtualPrinter(fault) as printer:
        began = time.monotonic()
        assert way(printer, profile).send(JOB[:SMALL]) == sent(expected)
    if not profile.fence:
        assert time.monotonic() - began < QUICK.fence


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "Địa chỉ máy in viết như"),
        ("may in", "Địa chỉ máy in viết như"),
        ("lpt:1", "Địa chỉ máy in viết như"),
        ("tcp:", "Địa chỉ máy in viết như"),
        ("tcp://", "tcp://192.168.1.50:9100"),
        ("tcp://a", "tcp://192.168.1.50:9100"),
        ("tcp:a:1", "tcp://192.168.1.50:9100"),
        ("tcp://a:0", "từ 1 đến 65535"),
        ("tcp://a:99999", "từ 1 đến 65535"),
        ("serial:?baud=9600", "serial:COM3"),
        ("serial:COM3?speed=9600", "serial:COM3"),
        ("serial:COM3?flow=none", "serial:COM3"),
        ("serial:COM3?baud=115201", "115200"),
        ("serial:COM3?baud=", "115200"),
        ("usb:04b8", "usb:04b8:0e15"),
        ("usb:04b8:zzzz", "usb:04b8:0e15"),
        ("cups:-o", "CUPS"),
        ("cups:hai chu", "CUPS"),
        ("file:phieu.bin", "Ghi đủ đường dẫn"),
        ("pdf:phieu", "Ghi đủ đường dẫn"),
    ],
)
def test_addresses_that_lead_nowhere_say_how_to_write_one(address: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        printer_at(address)
    assert says in refused.value.message
    assert refused.value.code == "printer_address"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.168.1.50", "tcp://192.168.1.50:9100"),
        ("192.168.1.50:9101", "tcp://192.168.1.50:9101"),
        ("serial:COM3", "serial:COM3"),
        ("serial:/dev/ttyUSB0?baud=9600&flow=xon", "serial:/dev/ttyUSB0?baud=9600&flow=xon"),
        ("usb:04B8:0e15", "usb:04B8:0e15"),
        ("windows:Máy in tầng 1", "windows:Máy in tầng 1"),
        ("cups:XP-80", "cups:XP-80"),
    ],
)
def test_an_address_is_a_way_without_anything_being_opened(address: str, name: str) -> None:
    assert printer_at(address).name == name
    assert printer_at(address, name="Máy in quầy").name == "Máy in quầy"


def test_a_slow_port_is_warned_about() -> None:
    assert "115200" in warning_of("serial:COM3?baud=38400")
    assert warning_of("serial:COM3?baud=57600") == warning_of("serial:COM3") == ""
    assert warning_of("tcp://a:9100") == ""


# ---- with the book behind it --------------------------------------------------------------------


def printed(
    counter: Counter, officer: Officer, dossier_id: str, fault: Fault, after: int = 0
) -> Outcome:
    with VirtualPrinter(fault, after) as printer:
        return counter.prints.print_slip(dossier_id, [way(printer)], officer).outcome


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
        ways = [way(printer)]
        copies = [
            counter.prints.print_slip(made.dossier_id, ways, officer).copy_no for _ in range(3)
        ]
        fields = {"reason": "sai tên", "applicant": {"name": "HỒ THỊ NGA"}}
        counter.acts.act(made.dossier_id, "correct", fields, officer)
        copies.append(counter.prints.print_slip(made.dossier_id, ways, officer).copy_no)
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
    view = counter.search.open(made.dossier_id)
    assert view is not None
    (job,) = view.prints
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
