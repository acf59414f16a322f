"""`facestream gallery`: the gallery as a file: save, restore, check, and the snapshots."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from facestream.cli_audit import audited
from facestream.cli_gallery import changing, gallery_app, reading
from facestream.cli_options import AsJson, Config, Data, Embedder, Yes, settings_of
from facestream.console import ask, say, show, table
from facestream.errors import BadArchive, NoSuchExample, StoreFailed
from facestream.gallery.records import Absorbed
from facestream.settings import Settings

__all__ = ["gallery_app"]

Mode = Annotated[
    Literal["merge", "replace"],
    typer.Option(help="merge: add what is not there; replace: make it equal to the file."),
]


@gallery_app.command("export")
def gallery_export(
    file: Annotated[Path, typer.Argument(help="Written as a whole, or not at all.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Save the whole gallery to one file; also beside a running server."""
    from facestream.files import whole_file
    from facestream.gallery.archive import write_archive

    settings = settings_of(data=data, config=config)
    with audited(settings, "gallery export") as target, reading(settings) as store:
        try:
            with whole_file(file) as out:
                write_archive(out, store.everybody())
        except OSError as error:
            raise StoreFailed(f"{file} cannot be written: {error.strerror}.") from error
        identities = store.identities()
        target.update(identities=len(identities))
    print(f"{file}: {len(identities)} people, {sum(i.templates for i in identities)} examples")


