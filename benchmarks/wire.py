"""Bytes of a sync cycle, counted on the socket between a counter and a real upper server."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import resources
from benchmarks.book import PASSPHRASE, PIN
from benchmarks.drafts import draft
from benchmarks.measure import Figure
from counter_app.bootstrap import create_counter, open_counter


class CountingRelay:
    """Forwards to a port on loopback and counts both ways."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def taken(self) -> int:
        """Bytes since the last question."""
        counted, self._bytes = self._bytes, 0
        return counted

    def close(self) -> None:
        """No more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(one, other), daemon=True).start()

    def _forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                self._bytes += len(piece)
                other.sendall(piece)
        for link in (one, other):
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


def figures(place: Path) -> Iterator[Figure]:
    """An idle cycle, one dossier, a hundred."""
    with _server(place) as (port, code):
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
def _server(place: Path) -> Iterator[tuple[int, str]]:
    tool = [sys.executable, "-m", "district_server"]
    settings = os.environ | {"DISTRICT_DATABASE_URL": f"sqlite:///{place / 'upper.sqlite3'}"}

    def run(*arguments: str) -> str:
        command = [*tool, *arguments]
        return subprocess.run(
            command, env=settings, check=True, capture_output=True, text=True
        ).stdout

    run("init")
    code = json.loads(run("issue-code", "--commune", "H50.99.01", "--counter", "2"))["code"]
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
        yield port, code
    finally:
        server.terminate()
        server.wait(10)
