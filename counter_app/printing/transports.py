"""Ways to a printer, each with an honest outcome.

A socket's buffer swallows a whole slip: that everything was sent says nothing. So the status is
asked before the job, and after the cut a question that the printer answers only when it has worked
through everything before it (`GS r 1`, the fence).
"""

import socket
import time
from dataclasses import dataclass
from pathlib import Path

from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Profile
from counter_app.errors import Refused
from counter_app.printing.escpos import FENCE, STATUS_OFFLINE, STATUS_PAPER

_SEND_BUFFER = 8 * 1024
_PIECE = 4 * 1024


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Shorter fences gave half slips and needless reprints elsewhere."""

    connect: float = 2.0
    status: float = 1.0
    stall: float = 5.0
    fence: float = 15.0


class NetworkPrinter:
    """A printer on the local network, raw port."""

    def __init__(
        self,
        host: str,
        port: int,
        profile: Profile | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._address = (host, port)
        self.name = f"tcp://{host}:{port}"
        self.profile = profile or Profile()
        self._timeouts = timeouts or Timeouts()

    def send(self, job: bytes) -> Sent:
        """Status, job, fence."""
        try:
            link = self._connect()
        except ConnectionRefusedError:
            return sent(Reason.PORT_CLOSED)
        except OSError:
            return sent(Reason.UNREACHABLE)
        with link:
            return self._converse(link, job)

    def state(self) -> Reason | None:
        """What stands against printing now, None where nothing is known to; prints nothing."""
        try:
            with self._connect() as link:
                return self._status(link)[1]
        except ConnectionRefusedError:
            return Reason.PORT_CLOSED
        except OSError:
            return Reason.UNREACHABLE

    def _connect(self) -> socket.socket:
        link = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # before connecting, or the system has chosen a larger one already
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            link.settimeout(self._timeouts.connect)
            link.connect(self._address)
        except OSError:
            link.close()
            raise
        return link

    def _converse(self, link: socket.socket, job: bytes) -> Sent:
        try:
            answered, reason = self._status(link)
        except OSError:
            return sent(Reason.CLOSED_AT_ONCE)
        if reason:
            return sent(reason)
        left = 0
        try:
            link.settimeout(self._timeouts.stall)
            view = memoryview(job)
            while left < len(job):
                left += link.send(view[left : left + _PIECE])
            link.sendall(FENCE)
        except TimeoutError:
            return sent(Reason.NEVER_READS if left else Reason.TAKES_NOTHING)
        except OSError:
            return sent(Reason.RESET_IN_JOB if left else Reason.CLOSED_AT_ONCE)
        return self._fence(link, answered)

    def _status(self, link: socket.socket) -> tuple[bool, Reason | None]:
        """Whether it answers questions at all, and what stands against printing."""
        offline = self._ask(link, STATUS_OFFLINE)
        if offline is None:
            return False, None
        if offline & 0x04:
            return True, Reason.COVER_OPEN
        if offline & 0x20:
            return True, Reason.PAPER_OUT
        if offline & 0x40:
            return True, Reason.ERROR
        paper = self._ask(link, STATUS_PAPER)
        if paper is not None and paper & 0x60:
            return True, Reason.PAPER_OUT
        return True, None

    def _ask(self, link: socket.socket, question: bytes) -> int | None:
        link.settimeout(self._timeouts.status)
        link.sendall(question)
        try:
            answer = link.recv(1)
        except TimeoutError:
            return None
        if not answer:
            raise ConnectionResetError
        return answer[0]

    def _fence(self, link: socket.socket, answered: bool) -> Sent:
        """Wait for the answer that comes only after everything before it."""
        deadline = time.monotonic() + self._timeouts.fence
        while (left := deadline - time.monotonic()) > 0:
            link.settimeout(left)
            try:
                answer = link.recv(1)
            except TimeoutError:
                break
            except OSError:
                return sent(Reason.RESET_BEFORE_FENCE)
            if not answer:
                return sent(Reason.RESET_BEFORE_FENCE)
            if answer[0] & 0x90 == 0:
                if answer[0] & 0x0C:
                    return sent(Reason.PAPER_OUT_IN_JOB)
                return sent(Reason.OK)
            answered = True
        if answered:
            return sent(Reason.NO_FENCE)
        return sent(Reason.MUTE)


class FilePrinter:
    """A file instead of a printer: previews, and offices without one."""

    name = "file"

    def __init__(self, path: Path, profile: Profile | None = None) -> None:
        self._path = path
        self.profile = profile or Profile()

    def send(self, job: bytes) -> Sent:
        """Write the bytes."""
        try:
            self._path.write_bytes(job)
        except OSError:
            return sent(Reason.NOT_WRITTEN)
        return sent(Reason.WRITTEN)

    def state(self) -> Reason | None:
        """A file is always ready."""
        return None


def printer_at(address: str, width: int | None = None) -> NetworkPrinter:
    """The printer of `tcp://HOST:PORT`, with a plain profile."""
    scheme, separator, rest = address.partition("://")
    host, colon, port = rest.rpartition(":")
    if scheme != "tcp" or not separator or not colon or not host or not port.isdigit():
        raise Refused("printer_address", "Địa chỉ máy in viết như tcp://192.168.1.50:9100.")
    if not 0 < int(port) < 65536:
        raise Refused("printer_address", "Cổng máy in là số từ 1 đến 65535, thường là 9100.")
    return NetworkPrinter(host, int(port), Profile(width=width or 576))
