"""The MTCNN cascade over a batch of frames: each network is called once for all of them.

Zhang, Zhang, Li, Qiao: "Joint face detection and alignment using multitask cascaded convolutional
networks", 2016. Thresholds and overlaps are those of the authors' code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Detections, Float32, Frame, UInt8
from facestream.vision.geometry import regress_boxes, square_boxes, suppress
from facestream.vision.mtcnn_networks import ONET, RNET, PNet, RefineNet
from facestream.vision.pyramid import CELL, MIN_WIDTH, STRIDE, canvas_heights, draw, layout, shares

__all__ = ["Mtcnn"]

PNET_SCORE, RNET_SCORE, ONET_SCORE = 0.6, 0.7, 0.7
LEVEL_OVERLAP, FRAME_OVERLAP, FINAL_OVERLAP = 0.5, 0.7, 0.7

CROPS_AT_ONCE = (1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Numbers of crops that R-Net and O-Net are called with; what is missing is filled with black."""

WARM_UP_SIDE = 640
"""Largest side in pixels of the frames that the page sends, for which warming up prepares."""


class Proposals(NamedTuple):
    """Boxes on their way through the cascade, of all frames together.

    boxes_xyxy: (n, 4) float32 in pixels of their frame.
    scores: (n,) float32.
    frames: (n,) number of the frame in the batch.
    """

    boxes_xyxy: Float32
    scores: Float32
    frames: NDArray[np.intp]

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Proposals:
        return Proposals(self.boxes_xyxy[rows], self.scores[rows], self.frames[rows])


class Mtcnn:
    """Finds faces. Holds no state but the networks; call it from one thread."""

    def __init__(self, min_face: int = 40) -> None:
        """`min_face`: side in pixels of the smallest face looked for, at least 12."""
        if min_face < CELL:
            raise ValueError(f"min_face must be at least {CELL} pixels, got {min_face}")
        self._min_face = min_face
        self._pnet, self._rnet, self._onet = PNet(), RefineNet(RNET), RefineNet(ONET)

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """The faces of each frame, best first, in that frame's pixels."""
        proposals = self._propose(frames)
        proposals = self._reject(frames, proposals)
        return self._locate(frames, proposals)

    def warm_up(self, max_batch: int) -> None:
        """Run the networks in every shape that `max_batch` frames of the page can lead to."""
        largest = (WARM_UP_SIDE, WARM_UP_SIDE)
        tallest = layout((largest,) * max_batch, self._min_face).size_wh[1]
        for height in canvas_heights(tallest):
            self._pnet(np.zeros((height, MIN_WIDTH, 3), np.uint8), PNET_SCORE)
        for network in (self._rnet, self._onet):
            for count in CROPS_AT_ONCE:
                if count <= network.most_crops:
                    network(np.zeros((count, network.size, network.size, 3), np.uint8))

    @property
    def traces(self) -> int:
        """How often TensorFlow traced a network; three, once warmed up."""
        return self._pnet.traces + self._rnet.traces + self._onet.traces

    def _propose(self, frames: Sequence[Frame]) -> Proposals:
        """P-Net on all frames, which is one call unless the pictures are huge."""
        parts = []
        for share in shares([frame.size_wh for frame in frames], self._min_face):
            part = self._propose_share(frames[share])
            parts.append(part._replace(frames=part.frames + share.start))
        return Proposals(*map(np.concatenate, zip(*parts, strict=True)))

    def _propose_share(self, frames: Sequence[Frame]) -> Proposals:
        """P-Net on the canvas of all pyramids; windows back to boxes in frame pixels."""
        plan = layout(tuple(frame.size_wh for frame in frames), self._min_face)
        cells, scores, offsets = self._pnet(draw(frames, plan), PNET_SCORE)
        levels = plan.level_of_cell[cells[:, 0], cells[:, 1]]
        inside = np.flatnonzero(levels >= 0)
        levels = levels[inside]
        corners = STRIDE * cells[inside, ::-1].astype(np.float32) - plan.origin_xy[levels]
        windows = np.concatenate([corners, corners + CELL], axis=1)
        boxes_xyxy = (windows / np.tile(plan.scale_xy[levels], 2)).astype(np.float32)
        kept = suppress(boxes_xyxy, scores[inside], levels, LEVEL_OVERLAP)
        proposals = Proposals(boxes_xyxy, scores[inside], plan.frame_of_level[levels]).take(kept)
        boxes_xyxy = regress_boxes(proposals.boxes_xyxy, offsets[inside][kept])
        # Overlaps are judged before the edges move, as in the authors' code.
        kept = suppress(*proposals, FRAME_OVERLAP)
        return proposals._replace(boxes_xyxy=square_boxes(boxes_xyxy)).take(kept)

    def _reject(self, frames: Sequence[Frame], proposals: Proposals) -> Proposals:
        """R-Net drops what is no face and moves the rest."""
        squares = _whole_pixels(proposals.boxes_xyxy)
        scores, offsets, _ = _judge(self._rnet, frames, squares, proposals.frames)
        faces = np.flatnonzero(scores >= RNET_SCORE)
        kept = faces[
            suppress(squares[faces], scores[faces], proposals.frames[faces], FRAME_OVERLAP)
        ]
        boxes_xyxy = regress_boxes(squares[kept], offsets[kept])
        return Proposals(square_boxes(boxes_xyxy), scores[kept], proposals.frames[kept])

    def _locate(self, frames: Sequence[Frame], proposals: Proposals) -> list[Detections]:
        """O-Net decides, and finds the landmarks."""
        squares = _whole_pixels(proposals.boxes_xyxy)
        scores, offsets, fractions = _judge(self._onet, frames, squares, proposals.frames)
        sides = squares[:, 2:] - squares[:, :2]
        points_xy = fractions.reshape(-1, 2, 5).transpose(0, 2, 1)  # five x then five y -> pairs
        landmarks_xy = squares[:, None, :2] + points_xy * sides[:, None]
        boxes_xyxy = regress_boxes(squares, offsets)
        faces = np.flatnonzero(scores >= ONET_SCORE)
        kept = faces[
            suppress(
                boxes_xyxy[faces], scores[faces], proposals.frames[faces], FINAL_OVERLAP, "smaller"
            )
        ]
        everyone = Detections(boxes_xyxy, scores, landmarks_xy)
        return [
            everyone.take(kept[proposals.frames[kept] == frame]) for frame in range(len(frames))
        ]


