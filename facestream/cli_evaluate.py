"""`facestream evaluate`: how good it is, by published protocols."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from facestream.cli_options import (
    AsJson,
    Config,
    Embedder,
    Fmr,
    LabelledPhotos,
    Weights,
    pipeline_of,
    settings_of,
)
from facestream.console import progress_bar, show
from facestream.files import write_whole

__all__ = ["evaluate_app"]

evaluate_app = typer.Typer(help="How good it is, by published protocols.", no_args_is_help=True)


@evaluate_app.command("verification")
def evaluate_verification(
    images: LabelledPhotos,
    pairs: Annotated[Path, typer.Option(help="Pairs in the format of LFW's pairs.txt.")],
    embedder: Embedder = None,
    weights: Weights = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Are two photos of the same person? The LFW protocol."""
    pipeline = pipeline_of(settings_of(embedder=embedder, weights=weights, config=config))
    from facestream.evaluation.verification import verify

    with progress_bar("photos") as progress:
        result = verify(pipeline, images, pairs, progress).as_json()
    show(as_json, result, lambda: _lines(result))


@evaluate_app.command("identification")
def evaluate_identification(
    images: LabelledPhotos,
    enrol: Annotated[
        int, typer.Option(help="Photos enrolled of each person who has more than these.", min=1)
    ] = 5,
    embedder: Embedder = None,
    weights: Weights = None,
    fmr: Fmr = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Does a stranger get a name? Some people are enrolled, everybody is searched for."""
    settings = settings_of(embedder=embedder, weights=weights, fmr=fmr, config=config)
    pipeline = pipeline_of(settings)
    from facestream.evaluation.identification import identify
    from facestream.gallery.decision import load_policy

    policy = load_policy(settings.embedder, settings.fmr, pipeline.fingerprint)
    with progress_bar("photos") as progress:
        result = identify(pipeline, policy, images, enrol, progress).as_json()
    show(as_json, result, lambda: _lines(result))


@evaluate_app.command("calibrate")
def evaluate_calibrate(
    images: LabelledPhotos,
    output: Annotated[Path, typer.Option(help="The calibration file to write.")],
    embedder: Embedder = None,
    weights: Weights = None,
    config: Config = None,
) -> None:
    """Measure which similarity means which false match rate, and write the table."""
    _check_writable(output)  # now, not after minutes of measuring
    pipeline = pipeline_of(settings_of(embedder=embedder, weights=weights, config=config))
    from facestream.evaluation.calibration import calibrate

    with progress_bar("photos") as progress:
        rates = calibrate(pipeline, images, progress)
    write_whole(output, f"{json.dumps(rates, indent=1)}\n".encode(), mode=0o644)
    for row in rates["comparisons"]:
        print(
            f"{output}: with {row['templates']} templates a person {row['non_mated']:,} non-mated "
            f"and {row['mated']:,} mated comparisons"
        )


def _check_writable(output: Path) -> None:
    """Raise BadParameter where no such file can be made."""
    if output.is_dir():
        raise typer.BadParameter(f"{output} is a folder", param_hint="--output")
    if not output.parent.is_dir():
        raise typer.BadParameter(
            f"the folder {output.parent} does not exist", param_hint="--output"
        )


def _lines(figures: dict[str, Any]) -> list[str]:
    return [f"{key:20} {value}" for key, value in figures.items()]
