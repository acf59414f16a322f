"""Downloads from servers that break off, cannot continue, refuse, or are not there."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import MissingWeights
from facestream.fetching.download import download
from tests.fetching.servers import FileServer, serving

CONTENT = np.random.default_rng(1).bytes(1_000_003)


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "model.part"


def ignore(done: int, total: int) -> None:
    pass


def test_a_file_is_fetched_and_its_progress_told(part: Path) -> None:
    heard: list[tuple[int, int]] = []
    with serving(FileServer(CONTENT)) as url:
        download(f"{url}/model", part, lambda *at: heard.append(at))
    assert part.read_bytes() == CONTENT
    assert heard == sorted(heard)
    assert heard[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_is_continued_where_it_stopped(part: Path) -> None:
    server = FileServer(CONTENT, breaks=2)
    with serving(server) as url:
        download(f"{url}/model", part, ignore)
    assert part.read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert server.asked == [None, f"bytes={half}-", f"bytes={half + (len(CONTENT) - half) // 2}-"]


def test_what_came_is_kept_for_the_next_call(part: Path) -> None:
    part.write_bytes(CONTENT[:300_000])
    server = FileServer(CONTENT)
    with serving(server) as url:
        download(f"{url}/model", part, ignore)
    assert part.read_bytes() == CONTENT
    assert server.asked == ["bytes=300000-"]


def test_a_server_that_ignores_ranges_sends_all_anew(part: Path) -> None:
    part.write_bytes(b"x" * 300_000)
    with serving(FileServer(CONTENT, ranges=False)) as url:
        download(f"{url}/model", part, ignore)
    assert part.read_bytes() == CONTENT


def test_a_server_that_breaks_again_and_again_without_ranges_is_given_up(part: Path) -> None:
    server = FileServer(CONTENT, breaks=100, ranges=False)
    with serving(server) as url, pytest.raises(MissingWeights, match="500,001 bytes are kept"):
        download(f"{url}/model", part, ignore)
    assert len(server.asked) == 2


def test_a_part_longer_than_the_file_is_fetched_anew(part: Path) -> None:
    part.write_bytes(CONTENT + b"more")
    server = FileServer(CONTENT)
    with serving(server) as url:
        download(f"{url}/model", part, ignore)
    assert part.read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT) + 4}-", None]


def test_a_part_that_is_whole_is_not_fetched_again(part: Path) -> None:
    part.write_bytes(CONTENT)
    server = FileServer(CONTENT)
    with serving(server) as url:
        download(f"{url}/model", part, ignore)
    assert part.read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_refusal_is_told_with_its_status(part: Path) -> None:
    with serving(FileServer(CONTENT)) as url, pytest.raises(MissingWeights, match="404 Not Found"):
        download(f"{url}/missing", part, ignore)
    assert not part.exists()


def test_nobody_listening_is_one_sentence(part: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/model"
        with pytest.raises(MissingWeights, match=r"could not be fetched: .*refused"):
            download(url, part, ignore)


@pytest.mark.parametrize("url", ["file:///etc/hosts", "model.pb", "ftp://example.org/model"])
def test_only_addresses_of_the_web_are_fetched(part: Path, url: str) -> None:
    with pytest.raises(MissingWeights, match="no address of the web"):
        download(url, part, ignore)