def _whole_pixels(boxes_xyxy: Float32) -> Float32:
    """Square boxes moved to whole pixels, at least one pixel wide."""
    corners = np.floor(boxes_xyxy[:, :2])
    sides = np.maximum(np.round(boxes_xyxy[:, 2:3] - boxes_xyxy[:, :1]), 1)
    return np.concatenate([corners, corners + sides], axis=1)


def _judge(
    network: RefineNet,
    frames: Sequence[Frame],
    squares_xyxy: Float32,
    numbers: NDArray[np.intp],
) -> tuple[Float32, Float32, Float32]:
    """Run `network` on the squares of all frames, in calls of the sizes in `CROPS_AT_ONCE`."""
    parts = []
    for start in range(0, max(1, len(squares_xyxy)), network.most_crops):
        part = slice(start, start + network.most_crops)
        crops = _crop(frames, squares_xyxy[part], numbers[part], network.size)
        count = len(squares_xyxy[part])
        parts.append([output[:count] for output in network(crops)])
    scores, offsets, landmarks = (np.concatenate(outputs) for outputs in zip(*parts, strict=True))
    return scores, offsets, landmarks


def _crop(
    frames: Sequence[Frame], squares_xyxy: Float32, numbers: NDArray[np.intp], size: int
) -> UInt8:
    """The squares, resized; black where they reach beyond the frame. (m, size, size, 3), m >= n."""
    count = next(c for c in CROPS_AT_ONCE if c >= len(squares_xyxy))
    crops = np.zeros((count, size, size, 3), np.uint8)
    for crop, square, number in zip(crops, squares_xyxy.astype(int), numbers, strict=False):
        pixels_rgb = frames[number].pixels_rgb
        cv2.resize(_window(pixels_rgb, *square), (size, size), crop, interpolation=cv2.INTER_AREA)
    return crops


def _window(pixels_rgb: UInt8, x1: int, y1: int, x2: int, y2: int) -> UInt8:
    """A cut-out which may reach beyond the frame, where it is black."""
    height, width, _ = pixels_rgb.shape
    if x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height:
        return pixels_rgb[y1:y2, x1:x2]
    window = np.zeros((y2 - y1, x2 - x1, 3), np.uint8)
    inner = pixels_rgb[max(y1, 0) : max(y2, 0), max(x1, 0) : max(x2, 0)]
    left, top = max(-x1, 0), max(-y1, 0)
    window[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return window
