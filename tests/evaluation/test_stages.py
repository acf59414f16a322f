import numpy as np
import pytest

from facestream.evaluation.stages import WatchedMtcnn, measure_stages
from facestream.records import Frame
from facestream.vision.lanes import Lanes
from facestream.vision.mtcnn import Mtcnn


@pytest.fixture(scope="module")
def watched() -> WatchedMtcnn:
    return WatchedMtcnn(40, Lanes(1))


def test_the_watched_detector_finds_the_same(watched: WatchedMtcnn, astronaut: Frame) -> None:
    [found], [same] = watched.detect([astronaut]), Mtcnn(40).detect([astronaut])
    assert len(found) == 1
    np.testing.assert_array_equal(found.boxes_xyxy, same.boxes_xyxy)


def test_work_is_counted_a_frame_and_the_stages_take_time(
    watched: WatchedMtcnn, astronaut: Frame
) -> None:
    one = measure_stages(watched, [[astronaut]], runs=1)
    two = measure_stages(watched, [[astronaut], [astronaut]], runs=3)
    assert (two.canvas_pixels, two.rnet_crops, two.onet_crops) == (
        one.canvas_pixels,
        one.rnet_crops,
        one.onet_crops,
    )
    assert one.canvas_pixels > 512 * 512 * 0.3**2
    assert one.rnet_crops > one.onet_crops >= 1
    assert min(one.prepare_ms, one.pnet_ms, one.rnet_ms, one.onet_ms) > 0


def test_a_frame_with_nobody_gives_the_refining_networks_nothing(watched: WatchedMtcnn) -> None:
    grey = Frame(np.full((100, 100, 3), 128, np.uint8))
    stages = measure_stages(watched, [[grey]], runs=1)
    assert (stages.rnet_crops, stages.onet_crops) == (0, 0)
