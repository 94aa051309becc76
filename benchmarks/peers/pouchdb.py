"""PouchDB with LevelDB below, against express-pouchdb: one document a dossier, batches as it comes."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.peers.course import WORKERS, Result, Served, Unavailable, run
from benchmarks.peers.install import from_npm

_WORKER = str(WORKERS / "pouchdb.js")


def install(place: Path) -> Path:
    """The modules."""
    # it sets what express 5 only lets be read
    return from_npm(place, "pouchdb", "express@4", "express-pouchdb")


def figures(modules: Path, place: Path, records: Path, count: int) -> Result:
    """One round."""
    return run(partial(_serve, modules, records), place, count)


@contextlib.contextmanager
def _serve(modules: Path, records: Path, place: Path) -> Iterator[Served]:
    node = shutil.which("node") or "node"

    def worker(what: str, port: int, folder: Path) -> list[str]:
        url = f"http://127.0.0.1:{port}/dossiers"
        return [node, _WORKER, what, str(folder), url, str(records)]

    surroundings = {"NODE_PATH": str(modules)}
    with subprocess.Popen(
        [node, _WORKER, "serve", str(place / "upper")],
        env=os.environ | surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            said = server.stdout.readline()
            if not said:
                raise Unavailable("its server does not start")
            port = json.loads(said)["port"]
            yield Served(port, partial(worker, "load"), partial(worker, "take"), surroundings)
        finally:
            server.terminate()
