"""The server of the tests beside these."""

from tests.server.conftest import serve

__all__ = ["serve"]
