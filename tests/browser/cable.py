"""The way from a browser to a server, which can fail: TCP, passed on without a look at it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

CHUNK_BYTES = 65536


class Cable:
    """Leads from `port` of its own to `to_port`. Owns the sockets of both sides."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._passing = threading.Event()
        self._passing.set()
        self._ends: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def cut(self) -> None:
        """Break all connections, without a farewell. New ones get through."""
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):  # the other side was quicker
                end.shutdown(socket.SHUT_RDWR)

    def hold(self) -> None:
        """Let nothing through from now on, as when a phone leaves its network: nobody is told."""
        self._passing.clear()

    def release(self) -> None:
        """Let all through again, what was held back first."""
        self._passing.set()

    def close(self) -> None:
        """Break all connections, and let no new ones through."""
        self.release()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listening.close()
        self.cut()
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:  # closed
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to_port))
            except OSError:  # the server is away: so is this way to it
                near.close()
                continue
            with self._lock:
                self._ends += [near, far]
            passed = threading.Thread(target=self._pass_on, args=(near, far))
            self._threads.append(passed)
            passed.start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        """Both directions, until one of them ends."""
        back = threading.Thread(target=pump, args=(far, near, self._passing))
        back.start()
        pump(near, far, self._passing)
        back.join()
        near.close()
        far.close()


def pump(source: socket.socket, sink: socket.socket, passing: threading.Event) -> None:
    """Pass on, while it may, until there is nothing more; then tell both sides."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK_BYTES):
            passing.wait()
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cable(to_port: int) -> Iterator[Cable]:
    """A cable that is closed in the end."""
    made = Cable(to_port)
    try:
        yield made
    finally:
        made.close()
