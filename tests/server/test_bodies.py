from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from unittest.mock import Mock

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.errors import BadMessage
from facestream.server import rest_models
from facestream.server.bodies import Body, read_at_most, read_body


class Wish(Body):
    minutes: int


def request_with(*pieces: bytes) -> web.Request:
    """A request whose body comes in pieces, each after the one before was read."""
    loop = asyncio.get_running_loop()
    content = StreamReader(Mock(BaseProtocol, _reading_paused=False), 2**16, loop=loop)

    def feed(left: tuple[bytes, ...]) -> None:
        if not left:
            content.feed_eof()
            return
        content.feed_data(left[0])
        loop.call_soon(feed, left[1:])

    loop.call_soon(feed, pieces)
    return make_mocked_request("POST", "/", payload=content)


@pytest.mark.parametrize("pieces", [[], [b""], [b"abc"], [b"a", b"b", b"c"], [b"abcd"]])
async def test_body_is_read_to_its_end_in_however_many_pieces(pieces: list[bytes]) -> None:
    assert await read_at_most(request_with(*pieces), 4) == b"".join(pieces)


@pytest.mark.parametrize("pieces", [[b"abcde"], [b"abcd", b"e"]])
async def test_body_over_the_limit_is_refused(pieces: list[bytes]) -> None:
    with pytest.raises(BadMessage, match="4 bytes"):
        await read_at_most(request_with(*pieces), 4)


async def test_json_is_read_into_its_model() -> None:
    assert await read_body(request_with(b'{"min', b'utes": 3}'), Wish) == Wish(minutes=3)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "body"),
        (b"3", "body"),
        (b"{}", "minutes"),
        (b'{"minutes": "3"}', "minutes"),
        (b'{"minutes": 3, "hours": 1}', "hours"),
    ],
)
async def test_what_is_wrong_with_a_body_is_said(body: bytes, what: str) -> None:
    with pytest.raises(BadMessage, match=f"^{what}: "):
        await read_body(request_with(body), Wish)


KNOWN_FIELDS = sorted(
    {name for model in rest_models.Body.__subclasses__() for name in model.model_fields}
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@settings(max_examples=40)
@given(
    st.sampled_from(rest_models.Body.__subclasses__()),
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from(KNOWN_FIELDS), VALUES).map(
        lambda one: json.dumps(one).encode()
    ),
)
async def test_any_body_is_read_or_a_bad_message(model: type[Body], raw: bytes) -> None:
    with suppress(BadMessage):
        assert isinstance(await read_body(request_with(raw), model), model)
