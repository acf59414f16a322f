"""The command line: arguments -> Settings -> one call. Results to stdout, progress to stderr.

Exit status: 0 done, 1 an error or a refused photo (said on stderr with its code), 2 wrong usage.
TensorFlow takes seconds to import, so each command imports what it needs when it runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from facestream import __version__
from facestream.console import ask, fail, progress_bar, show, table
from facestream.errors import FacestreamError, NoSuchIdentity
from facestream.pictures import Pictures, detect_lines, detected, identified, identify_lines
from facestream.settings import EmbedderName, Settings

if TYPE_CHECKING:
    from facestream.gallery.store import GalleryStore
    from facestream.vision.pipeline import Pipeline

__all__ = ["app", "main"]

app = typer.Typer(
    name="facestream",
    help="Real-time face detection and recognition for the browser.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
gallery_app = typer.Typer(help="Who is known.", no_args_is_help=True)
evaluate_app = typer.Typer(help="How good it is, by published protocols.", no_args_is_help=True)
app.add_typer(gallery_app, name="gallery")
app.add_typer(evaluate_app, name="evaluate")

Images = Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG, WebP, BMP or TIFF.")]
LabelledPhotos = Annotated[Path, typer.Option(help="Folder of photos Name_0001.jpg.")]
Data = Annotated[Path | None, typer.Option(help="The data folder.", show_default="per user")]
Config = Annotated[Path | None, typer.Option(help="A TOML file with settings.")]
MinFace = Annotated[
    int | None, typer.Option(help="Smallest face looked for, in pixels.", show_default="40")
]
Embedder = Annotated[
    EmbedderName | None, typer.Option(help="The network.", show_default="mobilefacenet")
]
Device = Annotated[str | None, typer.Option(help="auto, cpu or gpu.", show_default="auto")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def main() -> None:
    """Run the command line and turn our errors into one line and an exit status."""
    try:
        app(prog_name="facestream")
    except FacestreamError as error:
        fail(error.code, str(error))
    except ValidationError as error:
        first = error.errors()[0]
        fail("bad_setting", f"{'.'.join(map(str, first['loc']))}: {first['msg']}", status=2)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True)
    ] = False,
) -> None:
    if show:
        print(f"facestream {__version__}")
        raise typer.Exit


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(show_default="0.0.0.0")] = None,
    port: Annotated[int | None, typer.Option(show_default="8443")] = None,
    data: Data = None,
    embedder: Embedder = None,
    weights: Annotated[Path | None, typer.Option(help="A weights file for the embedder.")] = None,
    device: Device = None,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Plain http, behind a proxy.")] = False,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Let everybody in.")] = False,
    min_face: MinFace = None,
    max_batch: Annotated[
        int | None, typer.Option(help="Frames computed together.", show_default="8")
    ] = None,
    config: Config = None,
) -> None:
    """Serve the page and the stream until it is stopped with Ctrl-C."""
    from facestream.server.serve import serve

    serve(
        _settings(
            host=host,
            port=port,
            data=data,
            embedder=embedder,
            weights=weights,
            device=device,
            tls=False if no_tls else None,
            auth=False if no_auth else None,
            min_face=min_face,
            max_batch=max_batch,
            config=config,
        )
    )


@app.command()
def detect(
    images: Images,
    min_face: MinFace = None,
    width: Annotated[
        int | None,
        typer.Option(help="Look at each picture at this width; --min-face counts there.", min=12),
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Find faces in pictures; boxes and landmarks are in the picture's own pixels."""
    from facestream.vision.images import resize_to_width

    settings = _settings(min_face=min_face, config=config)
    pipeline, pictures = _pipeline(settings), Pictures(images, settings.max_picture_pixels)
    results = []
    for path, frame in pictures.frames():
        looked_at, factor = (frame, 1.0) if width is None else resize_to_width(frame, width)
        faces = detected(pipeline.detect([looked_at])[0].scaled(factor))
        wide, high = frame.size_wh
        results.append({"image": str(path), "width": wide, "height": high, "faces": faces})
    show(as_json, results, lambda: detect_lines(results))
    pictures.finish()


