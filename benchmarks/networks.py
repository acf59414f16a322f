"""Each network by TensorFlow, and as `vision.compiled` runs it: the same pictures, taking turns.

    python benchmarks/networks.py [--json]

`tf.function`: the network called by TensorFlow with all pictures of the batch. `compiled`: by
LiteRT's XNNPACK kernels, in batches small enough for a cache, one lane a core. Medians of
alternating runs, in ms a picture: a tile of P-Net's canvas, a crop, an aligned face.

`share`: compiled over tf.function. `floor`: the arithmetic at the rate of TensorFlow's matrix
product in the same run. `difference`: the largest between the two answers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from quiet_tensorflow import RUNNING

from facestream.evaluation.floors import MatrixProduct, flop_per_picture
from facestream.evaluation.search_speed import alternating_medians_ms
from facestream.evaluation.throughput import machine
from facestream.records import Float32, UInt8
from facestream.vision.compiled import Compiled
from facestream.vision.embedders import load_embedder
from facestream.vision.lanes import Lanes
from facestream.vision.mtcnn import Mtcnn

BATCHES = (1, 8, 64)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = {
        "machine": {**machine(), "tensorflow": RUNNING},
        "rows": [
            row for name, part in networks().items() for row in rows(name, part, options.runs)
        ],
    }
    print(json.dumps(report, indent=2) if options.json else text_of(report))


def networks() -> dict[str, Any]:
    """Each a `CompiledNetwork`."""
    lanes = Lanes()
    detector = Mtcnn(40, lanes)
    return {
        "P-Net, a tile": detector._pnet,
        "R-Net": detector._rnet,
        "O-Net": detector._onet,
        "mobilefacenet, one look": load_embedder("mobilefacenet", None, lanes),
    }


def rows(name: str, network: Any, runs: int) -> list[dict[str, Any]]:
    """A row for each number of pictures."""
    compiled: Compiled = network.compiled
    compiled.warm_up()
    shape = compiled.function.input_signature[0].shape[1:]
    pictures = [np.random.default_rng(0).integers(0, 256, (b, *shape), np.uint8) for b in BATCHES]
    product = MatrixProduct()
    calls: list[Callable[[], object]] = [
        call
        for batch in pictures
        for call in (partial(by_tensorflow, compiled, batch), partial(compiled, batch))
    ]
    *times_ms, _ = alternating_medians_ms([*calls, product], runs)
    floor_ms = flop_per_picture(network) / 1e6 / product.gflops
    return [
        {
            "network": name,
            "batch": len(batch),
            "tensorflow_ms": plain_ms / len(batch),
            "compiled_ms": compiled_ms / len(batch),
            "share": compiled_ms / plain_ms,
            "floor_ms": floor_ms,
            "difference": float(np.abs(by_tensorflow(compiled, batch) - compiled(batch)).max()),
        }
        for batch, plain_ms, compiled_ms in zip(
            pictures, times_ms[::2], times_ms[1::2], strict=True
        )
    ]


def by_tensorflow(compiled: Compiled, pictures: UInt8) -> Float32:
    """The function that was compiled, by TensorFlow."""
    return np.asarray(compiled.function(pictures))


def text_of(report: dict[str, Any]) -> str:
    """The report for people."""
    around = report["machine"]
    lines = [
        f"{around['tensorflow']}, {around['cores']} cores, load {around['load']:.1f} before",
        "ms a picture               batch  tf.function  compiled  share   floor  difference",
    ]
    lines += [
        "{network:26} {batch:5}  {tensorflow_ms:11.3f}  {compiled_ms:8.3f}  {share:5.2f}  "
        "{floor_ms:6.3f}  {difference:10.1e}".format(**row)
        for row in report["rows"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
