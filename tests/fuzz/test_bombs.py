"""Small files that would cost much are refused, or cost little, wherever they come in."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import aiohttp
import msgpack
import pytest

from facestream.errors import BadPicture
from facestream.server.values import has_more_values
from facestream.vision.images import decode_picture
from tests.engine import fakes
from tests.engine.fakes import FakeEngine, picture
from tests.fuzz import bombs
from tests.fuzz.bombs import BOMBS, PICTURES
from tests.server.conftest import TOKEN, Serve

MOST_MS, MOST_MB = 50.0, 50.0
HARMLESS = {"PNG with texts", "JPEG that says it is small", "WebP of many pictures"} | {
    "TIFF of many pictures"
}
"""What is shown is a small picture, and it costs no more than one."""


@pytest.fixture(scope="module")
def costs() -> dict[str, Any]:
    """Measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.bombs"], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_costs_little_time_and_memory(costs: dict[str, Any], name: str) -> None:
    cost = costs[name]
    assert (cost["outcome"] == "taken") == (name in HARMLESS), cost
    assert cost["ms"] < MOST_MS, cost
    assert cost["mb"] < MOST_MB, cost


def test_pictures_of_many_parts_are_refused_before_they_are_decoded() -> None:
    with pytest.raises(BadPicture, match="scans"):
        decode_picture(bombs.jpeg_scans(), 10**8)
    with pytest.raises(BadPicture, match="segments"):
        decode_picture(b"\xff\xd8" + b"\xff\xfe\x00\x02" * 10_000, 10**8)
    with pytest.raises(BadPicture, match="chunks"):
        decode_picture(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 20_000, 10**8)


@pytest.mark.parametrize("progressive", [False, True])
def test_ordinary_pictures_pass(progressive: bool) -> None:
    jpeg = bombs.jpeg_of(640, 480, progressive=progressive)
    motion = jpeg + b"\xff\xda" * 100  # what phones put behind the picture is not read
    assert decode_picture(motion, 10**8).size_wh == (640, 480)


@pytest.mark.parametrize("n", [0, 1, 15, 16, 70_000])
def test_values_are_counted_whatever_holds_them(n: int) -> None:

    for made in (
        [[0]] * n,
        {str(i): None for i in range(n)},
        [b"x" * 300, "y" * 70_000] * (n % 99),
    ):
        raw = msgpack.packb(made)
        count = 1 + (2 * n if not isinstance(made, list) or made == [[0]] * n else len(made))
        assert not has_more_values(raw, count)
        assert has_more_values(raw, count - 1) == (len(raw) > count - 1)


# --- through the server ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", PICTURES)
async def test_server_goes_on_whatever_picture_it_is_sent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(fakes, "decode", decode_picture)
    serving = await serve(FakeEngine(max_batch=4))
    content = PICTURES[name]()
    codes = {"bad_picture", "picture_too_large"}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = await serving.client()
    answer = await client.answer(0, content)
    assert (answer.type == "result") if name in HARMLESS else (answer.code in codes)
    found = await serving.http.post(f"{serving.url}/api/identify", data=content, headers=headers)
    assert found.status == 200 if name in HARMLESS else (await found.json())["code"] in codes
    form = aiohttp.FormData()
    form.add_field("photo", content, filename="bomb")
    found = await serving.http.post(
        f"{serving.url}/api/gallery/photos?name=Ada", data=form, headers=headers
    )
    assert found.status == 200
    [verdict] = (await found.json())["photos"]
    assert verdict["verdict"] in codes or name in HARMLESS
    small = bombs.jpeg_of(20, 20)
    assert (await client.answer(1, small)).type == "result"


@pytest.mark.parametrize("name", [name for name, (kind, _) in BOMBS.items() if kind == "archives"])
async def test_server_imports_no_bomb(serve: Serve, name: str) -> None:
    serving = await serve()
    found = await serving.http.post(
        f"{serving.url}/api/gallery/import",
        data=io.BytesIO(BOMBS[name][1]()),
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    assert (found.status, (await found.json())["code"]) == (422, "bad_archive")


async def test_session_goes_on_after_a_message_of_two_million_maps(serve: Serve) -> None:
    client = await (await serve()).client()
    await client.socket.send_bytes(bombs.message_of_maps())
    await client.expect_error("bad_message")
    assert (await client.answer(1, picture(1))).type == "result"


async def test_error_does_not_repeat_what_is_wrong_at_length(serve: Serve) -> None:
    client = await (await serve()).client()
    kind = b"\xdb\x00\x10\x00\x00" + b"x" * (1 << 20)
    await client.socket.send_bytes(b"\x81\xa4type" + kind)
    assert len((await client.expect_error("bad_message")).message) <= 500
