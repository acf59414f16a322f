"""The real networks behind a real socket. Slow to start, so one server serves all tests."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer

import facestream.client
from facestream.engine.factory import make_engine
from facestream.gallery import index
from facestream.gallery.decision import DecisionPolicy
from facestream.records import Frame
from facestream.server import protocol as wire
from facestream.server.app import build_app
from facestream.server.keys import ENGINE
from facestream.settings import Settings
from facestream.vision.images import encode_jpeg, resize_to_width
from tests.gallery.fakes import synthetic_calibration
from tests.server.conftest import TOKEN, Client, Serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDTHS = (320, 352, 400, 480, 512, 640, 720, 800, 960, 1280)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Serving]:
    """A server; /readyz said no before it was warm, and yes since."""
    folder: Path = tmp_path_factory.mktemp("data")
    settings = Settings(
        data=folder,
        device="cpu",
        examples_wanted=3,
        min_examples=1,
        max_frame_age_seconds=30,  # a busy machine is no reason to fail
    )
    with pytest.MonkeyPatch.context() as patch:
        policy = DecisionPolicy(synthetic_calibration(), 0.001)
        patch.setattr("facestream.gallery.decision.load_policy", lambda *_: policy)
        engine = make_engine(settings)
        server = TestServer(build_app(settings, engine, TOKEN))
        async with aiohttp.ClientSession() as http:
            await server.start_server()
            serving = Serving(server, engine, http)
            before = await serving.get("/readyz"), await serving.get("/healthz")
            assert [response.status for response in before] == [503, 200]
            await engine.started()
            assert (await serving.get("/readyz")).status == 200
            yield serving
            await server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def client(live: Serving) -> AsyncIterator[Client]:
    """A client of an empty gallery."""
    client = await live.client()
    if client.hello and client.hello.gallery.identities:
        await client.send(wire.GalleryClear(request=1000))
        await client.expect(wire.GalleryEvent)
        await client.expect(wire.Ok)
    yield client
    await client.socket.close()


def jpeg(frame: Frame, width: int = 512) -> bytes:
    return encode_jpeg(resize_to_width(frame, width)[0].pixels_rgb)


async def enrol(client: Client, name: str, picture: bytes, seq: int = 0) -> Any:
    """Take one example of the face in `picture` and store it."""
    await client.send(wire.EnrolBegin(request=1, wanted=1))
    await client.expect(wire.EnrolProgress)
    await client.frame(seq, picture)
    await client.expect(wire.Result)
    progress = await client.expect(wire.EnrolProgress)
    assert progress.verdict == "complete", progress
    await client.send(wire.EnrolCommit(request=2, display_name=name))
    await client.expect(wire.GalleryEvent)
    return (await client.expect(wire.EnrolCommitted)).identity


async def test_person_enrolled_over_the_socket_is_named_on_the_next_result(
    client: Client, live: Serving, astronaut: Frame, photo: Frame
) -> None:
    picture = jpeg(astronaut)
    [stranger] = (await client.answer(0, picture)).faces
    assert (stranger.name, stranger.reason) == (None, "gallery_empty")
    identity = await enrol(client, "Eileen Collins", picture, seq=1)
    other = await live.client()  # another phone knows her in its first frame
    for face in ((await client.answer(2, picture)).faces, (await other.answer(0, picture)).faces):
        assert [f.name for f in face] == ["Eileen Collins"]
        assert face[0].identity_id == identity.identity_id
        assert face[0].similarity > 0.99
    third = await live.client()
    [somebody] = (await third.answer(0, jpeg(photo, 512))).faces
    assert (somebody.name, somebody.reason) == (None, "too_far")
    await other.socket.close()
    await third.socket.close()


async def test_a_photo_over_http_is_answered_as_the_same_frame_is(
    client: Client, live: Serving, astronaut: Frame
) -> None:
    picture = jpeg(astronaut)
    await enrol(client, "Eileen Collins", picture)
    other = await live.client()  # whose first frame is searched as a whole
    [seen] = (await other.answer(0, picture)).faces
    await other.socket.close()
    async with facestream.client.connect(live.url, token=TOKEN) as server:
        answer = await server.identify(picture)
        empty = await server.identify(encode_jpeg(astronaut.pixels_rgb[:60, :60]))
    [face] = answer.faces
    assert (answer.width, answer.height) == (512, 512)
    assert (face.name, face.reason) == ("Eileen Collins", None)
    assert face.box_xyxy == pytest.approx(seen.box_xyxy)
    assert face.similarity > 0.99
    assert (empty.width, empty.height, empty.faces) == (60, 60, [])


async def test_what_the_client_s_manual_shows_does_what_it_says(
    client: Client,
    live: Serving,
    astronaut: Frame,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = snippets((Path(__file__).parents[2] / "docs" / "client.md").read_text("utf-8"))
    photo = tmp_path / "eileen.jpg"
    photo.write_bytes(jpeg(astronaut))

    await shown["main"](f"{live.url}?token={TOKEN}", photo)
    assert capsys.readouterr().out.startswith("gallery_empty [")
    async with facestream.client.connect(live.url, token=TOKEN) as server:
        await shown["enrol"](server, "Eileen Collins", [photo])
        assert capsys.readouterr().out.startswith("eileen.jpg accepted")
        await shown["watch"](server, [jpeg(astronaut)] * 2)
        assert capsys.readouterr().out == "[(0, 'Eileen Collins')]\n" * 2
        await shown["save_and_restore"](server, tmp_path / "saved.zip")
        assert capsys.readouterr().out == "[]\n"
        await shown["careful"](server, b"no picture")
        assert capsys.readouterr().out == "bad_picture 422 False\n"


def snippets(text: str) -> dict[str, Any]:
    """What the Python in a page of the manual defines."""
    found: dict[str, Any] = {}
    for code in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        exec(code, found)
    return found


async def test_face_is_where_it_is_in_the_picture(client: Client, astronaut: Frame) -> None:
    result = await client.answer(0, jpeg(astronaut))
    [face] = result.faces
    assert result.size_wh == [512, 512]
    x1, y1, x2, y2 = face.box_xyxy
    assert 150 < x1 < 224 < x2 < 300  # her nose is at about (224, 115)
    assert 30 < y1 < 115 < y2 < 200
    eyes = face.landmarks_xy[:2]
    assert eyes[0][0] < eyes[1][0]


async def test_ten_clients_with_ten_sizes_cause_no_tracing(live: Serving, astronaut: Frame) -> None:
    recogniser = live.app[ENGINE]._worker._recogniser
    assert recogniser is not None
    pipeline = recogniser._pipeline
    traces = pipeline.trace_count(), index.trace_count()
    clients = [await live.client() for _ in WIDTHS]
    pictures = [jpeg(astronaut, width) for width in WIDTHS]
    batches = set()
    for seq in range(3):
        results = await asyncio.gather(
            *(c.answer(seq, picture) for c, picture in zip(clients, pictures, strict=True))
        )
        for width, result in zip(WIDTHS, results, strict=True):
            assert result.size_wh[0] == width
            assert result.faces[0].landmarks_xy[2][0] / width == pytest.approx(0.44, abs=0.03)
            batches.add(result.timings_ms.batch)
    assert max(batches) > 1
    assert (pipeline.trace_count(), index.trace_count()) == traces
    for c in clients:
        await c.socket.close()


def cut_off(frame: Frame) -> bytes:
    return jpeg(frame)[:2000]


def huge_header(frame: Frame) -> bytes:
    """A JPEG that claims to have 65,500 x 65,500 pixels."""
    raw = bytearray(jpeg(frame))
    at = raw.index(b"\xff\xc0") + 5
    raw[at : at + 4] = (65500).to_bytes(2, "big") * 2
    return bytes(raw)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (cut_off, "bad_picture"),
        (huge_header, "picture_too_large"),
        (lambda frame: b"", "bad_picture"),
        (lambda frame: b"\xff\xd8\xff\xd9", "bad_picture"),
        (lambda frame: b"GIF89a" + bytes(50), "bad_picture"),
        (lambda frame: bytes(1000), "bad_picture"),
    ],
)
async def test_unusable_picture_gets_one_clear_error(
    client: Client, astronaut: Frame, spoil: Any, code: str
) -> None:
    await client.frame(0, spoil(astronaut))
    error = await client.expect_error(code)
    assert (error.seq, error.retryable) == (0, False)
    await unharmed(client, astronaut)


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 101, "Ada\u0007"])
async def test_bad_name_gets_one_clear_error_and_the_capture_goes_on(
    client: Client, astronaut: Frame, name: str
) -> None:
    await client.send(wire.EnrolBegin(request=1, wanted=1))
    await client.expect(wire.EnrolProgress)
    await client.frame(0, jpeg(astronaut))
    await client.expect(wire.Result)
    await client.expect(wire.EnrolProgress)
    await client.send(wire.EnrolCommit(request=2, display_name=name))
    assert (await client.expect_error("bad_name")).request == 2
    await client.send(wire.EnrolCommit(request=3, display_name=" Ada "))
    await client.expect(wire.GalleryEvent)
    assert (await client.expect(wire.EnrolCommitted)).identity.display_name == "Ada"
    await unharmed(client, astronaut)


async def test_commit_without_examples_gets_one_clear_error(
    client: Client, astronaut: Frame
) -> None:
    await client.send(wire.EnrolBegin(request=1))
    await client.expect(wire.EnrolProgress)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    assert (await client.expect_error("no_examples")).request == 2
    await client.send(wire.EnrolCancel(request=3))
    await client.expect(wire.Ok)
    await unharmed(client, astronaut)


async def test_example_is_a_picture_of_the_face(client: Client, astronaut: Frame) -> None:
    await client.send(wire.EnrolBegin(request=1, wanted=1))
    await client.expect(wire.EnrolProgress)
    await client.frame(0, jpeg(astronaut))
    await client.expect(wire.Result)
    example = (await client.expect(wire.EnrolProgress)).example
    assert example is not None
    assert example.crop_jpeg.startswith(b"\xff\xd8")
    assert len(example.crop_jpeg) < 20_000


async def unharmed(client: Client, frame: Frame) -> None:
    """The session still answers, and nothing else was said before."""
    result = await client.answer(100, jpeg(frame))
    assert isinstance(result, wire.Result), result
    assert (result.seq, len(result.faces)) == (100, 1)
