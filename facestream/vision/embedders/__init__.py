"""Aligned crops -> embeddings: the contract, and the registry of those who keep it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from facestream.errors import BadWeights
from facestream.records import Float32, UInt8
from facestream.vision.lanes import Lanes
from facestream.vision.weights import MODELS_FOLDER

__all__ = ["AlignmentTemplate", "Embedder", "load_embedder"]


@dataclass(frozen=True, slots=True, eq=False)
class AlignmentTemplate:
    """Where the five landmarks come to lie in a crop.

    size: side of the crop in pixels.
    landmarks_xy: (5, 2) float32 in pixels of the crop, in the order of `Detections`.
    """

    size: int
    landmarks_xy: Float32

    def __post_init__(self) -> None:
        if self.landmarks_xy.shape != (5, 2):
            raise ValueError(f"landmarks_xy must have shape (5, 2), got {self.landmarks_xy.shape}")

    @property
    def fingerprint(self) -> str:
        """Hash of the size and of the landmarks to a thousandth of a pixel."""
        text = f"{self.size} {np.round(self.landmarks_xy, 3).tolist()}"
        return hashlib.sha256(text.encode()).hexdigest()


class Embedder(Protocol):
    """A network which tells people apart."""

    name: str
    dimension: int
    template: AlignmentTemplate
    fingerprint: str
    """Hash of the weights and of how crops are prepared; the alignment has its own."""

    def embed(self, crops_rgb: UInt8) -> Float32:
        """Embeddings (n, dimension) of unit length of crops (n, size, size, 3), n of any size."""

    def warm_up(self) -> None:
        """Run every shape that `embed` gives to TensorFlow."""

    @property
    def traces(self) -> int:
        """How often TensorFlow traced the network."""


MODULES = {"mobilefacenet": "mobilefacenet", "dlib": "dlib_resnet", "facenet": "facenet"}
"""Embedder -> module of this room, imported when it is asked for."""

TAKE_WEIGHTS = ("facenet",)
"""Embedders whose weights the user brings; the others come with theirs."""


def load_embedder(
    name: str,
    weights: Path | None = None,
    lanes: Lanes | None = None,
    folder: Path = MODELS_FOLDER,
) -> Embedder:
    """Build the embedder `name` from its weights.

    `lanes`: where it computes; None: in lanes of its own. `folder`: where its file lies.

    Raises:
        BadWeights: there is no such embedder in this version, its file is damaged, or `weights`
            names a file although this embedder comes with its own.
        MissingWeights: its file is not installed.
    """
    if name not in MODULES:
        raise BadWeights(
            f"the embedder {name} is not in this version; there is {', '.join(MODULES)}"
        )
    given = []
    if name in TAKE_WEIGHTS:
        given = [weights]
    elif weights is not None:
        raise BadWeights(f"the embedder {name} comes with its weights; it does not take {weights}")
    load: Callable[..., Embedder] = import_module(f"{__name__}.{MODULES[name]}").load
    return load(lanes or Lanes(), folder, *given)
