"""`facestream bench`: how fast it is on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facestream.cli_options import (
    AsJson,
    Config,
    Device,
    Embedder,
    MinFace,
    Weights,
    settings_of,
)
from facestream.console import say, show, table
from facestream.vision.weights import models_folder

if TYPE_CHECKING:
    from facestream.records import Frame

__all__ = ["bench"]

LARGEST_BATCH = 64  # as of `serve --max-batch`
LARGEST_GALLERY = 1_000_000
MOST_FRAMES = 128
"""Of the video, held in memory: 90 MB."""
FRAMES_WITHOUT_VIDEO = 32

DETECT = ("frames", "ms a frame", "floor", "P-Net", "R-Net", "O-Net", "faces")


def bench(
    video: Annotated[
        Path | None,
        typer.Option(help="Whose frames to use, at the size that the page would send."),
    ] = None,
    min_face: MinFace = None,
    batch: Annotated[
        str, typer.Option(help="Numbers of frames, and of faces, computed together.")
    ] = "1,8",
    templates: Annotated[
        str, typer.Option(help="Sizes of the galleries to search.")
    ] = "1000,10000,100000",
    embedder: Embedder = None,
    weights: Weights = None,
    device: Device = None,
    runs: Annotated[int, typer.Option(help="Take medians of so many.", min=1)] = 5,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Measure detector, embedder, search and the whole way of a frame on this machine."""
    batches = _numbers("--batch", batch, LARGEST_BATCH)
    sizes = _numbers("--templates", templates, LARGEST_GALLERY)
    settings = settings_of(
        min_face=min_face, embedder=embedder, weights=weights, device=device, config=config
    )
    frames = _frames(video, max(batches))
    from facestream.vision.runtime import start_tensorflow

    running = start_tensorflow(settings.device).line
    from facestream.evaluation.search_speed import measure_search_speed
    from facestream.evaluation.stages import WatchedMtcnn
    from facestream.evaluation.throughput import machine, measure_throughput
    from facestream.vision.embedders import load_embedder
    from facestream.vision.lanes import Lanes

    around = {**machine(), "tensorflow": running}  # the load before we add to it
    lanes = Lanes()
    detector = WatchedMtcnn(settings.min_face, lanes)
    network = load_embedder(
        *(settings.embedder, settings.weights, lanes),
        models_folder(settings.embedder, settings.data),
    )
    width, height = frames[0].size_wh
    say(f"Measuring detector and embedder on {len(frames)} frames of {width} x {height}")
    speeds = measure_throughput(detector, network, frames, batches, runs).as_json()
    say(f"Measuring the search in up to {max(sizes):,} templates")
    result = {
        **speeds,
        "search": [
            {"templates": s.templates, "ms_per_probe": s.ms_per_probe, "probes": s.probes}
            for s in measure_search_speed(sizes, runs=runs, dimension=network.dimension)
        ],
        "video": None if video is None else str(video),
        "frames": len(frames),
        "frame_size_wh": [width, height],
        "min_face": settings.min_face,
        "embedder": network.name,
        "machine": around,
    }
    show(as_json, result, lambda: _lines(result))


def _numbers(option: str, text: str, most: int) -> list[int]:
    """Whole numbers from 1 to `most`, ascending and each once, of `1,8`."""
    numbers = set()
    for part in text.split(","):
        if not (part.strip().isdecimal() and 1 <= int(part) <= most):
            raise typer.BadParameter(
                f"{option} takes numbers from 1 to {most:,} with commas between, as 1,8; "
                f"got {part.strip()!r}"
            )
        numbers.add(int(part))
    return sorted(numbers)


def _frames(video: Path | None, largest_batch: int) -> list[Frame]:
    from facestream.evaluation.video import frames_without_faces, read_video

    if video is not None:
        return read_video(video, MOST_FRAMES)
    say(
        "Without --video the frames show a made-up scene with nobody in it: the figures of P-Net, "
        "R-Net, embedder and search hold; detector and whole way do better than with people"
    )
    return frames_without_faces(max(FRAMES_WITHOUT_VIDEO, largest_batch))


def _lines(result: dict[str, Any]) -> Iterator[Any]:
    """The result for people."""
    around, floor = result["machine"], result["floor"]
    load = "unknown" if around["load"] is None else f"{around['load']:.1f}"
    yield f"{around['tensorflow']}, {around['cores']} cores, load {load} before"
    yield f"matrix product: {floor['matrix_gflops']:.0f} GFLOP/s, the measure of the floors"
    yield ""
    yield f"detector, faces from {result['min_face']} pixels, by frames at a time"
    yield table(DETECT, map(_detect_row, result["detect"]))
    yield _work_line(result["detect"][-1])
    yield ""
    yield f"embedder {result['embedder']}, by faces at a time"
    yield table(
        ("faces", "ms a face", "floor"),
        ((r["batch"], f"{r['ms_per_face']:.2f}", f"{r['floor_ms']:.2f}") for r in result["embed"]),
    )
    yield ""
    yield "search, eight probes at a time"
    yield table(
        ("templates", "ms a probe"),
        ((f"{r['templates']:,}", f"{r['ms_per_probe']:.3f}") for r in result["search"]),
    )
    yield ""
    yield "from JPEG to name, by frames at a time"
    yield table(
        ("frames", "ms a frame", "frames a second"),
        (
            (r["batch"], f"{r['ms_per_frame']:.2f}", f"{r['frames_per_second']:.0f}")
            for r in result["end_to_end"]
        ),
    )


def _detect_row(row: dict[str, Any]) -> tuple[str, ...]:
    stages = row["stages"]
    times_ms = [row["ms_per_frame"], row["floor_ms"]]
    times_ms += [stages[f"{name}_ms"] for name in ("pnet", "rnet", "onet")]
    return (
        str(row["batch"]),
        *(f"{time_ms:.2f}" for time_ms in times_ms),
        f"{row['faces_per_frame']:.1f}",
    )


def _work_line(row: dict[str, Any]) -> str:
    stages = row["stages"]
    return (
        f"a frame: {stages['canvas_pixels']:,.0f} pixels for P-Net, {stages['rnet_crops']:.1f} "
        f"crops for R-Net, {stages['onet_crops']:.1f} for O-Net"
    )
