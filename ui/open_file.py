"""Files of the user, and handing a PDF to the viewer of the system. That file is wiped when the window closes."""

import atexit
import shutil
import tempfile
from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices

_folders: list[Path] = []


def documents() -> Path:
    """Where the user's own files lie."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place or ".")


def open_pdf(content: bytes) -> None:
    """Open it in the viewer."""
    if not _folders:
        _folders.append(Path(tempfile.mkdtemp(prefix="mot-cua-")))
        atexit.register(shutil.rmtree, _folders[0], True)
    path = _folders[0] / f"giay-{len(list(_folders[0].iterdir())) + 1}.pdf"
    path.write_bytes(content)
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
