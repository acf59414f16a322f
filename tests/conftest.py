"""What all tests may use: real photos, and the real networks, built once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facestream.records import Frame
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.runtime import start_tensorflow

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
PICTURES = ROOT / ".venv" / "test-pictures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Test data which a clone does not have: LFW photos, scenes, a street video."""
    if not SHARED.is_dir():
        pytest.skip("needs the test data beside the checkout, which are not part of the product")
    return SHARED


@pytest.fixture(scope="session")
def pictures() -> dict[str, bytes]:
    """JPEG files by name: biden, obama, obama2, obama3."""
    return {path.stem: path.read_bytes() for path in sorted(PICTURES.glob("*.jpg"))}


@pytest.fixture(scope="session")
def astronaut() -> Frame:
    """One woman's face in a picture of 512 x 512 pixels."""
    from skimage import data

    return Frame(np.ascontiguousarray(data.astronaut()))


@pytest.fixture(scope="session")
def photo(pictures: dict[str, bytes]) -> Frame:
    """One man's face."""
    return decode_picture(pictures["obama"], 10**8)


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """The real networks."""
    start_tensorflow("cpu")
    return load_pipeline()
