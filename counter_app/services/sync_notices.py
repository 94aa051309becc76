"""What a round with the upper server told that no dossier's own mark shows: a code that changed, a
difference of the two books, an officer whom two counters changed. It stays until somebody has looked at it.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from counter_app.ports.sync import SyncProblem
from counter_app.services.local_settings import LocalSettings

_KEPT = "sync.notices"
_MOST = 50
_TOLD_HERE = ("renumbered", "digest_differs", "officer_changed")
"""All else marks its dossier, or, as a copy does, the state of the line."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be seen to."""

    dossier_code: str
    """Empty where it is about the whole book."""
    message: str


class SyncNotices:
    """Kept on this PC."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings

    def keep(self, problems: Iterable[SyncProblem]) -> None:
        """Of what a round told, what belongs here; once each."""
        told = [Notice(one.dossier_code, one.message) for one in problems if one.code in _TOLD_HERE]
        if told:
            self._put(list(dict.fromkeys([*self.all(), *told]))[-_MOST:])

    def all(self) -> tuple[Notice, ...]:
        """The oldest first."""
        return tuple(Notice(**one) for one in json.loads(self._settings.get(_KEPT, "[]")))

    def seen(self, notice: Notice) -> None:
        """Somebody has looked at it."""
        self._put([one for one in self.all() if one != notice])

    def _put(self, notices: list[Notice]) -> None:
        told = [asdict(notice) for notice in notices]
        self._settings.put(_KEPT, json.dumps(told, ensure_ascii=False))
