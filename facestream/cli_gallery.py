"""`facestream gallery`: who is known, on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from facestream.cli_options import AsJson, Config, Data, Yes, settings_of
from facestream.console import ask, show, table
from facestream.errors import NoSuchIdentity
from facestream.settings import Settings

if TYPE_CHECKING:
    from facestream.gallery.store import GalleryStore

__all__ = ["gallery_app"]

gallery_app = typer.Typer(help="Who is known.", no_args_is_help=True)


@gallery_app.command("list")
def gallery_list(data: Data = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the people and how many examples there are of each."""
    from facestream.gallery.store import GalleryStore

    settings = settings_of(data=data, config=config)
    with closing(GalleryStore.open_for_reading(settings.data)) as store:
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


@gallery_app.command("delete")
def gallery_delete(
    name: Annotated[str, typer.Argument(help="Name or identity id.")],
    data: Data = None,
    yes: Yes = False,
    config: Config = None,
) -> None:
    """Delete a person and all their examples. Nothing of them stays in the file."""
    from facestream.gallery.names import name_key

    with _store(settings_of(data=data, config=config)) as store:
        matches = [
            i
            for i in store.identities()
            if i.identity_id == name or name_key(i.display_name) == name_key(name)
        ]
        if not matches:
            raise NoSuchIdentity(f"nobody called {name!r} is in the gallery")
        identity = matches[0]
        ask(f"Delete {identity.display_name} and {identity.templates} examples?", yes=yes)
        store.delete(identity.identity_id)
    print(f"{identity.display_name} is deleted")


@gallery_app.command("clear")
def gallery_clear(data: Data = None, yes: Yes = False, config: Config = None) -> None:
    """Delete everybody."""
    with _store(settings_of(data=data, config=config)) as store:
        count = len(store.identities())
        ask(f"Delete all {count} people?", yes=yes)
        store.clear()
    print(f"{count} people are deleted")


@contextmanager
def _store(settings: Settings) -> Iterator[GalleryStore]:
    """The gallery on disk, without the models: quick."""
    from facestream.gallery.store import GalleryStore

    with closing(GalleryStore.open(settings.data)) as store:
        yield store
