"""Anki's own sync server and its client: one note with one card a dossier, one transaction a sync."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.peers.course import WORKERS, Result, Served, run
from benchmarks.peers.install import from_pypi, wait_for


def install(place: Path) -> Path:
    """Its Python."""
    return from_pypi(place, "anki")


def figures(python: Path, place: Path, records: Path, count: int) -> Result:
    """One round."""
    return run(partial(_serve, python, records), place, count)


@contextlib.contextmanager
def _serve(python: Path, records: Path, place: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def worker(what: str, relay: int, folder: Path) -> list[str]:
        url = f"http://127.0.0.1:{relay}/"
        script = str(WORKERS / "anki_client.py")
        return [str(python), script, what, str(folder), url, str(records)]

    with subprocess.Popen(
        [str(python), "-m", "anki.syncserver"],
        env=os.environ
        | {
            "SYNC_USER1": "peer:peer",
            "SYNC_HOST": "127.0.0.1",
            "SYNC_PORT": str(port),
            "SYNC_BASE": str(place / "upper"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_for(port, server)
            yield Served(port, partial(worker, "load"), partial(worker, "take"))
        finally:
            server.terminate()
