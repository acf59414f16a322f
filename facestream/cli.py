"""The command line: arguments -> Settings -> one call. Results to stdout, progress to stderr.

Exit status: 0 done, 1 an error or a refused photo (said on stderr with its code), 2 wrong usage,
70 a server that broke while it served and is to be started anew (docs/faults.md).
TensorFlow takes seconds to import, so each command imports what it needs when it runs.
"""

from __future__ import annotations

from typing import Annotated

import typer
from pydantic import ValidationError

from facestream import __version__
from facestream.cli_audit import audit
from facestream.cli_bench import bench
from facestream.cli_enrol import enrol
from facestream.cli_evaluate import evaluate_app
from facestream.cli_gallery_files import gallery_app
from facestream.cli_loadtest import loadtest
from facestream.cli_models import models_app
from facestream.cli_options import (
    AsJson,
    Config,
    Data,
    Device,
    Embedder,
    Fmr,
    Images,
    MinFace,
    NoCrops,
    Weights,
    pipeline_of,
    settings_of,
)
from facestream.cli_token import token_app
from facestream.console import fail, show
from facestream.errors import EngineLost, FacestreamError
from facestream.face_fields import detected, identified
from facestream.pictures import Pictures, detect_lines, identify_lines

__all__ = ["app", "main"]

app = typer.Typer(
    name="facestream",
    help="Real-time face detection and recognition for the browser.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(gallery_app, name="gallery")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(models_app, name="models")
app.add_typer(token_app, name="token")
app.command()(audit)
app.command()(enrol)
app.command()(bench)
app.command()(loadtest)


def main() -> None:
    """Run the command line and turn our errors into one line and an exit status."""
    try:
        app(prog_name="facestream")
    except EngineLost as error:
        from facestream.server.serve import LOST_STATUS

        fail(error.code, str(error), status=LOST_STATUS)
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
    helper_port: Annotated[
        int | None,
        typer.Option(
            help="Of the http page that helps devices to trust this server; 0: none.",
            show_default="8480",
        ),
    ] = None,
    data: Data = None,
    embedder: Embedder = None,
    weights: Weights = None,
    device: Device = None,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Plain http, behind a proxy.")] = False,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Let everybody in.")] = False,
    min_face: MinFace = None,
    fmr: Fmr = None,
    max_batch: Annotated[
        int | None, typer.Option(help="Frames computed together.", show_default="8, on a GPU 32")
    ] = None,
    no_crops: NoCrops = False,
    config: Config = None,
) -> None:
    """Serve the page and the stream until it is stopped with Ctrl-C."""
    from facestream.server.serve import serve

    serve(
        settings_of(
            host=host,
            port=port,
            helper_port=helper_port,
            data=data,
            embedder=embedder,
            weights=weights,
            device=device,
            tls=False if no_tls else None,
            auth=False if no_auth else None,
            min_face=min_face,
            fmr=fmr,
            max_batch=max_batch,
            crops=False if no_crops else None,
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

    settings = settings_of(min_face=min_face, config=config)
    pipeline, pictures = pipeline_of(settings), Pictures(images, settings.max_picture_pixels)
    results = []
    for path, frame in pictures.frames():
        looked_at, factor = (frame, 1.0) if width is None else resize_to_width(frame, width)
        faces = detected(pipeline.detect([looked_at])[0].scaled(factor))
        wide, high = frame.size_wh
        results.append({"image": str(path), "width": wide, "height": high, "faces": faces})
    show(as_json, results, lambda: detect_lines(results))
    pictures.finish()


@app.command()
def identify(
    images: Images,
    data: Data = None,
    min_face: MinFace = None,
    fmr: Fmr = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Name the faces in pictures."""
    settings = settings_of(data=data, min_face=min_face, fmr=fmr, config=config)
    pipeline, pictures = pipeline_of(settings), Pictures(images, settings.max_picture_pixels)
    from facestream.engine.recogniser import Recogniser
    from facestream.engine.scene import View
    from facestream.gallery.decision import load_policy
    from facestream.gallery.gallery import Gallery

    recogniser = Recogniser(
        pipeline, load_policy(settings.embedder, settings.fmr, pipeline.fingerprint)
    )
    results = []
    reading = (settings.data, pipeline.fingerprint, pipeline.dimension)
    with Gallery.open_for_reading(*reading) as gallery:  # a server may own it
        for path, frame in pictures.frames():
            [recognition], _ = recogniser.recognise([View(frame)], gallery.snapshot)
            results.append({"image": str(path), "faces": identified(recognition)})
    show(as_json, results, lambda: identify_lines(results))
    pictures.finish()
