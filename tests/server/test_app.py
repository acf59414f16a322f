from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from facestream.errors import MissingWeights
from facestream.server import pages
from facestream.server import protocol as wire
from tests.engine.fakes import FakeEngine, picture, until
from tests.server.conftest import TOKEN, Serve, Serving

PRIVATE = ["/api/session", "/api/gallery"]
CSP_PARTS = ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]


# --- health ---------------------------------------------------------------------------------------


async def test_server_is_healthy_while_it_warms_up_and_ready_after_it(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    serving = await serve(engine, ready=False)
    assert (await serving.get("/healthz")).status == 200
    warming = await serving.get("/readyz")
    assert (warming.status, (await warming.json())["ready"]) == (503, False)
    engine.recogniser.release()
    await engine.started()
    ready = await serving.get("/readyz")
    assert (ready.status, (await ready.json())["ready"]) == (200, True)


async def test_server_whose_engine_cannot_start_is_neither(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("gone")
    serving = await serve(engine, ready=False)
    await until(lambda: not engine.healthy)
    assert (await serving.get("/healthz")).status == 503
    assert (await serving.get("/readyz")).status == 503


# --- access ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PRIVATE)
async def test_token_is_needed(serving: Serving, path: str) -> None:
    refused = await serving.get(path)
    assert refused.status == 401
    assert (await refused.json())["code"] == "unauthorised"
    assert (await serving.get(path, token=True)).status == 200


@pytest.mark.parametrize("given", ["", "wrong", TOKEN[:-1], TOKEN + "x"])
async def test_wrong_token_is_refused(serving: Serving, given: str) -> None:
    headers = {"Authorization": f"Bearer {given}"}
    assert (await serving.get("/api/session", headers=headers)).status == 401


async def test_link_with_the_token_signs_a_browser_in(serving: Serving) -> None:
    response = await serving.get(f"/?token={TOKEN}")
    assert (response.status, response.headers["Location"]) == (302, "/")
    cookie = response.cookies["facestream_token"]
    assert cookie.value == TOKEN
    assert cookie["httponly"]
    assert cookie["secure"]  # Settings.tls
    assert cookie["samesite"] == "Strict"
    headers = {"Cookie": f"facestream_token={TOKEN}"}
    assert (await serving.get("/api/session", headers=headers)).status == 200


async def test_cookie_works_without_tls_when_there_is_none(serve: Serve) -> None:
    serving = await serve(tls=False)
    response = await serving.get(f"/?token={TOKEN}")
    assert not response.cookies["facestream_token"]["secure"]


async def test_link_with_a_wrong_token_says_what_to_do(serving: Serving) -> None:
    response = await serving.get("/?token=<script>")
    assert (response.status, response.content_type) == (401, "text/html")
    assert "set-cookie" not in response.headers
    page = await response.text()
    assert "link that the server printed" in page
    assert "<script>" not in page


async def connection_status(serving: Serving, **headers: str) -> int:
    """101, or with what the upgrade was refused."""
    try:
        client = await serving.connect(headers=headers)
    except aiohttp.WSServerHandshakeError as refusal:
        return refusal.status
    await client.socket.close()
    return 101


async def test_socket_needs_the_token(serving: Serving) -> None:
    assert await connection_status(serving) == 401
    assert await connection_status(serving, Authorization="Bearer wrong") == 401
    assert await connection_status(serving, Authorization=f"Bearer {TOKEN}") == 101
    assert await connection_status(serving, Cookie=f"facestream_token={TOKEN}") == 101


async def test_page_of_another_site_gets_no_socket(serving: Serving) -> None:
    cookie = f"facestream_token={TOKEN}"
    status = await connection_status(serving, Cookie=cookie, Origin="https://evil.example")
    assert status == 403
    assert await connection_status(serving, Cookie=cookie, Origin=serving.url) == 101


async def test_page_of_another_site_gets_no_answer(serving: Serving) -> None:
    headers = {"Origin": "https://evil.example"}
    response = await serving.get("/api/gallery", token=True, headers=headers)
    assert (response.status, (await response.json())["code"]) == (403, "forbidden_origin")


async def test_without_a_token_everybody_is_let_in_under_our_own_name(serve: Serve) -> None:
    serving = await serve(token=None)
    assert (await serving.get("/api/session")).status == 200
    assert await connection_status(serving) == 101
    rebound = await serving.get("/api/session", headers={"Host": "evil.example"})
    assert rebound.status == 403


async def test_public_name_is_our_own(serve: Serve) -> None:
    serving = await serve(token=None, public_names=["Faces.Example.org"])
    answer = await serving.get("/api/session", headers={"Host": "faces.example.org:8443"})
    assert answer.status == 200


# --- answers --------------------------------------------------------------------------------------


async def test_session_says_version_and_readiness(serving: Serving) -> None:
    response = await serving.get("/api/session", token=True)
    assert await response.json() == {"version": "0.1.0", "ready": True}


async def test_gallery_lists_who_is_enrolled(serving: Serving) -> None:
    client = await serving.client()
    await client.send(wire.EnrolBegin(request=1))
    await client.expect(wire.EnrolProgress)
    await client.answer(0, picture(1))
    await client.expect(wire.EnrolProgress)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await client.expect(wire.GalleryEvent)
    response = await serving.get("/api/gallery", token=True)
    person = {"identity_id": "id-0", "display_name": "Ada", "templates": 1}
    assert await response.json() == {"revision": 1, "identities": [person]}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/nothing", 404, "not_found"),
        ("post", "/api/gallery", 405, "method_not_allowed"),
    ],
)
async def test_errors_of_the_interface_are_json(
    serving: Serving, method: str, path: str, status: int, code: str
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    response = await serving.http.request(method, serving.url + path, headers=headers)
    assert response.status == status
    assert set(body := await response.json()) == {"code", "message", "retryable"}
    assert body["code"] == code


async def test_unforeseen_error_shows_no_detail(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(engine: Any) -> Any:
        raise KeyError("secret")

    monkeypatch.setattr(FakeEngine, "gallery", property(broken))
    response = await serving.get("/api/gallery", token=True)
    assert (response.status, (await response.json())["code"]) == (500, "internal")
    assert "secret" not in await response.text()


async def test_upgrade_is_needed_for_the_socket(serving: Serving) -> None:
    assert (await serving.get("/ws", token=True)).status == 400


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/session", "/api/nothing", "/nothing"])
async def test_every_response_has_the_security_headers(serving: Serving, path: str) -> None:
    headers = (await serving.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert [part for part in CSP_PARTS if part not in policy] == []
    assert [part for part in ("unsafe", "*", "script-src", "connect-src") if part in policy] == []
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    # A browser that was told it would not let anybody past the warning of our own certificate.
    assert "Strict-Transport-Security" not in headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=(), ")
    assert headers["Cache-Control"] == ("no-store" if path.startswith("/api") else "no-cache")


@pytest.mark.parametrize("path", ["/js/main.js", "/styles/base.css"])
async def test_part_of_the_page_has_no_policies_of_its_own(serving: Serving, path: str) -> None:
    headers = (await serving.get(path)).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-cache"
    assert "Content-Security-Policy" not in headers


async def test_no_answer_tells_the_versions_of_what_serves_it(serving: Serving) -> None:
    assert "Server" not in (await serving.get("/healthz")).headers


# --- the page -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "index.html": "<h1>page</h1>",
        "print.css": "{}",
        "facestream.webmanifest": '{"name": 5}',
        "service-worker.js": "6",
        "icons/192.png": "7",
        "styles/base.css": "p {}",
        "package.json": "{}",
        ".secret.html": "no",
        "js/main.js": "1",
        "js/ui/button.js": "2",
        "vendor/msgpack/index.mjs": "3",
        "test/main.test.js": "4",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


async def fetched(folder: Path, path: str) -> tuple[int, str, str]:
    app = web.Application()
    app.add_routes(pages.routes(folder))
    async with TestClient(TestServer(app)) as client:
        response = await client.get(path)
        return response.status, response.content_type, await response.text()


@pytest.mark.parametrize(
    ("path", "content_type", "text"),
    [
        ("/", "html", "<h1>page</h1>"),
        ("/index.html", "html", "<h1>page</h1>"),
        ("/facestream.webmanifest", "manifest+json", '{"name": 5}'),
        ("/service-worker.js", "javascript", "6"),
        ("/icons/192.png", "png", "7"),
        ("/styles/base.css", "css", "p {}"),
        ("/js/main.js", "javascript", "1"),
        ("/js/ui/button.js", "javascript", "2"),
        ("/vendor/msgpack/index.mjs", "javascript", "3"),
    ],
)
async def test_page_and_its_files_are_served(
    folder: Path, path: str, content_type: str, text: str
) -> None:
    status, given_type, given_text = await fetched(folder, path)
    assert (status, given_text) == (200, text)
    assert given_type.endswith(content_type)


@pytest.mark.parametrize(
    "path",
    [
        "/package.json",
        "/print.css",
        "/.secret.html",
        "/test/main.test.js",
        "/js",
        "/js/",
        "/js/..%2fpackage.json",
        "/js/%2e%2e/package.json",
    ],
)
async def test_nothing_else_is_served(folder: Path, path: str) -> None:
    status, _, text = await fetched(folder, path)
    assert status in (403, 404)
    assert text != "{}"


@pytest.mark.parametrize(
    ("path", "compressed"),
    [
        *(("/", True), ("/styles/base.css", True), ("/js/main.js", True)),
        *(("/facestream.webmanifest", True), ("/icons/192.png", False)),
        *(("/api/gallery", False), ("/healthz", False)),
    ],
)
async def test_text_of_the_page_is_compressed_and_no_answer_that_may_hold_a_secret(
    serving: Serving, path: str, compressed: bool
) -> None:
    response = await serving.get(path, token=True, headers={"Accept-Encoding": "gzip"})
    assert response.status == 200
    assert response.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    assert await response.read()  # and can be read
    plain = await serving.get(path, token=True, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert await plain.read() == await response.read()


async def test_file_that_has_not_changed_is_not_sent_again(serving: Serving) -> None:
    first = await serving.get("/js/main.js", headers={"Accept-Encoding": "gzip"})
    headers = {"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}
    again = await serving.get("/js/main.js", headers=headers)
    assert (again.status, await again.read()) == (304, b"")
    head = await serving.http.head(f"{serving.url}/js/main.js")
    assert (head.status, await head.read()) == (200, b"")
    assert (await serving.get("/js/main.js")).status == 200  # on the same connection


async def test_installation_without_a_page_still_starts(tmp_path: Path) -> None:
    assert (await fetched(tmp_path, "/"))[0] == 404


async def test_wrong_method_is_told_the_right_ones(serving: Serving) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with serving.http.put(f"{serving.url}/api/gallery", headers=headers) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")
        assert (await answer.json())["code"] == "method_not_allowed"
