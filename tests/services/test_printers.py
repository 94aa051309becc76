"""The printers of a counter: kept, put in order, chosen by what is printed."""

import threading
from dataclasses import replace

import pytest
from services.desk import Desk
from virtual_serial import VirtualSerialPrinter

from counter_app.bootstrap import Counter
from counter_app.domain.officer import Officer, Role
from counter_app.domain.outcome import Outcome, Reason
from counter_app.domain.printer import KeptPrinter, PrinterRole, Profile
from counter_app.errors import Refused
from counter_app.printing.virtual import Fault, VirtualPrinter
from counter_app.services.printers import Printers

SLIP, TICKET, FORM = PrinterRole


def kept(
    name: str, address: str = "tcp://192.0.2.1:9100", *roles: PrinterRole, width: int = 576
) -> KeptPrinter:
    return KeptPrinter(name, address, frozenset(roles or (SLIP,)), Profile(width=width))


def names(desk: Desk, what: str) -> list[str]:
    return [way.name for way in desk.counter.printers.ways_for(what)]


def test_a_printer_is_kept_as_it_is_and_found_after_a_start(desk: Desk) -> None:
    made = replace(
        kept("Máy in quầy", "serial:COM3?baud=57600", SLIP, TICKET),
        profile=Profile(512, False, True, 30, status=False, fence=False, speed=9_000),
    )
    desk.counter.printers.keep(made, desk.officer)
    again = Counter(desk.counter.folder, desk.key)
    assert again.printers.all() == (made,)
    again.close()


def test_a_printer_of_the_same_name_is_changed_and_keeps_its_place(desk: Desk) -> None:
    printers = desk.counter.printers
    for name in ("Máy một", "Máy hai"):
        printers.keep(kept(name), desk.officer)
    printers.keep(kept(" máy MỘT ", width=384), desk.officer)
    assert [(p.name, p.profile.width) for p in printers.all()] == [
        ("máy MỘT", 384),
        ("Máy hai", 576),
    ]
    printers.put_first("máy hai", desk.officer)
    assert [p.name for p in printers.all()] == ["Máy hai", "máy MỘT"]
    printers.remove("Máy một", desk.officer)
    assert [p.name for p in printers.all()] == ["Máy hai"]


def test_an_address_of_the_network_is_written_out(desk: Desk) -> None:
    made = desk.counter.printers.keep(kept("Máy in quầy", "192.0.2.7"), desk.officer)
    assert made.address == "tcp://192.0.2.7:9100"


