"""What the neighbours told goes up before what was done upon it here.

A result that is returned at another counter stands on the acceptance; the upper server must have that
first, and the counter that took the dossier in may have no line. So whoever has one hands up what it
holds of the others, as they signed it; each gets its own delivery proof when it comes itself.
"""

from collections.abc import Callable

from counter_app.ports.exchange import ExchangeStore
from counter_app.ports.sync import LineFault
from counter_app.wire.messages import Push, compress, encode, run_of

Send = Callable[[bytes], None]
"""Hands up a compressed `Push` of another counter; what the server says of it is that counter's."""

_PATIENCE = 3


class Relay:
    """Hands up what waits."""

    def __init__(self, store: ExchangeStore) -> None:
        self._store = store
        self._failures = 0

    def send(self, epoch: str, send: Send) -> None:
        """Run by run. A line that carries none of it must still carry what is this counter's own."""
        if self._failures >= _PATIENCE:
            self._failures = 0
            return
        while (told := self._store.next_to_relay()) is not None:
            if told.events:
                last = told.events[-1]
                message = Push(epoch, run_of(told.events), last.hash, told.signature)
                try:
                    send(compress(encode(message)))
                except LineFault:
                    self._failures += 1
                    raise
            self._failures = 0
            self._store.relayed(told)