@app.command()
def enrol(name: str, images: Images, data: Data = None, config: Config = None) -> None:
    """Add photos of one person to the gallery: exactly one face a photo."""
    from facestream.engine.photos import template_of_photo
    from facestream.gallery.names import clean_name

    settings = _settings(data=data, config=config)
    name = clean_name(name)
    pipeline, pictures = _pipeline(settings), Pictures(images, settings.max_picture_pixels)
    from facestream.gallery.gallery import Gallery

    templates = []
    with Gallery.open(settings.data, pipeline.fingerprint, pipeline.dimension) as gallery:
        for path, frame in pictures.frames():
            try:
                templates.append(
                    template_of_photo(pipeline.faces([frame])[0], pipeline.fingerprint)
                )
            except FacestreamError as error:
                pictures.refuse(path, error)
        if templates:
            identity = gallery.add(name, templates).upserted[0]
            print(f"{identity.display_name}: {len(templates)} added, {identity.templates} in all")
    pictures.finish()


@app.command()
def identify(
    images: Images,
    data: Data = None,
    min_face: MinFace = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Name the faces in pictures."""
    settings = _settings(data=data, min_face=min_face, config=config)
    pipeline, pictures = _pipeline(settings), Pictures(images, settings.max_picture_pixels)
    from facestream.engine.recogniser import Recogniser
    from facestream.gallery.decision import load_policy
    from facestream.gallery.gallery import Gallery

    recogniser = Recogniser(
        pipeline, load_policy(settings.embedder, settings.fmr, pipeline.fingerprint)
    )
    results = []
    reading = (settings.data, pipeline.fingerprint, pipeline.dimension)
    with Gallery.open_for_reading(*reading) as gallery:  # a server may own it
        for path, frame in pictures.frames():
            [recognition], _ = recogniser.recognise([frame], gallery.index)
            results.append({"image": str(path), "faces": identified(recognition)})
    show(as_json, results, lambda: identify_lines(results))
    pictures.finish()


@gallery_app.command("list")
def gallery_list(data: Data = None, as_json: AsJson = False, config: Config = None) -> None:
    """List the people and how many examples there are of each."""
    from facestream.gallery.store import GalleryStore

    settings = _settings(data=data, config=config)
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

    with _store(_settings(data=data, config=config)) as store:
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
    with _store(_settings(data=data, config=config)) as store:
        count = len(store.identities())
        ask(f"Delete all {count} people?", yes=yes)
        store.clear()
    print(f"{count} people are deleted")


@evaluate_app.command("verification")
def evaluate_verification(
    images: LabelledPhotos,
    pairs: Annotated[Path, typer.Option(help="Pairs in the format of LFW's pairs.txt.")],
    embedder: Embedder = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Are two photos of the same person? The LFW protocol."""
    pipeline = _pipeline(_settings(embedder=embedder, config=config))
    from facestream.evaluation.verification import verify

    with progress_bar("photos") as progress:
        result = verify(pipeline, images, pairs, progress).as_json()
    show(as_json, result, lambda: [f"{key:20} {value}" for key, value in result.items()])


@evaluate_app.command("calibrate")
def evaluate_calibrate(
    images: LabelledPhotos,
    output: Annotated[Path, typer.Option(help="The calibration file to write.")],
    embedder: Embedder = None,
    config: Config = None,
) -> None:
    """Measure which similarity means which false match rate, and write the table."""
    pipeline = _pipeline(_settings(embedder=embedder, config=config))
    from facestream.evaluation.calibration import calibrate

    with progress_bar("photos") as progress:
        rates = calibrate(pipeline, images, progress)
    output.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    print(
        f"{output}: {rates['non_mated_pairs']:,} non-mated and {rates['mated_pairs']:,} mated pairs"
    )


def _settings(**given: Any) -> Settings:
    """Settings with what was given on the command line."""
    return Settings(**{key: value for key, value in given.items() if value is not None})


def _pipeline(settings: Settings) -> Pipeline:
    from facestream.vision.runtime import start_tensorflow

    start_tensorflow(settings.device)
    from facestream.vision.pipeline import load_pipeline

    return load_pipeline(settings.embedder, settings.min_face, settings.weights)


@contextmanager
def _store(settings: Settings) -> Iterator[GalleryStore]:
    """The gallery on disk, without the models: quick."""
    from facestream.gallery.store import GalleryStore

    with closing(GalleryStore.open(settings.data)) as store:
        yield store
