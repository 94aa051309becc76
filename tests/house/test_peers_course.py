"""The course of the comparison, run by a toy engine whose figures are known beforehand."""

import contextlib
import socketserver
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from benchmarks.peers.course import WORKERS, Served, Unavailable, run

# Up: 100 records of 100 bytes, each answered by one byte; after a cut it begins anew. Down and
# both: a word of ten bytes.
_TOY = """
import socket, sys
from turns import take_turns
port, held = int(sys.argv[1]), int(sys.argv[2])

def sync(word):
    with socket.create_connection(("127.0.0.1", port)) as link:
        for _ in range(100 if word == "up" else 0):
            link.sendall(b"r" * 100)
            if not link.recv(1):
                return "cut"
        if word != "up":
            link.sendall(b"w" * 10)
    return ""

take_turns(sync, lambda: held)
"""


class _Answers(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            come = 0
            while piece := self.request.recv(4096):
                before, come = come, come + len(piece)
                self.request.sendall(b"k" * (come // 100 - before // 100))


@contextlib.contextmanager
def toy(held: int, place: Path) -> Iterator[Served]:
    script = place / "toy.py"
    script.write_text(_TOY)

    def worker(port: int, folder: Path) -> list[str]:
        return [sys.executable, str(script), str(port), str(held)]

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Answers) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            port = server.server_address[1]
            yield Served(port, worker, worker, {"PYTHONPATH": str(WORKERS)})
        finally:
            server.shutdown()


def test_bytes_of_a_push_and_what_a_cut_cost(tmp_path: Path) -> None:
    result = run(partial(toy, 100), tmp_path, 100)
    assert result.push_bytes == 101
    # all of the first half is sent again, but for the piece that the cut swallowed
    assert result.resent == pytest.approx(101 * 50, abs=101)


def test_a_side_that_lacks_records_has_no_figures(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="99 of 100"):
        run(partial(toy, 99), tmp_path, 100)


def test_a_worker_that_falls_over_says_why(tmp_path: Path) -> None:
    @contextlib.contextmanager
    def broken(place: Path) -> Iterator[Served]:
        command = [sys.executable, "-c", "raise SystemExit('no such engine')"]
        yield Served(1, lambda *_: command, lambda *_: command)

    with pytest.raises(Unavailable, match="no such engine"):
        run(broken, tmp_path, 1)
