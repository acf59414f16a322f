"""Keeps the log readable, whatever strangers send: what they can repeat for ever writes no line."""

from __future__ import annotations

import logging

from aiohttp.http_exceptions import HttpProcessingError

__all__ = ["keep_log_readable"]


def keep_log_readable() -> None:
    """Let aiohttp refuse what is no HTTP by 400 without a traceback in the log."""
    logging.getLogger("aiohttp.server").addFilter(is_our_fault)


def is_our_fault(record: logging.LogRecord) -> bool:
    """A filter of `logging`: whether the record is worth a line."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)
