"""`attachments CODE [--fetch] [--out FOLDER]`: the scanned papers of a dossier, and their pages as files.

`--fetch` first brings what was scanned at other counters from the upper server.
"""

import argparse
from pathlib import Path

from counter_app.bootstrap import Counter
from counter_app.commands.attach import dossier_of, told
from counter_app.commands.lines import write
from counter_app.commands.on_paper import save
from counter_app.commands.session import opened, signed_in
from counter_app.domain.officer import Right
from counter_app.errors import EnvironmentFault, Refused
from counter_app.services.attachments import Scanned


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("code")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--fetch", action="store_true")


def run(options: argparse.Namespace) -> int:
    """A line a paper. Files of an export are readable by whoever has the folder."""
    with opened(options) as counter:
        if options.out is not None and not signed_in(counter).may(Right.EXPORT):
            raise Refused("no_right", "Bạn không có quyền xuất bản quét ra tệp. Hãy đổi người.")
        dossier_id = dossier_of(counter, options.code)
        if options.fetch:
            counter.sync.fetch(counter.attachments.missing(dossier_id))
        papers = counter.attachments.of(dossier_id)
        for number, scanned in enumerate(papers, 1):
            line = told(scanned)
            if options.out is not None and scanned.here:
                line["files"] = _write_out(counter, scanned, number, options.out)
            write(line)
    return 0


def _write_out(counter: Counter, scanned: Scanned, number: int, folder: Path) -> list[str]:
    """The names are ours: what a file was called once is no name for a new one."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        raise EnvironmentFault(
            "disk_fault", f"Không tạo được thư mục {folder}. Xem lại đường dẫn và ổ đĩa."
        ) from None
    names = []
    for at, page in enumerate(scanned.pages, 1):
        path = folder / f"{number:03}-{at:02}.jpg"
        save(path, counter.attachments.content(page))
        names.append(path.name)
    return names
