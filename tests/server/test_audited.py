"""What leaves a line in the audit file. Made from the router and the protocol, as test_roles.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from facestream.audit import read_entries
from facestream.server import protocol as wire
from facestream.server.app import build_app
from facestream.server.audit_trail import REFUSALS_AT_ONCE
from facestream.server.audited import AUDITED_READING, QUIET_MESSAGES, QUIET_ROUTES, is_audited
from facestream.server.keys import DEVICES, PAGE_ROUTES
from facestream.server.roles import ANYBODY, Role, message_role, route_role
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine, picture, until
from tests.server.conftest import TOKEN, Serve, Serving
from tests.server.test_join import code_of, invite, press
from tests.server.test_roles import MESSAGES, client_of, headers_of, path_of, sample, type_of

ADMIN = {"Authorization": f"Bearer {TOKEN}"}


async def entries(folder: Path, **wanted: Any) -> list[dict[str, Any]]:
    """The lines with these fields; waits until there is one."""

    def found() -> list[dict[str, Any]]:
        every = read_entries(folder)
        return [one for one in every if all(one[name] == wanted[name] for name in wanted)]

    await until(lambda: bool(found()))
    return found()


async def only(folder: Path, **wanted: Any) -> dict[str, Any]:
    (one,) = await entries(folder, **wanted)
    return one


# --- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_attempt_at_each_message_above_the_role_is_refused_and_audited(
    serving: Serving, tmp_path: Path, role: Role
) -> None:
    client = await client_of(serving, role)
    above = [one for one in MESSAGES if not role.includes(message_role(type_of(one)))]
    for message in above:
        await client.send(sample(message))
        await client.expect_error("not_allowed")
    last = await entries(tmp_path, what=type_of(above[-1]))
    assert last[0]["who"]["role"] == role
    refused = [one for one in read_entries(tmp_path) if one["outcome"] == "not_allowed"]
    assert [one["what"] for one in refused] == [type_of(one) for one in above]


async def test_each_message_leaves_a_line_unless_it_is_named_as_one_that_changes_nothing(
    serving: Serving, tmp_path: Path
) -> None:
    client = await serving.client()
    audited = [one for one in MESSAGES if is_audited(type_of(one))]
    assert {type_of(one) for one in MESSAGES} - {type_of(one) for one in audited} == QUIET_MESSAGES
    for message in MESSAGES:
        await client.send(sample(message))
    await client.frame(50, picture(0))  # a rejection waits for the next frame
    for message in audited:
        line = await only(tmp_path, what=type_of(message))
        assert line["who"] == {**line["who"], "token": "main", "role": "admin"}
    assert not {one["what"] for one in read_entries(tmp_path)} & QUIET_MESSAGES


def test_message_that_nobody_named_is_audited() -> None:
    assert is_audited("brand_new")


async def test_line_holds_ids_and_never_a_name(serve: Serve, tmp_path: Path) -> None:
    serving = await serve(FakeEngine(folder=tmp_path, examples_wanted=2, min_examples=1))
    client = await serving.client()
    await client.send(wire.EnrolBegin(request=1))
    await client.expect(wire.EnrolProgress)
    await client.answer(0, picture(1))
    await client.expect(wire.EnrolProgress)
    await client.send(wire.EnrolCommit(request=2, display_name="Ada Lovelace"))
    await client.expect(wire.GalleryEvent)
    committed = await client.expect(wire.EnrolCommitted)
    identity_id = committed.identity.identity_id
    person = f"{serving.url}/api/gallery/identities"
    for path, body in (
        (identity_id, {"display_name": "Augusta King", "note": "a form"}),
        ("Augusta King", {"display_name": "Countess"}),
    ):
        await serving.http.patch(f"{person}/{path}", json=body, headers=ADMIN)
    await client.send(wire.GalleryDelete(request=3, identity_id=identity_id))
    deleted = await only(tmp_path, what="gallery_delete")
    assert deleted["target"] == {**deleted["target"], "identity_id": identity_id}
    stored = await only(tmp_path, what="enrol_commit")
    assert (stored["target"], stored["outcome"]) == ({"identity_id": identity_id}, "ok")
    edits = await entries(tmp_path, what="PATCH /api/gallery/identities/{identity_id}")
    assert [one["target"] for one in edits] == [{"identity_id": identity_id}, {}]
    assert [one["outcome"] for one in edits] == ["ok", "no_such_identity"]
    text = (tmp_path / "audit.jsonl").read_text()
    for name in ("Ada", "Lovelace", "Augusta", "King", "Countess", "form"):
        assert name not in text


# --- routes ---------------------------------------------------------------------------------------


async def test_attempt_at_each_route_above_the_role_is_refused_and_audited(
    serve: Serve, tmp_path: Path
) -> None:
    serving = await serve(FakeEngine(folder=tmp_path))
    for role in (Role.VIEWER, Role.OPERATOR):
        headers = await headers_of(serving.app, role)
        above = []
        for route in serving.app.router.routes():
            needed = route_role(route.method, path_of(route))
            if route in serving.app[PAGE_ROUTES] or needed is ANYBODY or role.includes(needed):
                continue
            url = serving.url + re.sub(r"{\w+}", "1", path_of(route))
            answer = await serving.http.request(route.method, url, headers=headers)
            assert answer.status == 403
            await answer.read()
            above.append(f"{route.method} {path_of(route)}")
        assert len(above) > 15
        expected = above[: int(REFUSALS_AT_ONCE)]
        await entries(tmp_path, what=expected[-1])
        lines = [one for one in read_entries(tmp_path) if one["who"].get("role") == role]
        assert [one["what"] for one in lines[: len(expected)]] == expected
        assert {one["outcome"] for one in lines} == {"not_allowed"}


async def test_each_route_that_changes_something_leaves_a_line_and_no_other_does(
    serve: Serve, tmp_path: Path
) -> None:
    serving = await serve(FakeEngine(folder=tmp_path))
    expected = set(AUDITED_READING)
    for route in serving.app.router.routes():
        if route in serving.app[PAGE_ROUTES] or path_of(route) in ("/ws", "/reach"):
            continue
        url = serving.url + re.sub(r"{\w+}", "1", path_of(route))
        answer = await serving.http.request(route.method, url, headers=ADMIN, allow_redirects=False)
        await answer.read()
        name = f"{route.method} {path_of(route)}"
        if route.method not in ("GET", "HEAD") and name not in QUIET_ROUTES:
            expected.add(name)
    await entries(tmp_path, what="DELETE /api/tokens/{token_id}")
    assert {one["what"] for one in read_entries(tmp_path)} - {"start"} == expected


async def test_route_that_nobody_named_is_audited_whatever_it_does(tmp_path: Path) -> None:
    async def forgotten(request: web.Request) -> web.Response:
        if request.path.endswith("good"):
            return web.Response()
        raise KeyError("a fault")

    app = build_app(Settings(data=tmp_path), FakeEngine(), TOKEN)
    for path in ("/good", "/bad"):
        app.router.add_put(path, forgotten)
    async with TestServer(app) as server, aiohttp.ClientSession(headers=ADMIN) as http:
        for path in ("/good", "/bad"):
            await (await http.put(server.make_url(path))).read()
    outcomes = {one["what"]: one["outcome"] for one in read_entries(tmp_path)}
    assert (outcomes["PUT /good"], outcomes["PUT /bad"]) == ("ok", "internal")


# --- who comes in ---------------------------------------------------------------------------------


async def test_start_and_stop_are_audited(tmp_path: Path) -> None:
    async with TestServer(build_app(Settings(data=tmp_path), FakeEngine(), TOKEN)):
        pass
    lines = read_entries(tmp_path)
    assert [(one["what"], one["who"]) for one in lines] == [
        ("start", {"name": "server"}),
        ("stop", {"name": "server"}),
    ]


async def test_start_without_tokens_leaves_a_line_of_its_own(serve: Serve, tmp_path: Path) -> None:
    await serve(token=None)
    await only(tmp_path, what="no_auth")
    assert (await only(tmp_path, what="start"))["target"]["auth"] is False


async def test_sign_in_wrong_tokens_and_other_sites_are_audited(
    serving: Serving, tmp_path: Path
) -> None:
    assert (await serving.get("/", params={"token": TOKEN})).status == 302
    assert (await serving.get("/", params={"token": "wrong"})).status == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert (await serving.get("/api/gallery", headers=wrong)).status == 401
    evil = {"Origin": "https://evil.example"}
    assert (await serving.get("/ws", token=True, headers=evil)).status == 403
    await serving.get("/api/session")  # no token at all: a page that finds out that it needs one
    await entries(tmp_path, outcome="forbidden_origin")
    lines = [(one["what"], one["outcome"]) for one in read_entries(tmp_path)[1:]]
    assert lines == [
        ("sign_in", "ok"),
        ("sign_in", "unauthorised"),
        ("GET /api/gallery", "unauthorised"),
        ("GET /ws", "forbidden_origin"),
    ]
    assert "wrong" not in (tmp_path / "audit.jsonl").read_text()


async def test_link_and_the_device_that_joined_by_it_are_audited(
    serving: Serving, tmp_path: Path
) -> None:
    await press(serving, code_of(await invite(serving, "operator", name="Anna's phone")))
    (device,) = serving.app[DEVICES].grants()
    assert device.shown_name == "Anna's phone"
    assert (await only(tmp_path, what="POST /api/join"))["target"] == {"role": "operator"}
    joined = await only(tmp_path, what="POST /join")
    assert (joined["target"], joined["outcome"]) == ({"token_id": device.token_id}, "ok")


async def test_disk_that_takes_no_line_stops_nothing(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "audit.jsonl").mkdir()  # nothing can be appended to that
    serving = await serve(data=folder)
    answer = await serving.http.post(
        f"{serving.url}/api/gallery/clear", json={"confirm": "clear"}, headers=ADMIN
    )
    assert answer.status == 200
