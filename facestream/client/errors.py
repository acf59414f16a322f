"""What can go wrong on the way to a server. Knows no transport.

ClientError
├── BadAddress         bad_address            this is no URL of a server
├── CannotConnect      cannot_connect         nobody listens there, or something else does
├── Untrusted          untrusted_certificate  its certificate is signed by an unknown authority
├── ConnectionRefused  unauthorised, ...      it answered the upgrade with an HTTP status
├── ConnectionClosed   connection_closed      it closed the socket, or the network did
├── RequestRefused     the server's code      it answered a request with an error
└── NoAnswer           no_answer              it is there, and says nothing
"""

from __future__ import annotations

from facestream.errors import FacestreamError

__all__ = [
    "BadAddress",
    "CannotConnect",
    "ClientError",
    "ConnectionClosed",
    "ConnectionRefused",
    "NoAnswer",
    "RequestRefused",
    "Untrusted",
]


class ClientError(FacestreamError):
    code = "client_error"


class BadAddress(ClientError):
    code = "bad_address"


class CannotConnect(ClientError):
    code = "cannot_connect"
    retryable = True


class Untrusted(ClientError):
    code = "untrusted_certificate"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"the certificate of {host} is signed by nobody known here; give its ca.pem with --ca"
        )


class NoAnswer(ClientError):
    code = "no_answer"
    retryable = True


class ConnectionRefused(ClientError):
    """The upgrade was answered with `status`; `code` follows from it.

    retry_after_s: what the server asks to wait, in seconds; None where it does not say.
    """

    def __init__(self, status: int, retry_after_s: float | None = None) -> None:
        code, why = _REFUSALS.get(status, ("refused", "the server does not open its socket"))
        super().__init__(f"{why} (HTTP {status})")
        self.code = code
        self.status = status
        self.retryable = status in (429, 503)
        self.retry_after_s = retry_after_s


class ConnectionClosed(ClientError):
    """The connection is over.

    close_code: of the WebSocket; None: it was lost without one.
    said: the code of the error which the server sent before, or None.
    """

    code = "connection_closed"
    retryable = True

    def __init__(
        self, close_code: int | None, said: str | None = None, message: str | None = None
    ) -> None:
        how = "was lost" if close_code is None else f"was closed with {close_code}"
        super().__init__(f"the connection {how}" + (f": {message}" if message else ""))
        self.close_code = close_code
        self.said = said


class RequestRefused(ClientError):
    """The server's answer to a request is an error; `code` and `retryable` are the server's.

    status: of HTTP; None: the request went over the socket.
    """

    def __init__(self, code: str, message: str, retryable: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.status = status


_REFUSALS = {
    401: ("unauthorised", "the access token is missing or wrong"),
    403: ("forbidden", "the server does not let this client in"),
    404: ("not_found", "there is no facestream at this address"),
    429: ("too_many_connections", "the server was connected to too often"),
    503: ("overloaded", "the server takes no more clients now"),
}
