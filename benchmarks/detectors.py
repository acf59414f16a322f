"""Our detector and PyPI's `mtcnn` 1.0.0 on the same frames, taking turns.

    python benchmarks/detectors.py --video STREET.mp4 [--json]

Theirs runs in a process and an environment of its own, made the first time (300 MB). Both keep
their default thresholds. In each run each is called once with all frames; medians of the runs, of
the time on the clock and of the time of all processor cores.

Theirs is called frame by frame, in up to three ways:

- as called: `detect_faces(frame, min_face_size=...)`. From 40 pixels it finds nobody in a frame of
  640 x 360: its pyramid goes on to levels of less than 12 pixels, P-Net's window. There Keras
  raises a ValueError; older versions let TensorFlow raise, which mtcnn takes for "no faces". Either
  way R-Net and O-Net never run, so the time flatters it.
- repaired: without the levels below 12 pixels. Where there are none it is the same as called.
- repaired, lists of 8: eight frames a call.

`matched`: faces that both found, IoU 0.7 or more. `floor`: the arithmetic of our networks at the
rate of TensorFlow's matrix product in the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from peer import Peer, started
from quiet_tensorflow import RUNNING

from facestream.evaluation.floors import MatrixProduct, detector_mflop, work_of
from facestream.evaluation.stages import Stages, WatchedMtcnn, measure_stages
from facestream.evaluation.throughput import in_batches, machine
from facestream.evaluation.video import read_video
from facestream.records import Float32, Frame
from facestream.vision.embedders import load_embedder
from facestream.vision.geometry import box_overlaps
from facestream.vision.lanes import Lanes

VIDEO = Path(__file__).parent.parent.parent / "shared" / "data" / "video" / "street-1080p25.mp4"
LARGEST_BATCH = 8
GOALS = {(40, 8): 10.0, (20, 8): 7.5, (40, 1): 7.0}
"""Smallest face and batch -> how many times faster than theirs, repaired, we want to be."""
WAYS = ("as called", "repaired", "repaired, lists of 8")
SAME_FACE = 0.7


@dataclass(frozen=True)
class Pass:
    """One run over all frames. `boxes_xyxy`: (n, 4) a frame."""

    wall_ms: float
    cpu_ms: float
    boxes_xyxy: list[Float32]
    past_pnet: int = -1
    raised: int = 0
    levels_left_out: float = 0


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--frames", type=int, default=104, help="at most; made a multiple of 8")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    around = {**machine(), "tensorflow": RUNNING}
    frames = read_video(options.video, options.frames)
    frames = frames[: max(1, len(frames) // LARGEST_BATCH) * LARGEST_BATCH]
    with started(frames) as peer:
        rows = [row for face in (40, 20) for row in compared(face, frames, peer, options.runs)]
    report = {"machine": around, "frames": len(frames), "runs": options.runs, "rows": rows}
    print(json.dumps(report, indent=2) if options.json else text_of(report))


def compared(min_face: int, frames: list[Frame], peer: Peer, runs: int) -> list[dict[str, Any]]:
    """A row for each way of ours: eight frames at a time, and one."""
    detector = WatchedMtcnn(min_face, Lanes())
    detector.warm_up()
    ours = {b: partial(our_pass, detector, in_batches(frames, b)) for b in (LARGEST_BATCH, 1)}
    theirs = {
        way: partial(their_pass, peer, min_face, way, len(frames))
        for way in WAYS
        if way != "repaired" or their_pass(peer, min_face, way, LARGEST_BATCH).levels_left_out
    }
    product = MatrixProduct()
    calls: dict[Any, Callable[[], Pass]] = {**theirs, **ours, "product": partial(timed, product)}
    results = alternated(calls, runs)
    work = work_of(detector, load_embedder("mobilefacenet"))
    stages = measure_stages(detector, in_batches(frames, LARGEST_BATCH), 1)
    floor_ms = detector_mflop(work, stages) / product.gflops
    return [
        row(
            min_face,
            b,
            len(frames),
            results,
            comparable(theirs, b),
            stages,
            floor_ms,
            product.gflops,
        )
        for b in ours
    ]


def comparable(ways: Iterable[str], batch: int) -> list[str]:
    """With one frame at a time, only their calls with one frame."""
    return [way for way in ways if batch > 1 or "lists" not in way]


def row(
    min_face: int,
    batch: int,
    count: int,
    results: dict[Any, list[Pass]],
    ways: Sequence[str],
    stages: Stages,
    floor_ms: float,
    matrix_gflops: float,
) -> dict[str, Any]:
    """One comparison; times are of a frame."""
    ours = results[batch]
    ours_ms = median(ours, "wall_ms") / count
    ours_cpu_ms = median(ours, "cpu_ms") / count
    return {
        "min_face": min_face,
        "batch": batch,
        "ours": {"ms": ours_ms, "cpu_ms": ours_cpu_ms, "faces": faces_of(ours[0])},
        "theirs": [
            {
                "way": way,
                "ms": median(results[way], "wall_ms") / count,
                "cpu_ms": median(results[way], "cpu_ms") / count,
                "times": median(results[way], "wall_ms") / count / ours_ms,
                "cpu_times": median(results[way], "cpu_ms") / count / ours_cpu_ms,
                "faces": faces_of(results[way][0]),
                "matched": matched(ours[0], results[way][0]),
                "past_pnet": results[way][0].past_pnet,
                "raised": results[way][0].raised,
            }
            for way in ways
        ],
        "goal": GOALS.get((min_face, batch)),
        "floor_ms": floor_ms,
        "matrix_gflops": matrix_gflops,
        "stages": asdict(stages),
    }


def alternated(calls: dict[Any, Callable[[], Pass]], runs: int) -> dict[Any, list[Pass]]:
    """Each call once a run, after one that warms up and is not counted."""
    for call in calls.values():
        call()
    results: dict[Any, list[Pass]] = {name: [] for name in calls}
    for run in range(runs):
        print(f"run {run + 1} of {runs}", file=sys.stderr)
        for name, call in calls.items():
            results[name].append(call())
    return results


def our_pass(detector: WatchedMtcnn, groups: list[list[Frame]]) -> Pass:
    wall, cpu = perf_counter(), process_time()
    found = [faces for group in groups for faces in detector.detect(group)]
    wall, cpu = perf_counter() - wall, process_time() - cpu
    return Pass(1e3 * wall, 1e3 * cpu, [faces.boxes_xyxy for faces in found])


def their_pass(peer: Peer, min_face: int, way: str, frames: int) -> Pass:
    answer = peer.ask(min_face=min_face, way=way, frames=frames)
    boxes = [np.array(b, np.float32).reshape(-1, 4) for b in answer.pop("boxes_xyxy")]
    return Pass(boxes_xyxy=boxes, **answer)


def timed(call: Callable[[], object]) -> Pass:
    wall, cpu = perf_counter(), process_time()
    call()
    return Pass(1e3 * (perf_counter() - wall), 1e3 * (process_time() - cpu), [])


def median(passes: Sequence[Pass], field: str) -> float:
    return float(np.median([getattr(one, field) for one in passes]))


def faces_of(one: Pass) -> int:
    """In all frames."""
    return sum(map(len, one.boxes_xyxy))


def matched(ours: Pass, theirs: Pass) -> int:
    """Pairs of one face each, the most overlapping first."""
    return sum(map(matched_boxes, ours.boxes_xyxy, theirs.boxes_xyxy))


def matched_boxes(ours_xyxy: Float32, theirs_xyxy: Float32) -> int:
    overlaps = box_overlaps(ours_xyxy, theirs_xyxy, "union").copy()
    pairs = 0
    while overlaps.size and overlaps.max() >= SAME_FACE:
        one, other = np.unravel_index(overlaps.argmax(), overlaps.shape)
        overlaps[one, :] = overlaps[:, other] = 0
        pairs += 1
    return pairs


def text_of(report: dict[str, Any]) -> str:
    """The report for people."""
    around = report["machine"]
    lines = [
        f"{around['tensorflow']}, {around['cores']} cores, load {around['load']:.1f} before",
        f"{report['frames']} frames, medians of {report['runs']} runs; times in ms a frame",
    ]
    for one in report["rows"]:
        ours, goal = one["ours"], one["goal"]
        lines += [
            "",
            f"faces from {one['min_face']} pixels, {one['batch']} frames at a time"
            + (f"; goal: {goal} times faster" if goal else ""),
            f"  {'':28}{'ms':>8}{'cpu':>8}{'times':>8}{'cpu':>8}{'faces':>8}{'matched':>9}",
            f"  {'ours':28}{ours['ms']:8.2f}{ours['cpu_ms']:8.2f}{'':16}{ours['faces']:8}",
            *(
                f"  {'mtcnn, ' + t['way']:28}{t['ms']:8.2f}{t['cpu_ms']:8.2f}{t['times']:8.1f}"
                f"{t['cpu_times']:8.1f}{t['faces']:8}{t['matched']:9}"
                + ("" if t["past_pnet"] else "   only P-Net ran")
                + (f", {t['raised']} calls raised" if t["raised"] else "")
                for t in one["theirs"]
            ),
            f"  {'floor':28}{one['floor_ms']:8.2f}   at {one['matrix_gflops']:.0f} GFLOP/s",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
