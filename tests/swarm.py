"""Many counters at once: each a connection, a key and a chain of its own, without stores or windows.

They keep the rules of the real ones: one request in flight, 20 seconds without a byte is a stall, a
retry waits with full jitter, what was answered is not sent again.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec
from upper import Machine

from counter_app.domain.events import Event
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    PullAnswer,
    Push,
    compress,
    decompress,
    encode,
    run_of,
)
from counter_app.wire.signing import head_bytes, request_bytes

STALL = 20.0
FIRST_WAIT = 15.0
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Told:
    """What the whole swarm saw."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    asked_to_wait: int = 0
    events_down: int = 0
    bytes_up: int = 0
    bytes_down: int = 0

    def add(self, route: str, seconds: float) -> None:
        self.seconds.setdefault(route, []).append(seconds)

    def quantile(self, route: str, part: float) -> float:
        """Seconds within which that part of a route's requests was answered."""
        ordered = sorted(self.seconds.get(route, [0.0]))
        return ordered[min(len(ordered) - 1, int(len(ordered) * part))]

    @property
    def requests(self) -> int:
        return sum(map(len, self.seconds.values()))


class Broken(Exception):
    """A request without an answer that counts: the next try goes on from there."""

    wait = 0.0
    """Seconds that the server asked to wait."""


class Line:
    """One keep-alive connection of one counter."""

    def __init__(self, url: str, machine: Machine, told: Told) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._machine = machine
        self._told = told
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def hello(self) -> None:
        machine = self._machine
        _, _, body = await self._ask("POST", "/sync/v1/hello", {DEVICE_HEADER: machine.device})
        found = json.loads(body)
        machine.challenge, machine.epoch = found["challenge"], found["epoch"]

    async def signed(self, method: str, target: str, body: bytes = b"") -> bytes:
        machine = self._machine
        message = request_bytes(
            method, target, machine.challenge, body, machine.device, machine.incarnation
        )
        headers = {
            DEVICE_HEADER: machine.device,
            INCARNATION_HEADER: machine.incarnation,
            CHALLENGE_HEADER: machine.challenge,
            SIGNATURE_HEADER: machine.sign(message),
            DICTIONARY_HEADER: DICTIONARY_ID,
        }
        _, heads, packed = await self._ask(method, target, headers, body)
        machine.challenge = heads[CHALLENGE_HEADER.lower()]
        return decompress(packed, DICTIONARY_ID)

    async def _ask(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> Answer:
        route = target.partition("?")[0]
        begun = time.monotonic()
        try:
            status, heads, answer = await asyncio.wait_for(
                self._exchange(method, target, headers, body), STALL
            )
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as fault:
            self._told.faults[type(fault).__name__] += 1
            self.close()
            raise Broken from fault
        if status == 503 and "retry-after" in heads:
            # the connection stays: it will be needed again soon
            self._told.asked_to_wait += 1
            told = Broken()
            told.wait = float(heads["retry-after"])
            raise told
        self._told.add(route, time.monotonic() - begun)
        self._told.bytes_up += len(body)
        self._told.bytes_down += len(answer)
        if status != 200:
            self._told.faults[str(status)] += 1
            raise Broken
        return status, heads, answer

    async def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Answer:
        if self._stream is None:
            self._stream = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._stream
        lines = [
            f"{method} {target} HTTP/1.1",
            f"Host: {self._host}",
            f"Content-Length: {len(body)}",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        heads = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        answer = await reader.readexactly(int(heads["content-length"]))
        return int(head[0].split()[1]), heads, answer

    def close(self) -> None:
        if self._stream is not None:
            self._stream[1].close()
            self._stream = None


async def _cycle(line: Line, machine: Machine, batches: list[list[Event]], told: Told) -> None:
    await line.hello()
    while batches:
        events = batches[0]
        last = events[-1]
        signed = machine.sign(head_bytes(machine.device, machine.incarnation, last.dseq, last.hash))
        body = compress(encode(Push(machine.epoch, run_of(events), last.hash, signed)))
        await line.signed("POST", "/sync/v1/push", body)
        batches.pop(0)
    more, after = True, machine.__dict__.setdefault("cursor", 0)
    while more:
        target = f"/sync/v1/pull?epoch={machine.epoch}&after={after}&max_bytes=262144"
        found = msgspec.json.decode(await line.signed("GET", target), type=PullAnswer)
        told.events_down += sum(len(run.events) for run in found.runs)
        after, more = found.upto, found.more
        machine.__dict__["cursor"] = after


async def _counter(
    url: str, machine: Machine, batches: list[list[Event]], at: float, told: Told, dice: float
) -> None:
    await asyncio.sleep(at)
    line, wait = Line(url, machine, told), FIRST_WAIT
    while True:
        try:
            await _cycle(line, machine, batches, told)
            break
        except Broken as broken:
            if broken.wait:
                await asyncio.sleep(broken.wait)
                continue
            await asyncio.sleep(wait * dice)
            wait = min(wait * 2, 1800.0)
    line.close()


def come(
    url: str, machines: Sequence[Machine], work: Sequence[list[list[Event]]], within: float
) -> tuple[Told, float]:
    """All counters come within so many seconds with their batches; what they saw, and how long until the
    last was done.
    """
    told, dice = Told(), random.Random(1)

    async def all_of_them() -> None:
        await asyncio.gather(
            *(
                _counter(url, machine, batches, dice.uniform(0, within), told, dice.random())
                for machine, batches in zip(machines, work, strict=True)
            )
        )

    begun = time.monotonic()
    asyncio.run(all_of_them())
    return told, time.monotonic() - begun
