"""What strangers can repeat for ever writes no line into the log."""

from __future__ import annotations

import asyncio
import logging

import pytest

from facestream.server.strangers import is_our_fault
from tests.server.conftest import Serving


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\nA: \0\r\n\r\n"])
async def test_what_is_no_http_is_refused_without_a_line(
    serving: Serving, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(is_our_fault)
    try:
        reader, writer = await asyncio.open_connection(serving.server.host, serving.server.port)
        writer.write(sent)
        assert b"400" in await asyncio.wait_for(reader.readline(), 5)
        writer.close()
    finally:
        logger.removeFilter(is_our_fault)
    assert caplog.records == []


def test_a_fault_of_ours_keeps_its_line() -> None:
    record = logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "failed", None, None)
    assert is_our_fault(record)
    record.exc_info = (KeyError, KeyError("ours"), None)
    assert is_our_fault(record)


async def test_a_client_that_leaves_while_it_is_answered_writes_no_line(
    serving: Serving, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: object) -> None:
        raise ConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(type(serving.engine), "gallery", property(gone))
    await serving.get("/api/gallery", token=True)
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
