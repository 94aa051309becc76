"""One cycle with the upper server: hello, push until nothing waits, pull until nothing comes, check.

Any request may be lost, repeated or answered twice; nothing here relies on more. No transaction is
open while the line is waited for. What the clerk sees of all this is one line in the status bar.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import msgspec

from counter_app.domain.events import Event
from counter_app.domain.slip_code import Verify
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock, Signer
from counter_app.ports.attachments import Fetched, WantedPage
from counter_app.ports.sync import (
    BY_STICK,
    Blame,
    Forked,
    LineFault,
    Link,
    Summary,
    SyncIdentity,
    SyncProblem,
    SyncStore,
)
from counter_app.sync.pages import Pages
from counter_app.sync.publications import fetch
from counter_app.sync.relay import Relay
from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    SIGNATURE_HEADER,
    UNREADABLE,
    Behind,
    Conflict,
    Damaged,
    GivenBack,
    Hello,
    HighsAnswer,
    OrderAnswer,
    PullAnswer,
    Push,
    PushAnswer,
    Refusal,
    StreamAnswer,
    TooLarge,
    compress,
    decompress,
    encode,
    run_of,
)
from counter_app.wire.page import PullPage, opened
from counter_app.wire.signing import (
    PROTOCOL,
    answer_bytes,
    head_bytes,
    proof_bytes,
    request_bytes,
)

_Answer = TypeVar("_Answer")

MOST_EVENTS = 500
MOST_BYTES = 1_000_000
"""Of a batch before it is squeezed; some 130 kB on the line."""
FIRST_BATCH = 50
FAST, SLOW = 4.0, 15.0
"""Seconds a request may take before batches grow no more, and before they shrink."""

RECONNECTS = 2
PATIENCE = 60.0
"""Seconds without progress after which a cycle gives up; the next one goes on where it ended."""

LONGEST_CYCLE = 600.0
"""Seconds after which a cycle stops at the next border of a batch: what else waits for the line has its
turn, then the next cycle goes on where this one ended.
"""

LONGEST_WAIT = 1800
"""Seconds: whatever a server asks, it is tried again after that."""

NOT_ENROLLED = "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường."
FORK = (
    "Sổ này có một bản sao đang chạy ở nơi khác. Không mất hồ sơ nào: từ nay máy này đánh số trong "
    "khối riêng. Hãy xin cấp trên mã ghi danh của một quầy khác cho máy này, hoặc thôi dùng một máy."
)
_PARTINGS = 4
_BY_STICK = "Máy này gửi bằng USB, không qua mạng. Xuất gói rồi đưa cấp trên."
_PULL_BYTES = MOST_BYTES
_EVENT_BYTES = 2 * 1024
"""Of one event as a pull counts it, mostly: pages shrink and grow with the batches."""


class SyncEngine:
    """Runs cycles; one at a time."""

    def __init__(
        self,
        store: SyncStore,
        connect: Callable[[SyncIdentity], Link],
        signer: Signer,
        verify: Verify,
        clock: Clock,
        pages: Pages | None = None,
        relay: Relay | None = None,
    ) -> None:
        self._store = store
        self._connect = connect
        self._signer = signer
        self._verify = verify
        self._clock = clock
        self._pages = pages
        self._relay = relay

    def cycle(self) -> Summary:
        """One cycle. Faults of the line end it early; nothing is lost by that."""
        self._refuse_without_line()
        summary = Summary()
        tries = 0
        last_progress = self._clock.uptime()
        line = _Line(last_progress + LONGEST_CYCLE)
        while True:
            link = self._connect(self._store.identity())
            before = summary.sent + summary.received + summary.pieces
            try:
                self._over(link, summary, line).run()
                summary.fault, summary.wait = "", 0.0
                summary.blame = "line"
                break
            except _LongEnough:
                summary.fault, summary.wait, summary.unfinished = "", 0.0, True
                break
            except LineFault as fault:
                line.broken = True
                summary.fault, summary.blame = _told(str(fault))
                summary.wait = fault.wait
                if fault.wait:
                    break
            except Refused as refused:
                summary.fault, summary.blame = refused.message, "server"
                break
            finally:
                summary.bytes_out += link.bytes_out
                summary.bytes_in += link.bytes_in
                link.close()
            if summary.sent + summary.received + summary.pieces > before:
                tries, last_progress = 0, self._clock.uptime()
            tries += 1
            now = self._clock.uptime()
            if tries > RECONNECTS or now - last_progress > PATIENCE or now > line.ends:
                break
        summary.waiting = self._store.waiting()
        at = self._clock.now().isoformat(timespec="seconds")
        self._store.note_cycle(at, summary.fault, summary.wait, summary.blame)
        return summary

    def part(self) -> None:
        """This store is a copy, whether or not a push has told so yet: it goes on under a life of its own."""
        identity = self._store.identity()
        link = self._connect(identity)
        try:
            line = _Line(self._clock.uptime() + LONGEST_CYCLE)
            conversation = self._over(link, Summary(), line)
            conversation.greet()
            conversation.part(identity.incarnation)
        except LineFault as fault:
            raise EnvironmentFault("line", _told(str(fault))[0]) from None
        finally:
            link.close()

    def fetch(self, wanted: Sequence[WantedPage]) -> Fetched:
        """Scanned pages that lie above. What came is kept, also where the line breaks; then it is an
        `EnvironmentFault`. Raises `Refused`.
        """
        self._refuse_without_line()
        done, tries = Fetched(), 0
        line = _Line(self._clock.uptime() + LONGEST_CYCLE)
        while self._pages is not None:
            link = self._connect(self._store.identity())
            before = done.pieces
            try:
                conversation = self._over(link, Summary(), line)
                conversation.greet()
                done.not_above = done.wrong = 0
                self._pages.fetch(conversation.ask, wanted, done)
                break
            except LineFault as fault:
                tries = 1 if done.pieces > before else tries + 1
                if tries > RECONNECTS or fault.wait:
                    raise EnvironmentFault("line", _cut_words(done, str(fault))) from None
            except _LongEnough:
                raise EnvironmentFault("line", _cut_words(done, "")) from None
            finally:
                link.close()
        return done

    def _refuse_without_line(self) -> None:
        url = self._store.identity().server_url
        if not url:
            raise Refused("not_enrolled", NOT_ENROLLED)
        if url == BY_STICK:
            raise Refused("by_stick", _BY_STICK)

    def _over(self, link: Link, summary: Summary, line: "_Line") -> "_Conversation":
        return _Conversation(
            self._store,
            link,
            self._signer,
            self._verify,
            self._clock,
            summary,
            self._pages,
            self._relay,
            line,
        )


@dataclass(slots=True)
class _Line:
    """What a cycle knows of its line, whichever connection told it."""

    ends: float
    """When the cycle has had its time."""
    broken: bool = False
    """Then nothing grows for the rest of the cycle."""
    most: int = 0
    """The largest size that went through."""


class _Conversation:
    """One connection's worth of a cycle."""

    def __init__(
        self,
        store: SyncStore,
        link: Link,
        signer: Signer,
        verify: Verify,
        clock: Clock,
        summary: Summary,
        pages: Pages | None,
        relay: Relay | None,
        line: "_Line",
    ) -> None:
        self._store = store
        self._link = link
        self._signer = signer
        self._verify = verify
        self._clock = clock
        self._summary = summary
        self._pages = pages
        self._relay = relay
        self._line = line
        self._took = 0
        """The size that this connection took last."""
        self._identity = store.identity()
        self._challenge = ""
        self._digest_above = ""
        self._is_level = False
        """Whether the last answer brought all that there is above."""
        self._published = ""
        self._is_too_old = False
        """Whether the server speaks only what comes after this program: then it takes, and tells nothing."""
        self._rewound: set[str] = set()

    def run(self) -> None:
        """hello, what the server lost, push*, pull*, check; again from the start where the store
        proved to be a copy or the server to be put back.
        """
        for _ in range(_PARTINGS):
            try:
                self._hello()
                self._give_back_all()
                self._hand_up()
                self._push_all()
                if self._is_too_old:
                    raise LineFault("program_old", LONGEST_WAIT)
                self._pull_all()
                self._compare()
                self._take_published()
                if self._pages is not None:
                    # the dossiers are complete without them
                    self._pages.send(self.ask, self._push_what_waits, self._summary)
                return
            except Forked as forked:
                self.part(forked.life)
            except _PutBack:
                continue
            except Refused as refused:
                if refused.code == "revoked":
                    self._leave_what_waits()
                raise
        raise LineFault("fork")

    def _leave_what_waits(self) -> None:
        """What a revoked device wrote before is kept aside above, run by run, also what a server that was put
        back had already. Each is answered with the same refusal; how far they were kept must be asked, and
        what has not moved is not sent again.
        """
        self._hello_again()
        for life, high in self._behind():
            self._store.rewind(life, high)
        size, partings = self._identity.batch or FIRST_BATCH, _PARTINGS
        above: dict[str, int] = {}
        while True:
            # a server that was put back refuses before the new epoch is entered
            self._identity = replace(self._identity, epoch=self._hello_again().epoch)
            events = self._store.outbox(size, MOST_BYTES, above)
            if not events:
                return
            self._pause()
            status, body, _ = self._send_run(self._pack(events, size))
            if status == 409 and _decoded(body, Conflict).reason == "fork" and partings:
                # the first run goes whatever is above: so a copy finds out
                partings, above = partings - 1, {}
                self.part(events[-1].incarnation)
                continue
            self._hello_again()
            moved = dict(self._highs().own)
            if moved == above:
                return
            above = moved

    def part(self, life: str) -> None:
        """Find the last place that is shared with the copy, and go on from there under a new life."""
        shared = 0
        # a page behind what was acknowledged mostly says it; after a restore above, from the start
        for after in (max(0, self._store.high(life) - 1), 0):
            while True:
                page = self._places(life, after)
                found = self._store.last_shared(life, page.places)
                shared = max(shared, found)
                if not page.more or found != page.places[-1][0]:
                    break
                after = found
            if shared:
                break
        self._store.part_from_copy(life, shared, self._clock.now())
        self._identity = self._store.identity()
        self._summary.problems.append(SyncProblem("", "fork", FORK))

    def _places(self, life: str, after: int) -> StreamAnswer:
        status, body = self._signed("GET", f"/sync/v1/stream?life={life}&after={after}", b"")
        self._refuse_unless_good(status, body)
        page: StreamAnswer = _decoded(body, StreamAnswer)
        return page

    def _hello(self) -> None:
        self._is_level = False
        hello = self._hello_again()
        if hello.epoch != self._identity.epoch:
            # it may have been put back to before the epoch we know
            self._show_proofs()
            self._store.enter_epoch(hello.epoch, hello.kept, self._highs())
            self._identity = self._store.identity()

    def _give_back_all(self) -> None:
        """What a server that was put back has lost, in the order it had."""
        size = self._identity.batch or FIRST_BATCH
        while (part := self._store.next_back(size, MOST_BYTES)) is not None:
            self._pause()
            if not part.signature:
                size = self._push(self._pack(part.events, size))
                continue
            given = GivenBack(self._identity.epoch, run_of(part.events), part.upto, part.signature)
            status, body = self._signed("POST", "/sync/v1/give-back", compress(encode(given)))
            if status == 409 and _decoded(body, Conflict).reason != "epoch":
                # others hold what comes before; they give it back, or nobody can
                self._store.gave_back()
                continue
            self._refuse_unless_good(status, body)
            self._store.gave_back()

    def _pause(self) -> None:
        """Between two batches, where what was done is kept: whether the cycle was long enough."""
        if self._clock.uptime() > self._line.ends:
            raise _LongEnough

    def greet(self) -> None:
        """A challenge to begin with, and nothing else."""
        self._hello_again()

    def ask(self, method: str, target: str, body: bytes) -> bytes | None:
        """One signed request about a page; None where there is no such thing above."""
        self._pause()
        status, answer = self._signed(method, target, body)
        if status in (404, 413):
            return None
        self._refuse_unless_good(status, answer)
        return answer

    def _hand_up(self) -> None:
        """What neighbours told, before what was done upon it here."""
        if self._relay is not None:
            self._relay.send(self._identity.epoch, self._hand_up_one)

    def _hand_up_one(self, body: bytes) -> None:
        self._pause()
        status, answer = self._signed("POST", "/sync/v1/relay", body)
        if status not in (404, 409):
            self._refuse_unless_good(status, answer)

    def _push_what_waits(self) -> None:
        if self._store.waiting():
            self._push_all()

    def _push_all(self) -> None:
        """Each run is read and packed while the server works on the one before it, and what that one was
        answered is kept while the next is under way: still one request in flight.
        """
        most = self._identity.batch or FIRST_BATCH
        run, sent = self._next_run(most), None
        # whatever the store says of an answer, leaving waits for the run that was sent
        with ThreadPoolExecutor(1) as line:
            while run is not None:
                if sent is None:
                    self._pause()
                    sent = line.submit(self._send_run, run)
                ahead = self._next_run(self._next_size(run.most, 0.0), run)
                answer, most = self._heard(run, sent.result)
                if answer is None:
                    ahead = self._next_run(most)
                elif ahead is None or ahead.most != most:
                    # slower than hoped for, or something was written meanwhile
                    ahead = self._next_run(most, run)
                in_time = self._clock.uptime() <= self._line.ends
                sent = line.submit(self._send_run, ahead) if ahead and in_time else None
                if answer is not None:
                    self._acknowledge(run, answer)
                run = ahead
        self._store.keep_batch(most)

    def _next_run(self, most: int, behind: "_Run | None" = None) -> "_Run | None":
        """So many own events that are not acknowledged, behind a run that is under way."""
        beyond = {behind.last.incarnation: behind.last.dseq} if behind else {}
        events = self._store.outbox(most, MOST_BYTES, beyond)
        return self._pack(events, most, and_pull=not self._is_too_old) if events else None

    def _pack(self, events: Sequence[Event], most: int, *, and_pull: bool = False) -> "_Run":
        """A run for the line; the last that there is may ask for what a pull would bring."""
        run, last = run_of(events), events[-1]
        head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
        signature = base64.b64encode(self._signer.sign(head)).decode("ascii")
        message = Push(self._identity.epoch, run, last.hash, signature)
        here = self._store.identity()
        if and_pull and (last.incarnation, last.dseq) == (here.incarnation, here.dseq):
            message = msgspec.structs.replace(message, after=here.cursor, keys=here.keys_version)
        return _Run(last, len(events), most, compress(encode(message)))

    def _push(self, run: "_Run") -> int:
        """Send one run; how many the next one may have."""
        answer, most = self._heard(run, lambda: self._send_run(run))
        if answer is not None:
            self._acknowledge(run, answer)
        return most

    def _send_run(self, run: "_Run") -> tuple[int, bytes, float]:
        """Status, body, and how many seconds the line took."""
        began = self._clock.uptime()
        status, body = self._signed("POST", "/sync/v1/push", run.body)
        return status, body, self._clock.uptime() - began

    def _heard(
        self, run: "_Run", told: Callable[[], tuple[int, bytes, float]]
    ) -> tuple[PushAnswer | None, int]:
        """The proof that the run is there, None where it has to be read anew; and how many events the next
        one may have.
        """
        status, body, took = self._tried(told, run.most)
        if status == 409:
            self._settle(_decoded(body, Conflict), run.last.incarnation)
            return None, run.most
        if status == 413 and run.most > 1:
            return None, max(1, run.most // 2)
        self._refuse_unless_good(status, body)
        answer = _decoded(body, PushAnswer)
        self._check_proof(answer, run.last)
        return answer, self._next_size(run.most, took)

    def _acknowledge(self, run: "_Run", answer: PushAnswer) -> None:
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
            case "gap" if life not in self._rewound:
                self._rewound.add(life)
                self._show_proofs()
                self._store.rewind(life, conflict.high)
            case "epoch" | "gap":
                raise LineFault(conflict.reason)
            case _:
                raise Refused(conflict.reason, conflict.message)

    def _show_proofs(self) -> None:
        """A server that has less than it signed for was put back: it begins a new epoch."""
        for proof in self._store.proofs():
            status, body = self._signed("POST", "/sync/v1/proof", compress(encode(proof)))
            self._refuse_unless_good(status, body)
            if _decoded(body, Behind).behind:
                raise _PutBack

    def _check_proof(self, answer: PushAnswer, last: Event) -> None:
        """Only the server's own signature makes an acknowledgement."""
        message = proof_bytes(
            self._identity.device_id,
            last.incarnation,
            answer.high,
            answer.head_hash,
            answer.epoch,
        )
        good = self._verify(self._identity.server_key, _bytes(answer.signature), message)
        if not good or answer.high < last.dseq:
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
        identity = self._identity = self._store.identity()
        size, keys = identity.batch or FIRST_BATCH, identity.keys_version
        # whatever the store says of a page, leaving waits for the one that was asked for
        with ThreadPoolExecutor(1) as line:
            asked = line.submit(self._page, identity.cursor, keys, size)
            while not self._is_level:
                page, took = self._tried(asked.result, size)
                answer = page.answer
                then = self._next_size(size, took)
                over = self._clock.uptime() > self._line.ends
                if answer.more and not over:
                    keys = keys if answer.keys is None else answer.keys_version
                    asked = line.submit(self._page, answer.upto, keys, then)
                self._apply(page)
                if then != size and not self._is_level:
                    self._store.keep_batch(then)
                size = then
                if over and not self._is_level:
                    raise _LongEnough

    def _page(self, after: int, keys: str, size: int) -> tuple[PullPage, float]:
        """What comes after that place, and how many seconds the line took for it."""
        began = self._clock.uptime()
        target = (
            f"/sync/v1/pull?epoch={self._identity.epoch}&after={after}"
            f"&max_bytes={min(_PULL_BYTES, size * _EVENT_BYTES)}&keys={keys}"
        )
        status, body = self._signed("GET", target, b"")
        self._refuse_unless_good(status, body)
        took = self._clock.uptime() - began
        return _opened(_decoded(body, PullAnswer)), took

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
        self._show_proofs()
        # never a blind overwrite: what is the same stays, what is not above is given back, the rest is
        # fetched again
        epoch, shared = self._identity.epoch, self._shared_order()
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
        if self._published in ("", self._identity.published):
            return

        def ask(target: str) -> bytes:
            status, body = self._signed("GET", target, b"")
            self._refuse_unless_good(status, body)
            return body

        fetch(ask, self._store, self._identity.server_key, self._verify)

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
        status, body = self._signed("GET", "/sync/v1/highs", b"")
        self._refuse_unless_good(status, body)
        answer: HighsAnswer = _decoded(body, HighsAnswer)
        return answer

    def _shared_order(self) -> int:
        """Up to where both sides have the same order, place by place; a cycle that was long enough leaves
        the rest of it to the next one.
        """
        shared = self._store.compared()
        while True:
            self._pause()
            status, body = self._signed("GET", f"/sync/v1/order?after={shared}", b"")
            self._refuse_unless_good(status, body)
            page = _decoded(body, OrderAnswer)
            found = self._store.shared_order(shared, page.hashes)
            whole = found == shared + len(page.hashes)
            shared = found
            is_found = not whole or not page.more
            self._store.keep_compared(0 if is_found else shared)
            if is_found:
                return shared

    def _tried(self, ask: Callable[[], _Answer], size: int) -> _Answer:
        """What a fresh line does not take or bring whole goes in halves the next time, or three quarters
        where as much went through before; a line that took it before it was cut will do so again.
        """
        try:
            answer = ask()
        except LineFault:
            less = size * 3 // 4 if size <= self._line.most else size // 2
            self._store.keep_batch(min(size, self._took) or max(1, less))
            raise
        self._took = size
        self._line.most = max(self._line.most, size)
        return answer

    def _next_size(self, size: int, took: float) -> int:
        if took > SLOW:
            return max(1, size // 2)
        return (
            min(MOST_EVENTS, size * 3 // 2 + 1) if took < FAST and not self._line.broken else size
        )

    def _signed(self, method: str, target: str, body: bytes) -> tuple[int, bytes]:
        """A signed request; the answer's own signature is checked before a byte of it is used."""
        identity = self._identity
        challenge = self._challenge
        message = request_bytes(
            method, target, challenge, body, identity.device_id, identity.incarnation
        )
        headers = {
            DEVICE_HEADER: identity.device_id,
            INCARNATION_HEADER: identity.incarnation,
            CHALLENGE_HEADER: challenge,
            SIGNATURE_HEADER: base64.b64encode(self._signer.sign(message)).decode("ascii"),
        }
        if body:
            headers[DICTIONARY_HEADER] = DICTIONARY_ID
        status, answered, raw = self._send(method, target, headers, body)
        if status != 200:
            if status in (409, 413):
                self._hello_again()
            return status, raw
        signature = _bytes(answered.get(SIGNATURE_HEADER, ""))
        if not self._verify(identity.server_key, signature, answer_bytes(challenge, raw)):
            raise LineFault("answer")
        self._challenge = answered.get(CHALLENGE_HEADER, "")
        try:
            return status, decompress(raw, answered.get(DICTIONARY_HEADER, ""))
        except (Damaged, TooLarge) as fault:
            raise LineFault("answer") from fault

    def _hello_again(self) -> Hello:
        """A challenge: at first, and where a refused push spent one without giving the next."""
        headers = {DEVICE_HEADER: self._identity.device_id}
        target = f"/sync/v1/hello?epoch={self._identity.epoch}"
        status, _, body = self._send("POST", target, headers, b"")
        self._refuse_unless_good(status, body)
        hello: Hello = _decoded(body, Hello)
        oldest, newest = hello.protocol
        if newest < PROTOCOL[0]:
            raise LineFault("server_old", LONGEST_WAIT)
        self._is_too_old = oldest > PROTOCOL[1]
        self._challenge = hello.challenge
        self._published = hello.published
        return hello

    def _send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One request; a server that is too busy says when it wants to hear more."""
        status, answered, raw = self._link.send(method, target, headers, body)
        if status in (429, 500, 503):
            asked = answered.get("retry-after", "")
            wait = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0
            raise LineFault("busy", min(wait, LONGEST_WAIT))
        return status, answered, raw

    def _refuse_unless_good(self, status: int, body: bytes) -> None:
        if status == 200:
            return
        try:
            refusal = msgspec.json.decode(body, type=Refusal)
        except UNREADABLE:
            raise LineFault(f"status {status}") from None
        if status in (401, 403) and refusal.code != "challenge":
            raise Refused(refusal.code, refusal.message)
        raise LineFault(refusal.code)


@dataclass(frozen=True, slots=True)
class _Run:
    """Own events, one after the other, ready for the line."""

    last: Event
    count: int
    most: int
    """How many there might have been."""
    body: bytes


class _LongEnough(Exception):
    """The cycle has had its time; the next one goes on."""


class _PutBack(Exception):
    """The server began a new epoch while it was talked to."""


def _decoded(body: bytes, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE as fault:
        raise LineFault("answer") from fault


def _opened(answer: PullAnswer) -> PullPage:
    try:
        return opened(answer)
    except Damaged as fault:
        raise LineFault("run") from fault


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _cut_words(done: Fetched, reason: str) -> str:
    if done.pages or not reason:
        return (
            f"Đường truyền chậm, mới tải được {done.pages} trang. Tải lại để đi tiếp từ chỗ dừng."
        )
    return _told(reason)[0]


def _told(reason: str) -> tuple[str, Blame]:
    """The sentence for a line that failed, and who has to do something about it."""
    match reason:
        case "portal":
            return (
                "Mạng đang đòi đăng nhập (trang Wi-Fi). Đăng nhập mạng rồi đồng bộ lại.",
                "person",
            )
        case "certificate":
            return (
                "Chứng thư của máy chủ không đúng, nên chưa gửi gì. Xem ngày giờ của máy này và trang đăng "
                "nhập Wi-Fi; đúng cả mà vẫn vậy thì báo cấp trên.",
                "person",
            )
        case "proof" | "answer" | "run":
            return (
                "Câu trả lời không phải của máy chủ đã ghi danh, nên chưa gửi gì. Hãy báo cấp trên.",
                "person",
            )
        case "program_old":
            return (
                "Chương trình ở máy này là bản cũ: đã gửi được hồ sơ, nhưng chưa nhận tin của cấp trên. Hãy cài "
                "bản mới.",
                "person",
            )
        case "server_old":
            return (
                "Máy chủ cấp trên còn là bản cũ, nên chưa gửi gì. Hồ sơ vẫn ở máy này. Báo cấp trên nâng cấp máy "
                "chủ.",
                "person",
            )
        case "busy":
            return "Máy chủ đang bận. Hồ sơ vẫn ở máy này, sẽ tự gửi lại sau.", "line"
        case _:
            return "Chưa nối được máy chủ. Hồ sơ vẫn ở máy này, sẽ tự gửi khi có mạng.", "line"
