"""Our own faults: kept in a file without personal data, told in a sentence."""

import traceback
from pathlib import Path

from counter_app.data_folder import CRASHES

SENTENCE = "Chương trình gặp sự cố khi làm việc này. Dữ liệu đã lưu vẫn còn. Hãy làm lại."


def write_crash_file(folder: Path, fault: BaseException) -> None:
    """Where it happened, never what the values were."""
    lines = [f"{type(fault).__name__}\n"]
    for place in traceback.extract_tb(fault.__traceback__):
        lines.append(f"{Path(place.filename).name}:{place.lineno} {place.name}\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / CRASHES).open("a", encoding="utf-8") as out:
            out.writelines([*lines, "\n"])
    except OSError:
        return
