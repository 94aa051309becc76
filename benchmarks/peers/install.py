"""Peers come from their registries into a folder that goes with the run."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.peers.course import Unavailable

_PATIENCE = 600


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


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"not installed after {_PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or error.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise Unavailable(f"not installed: {last[0]}") from None
