"""A real server in a process of its own, and real Chromium in front of cameras of real faces."""

from __future__ import annotations

import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgpack
import pytest
from playwright.sync_api import Browser, Page, Playwright, WebSocket, expect, sync_playwright

from facestream.records import UInt8
from facestream.server.access import read_or_create_token
from tests.browser.film import film, slow_film, turn_away
from tests.conftest import free_port

ALLOW_FLAG = "--use-fake-ui-for-media-stream"
CHROMIUM_FLAGS = (
    "--no-sandbox",  # Chromium refuses to run as root with it
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    ALLOW_FLAG,
    "--use-fake-device-for-media-stream",
)
START_S = 300
"""Seconds. On a quiet machine it takes ten."""

PATIENCE_MS = 60_000
"""However busy the machine is. Where a test is about how soon something is seen, it says so."""

expect.set_options(timeout=PATIENCE_MS)


class Server:
    """`facestream serve` with a data folder; can be killed and started again."""

    def __init__(self, data: Path) -> None:
        self._data, self.port, self.helper_port = data, free_port(), free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.with_suffix(".log")

    @property
    def url(self) -> str:
        """The page, with the access token."""
        return self.url_at(self.port)

    @property
    def helper_url(self) -> str:
        """The page that helps a device to trust this server."""
        return f"http://127.0.0.1:{self.helper_port}/"

    @property
    def ca(self) -> Path:
        """What a device has to trust."""
        return self._data / "tls" / "ca.pem"

    def url_at(self, port: int) -> str:
        """The page, with the access token, at a port that leads to this server."""
        return f"https://127.0.0.1:{port}/?token={read_or_create_token(self._data)}"

    @property
    def running(self) -> bool:
        """Whether it was started, and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        command = [sys.executable, "-m", "facestream", "serve", "--host", "127.0.0.1"]
        ports = ["--port", str(self.port), "--helper-port", str(self.helper_port)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *ports, "--data", str(self._data)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until it answers frames; it was started."""
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            assert self.running, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.2)

    def forget(self) -> None:
        """Nobody is known any more, and nobody but the first admin has access."""
        self._ask("POST", "/api/gallery/clear", {"confirm": "clear"})
        for holder in self._ask("GET", "/api/tokens")["tokens"]:
            if not holder["own"]:
                self._ask("DELETE", f"/api/tokens/{holder['token_id']}")

    def kill(self) -> None:
        """End it as a power failure would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it as Ctrl-C would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)

    def _is_ready(self) -> bool:
        try:
            self._ask("GET", "/readyz")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}{path}", method=method)
        if path.startswith("/api/"):  # before, the server may still be making its token
            request.add_header("Authorization", f"Bearer {read_or_create_token(self._data)}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        unverified = ssl._create_unverified_context()
        with urllib.request.urlopen(request, context=unverified, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def only_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests, because to start it takes long."""
    made = Server(tmp_path_factory.mktemp("server") / "data")
    yield made
    made.stop()


@pytest.fixture
def server(only_server: Server) -> Server:
    """One that runs, whatever the test before did to it, and knows nobody."""
    if not only_server.running:
        only_server.start()
    only_server.await_ready()  # the test before may have given up waiting
    only_server.forget()
    return only_server


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Of this folder only: while it lives, an event loop runs in this thread, where asyncio tests
    want one of their own.
    """
    with sync_playwright() as started:
        yield started


def chromium_path() -> str:
    """Chromium, which must be there in CI; elsewhere the test is skipped with the reason."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("no Chromium on this machine")
    if found is None:
        pytest.skip("no Chromium on this machine: scripts/install_test_tools.sh installs it")
    return found


def chromium(playwright: Playwright, flags: Sequence[str]) -> Browser:
    """Launch it; whatever is awaited in its pages is awaited for `PATIENCE_MS`."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=[*flags])
    browser.on("context", lambda context: context.set_default_timeout(PATIENCE_MS))
    return browser


@pytest.fixture
def phone(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[..., Browser]]:
    """Launches a browser whose camera sees these scenes in turn.

    `still`: they do not sway. `restless`: who is seen turns and steps back besides, so that a
    capture has new looks to take, and takes ten in 3 seconds instead of in 10. `fps`: of the
    camera. `refuses`: nobody is there who could allow the camera where it is not allowed yet.
    """
    launched: list[Browser] = []

    def launch(
        *scenes: UInt8,
        still: bool = False,
        restless: bool = False,
        fps: int | None = None,
        refuses: bool = False,
    ) -> Browser:
        path = tmp_path / f"{len(launched)}.{'mjpeg' if fps is None else 'y4m'}"
        if restless:
            film(path, scenes, frames=100, move=turn_away)
        elif fps is None:
            film(path, scenes, frames=len(scenes) if still else 40)
        else:
            slow_film(path, scenes, fps)
        flags = [*CHROMIUM_FLAGS, f"--use-file-for-fake-video-capture={path}"]
        if refuses:
            flags.remove(ALLOW_FLAG)
        browser = chromium(playwright, flags)
        launched.append(browser)
        return browser

    yield launch
    for browser in launched:
        browser.close()


def open_page(browser: Browser, url: str, width: int = 390, height: int = 844) -> Page:
    """A page in a context of its own, which trusts the server's certificate."""
    context = browser.new_context(
        ignore_https_errors=True,
        viewport={"width": width, "height": height},
        permissions=["camera"],
    )
    page = context.new_page()
    page.goto(url)
    return page


def hear(page: Page, take: Callable[[dict[str, Any]], None]) -> None:
    """Hand every message of the server to `take`, for sockets that are opened from now on."""

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: take(msgpack.unpackb(payload)))

    page.on("websocket", opened)
