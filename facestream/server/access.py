"""Token, Origin and Host of a request -> nothing, or an error. Strings only: knows no aiohttp."""

from __future__ import annotations

import hmac
import logging
import re
import secrets
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from facestream.errors import ForbiddenOrigin, StoreFailed, Unauthorised
from facestream.files import create_private_folder, signature, write_whole
from facestream.hosts import as_address

__all__ = [
    "TOKEN_COOKIE",
    "TOKEN_PARAMETER",
    "MainToken",
    "check_host",
    "check_origin",
    "check_token",
    "given_token",
    "read_or_create_token",
    "renew_token",
]

log = logging.getLogger(__name__)

FILE = "token"

TOKEN_COOKIE = "facestream_token"
TOKEN_PARAMETER = "token"

TOKEN_BYTES = 16  # cannot be guessed, and the link fits a line of 80 characters
_USABLE_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")  # goes unquoted through a URL, a cookie, a header
_DEFAULT_PORTS = {"http": 80, "https": 443}


def read_or_create_token(folder: Path) -> str:
    """The access token of this server: the file `token` in the data folder, made if missing.

    Whoever wants a new one says `facestream token renew`, or deletes the file and starts the server
    again. A person may write a token of their own choice into it: letters, digits, `-` and `_`, at
    least 16 of them.

    Raises:
        StoreFailed: the file cannot be read or written, or holds no usable token.
    """
    path = folder / FILE
    try:
        return _read_token(path)
    except FileNotFoundError:
        return _create_token(path)


def renew_token(folder: Path) -> str:
    """Put a new token in the place of the one in the file; a running server notices.

    Raises:
        StoreFailed: the file cannot be written.
    """
    return _create_token(folder / FILE)


class MainToken:
    """The file `token`, watched while a server runs. Used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._seen: tuple[int, ...] | None = None

    def changed(self) -> str | None:
        """The token that is in the file now; None: the same as before, or none that can be used.

        A file that is gone changes nothing until the server is started again.
        """
        try:
            seen = signature(self._path)
            if seen == self._seen:
                return None
            self._seen = seen
            return _read_token(self._path)
        except FileNotFoundError:
            return None
        except (OSError, StoreFailed) as error:
            log.warning("the access token stays what it was: %s", error)
            return None


def _read_token(path: Path) -> str:
    """Raises FileNotFoundError, StoreFailed."""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise StoreFailed(f"the access token in {path} cannot be read: {error}") from error
    if not _USABLE_TOKEN.fullmatch(token):
        raise StoreFailed(
            f"{path} holds no usable access token (16 or more letters, digits, '-' and '_'): "
            "delete the file, and a new one is made"
        )
    return token


def _create_token(path: Path) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        create_private_folder(path.parent)
        write_whole(path, f"{token}\n".encode(), keep_owner=True)
    except OSError as error:
        raise StoreFailed(f"the access token cannot be written to {path}: {error}") from error
    return token


def given_token(
    query: Mapping[str, str], cookies: Mapping[str, str], headers: Mapping[str, str]
) -> str | None:
    """The token that a request brings, or None.

    `Authorization: Bearer` wins, then `?token=`, then the cookie: a link with a new token has to
    work in a browser which still has the old cookie.
    """
    scheme, _, credentials = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    return query.get(TOKEN_PARAMETER, cookies.get(TOKEN_COOKIE))


def check_token(expected: str, given: str | None) -> None:
    """Compares in a time which does not tell how much of the token was right.

    Raises:
        Unauthorised: there is no token, or a wrong one.
    """
    if given is None:
        raise Unauthorised(
            "an access token is needed: open the link that the server printed when it started"
        )
    # As bytes: compare_digest takes no str with other than ASCII in it.
    if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
        raise Unauthorised("the access token is wrong: open the link that the server printed")


def check_origin(origin: str | None, host: str) -> None:
    """Refuses pages of other sites, from which a browser would send this site's cookie along.

    Args:
        origin: the header `Origin`. None: not a browser, for which the token is check enough.
        host: the header `Host`.

    Raises:
        ForbiddenOrigin: the page is of another site, or hides of which.
    """
    if origin is None:
        return
    own = _split(f"//{host}")
    page = _split(origin)
    if (
        own is None
        or page is None
        or page.scheme not in _DEFAULT_PORTS
        or page.hostname != own.hostname
        # Host says no scheme; a proxy in front may speak TLS for us. So the page's counts.
        or _port(page, page.scheme) != _port(own, page.scheme)
    ):
        raise ForbiddenOrigin("this request comes from a page of another site")


def check_host(host: str, names: Collection[str]) -> None:
    """Refuses requests to a name that is not this machine's. For a server without tokens.

    Another site can let its name point to this machine (DNS rebinding); its pages then have the
    right Origin. An address cannot be forged so, and is let through.

    Args:
        host: the header `Host`.
        names: names of this machine, lower case; see `tls.local_names`.

    Raises:
        ForbiddenOrigin: the request was sent to another name.
    """
    own = _split(f"//{host}")
    if own is None or own.hostname is None:
        raise ForbiddenOrigin("this request does not say which host it is for")
    if own.hostname not in names and as_address(own.hostname) is None:
        raise ForbiddenOrigin(f"this server does not answer to the name {own.hostname}")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises too
    except ValueError:
        return None
    return parts if parts.hostname else None


def _port(parts: SplitResult, scheme: str) -> int:
    return _DEFAULT_PORTS[scheme] if parts.port is None else parts.port
