"""`facestream gallery`: who is known, on the command line.

Changes take the data folder, which a running server has: then it is the page that makes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facestream.cli_audit import audited
from facestream.cli_options import (
    AsJson,
    Config,
    Data,
    Embedder,
    Weights,
    Yes,
    pipeline_of,
    settings_of,
)
from facestream.console import ask, fail, progress_bar, show, table
from facestream.errors import NoSuchIdentity
from facestream.gallery.records import IdentityDetail, IdentityEdit, IdentitySummary
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.gallery.store import GalleryStore
    from facestream.gallery.store_reader import StoreReader

__all__ = ["changing", "gallery_app", "reading"]

gallery_app = typer.Typer(help="Who is known.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name or identity id.")]
ExampleIds = Annotated[list[int], typer.Argument(help="Ids of examples; `gallery show` has them.")]


@gallery_app.command("list")
def gallery_list(data: Data = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the people and how many examples there are of each."""
    with reading(settings_of(data=data, config=config)) as store:
        identities = store.identities()
    rows = [
        {"identity_id": i.identity_id, "name": i.display_name, "templates": i.templates}
        for i in identities
    ]
    show(
        as_json,
        rows,
        lambda: [table(("id", "name", "examples"), ([*row.values()] for row in rows))],
    )


@gallery_app.command("show")
def gallery_show(
    name: Name, data: Data = None, as_json: AsJson = False, config: Config = None
) -> None:
    """Show what is stored of a person."""
    with reading(settings_of(data=data, config=config)) as store:
        detail = store.detail(_found(store, name).identity_id)
    show(as_json, _detail_json(detail), lambda: _detail_lines(detail))


@gallery_app.command("rename")
def gallery_rename(name: Name, new_name: str, data: Data = None, config: Config = None) -> None:
    """Give a person another name."""
    with changing(settings_of(data=data, config=config), "rename") as (store, target):
        identity = _found(store, name)
        target.update(identity_id=identity.identity_id)
        [renamed] = store.edit(identity.identity_id, {"display_name": new_name}).upserted
    print(f"{identity.display_name} is called {renamed.display_name} now")


@gallery_app.command("merge")
def gallery_merge(
    name: Name,
    into: Annotated[str, typer.Argument(help="Who gets the examples: name or identity id.")],
    data: Data = None,
    yes: Yes = False,
    config: Config = None,
) -> None:
    """Give all examples of a person to another one."""
    with changing(settings_of(data=data, config=config), "merge") as (store, target):
        one, other = _found(store, name), _found(store, into)
        target.update(identity_id=one.identity_id, into=other.identity_id)
        question = f"Give the {one.templates} examples of {one.display_name} to "
        ask(f"{question}{other.display_name}, for good?", yes=yes)
        [merged] = store.merge(one.identity_id, other.identity_id).upserted
    print(f"{merged.display_name} has {merged.templates} examples now")


