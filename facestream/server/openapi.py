"""Routes and what is said of them -> an OpenAPI 3.1 document. Pure; knows no aiohttp.

It is made from what the server has: the router, `roles`, the declarations beside the handlers and
their models. A route that nobody described has no place in it, and a test asks for all.
"""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from facestream.errors import FacestreamError, ForbiddenOrigin, NotAllowed, Unauthorised
from facestream.server.access import TOKEN_COOKIE, TOKEN_PARAMETER
from facestream.server.operations import Content, Media, Operation
from facestream.server.rest_models import Refusal
from facestream.server.roles import ANYBODY, Role

__all__ = ["BY_TOKEN", "Described", "document"]

BY_TOKEN: tuple[type[FacestreamError], ...] = (Unauthorised, NotAllowed, ForbiddenOrigin)
"""What can become of any request to a route that is not open to everybody."""

NOT_FOUND = "not_found"
"""Where a name in the path cannot be one, the path is not there."""

TOPICS = {
    "photos": "Who is in a photo.",
    "gallery": "Who is known, and all that can be done about it.",
    "access": "Join links, by which other devices get in.",
    "live": "The socket, on which frames are answered.",
    "tunnel": "The socket's messages over plain requests.",
    "server": "The server itself.",
}

INTRODUCTION = """\
Real-time face detection and recognition. Beside this interface there is a WebSocket for live
pictures; its messages are described in docs/protocol.md.

An access token has a role: viewer, operator or admin. Each may do what those before it may;
`x-facestream-role` of an operation is the role that it needs. A token comes as
`Authorization: Bearer`, in the cookie of the page, or as the parameter `token` of the address.
A server that was started with `--no-auth` asks for none.

An error has the status of its kind and a body of `code`, `message`, which is one sentence for
people, and `retryable`: whether the same request may succeed later.
"""

_NAMES = re.compile(r"{(\w+)}")
_REFERENCE = "#/components/schemas/{model}"


@dataclass(frozen=True, slots=True)
class Described:
    """One route. path: with names in braces, without their patterns."""

    method: str
    path: str
    role: Role | None
    operation: Operation


def document(routes: Iterable[Described], version: str) -> dict[str, Any]:
    """The whole of it, as JSON has it.

    Raises:
        ValueError: two operations have one name.
    """
    routes = list(routes)
    names = [one.operation.name for one in routes]
    if len(names) != len(set(names)):
        raise ValueError(f"each operation needs a name of its own, got {sorted(names)}")
    schemas = _Schemas(routes)
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in routes:
        paths[one.path][one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "facestream",
            "version": version,
            "description": INTRODUCTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TOPICS.items()],
        "security": [{"bearer": []}, {"cookie": []}, {"parameter": []}],
        "paths": dict(paths),
        "components": {
            "schemas": schemas.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": TOKEN_COOKIE},
                "parameter": {"type": "apiKey", "in": "query", "name": TOKEN_PARAMETER},
            },
        },
    }


class _Schemas:
    """The schemas of all models in use, each once."""

    def __init__(self, routes: Sequence[Described]) -> None:
        Mode = Literal["validation", "serialization"]
        wanted: dict[tuple[type[BaseModel], Mode], None] = {(Refusal, "serialization"): None}
        for one in routes:
            if model := _model(one.operation.body):
                wanted[model, "validation"] = None
            for content in one.operation.answers.values():
                if model := _model(content):
                    wanted[model, "serialization"] = None
        self._by_model, found = models_json_schema(list(wanted), ref_template=_REFERENCE)
        self.components: dict[str, Any] = found.get("$defs", {})

    def of(self, content: type[BaseModel], mode: Literal["validation", "serialization"]) -> Any:
        """A reference."""
        return self._by_model[content, mode]

    def refusals(self, codes: Sequence[str]) -> dict[str, Any]:
        """Of an error with one of these codes; with any, where there are none."""
        reference = self.of(Refusal, "serialization")
        if not codes:
            return dict(reference)
        known = {"type": "object", "properties": {"code": {"enum": list(codes)}}}
        return {"allOf": [reference, known]}


def _model(content: Content) -> type[BaseModel] | None:
    return content.model if isinstance(content, Media) else content


def _operation(one: Described, schemas: _Schemas) -> dict[str, Any]:
    told = one.operation
    summary, _, more = told.said.partition("\n\n")
    found: dict[str, Any] = {
        "operationId": told.name,
        "tags": [told.topic],
        "summary": " ".join(summary.split()),
        "x-facestream-role": "anybody" if one.role is ANYBODY else one.role.value,
    }
    meant = inspect.getdoc(told.query) if told.query else None  # what the parameters mean
    if described := " ".join(" ".join([more, meant or ""]).split()):
        found["description"] = described
    if one.role is ANYBODY:
        found["security"] = []
    if parameters := [*_path_parameters(one), *_query_parameters(told)]:
        found["parameters"] = parameters
    if told.body is not None:
        found["requestBody"] = {
            "required": not (isinstance(told.body, Media) and told.body.optional),
            "content": _content(told.body, "validation", schemas),
        }
    found["responses"] = _responses(one, schemas)
    return found


def _path_parameters(one: Described) -> list[dict[str, Any]]:
    types = one.operation.path
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": TypeAdapter(types[name]).json_schema() if name in types else _TEXT,
        }
        for name in _NAMES.findall(one.path)
    ]


_TEXT = {"type": "string", "minLength": 1}


def _query_parameters(told: Operation) -> list[dict[str, Any]]:
    if told.query is None:
        return []
    schema = told.query.model_json_schema(mode="validation")
    required = schema.get("required", [])
    return [
        {"in": "query", "name": name, "required": name in required, "schema": _untitled(one)}
        for name, one in schema["properties"].items()
    ]


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}


def _content(
    content: type[BaseModel] | Media,
    mode: Literal["validation", "serialization"],
    schemas: _Schemas,
) -> dict[str, Any]:
    if not isinstance(content, Media):
        return {"application/json": {"schema": schemas.of(content, mode)}}
    if content.model is not None:
        schema = schemas.of(content.model, mode)
    else:
        schema = content.schema or {"type": "string", "format": "binary"}
    return {kind: {"schema": dict(schema)} for kind in content.types}


def _responses(one: Described, schemas: _Schemas) -> dict[str, Any]:
    found: dict[int, dict[str, Any]] = {}
    for status, content in one.operation.answers.items():
        found[status] = {"description": _phrase(status)}
        if content is not None:
            found[status]["content"] = _content(content, "serialization", schemas)
    for status, codes in _codes(one).items():
        there = found.setdefault(status, {"description": ""})
        there["description"] = ", ".join(codes) or there["description"] or "what went wrong"
        there.setdefault("content", {}).setdefault(
            "application/json", {"schema": schemas.refusals(codes)}
        )
    return {str(status): found[status] for status in sorted(found)}


def _codes(one: Described) -> dict[int, list[str]]:
    """Status of an error -> its codes; none: any."""
    codes: dict[int, list[str]] = defaultdict(list)
    for error in (*(() if one.role is ANYBODY else BY_TOKEN), *one.operation.errors):
        if error.code not in codes[error.http_status]:
            codes[error.http_status].append(error.code)
    if _NAMES.search(one.path):
        codes[404].append(NOT_FOUND)
    codes[500] = []  # nobody can say what goes wrong on a server
    return codes


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase
