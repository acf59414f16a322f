"""`facestream serve` as its own process, and what it costs: for benchmarks of the whole (Linux)."""

from __future__ import annotations

import asyncio
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from facestream.client import Address, ClientError, connect_to, parse_address
from facestream.client.camera import CAMERA_FPS, Film
from facestream.client.trust import client_tls
from facestream.evaluation.video import read_video, video_fps

__all__ = ["STREET", "Server", "film_of", "machine", "served"]

START_S = 180
STOP_S = 30
METRICS_S = 10.0
MOST_FRAMES = 128
STREET = Path(__file__).parent.parent.parent / "shared" / "data" / "video" / "street-1080p25.mp4"


class Server:
    """A running server. `address`: of its socket, with the token. `tls`: for clients."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, data: Path, log: Path) -> None:
        self._process = process
        self._log = log
        self.address: Address = parse_address(f"https://127.0.0.1:{port}")
        self.tls = client_tls(self.address)
        self._wait_until_ready()
        token = (data / "token").read_text(encoding="utf-8").strip()
        self.address = replace(self.address, token=token)

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    def resident_mb(self) -> float:
        """Memory that it holds now."""
        return self._status_mb("VmRSS")

    def peak_mb(self) -> float:
        """The most memory that it ever held."""
        return self._status_mb("VmHWM")

    def cpu_seconds(self) -> float:
        """Processor time that it has taken, on all cores."""
        # The name in brackets may hold spaces; after it the 12th and 13th fields are utime, stime.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def metrics(self) -> dict[str, float]:
        """What /metrics says, by name and labels; nothing where there is no such thing.

        Not for the thread of an event loop: it runs one of its own.
        """

        async def read() -> str:
            async with connect_to(self.address, self.tls, METRICS_S) as server:
                return await server.metrics()

        try:
            text = asyncio.run(read())
        except ClientError:
            return {}
        lines = (line.rpartition(" ") for line in text.splitlines() if line[:1] not in "#")
        return {name: float(value) for name, _, value in lines}

    def faults(self) -> list[str]:
        """Lines of its log that tell of a fault: errors, tracebacks."""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return [line for line in text.splitlines() if re.match("ERROR|CRITICAL|Traceback", line)]

    def _status_mb(self, name: str) -> float:
        text = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"the server's status has no {name}")
        return int(found[1]) / 1e3

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not start:\n{self._log.read_text()}")
            time.sleep(0.2)

    def _is_ready(self) -> bool:
        async def asked() -> bool:
            async with connect_to(self.address, self.tls) as server:
                return (await server.readiness()).ready

        try:
            return asyncio.run(asked())
        except ClientError:
            return False


@contextmanager
def served(*options: str) -> Iterator[Server]:
    """A server on the loopback with TLS, a token and an empty gallery; stopped as by Ctrl-C."""
    with tempfile.TemporaryDirectory() as folder:
        data, log, port = Path(folder) / "data", Path(folder) / "log", _free_port()
        command = [sys.executable, "-m", "facestream", "serve", "--host", "127.0.0.1", *options]
        with log.open("wb") as written:
            process = subprocess.Popen(
                [*command, "--port", str(port), "--data", str(data)],
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            yield Server(process, port, data, log)
        finally:
            _stop(process)


def film_of(video: Path) -> Film:
    """What the cameras see."""
    return Film(read_video(video, MOST_FRAMES), video_fps(video) or CAMERA_FPS)


def machine() -> dict[str, Any]:
    """What a figure has to be quoted with. `load`: mean of the last minute; 0 is a quiet machine.

    As of `evaluation.throughput`, which would start TensorFlow in the process of the clients.
    """
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    return {"processor": platform.machine(), "cores": cores, "load": load}


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
