"""Labelled photos -> a video of people who come, change places and go.

It says in each frame who is where: what tracking must not get wrong. Faces are those of photos, so
that they can be recognised; they sway and turn a little, as a photo that is held before a camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from facestream.evaluation.dataset import Photo
from facestream.records import Float32, Frame, UInt8
from facestream.vision.images import decode_picture

__all__ = ["CrowdFrame", "Figure", "crowd_video", "figures_of"]

ENROLLED = 5
"""Photos of each person who is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One person's way through the picture, along a line.

    person: the name. photo_rgb: (s, s, 3), the face in the middle.
    enters, leaves: numbers of the first frame, and of the first without them.
    from_xy, to_xy: of the photo's centre, in pixels. side: of the photo in the picture, in pixels.
    """

    person: str
    photo_rgb: UInt8
    enters: int
    leaves: int
    from_xy: tuple[float, float]
    to_xy: tuple[float, float]
    side: int

    def centre_xy(self, number: int) -> Float32:
        """Where they are in the frame `number`, (2,)."""
        part = (number - self.enters) / max(1, self.leaves - self.enters)
        start, end = np.array(self.from_xy, np.float32), np.array(self.to_xy, np.float32)
        return np.asarray(start + part * (end - start), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class CrowdFrame:
    """A frame, and who is in it: names and centres (n, 2), those in front last."""

    frame: Frame
    persons: tuple[str, ...]
    centres_xy: Float32


def photos_of_a_crowd(
    photos: Mapping[tuple[str, int], Photo], people: int, seed: int = 0
) -> tuple[dict[str, list[Path]], list[tuple[str, UInt8]]]:
    """Who is known, and who is seen in what order: `people`, of whom two in three are known.

    Returns:
        person -> the five photos to enrol, and pairs of person and another photo's pixels. Of
        strangers it is their only one.
    """
    by_person: dict[str, list[Path]] = {}
    for photo in photos.values():
        by_person.setdefault(photo.person, []).append(photo.path)
    random = np.random.default_rng(seed)
    many = [name for name, paths in by_person.items() if len(paths) > ENROLLED]
    single = [name for name, paths in by_person.items() if len(paths) == 1]
    known = random.permutation(many)[: 2 * people // 3].tolist()
    strangers = random.permutation(single)[: people - len(known)].tolist()
    seen = random.permutation(known + strangers).tolist()
    return (
        {name: by_person[name][:ENROLLED] for name in known},
        [(name, _pixels(by_person[name][-1])) for name in seen],
    )


def figures_of(
    photos: Sequence[tuple[str, UInt8]], size_wh: tuple[int, int], seed: int = 0
) -> list[Figure]:
    """Ways for all photos (name, pixels): four at a time, for two to six seconds at 12 fps.

    Half of those who go are followed, in the very next frame, by somebody else in the same place:
    the hardest that can happen to a tracker. The others walk in and out at the edges.
    """
    random = np.random.default_rng(seed)
    width, height = size_wh
    lanes = (0.25 * width, 0.75 * width)
    free_at = {(lane, row): 0 for lane in lanes for row in (0, 1)}
    figures = []
    for person, pixels in photos:
        (lane, row), start = min(free_at.items(), key=lambda item: item[1])
        side = int(random.integers(height // 3, int(0.47 * height)))
        stays = int(random.integers(24, 72))
        y = (0.26 + 0.48 * row) * height
        outside = -0.5 * side if lane < width / 2 else width + 0.5 * side
        from_x, to_x = (lane, outside) if random.random() < 0.5 else (outside, lane)
        if random.random() < 0.5:  # stands there, and is replaced at once
            from_x = to_x = lane + float(random.uniform(-0.05, 0.05)) * width
        figures.append(Figure(person, pixels, start, start + stays, (from_x, y), (to_x, y), side))
        free_at[lane, row] = start + stays
    return figures


def crowd_video(
    figures: Sequence[Figure], size_wh: tuple[int, int], seed: int = 0
) -> list[CrowdFrame]:
    """The frames from the first who comes to the last who goes."""
    random = np.random.default_rng(seed)
    width, height = size_wh
    ground = np.repeat(np.linspace(90, 150, height)[:, None, None], width, axis=1)
    frames = []
    for number in range(max(figure.leaves for figure in figures)):
        noise = random.normal(0, 2, (height, width, 1))
        picture = np.asarray(np.clip(ground + noise, 0, 255), np.uint8).repeat(3, axis=2)
        present = [figure for figure in figures if figure.enters <= number < figure.leaves]
        for figure in present:
            _paste(picture, figure, number)
        centres = np.array([f.centre_xy(number) for f in present], np.float32).reshape(-1, 2)
        frames.append(
            CrowdFrame(Frame(picture), tuple(figure.person for figure in present), centres)
        )
    return frames


def _pixels(path: Path) -> UInt8:
    return decode_picture(path.read_bytes(), 10**8).pixels_rgb


def _paste(picture: UInt8, figure: Figure, number: int) -> None:
    """Draw the photo, swaying by up to 8 degrees and 3 % of its size, feathered at its edge."""
    turn = np.sin(2 * np.pi * (number - figure.enters) / 24)
    side = figure.photo_rgb.shape[0]
    scale = figure.side / side * (1 + 0.03 * turn)
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), 8 * turn, scale)
    matrix[:, 2] += figure.centre_xy(number) - side / 2
    height, width, _ = picture.shape
    mask = np.zeros((side, side), np.float32)
    cv2.ellipse(mask, (side // 2, side // 2), (side // 2 - 8, side // 2 - 4), 0, 0, 360, 1.0, -1)
    alpha = cv2.warpAffine(cv2.GaussianBlur(mask, (0, 0), 3), matrix, (width, height))[..., None]
    drawn = cv2.warpAffine(figure.photo_rgb, matrix, (width, height))
    picture[:] = np.asarray(alpha * drawn + (1 - alpha) * picture, np.uint8)
