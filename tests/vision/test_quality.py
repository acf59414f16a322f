"""Sharpness falls when a face is blurred, and minds neither the light nor what lies around it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facestream.records import Frame
from facestream.vision.pipeline import Pipeline
from facestream.vision.quality import (
    MIN_SHARPNESS,
    appearance_change,
    appearances,
    face_light,
    face_quality,
    frame_light,
    sharpness,
)


def test_no_crops_have_no_sharpness() -> None:
    assert sharpness(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0,)


def test_blur_is_seen(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    blurred = [cv2.GaussianBlur(crop, (0, 0), sigma) for sigma in (1, 2, 3)]
    values = sharpness(np.stack([crop, *blurred]))
    assert values[0] > MIN_SHARPNESS > values[2]
    assert (np.diff(values) < 0).all()


def test_a_black_border_is_not_taken_for_sharpness(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    blurred = cv2.GaussianBlur(crop, (0, 0), 3)
    blurred[:15] = 0
    assert sharpness(blurred[None])[0] < MIN_SHARPNESS


def test_noise_is_not_taken_for_sharpness(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    blurred = cv2.GaussianBlur(crop, (0, 0), 3)
    noise = np.random.default_rng(0).normal(0, 2.5, crop.shape)
    noisy = np.clip(blurred + noise, 0, 255).astype(np.uint8)
    assert sharpness(noisy[None])[0] < MIN_SHARPNESS


def test_flat_light_is_not_taken_for_blur(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    flat = (crop * 0.4 + 100).astype(np.uint8)
    assert sharpness(flat[None])[0] > MIN_SHARPNESS


def test_an_enlarged_crop_is_as_sharp_as_before(pipeline: Pipeline, astronaut: Frame) -> None:
    [crop] = pipeline.faces([astronaut])[0].crops_rgb
    larger = cv2.resize(crop, (224, 224), interpolation=cv2.INTER_CUBIC)
    [before], [after] = sharpness(crop[None]), sharpness(np.asarray(larger, np.uint8)[None])
    assert after == pytest.approx(before, rel=0.1)


def test_a_crop_without_any_detail_is_not_sharp() -> None:
    assert sharpness(np.full((1, 112, 112, 3), 128, np.uint8))[0] < 0.001


def test_light_is_that_of_the_middle_of_the_crop() -> None:
    crop = np.zeros((20, 20, 3), np.uint8)
    crop[4:16, 4:16] = 100
    assert face_light(crop) == (100, 0)
    crop[4:10, 4:16] = 250
    assert face_light(crop) == (175, 0.5)


# --- at a glance ----------------------------------------------------------------------------------


def test_quality_grows_with_the_face_up_to_what_the_embedder_sees() -> None:
    boxes = np.array([[0, 0, s, 2 * s] for s in (10, 56, 112, 500)], np.float32)
    sharp = np.full(4, 500, np.float32)
    blurred, size_wh = np.zeros(4, np.float32), (2000, 2000)
    np.testing.assert_allclose(face_quality(boxes, sharp, size_wh), [10 / 112, 0.5, 1, 1])
    np.testing.assert_allclose(face_quality(boxes, blurred, size_wh)[1:], [0.25, 0.5, 0.5])
    assert face_quality(boxes[:0], sharp[:0], size_wh).shape == (0,)


def test_half_a_face_at_the_edge_has_little_quality() -> None:
    boxes = np.array([[-60, 0, 60, 120], [0, 0, 120, 120], [-500, 0, -380, 120]], np.float32)
    sharp = np.full(3, 500, np.float32)
    np.testing.assert_allclose(face_quality(boxes, sharp, (640, 360)), [0.25, 1, 0.01])


@pytest.mark.parametrize(
    ("bright_rows", "light"), [(0, (30, 0)), (4, (30, 4 / 100)), (60, (255, 0.6)), (100, (255, 1))]
)
def test_the_light_of_a_frame_is_what_nearly_all_of_it_stays_below(
    bright_rows: int, light: tuple[float, float]
) -> None:
    pixels = np.full((800, 64, 3), 30, np.uint8)
    pixels[: 8 * bright_rows] = 255
    assert frame_light(pixels) == pytest.approx(light)


def test_the_smallest_frame_has_a_light() -> None:
    assert frame_light(np.zeros((1, 1, 3), np.uint8)) == (0, 0)


def test_appearances_of_nobody_are_none(astronaut: Frame) -> None:
    assert appearances(astronaut.pixels_rgb, np.zeros((0, 4), np.float32)).shape == (0, 192)


def test_a_face_that_moved_a_little_looks_the_same_and_another_does_not(
    pipeline: Pipeline, astronaut: Frame, photo: Frame
) -> None:
    [her] = pipeline.detect([astronaut])[0].boxes_xyxy
    [him] = pipeline.detect([photo])[0].boxes_xyxy[:1]
    moved = her + (her[2] - her[0]) * np.float32(0.03)
    before, same = appearances(astronaut.pixels_rgb, np.stack([her, moved]))
    [other] = appearances(photo.pixels_rgb, him[None])
    assert appearance_change(before, before) == 0
    assert appearance_change(before, same) < 0.4
    assert appearance_change(before, other) > 1


def test_a_box_that_reaches_beyond_the_frame_or_is_empty_has_an_appearance() -> None:
    pixels = np.zeros((50, 50, 3), np.uint8)
    boxes = np.array([[-40, -40, 20, 20], [10, 10, 10, 10], [500, 500, 600, 600]], np.float32)
    looks = appearances(pixels, boxes)
    assert looks.shape == (3, 192)
    assert np.isfinite(looks).all()
    assert appearance_change(looks[0], looks[1]) == pytest.approx(1 / 0.25)  # no pattern to compare
