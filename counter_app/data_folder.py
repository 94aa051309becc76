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


def is_half_made(folder: Path) -> bool:
    """Whether the making of a store was cut between the moves of the book and of its key."""
    made = folder / MAKING
    waits = (made / KEY).exists() and not (made / STORE).exists()
    return waits and not (folder / KEY).exists()


def is_free(folder: Path) -> bool:
    """Whether nothing stands there but what a cut left of making a store."""
    if not folder.exists() or is_half_made(folder):
        return True
    return folder.is_dir() and all(found.name == MAKING for found in folder.iterdir())


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """Make a store in the given folder: it stands in `folder` when the block ends well, else nothing
    does. A full disk, a cut or a fault in between leaves room for the next try.
    """
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
