"""Addresses of printers: `tcp://…`, `serial:…`, `usb:…`, `windows:…`, `cups:…`, `file:…`, `pdf:…`."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from counter_app.domain.printer import FoundPrinter, Profile
from counter_app.errors import Refused
from counter_app.ports import Printer
from counter_app.printing.conversation import TalkingPrinter, Timeouts
from counter_app.printing.spools import (
    CupsQueue,
    FilePrinter,
    PageFolder,
    WindowsQueue,
)

SLOW_BAUD = 57_600
"""Below this a slip of 80 mm takes more than twelve seconds."""
_BAUDS = (9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600)
_USB = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?", re.IGNORECASE)
_IP = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?")


def printer_at(
    address: str,
    profile: Profile | None = None,
    name: str = "",
    timeouts: Timeouts | None = None,
) -> Printer:
    """The printer at an address; `name` is what officers call it, the address where they do not.

    Raises:
        Refused: the address leads nowhere, with how to write it.
    """
    typed = address.strip()
    if _IP.fullmatch(typed):
        # what stands on a printer's own test page
        typed = f"tcp://{typed}" if ":" in typed else f"tcp://{typed}:9100"
    scheme, colon, rest = typed.partition(":")
    make = _WAYS.get(scheme.lower())
    if make is None or not colon or not rest:
        raise _refused(
            "Địa chỉ máy in viết như tcp://192.168.1.50:9100, serial:COM3, usb:04b8:0e15, "
            "windows:TÊN, cups:TÊN, file:TỆP hoặc pdf:THƯ_MỤC."
        )
    return make(rest, name or typed, profile or Profile(), timeouts)


def warning_of(address: str) -> str:
    """What should be known about an address before it is used; empty where nothing is."""
    path, _, query = address.partition("?")
    if path.startswith("serial:") and _baud(query) < SLOW_BAUD:
        return (
            f"Cổng chạy {_baud(query)} thì mỗi phiếu mất rất lâu. "
            "Đặt máy in và địa chỉ ở 115200 (?baud=115200)."
        )
    return ""


def _tcp(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    from counter_app.printing.channels import tcp

    host, colon, port = rest.removeprefix("//").rpartition(":")
    if not rest.startswith("//") or not colon or not host or not port.isdigit():
        raise _refused("Địa chỉ máy in mạng viết như tcp://192.168.1.50:9100.")
    if not 0 < int(port) < 65536:
        raise _refused("Cổng máy in là số từ 1 đến 65535, thường là 9100.")
    return TalkingPrinter(name, partial(tcp, host, int(port)), profile, timeouts)


def _serial(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    from counter_app.printing.channels import serial_port

    path, _, query = rest.partition("?")
    given = parse_qs(query, keep_blank_values=True)
    flow = given.get("flow", ["rts"])[-1]
    if not path or set(given) - {"baud", "flow"} or flow not in ("rts", "xon"):
        raise _refused(
            "Máy in cổng COM viết như serial:COM3?baud=115200 hoặc serial:/dev/ttyUSB0; "
            "thêm &flow=xon nếu máy in dùng XON/XOFF."
        )
    baud = _baud(query)
    if baud not in _BAUDS:
        speeds = ", ".join(map(str, _BAUDS))
        raise _refused(f"Tốc độ cổng là một trong các số: {speeds}.")
    return TalkingPrinter(name, partial(serial_port, path, baud, flow), profile, timeouts)


def _baud(query: str) -> int:
    text = parse_qs(query, keep_blank_values=True).get("baud", ["115200"])[-1]
    return int(text) if text.isascii() and text.isdigit() else 0


def _usb(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    from counter_app.printing.channels import usb_device

    found = _USB.fullmatch(rest)
    if found is None:
        raise _refused(
            "Máy in USB viết như usb:04b8:0e15: bốn chữ số của hãng, bốn chữ số của máy."
        )
    vendor, product, number = int(found[1], 16), int(found[2], 16), found[3] or ""
    return TalkingPrinter(name, partial(usb_device, vendor, product, number), profile, timeouts)


def _cups(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    if rest.startswith("-") or any(c.isspace() or c in "/#" for c in rest):
        raise _refused("Tên hàng đợi CUPS không có dấu cách, dấu / và dấu #. Xem bằng lệnh lpstat.")
    return CupsQueue(rest, name, profile)


def _windows(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    return WindowsQueue(rest, name, profile)


def _file(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    return FilePrinter(_whole(rest), profile, name)


def _pdf(rest: str, name: str, profile: Profile, timeouts: Timeouts | None) -> Printer:
    return PageFolder(_whole(rest), name, replace(profile, pages=True))


def _whole(path: str) -> Path:
    """Wherever the program is started from, it is the same place."""
    if not Path(path).is_absolute():
        raise _refused("Ghi đủ đường dẫn, từ ổ đĩa trở đi, như pdf:D:\\phieu hoặc pdf:/srv/phieu.")
    return Path(path)


_WAYS: dict[str, Callable[[str, str, Profile, Timeouts | None], Printer]] = {
    "tcp": _tcp,
    "serial": _serial,
    "usb": _usb,
    "windows": _windows,
    "cups": _cups,
    "file": _file,
    "pdf": _pdf,
}


def _refused(sentence: str) -> Refused:
    return Refused("printer_address", sentence, "address")


# ---- looking for printers ----------------------------------------------------------------------


def found_printers() -> Sequence[FoundPrinter]:
    """What hangs on this PC: its queues, USB printers, serial ports. Never looks into the network."""
    return [*_queues(), *_usb_printers(), *_serial_ports()]


def _queues() -> list[FoundPrinter]:
    from counter_app.printing.spools import queues

    scheme = "windows" if sys.platform == "win32" else "cups"
    return [
        FoundPrinter(f"{scheme}:{name}", f"{name} (máy in đã cài trong máy tính)")
        for name in queues()
    ]


def _usb_printers() -> list[FoundPrinter]:
    from counter_app.printing.channels import usb_printers

    return [
        FoundPrinter(f"usb:{vendor:04x}:{product:04x}", f"{name or 'Máy in'} (USB)")
        for vendor, product, name in usb_printers()
    ]


def _serial_ports() -> list[FoundPrinter]:
    from serial.tools.list_ports import comports

    return [
        FoundPrinter(f"serial:{port.device}", f"{port.device} (cổng COM) {_about(port)}".strip())
        for port in comports()
    ]


def _about(port: Any) -> str:
    told = str(port.description or "")
    return "" if told == "n/a" else told
