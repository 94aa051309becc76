"""A folder that a scanner or the system's camera program writes into, as it is looked at again and again.

Nobody tells when a file is whole: it is when it has not changed between two looks and can be drawn. What
is in it is drawn in a process of its own, as everything from outside.
"""

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from counter_app.attachments.reencoding import LARGEST_FILE, glimpse
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports.attachments import FoundFile

_KINDS = {".jpg", ".jpeg", ".png", ".pdf"}
_SHOWN = 24
_AT_A_LOOK = 2
"""Files that are drawn in one look: each is a process, and the first should soon be seen."""
_SETTLED = 10.0
"""Seconds after which nobody is writing any more."""
_PATIENCE = 30.0
"""Seconds for which what cannot be drawn is taken for half written."""

_PDF, _PDF_END, _PDF_TAIL = b"%PDF-", b"%%EOF", 2048

_Mark = tuple[int, int]
"""Size and time of writing: where both stay, the file does."""


@dataclass(frozen=True, slots=True)
class _Judged:
    mark: _Mark
    found: FoundFile


class Watched:
    """Remembers what it saw, so that a look costs little."""

    def __init__(
        self,
        folder: Path,
        small: Callable[[bytes], bytes] = glimpse,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._small = small
        self._now = now
        self._seen: dict[Path, _Mark] = {}
        self._judged: dict[Path, _Judged] = {}

    def look(self) -> Sequence[FoundFile]:
        """The newest files, newest first; what is not whole yet is named as such."""
        left, found = _AT_A_LOOK, []
        for path, mark in self._newest():
            known = self._judged.get(path)
            if known is not None and known.mark == mark:
                found.append(known.found)
                continue
            one = FoundFile(path, mark[1] / 1e9, mark[0], "writing")
            if self._is_settled(path, mark):
                one = replace(one, state="reading")
                if left:
                    left -= 1
                    one = self._judge(one, mark)
            self._seen[path] = mark
            found.append(one)
        return _with_doubles(found)

    def content(self, found: FoundFile) -> bytes:
        """The file as it was looked at."""
        try:
            raw = _read(found.path)
        except OSError:
            raw = b""
        if hashlib.sha256(raw).hexdigest() != found.sha256:
            raise Refused(
                "file_changed",
                f"Tệp {found.path.name} vừa đổi hoặc không còn. Chờ máy quét ghi xong rồi thêm lại.",
                "file",
            )
        return raw

    def remove(self, found: FoundFile) -> bool:
        """Away with it, unless it is another now."""
        try:
            self.content(found)
            found.path.unlink()
        except (Refused, OSError):
            return False
        return True

    def _newest(self) -> list[tuple[Path, _Mark]]:
        files = []
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    if Path(entry.name).suffix.lower() in _KINDS and entry.is_file():
                        stat = entry.stat()
                        files.append((Path(entry.path), (stat.st_size, stat.st_mtime_ns)))
        except OSError:
            raise EnvironmentFault(
                "scan_folder_missing",
                f"Không thấy thư mục {self._folder}. Xem ổ hay máy đã nối chưa, hoặc chọn lại ở F11, Alt+0.",
            ) from None
        files.sort(key=lambda file: (file[1][1], file[0].name), reverse=True)
        return files[:_SHOWN]

    def _is_settled(self, path: Path, mark: _Mark) -> bool:
        return self._seen.get(path) == mark or self._now() - mark[1] / 1e9 > _SETTLED

    def _judge(self, one: FoundFile, mark: _Mark) -> FoundFile:
        try:
            raw = _read(one.path)
            stat = one.path.stat()
        except OSError:
            # somebody holds it, or it has just gone
            return replace(one, state="writing")
        if (stat.st_size, stat.st_mtime_ns) != mark:
            return replace(one, state="writing")
        young = self._now() - one.at < _PATIENCE
        if young and raw.startswith(_PDF) and _PDF_END not in raw[-_PDF_TAIL:]:
            # half of it can often be drawn
            return replace(one, state="writing")
        try:
            small = self._small(raw)
        except Refused as refused:
            if young:
                return replace(one, state="writing")
            judged = replace(one, state="broken", problem=refused.message)
        else:
            sha256 = hashlib.sha256(raw).hexdigest()
            judged = replace(one, state="ready", sha256=sha256, small=small)
        self._judged[one.path] = _Judged(mark, judged)
        return judged


def _with_doubles(found: Sequence[FoundFile]) -> Sequence[FoundFile]:
    first: dict[str, str] = {}
    told = []
    for one in reversed(found):
        older = first.setdefault(one.sha256, one.path.name) if one.sha256 else one.path.name
        told.append(one if older == one.path.name else replace(one, same_as=older))
    return told[::-1]


def _read(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)
