from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509

from facestream.audit import read_entries
from facestream.errors import DataFolderInUse, MissingWeights, PortInUse, StoreFailed
from facestream.gallery.lock import FolderLock
from facestream.server import protocol as wire
from facestream.server import serve as serving
from facestream.server.app import build_app
from facestream.server.authority import read_authority
from facestream.server.protocol import Close
from facestream.settings import Settings
from tests.conftest import free_port
from tests.engine.fakes import FakeEngine, picture, until
from tests.server.conftest import TOKEN, Client


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(data=folder, host="127.0.0.1", port=0, **given)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test if it comes to the engine."""

    def too_late(settings: Settings) -> None:
        raise AssertionError("it has to fail before the engine is made")

    monkeypatch.setattr(serving, "make_engine", too_late)


@pytest.mark.usefixtures("no_engine")
def test_port_in_use_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=str(port)):
            serving.serve(Settings(data=tmp_path, host="127.0.0.1", port=port, tls=False))


@pytest.mark.usefixtures("no_engine")
def test_address_of_another_machine_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(PortInUse, match=r"192\.0\.2\.1"):
        serving.serve(Settings(data=tmp_path, host="192.0.2.1", port=0, tls=False))


@pytest.mark.usefixtures("no_engine")
def test_data_folder_in_use_is_told_at_once(tmp_path: Path) -> None:
    lock = FolderLock.acquire(tmp_path)
    with pytest.raises(DataFolderInUse):
        serving.serve(settings(tmp_path))
    lock.release()


@pytest.mark.usefixtures("no_engine")
def test_data_folder_that_cannot_be_made_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed):
        serving.serve(settings(tmp_path / "file" / "data"))


def test_engine_that_cannot_start_ends_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("the model is not installed")
    monkeypatch.setattr(serving, "make_engine", lambda settings: engine)
    with pytest.raises(MissingWeights):
        serving.serve(settings(tmp_path, tls=False))
    token = (tmp_path / "token").read_text().strip()
    assert f"/?token={token}" in capsys.readouterr().out


@pytest.mark.parametrize("tls", [True, False])
def test_helper_port_in_use_is_no_reason_not_to_serve(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    tls: bool,
) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("so far it came")
    monkeypatch.setattr(serving, "make_engine", lambda settings: engine)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MissingWeights):
            serving.serve(settings(tmp_path, helper_port=port, tls=tls))
    told = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    # Without TLS there is nothing to trust, and no page that says how.
    assert [f"{port}" in each and "--helper-port" in each for each in told] == [True] * tls
    assert "First visit" not in capsys.readouterr().out


def test_helper_port_0_means_that_there_is_no_helper_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("so far it came")
    monkeypatch.setattr(serving, "make_engine", lambda settings: engine)
    with pytest.raises(MissingWeights):
        serving.serve(settings(tmp_path, helper_port=0))
    assert "First visit" not in capsys.readouterr().out


def test_public_names_are_in_the_certificate_and_the_first_names_the_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("so far it came")
    monkeypatch.setattr(serving, "make_engine", lambda settings: engine)
    with pytest.raises(MissingWeights):
        serving.serve(settings(tmp_path, helper_port=0, public_names=["10.9.8.7", "faces.home"]))
    pem = (tmp_path / "tls" / "server.pem").read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert "faces.home" in names.value.get_values_for_type(x509.DNSName)
    assert ip_address("10.9.8.7") in names.value.get_values_for_type(x509.IPAddress)
    authority = read_authority(tmp_path / "tls" / "ca.pem")
    assert authority.name == "facestream on faces.home"


@asynccontextmanager
async def running(engine: FakeEngine, folder: Path) -> AsyncIterator[tuple[str, Any]]:
    """`_serve` as a task, and where it listens."""
    listening = serving._listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = build_app(settings(folder, tls=False), engine, TOKEN)
    task = asyncio.create_task(serving._serve(app, listening, None))
    try:
        yield address, task
    finally:
        engine.recogniser.release()
        async with asyncio.timeout(5):
            await task


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_answers_what_is_under_way_and_stops(
    tmp_path: Path, number: signal.Signals
) -> None:
    engine = FakeEngine()
    async with (
        running(engine, tmp_path) as (address, _),
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
    ):
        await engine.started()
        client = Client(await http.ws_connect(f"{address}/ws", protocols=[wire.SUBPROTOCOL]))
        await client.send(wire.ClientHello(client="x"))
        await client.expect(wire.ServerHello)
        engine.recogniser.hold()
        await client.frame(0, picture(1))
        await until(lambda: bool(engine.recogniser.batches))
        os.kill(os.getpid(), number)
        await until(lambda: not listens(address))
        await client.frame(1, picture(1))
        assert (await client.expect_error("shutting_down")).seq == 1
        engine.recogniser.release()
        assert (await client.expect(wire.Result)).seq == 0
        assert await client.close_code() == Close.GOING_AWAY
    assert engine.gallery_file.events == ["close"]


async def test_signal_stops_a_server_that_warms_up(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    async with running(engine, tmp_path) as (_, task):
        await until(lambda: len(engine.recogniser.threads) == 2)  # the worker is at it
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(2):
            await task


def listens(address: str) -> bool:
    host, port = address.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


async def test_command_serves_over_tls_and_stops_on_sigterm(tmp_path: Path) -> None:
    """The real thing, once: process, banner, certificate, health, warm-up, pages, signal."""
    helper_port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "facestream", "serve", "--host", "127.0.0.1", "--port", "0"),
        *("--data", str(tmp_path), "--device", "cpu", "--helper-port", str(helper_port)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(60):
            link = await first_link(process.stdout)
            base = link.split("/?")[0]
            async with aiohttp.ClientSession() as http:
                certificate = await http.get(f"http://127.0.0.1:{helper_port}/facestream-ca.pem")
                context = ssl.create_default_context(cadata=await certificate.text())
                health = await http.get(f"{base}/healthz", ssl=context)
                early = await http.get(f"{base}/readyz", ssl=context)
                assert (health.status, early.status) == (200, 503)
                await ready(http, f"{base}/readyz", context)
                page = await http.get(link, ssl=context)
                assert (page.status, page.url.query_string) == (200, "")
                assert "<title>facestream</title>" in await page.text()
                token = link.split("=")[1]
                headers = {"Authorization": f"Bearer {token}"}
                gallery = await http.get(f"{base}/api/gallery", ssl=context, headers=headers)
                assert await gallery.json() == {"revision": 0, "identities": []}
            process.terminate()
            _, stderr = await process.communicate()
        assert process.returncode == 0, stderr.decode()
        assert token not in stderr.decode()
        assert not listens(f"http://127.0.0.1:{helper_port}")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@asynccontextmanager
async def breakable(folder: Path) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A real process whose worker breaks when it is told to, and where it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.server.breakable", "serve", "--host", "127.0.0.1"),
        *("--port", "0", "--data", str(folder), "--no-tls", "--no-auth"),
        env={**os.environ, "FACESTREAM_GIVE_UP_SECONDS": "1", "FACESTREAM_SHUTDOWN_SECONDS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(60):
            while line := await process.stdout.readline():
                if found := re.search(r"http://127\.0\.0\.1:\d+", line.decode()):
                    break
        yield found.group(), process  # type: ignore[union-attr]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def told(process: asyncio.subprocess.Process, word: str) -> None:
    assert process.stdin
    process.stdin.write(f"{word}\n".encode())
    await process.stdin.drain()


async def frame_answer(socket: aiohttp.ClientWebSocketResponse, seq: int) -> Any:
    await socket.send_bytes(
        wire.encode(wire.FrameMessage(seq=seq, captured_ms=seq + 0.5, jpeg=picture(1)))
    )
    while True:
        message = wire.decode_server(await socket.receive_bytes())
        if getattr(message, "seq", None) == seq:
            return message


async def test_process_whose_worker_dies_goes_on_and_at_last_ends_with_its_own_status(
    tmp_path: Path,
) -> None:
    async with (
        breakable(tmp_path) as (address, process),
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
    ):
        await ready(http, f"{address}/readyz")
        socket = await http.ws_connect(f"{address}/ws", protocols=[wire.SUBPROTOCOL])
        await socket.send_bytes(wire.encode(wire.ClientHello(client="x")))
        for round_ in range(3):
            await told(process, "kill")
            kinds: set[str] = set()
            seq = 1000 * round_
            while not {"error", "result"} <= kinds:  # the first that hits it, and one after it
                kinds.add((answer := await frame_answer(socket, seq)).type)
                if answer.type == "error":
                    assert (answer.code, answer.retryable) == ("worker_failed", True)
                    assert (await http.get(f"{address}/healthz")).status == 200
                    await ready(http, f"{address}/readyz")
                seq += 1
        await told(process, "kill")
        with suppress(TypeError):  # of the close frame
            for seq in range(9000, 9999):
                await frame_answer(socket, seq)
        _, stderr = await process.communicate()
    assert process.returncode == serving.LOST_STATUS
    assert "[engine_lost] The computation broke down again" in stderr.decode().splitlines()[-1]


async def test_process_whose_computation_never_ends_ends_all_the_same(tmp_path: Path) -> None:
    async with (
        breakable(tmp_path) as (address, process),
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
    ):
        await ready(http, f"{address}/readyz")
        socket = await http.ws_connect(f"{address}/ws", protocols=[wire.SUBPROTOCOL])
        await socket.send_bytes(wire.encode(wire.ClientHello(client="x")))
        await told(process, "hang")
        with suppress(TypeError):  # of the close frame
            for seq in range(9999):
                await frame_answer(socket, seq)
        _, stderr = await process.communicate()
    assert process.returncode == serving.LOST_STATUS
    assert "engine_lost: The computation is stuck" in stderr.decode()


async def ready(
    http: aiohttp.ClientSession, url: str, context: ssl.SSLContext | bool = True
) -> None:
    for _ in range(500):
        if (await http.get(url, ssl=context)).status == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never got ready")


async def first_link(stdout: asyncio.StreamReader) -> str:
    while line := await stdout.readline():
        if found := re.search(r"https://127\.0\.0\.1:\d+/\?token=\S+", line.decode()):
            return found.group()
    raise AssertionError("no link was printed")


@pytest.mark.parametrize("auth", [True, False])
def test_server_without_tokens_warns_of_it_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    auth: bool,
) -> None:
    engine = FakeEngine()
    engine.recogniser.warm_up_error = MissingWeights("so far it came")
    monkeypatch.setattr(serving, "make_engine", lambda settings: engine)
    with pytest.raises(MissingWeights):
        serving.serve(settings(tmp_path, tls=False, auth=auth))
    told = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert ["no-auth" in each and "delete people" in each for each in told] == [True] * (not auth)
    whats = [one["what"] for one in read_entries(tmp_path)]
    assert whats == ["start", *(["no_auth"] if not auth else []), "stop"]
