"""Channels to a printer: the local network, a serial port, USB.

Each keeps what is not taken yet small, so that a printer that stops is noticed while most of the
job is still here.
"""

import errno
import os
import select
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from typing import Any

from counter_app.domain.outcome import Reason
from counter_app.printing.conversation import Channel, NotOpened, Timeouts

_SEND_BUFFER = 8 * 1024
_SERIAL_PIECE = 256
_SERIAL_TURN = 0.05
"""Seconds for which a port is read in one go."""
_PRINTER_CLASS = 7
_GONE = "the printer has gone"


# ---- network ---------------------------------------------------------------------------------


class TcpChannel:
    """A raw port on the local network."""

    answers = True

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._address = (host, port)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # before connecting, or the system has chosen a larger one already
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            # a question behind a slip waits for no acknowledgement: 40 ms each
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(timeout)
            self._socket.connect(self._address)
        except OSError as fault:
            self._socket.close()
            refused = isinstance(fault, ConnectionRefusedError)
            raise NotOpened(Reason.PORT_CLOSED if refused else Reason.UNREACHABLE) from None

    def write(self, data: memoryview, timeout: float) -> int:
        """Into the socket."""
        self._socket.settimeout(timeout)
        return self._socket.send(data)

    def read(self, timeout: float) -> int:
        """One byte."""
        self._socket.settimeout(timeout)
        answer = self._socket.recv(1)
        if not answer:
            raise ConnectionResetError(_GONE)
        return answer[0]

    def aside(self, timeout: float) -> Channel:
        """A second connection: behind a full window no question passes.

        The first is reset, for a printer that serves one at a time.
        """
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()
        return TcpChannel(*self._address, timeout)

    def close(self) -> None:
        """An orderly close: what is on its way still arrives."""
        self._socket.close()


def tcp(host: str, port: int, timeouts: Timeouts) -> Channel:
    """Connect."""
    return TcpChannel(host, port, timeouts.connect)


# ---- serial ----------------------------------------------------------------------------------


class SerialChannel:
    """A serial port, 8N1 with flow control. Bytes are handed over only while the printer is ready."""

    answers = True

    def __init__(self, port: Any) -> None:
        self._port = port

    def write(self, data: memoryview, timeout: float) -> int:
        """A small piece: at 115,200 baud 256 bytes take 22 ms."""
        self._wait_until_ready(timeout)
        piece = bytes(data[:_SERIAL_PIECE])
        if sys.platform == "win32":
            import serial

            if self._port.write_timeout != timeout:
                self._port.write_timeout = timeout
            try:
                return int(self._port.write(piece))
            except serial.SerialTimeoutException:
                raise TimeoutError from None
        # pyserial's own timed writing spins on a full port (3.5)
        while select.select([], [self._port.fileno()], [], timeout)[1]:
            # the printer may have said stop since
            with suppress(BlockingIOError):
                return os.write(self._port.fileno(), piece)
        raise TimeoutError

    def read(self, timeout: float) -> int:
        """One byte."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            # the port's own timeout stays: setting it sets every line of the port anew
            answer: bytes = self._port.read(1)
            if answer:
                return answer[0]
        raise TimeoutError

    def aside(self, timeout: float) -> Channel:
        """The same port past its flow control: a printer keeps room for questions when it is busy."""
        self._port.reset_output_buffer()
        self._port.rtscts = self._port.xonxoff = False
        self._port.reset_input_buffer()
        return self

    def close(self) -> None:
        """Let go of the port."""
        self._port.close()

    def _wait_until_ready(self, timeout: float) -> None:
        """A printer that is off holds its line down: then no byte leaves the PC."""
        deadline = time.monotonic() + timeout
        while self._port.rtscts and not self._is_clear():
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(0.005)

    def _is_clear(self) -> bool:
        try:
            return bool(self._port.cts)
        except OSError:
            # a port without lines, such as a pseudo terminal
            return True


def serial_port(path: str, baud: int, flow: str, _: Timeouts) -> Channel:
    """Open the port for us alone; `flow` is `rts` or `xon`."""
    import serial  # only where a printer hangs on a port

    try:
        port = serial.Serial(
            path, baud, timeout=_SERIAL_TURN, rtscts=flow == "rts", xonxoff=flow == "xon",
            exclusive=True,
        )  # fmt: skip
        port.reset_input_buffer()
    except serial.SerialException as fault:
        # Windows says in words that another program has it
        busy = fault.errno in (errno.EBUSY, errno.EAGAIN) or "PermissionError" in str(fault)
        denied = Reason.NOT_HERE if fault.errno == errno.EACCES else Reason.UNREACHABLE
        raise NotOpened(Reason.BUSY if busy else denied) from None
    return SerialChannel(port)


# ---- USB -------------------------------------------------------------------------------------


class UsbChannel:
    """The two pipes of a USB printer, by libusb."""

    def __init__(self, device: Any, interface: int, out: Any, into: Any, *, taken: bool) -> None:
        """`taken` from the system's own driver, which gets it back."""
        self._device = device
        self._taken = taken
        self._interface = interface
        self._out = out
        self._in = into
        self._read = b""

    @property
    def answers(self) -> bool:
        """Some have no way back."""
        return self._in is not None

    def write(self, data: memoryview, timeout: float) -> int:
        """One transfer; a part of it may have been taken when the time was over."""
        taken = self._timed(partial(self._out.write, bytes(data)), timeout)
        if not taken:
            raise TimeoutError
        return int(taken)

    def read(self, timeout: float) -> int:
        """One byte of what came last."""
        deadline = time.monotonic() + timeout
        while not self._read:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            # an empty packet is no answer
            self._read = bytes(self._timed(partial(self._in.read, self._in.wMaxPacketSize), left))
        first, self._read = self._read[0], self._read[1:]
        return first

    def aside(self, timeout: float) -> Channel:
        """The same pipe; what was taken stays taken."""
        return self

    def close(self) -> None:
        """Give the interface back."""
        import usb.util

        try:
            usb.util.release_interface(self._device, self._interface)
            if self._taken:
                self._device.attach_kernel_driver(self._interface)
        finally:
            usb.util.dispose_resources(self._device)

    def _timed(self, transfer: Any, timeout: float) -> Any:
        import usb.core

        try:
            # libusb takes 0 for endless
            return transfer(timeout=max(1, int(timeout * 1000)))
        except usb.core.USBTimeoutError:
            raise TimeoutError from None


