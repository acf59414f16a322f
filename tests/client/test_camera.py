from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facestream.client.camera import Camera, Film, sent_size_wh
from facestream.records import Frame


def film(count: int = 4, size_wh: tuple[int, int] = (64, 36), **options: Any) -> Film:
    """Frame i is grey of 20 * i."""
    width, height = size_wh
    return Film(
        [Frame(np.full((height, width, 3), 20 * i, np.uint8)) for i in range(count)], **options
    )


def shown(jpeg: bytes) -> int:
    """Which frame of `film` a JPEG shows."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        return round(float(np.asarray(picture).mean()) / 20)


@pytest.mark.parametrize(
    ("camera_wh", "widest", "sent_wh"),
    [
        ((1, 1), 640, (1, 1)),
        ((320, 240), 640, (320, 240)),  # never enlarged
        ((640, 480), 640, (640, 480)),
        ((640, 360), 480, (480, 270)),
        ((1920, 1080), 640, (640, 360)),
        ((1080, 1920), 640, (415, 739)),  # as many pixels as 640 x 480
        ((1920, 1080), 1920, (640, 360)),  # the page's own limit
        ((640, 360), 1, (1, 1)),
    ],
)
def test_picture_is_as_large_as_the_page_would_send_it(
    camera_wh: tuple[int, int], widest: int, sent_wh: tuple[int, int]
) -> None:
    assert sent_size_wh(camera_wh, widest) == sent_wh


def test_film_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="a film must have frames, got none"):
        Film([])


def test_jpeg_has_the_width_and_the_quality_asked_for() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (36, 64, 3), np.uint8)
    noisy = Film([Frame(noise)])
    with Image.open(io.BytesIO(noisy.jpeg(0, 32, 80))) as picture:
        assert picture.size == (32, 18)
    assert len(noisy.jpeg(0, 64, 30)) < len(noisy.jpeg(0, 64, 90))


@pytest.mark.parametrize(
    ("count", "seen"),
    [(1, [0, 0, 0]), (2, [0, 1, 0, 1]), (4, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2])],
)
def test_film_runs_there_and_back(count: int, seen: list[int]) -> None:
    frames = film(count)
    assert [shown(frames.jpeg(number, 64, 80)) for number in range(len(seen))] == seen


def test_files_are_made_once() -> None:
    four = film(4)
    assert four.jpeg(1, 64, 80) is four.jpeg(5, 64, 80) is four.jpeg(7, 64, 80)


def test_file_that_was_not_asked_for_the_longest_makes_room() -> None:
    size = len(film().jpeg(0, 64, 80))
    small = film(4, kept_bytes=3 * size)
    first, second = small.jpeg(0, 64, 80), small.jpeg(1, 64, 80)
    small.jpeg(2, 64, 80)
    assert small.jpeg(0, 64, 80) is first
    small.jpeg(3, 64, 80)  # in the place of 1
    assert small.jpeg(0, 64, 80) is first
    assert small.jpeg(1, 64, 80) is not second


def test_film_larger_than_its_bound_still_gives_pictures() -> None:
    none_kept = film(2, kept_bytes=1)
    assert [shown(none_kept.jpeg(number, 64, 80)) for number in (0, 1, 0)] == [0, 1, 0]


def test_film_runs_at_its_own_pace_from_the_cameras_place() -> None:
    camera = Camera(film(8, fps=10), start=2, fps=30, started_s=100.0)
    times_s = (100.0, 100.05, 100.1, 100.25)
    assert [shown(camera.jpeg(at_s, 64, 80)) for at_s in times_s] == [2, 2, 3, 4]


@pytest.mark.parametrize(
    ("now_s", "next_s"), [(100.0, 100.0), (100.01, 100.1), (100.1, 100.1), (100.999, 101.0)]
)
def test_next_picture_comes_now_or_later(now_s: float, next_s: float) -> None:
    camera = Camera(film(), fps=10, started_s=100.0)
    assert camera.next_picture_s(now_s) == pytest.approx(next_s)
    assert camera.next_picture_s(now_s) >= now_s