@gallery_app.command("move")
def gallery_move(
    example_ids: ExampleIds,
    to: Annotated[str, typer.Option(help="Name of who gets them; somebody new, too.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Give some examples to another person."""
    with changing(settings_of(data=data, config=config), "move") as (store, target):
        into = store.move_to_name(example_ids, to).upserted[-1]
        target.update(into=into.identity_id, templates=len(example_ids))
    print(f"{into.display_name} has {into.templates} examples now")


@gallery_app.command("forget")
def gallery_forget(
    example_ids: ExampleIds, data: Data = None, yes: Yes = False, config: Config = None
) -> None:
    """Delete some examples. Nothing of them stays in any file."""
    with changing(settings_of(data=data, config=config), "forget") as (store, target):
        target.update(templates=len(example_ids))
        ask(f"Delete {len(example_ids)} examples?", yes=yes)
        changed = store.delete_templates(example_ids).upserted
    for identity in changed:
        print(f"{identity.display_name} has {identity.templates} examples now")


@gallery_app.command("consent")
def gallery_consent(
    name: Name,
    note: Annotated[str | None, typer.Option(help="What they agreed to; empty: none.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="YYYY-MM-DD, from when on they are deleted; never: not.")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Note what a person agreed to, and until when."""
    if note is None and expires is None:
        fail("bad_usage", "say --note or --expires", status=2)
    edit: IdentityEdit = {}
    if note is not None:
        edit["note"] = note
    if expires is not None:
        edit["expires_at_ms"] = None if expires == "never" else _date_ms(expires)
    with changing(settings_of(data=data, config=config), "consent") as (store, target):
        identity = _found(store, name)
        target.update(identity_id=identity.identity_id)
        store.edit(identity.identity_id, edit)
        detail = store.detail(identity.identity_id)
    show(False, None, lambda: _detail_lines(detail)[:3])


@gallery_app.command("delete")
def gallery_delete(name: Name, data: Data = None, yes: Yes = False, config: Config = None) -> None:
    """Delete a person and all their examples. Nothing of them stays in any file."""
    with changing(settings_of(data=data, config=config), "delete") as (store, target):
        identity = _found(store, name)
        target.update(identity_id=identity.identity_id)
        ask(f"Delete {identity.display_name} and {identity.templates} examples?", yes=yes)
        store.delete(identity.identity_id)
    print(f"{identity.display_name} is deleted")


@gallery_app.command("clear")
def gallery_clear(data: Data = None, yes: Yes = False, config: Config = None) -> None:
    """Delete everybody."""
    with changing(settings_of(data=data, config=config), "clear") as (store, target):
        count = len(store.identities())
        target.update(identities=count)
        ask(f"Delete all {count} people?", yes=yes)
        store.clear()
    print(f"{count} people are deleted")


@gallery_app.command("reembed")
def gallery_reembed(
    data: Data = None, embedder: Embedder = None, weights: Weights = None, config: Config = None
) -> None:
    """Embed the examples of another model anew, out of their pictures. It can be interrupted."""
    from facestream.gallery.reembedding import reembed

    settings = settings_of(data=data, embedder=embedder, weights=weights, config=config)
    with changing(settings, "reembed") as (store, target):
        pipeline = pipeline_of(settings)
        with progress_bar("examples") as progress:
            result = reembed(store, pipeline, progress)
        target.update(templates=result.done)
    print(f"{result.done} examples were embedded by {settings.embedder}")
    left = result.without_face + result.without_crop
    if left:
        print(f"{left} have no picture in which a face is found, and are not searched with it")


@contextmanager
def reading(settings: Settings) -> Iterator[StoreReader]:
    """The gallery on disk beside its owner, without the models: quick."""
    from facestream.gallery.store_reader import StoreReader

    with closing(StoreReader.open_for_reading(settings.data)) as store:
        yield store


@contextmanager
def changing(settings: Settings, command: str) -> Iterator[tuple[GalleryStore, dict[str, Any]]]:
    """The same, to be changed by `command`, and the target of its line in the audit file.

    Raises DataFolderInUse.
    """
    from facestream.gallery.room import Room
    from facestream.gallery.store import GalleryStore

    room = Room(settings.max_identities, settings.max_templates)
    with (
        audited(settings, f"gallery {command}") as target,
        closing(GalleryStore.open(settings.data, room=room)) as store,
    ):
        yield store, target


def _found(store: StoreReader, name: str) -> IdentitySummary:
    """Who has that name, or that id."""
    from facestream.gallery.names import name_key

    for identity in store.identities():
        if identity.identity_id == name or name_key(identity.display_name) == name_key(name):
            return identity
    raise NoSuchIdentity(f"nobody called {name!r} is in the gallery")


def _date_ms(date: str) -> int:
    """Unix milliseconds of the beginning of a day, in UTC."""
    try:
        return round(1e3 * datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        fail("bad_setting", f"{date!r} is no date of the form YYYY-MM-DD", status=2)


def _date(ms: int | None) -> str:
    return "never" if ms is None else f"{datetime.fromtimestamp(ms / 1e3, UTC):%Y-%m-%d}"


def _detail_json(detail: IdentityDetail) -> dict[str, object]:
    return {
        "identity_id": detail.identity.identity_id,
        "name": detail.identity.display_name,
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
                "models": sorted(one.models),
            }
            for one in detail.templates
        ],
    }


def _detail_lines(detail: IdentityDetail) -> Sequence[object]:
    return [
        f"{detail.identity.display_name} ({detail.identity.identity_id})",
        f"note: {detail.note or 'none'}",
        f"since {_date(detail.created_at_ms)}, expires: {_date(detail.expires_at_ms)}",
        table(
            ("example", "kind", "date", "from", "picture", "embedded by"),
            (
                (
                    one.template_id,
                    one.kind.value,
                    _date(one.created_at_ms),
                    one.source.value,
                    "yes" if one.has_crop else "no",
                    ", ".join(sorted(one.models)),
                )
                for one in detail.templates
            ),
        ),
    ]
