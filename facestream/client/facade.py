"""One server, as a program wants it: its requests, and its socket. The entrance to this room."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from facestream.client.address import Address, parse_address
from facestream.client.connection import Connector
from facestream.client.http import ANSWER_S, Http
from facestream.client.live import RESULT_S, Live
from facestream.client.rest import Rest
from facestream.client.trust import client_tls

__all__ = ["Server", "connect", "connect_to"]


class Server(Rest):
    """What `connect` gives. The methods of `Rest`, and `stream`.

    address: of the socket, with the token.
    """

    def __init__(self, http: Http, address: Address, tls: ssl.SSLContext | None) -> None:
        super().__init__(http)
        self.address = address
        self._tls = tls

    @asynccontextmanager
    async def stream(self, result_s: float = RESULT_S) -> AsyncIterator[Live]:
        """A session of its own, on which pictures are answered; as many as one likes.

        Args:
            result_s: how long a result may take.

        Raises:
            what `Connector.connect` raises.
        """
        async with (
            Connector(self.address, self._tls) as connector,
            Live(await connector.connect(), result_s) as live,
        ):
            yield live


@asynccontextmanager
async def connect(
    url: str,
    *,
    token: str | None = None,
    ca: Path | str | None = None,
    insecure: bool = False,
    answer_s: float = ANSWER_S,
) -> AsyncIterator[Server]:
    """A server by its URL; nothing is sent before the first request.

    Args:
        url: as the server prints it, `https://host:8443/?token=...`, or `wss:` of the socket.
        token: None: that of the URL, if there is one.
        ca: the server's ca.pem. None: who the system trusts; on a loopback address anybody.
        insecure: accept any certificate, wherever the server is.
        answer_s: how long the server may take for a request; those with files have more.

    Raises:
        BadAddress: this is no URL of a server.
        BadCertificate: `ca` cannot be read.
    """
    address = parse_address(url)
    if token is not None:
        address = replace(address, token=token)
    tls = client_tls(address, ca=None if ca is None else Path(ca), insecure=insecure)
    async with connect_to(address, tls, answer_s) as server:
        yield server


@asynccontextmanager
async def connect_to(
    address: Address, tls: ssl.SSLContext | None, answer_s: float = ANSWER_S
) -> AsyncIterator[Server]:
    """As `connect`, where address and trust are known already."""
    async with Http(address, tls, answer_s) as http:
        yield Server(http, address, tls)
