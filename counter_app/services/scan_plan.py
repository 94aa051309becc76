"""Where the scanner and the camera put their files, and what was taken out of there already."""

import json
from collections.abc import Mapping

from counter_app.services.local_settings import LocalSettings

_SCANNER, _CAMERA, _COMMAND = "scan.folder", "scan.camera_folder", "scan.camera_command"
_REMOVES, _TAKEN = "scan.removes", "scan.taken"
_REMEMBERED = 300


class ScanPlan:
    """Local settings."""

    def __init__(self, settings: LocalSettings) -> None:
        self._settings = settings

    @property
    def scanner_folder(self) -> str:
        """Empty where none was chosen."""
        return self._settings.get(_SCANNER)

    @property
    def camera_folder(self) -> str:
        """Empty for the one where the system's camera program keeps its pictures."""
        return self._settings.get(_CAMERA)

    @property
    def camera_command(self) -> str:
        """What starts a camera program where the system has none of its own."""
        return self._settings.get(_COMMAND)

    @property
    def removes(self) -> bool:
        """Whether a file goes from its folder once it is safely in a dossier."""
        return self._settings.get(_REMOVES) == "1"

    def keep(
        self, scanner_folder: str, camera_folder: str, camera_command: str, *, removes: bool
    ) -> None:
        """Change all of them."""
        for name, value in (
            (_SCANNER, scanner_folder),
            (_CAMERA, camera_folder),
            (_COMMAND, camera_command),
            (_REMOVES, "1" if removes else ""),
        ):
            self._settings.put(name, value)

    def taken(self) -> Mapping[str, str]:
        """SHA-256 of files that were taken lately → the code of the dossier they went into."""
        known: dict[str, str] = json.loads(self._settings.get(_TAKEN, "{}"))
        return known

    def note_taken(self, sha256: str, code: str) -> None:
        """That file is in a dossier now."""
        known = {**self.taken()}
        known.pop(sha256, None)
        known[sha256] = code
        kept = dict(list(known.items())[-_REMEMBERED:])
        self._settings.put(_TAKEN, json.dumps(kept))
