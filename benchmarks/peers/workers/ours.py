"""A counter that syncs: `ours.py FOLDER URL CODE`."""

import gc
import os
import sys
from pathlib import Path

from sqlalchemy import text
from turns import take_turns

from counter_app.bootstrap import open_counter


def main(folder: str, url: str, code: str) -> None:
    counter = open_counter(Path(folder), os.environ["COUNTER_PASSPHRASE"])
    counter.enrol(url, code, None)
    # as the window does when its screens are loaded
    gc.freeze()

    def sync(_: str) -> str:
        summary = counter.sync.cycle()
        return summary.fault or "".join(problem.message for problem in summary.problems[:1])

    def held() -> int:
        with counter.store.read() as books:
            return books.connection.execute(text("SELECT count(*) FROM dossier")).scalar_one()

    take_turns(sync, held)


main(*sys.argv[1:])
