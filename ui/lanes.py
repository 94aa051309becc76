"""Work off the main thread, results back on it.

Measured with PySide6: a lambda or a plain object's method connected to a worker's signal runs on the
worker's thread. Only a bound method of a QObject living on the main thread is safe, so this module
alone connects to workers.
"""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

Work = Callable[[], Any]
Done = Callable[[Any], None]
Failed = Callable[[Exception], None]


class Runs(Protocol):
    """Anything that takes work."""

    def submit(
        self, work: Work, on_done: Done | None = None, on_error: Failed | None = None
    ) -> None:
        """Do it elsewhere; tell the result on the main thread."""

    def stop(self, wait: float = 5.0) -> None:
        """Finish what is queued and end."""


class Lane(QObject):
    """One thread that does its work in order."""

    _finished = Signal(object)

    def __init__(self, name: str, on_fault: Failed) -> None:
        super().__init__()
        self._on_fault = on_fault
        self._tasks: queue.SimpleQueue[tuple[Work, Done | None, Failed | None] | None]
        self._tasks = queue.SimpleQueue()
        self._finished.connect(self._on_finished)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self, work: Work, on_done: Done | None = None, on_error: Failed | None = None
    ) -> None:
        """Queue it; the answer comes back on the main thread."""
        self._tasks.put((work, on_done, on_error))

    def stop(self, wait: float = 5.0) -> None:
        """Finish what is queued and end."""
        self._tasks.put(None)
        self._thread.join(wait)

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            work, on_done, on_error = task
            try:
                result = work()
            except Exception as fault:
                self._finished.emit((None, fault, on_error or self._on_fault))
            else:
                if on_done is not None:
                    self._finished.emit((result, None, on_done))

    def _on_finished(self, answer: tuple[Any, Exception | None, Callable[[Any], None]]) -> None:
        result, fault, tell = answer
        asker = getattr(tell, "__self__", None)
        if isinstance(asker, QObject) and not isValid(asker):
            # the screen that asked is gone
            return
        tell(result if fault is None else fault)


class LanesByName:
    """A lane for each name, made when it is first needed: one that hangs holds up no other."""

    def __init__(self, make: Callable[[str], Runs]) -> None:
        self._make = make
        self._made: dict[str, Runs] = {}

    def __getitem__(self, name: str) -> Runs:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def stop(self, wait: float = 5.0) -> None:
        """Finish what is queued and end, all of them in that time."""
        ends = time.monotonic() + wait
        lanes = list(self._made.values())
        for lane in lanes:
            lane.stop(0.0)
        for lane in lanes:
            lane.stop(max(0.0, ends - time.monotonic()))
