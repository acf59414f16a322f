"""The gallery over HTTP: who is known, what is stored of them, and all that can be done about it.

docs/rest.md is the contract in words. Bodies are checked by models; answers are JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, cast

from aiohttp import web
from pydantic import Field, model_validator

from facestream.engine.gallery_desk import GalleryDesk
from facestream.errors import NoSuchExample, NotConfirmed
from facestream.gallery.records import Crop, IdentityDetail, IdentityEdit
from facestream.server import answers
from facestream.server.bodies import Body, read_body
from facestream.server.keys import ENGINE

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange

__all__ = ["change_json", "routes"]

TemplateIds = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1, max_length=1000)]


class _Edit(Body):
    display_name: str = ""
    note: str | None = None
    expires_at_ms: Annotated[int, Field(ge=0, le=2**53 - 1)] | None = None


class _Merge(Body):
    into: str


class _Delete(Body):
    template_ids: TemplateIds


class _Move(Body):
    template_ids: TemplateIds
    into: str | None = None
    display_name: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> _Move:
        if (self.into is None) == (self.display_name is None):
            raise ValueError("either into or display_name")
        return self


class _Clear(Body):
    confirm: str


class _Undo(Body):
    undo_id: str


def routes() -> list[web.RouteDef]:
    """All endpoints of this module."""
    person = "/api/gallery/identities/{identity_id}"
    return [
        web.get("/api/gallery", _people),
        web.get("/api/gallery/health", _health),
        web.get(person, _person),
        web.patch(person, _edit),
        web.delete(person, _delete),
        web.get(f"{person}/portrait.jpg", _portrait),
        web.post(f"{person}/merge", _merge),
        web.get("/api/gallery/examples/{template_id:[0-9]{1,15}}.jpg", _example),
        web.post("/api/gallery/examples/delete", _delete_examples),
        web.post("/api/gallery/examples/move", _move_examples),
        web.post("/api/gallery/clear", _clear),
        web.post("/api/gallery/undo", _undo),
        web.get("/api/gallery/reembedding", _reembedding),
        web.post("/api/gallery/reembedding", _reembed),
    ]


# --- reading --------------------------------------------------------------------------------------


async def _people(request: web.Request) -> web.Response:
    """Who is enrolled."""
    return web.json_response(answers.gallery_fields(request.app[ENGINE].gallery).model_dump())


async def _health(request: web.Request) -> web.Response:
    """What is worth a look."""
    revision, health = await request.app[ENGINE].health()
    return web.json_response({"revision": revision, **health.as_json()})


async def _person(request: web.Request) -> web.Response:
    """One person with all examples."""
    engine = request.app[ENGINE]
    identity_id = request.match_info["identity_id"]
    detail = await engine.desk.read(lambda gallery: gallery.store.detail(identity_id))
    return web.json_response(_detail_json(detail, (await engine.started()).fingerprint))


async def _portrait(request: web.Request) -> web.Response:
    """A picture of a person."""
    identity_id = request.match_info["identity_id"]
    return await _picture(request, lambda gallery: gallery.store.portrait(identity_id))


async def _example(request: web.Request) -> web.Response:
    """The picture of an example."""
    template_id = int(request.match_info["template_id"])
    return await _picture(request, lambda gallery: gallery.store.crop(template_id))


async def _picture(request: web.Request, find: Callable[[Gallery], Crop | None]) -> web.Response:
    crop = await _desk(request).read(find)
    if crop is None:
        raise NoSuchExample("There is no picture of that.")
    return web.Response(body=crop.jpeg, content_type="image/jpeg")


# --- changing -------------------------------------------------------------------------------------


async def _edit(request: web.Request) -> web.Response:
    """Another name, note or expiry date."""
    identity_id = request.match_info["identity_id"]
    edit = cast("IdentityEdit", (await read_body(request, _Edit)).model_dump(exclude_unset=True))
    return await _changed(request, lambda gallery: gallery.edit(identity_id, edit))


async def _delete(request: web.Request) -> web.Response:
    """Delete a person."""
    identity_id = request.match_info["identity_id"]
    return await _changed(request, lambda gallery: gallery.delete(identity_id))


async def _merge(request: web.Request) -> web.Response:
    """Make two people one."""
    identity_id, into = request.match_info["identity_id"], (await read_body(request, _Merge)).into
    return await _changed(request, lambda gallery: gallery.merge(identity_id, into))


async def _delete_examples(request: web.Request) -> web.Response:
    """Delete some examples."""
    template_ids = (await read_body(request, _Delete)).template_ids
    return await _changed(request, lambda gallery: gallery.delete_templates(template_ids))


async def _move_examples(request: web.Request) -> web.Response:
    """Give some examples to somebody else."""
    move = await read_body(request, _Move)

    def moved(gallery: Gallery) -> GalleryChange:
        if move.into is not None:
            return gallery.move(move.template_ids, move.into)
        return gallery.move_to_name(move.template_ids, move.display_name or "")

    return await _changed(request, moved)


async def _clear(request: web.Request) -> web.Response:
    """Delete everybody."""
    if (await read_body(request, _Clear)).confirm != "clear":
        raise NotConfirmed('To delete everybody, "confirm" has to be "clear".')
    return await _changed(request, lambda gallery: gallery.clear())


async def _undo(request: web.Request) -> web.Response:
    """Take a deletion back."""
    undo_id = (await read_body(request, _Undo)).undo_id
    return await _changed(request, lambda gallery: gallery.undo(undo_id))


async def _reembedding(request: web.Request) -> web.Response:
    """How far it is."""
    return web.json_response(asdict(request.app[ENGINE].reembedding))


async def _reembed(request: web.Request) -> web.Response:
    """Begin, or go on."""
    return web.json_response(asdict(await request.app[ENGINE].reembed()), status=202)


# --- inside ---------------------------------------------------------------------------------------


def _desk(request: web.Request) -> GalleryDesk:
    return request.app[ENGINE].desk


async def _changed(request: web.Request, job: Callable[[Gallery], GalleryChange]) -> web.Response:
    return web.json_response(change_json(await _desk(request).change(job)))


def change_json(change: GalleryChange) -> dict[str, Any]:
    """A change as docs/rest.md has it. The identity is the one that got something."""
    undo = answers.undo_fields(change.undo)
    return {
        "revision": change.revision,
        "identity": answers.identity_fields(change.upserted[-1]).model_dump()
        if change.upserted
        else None,
        "undo": undo and undo.model_dump(),
    }


def _detail_json(detail: IdentityDetail, fingerprint: str) -> dict[str, Any]:
    return {
        **answers.identity_fields(detail.identity).model_dump(),
        "note": detail.note,
        "created_at_ms": detail.created_at_ms,
        "expires_at_ms": detail.expires_at_ms,
        "examples": [
            {
                "template_id": one.template_id,
                "kind": one.kind.value,
                "created_at_ms": one.created_at_ms,
                "source": one.source.value,
                "sharpness": one.sharpness,
                "has_crop": one.has_crop,
                "searched": fingerprint in one.models,
            }
            for one in detail.templates
        ],
    }
