"""Runs a notebook and writes its outputs into it, without the time or the place of the run.

    LFW_PHOTOS=$(realpath ../shared/data/lfw-dev/images) python notebooks/run.py

Jupyter's own "run and save" notes times and versions, which would make each run a change.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

NOTEBOOK = Path(__file__).parent / "threshold_selection.ipynb"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})  # else the kernel warns
PATIENCE_SECONDS = 1800  # for a cell; all of LFW takes a few minutes


def run(notebook: Path, output: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(
        content, timeout=PATIENCE_SECONDS, record_timing=False, config=ENCRYPTED
    )
    client.execute()
    content.metadata = nbformat.from_dict(METADATA)
    for cell in content.cells:
        cell.metadata = nbformat.NotebookNode()
    nbformat.validate(content)
    nbformat.write(content, output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path, nargs="?", default=NOTEBOOK)
    parser.add_argument("--output", type=Path, help="default: the notebook itself")
    arguments = parser.parse_args()
    run(arguments.notebook, arguments.output or arguments.notebook)


if __name__ == "__main__":
    main()
