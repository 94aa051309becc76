"""Looking whether a book is sound: its end at each start, its pages and all it says behind the work."""

import json
import subprocess
from contextlib import suppress
from pathlib import Path

from counter_app import child
from counter_app.errors import EnvironmentFault
from counter_app.keys.device import verify
from counter_app.ports import Clock
from counter_app.services.soundness import Found, Soundness
from db.check import NOT_ERASED, Report, check, check_pages
from db.store import Store

PAGES, WHOLE = "pages", "whole"
_LINKS_AT_START = 5_000
"""Of the own chain: 0.1 s; what is older waits for the weekly look."""


class Checks:
    """What is looked at in one book, and who looks."""

    def __init__(
        self, store: Store, folder: Path, key: bytes, clock: Clock, soundness: Soundness
    ) -> None:
        self._store = store
        self._folder = folder
        self._key = key
        self._clock = clock
        self._soundness = soundness

    def whole(self) -> Report:
        """Every page read, the log replayed, everything compared."""
        return check(self._store, verify)

    def pages(self) -> Report:
        """Whether any page of the file is damaged, and no more."""
        return check_pages(self._store)

    def end(self) -> None:
        """Whether the own log ends as it was written. Raises `EnvironmentFault` where it does not."""
        with self._store.read() as books:
            books.log.look_at_end(_LINKS_AT_START)

    def behind(self) -> Found:
        """Look at every page, each week at everything, in a process of its own that gives way. Raises
        `EnvironmentFault` where it could not be looked at.
        """
        whole = self._soundness.is_due(self._clock.now())
        with subprocess.Popen(
            child.command(child.CHECK_BEHIND, WHOLE if whole else PAGES, str(self._folder)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=child.HIDDEN | child.BEHIND,
        ) as asked:
            assert asked.stdin is not None
            assert asked.stdout is not None
            with suppress(OSError):
                asked.stdin.write(self._key.hex().encode() + b"\n")
                asked.stdin.flush()
            # its way in stays open: where this process ends, the child sees it shut and ends too
            told = asked.stdout.read()
        if asked.returncode not in (0, 1):
            raise EnvironmentFault("check_failed", "Chưa kiểm được sổ. Máy sẽ kiểm lại.")
        problems = json.loads(told)["problems"]
        told_of = (Found(one["message"], one["code"] != NOT_ERASED) for one in problems)
        # damage goes before what is left to be done
        found = max(told_of, key=lambda one: one.is_damage, default=Found())
        damage = found.message if found.is_damage else ""
        with suppress(EnvironmentFault):
            # a damaged book may take no more, and it is told all the same
            self._soundness.note(damage, self._clock.now(), whole=whole)
        return found
