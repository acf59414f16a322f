"""The other end of the server: what the page does, in Python. Knows no engine and no TensorFlow.

`connect` is the entrance, docs/client.md the way in. It shares the wire messages and the models of
requests with the server (`facestream.server.protocol` and `rest_models`), and nothing else of it.
"""

from facestream.client.address import Address, parse_address
from facestream.client.errors import (
    BadAddress,
    CannotConnect,
    ClientError,
    ConnectionClosed,
    ConnectionRefused,
    NoAnswer,
    RequestRefused,
    Untrusted,
)
from facestream.client.facade import Server, connect, connect_to
from facestream.client.live import Live
from facestream.client.rest import KEEP, Photos

__all__ = [
    "KEEP",
    "Address",
    "BadAddress",
    "CannotConnect",
    "ClientError",
    "ConnectionClosed",
    "ConnectionRefused",
    "Live",
    "NoAnswer",
    "Photos",
    "RequestRefused",
    "Server",
    "Untrusted",
    "connect",
    "connect_to",
    "parse_address",
]
