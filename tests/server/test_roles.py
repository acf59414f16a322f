"""Who may do what. Made from the router and the protocol: what is new there is in it by itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, get_args

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import TypeAdapter, ValidationError

from facestream.server import protocol as wire
from facestream.server.app import build_app
from facestream.server.keys import DEVICES, PAGE_ROUTES
from facestream.server.roles import (
    ANYBODY,
    MESSAGE_ROLES,
    ROUTE_ROLES,
    Role,
    message_role,
    route_role,
)
from facestream.settings import Settings
from tests.engine.fakes import FakeEngine, picture
from tests.server.conftest import TOKEN, Client, Serve, Serving

MESSAGES: tuple[type[wire.Message], ...] = get_args(wire.ClientMessage)
VALUES: tuple[Any, ...] = (1, 1.0, "1", picture(1), [])


def type_of(message: type[wire.Message]) -> str:
    kind: str = message.model_fields["type"].default
    return kind


def sample(message: type[wire.Message]) -> wire.Message:
    """A message of this type, whatever fields it has."""
    required = {name: one for name, one in message.model_fields.items() if one.is_required()}
    return message(**{name: value_of(one) for name, one in required.items()})


def value_of(field: Any) -> Any:
    adapter = TypeAdapter(Annotated[field.annotation, *field.metadata, ...])
    for value in VALUES:
        try:
            return adapter.validate_python(value, strict=True)
        except ValidationError:
            continue
    raise AssertionError(f"no value for {field}")


async def headers_of(app: web.Application, role: Role | None) -> dict[str, str]:
    """What somebody of this role brings."""
    if role is None:
        return {}
    token = TOKEN if role is Role.ADMIN else await app[DEVICES].add(role)
    return {"Authorization": f"Bearer {token}"}


async def client_of(serving: Serving, role: Role) -> Client:
    return await serving.client(headers=await headers_of(serving.app, role))


def path_of(route: web.AbstractRoute) -> str:
    assert route.resource is not None
    return route.resource.canonical


# --- the order ------------------------------------------------------------------------------------


def test_each_role_may_do_what_those_before_it_may() -> None:
    viewer, operator, admin = Role
    assert [viewer.includes(other) for other in Role] == [True, False, False]
    assert [operator.includes(other) for other in Role] == [True, True, False]
    assert [admin.includes(other) for other in Role] == [True, True, True]


# --- messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
async def test_hello_says_the_role(serving: Serving, role: Role) -> None:
    client = await client_of(serving, role)
    assert client.hello is not None
    assert client.hello.role == role


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
@pytest.mark.parametrize("message", MESSAGES, ids=type_of)
async def test_message_above_the_role_is_refused_and_the_session_goes_on(
    serving: Serving, message: type[wire.Message], role: Role
) -> None:
    client = await client_of(serving, role)
    asked: Any = sample(message)
    await client.send(asked)
    answer = await client.receive()
    refused = isinstance(answer, wire.ErrorMessage) and answer.code == "not_allowed"
    assert refused is not role.includes(message_role(asked.type)), answer
    if refused:
        assert answer.request == asked.request
    goes_on = wire.Result | wire.EnrolProgress | wire.Dropped  # a busy machine finds it too old
    assert isinstance(await client.answer(10, picture(0)), goes_on)


async def test_nothing_is_done_for_who_may_not(serving: Serving) -> None:
    admin = await client_of(serving, Role.ADMIN)
    await admin.send(wire.EnrolBegin(request=1))
    await admin.expect(wire.EnrolProgress)
    await admin.answer(0, picture(1))
    await admin.expect(wire.EnrolProgress)
    await admin.send(wire.EnrolCommit(request=2, display_name="Ada"))
    await admin.expect(wire.GalleryEvent)
    for role in (Role.VIEWER, Role.OPERATOR):
        client = await client_of(serving, role)
        await client.send(wire.GalleryClear(request=3))
        await client.expect_error("not_allowed")
    people = await (await serving.get("/api/gallery", token=True)).json()
    assert [one["display_name"] for one in people["identities"]] == ["Ada"]


def test_messages_of_each_role_are_these() -> None:
    assert types_for(Role.VIEWER) == {"hello", "frame"}
    assert types_for(Role.OPERATOR) == {
        *("enrol_begin", "enrol_commit", "enrol_more", "enrol_cancel"),
        *("face_why", "face_reject", "gallery_undo"),
    }


def types_for(role: Role) -> set[str]:
    return {type_of(one) for one in MESSAGES if message_role(type_of(one)) is role}


def test_table_of_messages_names_what_exists() -> None:
    assert set(MESSAGE_ROLES) - {type_of(one) for one in MESSAGES} == set()


def test_message_without_a_role_is_for_admins() -> None:
    assert message_role("brand_new") is Role.ADMIN


# --- routes ---------------------------------------------------------------------------------------


async def test_route_above_the_role_is_refused(serve: Serve, tmp_path: Path) -> None:
    serving = await serve(FakeEngine(folder=tmp_path))  # with a real gallery
    routes = [one for one in serving.app.router.routes() if one not in serving.app[PAGE_ROUTES]]
    assert len(routes) > 20
    for role in (None, *Role):
        headers = await headers_of(serving.app, role)
        for route in routes:
            url = serving.url + re.sub(r"{\w+}", "1", path_of(route))
            answer = await serving.http.request(
                route.method, url, headers=headers, allow_redirects=False
            )
            await answer.read()
            needed = route_role(route.method, path_of(route))
            what = (role, route.method, path_of(route), answer.status)
            if needed is ANYBODY:
                assert answer.status not in (401, 403), what
            elif role is None:
                assert answer.status == 401, what
            elif role.includes(needed):
                assert answer.status not in (401, 403), what
            else:
                assert answer.status == 403, what
                if route.method != "HEAD":
                    assert (await answer.json())["code"] == "not_allowed", what


async def test_routes_of_each_role_are_these(serving: Serving) -> None:
    person = "/api/gallery/identities/{identity_id}"
    assert routes_for(serving.app, ANYBODY) == {
        *("GET /healthz", "GET /readyz", "GET /reach", "GET /join", "POST /join"),
    }
    assert routes_for(serving.app, Role.VIEWER) == {
        *("GET /ws", "GET /api/session", "GET /api/gallery", "POST /api/tunnel"),
        *("POST /api/identify", "GET /api/docs", "GET /api/docs/openapi.json"),
        *(f"{method} /api/tunnel/{{tunnel_id}}" for method in ("POST", "GET", "DELETE")),
    }
    assert routes_for(serving.app, Role.OPERATOR) == {
        *(f"GET {person}", f"GET {person}/portrait.jpg"),
        *("GET /api/gallery/examples/{template_id}.jpg", "POST /api/gallery/photos"),
        "POST /api/gallery/undo",
    }


def routes_for(app: web.Application, role: Role | None) -> set[str]:
    return {
        f"{route.method} {path_of(route)}"
        for route in app.router.routes()
        if route not in app[PAGE_ROUTES]
        and route.method != "HEAD"
        and route_role(route.method, path_of(route)) is role
    }


async def test_table_of_routes_names_what_exists(serving: Serving) -> None:
    there = {f"{route.method} {path_of(route)}" for route in serving.app.router.routes()}
    assert set(ROUTE_ROLES) - there == set()


def test_contract_in_words_says_the_same() -> None:
    contract = (Path(__file__).parents[2] / "docs" / "rest.md").read_text("utf-8")
    found = re.findall(
        r"^\| ([A-Z]+) \| `([^`?]+)[^`]*` \| (viewer|operator|admin) \|", contract, re.M
    )
    told = {
        f"{method} {path.replace('{id}', '{identity_id}')}": role for method, path, role in found
    }
    asked = {route: role for route, role in ROUTE_ROLES.items() if role is not ANYBODY}
    assert told == {route: role for route, role in asked.items() if route != "GET /ws"}


async def test_only_files_of_the_page_are_open_without_being_in_the_table(serving: Serving) -> None:
    for route in serving.app[PAGE_ROUTES]:
        assert route.method in ("GET", "HEAD")
        assert not path_of(route).startswith(("/api", "/ws", "/metrics"))


async def test_route_without_a_role_is_for_admins(tmp_path: Path) -> None:
    async def forgotten(request: web.Request) -> web.Response:
        return web.Response(text="secret")

    app = build_app(Settings(data=tmp_path), FakeEngine(), TOKEN)
    app.router.add_get("/forgotten", forgotten)
    async with TestServer(app) as server, aiohttp.ClientSession() as http:
        for role, status in ((None, 401), (Role.VIEWER, 403), (Role.OPERATOR, 403)):
            headers = await headers_of(app, role)
            answer = await http.get(server.make_url("/forgotten"), headers=headers)
            assert (answer.status, await answer.text() != "secret") == (status, True)
        headers = await headers_of(app, Role.ADMIN)
        answer = await http.get(server.make_url("/forgotten"), headers=headers)
        assert await answer.text() == "secret"


async def test_without_a_token_everybody_is_an_admin(serve: Serve) -> None:
    serving = await serve(token=None)
    client = await serving.client(headers={})
    assert client.hello is not None
    assert client.hello.role == "admin"
    assert (await serving.get("/api/gallery/reembedding")).status == 200
