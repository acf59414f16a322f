"""Asks the server in this container whether it is alive; exit status 0 or 1. Docker's HEALTHCHECK.

Where the server answers, and with which certificate, its own settings say: give them as
`FACESTREAM_*` variables or by `FACESTREAM_CONFIG`, for options of the command are not seen here.
"""

from __future__ import annotations

import ssl
import sys
import urllib.request

from facestream.settings import Settings

TIMEOUT_S = 8
"""Less than Docker's, so that what is wrong gets into its record."""


def main() -> None:
    settings = Settings()
    scheme, context = "http", None
    if settings.tls:
        # The certificate is one for localhost, by the server's own authority.
        context = ssl.create_default_context(cafile=settings.data / "tls" / "ca.pem")
        scheme = "https"
    # Not by a proxy that the environment may name: this is the same machine.
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    url = f"{scheme}://localhost:{settings.port}/healthz"
    with opener.open(url, timeout=TIMEOUT_S) as answer:
        print(answer.read().decode())


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:  # urllib's errors and an HTTP status are OSErrors
        sys.exit(f"unhealthy: {error}")
