"""The virtual printer at the far end of a pseudo terminal, with XON/XOFF as flow control."""

import os
import pty
import threading
import tty
from contextlib import suppress
from typing import Self

from counter_app.printing.virtual import Buffer, Decoder, Fault, Machine

_XON, _XOFF = b"\x11", b"\x13"


class _Terminal:
    """Says XOFF when the buffer is full, and goes on listening: real printers keep some room."""

    def __init__(self, master: int) -> None:
        self._file = os.fdopen(master, "r+b", buffering=0)
        self._held = False

    def recv(self, size: int) -> bytes:
        try:
            return self._file.read(size) or b""
        except ValueError:
            raise OSError("pulled out") from None

    def send(self, data: bytes) -> object:
        try:
            return self._file.write(data)
        except ValueError:
            raise OSError("pulled out") from None

    def wait(self, buffer: Buffer) -> None:
        if not self._held:
            self._held = True
            self.send(_XOFF)

    def go_on(self, buffer: Buffer) -> None:
        if self._held and not buffer.full:
            self._held = False
            self.send(_XON)

    def tear(self) -> None:
        """The adapter is pulled out."""
        with suppress(OSError):
            self._file.close()


class VirtualSerialPrinter(Machine):
    """A job ends with its cut: a cable has no end of its own."""

    def __init__(
        self, fault: Fault = Fault.NONE, after: int = 0, buffer: int = 64 * 1024, speed: int = 0
    ) -> None:
        super().__init__(fault, after, buffer, speed)
        master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._link = _Terminal(master)
        self.path = os.ttyname(self._slave)
        self.address = f"serial:{self.path}?flow=xon"
        self._thread = threading.Thread(target=self.hear, args=(self._link,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        # the ear wakes up when nobody is left at the near end
        os.close(self._slave)
        self._thread.join(timeout=5)
        self._link.tear()

    def after_piece(self, decoder: Decoder) -> None:
        if decoder.paper.cuts:
            self.done(decoder)
