"""The image pyramids of a whole batch, packed side by side on one canvas. Pure numpy and OpenCV.

P-Net looks at windows of 12 x 12 pixels, two pixels apart. It therefore does not matter what lies
beside a level on the canvas: cells whose window touches a neighbour are ignored. The canvas is made
of tiles, and P-Net called with them: whatever the number and size of the frames, it always gets the
same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32, UInt8
from facestream.vision.halvings import times_halved
from facestream.vision.lanes import Lanes

__all__ = [
    "CELL",
    "OVERLAP",
    "STEP_X",
    "STEP_Y",
    "STRIDE",
    "TILE_HEIGHT",
    "TILE_WIDTH",
    "Layout",
    "draw",
    "layout",
]

CELL = 12
"""Side of P-Net's window in pixels (Zhang et al. 2016)."""
STRIDE = 2
"""Pixels from one window to the next: P-Net's only pooling halves the resolution."""
FACTOR = 0.709
"""From one level to the next; the default of the 2016 code: half the area."""

OVERLAP = CELL - STRIDE
"""Pixels that tiles share, so that each window lies in one tile whole."""
STEP_X, STEP_Y = 192, 64
"""Pixels from one tile to the next. Frames of 640 pixels with faces from 20, or of 1280 with faces
from 40, need one tile across; and what P-Net's first layer makes of a tile, one megabyte, fits a
core's second cache."""
TILE_WIDTH, TILE_HEIGHT = STEP_X + OVERLAP, STEP_Y + OVERLAP

LEAST = 2
"""A level is resized from the smallest halving of its frame which is so many times as large."""

NO_LEVEL = -1


@dataclass(frozen=True, slots=True)
class Level:
    """One picture of the pyramid: frame number in the batch, place and size on the canvas.

    halved: how often the frame is halved before it is resized to this.
    """

    frame: int
    halved: int
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything lies.

    levels: all levels of all frames.
    size_wh: of the canvas.
    frame_of_level: (levels,) frame number.
    origin_xy, scale_xy: (levels, 2), canvas pixel = origin + frame pixel * scale.
    """

    levels: tuple[Level, ...]
    size_wh: tuple[int, int]
    frame_of_level: NDArray[np.intp]
    origin_xy: Float32
    scale_xy: Float32

    def level_of_cell(self) -> NDArray[np.int16]:
        """(rows, columns) the level which contains the cell's window, or -1.

        Made anew each time: it is quick, and kept for every layout it would fill the memory.
        """
        width, height = self.size_wh
        grid = np.full(
            ((height - CELL) // STRIDE + 1, (width - CELL) // STRIDE + 1), NO_LEVEL, np.int16
        )
        for number, level in enumerate(self.levels):
            top, left = level.top // STRIDE, level.left // STRIDE
            bottom = top + (level.height - CELL) // STRIDE + 1
            right = left + (level.width - CELL) // STRIDE + 1
            grid[top:bottom, left:right] = number
        return grid


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


@lru_cache(maxsize=64)  # a batch of the same phones comes again and again
def layout(sizes_wh: tuple[tuple[int, int], ...], min_face: int) -> Layout:
    """Pack the pyramids of frames of these sizes, and say which cell belongs to which level."""
    pictures = [
        (frame, size_wh)
        for frame, frame_wh in enumerate(sizes_wh)
        for size_wh in pyramid_sizes_wh(frame_wh, min_face)
    ]
    width = _whole_tiles(max((wide for _, (wide, _) in pictures), default=0), STEP_X)
    places, used = _pack([size_wh for _, size_wh in pictures], width)
    height = _whole_tiles(used, STEP_Y)
    levels = tuple(
        Level(frame, _halvings(sizes_wh[frame], size_wh), left, top, *size_wh)
        for (frame, size_wh), (left, top) in zip(pictures, places, strict=True)
    )
    return Layout(
        levels=levels,
        size_wh=(width, height),
        frame_of_level=np.array([level.frame for level in levels], np.intp),
        origin_xy=np.array([(v.left, v.top) for v in levels], np.float32).reshape(-1, 2),
        scale_xy=np.array(
            [_scale_xy(level, sizes_wh[level.frame]) for level in levels], np.float32
        ).reshape(-1, 2),
    )


def draw(series: Sequence[Sequence[UInt8]], plan: Layout, lanes: Lanes) -> UInt8:
    """The canvas (height, width, 3). `series`: the frames of the layout, see `halved_frames`."""
    width, height = plan.size_wh
    canvas = np.zeros((height, width, 3), np.uint8)

    def draw_level(_: int, number: int) -> None:
        level = plan.levels[number]
        cv2.resize(
            series[level.frame][level.halved],
            (level.width, level.height),
            dst=canvas[level.top : level.top + level.height, level.left : level.left + level.width],
            interpolation=cv2.INTER_AREA,
        )

    lanes.each(len(plan.levels), draw_level)
    return canvas


def _halvings(size_wh: tuple[int, int], level_wh: tuple[int, int]) -> int:
    return times_halved(size_wh, (LEAST * level_wh[0], LEAST * level_wh[1]))


def _scale_xy(level: Level, size_wh: tuple[int, int]) -> tuple[float, float]:
    """Level pixels a frame pixel; halving may have left out the last rows and columns."""
    width, height = (side >> level.halved << level.halved for side in size_wh)
    return level.width / width, level.height / height


def _whole_tiles(pixels: int, step: int) -> int:
    """The shortest side made of whole tiles, one at least, that holds so many pixels."""
    return max(1, -(-(pixels - OVERLAP) // step)) * step + OVERLAP


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
