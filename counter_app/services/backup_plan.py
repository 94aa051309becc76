"""Backups that make themselves: off until a folder and hours are set. What is told of them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from counter_app.errors import Refused
from counter_app.services.local_settings import LocalSettings

LONGEST, MOST = 24 * 7, 500
USUAL_HOURS, USUAL_KEPT = 1, 24
_FOLDER, _HOURS, _KEPT = "backup.folder", "backup.hours", "backup.kept"
_LAST, _LAST_OWN, _TROUBLE = "backup.last", "backup.last_planned", "backup.trouble"
_LATE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BackupMade:
    """A backup that was read back and stands."""

    at: str
    """ISO, as the clock of the office said."""
    name: str
    size: int
    """In bytes."""


class BackupPlan:
    """Local settings, and what became of the last ones."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings

    @property
    def folder(self) -> str:
        """Another disk or a stick; empty where none was chosen."""
        return self._settings.get(_FOLDER)

    @property
    def hours(self) -> int:
        """Hours between two; 0 for never."""
        return int(self._settings.get(_HOURS, "0")) if self.folder else 0

    @property
    def kept(self) -> int:
        """How many of them stay in the folder."""
        return int(self._settings.get(_KEPT, str(USUAL_KEPT)))

    @property
    def last(self) -> BackupMade | None:
        """The newest backup, whoever asked for it."""
        return _made(self._settings.get(_LAST))

    @property
    def trouble(self) -> str:
        """Why the last one by plan was not made; empty where it was."""
        return self._settings.get(_TROUBLE) if self.hours else ""

    def keep(self, folder: str, hours: int, kept: int) -> None:
        """Change all three."""
        if not 0 <= hours <= LONGEST:
            raise Refused("hours_wrong", f"Số giờ từ 1 đến {LONGEST}; 0 là tắt.", "hours")
        if not 2 <= kept <= MOST:
            raise Refused("kept_wrong", f"Giữ từ 2 đến {MOST} bản.", "kept")
        if hours and not folder:
            raise Refused("folder_missing", "Chưa chọn thư mục để tự sao lưu.", "folder")
        moved = folder != self.folder
        for name, value in ((_FOLDER, folder), (_HOURS, str(hours)), (_KEPT, str(kept))):
            self._settings.put(name, value)
        self.note_trouble("")
        if moved:
            # another place has none of them yet
            self._settings.put(_LAST_OWN, "")

    def read_again(self) -> None:
        """Another process may have changed it, or made one."""
        self._settings.read_again("backup.")

    def is_due(self, now: datetime) -> bool:
        """Whether one should be made now. A last one that lies ahead is a clock that was put back."""
        last = _made(self._settings.get(_LAST_OWN))
        if not self.hours:
            return False
        if last is None:
            return True
        since = now - datetime.fromisoformat(last.at)
        return not timedelta(0) <= since < timedelta(hours=self.hours)

    def note_made(self, made: BackupMade, *, planned: bool) -> None:
        """It stands, read back."""
        text = json.dumps(asdict(made), ensure_ascii=False)
        self._settings.put(_LAST, text)
        if planned:
            self._settings.put(_LAST_OWN, text)
            self.note_trouble("")

    def note_trouble(self, sentence: str) -> None:
        """Why it was not made; written only where that is news."""
        if sentence != self._settings.get(_TROUBLE):
            self._settings.put(_TROUBLE, sentence)


def short_words(plan: BackupPlan, now: datetime) -> tuple[bool, str]:
    """For the status bar: whether all is well, and a few words."""
    last = plan.last
    if plan.trouble:
        return False, "Chưa tự sao lưu được, xem F9"
    if last is None:
        return False, "Chưa sao lưu lần nào" if plan.hours else "Chưa đặt sao lưu"
    at = datetime.fromisoformat(last.at)
    said = f"Sao lưu lúc {at:%H:%M}" if at.date() == now.date() else f"Sao lưu {at:%H:%M %d/%m}"
    return now - at < _LATE, said


def long_words(plan: BackupPlan) -> str:
    """For the settings: the last one, and what is in the way of the next."""
    last = plan.last
    said = "Chưa có bản sao lưu nào."
    if last is not None:
        megabytes = f"{last.size / 1_000_000:.1f}".replace(".", ",")
        at = datetime.fromisoformat(last.at)
        said = f"Lần cuối {at:%H:%M %d/%m/%Y}: {last.name}, {megabytes} MB, đọc lại khớp."
    if plan.trouble:
        said += f" {plan.trouble}"
    elif not plan.hours:
        said += " Chưa đặt tự sao lưu."
    return said


def _made(text: str) -> BackupMade | None:
    if not text:
        return None
    told: Mapping[str, object] = json.loads(text)
    return BackupMade(str(told["at"]), str(told["name"]), int(str(told["size"])))
