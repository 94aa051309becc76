"""Bytes of a sync cycle, counted on the socket between a counter and a real upper server, plain and
inside TLS; and how long one dossier takes on a slow line.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import resources
from benchmarks.book import PASSPHRASE, PIN
from benchmarks.drafts import draft
from benchmarks.measure import Figure
from counter_app.book.creation import create_counter
from counter_app.bootstrap import open_counter
from district_server.database import Database
from district_server.keys import ServerKeys, issue_certificate, load_keys


class CountingRelay:
    """Forwards to a port on loopback, counts both ways; slow, or cut, when told."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._bytes = 0
        self._left: int | None = None
        self._links: set[socket.socket] = set()
        self._one_way, self._rate = 0.0, float("inf")
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> int:
        """Bytes since the last question."""
        with self._lock:
            counted, self._bytes = self._bytes, 0
            return counted

    def cut_after(self, count: int) -> None:
        """Once, when so many more bytes have come; what connects after that goes through."""
        with self._lock:
            self._left = count

    def slow_down(self, one_way: float, rate: float) -> None:
        """From now on each way takes so many seconds, and passes so many bytes a second."""
        self._one_way, self._rate = one_way, rate

    @property
    def to_be_cut(self) -> bool:
        """Whether the cut is still ahead."""
        return self._left is not None

    def close(self) -> None:
        """No more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(near,), daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with (
            near,
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._target)) as far,
        ):
            for link in (near, far):
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            with self._lock:
                self._links |= {near, far}
            # until the line stands
            time.sleep(2 * self._one_way)
            back = threading.Thread(target=self._forward, args=(far, near), daemon=True)
            back.start()
            self._forward(near, far)
            back.join()
            with self._lock:
                self._links -= {near, far}

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                if self._count(len(piece)):
                    break
                time.sleep(self._one_way + len(piece) / self._rate)
                other.sendall(piece)
        _end(one, other)

    def _count(self, size: int) -> bool:
        """Whether the line was cut in this piece."""
        with self._lock:
            self._bytes += size
            if self._left is None:
                return False
            self._left -= size
            if self._left > 0:
                return False
            self._left = None
            _end(*self._links)
            return True


def _end(*links: socket.socket) -> None:
    for link in links:
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)


def figures(place: Path) -> Iterator[Figure]:
    """An idle cycle, one dossier, a hundred, and one more on a slow line; then the same inside TLS, where
    only the slow line has a bar.
    """
    for name in ("plain", "tls"):
        folder = place / name
        folder.mkdir()
        database = f"sqlite:///{folder / 'upper.sqlite3'}"
        with upper_server(database, [2], folder if name == "tls" else None) as (port, (code,)):
            fingerprint = _keys(database).fingerprint if name == "tls" else None
            yield from _cycles(folder / "counter", port, code, fingerprint)


def _cycles(folder: Path, port: int, code: str, fingerprint: str | None) -> Iterator[Figure]:
    relay = CountingRelay(port)
    create_counter(folder, resources.office_text("khe-sanh"), 2, "Hồ Thị Mai", PIN, PASSPHRASE)
    counter = open_counter(folder, PASSPHRASE)
    officer = counter.officers.all()[0]
    scheme, way = ("https", "TLS, handshake included") if fingerprint else ("http", "plain HTTP")
    counter.enrol(f"{scheme}://127.0.0.1:{relay.port}", code, fingerprint)
    counter.sync.cycle()

    def cycle(dossiers: int, first: int) -> tuple[int, float]:
        for number in range(dossiers):
            counter.intake.accept(draft(first + number), officer)
        relay.taken()
        began = time.monotonic()
        summary = counter.sync.cycle()
        if summary.fault or summary.waiting:
            raise RuntimeError(f"the cycle failed: {summary}")
        return relay.taken(), time.monotonic() - began

    for what, dossiers, bar in (
        ("idle cycle", 0, 2_500),
        ("one dossier, all in", 1, 3_000),
        ("100 dossiers, all in", 100, 20_000),
    ):
        size, _ = cycle(dossiers, dossiers * 10)
        told, holds = ("none", True) if fingerprint else (str(bar), size <= bar)
        yield Figure(f"sync: {what}", size, "bytes", told, holds, f"{way}, both ways")
    relay.slow_down(_ONE_WAY, _SLOW)
    _, took = cycle(1, 2_000)
    what = "sync: one dossier at 20 kbit/s, 600 ms round trip"
    yield Figure(what, took, "s", "10", took <= _PATIENCE, way)
    counter.close()
    relay.close()


_ONE_WAY, _SLOW = 0.3, 20_000 / 8
_PATIENCE = 10


def _keys(database: str) -> ServerKeys:
    with contextlib.closing(Database(database)) as opened, opened.begin() as connection:
        return load_keys(connection, None)


@contextlib.contextmanager
def upper_server(
    database: str, counters: Sequence[int], tls_dir: Path | None = None
) -> Iterator[tuple[int, list[str]]]:
    """A server process on an empty database: its port, and a code to enrol each counter by. With a folder
    for its certificate it speaks TLS.
    """
    tool = [sys.executable, "-m", "district_server"]
    settings = os.environ | {"DISTRICT_DATABASE_URL": database}

    def run(*arguments: str) -> str:
        command = [*tool, *arguments]
        return subprocess.run(
            command, env=settings, check=True, capture_output=True, text=True
        ).stdout

    def code(counter: int) -> str:
        told = run("issue-code", "--commune", "H50.99.01", "--counter", str(counter))
        return str(json.loads(told)["code"])

    run("init")
    codes = [code(counter) for counter in counters]
    certificate = []
    if tls_dir is not None:
        chain, key = issue_certificate(_keys(database), ["127.0.0.1"])
        (tls_dir / "cert.pem").write_bytes(chain)
        (tls_dir / "key.pem").write_bytes(key)
        certificate = ["--tls-dir", str(tls_dir)]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*tool, "serve", "--port", str(port), *certificate],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield port, codes
    finally:
        server.terminate()
        server.wait(10)
