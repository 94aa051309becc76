"""The line over HTTP: one keep-alive connection, every byte counted, stalls found out.

httpcore speaks; the bytes are counted below it, where they meet the socket, headers included.
"""

import ssl
import time
from collections.abc import Mapping
from typing import Any

import httpcore

from counter_app.ports.sync import LineFault
from counter_app.wire.messages import LARGEST_BODY

CONNECT = 15.0
STALL = 20.0
LONGEST_ANSWER = 600.0
"""Seconds that one answer may take, however steadily it drips."""
_PATIENCE = {"connect": CONNECT, "read": STALL, "write": STALL, "pool": STALL}
_HEADERS = {"accept-encoding": "identity"}
_FAULTS = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
)


class HttpLink:
    """A connection to one server, trusting only its own CA where it speaks TLS."""

    def __init__(self, url: str, ca_pem: str, *, verify: bool = True) -> None:
        self._counter = _Counting()
        self._url = url.rstrip("/")
        context = ssl.create_default_context(cadata=ca_pem or None)
        # from 3.13 on Python asks a CA for fields that ours have not got; people compared its fingerprint,
        # which says more
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            network_backend=self._counter,
            max_connections=1,
            keepalive_expiry=60,
        )

    @property
    def bytes_out(self) -> int:
        """Bytes written to the line, headers included."""
        return self._counter.bytes_out

    @property
    def bytes_in(self) -> int:
        """Bytes read from the line, headers included."""
        return self._counter.bytes_in

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request. A redirect or a page of a captive portal is the line's fault, not an answer."""
        self._counter.expect()
        try:
            answer = self._pool.request(
                method,
                self._url + target,
                headers=list((_HEADERS | dict(headers)).items()),
                content=body,
                extensions={"timeout": _PATIENCE},
            )
        except _FAULTS as fault:
            raise LineFault(_reason(fault)) from fault
        told = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in answer.headers
        }
        kind = told.get("content-type", "")
        redirected = 300 <= answer.status < 400
        if redirected or (kind.startswith("text/") and answer.status < 500):
            raise LineFault("portal")
        return answer.status, told, answer.content

    def close(self) -> None:
        """Let go of the connection."""
        self._pool.close()


def _reason(fault: Exception) -> str:
    """A certificate that is not the server's says more than that nobody answered."""
    seen: BaseException | None = fault
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return "certificate"
        seen = seen.__cause__ or seen.__context__
    return type(fault).__name__


class _Counting(httpcore.SyncBackend):
    """Counts what passes the socket."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_out = 0
        self.bytes_in = 0
        self.expect()

    def expect(self) -> None:
        """The next answer begins: it ends in time, and is no larger than a message."""
        self._ends = time.monotonic() + LONGEST_ANSWER
        self._most = self.bytes_in + LARGEST_BODY

    def refuse_endless(self) -> None:
        """Before more of an answer is read."""
        if self.bytes_in > self._most:
            raise LineFault("answer")
        if time.monotonic() > self._ends:
            raise LineFault("ReadTimeout")

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        """A connection whose bytes are counted."""
        return _CountingStream(super().connect_tcp(*args, **kwargs), self)


class _CountingStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, total: _Counting) -> None:
        self._inner = inner
        self._total = total

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Count what came."""
        self._total.refuse_endless()
        data = self._inner.read(max_bytes, timeout)
        self._total.bytes_in += len(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Count what went."""
        self._inner.write(buffer, timeout)
        self._total.bytes_out += len(buffer)

    def close(self) -> None:
        """Close."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Inside TLS what is counted is the plain HTTP."""
        return _CountingStream(
            self._inner.start_tls(ssl_context, server_hostname, timeout), self._total
        )

    def get_extra_info(self, info: str) -> Any:
        """Whatever the inner stream knows."""
        return self._inner.get_extra_info(info)
