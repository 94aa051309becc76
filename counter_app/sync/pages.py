"""Pages of scanned papers on their way: up after the events, down when somebody wants to see them;
piece by piece, from where they stopped.

The server is asked how much it has of a page; pieces follow until it has all and its hash is right.
A cut costs the piece that was under way. Whenever events wait, they go first. What comes down is kept
as it comes and is a page only when its hash is right.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import msgspec

from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock
from counter_app.ports.attachments import Fetched, PageToSend, Uploads, Vault, WantedPage
from counter_app.ports.sync import LineFault, Summary
from counter_app.wire.messages import LARGEST_PIECE, PageState

FIRST_PIECE = 16 * 1024
SMALLEST_PIECE = 2 * 1024
FAST, SLOW = 4.0, 15.0
"""Seconds a piece may take before pieces grow no more, and before they shrink."""

GROWS_AFTER = 8
"""Good pieces on one connection after which they double: a line that is cut often keeps small ones."""

MOST_UNWANTED = 20
"""Pages in a row that the server will not have; then it is left alone until the next cycle."""

Answer = TypeVar("Answer")
Asked = Callable[[str, str, bytes], bytes | None]
"""Method, target, body → the verified answer; None where there is no such thing above."""


class Pages:
    """Sends what waits, fetches what is wanted."""

    def __init__(self, uploads: Uploads, vault: Vault, clock: Clock) -> None:
        self._uploads = uploads
        self._vault = vault
        self._clock = clock
        self._good = 0

    def send(self, ask: Asked, events_first: Callable[[], None], summary: Summary) -> None:
        """Every page that the server wants and this PC has. One that cannot go stops no other."""
        passed, unwanted, self._good = 0, 0, 0
        while unwanted < MOST_UNWANTED and (page := self._uploads.next(passed)) is not None:
            passed = page.num
            state = self._asked(ask, "GET", page, "", b"")
            content = b"" if state is None or state.done else self._content(page)
            while state is not None and content and not state.done:
                events_first()
                state = self._next_piece(ask, page, content, state)
                summary.pieces += state is not None
            if state is not None and state.done:
                self._uploads.taken(page)
            unwanted = unwanted + 1 if state is None else 0

    def _content(self, page: PageToSend) -> bytes:
        """Nothing where it is lost or damaged: whoever opens it is told, and can scan it again."""
        try:
            return self._vault.get(page.sha256)
        except (EnvironmentFault, Refused):
            return b""

    def _next_piece(
        self, ask: Asked, page: PageToSend, content: bytes, state: PageState
    ) -> PageState | None:
        """What the server has after one piece more; None where it comes no further."""
        if not 0 <= state.offset <= len(content):
            return None

        def patch(size: int) -> PageState | None:
            piece = content[state.offset : state.offset + size]
            return self._asked(ask, "PATCH", page, f"&offset={state.offset}", piece)

        after = self._timed(patch)
        if after is None or (not after.done and after.offset <= state.offset):
            return None
        return after

    def fetch(self, ask: Asked, wanted: Sequence[WantedPage], done: Fetched) -> None:
        """Pages that lie above. One that does not come stops no other."""
        self._good = 0
        for page in wanted:
            content = b"" if self._vault.has(page.sha256) else self._coming(ask, page, done)
            if content is None:
                done.not_above += 1
            elif content and hashlib.sha256(content).hexdigest() != page.sha256:
                done.wrong += 1
            elif content:
                self._vault.put(content)
                done.pages += 1
            self._vault.keep_begun(page.sha256, b"")

    def _coming(self, ask: Asked, page: WantedPage, done: Fetched) -> bytes | None:
        """All of a page; None where the server has not got it."""
        content = self._vault.begun(page.sha256)
        while len(content) < page.size:
            where = f"event={page.event_id}&page={page.page}&offset={len(content)}"
            piece = self._timed(partial(_piece, ask, where))
            if not piece:
                return None
            content += piece
            self._vault.keep_begun(page.sha256, content)
            done.pieces += 1
        return content

    def _timed(self, send: Callable[[int], Answer]) -> Answer:
        """One piece of the size that the line takes well; how long it took is learnt from."""
        size = self._uploads.piece() or FIRST_PIECE
        began = self._clock.uptime()
        try:
            answer = send(size)
        except LineFault:
            self._uploads.keep_piece(max(SMALLEST_PIECE, size // 2))
            raise
        took = self._clock.uptime() - began
        self._good = self._good + 1 if took < FAST else 0
        if took > SLOW:
            self._uploads.keep_piece(max(SMALLEST_PIECE, size // 2))
        elif self._good >= GROWS_AFTER and size < LARGEST_PIECE:
            self._good = 0
            self._uploads.keep_piece(min(LARGEST_PIECE, size * 2))
        return answer

    def _asked(
        self, ask: Asked, method: str, page: PageToSend, more: str, body: bytes
    ) -> PageState | None:
        """None where the server does not want this page, or not yet."""
        target = f"/sync/v1/page?event={page.event_id}&page={page.page}{more}"
        raw = ask(method, target, body)
        return None if raw is None else _decoded(raw)


def _piece(ask: Asked, where: str, size: int) -> bytes | None:
    return ask("GET", f"/sync/v1/page/content?{where}&size={size}", b"")


def _decoded(raw: bytes) -> PageState:
    try:
        return msgspec.json.decode(raw, type=PageState)
    except msgspec.DecodeError as fault:
        raise LineFault("answer") from fault
