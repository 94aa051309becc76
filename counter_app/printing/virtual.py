"""A printer without paper, for trials and tests: a real socket, a real conversation, faults on call.

It decodes what it is sent the way a thermal printer does and keeps each slip as a picture, so that
what would have come out can be looked at.
"""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from PIL import Image


class Fault(StrEnum):
    """What goes wrong."""

    NONE = "none"
    NEVER_READS = "never_reads"
    RESET = "reset"
    """Resets the connection after `after` bytes."""
    PAPER_OUT = "paper_out"
    """Stops for good after `after` bytes, as a printer without paper does."""
    NO_PAPER = "no_paper"
    """Says before the job that there is no paper."""
    COVER_OPEN = "cover_open"
    MUTE = "mute"
    """Takes everything, answers nothing."""
    NO_FENCE = "no_fence"
    """Answers the status, but not what comes after the job."""
    CLOSES = "closes"
    """Closes the connection after the job without a word."""


@dataclass(slots=True)
class Decoded:
    """What a stream of bytes prints."""

    rows: list[bytes] = field(default_factory=list)
    width: int = 0
    commands: list[bytes] = field(default_factory=list)
    cuts: int = 0

    def image(self) -> Image.Image:
        """The paper as a one-bit picture."""
        stride = self.width // 8
        padded = b"".join(row.ljust(stride, b"\x00") for row in self.rows)
        inverted = bytes(byte ^ 0xFF for byte in padded)
        return Image.frombytes("1", (self.width, len(self.rows)), inverted)


def decode(stream: bytes) -> Decoded:
    """Run a whole job."""
    return Decoder().feed(stream).paper


class Decoder:
    """Takes bytes as they come and prints them."""

    def __init__(self, answer: Callable[[bytes], None] = lambda _: None) -> None:
        self.paper = Decoded()
        self._waiting = b""
        self._answer = answer

    def feed(self, data: bytes) -> Self:
        """Work through everything that is complete."""
        self._waiting += data
        while self._waiting and (used := self._step(self._waiting)):
            self._waiting = self._waiting[used:]
        return self

    def _step(self, data: bytes) -> int:
        """Do the first command; how many bytes it took, 0 where some are missing."""
        if data[:1] == b"\x1d" and data[1:2] == b"v":
            if len(data) < 8:
                return 0
            stride = int.from_bytes(data[4:6], "little")
            height = int.from_bytes(data[6:8], "little")
            size = 8 + stride * height
            if len(data) < size:
                return 0
            self.paper.commands.append(data[:4])
            self.paper.width = max(self.paper.width, stride * 8)
            self.paper.rows += [data[at : at + stride] for at in range(8, size, stride)]
            return size
        for begin, size in _SIZES.items():
            if data.startswith(begin):
                if len(data) < size:
                    return 0
                self._do(data[:size])
                return size
        if len(data) == 1 and data in (b"\x1d", b"\x1b", b"\x10"):
            return 0
        self.paper.commands.append(data[:1])
        return 1

    def _do(self, command: bytes) -> None:
        self.paper.commands.append(command)
        if command[:2] == b"\x1bJ":
            self.paper.rows += [b""] * command[2]
        elif command[:2] == b"\x1dV":
            self.paper.cuts += 1
        elif command[:2] in (b"\x1dr", b"\x10\x04"):
            self._answer(command)


_SIZES = {
    b"\x1b@": 2,
    b"\x1bJ": 3,
    b"\x1dVB": 4,
    b"\x1dV": 3,
    b"\x1dr": 3,
    b"\x10\x04": 3,
}


class VirtualPrinter:
    """Listens on loopback; one thread a connection, like the cheap printers it stands for."""

    def __init__(self, fault: Fault = Fault.NONE, after: int = 0) -> None:
        self.fault = fault
        self.after = after
        self.jobs: list[Decoded] = []
        self.cuts = 0
        """Jobs read to their end, whether or not it was said."""
        self.finished = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        if fault is Fault.NEVER_READS:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        # who came last is in the list only when the listening has ended
        self._thread.join(timeout=5)
        for link in self._open:
            link.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(link)
            threading.Thread(target=self._print, args=(link,), daemon=True).start()

    def _print(self, link: socket.socket) -> None:
        if self.fault is Fault.NEVER_READS:
            return
        decoder = Decoder(lambda question: self._reply(link, question))
        taken = 0
        try:
            while data := link.recv(4096):
                taken += len(data)
                decoder.feed(data)
                self.cuts = max(self.cuts, len(self.jobs) + decoder.paper.cuts)
                if self.fault is Fault.RESET and taken > self.after:
                    # an immediate reset instead of an orderly close
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    link.close()
                    return
                if self.fault is Fault.PAPER_OUT and taken > self.after:
                    return
                if self.fault is Fault.CLOSES and decoder.paper.cuts:
                    link.close()
                    break
        except OSError:
            return
        if decoder.paper.rows:
            with self.finished:
                self.jobs.append(decoder.paper)
                self.finished.notify_all()

    def _reply(self, link: socket.socket, question: bytes) -> None:
        if self.fault is Fault.MUTE:
            return
        if question[:2] == b"\x1dr":
            if self.fault not in (Fault.NO_FENCE, Fault.CLOSES):
                link.send(b"\x00")
            return
        answer = 0x12
        if question[2:] == b"\x04" and self.fault is Fault.NO_PAPER:
            answer |= 0x60
        if question[2:] == b"\x02" and self.fault is Fault.COVER_OPEN:
            answer |= 0x04
        link.send(bytes((answer,)))

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Decoded]:
        """The jobs so far, when that many are done."""
        with self.finished:
            self.finished.wait_for(lambda: len(self.jobs) >= count, timeout)
            return list(self.jobs)
