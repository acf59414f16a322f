import json

import numpy as np
import pytest

from facestream.evaluation.stages import WatchedMtcnn
from facestream.evaluation.throughput import (
    EndToEndSpeed,
    Throughput,
    in_batches,
    machine,
    measure_throughput,
)
from facestream.records import Frame
from facestream.vision.embedders import load_embedder
from facestream.vision.lanes import Lanes


@pytest.fixture(scope="module")
def measured(astronaut: Frame) -> Throughput:
    lanes = Lanes()
    nobody = Frame(np.full((100, 100, 3), 128, np.uint8))
    detector, embedder = WatchedMtcnn(40, lanes), load_embedder("mobilefacenet", None, lanes)
    return measure_throughput(detector, embedder, [astronaut, nobody], batches=(1, 2), runs=1)


@pytest.mark.parametrize(
    ("frames", "batch", "sizes"),
    [(1, 1, [1]), (5, 1, [1] * 5), (16, 8, [8, 8]), (23, 8, [8, 8]), (3, 8, [8])],
)
def test_batches_are_full(frames: int, batch: int, sizes: list[int]) -> None:
    video = [Frame(np.full((1, 1, 3), i, np.uint8)) for i in range(frames)]
    groups = in_batches(video, batch)
    assert [len(group) for group in groups] == sizes
    shown = [int(frame.pixels_rgb[0, 0, 0]) for group in groups for frame in group]
    assert shown == [i % frames for i in range(sum(sizes))]


def test_each_batch_size_is_measured(measured: Throughput) -> None:
    for speeds in (measured.detect, measured.embed, measured.end_to_end):
        assert [speed.batch for speed in speeds] == [1, 2]
    assert all(speed.ms_per_frame > 0 for speed in measured.detect)
    assert all(speed.ms_per_frame > 0 for speed in measured.end_to_end)
    assert all(speed.ms_per_face > 0 for speed in measured.embed)


def test_faces_are_counted_a_frame(measured: Throughput) -> None:
    assert [speed.faces_per_frame for speed in measured.detect] == [0.5, 0.5]


def test_floors_follow_from_the_work_and_the_matrix_product(measured: Throughput) -> None:
    [speed, _] = measured.embed
    assert speed.floor_ms == measured.work.embedder_mflop / measured.matrix_gflops
    pixels_ms = measured.work.pnet_flop_per_pixel * 1e-6 / measured.matrix_gflops
    for detect in measured.detect:
        assert detect.floor_ms > pixels_ms * detect.stages.canvas_pixels


def test_nothing_is_traced_while_measuring(measured: Throughput) -> None:
    before, after = measured.traces
    assert before == after > 0


def test_the_json_has_the_promised_keys(measured: Throughput) -> None:
    result = json.loads(json.dumps(measured.as_json()))
    assert result["detect"][0].keys() >= {"batch", "ms_per_frame", "faces_per_frame", "stages"}
    assert result["embed"][0].keys() >= {"batch", "ms_per_face"}
    assert result["end_to_end"][0].keys() == {"batch", "ms_per_frame", "frames_per_second"}
    assert result["floor"].keys() >= {"matrix_gflops", "rnet_mflop", "pnet_flop_per_pixel"}
    assert result["traces"] == {"before": measured.traces[0], "after": measured.traces[1]}


def test_frames_a_second_are_those_of_one_frames_time() -> None:
    assert EndToEndSpeed(batch=8, ms_per_frame=4.0).frames_per_second == 250


def test_the_machine_says_how_many_cores_there_are() -> None:
    assert machine()["cores"] >= 1
