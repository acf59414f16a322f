"""What all tests may use: real photos, and the real networks, built once."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from facestream.records import Frame
from facestream.vision.images import decode_picture
from facestream.vision.pipeline import Pipeline, load_pipeline
from facestream.vision.runtime import start_tensorflow
from tests.side_by_side import ByFixture, turn

if TYPE_CHECKING:
    from xdist.remote import Producer

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
PICTURES = ROOT / ".venv" / "test-pictures"

# How long an example takes says more of the machine and of what else runs there than of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


# What a shell starts in the background ignores Ctrl-C, and so would the programs that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFixture:
    return ByFixture(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # a process of several
        items.sort(key=lambda item: turn(item.nodeid))


def free_port() -> int:
    """A port of this machine that nobody listens at just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def other_process(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Python that runs `program`, whose argument is `folder`, and that has said "ready".

    It may go on until its input ends, which it does with the block.
    """
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


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
