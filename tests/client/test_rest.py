"""Every request of the client against a real server: a real gallery on disk, fake faces."""

from __future__ import annotations

import asyncio
import io
import os
import socket
import ssl
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream import __version__
from facestream.client import (
    CannotConnect,
    ConnectionClosed,
    NoAnswer,
    RequestRefused,
    Server,
    Untrusted,
    connect,
)
from facestream.client.rest import Rest
from facestream.errors import BadMessage
from facestream.server.keys import DOCUMENT
from facestream.server.tls import server_certificate, ssl_context
from tests.engine.fakes import FRAME_WH, POISON, FakeEngine, picture
from tests.server.conftest import TOKEN, Serve, Serving, serve

__all__ = ["serve"]

FACE, NOBODY, TWO = picture(1), picture(0), picture(2)
NOT_OF_THE_CLIENT = {"socket", "reach", "join_page", "join", "docs_page"}
"""A socket, which `stream` opens, and what a browser opens."""

Open = Callable[..., Awaitable[Server]]


@pytest_asyncio.fixture
async def serving(serve: Serve, tmp_path: Path) -> Serving:
    """With a real gallery."""
    return await serve(FakeEngine(folder=tmp_path, data=tmp_path), data=tmp_path)


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[Open]:
    """Clients: `await opened(url, token=...)`."""
    async with AsyncExitStack() as stack:

        async def open_one(url: str, **options: Any) -> Server:
            return await stack.enter_async_context(connect(url, **options))

        yield open_one


@pytest_asyncio.fixture
async def server(serving: Serving, opened: Open) -> Server:
    """A client, as an admin."""
    return await opened(serving.url, token=TOKEN)


async def people(server: Server) -> dict[str, int]:
    return {one.display_name: one.templates for one in (await server.gallery()).identities}


async def enrolled(server: Server, name: str, n: int = 1) -> str:
    """The id of a new person with n examples."""
    answer = await server.enrol(name, [FACE] * n)
    assert answer.identity is not None
    return answer.identity.identity_id


# --- what there is --------------------------------------------------------------------------------


async def test_there_is_a_method_for_every_operation(serving: Serving) -> None:
    paths = serving.app[DOCUMENT]()["paths"]
    names = {one["operationId"] for methods in paths.values() for one in methods.values()}
    wanted = {name for name in names - NOT_OF_THE_CLIENT if not name.startswith("tunnel_")}
    assert len(wanted) > 20
    assert {name for name in wanted if not hasattr(Rest, name)} == set()


async def test_server_says_what_it_is(server: Server) -> None:
    assert (await server.readiness()).ready
    assert (await server.liveness()).healthy
    assert (await server.session()).version == __version__
    assert "facestream_frames" in await server.metrics()
    assert (await server.openapi())["info"]["version"] == __version__


async def test_a_server_that_starts_is_not_ready_and_waited_for(
    serve: Serve, opened: Open, tmp_path: Path
) -> None:
    engine = FakeEngine(folder=tmp_path, data=tmp_path)
    engine.recogniser.hold()
    serving = await serve(engine, data=tmp_path, ready=False)
    server = await opened(serving.url, token=TOKEN)
    assert not (await server.readiness()).ready
    with pytest.raises(NoAnswer, match="not ready after 0"):
        await server.until_ready(0)
    engine.recogniser.release()
    assert (await server.until_ready()).ready


async def test_photo_is_identified(server: Server) -> None:
    assert (await server.identify(NOBODY)).faces == []
    found = await server.identify(TWO)
    assert (found.width, found.height) == FRAME_WH
    assert [(one.name, one.reason) for one in found.faces] == [(None, "gallery_empty")] * 2


async def test_photos_enrol_a_person_with_a_verdict_each(server: Server) -> None:
    answer = await server.enrol("Ada", {"good.jpg": FACE, "empty.jpg": NOBODY})
    assert [(one.file, one.verdict) for one in answer.photos] == [
        ("good.jpg", "accepted"),
        ("empty.jpg", "no_face"),
    ]
    assert await people(server) == {"Ada": 1}


