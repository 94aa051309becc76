"""The virtual printer behind what pyusb calls a device: its two pipes, and nothing else of it."""

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Self

import pytest
import usb.core

from counter_app.printing.virtual import Buffer, Decoder, Fault, Machine

_PACKET = 64


class _Pipes:
    """One packet under way in each direction, as on the wire."""

    def __init__(self) -> None:
        self.out: queue.Queue[bytes] = queue.Queue(maxsize=1)
        self.into: queue.Queue[bytes] = queue.Queue()
        self.torn = False

    def recv(self, size: int) -> bytes:
        return self.out.get()

    def send(self, data: bytes) -> object:
        return self.into.put(data)

    def wait(self, buffer: Buffer) -> None:
        buffer.wait_for_room()

    def go_on(self, buffer: Buffer) -> None:
        pass

    def tear(self) -> None:
        self.torn = True

    def check(self) -> None:
        if self.torn:
            raise usb.core.USBError("no such device", -4, 19)


class _Out:
    bEndpointAddress = 0x01

    def __init__(self, pipes: _Pipes) -> None:
        self._pipes = pipes

    def write(self, data: bytes, timeout: int) -> int:
        self._pipes.check()
        try:
            self._pipes.out.put(data, timeout=timeout / 1000)
        except queue.Full:
            raise usb.core.USBTimeoutError("timed out", -7, 110) from None
        return len(data)


class _In:
    bEndpointAddress = 0x82
    wMaxPacketSize = _PACKET

    def __init__(self, pipes: _Pipes) -> None:
        self._pipes = pipes

    def read(self, size: int, timeout: int) -> bytes:
        self._pipes.check()
        try:
            return self._pipes.into.get(timeout=timeout / 1000)
        except queue.Empty:
            self._pipes.check()
            raise usb.core.USBTimeoutError("timed out", -7, 110) from None


class _Interface:
    bInterfaceNumber = 0

    def __init__(self, ends: list[Any], kind: int) -> None:
        self._ends = ends
        self.bInterfaceClass = kind

    def __iter__(self) -> Iterator[Any]:
        return iter(self._ends)


class UsbDevice:
    """What `usb.core.find` answers."""

    idVendor, idProduct, product = 0x04B8, 0x0E15, "TM-T20"

    def __init__(self, *ends: Any, kind: int = 7, busy: bool = False) -> None:
        self._interface = _Interface(list(ends), kind)
        self._busy = busy
        self._ctx = SimpleNamespace(
            managed_claim_interface=self._claim,
            managed_release_interface=lambda *_: None,
            dispose=lambda *_: None,
        )
        self.detached: list[int] = []
        self.given_back: list[int] = []

    def __iter__(self) -> Iterator[Any]:
        return iter([[self._interface]])

    def _claim(self, *_: object) -> None:
        if self._busy:
            raise usb.core.USBError("busy", -6, 16)

    def is_kernel_driver_active(self, interface: int) -> bool:
        return True

    def attach_kernel_driver(self, interface: int) -> None:
        self.given_back.append(interface)

    def detach_kernel_driver(self, interface: int) -> None:
        self.detached.append(interface)


class VirtualUsbPrinter(Machine):
    """A job ends with its cut: a pipe has no end of its own."""

    address = "usb:04b8:0e15"

    def __init__(
        self, fault: Fault = Fault.NONE, after: int = 0, buffer: int = 64 * 1024, speed: int = 0
    ) -> None:
        super().__init__(fault, after, buffer, speed)
        self._pipes = _Pipes()
        self._patch = pytest.MonkeyPatch()
        self.device = UsbDevice(_Out(self._pipes), _In(self._pipes))

    def __enter__(self) -> Self:
        self._patch.setattr(usb.core, "find", lambda **_: self.device)
        threading.Thread(target=self.hear, args=(self._pipes,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._patch.undo()

    def after_piece(self, decoder: Decoder) -> None:
        if decoder.paper.cuts:
            self.done(decoder)
