"""What stands in the folder of a counter; nothing here needs a library."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from counter_app.errors import EnvironmentFault, Refused

STORE = "store.db"
"""The book, encrypted."""
KEY = "store.key"
"""The wraps of the book's key."""
BACKUPS = "backups"
"""Copies made before an upgrade, and those that a backup is packed from."""
ATTACHMENTS = "attachments"
"""Scanned papers, page by page, each encrypted."""
CRASHES = "su-co.txt"
"""Where the program itself failed, without personal data."""
_RESTORED, _ASIDE = "-khoi-phuc-", "-hong-"
MAKING = "dang-tao"
"""Where a new book and its key are made; they move up when both are whole."""
_OF_A_BOOK = {KEY, *(f"{STORE}{end}" for end in ("", "-wal", "-shm", "-journal"))}
_LONGEST = 160 if os.name == "nt" else 400
"""Of the path of a folder, in what the system counts: a scanned page lies 90 further down, Windows ends at
260 and SQLite at 512.
"""


def refuse_book(target: Path) -> None:
    """Before anything is written to a path that somebody gave: a slip of the hand must not put a slip, a
    bundle or a backup in the place of a book or its key, of this counter or of another.
    """
    with contextlib.suppress(OSError, RuntimeError):  # whoever writes there says what is wrong
        if target.is_dir():
            raise EnvironmentFault(
                "file_is_folder", f"{target} là thư mục. Viết cả tên tệp rồi làm lại."
            )
        # Windows takes capitals, and dots and blanks at the end, for the same name
        if target.resolve().name.casefold().rstrip(". ") in _OF_A_BOOK:
            raise Refused(
                "file_of_book",
                f"{target.name} là tệp của sổ dữ liệu; ghi vào đó thì mất sổ. Chọn tên tệp khác.",
            )


def is_half_made(folder: Path) -> bool:
    """Whether the making of a store was cut between the moves of the book and of its key."""
    made = folder / MAKING
    with looked_into(folder):
        waits = (made / KEY).exists() and not (made / STORE).exists()
        return waits and not (folder / KEY).exists()


@contextmanager
def looked_into(folder: Path) -> Iterator[None]:
    """Whatever keeps this program out of a folder, told; a book that cannot be seen is not taken for none."""
    try:
        yield
    except OSError:
        raise EnvironmentFault(
            "folder_closed",
            f"Không mở được {folder}. Xem lại đường dẫn và quyền của người dùng máy này ở thư mục đó.",
        ) from None


def is_free(folder: Path) -> bool:
    """Whether nothing stands there but what a cut left of making a store."""
    with looked_into(folder):
        if not folder.exists() or is_half_made(folder):
            return True
        return folder.is_dir() and all(found.name == MAKING for found in folder.iterdir())


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Make a store in the given folder: it stands in `folder` when the block ends well, else nothing
    does. A full disk, a cut or a fault in between leaves room for the next try.
    """
    path = folder.absolute()
    if len(str(path) if os.name == "nt" else os.fsencode(path)) > _LONGEST:
        raise EnvironmentFault(
            "path_too_long",
            "Đường dẫn của thư mục sổ dài quá. Chọn một thư mục gần gốc ổ đĩa, tên ngắn.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)
        (folder / MAKING).mkdir()
        yield folder / MAKING
        if (folder / STORE).exists() or (folder / KEY).exists():
            raise store_exists()
        # the key last: until it is here, what is here is half made
        for name in (STORE, ATTACHMENTS, KEY):
            if (folder / MAKING / name).exists():
                (folder / MAKING / name).rename(folder / name)
    except OSError:
        raise EnvironmentFault(
            "disk_fault", f"Không ghi được vào {folder}. Xem ổ đĩa còn chỗ và có quyền ghi không."
        ) from None
    finally:
        _clear(folder)


def finish_exchange(folder: Path) -> None:
    """Where a cut came between setting a damaged folder aside and giving its name to the restored one:
    the second half of it. Otherwise nothing.
    """
    if folder.exists() or not folder.parent.is_dir():
        return
    whole = sorted(
        found
        for found in folder.parent.glob(f"{folder.name}{_RESTORED}*")
        if (found / KEY).exists() and (found / STORE).exists()
    )
    if whole:
        whole[-1].rename(folder)


def restored_name(folder: Path, stamp: str) -> Path:
    """Beside a damaged folder: where a backup is put back first."""
    return folder.with_name(f"{folder.name}{_RESTORED}{stamp}")


def exchange(folder: Path, restored: Path, stamp: str) -> Path:
    """The restored folder takes the name of the damaged one, which stays beside it for ever; its new
    name.
    """
    aside = folder.with_name(f"{folder.name}{_ASIDE}{stamp}")
    try:
        folder.rename(aside)
        restored.rename(folder)
    except OSError:
        with contextlib.suppress(OSError):
            if not folder.exists():
                aside.rename(folder)
            # where that failed too, the next start gives the restored one its name
            shutil.rmtree(restored)
        raise EnvironmentFault(
            "folder_busy",
            f"Chưa để riêng được {folder}: có chương trình đang mở tệp trong đó. Tắt các chương trình khác, "
            "hoặc khởi động lại máy, rồi làm lại.",
        ) from None
    settle(folder.parent)
    return aside


def is_beside(folder: Path, other: Path) -> bool:
    """Whether both lie on one disk: what breaks that breaks both."""
    try:
        return folder.stat().st_dev == other.stat().st_dev
    except OSError:
        return False


def settle(folder: Path) -> None:
    """The names in a folder on the disk themselves; Windows has no way and needs none."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def store_exists() -> Refused:
    """A book is never made over another."""
    return Refused("store_exists", "Ở đây đã có sổ dữ liệu. Không tạo đè; hãy chọn thư mục khác.")


def _clear(folder: Path) -> None:
    if is_half_made(folder):
        (folder / STORE).unlink(missing_ok=True)
        shutil.rmtree(folder / ATTACHMENTS, ignore_errors=True)
    shutil.rmtree(folder / MAKING, ignore_errors=True)
