"""The two looks at a crop."""

from __future__ import annotations

import numpy as np
import pytest

from facestream.records import Float32, UInt8
from facestream.vision.embedders.looks import ZOOM, looked_at_twice, mean_look, second_look


@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_look_has_the_shape_of_its_crops(n: int) -> None:
    crops = np.zeros((n, 112, 112, 3), np.uint8)
    assert second_look(crops).shape == crops.shape
    assert second_look(crops).dtype == np.uint8


def test_the_second_look_is_mirrored_and_enlarged_about_the_centre() -> None:
    crop = np.zeros((1, 101, 101, 3), np.uint8)
    crop[0, 28:33, 68:73] = 255  # a dot 20 above and to the right of the centre
    rows, columns = np.nonzero(second_look(crop)[0, ..., 0] > 127)
    assert np.mean(rows) == pytest.approx(50 - 20 * ZOOM, abs=0.5)
    assert np.mean(columns) == pytest.approx(50 - 20 * ZOOM, abs=0.5)


def test_the_mean_look_is_of_unit_length_and_as_near_to_one_as_to_the_other() -> None:
    first = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    second = np.array([[0, 1, 0], [0, 1, 0]], np.float32)
    mean = mean_look(first, second)
    np.testing.assert_allclose(np.linalg.norm(mean, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose((mean * first).sum(axis=1), (mean * second).sum(axis=1), atol=1e-6)


def test_a_crop_looked_at_twice_gives_the_mean_of_its_two_looks() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3)).astype(np.uint8)

    def corner(crops_rgb: UInt8) -> Float32:
        """A unit vector of each crop's first pixels, which are others when it is mirrored."""
        rows = crops_rgb[:, 3, 3:7, 0].astype(np.float32) + 1
        unit: Float32 = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit

    expected = mean_look(corner(crops), corner(second_look(crops)))
    np.testing.assert_array_equal(looked_at_twice(corner, crops), expected)


def test_no_looks_have_no_mean() -> None:
    assert mean_look(np.zeros((0, 5), np.float32), np.zeros((0, 5), np.float32)).shape == (0, 5)
