"""`jobs`, `visit`, `pad`, `ticket`, `appointment`, `slip`: everything on paper, by console."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from console import Console, in_vietnamese
from pdf import text_of
from PIL import Image

from counter_app.domain.code import DossierCode
from counter_app.domain.pad_code import PadNumber
from counter_app.printing.virtual import Fault, VirtualPrinter, decode

PROCEDURE = "1.004873"
SAME_DAY = "2.000815"


def draft(name: str = "HỒ THỊ NGUYỆT", **more: object) -> dict[str, object]:
    return {"procedure": PROCEDURE, "applicant": {"name": name}, "components": "all", **more}


def accept(console: Console, **more: object) -> str:
    answer = console.accept(draft(**more))  # type: ignore[arg-type]
    assert answer.status == 0, answer.said
    return str(answer.one["code"])


def waiting(console: Console) -> list[tuple[str, str, str]]:
    answer = console("jobs")
    assert answer.status == 0, answer.said
    return [(line["what"], line["code"], line["state"]) for line in answer.lines]


def read_qr(png: Path) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(png).convert("L"))]


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter() as made:
        yield made


# ---- jobs ---------------------------------------------------------------------------------------


def test_jobs_lists_what_was_saved_and_not_printed(console: Console) -> None:
    code = accept(console)

    answer = console("jobs")

    (line,) = answer.lines
    assert set(line) == {
        "job", "what", "subject", "code", "state", "outcome", "printer", "copy", "created_at",
    }  # fmt: skip
    assert (line["what"], line["code"], line["state"]) == ("receipt", code, "pending")
    assert (line["outcome"], line["copy"]) == (None, 0)


def test_a_job_is_printed_by_its_number_and_then_listed_only_with_all(
    console: Console, printer: VirtualPrinter
) -> None:
    accept(console)
    job = console("jobs").one["job"]

    answer = console("jobs", "print", job, "--printer", printer.address)

    assert answer.status == 0
    assert (answer.one["outcome"], answer.one["copy_no"], answer.one["job"]) == (
        "CONFIRMED",
        0,
        job,
    )
    assert waiting(console) == []
    (line,) = console("jobs", "--all").lines
    assert (line["state"], line["outcome"], line["printer"]) == (
        "done", "CONFIRMED", printer.address,
    )  # fmt: skip


def test_a_printer_by_its_address_gets_the_plain_bytes(
    console: Console, printer: VirtualPrinter
) -> None:
    """No blank rows are skipped: paper is fed at the end and nowhere else, each strip is full width."""
    code = accept(console)
    assert console("slip", code, "--printer", printer.address).status == 0
    (slip,) = printer.wait_for(1)
    assert [command[:2] for command in slip.commands].count(b"\x1bJ") == 1
    assert {len(row) for row in slip.rows if row} == {576 // 8}


def test_an_unknown_end_is_a_question_until_it_is_answered(console: Console) -> None:
    code = accept(console)
    with VirtualPrinter(Fault.CLOSES) as broken:
        answer = console("slip", code, "--printer", broken.address)
    assert (answer.status, answer.one["outcome"]) == (3, "UNKNOWN")
    line = console("jobs").one
    assert (line["state"], line["outcome"]) == ("unknown", "UNKNOWN")

    answer = console("jobs", "answer", line["job"], "no")
    assert (answer.status, answer.one["state"]) == (0, "pending")

    # what may be in someone's hand is counted for ever
    with VirtualPrinter() as printer:
        assert console("slip", code, "--printer", printer.address).one["copy_no"] == 1
    again = console("jobs", "answer", line["job"], "yes")
    assert (again.status, again.codes) == (1, ["no_question"])
    assert in_vietnamese(again)


def test_a_print_whose_program_was_killed_is_asked_about(console: Console) -> None:
    code = accept(console)
    with VirtualPrinter(Fault.NEVER_READS) as stuck:
        child = subprocess.Popen(
            [
                sys.executable, "-m", "counter_app.tool", "slip", "--data-dir",
                str(console.folder), code, "--printer", stuck.address,
            ],
            env={**os.environ, **console.environment},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while waiting(console)[0][2] != "printing":
                assert child.poll() is None
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()

    assert waiting(console) == [("receipt", code, "unknown")]
    assert console("check").status == 0
    story = console("show", code).one["timeline"]
    assert [line["outcome"] for line in story if line["event"] == "slip.printed"] == ["UNKNOWN"]


def test_a_ticket_is_dropped_and_a_receipt_not(console: Console) -> None:
    accept(console)
    ticket = console("ticket", "take", "A").one["job"]
    receipt = console("jobs").lines[0]["job"]

    assert console("jobs", "drop", ticket).status == 0
    refused = console("jobs", "drop", receipt)
    assert (refused.status, refused.codes) == (1, ["slip_owed"])
    assert [what for what, _, _ in waiting(console)] == ["receipt"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("answer", "x"), 2),
        (("answer", "x", "maybe"), 2),
        (("burn", "x"), 2),
        (("print", "khong-co"), 1),
        (("drop", "khong-co"), 1),
        (("answer", "khong-co", "yes"), 1),
    ],
)
def test_what_jobs_cannot_do_is_said(console: Console, words: tuple[str, ...], status: int) -> None:
    answer = console("jobs", *words)
    assert answer.status == status
    assert in_vietnamese(answer)


def test_without_any_printer_a_job_is_not_begun(console: Console) -> None:
    accept(console)
    job = console("jobs").one["job"]

    answer = console("jobs", "print", job)

    assert (answer.status, answer.codes) == (1, ["printer_missing"])
    assert [state for _, _, state in waiting(console)] == ["pending"]


def test_listing_needs_no_pin_and_acting_does(console: Console) -> None:
    accept(console)
    job = console("jobs").one["job"]
    del console.environment["COUNTER_PIN"]

    assert console("jobs").status == 0
    for words in (("print", job), ("answer", job, "yes"), ("drop", job)):
        assert console("jobs", *words).codes == ["pin_missing"]


# ---- visit --------------------------------------------------------------------------------------


def test_a_visit_is_one_slip_with_the_first_qr_and_every_code(
    console: Console, printer: VirtualPrinter, tmp_path: Path
) -> None:
    codes = [accept(console, visit="luot-7") for _ in range(3)]
    # a crash now would leave all of them listed
    assert waiting(console) == [("visit", code, "open") for code in codes]

    answer = console("visit", "luot-7", "--printer", printer.address)

    assert answer.status == 0
    assert (answer.one["codes"], answer.one["outcome"]) == (codes, "CONFIRMED")
    (job,) = printer.wait_for(1)
    (text,) = [found.text for found in zxingcpp.read_barcodes(job.image().convert("L"))]
    scanned = console("scan", given=text + "\n").one
    assert (scanned["fields"]["code"], scanned["verdict"]) == (codes[0], "GREEN")
    assert waiting(console) == []
    for code in codes:
        again = tmp_path / f"{code}.png"
        assert console("slip", code, "--png", again).status == 0
        assert read_qr(again)

    refused = console("visit", "luot-7")
    assert (refused.status, refused.codes) == (1, ["visit_closed"])
    late = console.accept(draft(visit="luot-7"))
    assert (late.status, late.codes) == (1, ["visit_closed"])
    assert in_vietnamese(late)
    assert console("check").status == 0


def test_a_closed_visit_waits_and_is_printed_again_by_its_job(
    console: Console, printer: VirtualPrinter
) -> None:
    code = accept(console, visit="luot-8")
    job = console("visit", "luot-8").one["job"]
    assert waiting(console) == [("visit", code, "pending")]

    copies = [
        console("jobs", "print", job, "--printer", printer.address).one["copy_no"] for _ in range(3)
    ]

    assert copies == [0, 1, 2]
    # the visit's print was a print of this dossier
    assert console("slip", code, "--printer", printer.address).one["copy_no"] == 3


def test_an_unknown_visit_is_refused(console: Console) -> None:
    answer = console("visit", "luot-9")
    assert (answer.status, answer.codes) == (1, ["visit_unknown"])


# ---- pad ----------------------------------------------------------------------------------------


def test_a_pad_as_pictures_reads_back_with_its_verdict(console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "tap"

    answer = console("pad", "print", "--count", 3, "--png", folder)

    assert answer.status == 0
    numbers = [line["number"] for line in answer.lines]
    assert all(PadNumber.parse(number) for number in numbers)
    assert sorted(path.stem for path in folder.iterdir()) == numbers
    for number in numbers:
        (text,) = read_qr(folder / f"{number}.png")
        scanned = console("scan", given=text + "\n").one
        assert (scanned["kind"], scanned["verdict"]) == ("pad_slip", "GREEN")
        assert scanned["fields"]["number"] == number
        # without the key list it cannot be judged
        assert console("scan", given=text + "\n", store=False).one["verdict"] == "AMBER"
        forged = text[:-1] + ("0" if text[-1] != "0" else "1")
        assert console("scan", given=forged + "\n").one["verdict"] == "RED"
    # nothing waits: the pictures are printed elsewhere
    assert waiting(console) == []


def test_a_pad_as_bytes_is_slip_after_slip(console: Console, tmp_path: Path) -> None:
    to = tmp_path / "tap.bin"
    answer = console("pad", "print", "--count", 2, "--escpos", to, "--width", 384)

    picture = decode(to.read_bytes()).image().convert("L")
    assert answer.status == 0
    assert picture.width == 384
    assert len(zxingcpp.read_barcodes(picture)) == 2


def test_a_slip_as_a_page_is_not_counted(console: Console, tmp_path: Path) -> None:
    code = accept(console)
    pdf = tmp_path / "phieu.pdf"
    for _ in range(2):
        answer = console("slip", code, "--pdf", pdf)
        assert (answer.status, answer.one["outcome"]) == (0, "SENT")
    told = text_of(pdf.read_bytes())
    assert code in told
    assert "IN LẠI" not in told
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=203 / 72).to_pil().convert("L")
    (read,) = zxingcpp.read_barcodes(picture)
    assert console("scan", given=read.text + "\n").one["verdict"] == "GREEN"


def test_a_pad_as_pages_is_a_slip_a_page(console: Console, tmp_path: Path) -> None:
    to = tmp_path / "tap.pdf"
    numbers = [line["number"] for line in console("pad", "print", "--count", 3, "--pdf", to).lines]

    with pypdfium2.PdfDocument(to) as document:
        pages = [page.render(scale=203 / 72).to_pil() for page in document]
    read = [zxingcpp.read_barcodes(page.convert("L"))[0].text for page in pages]

    assert [console("scan", given=text).one["fields"]["number"] for text in read] == numbers
    assert waiting(console) == []


def test_a_printer_that_stops_leaves_the_rest_of_the_pad_waiting(
    console: Console, printer: VirtualPrinter
) -> None:
    answer = console("pad", "print", "--count", 2, "--printer", printer.address)
    assert answer.status == 0
    assert [line["outcome"] for line in answer.lines] == ["CONFIRMED"] * 2
    with VirtualPrinter(Fault.NO_PAPER) as empty:
        answer = console("pad", "print", "--count", 3, "--printer", empty.address)

    assert answer.status == 3
    assert [line.get("outcome") for line in answer.lines] == ["FAILED", None, None]
    assert [state for _, _, state in waiting(console)] == ["pending"] * 3
    assert console("pad", "list").one["counts"] == {"unused": 5}


def test_a_pad_slip_is_entered_found_and_accounted_for(console: Console) -> None:
    used, spoilt, lost, left = (
        line["number"] for line in console("pad", "print", "--count", 4).lines
    )
    paper = {"origin": "pad", "pad": used.lower(), "received_at": "2026-01-05T08:30"}
    with_paper = console.accept(draft(from_paper=paper))
    assert with_paper.status == 0, with_paper.said
    code = with_paper.one["code"]
    parsed = DossierCode.parse(code)
    assert parsed is not None
    assert (parsed.day.isoformat(), with_paper.one["received_at"]) == (
        "2026-01-05", "2026-01-05T08:30",
    )  # fmt: skip
    assert "from_paper" in [warning["code"] for warning in with_paper.one["warnings"]]
    for verb in ("show", "find"):
        assert console(verb, used.lower()).one["code"] == code

    again = console.accept(draft(from_paper=paper))
    assert (again.status, again.codes) == (1, ["pad_used"])
    assert code in again.one["problems"][0]["message"]

    assert console("pad", "account", spoilt, "spoilt", "--reason", "Viết hỏng").status == 0
    assert console("pad", "account", lost, "lost", "--reason", "Rơi ở bản").status == 0
    refused = console.accept(draft(from_paper={**paper, "pad": spoilt}))
    assert (refused.status, refused.codes) == (1, ["pad_spoilt"])
    assert in_vietnamese(refused)

    told = console("pad", "list").one
    assert told["counts"] == {"used": 1, "spoilt": 1, "lost": 1, "unused": 1}
    assert told["numbers"]["unused"] == [left]
    assert told["codes"] == {used: [code]}
    assert console("check").status == 0


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("print",), 1),
        (("print", "--count", 0, "--png", "tap"), 1),
        (("print", "--count", "ba"), 2),
        (("account", "P2-7K3-0001", "lost"), 1),
        (("account", "P2-7K3-0001", "lost", "--reason", "Rơi"), 1),
        (("account", "P2-7K3-0001"), 2),
        (("burn",), 2),
    ],
)
def test_what_pad_cannot_do_is_said(
    console: Console, tmp_path: Path, words: tuple[object, ...], status: int
) -> None:
    answer = console("pad", *(tmp_path / "tap" if word == "tap" else word for word in words))
    assert answer.status == status
    assert in_vietnamese(answer)
    assert console("pad", "list").one["counts"] == {}


# ---- ticket and appointment ---------------------------------------------------------------------


def test_a_ticket_is_taken_printed_and_moved_on(console: Console, printer: VirtualPrinter) -> None:
    first = console("ticket", "take", "A", "--printer", printer.address)
    second = console("ticket", "take", "a")

    assert (first.status, first.one["number"], first.one["outcome"]) == (0, "A001", "CONFIRMED")
    assert (second.one["number"], second.one["ahead"]) == ("A002", 1)
    assert console("ticket", "move", "A001", "done").one["state"] == "done"
    assert [line["state"] for line in console("ticket", "list").lines] == ["done", "waiting"]
    assert [line["group"] for line in console("ticket", "groups").lines] == ["A", "B", "C", "U"]
    assert [what for what, _, _ in waiting(console)] == ["ticket"]


def test_groups_come_from_a_file(console: Console, tmp_path: Path) -> None:
    groups = tmp_path / "nhom.txt"
    groups.write_text("H: Hộ tịch\nD: Đất đai\n", encoding="utf-8")
    assert console("ticket", "groups", groups).status == 0
    assert console("ticket", "take", "D").one["name"] == "Đất đai"
    groups.write_text("H Hộ tịch\n", encoding="utf-8")
    refused = console("ticket", "groups", groups)
    assert (refused.status, refused.codes) == (1, ["groups_wrong"])
    assert console("ticket", "take", "A").codes == ["group_unknown"]


def test_an_hour_is_booked_and_its_slip_names_nobody_in_the_qr(
    console: Console, tmp_path: Path
) -> None:
    assert console("appointment", "capacity", 1).status == 0
    day = _a_working_day(console)
    at = f"{day}T09:30"
    png = tmp_path / "hen.png"

    answer = console(
        "appointment", "book", "--at", at, "--name", "HỒ THỊ NGUYỆT", "--phone", "0912000345",
        "--procedure", PROCEDURE, "--png", png,
    )  # fmt: skip

    assert answer.status == 0, answer.said
    assert answer.one["starts_at"] == f"{day}T09:00"
    assert read_qr(png) == [answer.one["number"]]
    full = console("appointment", "book", "--at", at)
    assert (full.status, full.codes) == (1, ["slot_full"])
    assert "Còn chỗ: 10:00" in full.one["problems"][0]["message"]
    places = {line["starts_at"][11:]: line["places"] for line in _free(console, day)}
    assert (places["09:00"], places["10:00"]) == (0, 1)
    assert console("appointment", "cancel", answer.one["number"]).one["cancelled"] is True
    assert [line["cancelled"] for line in console("appointment", "list", "--day", day).lines] == [
        True
    ]
    assert console("appointment", "book", "--at", "2020-01-06T09:00").codes == ["in_the_past"]
    assert console("appointment", "book", "--at", "mai").codes == ["moment_wrong"]
    assert console("appointment", "free", "--day", "mai").codes == ["day_wrong"]
    assert console("appointment", "book", "sớm").status == 2


def _free(console: Console, day: str) -> list[dict[str, str]]:
    return console("appointment", "free", "--day", day).lines


def _a_working_day(console: Console) -> str:
    """The first one from tomorrow on: the console runs by the real clock."""
    day = date.today() + timedelta(days=1)
    while not _free(console, day.isoformat()):
        day += timedelta(days=1)
    return day.isoformat()


# ---- corrections --------------------------------------------------------------------------------


def test_the_old_qr_of_a_corrected_dossier_names_an_older_receipt(
    console: Console, tmp_path: Path
) -> None:
    code = accept(console)
    old, new = tmp_path / "cu.png", tmp_path / "moi.png"
    assert console("slip", code, "--png", old).status == 0
    change = tmp_path / "sua.json"
    change.write_text(
        json.dumps({"reason": "Sai tên", "applicant": {"name": "HỒ THỊ NGA"}}), encoding="utf-8"
    )
    assert console("act", code, "correct", "--json", change).status == 0
    assert console("slip", code, "--png", new).status == 0

    numbers = [
        console("scan", given=read_qr(png)[0] + "\n").one["fields"]["receipt_no"]
        for png in (old, new)
    ]

    assert numbers == [1, 2]
    assert console("show", code).one["receipt_no"] == 2
