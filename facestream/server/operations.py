"""What a route takes and answers, said beside its handler. Knows neither aiohttp nor any route.

`openapi` makes the document from these declarations, and from the router.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from facestream.errors import FacestreamError

__all__ = ["Content", "Media", "Operation", "operation", "operation_of"]

_ATTRIBUTE = "facestream_operation"

_H = TypeVar("_H", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Media:
    """Content that is no JSON.

    types: media types, any of them.
    model: of its fields, where it is a form.
    schema: where a model cannot say it. Where there is neither, it is bytes.
    optional: no bytes at all are as good.
    """

    types: tuple[str, ...]
    model: type[BaseModel] | None = None
    schema: Mapping[str, Any] | None = None
    optional: bool = False


Content = type[BaseModel] | Media | None
"""A model: JSON. None: there is no content."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    name: unique, as the method of `facestream.client` that does it.
    said: one sentence, and what else there is to say.
    answers: by HTTP status, but for errors.
    errors: that this operation has of its own; `openapi` adds those of its role.
    path: the types of the names in braces; a name that is not in it is text.
    """

    name: str
    topic: str
    said: str
    answers: Mapping[int, Content]
    errors: tuple[type[FacestreamError], ...] = ()
    body: Content = None
    query: type[BaseModel] | None = None
    path: Mapping[str, Any] = field(default_factory=dict)


def operation(
    name: str,
    topic: str,
    answers: Mapping[int, Content] | Content,
    *,
    errors: tuple[type[FacestreamError], ...] = (),
    body: Content = None,
    query: type[BaseModel] | None = None,
    path: Mapping[str, Any] | None = None,
) -> Callable[[_H], _H]:
    """Say of a handler what it takes and answers; its docstring says the rest.

    The arguments are the fields of `Operation`. `answers` may also be what 200 brings, alone.
    """
    by_status = answers if isinstance(answers, Mapping) else {200: answers}

    def describe(handler: _H) -> _H:
        said = inspect.getdoc(handler)
        if not said:
            raise ValueError(f"the handler of {name} has no docstring")
        told = Operation(name, topic, said, by_status, errors, body, query, path or {})
        setattr(handler, _ATTRIBUTE, told)
        return handler

    return describe


def operation_of(handler: Callable[..., Any]) -> Operation | None:
    """What was said of a handler; None: nothing."""
    told = getattr(handler, _ATTRIBUTE, None)
    return told if isinstance(told, Operation) else None
