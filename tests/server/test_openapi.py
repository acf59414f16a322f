"""The document says what the server has. Made from the router: what is new there is missed here."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from facestream import __version__, errors
from facestream.errors import BadMessage, FacestreamError, NameTaken
from facestream.server.docs_page import docs_page
from facestream.server.keys import DOCUMENT, PAGE_ROUTES
from facestream.server.openapi import Described, document
from facestream.server.operations import Media, Operation, operation, operation_of
from facestream.server.rest_models import TunnelPart
from facestream.server.roles import ANYBODY, Role, route_role
from tests.server.conftest import Serving
from tests.server.test_roles import headers_of, path_of

METHODS = ("get", "post", "patch", "delete")


class Thing(BaseModel):
    size: int


def told(**options: Any) -> Operation:
    fields: dict[str, Any] = {"name": "do", "topic": "server", "said": "Do it.", "answers": {}}
    return Operation(**{**fields, **options})


def made(told: Operation, path: str = "/api/do", role: Role | None = Role.ADMIN) -> dict[str, Any]:
    """The document's operation."""
    found: dict[str, Any] = document([Described("POST", path, role, told)], "1")["paths"]
    return dict(found[path]["post"])


# --- the document of the server -------------------------------------------------------------------


async def test_every_route_is_described(serving: Serving) -> None:
    routes = {
        f"{route.method} {path_of(route)}"
        for route in serving.app.router.routes()
        if route not in serving.app[PAGE_ROUTES] and route.method != "HEAD"
    }
    paths = serving.app[DOCUMENT]()["paths"]
    assert routes == {f"{method.upper()} {path}" for path in paths for method in paths[path]}


async def test_every_operation_states_the_role_that_the_guard_asks_for(serving: Serving) -> None:
    for path, methods in serving.app[DOCUMENT]()["paths"].items():
        for method, described in methods.items():
            role = route_role(method.upper(), path)
            assert described["x-facestream-role"] == (role or "anybody"), path
            assert ("401" in described["responses"]) is (role is not ANYBODY)
            assert (described.get("security") == []) is (role is ANYBODY)


async def test_it_is_an_openapi_document_of_this_version(serving: Serving) -> None:
    described = serving.app[DOCUMENT]()
    assert (described["openapi"], described["info"]["version"]) == ("3.1.0", __version__)
    for name, schema in described["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert re.fullmatch(r"[A-Z]\w+", name)
    references = set(re.findall(r"'#/components/schemas/(\w+)'", str(described)))
    assert references <= set(described["components"]["schemas"])
    topics = {one["name"] for one in described["tags"]}
    for methods in described["paths"].values():
        assert set(methods) <= set(METHODS)
        for one in methods.values():
            assert set(one["tags"]) <= topics
            assert re.fullmatch(r"[A-Z0-9].+[^.]\.", one["summary"]), one["summary"]


async def test_codes_of_errors_are_those_of_the_error_tree(serving: Serving) -> None:
    tree = {
        one.code
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, FacestreamError)
    }
    enums = re.findall(r"'code': {'enum': \[([^\]]+)\]}", str(serving.app[DOCUMENT]()))
    codes = {code.strip("' ") for enum in enums for code in enum.split(",")}
    assert len(codes) > 15
    assert codes - tree == {"not_found"}


async def test_who_has_a_token_may_read_it_and_nobody_else(serving: Serving) -> None:
    for path in ("/api/docs", "/api/docs/openapi.json"):
        assert (await serving.get(path)).status == 401
        headers = await headers_of(serving.app, Role.VIEWER)
        assert (await serving.get(path, headers=headers)).status == 200
    answer = await serving.get("/api/docs/openapi.json", token=True)
    assert answer.content_type == "application/json"
    assert await answer.json() == serving.app[DOCUMENT]()


# --- the page -------------------------------------------------------------------------------------


