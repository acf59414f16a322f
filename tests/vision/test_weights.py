"""Model files are used only when they are the ones that were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from facestream.errors import BadWeights, MissingWeights
from facestream.vision.weights import MODELS_FOLDER, WEIGHTS, read_weights


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_every_model_file_is_installed(name: str) -> None:
    assert len(read_weights(name)) > 1000


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"pnet\.lz4 is not installed .* `make install`"):
        read_weights("pnet.lz4", tmp_path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pnet.lz4").write_bytes((MODELS_FOLDER / "pnet.lz4").read_bytes()[:-1])
    with pytest.raises(BadWeights, match="expected ea6b0c3e685e"):
        read_weights("pnet.lz4", tmp_path)
