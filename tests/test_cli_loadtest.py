"""`facestream loadtest` as a script uses it, against a server that computes nothing."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from facestream.records import Frame
from facestream.server.tls import server_certificate, ssl_context
from tests.client.fake_server import TOKEN, FakeServer
from tests.evaluation.videos import write_video
from tests.test_cli import Facestream, facestream

__all__ = ["facestream"]

QUICK = ("--clients", "2", "--fps", "20", "--seconds", "2", "--warm-up", "0.1")
PROMISED = {
    *("clients", "sent", "answered", "superseded", "errors", "fps_total", "latency_ms"),
    *("fairness", "expired", "unanswered", "seconds", "per_client", "faces_per_frame"),
    *("stages_ms", "batch", "embeddings_computed", "embeddings_carried", "scans_full", "flow"),
}


class Beside:
    """A fake server with TLS in another thread: the command runs a loop of its own in this one."""

    def __init__(self, data: Path) -> None:
        self.server: FakeServer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._data = data

    def start(self) -> None:
        files = server_certificate(self._data, ["localhost"], [], datetime.now(UTC))
        (self._data / "token").write_text(f"{TOKEN}\n")
        self._thread.start()
        self._do(self._start(ssl_context(files)))

    async def _start(self, tls: Any) -> None:
        self.server = FakeServer()
        await self.server.http.start_server(ssl=tls)

    def stop(self) -> None:
        self._do(self.server.http.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[FakeServer]:
    beside = Beside(tmp_path / "data")
    beside.start()
    yield beside.server
    beside.stop()


def test_json_has_the_promised_keys(
    facestream: Facestream, serving: FakeServer, astronaut: Frame, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "film.avi", astronaut, 3)
    run = facestream("loadtest", "--url", serving.url, *QUICK, "--video", video, "--json")
    assert (run.status, run.err) == (0, "")
    result = json.loads(run.out)
    assert result.keys() >= PROMISED
    assert (result["clients"], result["errors"]) == (2, 0)
    assert result["answered"] >= 2  # on any machine
    assert result["latency_ms"].keys() == {"p50", "p95", "p99"}
    assert len(result["per_client"]) == 2
    assert result["url"] == serving.url.replace("https:", "wss:") + "ws"


def test_report_for_people_says_the_same(facestream: Facestream, serving: FakeServer) -> None:
    run = facestream("loadtest", "--url", serving.url, *QUICK)
    assert run.status == 0
    assert "made-up scene with nobody in it" in run.err
    assert re.search(
        r"[\d.]+ answered frames a second in all: 2 clients that want 20 each", run.out
    )
    assert re.search(r"half within \d+ ms", run.out)
    assert re.search(r"^fairness [01]\.\d\d", run.out, re.MULTILINE)
    assert re.search(r"^ *detect +5\.0 +5\.0", run.out, re.MULTILINE)
    assert len(re.findall(r"^ *[12] .* 50\.0 +64 +80 +2 *$", run.out, re.MULTILINE)) == 2


@pytest.mark.parametrize(
    ("way", "token"),
    [
        (lambda url: [url], TOKEN),
        (lambda url: [f"{url}?token=of-the-url"], "of-the-url"),
        (lambda url: [f"{url}?token=of-the-url", "--token", "given"], "given"),
    ],
    ids=["the data folder's", "the URL's", "given"],
)
def test_token_that_is_nearest_wins(
    facestream: Facestream, serving: FakeServer, way: Callable[[str], list[str]], token: str
) -> None:
    run = facestream("loadtest", "--url", *way(serving.url), *QUICK, "--json")
    assert serving.headers[0]["Authorization"] == f"Bearer {token}"
    assert "of-the-url" not in run.out
    if token != TOKEN:
        assert (run.status, run.out) == (1, "")
        assert "error [unauthorised]" in run.err


def test_authority_that_is_given_is_looked_at_on_the_loopback_too(
    facestream: Facestream, serving: FakeServer, tmp_path: Path
) -> None:
    other = server_certificate(tmp_path / "other", ["localhost"], [], datetime.now(UTC)).ca
    own = tmp_path / "data" / "tls" / "ca.pem"
    command = ("loadtest", "--url", serving.url, *QUICK, "--json")
    assert facestream(*command, "--ca", own).status == 0
    run = facestream(*command, "--ca", other)
    assert run.status == 1
    assert "error [untrusted_certificate]" in run.err


@pytest.mark.parametrize(
    ("url", "code"),
    [("wss://127.0.0.1:1", "cannot_connect"), ("127.0.0.1:8443", "bad_address")],
)
def test_server_that_is_not_there_is_one_line(facestream: Facestream, url: str, code: str) -> None:
    run = facestream("loadtest", "--url", url, *QUICK, "--json")
    assert (run.status, run.out) == (1, "")
    assert run.err.splitlines()[-1].startswith(f"error [{code}]")
    assert "Traceback" not in run.err


def test_server_that_is_being_started_is_waited_for(
    facestream: Facestream, serving: FakeServer
) -> None:
    serving.unready = 3
    run = facestream("loadtest", "--url", serving.url, *QUICK, "--json")
    assert (run.status, serving.unready) == (0, 0)
    assert "waiting until the server is ready" in run.err
    assert json.loads(run.out)["errors"] == 0


def test_video_that_cannot_be_read_is_one_line(facestream: Facestream, tmp_path: Path) -> None:
    video = tmp_path / "missing.mp4"
    run = facestream("loadtest", "--url", "wss://127.0.0.1:1", "--video", video)
    assert run.status == 1
    assert run.err.startswith("error [bad_video]")


@pytest.mark.parametrize("option", [("--clients", "0"), ("--fps", "0"), ("--seconds", "-1")])
def test_numbers_out_of_range_are_wrong_usage(
    facestream: Facestream, option: tuple[str, str]
) -> None:
    assert facestream("loadtest", "--url", "wss://127.0.0.1:1", *option).status == 2


def test_interrupted_run_leaves_and_says_so_by_its_status(
    serving: FakeServer, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "facestream", "loadtest", "--url", serving.url]
    options = ["--seconds", "60", "--clients", "2", "--data", str(tmp_path / "data")]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 30
        while len(serving.frames) < 4:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (130, b"")
    assert serving.closed == [1000, 1000]
