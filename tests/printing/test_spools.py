"""Ways that cannot answer: what they took is sent and no more."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pypdfium2
import pytest
import usb.core
from escpos.printer import win32raw
from virtual_usb import UsbDevice

from counter_app.domain.outcome import Outcome, Reason, sent
from counter_app.domain.printer import Profile
from counter_app.printing import spools, ways
from counter_app.printing.paper import Paper
from counter_app.printing.ways import found_printers, printer_at

JOB = b"\x1b@" + b"\x1dv0\x00\x48\x00\x80\x00" + b"\x00" * 72 * 128 + b"\x1dVB\x00"

# ---- CUPS: its commands, stood in for by scripts ------------------------------------------------

LP = """#!/bin/sh
echo "$@" >> "$0.asked"
cat > "$0.job"
exit {status}
"""
LPSTAT = """#!/bin/sh
case "$1" in -e) echo XP-80; exit 0;; esac
[ "$2" = XP-80 ] || exit 1
[ "$LC_ALL" = C ] || exit 2
echo "printer XP-80 {state} since Fri Nov 20"
"""


@pytest.fixture
def cups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    script(tmp_path / "lp", LP.format(status=0))
    script(tmp_path / "lpstat", LPSTAT.format(state="is idle.  enabled"))
    return tmp_path


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_a_queue_of_cups_takes_the_bytes_as_they_are(cups: Path) -> None:
    printer = printer_at("cups:XP-80")
    assert printer.state() is None
    assert printer.send(JOB) == sent(Reason.SPOOLED)
    assert (cups / "lp.job").read_bytes() == JOB
    assert (cups / "lp.asked").read_text() == "-s -d XP-80 -o raw -\n"


def test_a_queue_for_pages_lets_cups_draw_them(cups: Path) -> None:
    assert printer_at("cups:XP-80", Profile(pages=True)).send(b"%PDF") == sent(Reason.SPOOLED)
    assert (cups / "lp.asked").read_text() == "-s -d XP-80 -\n"


def test_a_stopped_queue_gets_nothing(cups: Path) -> None:
    script(cups / "lpstat", LPSTAT.format(state="disabled"))
    assert printer_at("cups:XP-80").send(JOB) == sent(Reason.QUEUE_STOPPED)
    assert not (cups / "lp.job").exists()


def test_a_queue_that_is_not_there_or_refuses(cups: Path) -> None:
    assert printer_at("cups:XP-81").send(JOB) == sent(Reason.QUEUE_REFUSED)
    script(cups / "lp", LP.format(status=1))
    assert printer_at("cups:XP-80").send(JOB) == sent(Reason.QUEUE_REFUSED)


def test_a_queue_that_hangs_is_a_question(cups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "_QUEUE_SECONDS", 0.2)
    script(cups / "lp", "#!/bin/sh\nexec sleep 60\n")
    assert printer_at("cups:XP-80").send(JOB) == sent(Reason.QUEUE_SILENT)


def test_without_cups_another_way_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert printer_at("cups:XP-80").send(JOB) == sent(Reason.NOT_HERE)


# ---- Windows: its spooler, stood in for by a module ---------------------------------------------


QUEUES = ("Máy in tầng 1", "XP-80")


class Spooler:
    """`win32print` as far as it is used."""

    class error(Exception):
        pass

    def __init__(self, status: int = 0, breaks_at: str = "") -> None:
        self.status, self.breaks_at = status, breaks_at
        self.calls: list[str] = []
        self.jobs: list[bytes] = []
        self.kinds: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def call(*given: Any) -> Any:
            self.calls.append(name)
            if name == self.breaks_at:
                raise self.error
            if name == "GetPrinter":
                return {"Status": self.status}
            if name == "EnumPrinters":
                by_name = ({"pPrinterName": name} for name in QUEUES)
                return list(by_name) if given[-1] == 4 else [(0, "", QUEUES[0], "")]
            if name == "StartDocPrinter":
                self.kinds.append(given[2][2])
            if name == "WritePrinter":
                self.jobs.append(given[1])
                return len(given[1])
            return 7

        return call


def windows(monkeypatch: pytest.MonkeyPatch, spooler: Spooler) -> Spooler:
    monkeypatch.setattr(spools, "win32_spooler", lambda: spooler)
    monkeypatch.setattr(win32raw, "win32print", spooler, raising=False)
    monkeypatch.setattr(win32raw, "pywintypes", Spooler, raising=False)
    monkeypatch.setattr(win32raw, "_DEP_WIN32PRINT", True)
    return spooler


def test_a_queue_of_windows_takes_the_bytes_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    spooler = windows(monkeypatch, Spooler())
    printer = printer_at("windows:Máy in tầng 1")
    assert printer.state() is None
    assert printer.send(JOB) == sent(Reason.SPOOLED)
    assert (spooler.jobs, spooler.kinds) == ([JOB], ["RAW"])
    assert spooler.calls.count("OpenPrinter") == spooler.calls.count("ClosePrinter")


@pytest.mark.parametrize(
    ("status", "breaks_at", "expected"),
    [
        (1, "", Reason.QUEUE_STOPPED),
        (0, "OpenPrinter", Reason.QUEUE_REFUSED),
        (0, "StartDocPrinter", Reason.QUEUE_REFUSED),
        (0, "WritePrinter", Reason.QUEUE_SILENT),
        (0, "EndDocPrinter", Reason.QUEUE_SILENT),
        (0, "GetPrinter", Reason.SPOOLED),
    ],
)
def test_the_spooler_of_windows_fails(
    monkeypatch: pytest.MonkeyPatch, status: int, breaks_at: str, expected: Reason
) -> None:
    windows(monkeypatch, Spooler(status, breaks_at))
    assert printer_at("windows:XP-80").send(JOB) == sent(expected)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is")
def test_elsewhere_there_is_no_spooler_of_windows() -> None:
    assert printer_at("windows:XP-80").send(JOB) == sent(Reason.NOT_HERE)
    assert printer_at("windows:XP-80").state() is Reason.NOT_HERE


# ---- files ---------------------------------------------------------------------------------------


def test_a_file_is_only_sent(tmp_path: Path) -> None:
    assert printer_at(f"file:{tmp_path / 'a'}").send(JOB) == sent(Reason.WRITTEN)
    assert (tmp_path / "a").read_bytes() == JOB
    nowhere = printer_at(f"file:{tmp_path / 'khong-co' / 'a'}")
    assert nowhere.send(JOB) == sent(Reason.NOT_WRITTEN)


def test_a_folder_keeps_every_page_it_was_given(tmp_path: Path) -> None:
    folder = tmp_path / "phieu"
    printer = printer_at(f"pdf:{folder}", Profile(width=384))
    assert printer.profile == Profile(width=384, pages=True)
    for content in (b"%PDF-1", b"%PDF-2"):
        assert printer.send(content) == sent(Reason.WRITTEN)
    assert sorted(path.read_bytes() for path in folder.iterdir()) == [b"%PDF-1", b"%PDF-2"]
    (tmp_path / "tep").write_text("")
    assert printer_at(f"pdf:{tmp_path / 'tep'}").send(b"%PDF") == sent(Reason.NOT_WRITTEN)


def test_a_slip_for_a_folder_is_drawn_as_a_page(tmp_path: Path) -> None:
    printer = printer_at(f"pdf:{tmp_path}")
    page = Paper().test_job(printer.profile)
    assert printer.send(page).outcome is Outcome.SENT
    (path,) = tmp_path.iterdir()
    document = pypdfium2.PdfDocument(path)
    assert len(document) == 1
    # 576 dots at 203 an inch
    assert round(document[0].get_width() * 203 / 72) == 576
    document.close()


# ---- USB beyond the conversation, and looking for printers --------------------------------------


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        (None, Reason.UNREACHABLE),
        (UsbDevice(kind=8), Reason.NOT_HERE),
        (UsbDevice(), Reason.NOT_HERE),
        (UsbDevice(SimpleNamespace(bEndpointAddress=1), busy=True), Reason.BUSY),
    ],
)
def test_a_device_that_is_no_printer_of_ours(
    monkeypatch: pytest.MonkeyPatch, device: UsbDevice | None, expected: Reason
) -> None:
    monkeypatch.setattr(usb.core, "find", lambda **_: device)
    assert printer_at("usb:04b8:0e15").send(JOB) == sent(expected)


def test_a_printer_without_a_way_back_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bytes] = []

    class Out:
        bEndpointAddress = 0x01

        def write(self, data: bytes, timeout: int) -> int:
            # a part of a transfer, as libusb may say
            taken.append(data[:1000])
            return len(taken[-1])

    device = UsbDevice(Out())
    monkeypatch.setattr(usb.core, "find", lambda **_: device)
    assert printer_at("usb:04b8:0e15").send(JOB) == sent(Reason.MUTE)
    assert b"".join(taken) == JOB
    assert device.detached == device.given_back == [0]


def test_what_hangs_on_this_pc_is_found(cups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = SimpleNamespace(device="/dev/ttyUSB0", description="USB-Serial")
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: [port])
    monkeypatch.setattr(usb.core, "find", lambda **_: [UsbDevice(), UsbDevice(kind=8)])
    found = {one.address: one.words for one in found_printers()}
    assert list(found) == ["cups:XP-80", "usb:04b8:0e15", "serial:/dev/ttyUSB0"]
    assert "TM-T20" in found["usb:04b8:0e15"]
    for address in found:
        assert ways.printer_at(address).name == address
