"""Cycles with the upper server: connections, one after the other, until one says everything or none does.

What is said over one of them is a `Conversation`. What the clerk sees of all this is one line in the
status bar.
"""

from collections.abc import Callable, Sequence

from counter_app.domain.slip_code import Verify
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock, Signer
from counter_app.ports.attachments import Fetched, WantedPage
from counter_app.ports.sync import BY_STICK, LineFault, Link, Summary, SyncIdentity, SyncStore
from counter_app.sync.conversation import Conversation, LongEnough
from counter_app.sync.faults import NOT_ENROLLED, SENDS_BY_STICK, why, why_cut
from counter_app.sync.pace import Pace
from counter_app.sync.pages import Pages
from counter_app.sync.relay import Relay
from counter_app.sync.signed_line import SignedLine

RECONNECTS = 2
PATIENCE = 60.0
"""Seconds without progress after which a cycle gives up; the next one goes on where it ended."""

LONGEST_CYCLE = 600.0
"""Seconds after which a cycle stops at the next border of a batch: what else waits for the line has its
turn, then the next cycle goes on where this one ended.
"""


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
        pace = Pace(last_progress + LONGEST_CYCLE)
        while True:
            link = self._connect(self._store.identity())
            before = summary.sent + summary.received + summary.pieces
            try:
                self._over(link, summary, pace).run()
                summary.fault, summary.wait = "", 0.0
                summary.blame = "line"
                break
            except LongEnough:
                summary.fault, summary.wait, summary.unfinished = "", 0.0, True
                break
            except LineFault as fault:
                pace.broken = True
                summary.fault, summary.blame = why(str(fault))
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
            if tries > RECONNECTS or now - last_progress > PATIENCE or now > pace.ends:
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
            pace = Pace(self._clock.uptime() + LONGEST_CYCLE)
            conversation = self._over(link, Summary(), pace)
            conversation.greet()
            conversation.part(identity.incarnation)
        except LineFault as fault:
            raise EnvironmentFault("line", why(str(fault))[0]) from None
        finally:
            link.close()

    def fetch(self, wanted: Sequence[WantedPage]) -> Fetched:
        """Scanned pages that lie above. What came is kept, also where the line breaks; then it is an
        `EnvironmentFault`. Raises `Refused`.
        """
        self._refuse_without_line()
        done, tries = Fetched(), 0
        pace = Pace(self._clock.uptime() + LONGEST_CYCLE)
        while self._pages is not None:
            link = self._connect(self._store.identity())
            before = done.pieces
            try:
                conversation = self._over(link, Summary(), pace)
                conversation.greet()
                done.not_above = done.wrong = 0
                self._pages.fetch(conversation.ask, wanted, done)
                break
            except LineFault as fault:
                tries = 1 if done.pieces > before else tries + 1
                if tries > RECONNECTS or fault.wait:
                    raise EnvironmentFault("line", why_cut(done, str(fault))) from None
            except LongEnough:
                raise EnvironmentFault("line", why_cut(done, "")) from None
            finally:
                link.close()
        return done

    def _refuse_without_line(self) -> None:
        url = self._store.identity().server_url
        if not url:
            raise Refused("not_enrolled", NOT_ENROLLED)
        if url == BY_STICK:
            raise Refused("by_stick", SENDS_BY_STICK)

    def _over(self, link: Link, summary: Summary, pace: Pace) -> Conversation:
        return Conversation(
            self._store,
            SignedLine(link, self._signer, self._verify, self._store.identity()),
            self._clock,
            summary,
            self._pages,
            self._relay,
            pace,
        )
