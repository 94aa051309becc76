"""A TCP proxy that breaks the line on purpose: cuts at byte k either way, loses the answer. It counts what
passes.
"""

import contextlib
import socket
import threading
from typing import Self


class FaultProxy:
    """Forwards to a server on loopback; `cut_up` and `cut_down` count bytes of one connection."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self.cut_up: int | None = None
        self.cut_down: int | None = None
        self.page: bytes | None = None
        self.connections = 0
        self.passed_up = self.passed_down = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._sockets:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        for thread in self._threads:
            thread.join(5)

    def heal(self) -> None:
        self.cut_up = self.cut_down = self.page = None

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(near)
            if self.page is not None:
                self._start(self._portal, near)
                continue
            try:
                far = socket.create_connection(self._target)
                for link in (near, far):
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
            except OSError:
                near.close()
                continue
            self._sockets.append(far)
            self._start(self._pump, near, far, "up", self.cut_up)
            self._start(self._pump, far, near, "down", self.cut_down)

    def _portal(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            near.recv(65536)
            body = self.page or b""
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            near.sendall(head.encode() + body)
            near.shutdown(socket.SHUT_RDWR)

    def _pump(self, source: socket.socket, sink: socket.socket, way: str, cut: int | None) -> None:
        left = cut
        with contextlib.suppress(OSError):
            while data := source.recv(4096):
                if left is not None:
                    data = data[:left]
                    left -= len(data)
                if data:
                    name = f"passed_{way}"
                    setattr(self, name, getattr(self, name) + len(data))
                    sink.sendall(data)
                if left == 0:
                    break
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