def usb_device(vendor: int, product: int, serial_number: str, _: Timeouts) -> Channel:
    """Find it, take its printer interface; the system's own driver steps aside."""
    import usb.core
    import usb.util

    wanted = {"serial_number": serial_number} if serial_number else {}
    try:
        device = usb.core.find(idVendor=vendor, idProduct=product, backend=usb_backend(), **wanted)
        if device is None:
            raise NotOpened(Reason.UNREACHABLE)
        interface = _printer_interface(device)
        number = interface.bInterfaceNumber
        taken = _take(device, number)
    except usb.core.NoBackendError:
        raise NotOpened(Reason.NOT_HERE) from None
    except NotImplementedError:
        # Windows without a driver of libusb's: use the queue of the system instead
        raise NotOpened(Reason.NOT_HERE) from None
    except usb.core.USBError as fault:
        reasons = {errno.EBUSY: Reason.BUSY, errno.EACCES: Reason.NOT_HERE}
        raise NotOpened(reasons.get(fault.errno or 0, Reason.UNREACHABLE)) from None
    ends = {usb.util.endpoint_direction(end.bEndpointAddress): end for end in interface}
    out = ends.get(usb.util.ENDPOINT_OUT)
    if out is None:
        raise NotOpened(Reason.NOT_HERE)
    return UsbChannel(device, number, out, ends.get(usb.util.ENDPOINT_IN), taken=taken)


def usb_printers() -> list[tuple[int, int, str]]:
    """(vendor, product, name) of whatever calls itself a printer."""
    import usb.core

    try:
        devices = list(usb.core.find(find_all=True, backend=usb_backend()))
    except (usb.core.NoBackendError, usb.core.USBError):
        return []
    return [
        (device.idVendor, device.idProduct, _usb_name(device))
        for device in devices
        if any(one.bInterfaceClass == _PRINTER_CLASS for conf in device for one in conf)
    ]


def _usb_name(device: Any) -> str:
    try:
        return str(device.product or "")
    except (OSError, ValueError, NotImplementedError):
        # it may be seen but not asked
        return ""


def usb_backend() -> Any:
    """The libusb of the system, else the one that was installed with us (Windows has none)."""
    import libusb_package
    import usb.backend.libusb1

    return usb.backend.libusb1.get_backend() or usb.backend.libusb1.get_backend(
        find_library=libusb_package.find_library
    )


def _printer_interface(device: Any) -> Any:
    for configuration in device:
        for interface in configuration:
            if interface.bInterfaceClass == _PRINTER_CLASS:
                return interface
    raise NotOpened(Reason.NOT_HERE)


def _take(device: Any, interface: int) -> bool:
    """Claim it; whether the system's own driver had to step aside."""
    import usb.util

    held = sys.platform != "win32" and bool(device.is_kernel_driver_active(interface))
    if held:
        device.detach_kernel_driver(interface)
    usb.util.claim_interface(device, interface)
    return held
