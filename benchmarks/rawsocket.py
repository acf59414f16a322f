"""A WebSocket by hand, for clients that a library would not let misbehave so. It blocks.

Not asyncio: its TLS reads on for a quarter of a megabyte when it is told to read no more.
"""

from __future__ import annotations

import base64
import os
import socket
import ssl
import struct
from contextlib import suppress
from urllib.parse import urlsplit

from facestream.client.address import Address
from facestream.server import protocol as wire

__all__ = ["RawSocket", "header"]

BINARY, CLOSE = 0x82, 0x88
MASKED = 0x80
ANSWER_S = 10.0


def header(length: int) -> bytes:
    """Of a whole binary message of `length` bytes under 64 kB, masked by nothing (RFC 6455)."""
    if length < 126:
        return struct.pack(">BB4x", BINARY, MASKED | length)
    return struct.pack(">BBH4x", BINARY, MASKED | 126, length)


class RawSocket:
    """A TLS connection on which the upgrade was asked for and hello said.

    status: of the answer to the upgrade.

    Args:
        address: of the server.
        tls: for it.
        receive_buffer: bytes that the kernel takes for somebody who does not read.
    """

    def __init__(
        self, address: Address, tls: ssl.SSLContext, receive_buffer: int | None = None
    ) -> None:
        parts = urlsplit(address.url)
        plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(ANSWER_S)
        plain.connect((address.host, parts.port or 443))
        self._socket = tls.wrap_socket(plain, server_hostname=address.host)
        self.status = self._upgrade(parts.path, parts.netloc, address.token or "")
        if self.status == 101:
            self.send(wire.encode(wire.ClientHello(client="raw")))

    def send(self, message: bytes) -> None:
        """One whole binary message under 64 kB. Raises OSError when the connection is over."""
        self._socket.sendall(header(len(message)) + message)

    def send_part(self, length: int, part: bytes) -> None:
        """The beginning of a message of `length` bytes."""
        self._socket.sendall(header(length) + part)

    def end(self, within_s: float) -> str:
        """Read all that is there until the connection ends; how it did."""
        tail = b""
        self._socket.settimeout(within_s)
        try:
            while some := self._socket.recv(65536):
                tail = (tail + some)[-4:]
        except TimeoutError:
            return "still open"
        except OSError:
            pass
        # The server's close frame is unmasked, and the last thing that it says.
        if tail[:2] == bytes((CLOSE, 2)):
            return f"closed with {struct.unpack('>H', tail[2:])[0]}"
        return "cut off"

    def drop(self) -> None:
        """End it at once."""
        with suppress(OSError):
            self._socket.close()

    def _upgrade(self, path: str, host: str, token: str) -> int:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {token}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {wire.SUBPROTOCOL}",
        )
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            some = self._socket.recv(1)  # no byte of what follows
            if not some:
                raise ConnectionError("the server ended the connection")
            answer += some
        return int(answer.split(b" ", 2)[1])
