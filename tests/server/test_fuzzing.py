"""Whatever is sent, a real server answers as its OpenAPI document says, and never with a 500.

benchmarks/fuzz_rest.py is the same for longer, with the real networks.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream.errors import BadPicture
from facestream.gallery.records import Crop, NewTemplate, Source
from facestream.records import Frame
from facestream.server.app import build_app
from facestream.server.bodies import answered
from facestream.server.keys import DEVICES, DOCUMENT
from facestream.server.openapi import Described, document
from facestream.server.operations import operation, operation_of
from facestream.server.rest_models import Liveness, Readiness
from facestream.server.roles import Role
from facestream.settings import Settings
from tests.engine import fakes
from tests.engine.fakes import POISON, FakeEngine, FakeRecogniser
from tests.server.conftest import TOKEN
from tests.server.fuzzing import fuzz

EXAMPLES = 2
"""For each operation; with those at the edges of its schema it is asked almost twenty times."""

_T = TypeVar("_T")


class Beside:
    """A server in another thread: requests are made in this one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def do(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def start(self, app: web.Application) -> str:
        """Its URL."""
        self.server = TestServer(app)
        self.do(self.server.start_server())
        return str(self.server.make_url("")).rstrip("/")

    def stop(self) -> None:
        self.do(self.server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def beside() -> Iterator[Beside]:
    beside = Beside()
    yield beside
    beside.stop()


def decode(jpeg: bytes, max_pixels: int) -> Frame:
    """As the real one does, refuse what holds no picture at all; and what makes the fake fail."""
    if not jpeg or jpeg[0] == POISON:
        raise BadPicture("this is not a picture")
    return fakes_decode(jpeg, max_pixels)


fakes_decode = fakes.decode


async def started(engine: FakeEngine) -> None:
    engine.recogniser.decide_by = engine._load_policy(await engine.started())
    row = np.eye(4, dtype=np.float32)[0]
    crop = Crop(b"\xff\xd8 a crop \xff\xd9")
    await engine.desk.add(
        "Ada", [NewTemplate(row, FakeRecogniser.fingerprint, 50.0, Source.CAMERA, crop)]
    )


def test_whoever_asks_whatever_is_answered_as_the_document_says(
    beside: Beside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fakes, "decode", decode)
    options: dict[str, Any] = {
        "data": tmp_path,
        "shutdown_seconds": 2.0,
        "max_connects_per_second": 1e6,  # it is one address that asks
    }
    engine = FakeEngine(folder=tmp_path, **options)
    app = build_app(Settings(**options), engine, TOKEN)
    url = beside.start(app)
    beside.do(started(engine))
    described = app[DOCUMENT]()
    operations = sum(len(methods) for methods in described["paths"].values())

    admin = fuzz(described, url, TOKEN, examples=EXAMPLES)
    assert admin.wrong == {}
    assert len(admin.operations) == operations
    assert {200, 400, 404} <= set(admin.statuses)

    viewer = beside.do(app[DEVICES].add(Role.VIEWER))
    for token, status in ((viewer, 403), (None, 401)):
        found = fuzz(described, url, token, examples=2, coverage=False)
        assert found.wrong == {}
        assert len(found.operations) == operations
        assert found.statuses[status] > operations // 2


def test_what_is_amiss_is_found(beside: Beside) -> None:
    @operation("liar", "server", Readiness)
    async def liar(request: web.Request) -> web.Response:
        """Answer something else."""
        return answered(Liveness(healthy=True))

    @operation("broken", "server", Liveness)
    async def broken(request: web.Request) -> web.Response:
        """Answer nothing."""
        raise web.HTTPInternalServerError

    handlers = {"/api/liar": liar, "/api/broken": broken}
    app = web.Application()
    app.add_routes([web.get(path, handler) for path, handler in handlers.items()])
    url = beside.start(app)
    told = [
        Described("GET", path, None, made)
        for path, handler in handlers.items()
        if (made := operation_of(handler))
    ]
    found = fuzz(document(told, "1"), url, None, examples=1)
    assert any(key.startswith("GET /api/liar") for key in found.wrong)
    assert any(key.startswith("GET /api/broken: ServerError") for key in found.wrong)
