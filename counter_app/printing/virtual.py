"""A printer without paper, for trials and tests: a real socket, a real conversation, faults on call.

It shares no code with what talks to it, so that it can judge.
Like the printers it stands for it has an ear and a hand: the ear takes bytes into a buffer and answers
questions of state at once, the hand works through the buffer. What goes wrong, goes wrong at the hand.
It decodes what it prints, so that what would have come out can be looked at.
"""

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, Self

from PIL import Image


class Fault(StrEnum):
    """What goes wrong; the ones in the middle begin when `after` bytes are printed."""

    NONE = "none"
    NO_PAPER = "no_paper"
    """Out of paper before the job."""
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    PAPER_OUT = "paper_out"
    """Out of paper in the middle."""
    COVER_OPENED = "cover_opened"
    """The cover is opened in the middle."""
    WENT_OFFLINE = "went_offline"
    STALLS = "stalls"
    """Stops in the middle, deaf and dumb."""
    NEVER_READS = "never_reads"
    """Takes the connection and nothing else."""
    RESET = "reset"
    """Breaks the connection after `after` bytes were taken."""
    CLOSES = "closes"
    """Breaks the connection after the job without a word."""
    MUTE = "mute"
    """Prints everything, answers nothing."""
    NO_FENCE = "no_fence"
    """Answers how it is, but not what comes after the job."""
    CALLS_BUSY_OFFLINE = "calls_busy_offline"
    """Prints, and says that it is offline while it does, as some do with a full buffer."""
    PAPER_LOW = "paper_low"
    """Prints, and says that the roll is nearly used up."""


_STOPS = (Fault.PAPER_OUT, Fault.COVER_OPENED, Fault.WENT_OFFLINE, Fault.STALLS)
_WITHOUT_PAPER = (Fault.NO_PAPER, Fault.PAPER_OUT)
_UNCOVERED = (Fault.COVER_OPEN, Fault.COVER_OPENED)
_RESERVE = 96 * 1024
"""Room for what is on its way when the other side is told to wait, in bytes: on a pseudo terminal that
may be 64 KB."""
_REAL_TIME = re.compile(b"\x10\x04(.)", re.DOTALL)


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


class Link(Protocol):
    """What a cable is to the printer."""

    def recv(self, size: int) -> bytes:
        """What came; empty at the end."""

    def send(self, data: bytes) -> object:
        """An answer."""

    def wait(self, buffer: "Buffer") -> None:
        """The buffer is full: make the other side wait."""

    def go_on(self, buffer: "Buffer") -> None:
        """Something was taken out of the buffer."""

    def tear(self) -> None:
        """Break it off."""