@pytest.mark.parametrize(
    ("printer", "code"),
    [
        (kept(" \u200b "), "printer_name"),
        (kept("x" * 61), "printer_name"),
        (kept("Máy in", "may in"), "printer_address"),
        (replace(kept("Máy in"), roles=frozenset()), "printer_roles"),
        # sheets are drawn by a driver: a socket has none
        (kept("Máy in", "tcp://192.0.2.1:9100", FORM), "printer_roles"),
        (kept("Máy in", "cups:HP", FORM, SLIP), "printer_roles"),
    ],
)
def test_what_is_no_printer_is_refused_and_nothing_kept(
    desk: Desk, printer: KeptPrinter, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        desk.counter.printers.keep(printer, desk.officer)
    assert refused.value.code == code
    assert desk.counter.printers.all() == ()


def test_only_who_may_set_things_changes_printers(desk: Desk) -> None:
    clerk = Officer("x", "Võ Thị Sen", "", frozenset({Role.INTAKE}), True)
    desk.counter.printers.keep(kept("Máy in quầy"), desk.officer)
    for act in (
        lambda: desk.counter.printers.keep(kept("Máy khác"), clerk),
        lambda: desk.counter.printers.remove("Máy in quầy", clerk),
        lambda: desk.counter.printers.put_first("Máy in quầy", clerk),
        lambda: desk.counter.printers.learn("Máy in quầy", clerk),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "no_right"
    with pytest.raises(Refused) as refused:
        desk.counter.printers.remove("Máy nào đó", desk.officer)
    assert "Máy in quầy" in refused.value.message


def test_each_thing_goes_to_the_printers_of_its_role_in_their_order(desk: Desk) -> None:
    printers = desk.counter.printers
    assert names(desk, "receipt") == names(desk, "ticket") == []
    printers.keep(kept("Phiếu 1"), desk.officer)
    printers.keep(kept("HP", "cups:HP", FORM), desk.officer)
    printers.keep(kept("Phiếu 2"), desk.officer)
    # no printer of their own: numbers of the queue come out with the slips
    assert names(desk, "ticket") == ["Phiếu 1", "Phiếu 2"]
    printers.keep(kept("Lấy số", "tcp://192.0.2.2:9100", TICKET), desk.officer)
    assert names(desk, "ticket") == ["Lấy số"]
    for what in ("receipt", "visit", "appointment", "pad", "test"):
        assert names(desk, what) == ["Phiếu 1", "Phiếu 2"]
    assert names(desk, "form:receipt") == ["HP"]
    (form,) = printers.in_role(FORM)
    assert form.queue == "HP"
    assert printers.way(form).profile.pages


def test_asking_a_printer_changes_what_is_kept_of_it(desk: Desk) -> None:
    with VirtualSerialPrinter(Fault.NO_FENCE) as printer:
        desk.counter.printers.keep(kept("Máy in quầy", printer.address, width=384), desk.officer)
        learnt = desk.counter.printers.learn("Máy in quầy", desk.officer)
    assert learnt.against is None
    (found,) = desk.counter.printers.all()
    assert found.profile == Profile(width=384, status=True, fence=False)


def test_a_printer_that_cannot_be_asked_stays_as_it_was(desk: Desk) -> None:
    with VirtualPrinter(Fault.NO_PAPER) as printer:
        made = desk.counter.printers.keep(kept("Máy in quầy", printer.address), desk.officer)
        learnt = desk.counter.printers.learn("Máy in quầy", desk.officer)
    assert learnt.against is Reason.PAPER_OUT
    assert desk.counter.printers.all() == (made,)


def test_a_printer_does_one_job_at_a_time(desk: Desk) -> None:
    """Two lanes may come to one printer when the first printer of one is down."""
    inside, most = [0], [0]
    goes_on = threading.Event()

    class Slow:
        name, profile = "x", Profile()

        def send(self, job: bytes) -> object:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            goes_on.wait(0.05)
            inside[0] -= 1
            return None

    printers = Printers(desk.counter.store, None, lambda *_: Slow())  # type: ignore[arg-type,return-value]
    threads = [
        threading.Thread(target=printers.way(kept("Máy in quầy")).send, args=(b"",))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


# ---- printing with several ----------------------------------------------------------------------


def two(desk: Desk, first: VirtualPrinter, second: str) -> None:
    desk.counter.printers.keep(kept("Máy một", first.address), desk.officer)
    desk.counter.printers.keep(kept("Máy hai", second, width=384), desk.officer)


def test_when_the_first_is_out_of_paper_the_next_prints_and_it_is_said_where(desk: Desk) -> None:
    made = desk.accept()
    with VirtualPrinter(Fault.NO_PAPER) as first, VirtualPrinter() as second:
        two(desk, first, second.address)
        ways = desk.counter.printers.ways_for("receipt")
        printed = desk.counter.prints.print_slip(made.dossier_id, ways, desk.officer)
        (job,) = second.wait_for(1)
    assert first.jobs == []
    assert job.width == 384
    assert (printed.outcome, printed.printer) == (Outcome.CONFIRMED, "Máy hai")
    assert printed.elsewhere
    assert "hết giấy" in printed.message
    assert "Phiếu in ở Máy hai." in printed.message
    assert desk.counter.prints.receipt(made.dossier_id)[1] == 1


def test_when_the_first_is_off_a_page_lies_in_the_folder(desk: Desk) -> None:
    made = desk.accept()
    folder = desk.counter.folder / "phieu"
    with VirtualPrinter() as first:
        pass
    two(desk, first, f"pdf:{folder}")
    ways = desk.counter.printers.ways_for("receipt")
    printed = desk.counter.prints.print_slip(made.dossier_id, ways, desk.officer)
    assert (printed.outcome, printed.reason) == (Outcome.SENT, Reason.WRITTEN)
    (page,) = folder.iterdir()
    assert page.read_bytes().startswith(b"%PDF-")


def test_where_something_had_left_no_other_printer_is_tried(desk: Desk) -> None:
    """Two slips with one code would be worse than a question."""
    made = desk.accept()
    with VirtualPrinter(Fault.CLOSES) as first, VirtualPrinter() as second:
        two(desk, first, second.address)
        ways = desk.counter.printers.ways_for("receipt")
        printed = desk.counter.prints.print_slip(made.dossier_id, ways, desk.officer)
        assert second.jobs == []
        assert second._open == []
    assert (printed.outcome, printed.printer) == (Outcome.UNKNOWN, "Máy một")
    assert not printed.elsewhere
