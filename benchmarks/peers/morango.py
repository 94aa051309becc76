"""Morango: a Django server and Django clients, one row a dossier, chunks as it comes."""

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.peers.course import WORKERS, Result, Served, Unavailable, run
from benchmarks.peers.install import from_pypi, wait_for

_SURROUNDINGS = {"PYTHONPATH": str(WORKERS)}


def install(place: Path) -> Path:
    """Its Python; a server of WSGI with it, because Django's own is for trials."""
    return from_pypi(place, "morango", "waitress")


def figures(python: Path, place: Path, records: Path, count: int) -> Result:
    """One round."""
    return run(partial(_serve, python, records), place, count)


@contextlib.contextmanager
def _serve(python: Path, records: Path, place: Path) -> Iterator[Served]:
    tool = [str(python), "-m", "morango_peer"]
    surroundings = os.environ | _SURROUNDINGS
    store = place / "upper.sqlite3"
    made = subprocess.run(
        [*tool, "make", str(store)], env=surroundings, capture_output=True, text=True
    )
    if made.returncode:
        raise Unavailable((made.stderr.strip().splitlines() or ["no store"])[-1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def worker(what: str, relay: int, folder: Path) -> list[str]:
        folder.mkdir()
        mine = folder / "store.sqlite3"
        # before anybody used it: each copy becomes an instance of its own
        shutil.copy(place / "empty.sqlite3", mine)
        return [*tool, what, str(mine), f"http://127.0.0.1:{relay}/", str(records)]

    shutil.copy(store, place / "empty.sqlite3")
    with subprocess.Popen(
        [*tool, "serve", str(store), str(port)],
        env=surroundings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_for(port, server)
            yield Served(port, partial(worker, "load"), partial(worker, "take"), _SURROUNDINGS)
        finally:
            server.terminate()
