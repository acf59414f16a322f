"""`facestream enrol`: photos of one person, or a folder of people, into the gallery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from facestream.cli_audit import audited
from facestream.cli_options import Config, Data, NoCrops, pipeline_of, settings_of
from facestream.console import fail, say, show, table
from facestream.errors import BadDataset, FacestreamError
from facestream.gallery.names import clean_name
from facestream.gallery.records import NewTemplate
from facestream.pictures import Pictures
from facestream.records import Frame

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.gallery.gallery import Gallery
    from facestream.vision.pipeline import Pipeline

__all__ = ["enrol"]

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """What became of somebody's photos. templates: how many they have in all; None: not stored."""

    name: str
    accepted: int
    refused: int
    templates: int | None
    identity_id: str | None = None


def enrol(
    name: Annotated[str | None, typer.Argument(help="Of the person.")] = None,
    images: Annotated[
        list[Path] | None, typer.Argument(help="Their photos; one face in each.")
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(help="Instead: a folder with one folder a person, Name/photo.jpg."),
    ] = None,
    no_crops: NoCrops = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Add photos of one person, or of many, to the gallery. Each gets its own verdict."""
    settings = settings_of(data=data, crops=False if no_crops else None, config=config)
    chosen = _chosen(name, images, people)
    pipeline = pipeline_of(settings)
    from facestream.gallery.gallery import Gallery
    from facestream.gallery.room import Room

    model = (pipeline.fingerprint, pipeline.dimension)
    room = Room(settings.max_identities, settings.max_templates)
    pictures = Pictures(
        [path for paths in chosen.values() for path in paths], settings.max_picture_pixels
    )
    with (
        audited(settings, "enrol") as target,
        Gallery.open(settings.data, *model, room=room) as gallery,
    ):
        enrolled = []
        target.update(identities=0, templates=0)
        for one in _enrolled(chosen, pictures, pipeline, gallery, settings.crops):
            enrolled.append(one)
            if people is None and one.identity_id is not None:
                target["identity_id"] = one.identity_id
            target["identities"] += one.templates is not None
            target["templates"] += one.accepted
    if people is None:
        for one in enrolled:
            if one.templates is not None:
                print(f"{one.name}: {one.accepted} added, {one.templates} in all")
    else:
        show(False, None, lambda: [_table(enrolled)])
    pictures.finish()


def _enrolled(
    chosen: dict[str, list[Path]],
    pictures: Pictures,
    pipeline: Pipeline,
    gallery: Gallery,
    crops: bool,
) -> Iterator[_Enrolment]:
    """One person after the other, each stored at once, so that an interruption loses one."""
    frames = pictures.frames()
    following = next(frames, None)
    for given, paths in chosen.items():
        name = given
        templates: list[NewTemplate] = []
        while following is not None and following[0] in paths:
            path, frame = following
            try:
                template = _template(frame, pipeline)
                templates.append(template if crops else replace(template, crop=None))
                say(f"{path}: accepted")
            except FacestreamError as error:
                pictures.refuse(path, error)
            following = next(frames, None)
        stored = identity_id = None
        if templates:
            identity = gallery.add(name, templates).upserted[0]
            name, stored = identity.display_name, identity.templates
            identity_id = identity.identity_id
        yield _Enrolment(name, len(templates), len(paths) - len(templates), stored, identity_id)


def _table(enrolled: Sequence[_Enrolment]) -> Table:
    return table(
        ("name", "added", "refused", "examples in all"),
        (
            (one.name, one.accepted, one.refused, one.templates or "not enrolled")
            for one in enrolled
        ),
    )


def _template(frame: Frame, pipeline: Pipeline) -> NewTemplate:
    from facestream.engine.photos import template_of_photo
    from facestream.vision.second_look import detect_in_photos

    [found] = detect_in_photos(pipeline.detect, [frame])
    [faces] = pipeline.describe([frame], [found])
    portraits = pipeline.portraits(frame, found)
    return template_of_photo(faces, portraits, frame, pipeline.fingerprint)


def _chosen(
    name: str | None, images: list[Path] | None, people: Path | None
) -> dict[str, list[Path]]:
    """Name -> photos. Raises BadName, BadDataset; ends with status 2 on wrong usage."""
    if people is not None and name is None:
        return _folders(people)
    if people is not None or name is None or not images:
        fail("bad_usage", "say NAME and IMAGE..., or --people DIR", status=2)
    return {clean_name(name): images}


def _folders(people: Path) -> dict[str, list[Path]]:
    """Name -> photos, sorted. Folders whose names are spelt alike are one person."""
    if not people.is_dir():
        raise BadDataset(f"{people} is no folder")
    found: dict[str, list[Path]] = {}
    for folder in sorted(people.iterdir()):
        if folder.is_dir() and not folder.name.startswith(".") and (photos := _photos(folder)):
            found.setdefault(clean_name(folder.name), []).extend(photos)
    if not found:
        raise BadDataset(f"{people} has no folder with photos in it")
    return found


def _photos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
