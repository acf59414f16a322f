"""A downloaded model file is installed whole and checked, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from facestream.errors import BadWeights, MissingWeights
from facestream.fetching.downloads import fetch_file
from facestream.vision.weights import FACENET, read_downloaded
from tests.fetching.servers import FileServer, serving

GRAPH = b"\n" + bytes(range(256)) * 2000
SHA256 = hashlib.sha256(GRAPH).hexdigest()
RECORD = f"{FACENET.name}.sha256"


def ignore(done: int, total: int) -> None:
    pass


def zipped(name: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("20180402-114759/model.ckpt-275.index", b"something else")
        packed.writestr(f"20180402-114759/{name}", GRAPH)
    return archive.getvalue()


@pytest.mark.parametrize("content", [GRAPH, zipped(FACENET.name)], ids=["file", "zip"])
def test_the_file_is_installed_with_a_record_of_its_hash(content: bytes, tmp_path: Path) -> None:
    with serving(FileServer(content, breaks=1)) as url:
        assert fetch_file(FACENET, ignore, f"{url}/model", tmp_path) == SHA256
    assert read_downloaded(FACENET, folder=tmp_path) == GRAPH
    assert (tmp_path / RECORD).read_text() == f"{SHA256}  {FACENET.name}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [FACENET.name, RECORD]


def test_another_file_than_the_one_recorded_is_refused(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(f"{'0' * 64}  {FACENET.name}\n")
    with serving(FileServer(GRAPH)) as url, pytest.raises(BadWeights, match="expected 0000"):
        fetch_file(FACENET, ignore, f"{url}/model", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [RECORD]


def test_a_published_hash_is_compared_and_needs_no_record(tmp_path: Path) -> None:
    published = dataclasses.replace(FACENET, sha256=SHA256)
    with serving(FileServer(GRAPH)) as url:
        fetch_file(published, ignore, f"{url}/model", tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [FACENET.name]
        (tmp_path / FACENET.name).unlink()
        other = dataclasses.replace(FACENET, sha256="1" * 64)
        with pytest.raises(BadWeights, match=f"has SHA-256 {SHA256}, expected 1111"):
            fetch_file(other, ignore, f"{url}/model", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><p>Too many people have fetched this", "begins with '<!DOCTYPE html>"),
        (zipped("other.pb"), "expected 20180402-114759.pb in the archive"),
    ],
    ids=["web page", "another archive"],
)
def test_what_is_not_the_model_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    with serving(FileServer(content)) as url, pytest.raises(BadWeights) as refused:
        fetch_file(FACENET, ignore, f"{url}/model", tmp_path)
    assert said in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_it_says_how_to_do_it_by_hand(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights) as refused:
        fetch_file(FACENET, ignore, "http://127.0.0.1:9/model", tmp_path)
    assert f"fetch {FACENET.name} from {FACENET.page} and put it into {tmp_path}" in str(
        refused.value
    )


def test_an_interrupted_fetch_goes_on_the_next_time(tmp_path: Path) -> None:
    server = FileServer(GRAPH, breaks=2, ranges=False)
    with serving(server) as url:
        with pytest.raises(MissingWeights, match="the next try goes on there"):
            fetch_file(FACENET, ignore, f"{url}/model", tmp_path)
        server.ranges = True
        fetch_file(FACENET, ignore, f"{url}/model", tmp_path)
    assert server.asked[-1] == f"bytes={len(GRAPH) // 2}-"
    assert read_downloaded(FACENET, folder=tmp_path) == GRAPH
