"""Starts PyPI's `mtcnn` 1.0.0 in an environment of its own, and speaks with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from facestream.records import Frame

__all__ = ["Peer", "started"]

FOLDER = Path(__file__).parent.parent / ".venv" / "peer-mtcnn"
"""Git ignores it, and `make clean` removes it."""
CHILD = Path(__file__).with_name("peer_mtcnn.py")
SAME_AS_OURS = ("tensorflow-cpu", "tensorflow", "keras", "numpy", "joblib", "lz4")


class Peer:
    """The other detector. One request at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **request: Any) -> dict[str, Any]:
        """See `peer_mtcnn.py`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """The next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("detectors: the process of mtcnn ended; its error is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def started(frames: Sequence[Frame]) -> Iterator[Peer]:
    """The process, with these frames, all of one size. Installs what it needs the first time."""
    python = _installed(FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.npy"
        np.save(path, np.stack([frame.pixels_rgb for frame in frames]))
        command = [str(python), str(CHILD), str(path)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            peer = Peer(process)
            peer.answer()
            yield peer
            assert process.stdin is not None
            process.stdin.close()


def _installed(folder: Path) -> Path:
    """Its Python; with TensorFlow and the rest in the versions that we have here."""
    done, python = folder / "installed", folder / "bin" / "python"
    if not done.exists():
        print(f"Installing mtcnn 1.0.0 and its TensorFlow into {folder.name}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        wanted = ["mtcnn==1.0.0", *_pins()]
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, *wanted], check=True)
        done.touch()
    return python


def _pins() -> Iterator[str]:
    for name in SAME_AS_OURS:
        try:
            yield f"{name}=={version(name)}"
        except PackageNotFoundError:  # one of the two TensorFlows
            continue
