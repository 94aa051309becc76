"""From a request to its answer: the body under its caps, the work in the thread pool, faults in words,
a line in the journal, the figures.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from fastapi import Request, Response
from sqlalchemy.exc import DataError
from starlette.requests import ClientDisconnect

from counter_app.wire.messages import LARGEST_BODY, UNREADABLE, Damaged, Refusal, TooLarge, encode
from district_server.faults import Refused, ServerFault
from district_server.ingest import PushConflict
from district_server.journal import Journal, device_of, of_fault
from district_server.limits import Limits, busy, too_often
from district_server.metrics import Metrics

LARGEST_PACKED = LARGEST_BODY // 4
"""Bytes of a body as sent. A counter's largest batch is 256 kB; no honest one comes near."""

_MOST_HEADERS = 100

Kind = TypeVar("Kind")
Handler = Callable[[Request, bytes], Response]


class Answering:
    """Wraps what a route does in what every route does."""

    def __init__(self, limits: Limits, journal: Journal, metrics: Metrics) -> None:
        self._limits = limits
        self._journal = journal
        self._metrics = metrics
        self._in_hand = 0

    def __call__(
        self,
        route: str,
        handle: Handler,
        largest: int = LARGEST_PACKED,
        say: Callable[[Refused], Response] | None = None,
        crew: CapacityLimiter | None = None,
    ) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint of a route; `say` puts a refusal into words. Without a `crew` it is worked on
        whoever else is.
        """
        in_words = say or refusal

        async def endpoint(request: Request) -> Response:
            begun = time.monotonic()
            body = b""
            self._in_hand += 1
            try:
                self._greet(request)
                body = await self._body(request, largest)
                answer = await to_thread.run_sync(handle, request, body, limiter=crew)
            except Exception as fault:
                answer = self._in_words(route, fault, in_words)
            finally:
                self._in_hand -= 1
            if answer.status_code == 401:
                self._remember(request)
            self._note(route, request, answer, len(body), time.monotonic() - begun)
            return answer

        return endpoint

    def _greet(self, request: Request) -> None:
        """An address that keeps coming with nothing we know is not listened to for a while; nobody
        waits behind more than can be answered in time.
        """
        if len(request.headers.raw) > _MOST_HEADERS:
            raise Refused("headers", "Yêu cầu có quá nhiều dòng đầu.", 431)
        if self._in_hand > self._limits.in_hand:
            raise busy()
        wait = self._limits.stranger.wait(address_of(request))
        if wait:
            raise too_often(wait)

    def _remember(self, request: Request) -> None:
        if not self._limits.stranger.wait(address_of(request)):
            self._limits.stranger.take(address_of(request))

    async def _body(self, request: Request, largest: int) -> bytes:
        """Never more than the cap, and never waited for longer than a stall."""
        told = request.headers.get("content-length", "")
        if told.isascii() and told.isdigit() and int(told[:12]) > largest:
            raise TooLarge
        parts: list[bytes] = []
        size = 0
        stall, now = self._limits.stall, asyncio.get_running_loop().time
        async with asyncio.timeout(stall) as patience:
            async for part in request.stream():
                patience.reschedule(now() + stall)
                size += len(part)
                if size > largest:
                    raise TooLarge
                parts.append(part)
        return b"".join(parts)

    def _in_words(
        self, route: str, fault: Exception, say: Callable[[Refused], Response]
    ) -> Response:
        if isinstance(fault, PushConflict):
            return plain(encode(fault.conflict), 409)
        if isinstance(fault, Refused):
            return say(fault)
        if isinstance(fault, TimeoutError):
            return say(Refused("stalled", "Chờ gói quá lâu.", 408))
        if isinstance(fault, ClientDisconnect):
            # the line was cut in the middle; nobody hears this answer
            return say(Refused("cut", "Đường truyền đứt.", 400))
        if isinstance(fault, TooLarge):
            return say(Refused("too_large", "Gói quá lớn.", 413))
        if isinstance(fault, Damaged):
            status = 415 if str(fault) == "dictionary" else 400
            return say(Refused("damaged", "Gói bị hỏng trên đường truyền.", status))
        if isinstance(fault, ServerFault):
            self._journal.write("trouble", "error", route=route, code=fault.code)
            return say(Refused(fault.code, fault.message, 503, wait=15))
        if isinstance(fault, DataError):
            # a text that no column can hold, such as one with a NUL in it
            self._journal.write("unusable", "warning", route=route, **of_fault(fault))
            return say(Refused("unusable", "Nội dung gửi lên có chữ không dùng được.", 400))
        self._journal.fault(fault, route=route)
        return say(Refused("program_fault", "Máy chủ gặp sự cố. Gửi lại sau.", 500, wait=60))

    def _note(
        self, route: str, request: Request, answer: Response, size: int, seconds: float
    ) -> None:
        status = answer.status_code
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        self._metrics.bytes.labels(route, "in").inc(size)
        self._metrics.bytes.labels(route, "out").inc(len(answer.body))
        self._journal.write(
            "request",
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            bytes_in=size,
            bytes_out=len(answer.body),
            device=device_of(request.headers.get("x-device")),
        )


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def plain(raw: bytes, status: int = 200) -> Response:
    """JSON as it is."""
    return Response(raw, status, media_type="application/json")


def refusal(refused: Refused) -> Response:
    """A no with its sentence, and when to come again."""
    answer = plain(encode(Refusal(refused.code, refused.message)), refused.status)
    if refused.wait:
        answer.headers["Retry-After"] = str(refused.wait)
    return answer


def decoded(raw: bytes, kind: type[Kind]) -> Kind:
    """A message, or `Damaged`."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except UNREADABLE as fault:
        raise Damaged("message") from fault
