"""The image pyramids of a whole batch, packed side by side on one canvas. Pure numpy and OpenCV.

P-Net looks at windows of 12 x 12 pixels, two pixels apart. It therefore does not matter what lies
beside a level on the canvas: cells whose window touches a neighbour are ignored. One canvas means
one call of P-Net for all levels of all frames, whatever their sizes; and because the canvas has one
of a few sizes, TensorFlow meets the same shapes again and again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32, Frame, UInt8

__all__ = ["CELL", "MIN_WIDTH", "STRIDE", "Layout", "canvas_heights", "draw", "layout", "shares"]

CELL = 12
"""Side of P-Net's window in pixels (Zhang et al. 2016)."""
STRIDE = 2
"""Pixels from one window to the next: P-Net's only pooling halves the resolution."""
FACTOR = 0.709
"""From one level to the next; the default of the 2016 code: half the area."""
MIN_WIDTH = 384
"""The narrowest canvas: a frame of 640 pixels with faces from 20, or of 1280 with faces from 40."""
ROW_STEP = 64
"""Canvas heights are multiples of this up to 16 steps; above, at most an eighth too high."""

MOST_PIXELS = 2**21
"""Of all levels on one canvas: P-Net's first layer takes 40 bytes a pixel, some 84 MB."""

NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class Level:
    """One picture of the pyramid: frame number in the batch, place and size on the canvas."""

    frame: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything lies.

    levels: all levels of all frames.
    size_wh: of the canvas.
    level_of_cell: (rows, columns) int16, the level which contains the cell's window, or -1.
    frame_of_level: (levels,) frame number.
    origin_xy, scale_xy: (levels, 2), canvas pixel = origin + frame pixel * scale.
    """

    levels: tuple[Level, ...]
    size_wh: tuple[int, int]
    level_of_cell: NDArray[np.int16]
    frame_of_level: NDArray[np.intp]
    origin_xy: Float32
    scale_xy: Float32


def canvas_width(widest: int) -> int:
    """`MIN_WIDTH`, doubled until a level of `widest` pixels fits."""
    width = MIN_WIDTH
    while width < widest:
        width *= 2
    return width


def canvas_heights(limit: int) -> list[int]:
    """All canvas heights up to the one that holds `limit` rows."""
    heights = [ROW_STEP]
    while heights[-1] < limit:
        step = max(ROW_STEP, heights[-1] // 8 // ROW_STEP * ROW_STEP)
        heights.append(heights[-1] + step)
    return heights


def pyramid_sizes_wh(size_wh: tuple[int, int], min_face: int) -> list[tuple[int, int]]:
    """Width and height of each level, largest first; none when the frame is smaller than a face.

    The first level shows a face of `min_face` pixels at 12 pixels. Sides are rounded up to even
    numbers, so that no window at the right or lower edge is lost to the stride.
    """
    scale = CELL / min_face
    sizes = []
    while min(size_wh) * scale >= CELL:
        sizes.append((_even(size_wh[0] * scale), _even(size_wh[1] * scale)))
        scale *= FACTOR
    return sizes


def shares(sizes_wh: Sequence[tuple[int, int]], min_face: int) -> list[slice]:
    """Runs of frames whose pyramids go onto one canvas: of `MOST_PIXELS`, or of one frame.

    Cameras stay far below; it is for pictures of many megapixels, several at a time.
    """
    found, start, taken = [], 0, 0
    for number, size_wh in enumerate(sizes_wh):
        pixels = sum(width * height for width, height in pyramid_sizes_wh(size_wh, min_face))
        if number > start and taken + pixels > MOST_PIXELS:
            found.append(slice(start, number))
            start, taken = number, 0
        taken += pixels
    return [*found, slice(start, len(sizes_wh))]


@lru_cache(maxsize=64)  # a batch of the same phones comes again and again
def layout(sizes_wh: tuple[tuple[int, int], ...], min_face: int) -> Layout:
    """Pack the pyramids of frames of these sizes, and say which cell belongs to which level."""
    pictures = [
        (frame, size_wh)
        for frame, frame_wh in enumerate(sizes_wh)
        for size_wh in pyramid_sizes_wh(frame_wh, min_face)
    ]
    width = canvas_width(max((wide for _, (wide, _) in pictures), default=0))
    places, used = _pack([size_wh for _, size_wh in pictures], width)
    height = canvas_heights(used)[-1]
    levels = tuple(
        Level(frame, left, top, *size_wh)
        for (frame, size_wh), (left, top) in zip(pictures, places, strict=True)
    )
    return Layout(
        levels=levels,
        size_wh=(width, height),
        level_of_cell=_level_of_cell(levels, width, height),
        frame_of_level=np.array([level.frame for level in levels], np.intp),
        origin_xy=np.array([(v.left, v.top) for v in levels], np.float32).reshape(-1, 2),
        scale_xy=np.array(
            [(v.width / sizes_wh[v.frame][0], v.height / sizes_wh[v.frame][1]) for v in levels],
            np.float32,
        ).reshape(-1, 2),
    )


def draw(frames: Sequence[Frame], plan: Layout) -> UInt8:
    """The canvas (height, width, 3), each level resized from its frame."""
    width, height = plan.size_wh
    canvas = np.zeros((height, width, 3), np.uint8)
    halves = [frame.pixels_rgb for frame in frames]
    for level in plan.levels:  # of each frame the largest first
        # So that a small level need not read the whole frame. With four times the level's size or
        # more left to resize, it differs by less than one grey level on average from one resized
        # from the frame itself. With less, by up to 6: faces near the threshold come and go.
        while _is_eightfold(halves[level.frame], level):
            halves[level.frame] = _halved(halves[level.frame])
        cv2.resize(
            halves[level.frame],
            (level.width, level.height),
            dst=canvas[level.top : level.top + level.height, level.left : level.left + level.width],
            interpolation=cv2.INTER_AREA,
        )
    return canvas


def _is_eightfold(pixels_rgb: UInt8, level: Level) -> bool:
    height, width, _ = pixels_rgb.shape
    return bool(width >= 8 * level.width and height >= 8 * level.height)


def _halved(pixels_rgb: UInt8) -> UInt8:
    height, width, _ = pixels_rgb.shape
    half = cv2.resize(pixels_rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    return np.asarray(half, np.uint8)


def _even(side: float) -> int:
    return 2 * int(np.ceil(side / 2))


def _pack(sizes_wh: list[tuple[int, int]], width: int) -> tuple[list[tuple[int, int]], int]:
    """Left and top of each rectangle on shelves, tallest first into the first shelf with room.

    First fit by decreasing height (Coffman et al. 1980). All numbers are even, so that every level
    starts on a cell. Returns the places in the order given and the height used.
    """
    places = [(0, 0)] * len(sizes_wh)
    shelves: list[tuple[int, int]] = []  # top of the shelf, width taken
    used = 0
    for row in sorted(range(len(sizes_wh)), key=lambda row: -sizes_wh[row][1]):
        wide, high = sizes_wh[row]
        fitting = (i for i, (_, taken) in enumerate(shelves) if taken + wide <= width)
        shelf = next(fitting, len(shelves))
        if shelf == len(shelves):
            shelves.append((used, 0))
            used += high
        top, taken = shelves[shelf]
        places[row] = (taken, top)
        shelves[shelf] = (top, taken + wide)
    return places, used


def _level_of_cell(levels: Sequence[Level], width: int, height: int) -> NDArray[np.int16]:
    rows, columns = (height - CELL) // STRIDE + 1, (width - CELL) // STRIDE + 1
    level_of_cell = np.full((rows, columns), NO_LEVEL, np.int16)
    for number, level in enumerate(levels):
        top, left = level.top // STRIDE, level.left // STRIDE
        bottom = top + (level.height - CELL) // STRIDE + 1
        right = left + (level.width - CELL) // STRIDE + 1
        level_of_cell[top:bottom, left:right] = number
    return level_of_cell
