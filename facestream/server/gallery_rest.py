"""The gallery over HTTP: who is known, what is stored of them, and all that can be done about it.

docs/rest.md is the contract in words. Bodies are checked by models; answers are JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from facestream.engine.gallery_desk import GalleryDesk
from facestream.errors import (
    BadMessage,
    BadName,
    FingerprintMismatch,
    GalleryFull,
    NameTaken,
    NoSuchExample,
    NoSuchIdentity,
    NotConfirmed,
    NothingToUndo,
    Overloaded,
    ShuttingDown,
    StoreFailed,
)
from facestream.gallery.records import Crop, IdentityDetail, IdentityEdit
from facestream.server import answers
from facestream.server import rest_models as rest
from facestream.server.bodies import answered, read_body
from facestream.server.keys import ENGINE, TARGET
from facestream.server.operations import Media, operation

if TYPE_CHECKING:  # at run time this would bring TensorFlow in
    from facestream.gallery.gallery import Gallery, GalleryChange

__all__ = ["CHANGING", "ids_of", "routes"]

TOPIC = "gallery"
JPEG = Media(("image/jpeg",))
NO_PERSON, NO_EXAMPLE = (NoSuchIdentity,), (NoSuchExample,)
READING = (StoreFailed, Overloaded, ShuttingDown)
CHANGING = (StoreFailed, FingerprintMismatch, Overloaded, ShuttingDown)
"""What can become of any change."""


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


@operation("gallery", TOPIC, rest.GalleryFields, errors=(Overloaded,))
async def _people(request: web.Request) -> web.Response:
    """Who is enrolled."""
    engine = request.app[ENGINE]
    engine.desk.snapshot()  # raises Overloaded until it is read: nobody is not who is enrolled
    return answered(answers.gallery_fields(engine.gallery))


@operation("health", TOPIC, rest.GalleryHealth, errors=(ShuttingDown,))
async def _health(request: web.Request) -> web.Response:
    """What is worth a look."""
    revision, health = await request.app[ENGINE].health()
    return answered(rest.GalleryHealth(revision=revision, **health.as_json()))


@operation("person", TOPIC, rest.Person, errors=(*NO_PERSON, *READING))
async def _person(request: web.Request) -> web.Response:
    """One person with all examples."""
    engine = request.app[ENGINE]
    identity_id = request.match_info["identity_id"]
    detail = await engine.desk.read(lambda gallery: gallery.store.detail(identity_id))
    return answered(_person_fields(detail, (await engine.started()).fingerprint))


@operation("portrait", TOPIC, JPEG, errors=(*NO_PERSON, *NO_EXAMPLE, *READING))
async def _portrait(request: web.Request) -> web.Response:
    """A picture of a person."""
    identity_id = request.match_info["identity_id"]
    return await _picture(request, lambda gallery: gallery.store.portrait(identity_id))


@operation(
    "example_picture",
    TOPIC,
    JPEG,
    errors=(*NO_EXAMPLE, *READING),
    path={"template_id": rest.TemplateId},
)
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


@operation(
    "edit",
    TOPIC,
    rest.Change,
    body=rest.Edit,
    errors=(BadMessage, BadName, NameTaken, *NO_PERSON, *CHANGING),
)
async def _edit(request: web.Request) -> web.Response:
    """Another name, note or expiry date."""
    identity_id = request.match_info["identity_id"]
    edit = cast(
        "IdentityEdit", (await read_body(request, rest.Edit)).model_dump(exclude_unset=True)
    )
    return await _changed(request, lambda gallery: gallery.edit(identity_id, edit))


@operation("delete", TOPIC, rest.Change, errors=(*NO_PERSON, *CHANGING))
async def _delete(request: web.Request) -> web.Response:
    """Delete a person."""
    identity_id = request.match_info["identity_id"]
    return await _changed(request, lambda gallery: gallery.delete(identity_id))


@operation("merge", TOPIC, rest.Change, body=rest.Merge, errors=(BadMessage, *NO_PERSON, *CHANGING))
async def _merge(request: web.Request) -> web.Response:
    """Make two people one."""
    identity_id = request.match_info["identity_id"]
    into = (await read_body(request, rest.Merge)).into
    return await _changed(request, lambda gallery: gallery.merge(identity_id, into))


@operation(
    "delete_examples",
    TOPIC,
    rest.Change,
    body=rest.DeleteExamples,
    errors=(BadMessage, *NO_EXAMPLE, *CHANGING),
)
async def _delete_examples(request: web.Request) -> web.Response:
    """Delete some examples."""
    template_ids = (await read_body(request, rest.DeleteExamples)).template_ids
    return await _changed(request, lambda gallery: gallery.delete_templates(template_ids))


@operation(
    "move_examples",
    TOPIC,
    rest.Change,
    body=rest.MoveExamples,
    errors=(BadMessage, BadName, GalleryFull, *NO_EXAMPLE, *NO_PERSON, *CHANGING),
)
async def _move_examples(request: web.Request) -> web.Response:
    """Give some examples to somebody else."""
    move = await read_body(request, rest.MoveExamples)

    def moved(gallery: Gallery) -> GalleryChange:
        if move.into is not None:
            return gallery.move(move.template_ids, move.into)
        return gallery.move_to_name(move.template_ids, move.display_name or "")

    return await _changed(request, moved)


@operation(
    "clear", TOPIC, rest.Change, body=rest.Clear, errors=(BadMessage, NotConfirmed, *CHANGING)
)
async def _clear(request: web.Request) -> web.Response:
    """Delete everybody."""
    if (await read_body(request, rest.Clear)).confirm != "clear":
        raise NotConfirmed('To delete everybody, "confirm" has to be "clear".')
    return await _changed(request, lambda gallery: gallery.clear())


@operation(
    "undo", TOPIC, rest.Change, body=rest.Undo, errors=(BadMessage, NothingToUndo, *CHANGING)
)
async def _undo(request: web.Request) -> web.Response:
    """Take a deletion back."""
    undo_id = (await read_body(request, rest.Undo)).undo_id
    return await _changed(request, lambda gallery: gallery.undo(undo_id))


@operation("reembedding", TOPIC, rest.Reembedding)
async def _reembedding(request: web.Request) -> web.Response:
    """How far the templates of another model are embedded anew."""
    return answered(rest.Reembedding(**asdict(request.app[ENGINE].reembedding)))


@operation("reembed", TOPIC, {202: rest.Reembedding}, errors=CHANGING)
async def _reembed(request: web.Request) -> web.Response:
    """Begin to embed the templates of another model, or go on."""
    return answered(rest.Reembedding(**asdict(await request.app[ENGINE].reembed())), status=202)


# --- inside ---------------------------------------------------------------------------------------


def _desk(request: web.Request) -> GalleryDesk:
    return request.app[ENGINE].desk


async def _changed(request: web.Request, job: Callable[[Gallery], GalleryChange]) -> web.Response:
    change = await _desk(request).change(job)
    request[TARGET].update(ids_of(change))
    return answered(_change_fields(change))


def ids_of(change: GalleryChange) -> dict[str, Any]:
    """For the audit file: who got something, and how it can be taken back."""
    got = {"identity_id": change.upserted[-1].identity_id} if change.upserted else {}
    return got if change.undo is None else {**got, "undo_id": change.undo.undo_id}


def _change_fields(change: GalleryChange) -> rest.Change:
    """The identity is the one that got something."""
    gained = change.upserted[-1] if change.upserted else None
    return rest.Change(
        revision=change.revision,
        identity=None if gained is None else answers.identity_fields(gained),
        undo=answers.undo_fields(change.undo),
    )


def _person_fields(detail: IdentityDetail, fingerprint: str) -> rest.Person:
    return rest.Person(
        **answers.identity_fields(detail.identity).model_dump(),
        note=detail.note,
        created_at_ms=detail.created_at_ms,
        expires_at_ms=detail.expires_at_ms,
        examples=[
            rest.Example(
                template_id=one.template_id,
                kind=one.kind.value,
                created_at_ms=one.created_at_ms,
                source=one.source.value,
                sharpness=one.sharpness,
                has_crop=one.has_crop,
                searched=fingerprint in one.models,
            )
            for one in detail.templates
        ],
    )
