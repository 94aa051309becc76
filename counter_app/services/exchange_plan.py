"""When and where this counter meets the others: off until a folder and minutes are set."""

from counter_app.errors import Refused
from counter_app.services.local_settings import LocalSettings

LONGEST = 24 * 60
_FOLDER, _MINUTES, _TROUBLE = "exchange.folder", "exchange.minutes", "exchange.trouble"


class ExchangePlan:
    """Two local settings, and what became of the last round."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings

    @property
    def folder(self) -> str:
        """A shared folder, or that of a stick; empty where none was chosen."""
        return self._settings.get(_FOLDER)

    @property
    def minutes(self) -> int:
        """Minutes between rounds; 0 for never."""
        return int(self._settings.get(_MINUTES, "0")) if self.folder else 0

    @property
    def trouble(self) -> str:
        """Why the last round did not do; empty where it did."""
        return self._settings.get(_TROUBLE) if self.minutes else ""

    def note_trouble(self, sentence: str) -> None:
        """How the last round ended; written only where that is news."""
        if sentence != self._settings.get(_TROUBLE):
            self._settings.put(_TROUBLE, sentence)

    def keep(self, folder: str, minutes: int) -> None:
        """Change both."""
        if not 0 <= minutes <= LONGEST:
            raise Refused("minutes_wrong", "Số phút từ 1 đến 1440; 0 là tắt.", "minutes")
        if minutes and not folder:
            raise Refused("folder_missing", "Chưa chọn thư mục trao đổi giữa các quầy.", "folder")
        self.note_trouble("")
        self._settings.put(_FOLDER, folder)
        self._settings.put(_MINUTES, str(minutes))
