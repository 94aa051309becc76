import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from benchmarks.wire import CountingRelay


@pytest.fixture
def relay() -> Iterator[CountingRelay]:
    """Before something that says everything back."""
    listener = socket.create_server(("127.0.0.1", 0))

    def echo(link: socket.socket) -> None:
        with link, contextlib.suppress(OSError):
            while piece := link.recv(4096):
                link.sendall(piece)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                link, _ = listener.accept()
                threading.Thread(target=echo, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    made = CountingRelay(listener.getsockname()[1])
    yield made
    made.close()
    listener.close()


def said_back(link: socket.socket, said: bytes) -> bytes:
    """What comes back until all is there or the line ends."""
    link.settimeout(10)
    link.sendall(said)
    back = b""
    with contextlib.suppress(ConnectionError):
        while len(back) < len(said) and (piece := link.recv(4096)):
            back += piece
    return back


def test_it_counts_both_ways(relay: CountingRelay) -> None:
    with socket.create_connection(("127.0.0.1", relay.port)) as link:
        assert said_back(link, b"x" * 300) == b"x" * 300
    assert relay.taken() == 600
    assert relay.taken() == 0


def test_it_cuts_every_line_once_and_then_lets_through(relay: CountingRelay) -> None:
    with (
        socket.create_connection(("127.0.0.1", relay.port)) as idle,
        socket.create_connection(("127.0.0.1", relay.port)) as link,
    ):
        assert said_back(idle, b"a") == b"a"
        relay.cut_after(1_000)
        assert said_back(link, b"x" * 499) == b"x" * 499
        assert relay.to_be_cut
        assert said_back(link, b"x" * 499) == b""
        assert not relay.to_be_cut
        assert idle.recv(1) == b""
    with socket.create_connection(("127.0.0.1", relay.port)) as link:
        assert said_back(link, b"x" * 3_000) == b"x" * 3_000