async def test_person_is_shown_with_pictures(server: Server) -> None:
    person = await server.person(await enrolled(server, "Ada", 2))
    assert (person.display_name, person.templates, person.note) == ("Ada", 2, None)
    first = person.examples[0]
    assert (first.kind, first.source, first.searched) == ("example", "photo", True)
    crop = await server.example_picture(first.template_id)
    assert await server.portrait(person.identity_id) == crop
    assert crop.startswith(b"\xff\xd8")


async def test_what_is_not_given_stays_as_it_is(server: Server) -> None:
    ada = await enrolled(server, "Ada")
    await server.edit(ada, note="agreed on paper", expires_at_ms=4 * 10**12)
    change = await server.rename(ada, "Eva")
    assert change.identity is not None
    assert change.identity.display_name == "Eva"
    person = await server.person(ada)
    assert (person.note, person.expires_at_ms) == ("agreed on paper", 4 * 10**12)
    await server.edit(ada, note=None)
    assert (await server.person(ada)).note is None


async def test_people_and_examples_are_deleted_moved_and_brought_back(server: Server) -> None:
    ada, bob = await enrolled(server, "Ada", 3), await enrolled(server, "Bob")
    first, second, third = [one.template_id for one in (await server.person(ada)).examples]
    await server.move_examples([first], into=bob)
    await server.move_examples([second], display_name="Cleo")
    change = await server.delete_examples([third])
    assert change.undo is not None
    assert await people(server) == {"Ada": 0, "Bob": 2, "Cleo": 1}
    await server.undo(change.undo.undo_id)
    await server.merge(bob, ada)
    assert await people(server) == {"Ada": 3, "Cleo": 1}
    await server.delete(ada)
    assert await people(server) == {"Cleo": 1}
    with pytest.raises(RequestRefused) as refused:
        await server.clear("yes")
    assert refused.value.code == "not_confirmed"
    await server.clear("clear")
    assert await people(server) == {}


async def test_health_and_reembedding_are_told(server: Server) -> None:
    ada = await enrolled(server, "Ada")
    assert [one.identity_id for one in (await server.health()).few] == [ada]
    assert not (await server.reembed()).running
    assert (await server.reembedding()).total == 0


async def test_join_link_lets_a_device_in(server: Server) -> None:
    link = await server.join_link("viewer", minutes=3)
    assert (link.role, "/join?code=" in link.url) == ("viewer", True)


async def test_export_goes_to_a_file_and_comes_back(server: Server, tmp_path: Path) -> None:
    await enrolled(server, "Ada", 2)
    file = tmp_path / "saved.zip"
    await server.export_to(file)
    async with server.export() as pieces:
        content = b"".join([piece async for piece in pieces])
    assert zipfile.is_zipfile(file)
    assert zipfile.ZipFile(file).namelist() == zipfile.ZipFile(io.BytesIO(content)).namelist()
    await server.clear("clear")
    assert (await server.preview_import(file)).people_new == ["Ada"]
    assert await people(server) == {}
    await server.import_gallery(content)
    assert await people(server) == {"Ada": 2}
    await enrolled(server, "Bob")
    with file.open("rb") as open_file:
        replaced = await server.import_gallery(open_file, "replace")
    assert replaced.people_removed == ["Bob"]
    assert await people(server) == {"Ada": 2}


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "code", "status", "retryable"),
    [
        (lambda server: server.identify(b"bad"), "bad_picture", 422, False),
        (lambda server: server.identify(picture(POISON)), "worker_failed", 500, True),
        (lambda server: server.enrol(" ", [FACE]), "bad_name", 422, False),
        (lambda server: server.enrol("Ada", []), "bad_message", 400, False),
        (lambda server: server.person("nobody"), "no_such_identity", 404, False),
        (lambda server: server.person("../identities"), "no_such_identity", 404, False),
        (lambda server: server.import_gallery(b"no zip"), "bad_archive", 422, False),
        (lambda server: server.undo("x"), "nothing_to_undo", 409, False),
    ],
)
async def test_error_of_the_server_is_raised_with_its_code(
    server: Server, ask: Any, code: str, status: int, retryable: bool
) -> None:
    with pytest.raises(RequestRefused) as refused:
        await ask(server)
    error = refused.value
    assert (error.code, error.status, error.retryable) == (code, status, retryable)
    assert str(error)


