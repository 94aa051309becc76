"""Whether the book is sound, as it was found last: looked at behind the work, told until it is well."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from counter_app.services.local_settings import LocalSettings

_WHOLE, _TROUBLE = "check.whole", "check.trouble"
_EVERY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look found."""

    at: str
    """ISO, as the clock of the office said."""
    message: str = ""
    """What does not fit, in a sentence; empty where all does."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look tells whoever sits there."""

    message: str = ""
    """In a sentence; empty where all fits."""
    is_damage: bool = False
    """Otherwise the book is sound, and something is left to be done in it."""


class Soundness:
    """Two local settings: the last whole look, and what is wrong."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings

    @property
    def trouble(self) -> str:
        """What was found wrong, until a whole look finds all well."""
        return self._settings.get(_TROUBLE)

    @property
    def whole(self) -> Looked | None:
        """The last look at everything."""
        text = self._settings.get(_WHOLE)
        return Looked(**json.loads(text)) if text else None

    def is_due(self, now: datetime) -> bool:
        """Whether everything should be looked at: each week, and whenever something was wrong. A last
        look that lies ahead is a clock that was put back.
        """
        last = self.whole
        if last is None or self.trouble:
            return True
        return not timedelta(0) <= now - datetime.fromisoformat(last.at) < _EVERY

    def note(self, message: str, at: datetime, *, whole: bool) -> None:
        """What was found. Where something was wrong the next look is whole: the pages alone never say that
        all is well again.
        """
        if whole:
            looked = Looked(at.isoformat(timespec="seconds"), message)
            self._settings.put(_WHOLE, json.dumps(asdict(looked), ensure_ascii=False))
        if message != self.trouble:
            self._settings.put(_TROUBLE, message)


def words(soundness: Soundness) -> str:
    """For the settings: the last whole look, and what is wrong."""
    last = soundness.whole
    if last is None:
        return "Sổ chưa được kiểm lần nào; máy tự kiểm mỗi tuần khi cửa sổ này đang mở."
    at = datetime.fromisoformat(last.at)
    return f"Kiểm sổ lần cuối {at:%H:%M %d/%m/%Y}: {soundness.trouble or 'khớp.'}"
