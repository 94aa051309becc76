"""The line over HTTP: one keep-alive connection, every byte counted, stalls found out.

httpx speaks; the bytes are counted below it, where they meet the socket, headers included.
"""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpcore
import httpx

from counter_app.ports.sync import LineFault

CONNECT = 15.0
STALL = 20.0


class HttpLink:
    """A connection to one server, trusting only its own CA where it speaks TLS."""

    def __init__(self, url: str, ca_pem: str, *, verify: bool = True) -> None:
        self._counter = _Counting()
        context = ssl.create_default_context(cadata=ca_pem or None)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        self._client = httpx.Client(
            base_url=url,
            transport=_Transport(self._counter, context),
            timeout=httpx.Timeout(STALL, connect=CONNECT),
            trust_env=False,
            headers={"User-Agent": "mot-cua", "Accept": "*/*", "Accept-Encoding": "identity"},
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
        try:
            answer = self._client.request(method, target, headers=dict(headers), content=body)
        except (
            httpx.HTTPError,
            httpcore.NetworkError,
            httpcore.TimeoutException,
            OSError,
        ) as fault:
            raise LineFault(type(fault).__name__) from fault
        kind = answer.headers.get("content-type", "")
        if answer.is_redirect or (kind.startswith("text/") and answer.status_code < 500):
            raise LineFault("portal")
        return answer.status_code, answer.headers, answer.content

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


class _Counting(httpcore.SyncBackend):
    """Counts what passes the socket."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_out = 0
        self.bytes_in = 0

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        """A connection whose bytes are counted."""
        return _CountingStream(super().connect_tcp(*args, **kwargs), self)


class _CountingStream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, total: _Counting) -> None:
        self._inner = inner
        self._total = total

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Count what came."""
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


class _Transport(httpx.BaseTransport):
    """httpx over a pool of ours, the documented way to give httpcore its own network."""

    def __init__(self, counter: _Counting, context: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=counter, max_connections=1, keepalive_expiry=60
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Hand the request down and the answer up."""
        body = request.stream
        assert isinstance(body, Iterable)
        core = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=body,
            extensions=request.extensions,
        )
        try:
            answer = self._pool.handle_request(core)
            try:
                content = answer.read()
            finally:
                answer.close()
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as fault:
            raise LineFault(type(fault).__name__) from fault
        return httpx.Response(
            status_code=answer.status,
            headers=answer.headers,
            content=content,
            extensions={"http_version": b"HTTP/1.1"},
        )

    def close(self) -> None:
        """Close the pool."""
        self._pool.close()
