"""One connection's worth of a cycle, step by step.

Any request may be lost, repeated or answered twice; nothing here relies on more. No transaction is
open while the line is waited for.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from counter_app.domain.events import Event
from counter_app.errors import Refused
from counter_app.ports import Clock
from counter_app.ports.sync import Forked, LineFault, Summary, SyncProblem, SyncStore
from counter_app.sync.faults import FORK
from counter_app.sync.pace import FIRST_BATCH, MOST_BYTES, MOST_TURNS, Pace
from counter_app.sync.pages import Pages
from counter_app.sync.publications import fetch
from counter_app.sync.relay import Relay
from counter_app.sync.signed_line import (
    LONGEST_WAIT,
    SignedLine,
    decoded,
    refuse_unless_further,
    refuse_unless_good,
)
from counter_app.wire.messages import (
    Behind,
    Conflict,
    Damaged,
    GivenBack,
    HighsAnswer,
    OrderAnswer,
    PullAnswer,
    Push,
    PushAnswer,
    StreamAnswer,
    compress,
    encode,
    run_of,
)
from counter_app.wire.page import PullPage, opened
from counter_app.wire.signing import head_bytes, proof_bytes

_Answer = TypeVar("_Answer")

_PULL_BYTES = MOST_BYTES
_EVENT_BYTES = 2 * 1024
"""Of one event as a pull counts it, mostly: pages shrink and grow with the batches."""


class LongEnough(Exception):
    """The cycle has had its time; the next one goes on."""


class _PutBack(Exception):
    """The server began a new epoch while it was talked to."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Own events, one after the other, ready for the line."""

    last: Event
    count: int
    most: int
    """How many there might have been."""
    body: bytes


