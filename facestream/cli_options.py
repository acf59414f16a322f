"""What the commands share: their options, and the parts that they are made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facestream.settings import EmbedderName, Settings
from facestream.vision.weights import models_folder

if TYPE_CHECKING:
    from facestream.vision.pipeline import Pipeline

__all__ = [
    "AsJson",
    "Config",
    "Data",
    "Device",
    "Embedder",
    "Fmr",
    "Images",
    "LabelledPhotos",
    "MinFace",
    "NoCrops",
    "Weights",
    "Yes",
    "pipeline_of",
    "settings_of",
]

Images = Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG, WebP, BMP or TIFF.")]
LabelledPhotos = Annotated[
    Path, typer.Option(help="Folder of photos Name_0001.jpg, or of one folder a person.")
]
Data = Annotated[Path | None, typer.Option(help="The data folder.", show_default="per user")]
Config = Annotated[Path | None, typer.Option(help="A TOML file with settings.")]
MinFace = Annotated[
    int | None, typer.Option(help="Smallest face looked for, in pixels.", show_default="40")
]
Embedder = Annotated[
    EmbedderName | None, typer.Option(help="The network.", show_default="mobilefacenet")
]
Fmr = Annotated[
    float | None,
    typer.Option(
        help="Of the searches for a stranger, how many may end with a name.", show_default="0.004"
    ),
]
Weights = Annotated[Path | None, typer.Option(help="A weights file for the embedder.")]
Device = Annotated[str | None, typer.Option(help="auto, cpu or gpu.", show_default="auto")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
NoCrops = Annotated[
    bool,
    typer.Option(
        "--no-crops",
        help="Store no picture of a face: examples cannot be looked at then, and another model "
        "cannot take the gallery over.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def settings_of(**given: Any) -> Settings:
    """Settings with what was given on the command line."""
    return Settings(**{key: value for key, value in given.items() if value is not None})


def pipeline_of(settings: Settings) -> Pipeline:
    """Start TensorFlow, which takes seconds, and build the networks."""
    from facestream.vision.runtime import start_tensorflow

    start_tensorflow(settings.device)
    from facestream.vision.pipeline import load_pipeline

    folder = models_folder(settings.embedder, settings.data)
    return load_pipeline(settings.embedder, settings.min_face, settings.weights, folder)