@pytest.mark.parametrize("token", [None, "wrong"])
async def test_without_the_right_token_everything_is_refused(
    serving: Serving, opened: Open, token: str | None, tmp_path: Path
) -> None:
    server = await opened(serving.url, token=token)
    with pytest.raises(RequestRefused) as refused:
        await server.gallery()
    assert (refused.value.code, refused.value.status) == ("unauthorised", 401)
    with pytest.raises(RequestRefused):
        await server.export_to(tmp_path / "saved.zip")
    assert not (tmp_path / "saved.zip").exists()


async def test_nobody_there_is_an_error_that_may_pass(opened: Open, unused_port: int) -> None:
    server = await opened(f"http://127.0.0.1:{unused_port}")
    with pytest.raises(CannotConnect) as error:
        await server.readiness()
    assert error.value.retryable
    with pytest.raises(NoAnswer):
        await server.until_ready(0.1)


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_disk_that_is_full_is_not_blamed_on_the_network(
    server: Server, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        await server.export_to(tmp_path / "no such folder" / "saved.zip")

    async def to_a_full_disk() -> None:
        async with server.export() as pieces:
            async for _ in pieces:
                raise OSError("full")

    with pytest.raises(OSError, match="full"):
        await to_a_full_disk()


@pytest_asyncio.fixture
async def strange(opened: Open) -> AsyncIterator[Open]:
    """Clients of servers that answer everything so: `await strange(handler)`."""
    async with AsyncExitStack() as stack:

        async def open_one(answer: Any, **options: Any) -> Server:
            app = web.Application()
            app.router.add_route("*", "/{tail:.*}", answer)
            server = TestServer(app)
            await server.start_server()
            stack.push_async_callback(server.close)
            return await opened(str(server.make_url("/")), **options)

        yield open_one


async def test_server_that_is_silent_is_given_up(strange: Open) -> None:
    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    server = await strange(silent, answer_s=0.1)
    with pytest.raises(NoAnswer, match=r"0\.1 s"):
        await server.session()


async def test_answer_of_somebody_else_is_no_answer(strange: Open) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="hello")

    server = await strange(page)
    with pytest.raises(BadMessage):
        await server.gallery()


@pytest.mark.parametrize(("status", "retryable"), [(502, True), (404, False), (302, False)])
async def test_error_of_somebody_else_says_its_status(
    strange: Open, status: int, retryable: bool
) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<h1>Bad gateway</h1>", status=status)

    server = await strange(page)
    with pytest.raises(RequestRefused, match=str(status)) as refused:
        await server.gallery()
    assert (refused.value.code, refused.value.retryable) == (f"http_{status}", retryable)


async def test_file_that_breaks_off_is_not_there(strange: Open, tmp_path: Path) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    server = await strange(half)
    with pytest.raises(ConnectionClosed):
        await server.export_to(tmp_path / "saved.zip")
    assert os.listdir(tmp_path) == []


async def test_unknown_authority_is_not_trusted_and_its_file_is(
    opened: Open, tmp_path: Path
) -> None:
    files = server_certificate(tmp_path, ["localhost"], [], datetime.now(UTC))
    other = server_certificate(tmp_path / "other", ["localhost"], [], datetime.now(UTC))

    async def ready(request: web.Request) -> web.Response:
        return web.json_response({"ready": True, "version": "1"})

    app = web.Application()
    app.router.add_get("/readyz", ready)
    tls: ssl.SSLContext = ssl_context(files)
    there = TestServer(app, scheme="https", host="localhost")
    await there.start_server(ssl=tls)
    url = f"https://localhost:{there.port}"
    assert (await (await opened(url, ca=files.ca)).readiness()).ready
    stranger = await opened(url, ca=str(other.ca))
    with pytest.raises(Untrusted):
        await stranger.until_ready()
    await there.close()
