"""Backups of an open book: by hand, or by the office's plan."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from counter_app import data_folder
from counter_app.book import backup_file
from counter_app.errors import EnvironmentFault
from counter_app.ports import Clock
from counter_app.services.backup_plan import BackupMade, BackupPlan
from db.copying import copy_whole

_COPYING = "dang-sao-luu"
_COPYING_TAKES = 24 * 3600.0
"""Seconds, at the very most."""


class Backups:
    """Copies of one book, made while everything else goes on."""

    def __init__(
        self,
        folder: Path,
        key: bytes,
        clock: Clock,
        counter_no: Callable[[], int],
        plan: BackupPlan,
    ) -> None:
        self._folder = folder
        self._key = key
        self._clock = clock
        self._counter_no = counter_no
        self._plan = plan

    def make(self, target: Path) -> backup_file.Manifest:
        """The whole store into one file, read back before it counts."""
        return self._make(target, planned=False)

    def make_if_due(self) -> bool:
        """By the plan; whether one was made. The folder is never made: where it is missing, the disk or
        the stick is.
        """
        plan, now = self._plan, self._clock.now()
        # a task of the system may have made one
        plan.read_again()
        if not plan.is_due(now):
            return False
        folder, number = Path(plan.folder), self._counter_no()
        if not os.path.isdir(folder):
            raise EnvironmentFault(
                "backup_folder_missing",
                f"Không thấy {folder}. Cắm ổ hoặc USB sao lưu; máy tự sao lưu khi thấy nó.",
            )
        backup_file.clear_away(folder, number, plan.kept)
        self._make(folder / backup_file.planned_name(number, now), planned=True)
        backup_file.clear_away(folder, number, plan.kept)
        return True

    def _make(self, target: Path, *, planned: bool) -> backup_file.Manifest:
        made = self._written(target)
        noted = BackupMade(made.made_at, target.name, target.stat().st_size)
        with suppress(EnvironmentFault):
            # the backup stands, even where the book's own disk takes no more
            self._plan.note_made(noted, planned=planned)
        return made

    def _written(self, target: Path) -> backup_file.Manifest:
        data_folder.refuse_book(target)
        folder = self._folder / data_folder.BACKUPS
        for left in folder.glob(f"{_COPYING}*"):
            # a power cut left it; what another process makes now is younger
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _COPYING_TAKES:
                    left.unlink()
        # the window and a task of the system may do so at once
        copy = folder / f"{_COPYING}-{os.getpid()}.db"
        try:
            copy_whole(self._folder / data_folder.STORE, self._key, copy)
            at = self._clock.now().isoformat(timespec="seconds")
            return backup_file.write(target, copy, self._folder, at)
        finally:
            copy.unlink(missing_ok=True)