class Seen(HTMLParser):
    """tags: every one, with its attributes. text: what people read."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


async def test_page_names_every_operation_and_needs_neither_script_nor_inline_style(
    serving: Serving,
) -> None:
    answer = await serving.get("/api/docs", token=True)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    page = Seen(await answer.text())
    assert page.open == []
    for path in serving.app[DOCUMENT]()["paths"]:
        assert path in page.text
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "style", "iframe", "img"}
    for _, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


async def test_every_link_of_the_page_leads_somewhere(serving: Serving) -> None:
    page = Seen(await (await serving.get("/api/docs", token=True)).text())
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {str(attributes["href"]) for _, attributes in page.tags if "href" in attributes}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    for link in links:
        if not link.startswith("#"):
            assert (await serving.get(link, token=True)).status == 200, link


def test_what_is_described_cannot_break_out_of_the_page() -> None:
    said = "A <script> & `<b>`."
    found = document([Described("GET", "/api/<b>", None, told(said=said))], "1")
    html = docs_page(found, "/openapi.json")
    assert "<script>" not in html
    assert "A &lt;script&gt; &amp; <code>&lt;b&gt;</code>." in html


# --- how it is made -------------------------------------------------------------------------------


def test_no_route_makes_an_empty_document() -> None:
    assert document([], "1")["paths"] == {}


def test_two_operations_of_one_name_are_refused() -> None:
    routes = [Described("GET", path, None, told()) for path in ("/a", "/b")]
    with pytest.raises(ValueError, match="name of its own"):
        document(routes, "1")


def test_errors_of_a_status_share_a_response_that_lists_their_codes() -> None:
    answers = made(told(answers={200: Thing}, errors=(BadMessage, NameTaken)), role=None)
    assert answers["responses"].keys() == {"200", "400", "409", "500"}
    schema = answers["responses"]["409"]["content"]["application/json"]["schema"]
    assert schema["allOf"][1]["properties"]["code"] == {"enum": ["name_taken"]}


def test_a_route_with_a_role_may_refuse_for_it() -> None:
    answers = made(told(), role=Role.VIEWER)["responses"]
    assert answers["401"]["description"] == "unauthorised"
    assert answers["403"]["description"] == "not_allowed, forbidden_origin"


def test_names_in_the_path_are_parameters_and_need_not_be_there() -> None:
    found = made(told(path={"number": int}), path="/api/{number}/{word}")
    assert [(one["name"], one["schema"]["type"]) for one in found["parameters"]] == [
        ("number", "integer"),
        ("word", "string"),
    ]
    assert found["responses"]["404"]["description"] == "not_found"


def test_parameters_are_described_with_what_they_mean() -> None:
    found = made(told(query=TunnelPart))
    [first] = found["parameters"]
    assert (first["name"], first["in"], first["required"]) == ("first", "query", True)
    assert first["schema"]["minimum"] == 0
    assert found["description"].startswith("first: the number of the first message")


def test_bytes_are_described_as_bytes_and_models_as_json() -> None:
    found = made(told(body=Media(("image/png", "image/jpeg")), answers={200: Thing, 204: None}))
    assert found["requestBody"]["content"].keys() == {"image/png", "image/jpeg"}
    assert found["responses"]["200"]["content"] == {
        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
    }
    assert "content" not in found["responses"]["204"]


def test_a_handler_says_what_it_is_in_its_docstring() -> None:
    @operation("do", "server", Thing)
    def handler() -> None:
        """Do it."""

    def silent() -> None:
        pass

    described = operation_of(handler)
    assert described is not None
    assert (described.said, described.answers) == ("Do it.", {200: Thing})
    assert operation_of(silent) is None
    with pytest.raises(ValueError, match="docstring"):
        operation("do", "server", Thing)(silent)


def test_contract_in_words_says_where_it_is() -> None:
    contract = (Path(__file__).parents[2] / "docs" / "rest.md").read_text("utf-8")
    assert "/api/docs/openapi.json" in contract
