"""A photo over HTTP: a real server, a real gallery on disk, fake faces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from facestream.client import RequestRefused, Server, connect
from facestream.engine.identify_desk import MAX_WAITING
from facestream.gallery.records import NewTemplate, Source
from facestream.server import bodies
from tests.engine.fakes import FRAME_WH, POISON, FakeEngine, FakeRecogniser, picture, until
from tests.server.conftest import TOKEN, Serve, Serving

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest_asyncio.fixture
async def serving(serve: Serve, tmp_path: Path) -> Serving:
    """A server with a real gallery, by whose policy faces are named."""
    return await with_gallery(serve, tmp_path)


async def with_gallery(serve: Serve, folder: Path, **given: Any) -> Serving:
    engine = FakeEngine(folder=folder, data=folder, shutdown_seconds=2.0)
    serving = await serve(engine, data=folder, **given)
    engine.recogniser.decide_by = engine._load_policy(await engine.started())
    return serving


@pytest_asyncio.fixture
async def server(serving: Serving) -> AsyncIterator[Server]:
    """Its client."""
    async with connect(serving.url, token=TOKEN) as server:
        yield server


async def identify(serving: Serving, content: Any, status: int = 200) -> Any:
    url = f"{serving.url}/api/identify"
    async with serving.http.post(url, data=content, headers=HEADERS) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def refused(serving: Serving, content: Any, status: int, code: str) -> None:
    error = await identify(serving, content, status)
    assert (error["code"], bool(error["message"])) == (code, True)


async def test_a_photo_without_a_face_is_answered_with_none(serving: Serving) -> None:
    width, height = FRAME_WH
    assert await identify(serving, picture(0)) == {"width": width, "height": height, "faces": []}


async def test_each_face_comes_with_its_name_or_the_reason_why_not(
    serving: Serving, server: Server
) -> None:
    strangers = (await server.identify(picture(2))).faces
    assert [(one.name, one.reason) for one in strangers] == [(None, "gallery_empty")] * 2
    assert strangers[0].box_xyxy != strangers[1].box_xyxy

    row = np.eye(4, dtype=np.float32)[0]
    template = NewTemplate(row, FakeRecogniser.fingerprint, 50.0, Source.CAMERA, None)
    await serving.engine.desk.add("Ada", [template])
    [ada] = (await identify(serving, picture(1)))["faces"]
    assert ada.keys() == {
        *("box_xyxy", "score", "landmarks_xy"),
        *("name", "similarity", "confidence", "reason", "candidates"),
    }
    assert (ada["box_xyxy"], ada["score"], np.shape(ada["landmarks_xy"])) == (
        [10.0, 8.0, 90.0, 88.0],
        1.0,
        (5, 2),
    )
    assert (ada["name"], ada["reason"]) == ("Ada", None)
    assert ada["similarity"] == pytest.approx(1.0)
    assert ada["candidates"] == [{"name": "Ada", "similarity": ada["similarity"]}]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"bad", 422, "bad_picture"),
        (b"huge", 413, "picture_too_large"),
        (picture(POISON), 500, "worker_failed"),
    ],
)
async def test_what_cannot_be_used_is_refused_with_its_code(
    server: Server, content: bytes, status: int, code: str
) -> None:
    with pytest.raises(RequestRefused, match=r"\w") as error:
        await server.identify(content)
    assert (error.value.status, error.value.code) == (status, code)
    assert (await server.identify(picture(1))).faces


async def test_a_file_over_the_limit_is_refused_whether_or_not_it_says_its_size(
    serve: Serve, tmp_path: Path
) -> None:
    serving = await with_gallery(serve, tmp_path, max_photo_bytes=1024)

    async def in_chunks(n: int) -> AsyncIterator[bytes]:
        for _ in range(n):
            yield picture(1) * 128

    assert (await identify(serving, in_chunks(8)))["faces"]
    await refused(serving, in_chunks(9), 413, "message_too_big")
    await refused(serving, picture(1) * 1025, 413, "message_too_big")


async def test_a_photo_that_does_not_come_is_given_up(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "PHOTO_S", 0.01)
    ended = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        yield picture(1)
        await ended.wait()

    await refused(serving, never(), 400, "bad_message")
    ended.set()


async def test_more_photos_than_can_wait_are_refused(serving: Serving, server: Server) -> None:
    engine = serving.engine
    engine.recogniser.hold()
    waiting = [asyncio.create_task(server.identify(picture(1))) for _ in range(MAX_WAITING)]
    await until(lambda: engine._identify_desk._places.taken == MAX_WAITING)
    with pytest.raises(RequestRefused) as error:
        await server.identify(picture(1))
    assert (error.value.code, error.value.retryable) == ("overloaded", True)
    engine.recogniser.release()
    assert all(len(answer.faces) == 1 for answer in await asyncio.gather(*waiting))


async def test_who_has_no_token_learns_nothing(serving: Serving) -> None:
    async with serving.http.post(f"{serving.url}/api/identify", data=picture(1)) as answer:
        assert answer.status == 401
