from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from facestream.audit import Entry
from facestream.server import audit_trail
from facestream.server.audit_trail import LOST, Auditor, AuditTrail
from facestream.server.roles import Role
from facestream.server.tokens import Holder


class FakeFile:
    """A disk that can be slow, and full."""

    def __init__(self) -> None:
        self.lines: list[Entry] = []
        self.free = threading.Event()
        self.free.set()
        self.full = False
        self.tried = threading.Event()

    def append(self, entries: Sequence[Entry]) -> None:
        self.tried.set()
        assert self.free.wait(5)
        if self.full:
            raise OSError(28, "No space left on device")
        self.lines += entries

    @property
    def told(self) -> list[tuple[str, dict[str, Any]]]:
        return [(one.what, dict(one.target)) for one in self.lines]


def trail_to(file: Any) -> AuditTrail:
    return AuditTrail(file, lambda: 1_800_000_000.0)


def test_lines_are_written_in_their_order_and_before_it_closes() -> None:
    file = FakeFile()
    trail = trail_to(file)
    trail.note_server("start")
    trail.start()
    for number in range(100):
        trail.note_server(f"{number}")
    trail.close()
    assert [what for what, _ in file.told] == ["start", *(f"{number}" for number in range(100))]


def test_slow_disk_holds_nobody_up_and_a_line_says_what_it_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_trail, "MOST_WAITING", 4)
    file = FakeFile()
    file.free.clear()
    trail = trail_to(file)
    trail.start()
    trail.note_server("first")
    assert file.tried.wait(5)
    began_s = time.monotonic()
    for number in range(10):
        trail.note_server(f"{number}")
    assert time.monotonic() - began_s < 1
    file.free.set()
    trail.close()
    assert file.told == [("first", {}), *((f"{n}", {}) for n in range(4)), (LOST, {"lines": 6})]


def test_full_disk_costs_lines_and_the_next_one_says_how_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = FakeFile()
    file.full = True
    trail = trail_to(file)
    trail.start()
    for number in range(3):
        file.tried.clear()
        trail.note_server(f"{number}")
        assert file.tried.wait(5)
    while trail._unwritten < 3:
        time.sleep(0.001)
    file.full = False
    trail.note_server("again")
    trail.close()
    assert file.told == [("again", {}), (LOST, {"lines": 3})]
    warnings = [one for one in caplog.records if one.levelname == "WARNING"]
    assert ["No space left" in one.getMessage() for one in warnings] == [True]


def test_flood_of_refusals_fills_no_disk_and_hides_nobody_else() -> None:
    file = FakeFile()
    trail = trail_to(file)
    flood, other = (Auditor(trail, address, None) for address in ("10.0.0.1", "10.0.0.2"))
    for _ in range(500):
        flood.note_refusal("GET /ws", "unauthorised")
    other.note_refusal("GET /ws", "unauthorised")
    flood.note("sign_in")
    trail.start()
    trail.close()
    at = [one.who.get("address") for one in file.lines]
    assert (at.count("10.0.0.1"), at.count("10.0.0.2")) == (31, 1)
    assert file.told[-1] == (LOST, {"lines": 470})


def test_line_names_the_token_its_role_and_the_address() -> None:
    file = FakeFile()
    trail = trail_to(file)
    Auditor(trail, "::1", Holder("0123abcd", "door", Role.VIEWER, "hash")).note("x")
    Auditor(trail, "::1", None).note("y")
    trail.start()
    trail.close()
    assert [dict(one.who) for one in file.lines] == [
        {"token": "0123abcd", "name": "door", "role": "viewer", "address": "::1"},
        {"address": "::1"},
    ]
