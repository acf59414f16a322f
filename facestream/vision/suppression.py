"""Non-maximum suppression: of boxes that overlap, the best. Pure numpy and OpenCV."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facestream.records import Float32
from facestream.vision.geometry import Overlap, box_overlaps

__all__ = ["suppress", "suppress_cells"]

AROUND = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)])
"""The eight cells next to a cell. P-Net's windows are 12 pixels wide and lie 2 pixels apart: two of
them overlap by more than half (IoU) if, and only if, their cells are next to each other (100 / 188
for a diagonal neighbour, 96 / 192 for the next but one)."""


def suppress(
    boxes_xyxy: Float32,
    scores: Float32,
    groups: NDArray[np.integer[Any]],
    threshold: float,
    by: Overlap = "union",
) -> NDArray[np.intp]:
    """Greedy non-maximum suppression within each group; the kept rows, best score first.

    Args:
        boxes_xyxy: (n, 4).
        scores: (n,).
        groups: (n,) integers; boxes of different groups never suppress each other.
        threshold: a box is dropped when it overlaps a better one by more than this.
        by: how the overlap is measured, see `box_overlaps`.
    """
    order = np.lexsort((-scores, groups))
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    suppress_sorted = _by_union if by == "union" else _by_smaller
    kept = [
        rows[suppress_sorted(boxes_xyxy[rows], threshold)]
        for rows in np.split(order, starts[1:])
        if len(rows)
    ]
    return _best_first(np.concatenate(kept) if kept else np.zeros(0, np.intp), scores)


def suppress_cells(cells: NDArray[np.integer[Any]], scores: Float32) -> NDArray[np.intp]:
    """Greedy suppression of P-Net's windows that overlap a better one by more than half (IoU).

    Equals `suppress` of the windows at 0.5, but looks at the eight neighbours of each cell only,
    and at all cells at once: in each round those without a better neighbour are kept, and their
    neighbours dropped.

    Args:
        cells: (n, 2) row and column, each cell once; not negative.
        scores: (n,).

    Returns:
        The kept rows, best score first.
    """
    n = len(cells)
    if not n:
        return np.zeros(0, np.intp)
    rank = np.empty(n + 1, np.intp)
    rank[_best_first(np.arange(n), scores)] = np.arange(n)
    rank[n] = n  # row n stands for "nobody there"
    row_of_cell = np.full(cells.max(axis=0) + 3, n, np.intp)  # with an empty cell all around
    row_of_cell[cells[:, 0] + 1, cells[:, 1] + 1] = np.arange(n)
    around = cells[:, None] + 1 + AROUND
    neighbours = row_of_cell[around[..., 0], around[..., 1]]  # (n, 8) rows
    is_better = rank[neighbours] < rank[:n, None]
    open_, kept = np.ones(n + 1, np.bool_), np.zeros(n + 1, np.bool_)
    open_[n] = False
    while open_.any():
        best = open_[:n] & ~(is_better & open_[neighbours]).any(axis=1)
        kept[:n] |= best
        open_[:n] &= ~best & ~(is_better & kept[neighbours]).any(axis=1)
    return _best_first(np.flatnonzero(kept), scores)


def _best_first(rows: NDArray[np.intp], scores: Float32) -> NDArray[np.intp]:
    return rows[np.argsort(-scores[rows], kind="stable")]


def _by_union(boxes_xyxy: Float32, threshold: float) -> NDArray[np.intp]:
    """Rows kept of boxes (n, 4) that come best first: OpenCV's loop."""
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    boxes_xywh = np.concatenate([boxes_xyxy[:, :2], sides], axis=1).tolist()  # faster than an array
    ranks = list(range(len(boxes_xywh), 0, -1))  # for scores: OpenCV drops those of 0
    return np.asarray(cv2.dnn.NMSBoxes(boxes_xywh, ranks, 0.0, threshold), np.intp)


def _by_smaller(boxes_xyxy: Float32, threshold: float) -> NDArray[np.intp]:
    """As `_by_union`, with an overlap that OpenCV does not know. For the few faces at the end."""
    covers = box_overlaps(boxes_xyxy, boxes_xyxy, "smaller") > threshold
    keep = np.ones(len(boxes_xyxy), np.bool_)
    for row in range(len(boxes_xyxy)):
        if keep[row]:
            keep[row + 1 :] &= ~covers[row, row + 1 :]
    return np.flatnonzero(keep)
