"""`facestream evaluate`: how good it is, by published protocols."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from facestream.cli_options import (
    AsJson,
    Config,
    Embedder,
    LabelledPhotos,
    pipeline_of,
    settings_of,
)
from facestream.console import progress_bar, show

__all__ = ["evaluate_app"]

evaluate_app = typer.Typer(help="How good it is, by published protocols.", no_args_is_help=True)


@evaluate_app.command("verification")
def evaluate_verification(
    images: LabelledPhotos,
    pairs: Annotated[Path, typer.Option(help="Pairs in the format of LFW's pairs.txt.")],
    embedder: Embedder = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Are two photos of the same person? The LFW protocol."""
    pipeline = pipeline_of(settings_of(embedder=embedder, config=config))
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
    pipeline = pipeline_of(settings_of(embedder=embedder, config=config))
    from facestream.evaluation.calibration import calibrate

    with progress_bar("photos") as progress:
        rates = calibrate(pipeline, images, progress)
    output.write_text(json.dumps(rates, indent=1) + "\n", encoding="utf-8")
    print(
        f"{output}: {rates['non_mated_pairs']:,} non-mated and {rates['mated_pairs']:,} mated pairs"
    )
