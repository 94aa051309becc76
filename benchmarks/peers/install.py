"""Peers come from their registries into a folder that goes with the run; their servers start there."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.course import Unavailable

_PATIENCE = 600
_START_SECONDS = 30


def from_pypi(place: Path, *packages: str) -> Path:
    """The Python of a new environment that has them."""
    _run([sys.executable, "-m", "venv", str(place)])
    python = next(
        found
        for found in (place / "bin" / "python", place / "Scripts" / "python.exe")
        if found.exists()
    )
    _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", *packages])
    return python


def from_npm(place: Path, *packages: str) -> Path:
    """The folder of modules that has them."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable("no npm here: apt-get install npm")
    place.mkdir(parents=True)
    _run([npm, "install", "--prefix", str(place), "--no-audit", "--no-fund", *packages])
    return place / "node_modules"


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until something listens there."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise Unavailable("its server does not start")


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"not installed after {_PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise Unavailable(f"not installed: {last[0]}") from None
