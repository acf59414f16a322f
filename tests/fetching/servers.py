"""Real HTTP servers on the loopback, with the faults that downloads meet."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class FileServer:
    """Serves `content` at every path but /missing.

    Args:
        breaks: connections which end after half of what they announced, before one holds.
        ranges: whether it continues a file where it is asked to.
    """

    def __init__(self, content: bytes, *, breaks: int = 0, ranges: bool = True) -> None:
        self.content = content
        self.breaks = breaks
        self.ranges = ranges
        self.asked: list[str | None] = []
        """The Range of each request."""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range")
        self.asked.append(asked)
        if request.path == "/missing":
            request.send_error(404)
            return
        begin = 0
        if asked and self.ranges:
            begin = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])  # type: ignore[index]
            if begin >= len(self.content):
                request.send_response(416)
                request.send_header("Content-Range", f"bytes */{len(self.content)}")
                request.end_headers()
                return
            request.send_response(206)
            last, size = len(self.content) - 1, len(self.content)
            request.send_header("Content-Range", f"bytes {begin}-{last}/{size}")
        else:
            request.send_response(200)
        body = self.content[begin:]
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if self.breaks:
            self.breaks -= 1
            body = body[: len(body) // 2]
        request.wfile.write(body)


@contextmanager
def serving(server: FileServer) -> Iterator[str]:
    """The address at which it serves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()