class _Socket:
    """A connection."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self.recv = link.recv
        self.send = link.send

    def wait(self, buffer: "Buffer") -> None:
        buffer.wait_for_room()

    def go_on(self, buffer: "Buffer") -> None:
        pass

    def tear(self) -> None:
        # an immediate reset instead of an orderly close
        self._link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._link.close()


class Buffer:
    """Between ear and hand, of a bounded size."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = bytearray()
        self._ended = False
        self._changed = threading.Condition()

    @property
    def full(self) -> bool:
        """Whether the other side should wait."""
        return len(self._held) >= self._size

    def put(self, data: bytes) -> None:
        """What comes when it is full finds some room; what comes after that is lost."""
        with self._changed:
            self._held += data[: max(0, self._size + _RESERVE - len(self._held))]
            self._changed.notify_all()

    def wait_for_room(self) -> None:
        """Until something was taken."""
        with self._changed:
            self._changed.wait_for(lambda: not self.full or self._ended)

    def take(self, size: int) -> bytes:
        """The next bytes, empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._ended)
            taken = bytes(self._held[:size])
            del self._held[:size]
            self._changed.notify_all()
            return taken

    def end(self) -> None:
        """Nothing more comes."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Machine:
    """Ear and hand; what both kinds of virtual printer are made of."""

    def __init__(self, fault: Fault, after: int, buffer: int, speed: int) -> None:
        self.fault = fault
        self.after = after
        self.buffer = buffer
        self.speed = speed
        self.jobs: list[Decoded] = []
        self.cuts = 0
        """Jobs read to their end, whether or not it was said."""
        self.finished = threading.Condition()
        self._stuck = False
        self._at_work = False
        self._gone = threading.Event()

    def hear(self, link: Link) -> None:
        """The ear: until the other side closes."""
        if self.fault is Fault.NEVER_READS:
            return
        buffer = Buffer(self.buffer)
        hand = threading.Thread(target=self._work, args=(link, buffer), daemon=True)
        hand.start()
        heard, rest = 0, b""
        with suppress(OSError):
            while data := link.recv(4096):
                heard += len(data)
                if self.fault is Fault.RESET and heard > self.after:
                    link.tear()
                    break
                if self._stuck and self.fault is Fault.STALLS:
                    return
                rest = self._answer_at_once(link, rest + data, buffer)
                if buffer.full:
                    link.wait(buffer)
        buffer.end()

    def _answer_at_once(self, link: Link, data: bytes, buffer: Buffer) -> bytes:
        """Questions of state are answered before anything printed; what may be half of one waits."""
        tail = next((n for n in (2, 1) if data.endswith(b"\x10\x04"[:n])), 0)
        whole, rest = data[: len(data) - tail], data[len(data) - tail :]
        if not self.after and self.fault in _WITHOUT_PAPER and _REAL_TIME.sub(b"", whole):
            # the paper ends at the first piece, however late the hand comes to it
            self._stuck = True
        for question in _REAL_TIME.findall(whole):
            if self.fault is not Fault.MUTE:
                link.send(bytes((self._state(question),)))
        buffer.put(_REAL_TIME.sub(b"", whole))
        return rest

    def _state(self, question: bytes) -> int:
        """The answer to `DLE EOT n`, bit by bit as the makers' sheets have it."""
        stopped = self._stuck or self.fault not in _STOPS
        paper = stopped and self.fault in _WITHOUT_PAPER
        cover = stopped and self.fault in _UNCOVERED
        offline = stopped and self.fault in (Fault.OFFLINE, Fault.WENT_OFFLINE)
        offline = offline or (self.fault is Fault.CALLS_BUSY_OFFLINE and self._at_work)
        match question:
            case b"\x01":
                return 0x12 | 0x08 * (paper or cover or offline)
            case b"\x02":
                return 0x12 | 0x04 * cover | 0x20 * paper
            case b"\x04":
                return 0x12 | 0x60 * paper | 0x0C * (self.fault is Fault.PAPER_LOW)
            case _:
                return 0x12

    def _work(self, link: Link, buffer: Buffer) -> None:
        """The hand: prints, cuts, answers what comes in order."""
        decoder = Decoder(lambda question: self._reply(link, question))
        printed = 0
        while data := buffer.take(1024 if self.speed else 4096):
            self._at_work = True
            link.go_on(buffer)
            if self.speed:
                self._gone.wait(len(data) / self.speed)
            printed += len(data)
            if self.fault in _STOPS and printed > self.after:
                self._stuck = True
                self._gone.wait()
                return
            try:
                decoder.feed(data)
            except OSError:
                return
            self.cuts = max(self.cuts, len(self.jobs) + decoder.paper.cuts)
            if decoder.paper.cuts and self.fault is Fault.CLOSES:
                link.tear()
                break
            self.after_piece(decoder)
        self.done(decoder)

    def after_piece(self, decoder: "Decoder") -> None:
        """A connection is one job."""

    def done(self, decoder: "Decoder") -> None:
        """A job has ended; a question alone is none."""
        if decoder.paper.rows:
            with self.finished:
                self.jobs.append(decoder.paper)
                decoder.paper = Decoded()
                self.finished.notify_all()

    def _reply(self, link: Link, question: bytes) -> None:
        """The fence: bits 0 and 1 near the end of the roll, 2 and 3 at it."""
        if self.fault not in (Fault.MUTE, Fault.NO_FENCE, Fault.CLOSES) and question[1:2] == b"r":
            link.send(b"\x03" if self.fault is Fault.PAPER_LOW else b"\x00")

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Decoded]:
        """The jobs so far, when that many are done."""
        with self.finished:
            self.finished.wait_for(lambda: len(self.jobs) >= count, timeout)
            return list(self.jobs)


class VirtualPrinter(Machine):
    """Listens on loopback; takes several connections, as many printers do."""

    def __init__(
        self, fault: Fault = Fault.NONE, after: int = 0, buffer: int = 64 * 1024, speed: int = 0
    ) -> None:
        """`buffer` in bytes, `speed` in bytes a second, 0 for no limit."""
        super().__init__(fault, after, buffer, speed)
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
        self._gone.set()
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
            threading.Thread(target=self.hear, args=(_Socket(link),), daemon=True).start()
