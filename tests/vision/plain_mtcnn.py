"""The cascade in its plain form, as a reference: one frame, one scale at a time.

Written from the paper and the layout of the weights' files, sharing no code with the fast path but
the reading of the files. Slow, and meant to be read.
"""

from __future__ import annotations

import io

import cv2
import joblib
import numpy as np
import tensorflow as tf

from facestream.records import Detections, Frame
from facestream.vision.weights import read_weights

FACTOR = 0.709
LEVEL_OVERLAP, FRAME_OVERLAP, FINAL_OVERLAP = 0.5, 0.7, 0.7
PNET_SCORE, RNET_SCORE, ONET_SCORE = 0.6, 0.7, 0.7
POOLS = {
    "pnet.lz4": [(2, "SAME"), None, None],
    "rnet.lz4": [(3, "SAME"), (3, "VALID"), None],
    "onet.lz4": [(3, "SAME"), (3, "VALID"), (2, "SAME"), None],
}


class PlainMtcnn:
    def __init__(self, min_face: int) -> None:
        self.min_face = min_face
        self.tensors = {name: joblib.load(io.BytesIO(read_weights(name))) for name in POOLS}

    def detect(self, frame: Frame) -> Detections:
        boxes = self.proposals(frame.pixels_rgb)
        boxes = self.refined(frame.pixels_rgb, boxes)
        return self.located(frame.pixels_rgb, boxes)

    def proposals(self, pixels: np.ndarray) -> np.ndarray:
        """Square boxes and scores (n, 5)."""
        height, width, _ = pixels.shape
        found, scale = [], 12 / self.min_face
        while min(width, height) * scale >= 12:
            wide, high = (2 * int(np.ceil(side * scale / 2)) for side in (width, height))
            level = cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_AREA)
            scores, offsets = self.run("pnet.lz4", level[None])
            rows, columns = np.nonzero(scores[0] >= PNET_SCORE)
            corners = 2.0 * np.stack([columns, rows], axis=1)
            windows = np.concatenate([corners, corners + 12], axis=1)
            kept = suppressed(windows, scores[0, rows, columns], LEVEL_OVERLAP)
            boxes = windows[kept] / np.tile([wide / width, high / height], 2)
            rows, columns = rows[kept], columns[kept]
            found.append(
                np.column_stack([boxes, scores[0, rows, columns], offsets[0, rows, columns]])
            )
            scale *= FACTOR
        rows = np.concatenate([np.zeros((0, 9)), *found])
        rows = rows[suppressed(rows[:, :4], rows[:, 4], FRAME_OVERLAP)]
        return np.column_stack([squared(moved(rows[:, :4], rows[:, 5:])), rows[:, 4]])

    def refined(self, pixels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        squares, scores, offsets = self.judged("rnet.lz4", 24, pixels, boxes)
        faces = scores >= RNET_SCORE
        squares, scores, offsets = squares[faces], scores[faces], offsets[faces]
        kept = suppressed(squares, scores, FRAME_OVERLAP)
        return np.column_stack([squared(moved(squares[kept], offsets[kept])), scores[kept]])

    def located(self, pixels: np.ndarray, boxes: np.ndarray) -> Detections:
        squares, scores, offsets, points = self.judged("onet.lz4", 48, pixels, boxes)
        landmarks = squares[:, None, :2] + points * (squares[:, 2:] - squares[:, :2])[:, None]
        boxes = moved(squares, offsets)
        faces = np.flatnonzero(scores >= ONET_SCORE)
        kept = faces[suppressed(boxes[faces], scores[faces], FINAL_OVERLAP, by_smaller=True)]
        return Detections(
            boxes[kept].astype(np.float32),
            scores[kept].astype(np.float32),
            landmarks[kept].astype(np.float32),
        )

    def judged(
        self, name: str, size: int, pixels: np.ndarray, boxes: np.ndarray
    ) -> tuple[np.ndarray, ...]:
        """Whole-pixel squares, and each one's score, offsets and landmarks."""
        corners = np.floor(boxes[:, :2])
        sides = np.maximum(np.round(boxes[:, 2:3] - boxes[:, :1]), 1)
        squares = np.concatenate([corners, corners + sides], axis=1)
        crops = np.zeros((len(squares), size, size, 3), np.uint8)
        for crop, square in zip(crops, squares.astype(int), strict=True):
            crop[:] = cv2.resize(cut(pixels, *square), (size, size), interpolation=cv2.INTER_AREA)
        scores, offsets, *landmarks = self.run(name, crops)
        points = [five.reshape(-1, 2, 5).transpose(0, 2, 1) for five in landmarks]
        return squares, scores, offsets, *points

    def run(self, name: str, pictures: np.ndarray) -> tuple[np.ndarray, ...]:
        """Probability of a face, offsets and, of O-Net, landmarks."""
        tensors, pools = self.tensors[name], POOLS[name]
        x = (pictures.astype(np.float32) - 127.5) / 128
        for number, pool in enumerate(pools):
            kernel, bias, slope = tensors[3 * number : 3 * number + 3]
            x = prelu(tf.nn.conv2d(x, kernel, 1, "VALID") + bias, slope)
            x = x if pool is None else tf.nn.max_pool2d(x, pool[0], 2, pool[1])
        outputs = tensors[3 * len(pools) :]
        if name != "pnet.lz4":
            kernel, bias, slope, *outputs = outputs
            x = tf.reshape(tf.transpose(x, (0, 2, 1, 3)), (len(pictures), -1))  # x before y
            x = prelu(x @ kernel + bias, slope)
        boxes, *landmarks, classes = (
            (tf.nn.conv2d(x, kernel, 1, "VALID") if kernel.ndim == 4 else x @ kernel) + bias
            for kernel, bias in zip(outputs[::2], outputs[1::2], strict=True)
        )
        return tuple(
            np.asarray(output) for output in (tf.nn.softmax(classes)[..., 1], boxes, *landmarks)
        )


def prelu(x: tf.Tensor, slope: np.ndarray) -> tf.Tensor:
    return tf.where(x > 0, x, slope.reshape(-1) * x)


def suppressed(
    boxes: np.ndarray, scores: np.ndarray, threshold: float, *, by_smaller: bool = False
) -> list[int]:
    """Greedy non-maximum suppression, a pair at a time; the rows kept, best first."""
    kept: list[int] = []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for row in np.argsort(-scores, kind="stable").tolist():
        lower, upper = np.maximum(boxes[row], boxes[kept]), np.minimum(boxes[row], boxes[kept])
        common = np.clip(upper[:, 2:] - lower[:, :2], 0, None).prod(axis=1)
        smaller = np.minimum(areas[row], areas[kept])
        whole = smaller if by_smaller else areas[row] + areas[kept] - common
        if (common <= threshold * whole).all():
            kept.append(row)
    return kept


def moved(boxes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    edges: np.ndarray = boxes + offsets * np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    return edges


def squared(boxes: np.ndarray) -> np.ndarray:
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def cut(pixels: np.ndarray, x1: int, y1: int, x2: int, y2: int) -> np.ndarray:
    """A window, black where it reaches beyond the frame."""
    window = np.zeros((y2 - y1, x2 - x1, 3), np.uint8)
    height, width, _ = pixels.shape
    left, top, right, bottom = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
    if left < right and top < bottom:
        window[top - y1 : bottom - y1, left - x1 : right - x1] = pixels[top:bottom, left:right]
    return window
