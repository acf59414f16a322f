"""The MTCNN cascade over a batch of frames: each network is called once for all of them.

Zhang, Zhang, Li, Qiao: "Joint face detection and alignment using multitask cascaded convolutional
networks", 2016. Thresholds and overlaps are those of the authors' code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Detections, Float32, Frame, UInt8
from facestream.vision.geometry import regress_boxes, square_boxes
from facestream.vision.halvings import halved_frames
from facestream.vision.lanes import Lanes
from facestream.vision.mtcnn_networks import ONET, RNET, PNet, RefineNet
from facestream.vision.pyramid import CELL, STRIDE, draw, layout
from facestream.vision.suppression import suppress, suppress_cells

__all__ = ["Mtcnn"]

PNET_SCORE, RNET_SCORE, ONET_SCORE = 0.6, 0.7, 0.7
FRAME_OVERLAP, FINAL_OVERLAP = 0.7, 0.7  # and 0.5 within a level: `suppress_cells`


Series = Sequence[Sequence[UInt8]]
"""Of each frame its pixels, halved once, twice and so on; see `halved_frames`."""


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

    def __init__(self, min_face: int = 40, lanes: Lanes | None = None) -> None:
        """`min_face`: side in pixels of the smallest face looked for, at least 12.

        `lanes`: where it computes; None: in lanes of its own.
        """
        if min_face < CELL:
            raise ValueError(f"min_face must be at least {CELL} pixels, got {min_face}")
        self._min_face = min_face
        self._lanes = lanes or Lanes()
        self._pnet = PNet(self._lanes)
        self._rnet = RefineNet(RNET, self._lanes)
        self._onet = RefineNet(ONET, self._lanes)

    def detect(
        self, frames: Sequence[Frame], around: Sequence[Float32 | None] | None = None
    ) -> list[Detections]:
        """The faces of each frame, best first, in that frame's pixels.

        Args:
            frames: of any sizes.
            around: of each frame None, to search all of it; or boxes (n, 4), to look for faces only
                where those are, about as large. That skips P-Net, the dearest part.
        """
        places = around or [None] * len(frames)
        whole = [row for row, boxes in enumerate(places) if boxes is None]
        # Of the others only a few small windows are read: halving all of it would take longer.
        series = [[frame.pixels_rgb] for frame in frames]
        halved = halved_frames([frames[row] for row in whole], self._lanes)
        for row, halvings in zip(whole, halved, strict=True):
            series[row] = halvings
        found = self._propose(halved)
        found = found._replace(frames=np.array(whole, np.intp)[found.frames])
        proposals = self._reject(series, _joined([found, *_proposed(places)]))
        return self._locate(series, proposals)

    def warm_up(self) -> None:
        """Run the networks in every shape that they will ever be given."""
        for network in (self._pnet, self._rnet, self._onet):
            network.warm_up()

    @property
    def traces(self) -> int:
        """How often TensorFlow traced a network; three, once warmed up."""
        return self._pnet.traces + self._rnet.traces + self._onet.traces

    def _propose(self, series: Series) -> Proposals:
        """P-Net on the canvas of all pyramids; windows back to boxes in frame pixels."""
        sizes_wh = tuple((frame.shape[1], frame.shape[0]) for frame, *_ in series)
        plan = layout(sizes_wh, self._min_face)
        cells, scores, offsets = self._pnet(draw(series, plan, self._lanes), PNET_SCORE)
        levels = plan.level_of_cell()[cells[:, 0], cells[:, 1]]
        inside = np.flatnonzero(levels >= 0)
        kept = inside[suppress_cells(cells[inside], scores[inside])]
        levels = levels[kept]
        corners = STRIDE * cells[kept, ::-1].astype(np.float32) - plan.origin_xy[levels]
        windows = np.concatenate([corners, corners + CELL], axis=1)
        boxes_xyxy = (windows / np.tile(plan.scale_xy[levels], 2)).astype(np.float32)
        proposals = Proposals(boxes_xyxy, scores[kept], plan.frame_of_level[levels])
        boxes_xyxy = regress_boxes(boxes_xyxy, offsets[kept])
        # Overlaps are judged before the edges move, as in the authors' code.
        kept = suppress(*proposals, FRAME_OVERLAP)
        return proposals._replace(boxes_xyxy=square_boxes(boxes_xyxy)).take(kept)

    def _reject(self, series: Series, proposals: Proposals) -> Proposals:
        """R-Net drops what is no face and moves the rest."""
        squares, scores, offsets, _ = _judge(self._rnet, series, proposals)
        faces = np.flatnonzero(scores >= RNET_SCORE)
        kept = faces[
            suppress(squares[faces], scores[faces], proposals.frames[faces], FRAME_OVERLAP)
        ]
        boxes_xyxy = regress_boxes(squares[kept], offsets[kept])
        return Proposals(square_boxes(boxes_xyxy), scores[kept], proposals.frames[kept])

    def _locate(self, series: Series, proposals: Proposals) -> list[Detections]:
        """O-Net decides, and finds the landmarks."""
        squares, scores, offsets, fractions = _judge(self._onet, series, proposals)
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
            everyone.take(kept[proposals.frames[kept] == frame]) for frame in range(len(series))
        ]


def _proposed(around: Sequence[Float32 | None]) -> Iterator[Proposals]:
    """The boxes of each frame that has some, as if P-Net had found them."""
    for row, boxes_xyxy in enumerate(around):
        if boxes_xyxy is not None:
            scores = np.ones(len(boxes_xyxy), np.float32)
            frames = np.full(len(boxes_xyxy), row, np.intp)
            yield Proposals(square_boxes(boxes_xyxy), scores, frames)


def _joined(parts: Sequence[Proposals]) -> Proposals:
    return Proposals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _judge(
    network: RefineNet, series: Series, proposals: Proposals
) -> tuple[Float32, Float32, Float32, Float32]:
    """Run `network` on squares close to the proposals' boxes.

    Returns:
        the squares (n, 4) in whole pixels, and what `RefineNet` returns.
    """
    deepest = np.array([len(halvings) for halvings in series]) - 1
    wanted = network.least * network.size
    halved = _halvings(proposals.boxes_xyxy, wanted, deepest[proposals.frames])
    squares = _on_grid(proposals.boxes_xyxy, 2.0**halved)
    windows = (squares / 2.0 ** halved[:, None]).astype(int).tolist()
    size = (network.size, network.size)

    def fill(rows: slice, crops: UInt8) -> None:
        for crop, row in zip(crops, range(rows.start, rows.stop), strict=True):
            source = series[proposals.frames[row]][halved[row]]
            cv2.resize(_window(source, *windows[row]), size, crop, interpolation=cv2.INTER_AREA)

    return squares, *network(len(squares), fill)


def _halvings(boxes_xyxy: Float32, wanted: int, deepest: NDArray[np.intp]) -> NDArray[np.intp]:
    """How often to halve the frame so that square boxes (n, 4) keep `wanted` pixels: (n,)."""
    sides = np.maximum(boxes_xyxy[:, 2] - boxes_xyxy[:, 0], 1)
    times = np.floor(np.log2(sides / wanted)).astype(np.intp)
    return np.asarray(np.clip(times, 0, deepest), np.intp)


def _on_grid(boxes_xyxy: Float32, step: NDArray[np.floating[Any]]) -> Float32:
    """Square boxes (n, 4), their corners moved to multiples of `step` (n,), at least one apart."""
    step = step[:, None]
    corners = np.floor(boxes_xyxy[:, :2] / step)
    sides = np.maximum(np.round((boxes_xyxy[:, 2:3] - boxes_xyxy[:, :1]) / step), 1)
    return np.asarray(np.concatenate([corners, corners + sides], axis=1) * step, np.float32)


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
