"""An OpenAPI document -> one page to read, without a script. Strings only.

Its style is in web/styles/docs.css.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from facestream.server.html import html_page

__all__ = ["docs_page"]

_CODE, _AS_CODE = re.compile("`([^`]+)`"), r"<code>\1</code>"


def docs_page(document: dict[str, Any], address: str) -> str:
    """All operations by their topic, then all schemas.

    Args:
        document: see `openapi.document`.
        address: of the document itself.
    """
    info = document["info"]
    title = f"{info['title']} {info['version']}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        *(_paragraph(text) for text in info["description"].split("\n\n")),
        f'<p>The same for programs: <a href="{escape(address)}">openapi.json</a>, '
        f"OpenAPI {escape(document['openapi'])}.</p>",
        _contents(document),
    ]
    for topic in document["tags"]:
        about = escape(topic["description"].rstrip("."))
        parts.append(f'<h2 id="topic-{escape(topic["name"])}">{about}</h2>')
        parts += [
            _operation(method, path, told)
            for path, methods in document["paths"].items()
            for method, told in methods.items()
            if topic["name"] in told["tags"]
        ]
    parts += ['<h2 id="schemas">What is sent and answered</h2>']
    parts += [_schema(name, one) for name, one in document["components"]["schemas"].items()]
    return html_page(title, "docs.css", "\n".join(f"      {part}" for part in parts))


def _contents(document: dict[str, Any]) -> str:
    topics = [one["name"] for one in document["tags"]]
    links = [*((f"topic-{name}", name) for name in topics), ("schemas", "schemas")]
    items = "".join(f'<li><a href="#{escape(to)}">{escape(text)}</a></li>' for to, text in links)
    return f'<nav aria-label="Topics"><ul>{items}</ul></nav>'


def _operation(method: str, path: str, told: dict[str, Any]) -> str:
    role = told["x-facestream-role"]
    head = (
        f'<h3 id="{escape(told["operationId"])}"><b>{escape(method.upper())}</b> '
        f"<code>{_breakable(path)}</code> <i>{escape(told['operationId'])}, {escape(role)}</i></h3>"
    )
    rows = [
        *(_parameter(one) for one in told.get("parameters", [])),
        *_body(told.get("requestBody")),
        *(_answer(status, one) for status, one in told["responses"].items()),
    ]
    said = _paragraph(told["summary"]) + (
        _paragraph(told["description"]) if "description" in told else ""
    )
    return f"<article>{head}{said}<dl>{''.join(rows)}</dl></article>"


def _parameter(one: dict[str, Any]) -> str:
    needed = "" if one["required"] else ", may be left out"
    return _row(one["name"], f"{escape(_kind(one['schema']))}, in the {one['in']}{needed}")


def _body(body: dict[str, Any] | None) -> list[str]:
    return [] if body is None else [_row("body", _media(body["content"]))]


def _answer(status: str, one: dict[str, Any]) -> str:
    media = _media(one["content"]) if "content" in one and int(status) < 400 else ""
    return _row(status, f"{escape(one['description'])}{': ' if media else ''}{media}")


def _media(content: dict[str, Any]) -> str:
    """References for JSON, else the media types."""
    found = []
    for kind, one in content.items():
        reference = one["schema"].get("$ref")
        found.append(_link(reference) if reference else escape(kind))
    return ", ".join(found)


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = [_row(field, _typed(one)) for field, one in schema.get("properties", {}).items()]
    values = f"<p>{escape(_kind(schema))}</p>" if not rows else f"<dl>{''.join(rows)}</dl>"
    said = _paragraph(schema["description"]) if "description" in schema else ""
    head = f'<h3 id="{_anchor(name)}"><code>{escape(name)}</code></h3>'
    return f"<article>{head}{said}{values}</article>"


def _typed(schema: dict[str, Any]) -> str:
    """The type of a field, with links to the schemas that it names."""
    if "$ref" in schema:
        return _link(schema["$ref"])
    if "anyOf" in schema:
        return " or ".join(_typed(one) for one in schema["anyOf"])
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_typed(schema['items'])}"
    return escape(_kind(schema))


def _kind(schema: dict[str, Any]) -> str:
    """Its type in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = str(schema.get("type", "anything"))
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (("minimum", "from"), ("maximum", "to"))
        if key in schema
    ]
    return " ".join([kind, *bounds])


def _link(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f'<a href="#{_anchor(name)}"><code>{escape(name)}</code></a>'


def _anchor(name: str) -> str:
    """Not the name alone: operations have names, too."""
    return escape(f"schema-{name}")


def _breakable(path: str) -> str:
    """A long path may continue on the next line behind each `/`."""
    return escape(path).replace("/", "/<wbr>")


def _row(term: str, text: str) -> str:
    return f"<div><dt>{escape(term)}</dt><dd>{text}</dd></div>"


def _paragraph(text: str) -> str:
    """What stands between backquotes is code."""
    return f"<p>{_CODE.sub(_AS_CODE, escape(' '.join(text.split())))}</p>"
