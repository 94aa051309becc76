"""The one conversation with a printer that can answer, over whatever channel reaches it.

A channel's buffer swallows a whole slip: that everything was sent says nothing. So the status is
asked before the job, and after the cut a question that the printer answers only when it has worked
through everything before it (`GS r 1`, the fence). Where it falls silent it is asked why.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Learnt, Profile
from counter_app.printing.escpos import (
    FENCE,
    STATUS_CAUSE,
    STATUS_ONLINE,
    STATUS_PAPER,
)

_PIECE = 4 * 1024
_MEASURED = 8 * 1024
_IN_JOB: Mapping[Reason, Reason] = {
    Reason.PAPER_OUT: Reason.PAPER_OUT_IN_JOB,
    Reason.COVER_OPEN: Reason.COVER_OPEN_IN_JOB,
    Reason.OFFLINE: Reason.OFFLINE_IN_JOB,
    Reason.ERROR: Reason.ERROR_IN_JOB,
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. Shorter fences gave half slips and needless reprints elsewhere."""

    connect: float = 2.0
    status: float = 1.0
    stall: float = 5.0
    fence: float = 15.0
    slow: float = 20.0
    """A job confirmed later than this is a slow one."""


class NotOpened(Exception):
    """There is no way to the printer; nothing has left the PC."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """An open way to a printer. `OSError` where it broke."""

    @property
    def answers(self) -> bool:
        """Whether anything can come back at all."""

    def write(self, data: memoryview, timeout: float) -> int:
        """How many bytes were taken, at least one; `TimeoutError` where none were in that time."""

    def read(self, timeout: float) -> int:
        """One byte; `TimeoutError` where none came."""

    def aside(self, timeout: float) -> "Channel":
        """A way to ask past a job that is stuck: the rest of it is given up."""

    def close(self) -> None:
        """Let go."""


class TalkingPrinter:
    """A printer that is asked: before the job, and after it."""

    def __init__(
        self,
        name: str,
        opened: Callable[[Timeouts], Channel],
        profile: Profile | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.name = name
        self.profile = profile or Profile()
        self._opened = opened
        self._timeouts = timeouts or Timeouts()

    def send(self, job: bytes) -> Sent:
        """Status, job, fence."""
        try:
            channel = self._opened(self._timeouts)
        except NotOpened as fault:
            return sent(fault.reason)
        talk = _Talk(channel, self.profile, self._timeouts)
        try:
            return sent(talk.print(job))
        finally:
            _close(talk.channel)

    def state(self) -> Reason | None:
        """What stands against printing now, None where nothing is known to; prints nothing."""
        try:
            channel = self._opened(self._timeouts)
        except NotOpened as fault:
            return fault.reason
        try:
            return _Talk(channel, self.profile, self._timeouts).status()
        except OSError:
            return Reason.UNREACHABLE
        finally:
            _close(channel)

    def learn(self) -> Learnt:
        """Ask what it answers and how fast it takes bytes; feeds no paper."""
        try:
            channel = self._opened(self._timeouts)
        except NotOpened as fault:
            return Learnt(self.profile, fault.reason)
        asking = replace(self.profile, status=True, fence=True)
        try:
            return _Talk(channel, asking, self._timeouts).learn()
        except TimeoutError:
            return Learnt(self.profile, Reason.TAKES_NOTHING)
        except OSError:
            return Learnt(self.profile, Reason.CLOSED_AT_ONCE)
        finally:
            _close(channel)


def _close(channel: Channel) -> None:
    """What is known of the job stays known, whatever becomes of the way."""
    with suppress(OSError):
        channel.close()


class _Talk:
    """One conversation from opening to closing."""

    def __init__(self, channel: Channel, profile: Profile, timeouts: Timeouts) -> None:
        self.channel = channel
        self._profile = profile
        self._timeouts = timeouts
        self._answered = False
        self._fence_asked = False
        self._fence: int | None = None

    def print(self, job: bytes) -> Reason:
        """The whole job; what is known at its end."""
        began = time.monotonic()
        try:
            if against := self.status():
                return against
        except OSError:
            return Reason.CLOSED_AT_ONCE
        left = 0
        try:
            while left < len(job):
                piece = memoryview(job)[left : left + _PIECE]
                left += self.channel.write(piece, self._timeouts.stall)
            if not self._profile.fence or not self.channel.answers:
                return self._without_fence()
            self._write(FENCE, self._timeouts.stall)
        except TimeoutError:
            if not left:
                return Reason.TAKES_NOTHING
            if not self._answered:
                return Reason.NEVER_READS
            return self._why() or Reason.STALLED_IN_JOB
        except OSError:
            if left == len(job):
                return Reason.RESET_BEFORE_FENCE
            return Reason.RESET_IN_JOB if left else Reason.CLOSED_AT_ONCE
        try:
            return self._wait_for_fence(began)
        except OSError:
            return Reason.RESET_BEFORE_FENCE

    def status(self) -> Reason | None:
        """What stands against printing, None where nothing is known to."""
        if not self._profile.status or not self.channel.answers:
            return None
        online = self._ask(STATUS_ONLINE)
        if online is None:
            return None
        cause = self._ask(STATUS_CAUSE) or 0
        if cause & 0x04:
            return Reason.COVER_OPEN
        paper = self._ask(STATUS_PAPER) or 0
        if cause & 0x20 or paper & 0x60:
            return Reason.PAPER_OUT
        if cause & 0x40:
            return Reason.ERROR
        return Reason.OFFLINE if online & 0x08 else None

    def learn(self) -> Learnt:
        """Status, fence and speed of this printer."""
        if against := self.status():
            return Learnt(self._profile, against)
        status = self._answered
        began = time.monotonic()
        # an idle printer throws zeros away: they tell its speed and cost no paper
        self._write(bytes(_MEASURED), self._timeouts.stall)
        written = time.monotonic()
        fence = False
        if self.channel.answers:
            self._write(FENCE, self._timeouts.stall)
            self._fence_asked = True
            deadline = began + self._timeouts.fence
            while self._fence is None and time.monotonic() < deadline:
                if self._next(self._timeouts.status) is None:
                    # nothing more comes of one that says nothing at all
                    if not self._answered or time.monotonic() - written > self._timeouts.stall:
                        break
            fence = self._fence is not None
        took = max((time.monotonic() if fence else written) - began, 1e-3)
        speed = int(_MEASURED / took) if fence else 0
        return Learnt(replace(self._profile, status=status, fence=fence, speed=speed), None)

    def _without_fence(self) -> Reason:
        """Nothing tells the end; a printer that answers questions may still tell a bad one.

        Who answers and then cannot say that it printed leaves it open: only the mute are taken as sent.
        """
        try:
            against = self.status()
        except OSError:
            return Reason.RESET_BEFORE_FENCE
        if against:
            return _IN_JOB[against]
        return Reason.NO_FENCE if self._answered else Reason.MUTE

    def _wait_for_fence(self, began: float) -> Reason:
        """Wait for the answer that comes only after everything before it; meanwhile ask."""
        self._fence_asked = True
        deadline = time.monotonic() + self._timeouts.fence
        against: Reason | None = None
        while self._fence is None and (left := deadline - time.monotonic()) > 0:
            if self._next(min(left, self._timeouts.status)) is None and self._answered:
                against = self.status()
                # a printer with a full buffer may call itself offline: wait on
                if against and against is not Reason.OFFLINE and self._fence is None:
                    return _IN_JOB[against]
        if self._fence is None:
            if not self._answered and self._profile.status:
                return Reason.MUTE
            # one known to answer nothing but this has been learnt: its silence is none of habit
            return (_IN_JOB[against] if against else self._why()) or Reason.NO_FENCE
        if self._fence & 0x0C:
            return Reason.PAPER_OUT_IN_JOB
        if time.monotonic() - began > self._timeouts.slow:
            return Reason.SLOW
        return Reason.PAPER_LOW if self._fence & 0x03 else Reason.OK

    def _why(self) -> Reason | None:
        """Ask past the job what stands in its way."""
        try:
            self.channel = self.channel.aside(self._timeouts.connect)
            against = self.status()
        except (OSError, NotOpened):
            return None
        return _IN_JOB[against] if against else None

    def _ask(self, question: bytes) -> int | None:
        try:
            self._write(question, self._timeouts.status)
        except TimeoutError:
            return None
        deadline = time.monotonic() + self._timeouts.status
        while self._fence is None and (left := deadline - time.monotonic()) > 0:
            answer = self._next(left)
            if answer is not None:
                return answer
        return None

    def _next(self, timeout: float) -> int | None:
        """The next answer to a question of state; the fence's is kept."""
        try:
            answer = self.channel.read(timeout)
        except TimeoutError:
            return None
        self._answered = True
        if self._fence_asked and answer & 0x90 == 0:
            self._fence = answer
            return None
        return answer

    def _write(self, data: bytes, timeout: float) -> None:
        left = memoryview(data)
        while left:
            left = left[self.channel.write(left[:_PIECE], timeout) :]
