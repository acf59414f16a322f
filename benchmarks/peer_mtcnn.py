"""PyPI's `mtcnn` 1.0.0 behind a pipe: requests in, times and faces out, a JSON line each.

Runs in an environment of its own, see `peer.py`, and knows nothing of facestream.

    python peer_mtcnn.py FRAMES.npy        (b, height, width, 3) uint8, RGB

Request: {"min_face": pixels, "way": one of `WAYS`, "frames": how many}. Answer: {"wall_ms",
"cpu_ms": of all, "boxes_xyxy": a list a frame, "past_pnet": calls in which R-Net was reached,
"raised": calls that raised, "levels_left_out": a frame}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter, process_time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from mtcnn import MTCNN  # type: ignore[import-not-found]
from mtcnn.stages import stage_pnet  # type: ignore[import-not-found]

WAYS = {"as called": (False, 1), "repaired": (True, 1), "repaired, lists of 8": (True, 8)}
"""Name -> whether levels too small for P-Net are left out, and frames a call."""

CELL = 12
"""P-Net's window. A smaller level raises: an InvalidArgumentError of TensorFlow, which
`detect_faces` takes for "no faces found" whatever the other levels showed; or, since Keras looks
first, its ValueError, which gets through to the caller."""


def main() -> None:
    """Answer until the requests end."""
    frames = np.load(sys.argv[1])
    detector = MTCNN()
    reached = count_calls(detector)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answered(json.loads(line), frames, detector, reached)), flush=True)


def answered(
    request: dict[str, Any], frames: Any, detector: Any, reached: list[int]
) -> dict[str, Any]:
    """One pass over the frames."""
    repaired, size = WAYS[request["way"]]
    pictures = list(frames[: request["frames"]])
    options = {"min_face_size": request["min_face"], "box_format": "xyxy"}
    reached.clear()
    found: list[Any] = []
    raised = 0
    with levels_left_out(repaired) as left_out:
        wall, cpu = perf_counter(), process_time()
        lists = [pictures[i : i + size] for i in range(0, len(pictures), size)]
        for part in lists:
            try:
                given = part[0] if size == 1 else part
                faces = detector.detect_faces(given, **options)
                found += [faces] if size == 1 else faces
            except ValueError:
                raised += 1
        wall, cpu = perf_counter() - wall, process_time() - cpu
    boxes = [[[float(edge) for edge in face["box"]] for face in faces] for faces in found]
    return {
        "wall_ms": 1e3 * wall,
        "cpu_ms": 1e3 * cpu,
        "boxes_xyxy": boxes,
        "past_pnet": len(reached),
        "raised": raised,
        "levels_left_out": left_out[0] / len(pictures),
    }


def count_calls(detector: Any) -> list[int]:
    """A list that grows by one whenever R-Net is reached."""
    rnet, reached = detector._stages[1], []

    def counted(**arguments: Any) -> Any:
        reached.append(1)
        return rnet(**arguments)

    detector._stages[1] = counted
    return reached


@contextmanager
def levels_left_out(repaired: bool) -> Iterator[list[int]]:
    """Let the pyramid have no level below 12 pixels; yields how many were left out."""
    pyramid: Callable[..., Any] = stage_pnet.build_scale_pyramid
    left_out = [0]

    def repaired_pyramid(width: int, height: int, **options: Any) -> Any:
        scales = pyramid(width, height, **options)
        large = scales[np.floor(min(width, height) * scales) >= CELL]
        left_out[0] += len(scales) - len(large)
        return large

    if repaired:
        stage_pnet.build_scale_pyramid = repaired_pyramid
    try:
        yield left_out
    finally:
        stage_pnet.build_scale_pyramid = pyramid


if __name__ == "__main__":
    main()