@gallery_app.command("import")
def gallery_import(
    file: Annotated[Path, typer.Argument(help="What `gallery export` or the page saved.")],
    mode: Mode = "merge",
    data: Data = None,
    embedder: Embedder = None,
    yes: Yes = False,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Take people in out of a file, after showing what would change."""
    from facestream.gallery.archive import check_comparable, read_archive
    from facestream.gallery.calibration import load_calibration

    settings = settings_of(data=data, embedder=embedder, config=config)
    try:
        opened = file.open("rb")
    except OSError as error:
        raise BadArchive(f"{file} cannot be read: {error.strerror}.") from error
    with opened, read_archive(opened) as archive, changing(settings, "import") as (store, target):
        check_comparable(archive, load_calibration(settings.embedder).fingerprint)
        replace = mode == "replace"
        if not yes:
            preview = store.absorb(archive.people(), replace=replace, preview=True)
            for line in _absorbed_lines(preview):
                say(line)
            ask("Make these changes?", yes=False)
        done = store.absorb(archive.people(), replace=replace)
        target.update(templates=done.new_templates)
    show(as_json, _absorbed_json(done), lambda: _absorbed_lines(done))


@gallery_app.command("verify")
def gallery_verify(
    data: Data = None,
    embedder: Embedder = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Check the file, every embedding and every picture; and who is worth a look.

    The exit status is 1 when something is damaged, and 0 when there is only advice.
    """
    settings = settings_of(data=data, embedder=embedder, config=config)
    try:
        result = _verified(settings)
    except StoreFailed as error:  # it cannot even be opened
        result = {**_NOTHING, "problems": [str(error)]}
    show(as_json, result, lambda: _verified_lines(result))
    if not result["ok"]:
        raise typer.Exit(1)


@gallery_app.command("snapshots")
def gallery_snapshots(data: Data = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the copies that the server took, one a day."""
    from facestream.gallery.snapshots import Snapshots

    rows = [
        {"date": path.stem, "bytes": path.stat().st_size}
        for path in Snapshots(settings_of(data=data, config=config).data).all()
    ]
    show(as_json, rows, lambda: [table(("date", "bytes"), ([*row.values()] for row in rows))])


@gallery_app.command("restore")
def gallery_restore(
    date: Annotated[str, typer.Argument(help="Of a snapshot: YYYY-MM-DD.")],
    data: Data = None,
    yes: Yes = False,
    config: Config = None,
) -> None:
    """Put a snapshot in the place of the gallery, which is gone then, damaged or not."""
    from facestream.gallery.lock import FolderLock
    from facestream.gallery.snapshots import Snapshots
    from facestream.gallery.store import FILE_NAME

    settings = settings_of(data=data, config=config)
    folder = settings.data
    snapshots = Snapshots(folder)
    if date not in [path.stem for path in snapshots.all()]:
        raise NoSuchExample(f"there is no snapshot of {date}; `gallery snapshots` lists them")
    question = f"Replace the gallery by what it was on {date}? What came since is lost."
    with audited(settings, "gallery restore") as target:
        target.update(snapshot=date)
        ask(question, yes=yes)
        lock = FolderLock.acquire(folder)
        try:
            snapshots.restore(date, folder / FILE_NAME)
        finally:
            lock.release()
    print(f"the gallery is what it was on {date}")


_NOTHING: dict[str, Any] = {
    "ok": False,
    "problems": [],
    "people": 0,
    "templates": 0,
    "foreign_templates": 0,
    "health": {},
}


def _verified(settings: Settings) -> dict[str, Any]:
    from facestream.gallery.calibration import load_calibration
    from facestream.gallery.decision import load_policy
    from facestream.gallery.gallery import Gallery
    from facestream.gallery.health import check_health
    from facestream.gallery.snapshots import Snapshots

    with reading(settings) as store:
        problems = store.problems()
        if store.scrub_due:
            problems.append("Deleted faces may still be in the file; start the server once.")
        fingerprint = load_calibration(settings.embedder).fingerprint
        dimension = store.dimensions().get(fingerprint, 0)
        foreign = store.foreign_templates(fingerprint)
        identities = store.identities()
    problems += Snapshots(settings.data).problems()
    health: dict[str, Any] = {}
    if not problems and dimension:
        with Gallery.open_for_reading(settings.data, fingerprint, dimension) as gallery:
            snapshot = gallery.snapshot
            policy = load_policy(settings.embedder, settings.fmr)
            health = check_health(
                snapshot.index, snapshot.people, policy, settings.min_examples
            ).as_json()
    return {
        **_NOTHING,
        "ok": not problems,
        "problems": problems,
        "people": len(identities),
        "templates": sum(i.templates for i in identities),
        "foreign_templates": foreign,
        "health": health,
    }


def _verified_lines(result: dict[str, Any]) -> list[str]:
    health = result["health"]
    return [
        f"{result['people']} people, {result['templates']} examples",
        *result["problems"],
        *(["nothing is damaged"] if result["ok"] else []),
        *(
            [f"{result['foreign_templates']} examples were made by another model: gallery reembed"]
            if result["foreign_templates"]
            else []
        ),
        *(
            f"{one['display_name']}: example {one['template_id']} does not resemble the others "
            f"({one['similarity']:.2f})"
            for one in health.get("outliers", ())
        ),
        *(
            " and ".join(i["display_name"] for i in pair["identities"])
            + f" are hard to tell apart ({pair['similarity']:.2f}, {pair['threshold']:.2f} is "
            "enough for a name)"
            for pair in health.get("alike", ())
        ),
        *(
            f"{one['display_name']} has {one['templates']} examples only"
            for one in health.get("few", ())
        ),
        *(
            f"{one['display_name']}: all examples are the same look"
            for one in health.get("uniform", ())
        ),
    ]


def _absorbed_json(done: Absorbed) -> dict[str, Any]:
    return {
        "people_new": list(done.new),
        "people_changed": [{"display_name": name, "added": n} for name, n in done.changed.items()],
        "people_removed": list(done.removed),
        "examples_new": done.new_templates,
        "examples_known": done.known_templates,
    }


def _absorbed_lines(done: Absorbed) -> list[str]:
    return [
        *(f"+ {name}" for name in done.new),
        *(f"  {name}: {n:+d} examples" for name, n in done.changed.items()),
        *(f"- {name}" for name in done.removed),
        f"{done.new_templates} examples are new, {done.known_templates} were there already",
    ]
