"""Bytes of a sync cycle, counted on the socket between a counter and a real upper server."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import resources
from benchmarks.book import PASSPHRASE, PIN
from benchmarks.drafts import draft
from benchmarks.measure import Figure
from counter_app.bootstrap import create_counter, open_counter


class CountingRelay:
    """Forwards to a port on loopback, counts both ways, and cuts every connection when told."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._bytes = 0
        self._left: int | None = None
        self._links: set[socket.socket] = set()
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
            with self._lock:
                self._links |= {near, far}
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
    """An idle cycle, one dossier, a hundred."""
    with upper_server(f"sqlite:///{place / 'upper.sqlite3'}", [2]) as (port, (code,)):
        relay = CountingRelay(port)
        folder = place / "wire"
        create_counter(folder, resources.office_text("khe-sanh"), 2, "Hồ Thị Mai", PIN, PASSPHRASE)
        counter = open_counter(folder, PASSPHRASE)
        officer = counter.officers.all()[0]
        counter.enrol(f"http://127.0.0.1:{relay.port}", code, None)
        counter.sync.cycle()

        def cycle(dossiers: int, first: int) -> int:
            for number in range(dossiers):
                counter.intake.accept(draft(first + number), officer)
            relay.taken()
            counter.sync.cycle()
            return relay.taken()

        for what, dossiers, bar in (
            ("sync: idle cycle", 0, 2_500),
            ("sync: one dossier, all in", 1, 3_000),
            ("sync: 100 dossiers, all in", 100, 20_000),
        ):
            size = cycle(dossiers, dossiers * 10)
            beside = "plain HTTP on loopback, both ways, headers included"
            yield Figure(what, size, "bytes", f"{bar}", size <= bar, beside)
        counter.close()
        relay.close()


@contextlib.contextmanager
def upper_server(database: str, counters: Sequence[int]) -> Iterator[tuple[int, list[str]]]:
    """A server process on an empty database: its port, and a code to enrol each counter by."""
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
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*tool, "serve", "--port", str(port)],
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
