"""`printers`: as an administrator types it."""

from collections.abc import Iterator

import pytest
from conftest import draft
from console import Console, in_vietnamese

from counter_app.printing.virtual import Fault, VirtualPrinter


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as made:
        yield made


def test_printers_are_added_listed_put_first_and_removed(console: Console) -> None:
    added = console("printers", "add", "Máy in quầy", "192.0.2.7", "--width", 384, "--no-cutter")
    assert (added.status, added.one) == (0, {
        "ok": True, "name": "Máy in quầy", "address": "tcp://192.0.2.7:9100", "roles": ["slip"],
        "width": 384, "cutter": False, "skip_blank": False, "status": True, "fence": True,
        "speed": 0,
    })  # fmt: skip
    both = ("--role", "slip", "--role", "ticket")
    added = console("printers", "add", "Lấy số", "serial:COM4?baud=9600", *both)
    assert "115200" in added.one["warning"]
    assert [line["name"] for line in console("printers", "list").lines] == ["Máy in quầy", "Lấy số"]
    assert console("printers", "first", "Lấy số").one["roles"] == ["slip", "ticket"]
    assert [line["name"] for line in console("printers", "list").lines] == ["Lấy số", "Máy in quầy"]
    assert console("printers", "remove", "Lấy số").status == 0
    assert [line["name"] for line in console("printers", "list").lines] == ["Máy in quầy"]


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("add", "Máy in quầy", "lpt1"), 1, "printer_address"),
        (("add", "Máy in quầy", "tcp://x:1", "--role", "form"), 1, "printer_roles"),
        (("test", "Máy nào đó"), 1, "printer_unknown"),
        (("remove", "Máy nào đó"), 1, "printer_unknown"),
        (("add", "Máy in quầy"), 2, "wrong_usage"),
        (("add", "Máy in quầy", "tcp://x:1", "--width", 600), 2, "wrong_usage"),
    ],
)
def test_what_cannot_be_is_said_in_words(
    console: Console, words: tuple[object, ...], status: int, code: str
) -> None:
    answer = console("printers", *words)
    assert (answer.status, answer.codes) == (status, [code])
    assert in_vietnamese(answer)


def test_changing_printers_takes_a_pin(console: Console) -> None:
    console.environment.pop("COUNTER_PIN")
    assert console("printers", "add", "Máy in quầy", "192.0.2.7").status != 0
    assert console("printers", "list").lines == []


def test_a_printer_is_tried_and_asked(console: Console, printer: VirtualPrinter) -> None:
    console("printers", "add", "Máy in quầy", printer.address)
    answer = console("printers", "test", "máy in quầy")
    assert (answer.status, answer.one["outcome"]) == (0, "CONFIRMED")
    assert answer.one["printer"] == "Máy in quầy"
    printer.wait_for(1)
    asked = console("printers", "learn", "Máy in quầy").one
    assert (asked["ok"], asked["status"], asked["fence"], asked["state"]) == (
        True,
        True,
        True,
        "ready",
    )
    assert asked["speed"] > 0
    assert console("printers", "list").one["speed"] == asked["speed"]
    assert len(printer.jobs) == 1
    printer.fault = Fault.COVER_OPEN
    line = console("printers", "list", "--ask").one
    assert line["state"] == "cover_open"
    assert "Đóng nắp" in line["message"]
    assert console("printers", "learn", "Máy in quầy").status == 3


def test_slips_and_jobs_go_to_the_printers_of_this_counter(
    console: Console, printer: VirtualPrinter
) -> None:
    code = console.accept(draft()).one["code"]
    assert console("slip", code).codes == ["printer_missing"]
    with VirtualPrinter(Fault.COVER_OPEN) as broken:
        console("printers", "add", "Máy một", broken.address)
        console("printers", "add", "Máy hai", printer.address, "--width", 384)
        answer = console("slip", code)
        assert (answer.status, answer.one["outcome"], answer.one["printer"]) == (
            0, "CONFIRMED", "Máy hai",
        )  # fmt: skip
        assert "Phiếu in ở Máy hai." in answer.one["message"]
        job = answer.one["job"]
        assert console("jobs", "print", job).one["copy_no"] == 1
        # by its name, wider than it is kept: then the first is not tried
        answer = console("slip", code, "--printer", "máy hai", "--width", 512)
        assert "message" not in answer.one
        unknown = console("slip", code, "--printer", "Máy ba")
        assert (unknown.status, unknown.codes) == (1, ["printer_unknown"])
        assert "Máy một, Máy hai" in unknown.said
        slips = printer.wait_for(3)
    assert [slip.width for slip in slips] == [384, 384, 512]