class Conversation:
    """One connection's worth of a cycle."""

    def __init__(
        self,
        store: SyncStore,
        line: SignedLine,
        clock: Clock,
        summary: Summary,
        pages: Pages | None,
        relay: Relay | None,
        pace: Pace,
    ) -> None:
        self._store = store
        self._line = line
        self._clock = clock
        self._summary = summary
        self._pages = pages
        self._relay = relay
        self._pace = pace
        self._took = 0
        """The size that this connection took last."""
        self._digest_above = ""
        self._is_level = False
        """Whether the last answer brought all that there is above."""

    def run(self) -> None:
        """hello, what the server lost, push*, pull*, check; again from the start where the store
        proved to be a copy or the server to be put back.
        """
        while True:
            try:
                self._hello()
                self._give_back_all()
                self._hand_up()
                self._push_all()
                if self._line.is_too_old:
                    raise LineFault("program_old", LONGEST_WAIT)
                self._pull_all()
                self._compare()
                self._take_published()
                if self._pages is not None:
                    # the dossiers are complete without them
                    self._pages.send(self.ask, self._push_what_waits, self._summary)
                return
            except Forked as forked:
                self._turn_back(forked.life)
                self.part(forked.life)
            except _PutBack:
                self._turn_back()
            except Refused as refused:
                if refused.code == "revoked":
                    self._leave_what_waits()
                raise

    def _turn_back(self, forked: str = "") -> None:
        """What was done is done again: not for ever. In a life that began in this cycle no copy can have
        written.
        """
        self._pace.turns += 1
        is_new = forked in self._pace.begun
        refuse_unless_further(self._pace.turns <= MOST_TURNS and not is_new)

    def _leave_what_waits(self) -> None:
        """What a revoked device wrote before is kept aside above, run by run, also what a server that was put
        back had already. Each is answered with the same refusal; how far they were kept must be asked, and
        what has not moved is not sent again.
        """
        self._line.hello()
        for life, high in self._behind():
            self._store.rewind(life, high)
        size = self._line.identity.batch or FIRST_BATCH
        above: dict[str, int] = {}
        while True:
            # a server that was put back refuses before the new epoch is entered
            self._line.identity = replace(self._line.identity, epoch=self._line.hello().epoch)
            events = self._store.outbox(size, MOST_BYTES, above)
            if not events:
                return
            self._pause()
            status, body, _ = self._send_run(self._pack(events, size))
            life = events[0].incarnation
            if status == 409 and decoded(body, Conflict).reason == "fork":
                # the first run goes whatever is above: so a copy finds out
                above = {}
                self._turn_back(life)
                self.part(life)
                continue
            self._line.hello()
            moved = dict(self._highs().own)
            if moved.get(life, 0) < events[0].dseq:
                return
            # what it once had kept of another life it does not lose meanwhile
            above = {known: max(high, above.get(known, 0)) for known, high in moved.items()}

    def part(self, life: str) -> None:
        """Find the last place that is shared with the copy, and go on from there under a new life."""
        shared = 0
        # a page behind what was acknowledged mostly says it; after a restore above, from the start
        for after in (max(0, self._store.high(life) - 1), 0):
            while True:
                page = self._places(life, after)
                found = self._store.last_shared(life, page.places)
                shared = max(shared, found)
                refuse_unless_further(
                    not page.more or (len(page.places) > 0 and page.places[-1][0] > after)
                )
                if not page.more or found != page.places[-1][0]:
                    break
                after = found
            if shared:
                break
        self._store.part_from_copy(life, shared, self._clock.now())
        self._line.identity = self._store.identity()
        self._pace.begun.add(self._line.identity.incarnation)
        self._summary.problems.append(SyncProblem("", "fork", FORK))

    def _places(self, life: str, after: int) -> StreamAnswer:
        return self._line.get(f"/sync/v1/stream?life={life}&after={after}", StreamAnswer)

    def _hello(self) -> None:
        self._is_level = False
        hello = self._line.hello()
        if hello.epoch != self._line.identity.epoch:
            self._turn_back()
            # it may have been put back to before the epoch we know
            self._show_proofs()
            self._store.enter_epoch(hello.epoch, hello.kept, self._highs())
            self._line.identity = self._store.identity()

    def _give_back_all(self) -> None:
        """What a server that was put back has lost, in the order it had."""
        size = self._line.identity.batch or FIRST_BATCH
        while (part := self._store.next_back(size, MOST_BYTES)) is not None:
            self._pause()
            if not part.signature:
                size = self._push(self._pack(part.events, size))
                continue
            given = GivenBack(
                self._line.identity.epoch, run_of(part.events), part.upto, part.signature
            )
            status, body = self._line.send("POST", "/sync/v1/give-back", compress(encode(given)))
            if status == 409 and decoded(body, Conflict).reason != "epoch":
                # others hold what comes before; they give it back, or nobody can
                self._store.gave_back()
                continue
            refuse_unless_good(status, body)
            self._store.gave_back()

    def _pause(self) -> None:
        """Between two batches, where what was done is kept: whether the cycle was long enough."""
        if self._clock.uptime() > self._pace.ends:
            raise LongEnough

    def greet(self) -> None:
        """A challenge to begin with, and nothing else."""
        self._line.hello()

    def ask(self, method: str, target: str, body: bytes) -> bytes | None:
        """One signed request about a page; None where there is no such thing above."""
        self._pause()
        status, answer = self._line.send(method, target, body)
        if status in (404, 413):
            return None
        refuse_unless_good(status, answer)
        return answer

    def _hand_up(self) -> None:
        """What neighbours told, before what was done upon it here."""
        if self._relay is not None:
            self._relay.send(self._line.identity.epoch, self._hand_up_one)

    def _hand_up_one(self, body: bytes) -> None:
        self._pause()
        status, answer = self._line.send("POST", "/sync/v1/relay", body)
        if status not in (404, 409):
            refuse_unless_good(status, answer)

    def _push_what_waits(self) -> None:
        if self._store.waiting():
            self._push_all()

    def _push_all(self) -> None:
        """Each run is read and packed while the server works on the one before it, and what that one was
        answered is kept while the next is under way: still one request in flight.
        """
        most = self._line.identity.batch or FIRST_BATCH
        run, sent = self._next_run(most), None
        # whatever the store says of an answer, leaving waits for the run that was sent
        with ThreadPoolExecutor(1) as line:
            while run is not None:
                if sent is None:
                    self._pause()
                    sent = line.submit(self._send_run, run)
                ahead = self._next_run(self._pace.next_size(run.most, 0.0), run)
                answer, most = self._heard(run, sent.result)
                if answer is None:
                    ahead = self._next_run(most)
                elif ahead is None or ahead.most != most:
                    # slower than hoped for, or something was written meanwhile
                    ahead = self._next_run(most, run)
                in_time = self._clock.uptime() <= self._pace.ends
                sent = line.submit(self._send_run, ahead) if ahead and in_time else None
                if answer is not None:
                    self._acknowledge(run, answer)
                run = ahead
        self._store.keep_batch(most)

    def _next_run(self, most: int, behind: _Run | None = None) -> _Run | None:
        """So many own events that are not acknowledged, behind a run that is under way."""
        beyond = {behind.last.incarnation: behind.last.dseq} if behind else {}
        events = self._store.outbox(most, MOST_BYTES, beyond)
        return self._pack(events, most, and_pull=not self._line.is_too_old) if events else None

    def _pack(self, events: Sequence[Event], most: int, *, and_pull: bool = False) -> _Run:
        """A run for the line; the last that there is may ask for what a pull would bring."""
        run, last = run_of(events), events[-1]
        head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
        message = Push(self._line.identity.epoch, run, last.hash, self._line.sign(head))
        here = self._store.identity()
        if and_pull and (last.incarnation, last.dseq) == (here.incarnation, here.dseq):
            message = msgspec.structs.replace(message, after=here.cursor, keys=here.keys_version)
        return _Run(last, len(events), most, compress(encode(message)))

    def _push(self, run: _Run) -> int:
        """Send one run; how many the next one may have."""
        answer, most = self._heard(run, lambda: self._send_run(run))
        if answer is not None:
            self._acknowledge(run, answer)
        return most

    def _send_run(self, run: _Run) -> tuple[int, bytes, float]:
        """Status, body, and how many seconds the line took."""
        began = self._clock.uptime()
        status, body = self._line.send("POST", "/sync/v1/push", run.body)
        return status, body, self._clock.uptime() - began

    def _heard(
        self, run: _Run, told: Callable[[], tuple[int, bytes, float]]
    ) -> tuple[PushAnswer | None, int]:
        """The proof that the run is there, None where it has to be read anew; and how many events the next
        one may have.
        """
        status, body, took = self._tried(told, run.most)
        if status == 409:
            self._settle(decoded(body, Conflict), run.last.incarnation)
            return None, run.most
        if status == 413 and run.most > 1:
            return None, max(1, run.most // 2)
        refuse_unless_good(status, body)
        answer = decoded(body, PushAnswer)
        self._check_proof(answer, run.last)
        return answer, self._pace.next_size(run.most, took)

    def _acknowledge(self, run: _Run, answer: PushAnswer) -> None:
        self._summary.problems += self._store.acknowledged(run.last.incarnation, answer)
        self._summary.sent += run.count
        self._is_level = False
        if answer.page is not None:
            self._apply(_opened(answer.page))

    def _settle(self, conflict: Conflict, life: str) -> None:
        """The server stands elsewhere in this life than we thought."""
        match conflict.reason:
            case "fork":
                raise Forked(life)
            case "gap":
                refuse_unless_further(life not in self._pace.rewound)
                self._show_proofs()
                self._store.rewind(life, conflict.high)
                self._pace.rewound.add(life)
            case "epoch":
                raise LineFault("epoch")
            case _:
                raise Refused(conflict.reason, conflict.message)

    def _show_proofs(self) -> None:
        """A server that has less than it signed for was put back: it begins a new epoch."""
        for proof in self._store.proofs():
            status, body = self._line.send("POST", "/sync/v1/proof", compress(encode(proof)))
            refuse_unless_good(status, body)
            if decoded(body, Behind).behind:
                raise _PutBack

    def _check_proof(self, answer: PushAnswer, last: Event) -> None:
        """Only the server's own signature makes an acknowledgement."""
        message = proof_bytes(
            self._line.identity.device_id,
            last.incarnation,
            answer.high,
            answer.head_hash,
            answer.epoch,
        )
        if not self._line.is_signed(answer.signature, message) or answer.high < last.dseq:
            raise LineFault("proof")
        if answer.high == last.dseq and answer.head_hash != last.hash:
            raise LineFault("proof")

    def _pull_all(self) -> None:
        """Each page is asked for and opened while the one before it is taken in: still one request in
        flight.
        """
        if self._is_level:
            return
        self._pause()
        identity = self._line.identity = self._store.identity()
        size, keys = identity.batch or FIRST_BATCH, identity.keys_version
        # whatever the store says of a page, leaving waits for the one that was asked for
        with ThreadPoolExecutor(1) as line:
            after = identity.cursor
            asked = line.submit(self._page, after, keys, size)
            while not self._is_level:
                page, took = self._tried(asked.result, size)
                answer = page.answer
                # what another epoch answers begins at the first place; the store will not have it
                is_other = answer.epoch != identity.epoch
                refuse_unless_further(is_other or not answer.more or answer.upto > after)
                after = answer.upto
                then = self._pace.next_size(size, took)
                over = self._clock.uptime() > self._pace.ends
                if answer.more and not over:
                    keys = keys if answer.keys is None else answer.keys_version
                    asked = line.submit(self._page, answer.upto, keys, then)
                self._apply(page)
                if then != size and not self._is_level:
                    self._store.keep_batch(then)
                size = then
                if over and not self._is_level:
                    raise LongEnough

    def _page(self, after: int, keys: str, size: int) -> tuple[PullPage, float]:
        """What comes after that place, and how many seconds the line took for it."""
        began = self._clock.uptime()
        target = (
            f"/sync/v1/pull?epoch={self._line.identity.epoch}&after={after}"
            f"&max_bytes={min(_PULL_BYTES, size * _EVENT_BYTES)}&keys={keys}"
        )
        body = self._line.read(target)
        took = self._clock.uptime() - began
        return _opened(decoded(body, PullAnswer)), took

    def _apply(self, page: PullPage) -> None:
        received, problems = self._store.apply_pull(page)
        self._summary.received += received
        self._summary.problems += problems
        self._digest_above, self._is_level = page.answer.digest, not page.answer.more

    def _compare(self) -> None:
        """Both sides must hold the same events in the same order."""
        if self._digest_above == self._store.order_digest():
            if self._store.misses_acknowledged():
                self._rewind_to_highs()
            return
        self._turn_back()
        self._show_proofs()
        # never a blind overwrite: what is the same stays, what is not above is given back, the rest is
        # fetched again
        epoch, shared = self._line.identity.epoch, self._shared_order()
        self._store.enter_epoch(epoch, shared, self._highs())
        self._is_level = False
        self._give_back_all()
        self._push_what_waits()
        self._pull_all()
        if self._digest_above == self._store.order_digest():
            return
        shared = self._shared_order()
        if life := self._store.own_life_at(shared + 1):
            # own events come as their places alone: what was taken there a copy wrote
            self._store.forget_order(shared)
            raise Forked(life)
        self._summary.problems.append(
            SyncProblem(
                "",
                "digest_differs",
                "Sổ ở máy này và máy chủ không khớp. Chưa mất gì. Hãy báo cấp trên.",
            )
        )

    def _take_published(self) -> None:
        """What is published above, where it is not what is here; last, for it can wait."""
        if self._line.published in ("", self._line.identity.published):
            return
        fetch(self._read, self._store, self._line.is_signed)

    def _read(self, target: str) -> bytes:
        self._pause()
        return self._line.read(target)

    def _rewind_to_highs(self) -> None:
        """Send again what the server has not, whatever it once said: it was put back to before that, and
        nobody has noticed yet.
        """
        if behind := self._behind():
            self._show_proofs()
            for life, high in behind:
                self._store.rewind(life, high)
            raise _PutBack

    def _behind(self) -> list[tuple[str, int]]:
        """Lives of which the server has less than it acknowledged, and how much it has."""
        above = dict(self._highs().own)
        return [
            (proof.life, above.get(proof.life, 0))
            for proof in self._store.proofs()
            if above.get(proof.life, 0) < self._store.high(proof.life)
        ]

    def _highs(self) -> HighsAnswer:
        return self._line.get("/sync/v1/highs", HighsAnswer)

    def _shared_order(self) -> int:
        """Up to where both sides have the same order, place by place; a cycle that was long enough leaves
        the rest of it to the next one.
        """
        shared = self._store.compared()
        while True:
            self._pause()
            page = self._line.get(f"/sync/v1/order?after={shared}", OrderAnswer)
            found = self._store.shared_order(shared, page.hashes)
            whole = found == shared + len(page.hashes)
            shared = found
            is_found = not whole or not page.more
            refuse_unless_further(is_found or len(page.hashes) > 0)
            self._store.keep_compared(0 if is_found else shared)
            if is_found:
                return shared

    def _tried(self, ask: Callable[[], _Answer], size: int) -> _Answer:
        """What a fresh line does not take or bring whole goes in smaller parts the next time; a line that took
        it before it was cut will do so again.
        """
        try:
            answer = ask()
        except LineFault:
            self._store.keep_batch(min(size, self._took) or self._pace.less(size))
            raise
        self._took = size
        self._pace.most = max(self._pace.most, size)
        return answer


def _opened(answer: PullAnswer) -> PullPage:
    try:
        return opened(answer)
    except Damaged as fault:
        raise LineFault("run") from fault
