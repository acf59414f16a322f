"""`facestream loadtest`: how many phones a server carries, and how long each waits."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facestream.cli_options import AsJson, Config, Data, settings_of
from facestream.console import progress_bar, say, show, table

if TYPE_CHECKING:
    from facestream.client.address import Address
    from facestream.client.camera import Film

__all__ = ["loadtest"]

MOST_FRAMES = 128
"""Of the video, held in memory: 90 MB."""
FRAMES_WITHOUT_VIDEO = 32

CLIENTS = (
    *("#", "sent", "answered", "dropped", "errors", "fps", "p95"),
    *("rate", "width", "quality", "window"),
)
"""The last four: what the server asked for in the end. As wide as a terminal is."""


def loadtest(
    url: Annotated[str, typer.Option(help="Of the server, as it prints it, or wss://host:8443.")],
    clients: Annotated[int, typer.Option(help="Phones at once.", min=1, max=1000)] = 8,
    fps: Annotated[
        float, typer.Option(help="Frames a second of each; the server may ask for less.", min=0.1)
    ] = 10,
    seconds: Annotated[float, typer.Option(help="To measure.", min=0.1, max=86400)] = 30,
    video: Annotated[Path | None, typer.Option(help="What the cameras see.")] = None,
    warm_up: Annotated[float, typer.Option(help="Seconds before that do not count.", min=0)] = 2,
    camera_fps: Annotated[float, typer.Option(help="Pictures a second.", min=0.1)] = 30,
    token: Annotated[
        str | None, typer.Option(help="Access token.", show_default="that in the URL")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Trust this authority: a ca.pem.")] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any certificate from anywhere.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Let phones stream to a server as the page would, and tell what they got.

    Where the server is this machine, token and ca.pem are taken from its data folder. On a loopback
    address any certificate is accepted, unless --ca is given: nobody can sit in between.
    """
    from facestream.client.address import parse_address
    from facestream.client.trust import client_tls
    from facestream.evaluation.load import load_figures
    from facestream.evaluation.load_run import LoadPlan, run_load

    folder = settings_of(data=data, config=config).data
    address = _with_token(parse_address(url), token, folder)
    tls = client_tls(address, ca=ca or _own_authority(address, folder), insecure=insecure)
    film = _film(video)
    plan = LoadPlan(clients, fps, seconds, warm_up, camera_fps)
    what = f"{clients} clients at {fps:g} frames a second, seconds"
    asyncio.run(_until_ready(address, tls))
    with progress_bar(what) as advance:
        run = asyncio.run(
            run_load(plan, address, tls, film, lambda done, of: advance(int(done), int(of)))
        )
    figures = load_figures(run.clients, run.period)
    result = {
        **figures,
        "url": address.url,
        "fps": fps,
        "warm_up": warm_up,
        "camera_fps": camera_fps,
        "video": None if video is None else str(video),
        "client_cpu_seconds": run.cpu_seconds,
    }
    show(as_json, result, lambda: _lines(result))


async def _until_ready(address: Address, tls: ssl.SSLContext | None) -> None:
    """Wait for a server that is being started. Raises ClientError: there is none, or none here."""
    from facestream.client import connect_to

    async with connect_to(address, tls) as server:
        if not (await server.readiness()).ready:
            say("waiting until the server is ready")
            await server.until_ready()


def _with_token(address: Address, token: str | None, folder: Path) -> Address:
    """With the token given; else the URL's; else, on this machine, the server's own."""
    if token is None and address.token is None and _is_this_machine(address):
        path = folder / "token"
        token = path.read_text(encoding="utf-8").strip() if path.is_file() else None
    return address if token is None else replace(address, token=token)


def _own_authority(address: Address, folder: Path) -> Path | None:
    """The ca.pem of a server on this machine, where its certificate has to be looked at."""
    path = folder / "tls" / "ca.pem"
    looked_at = not address.is_loopback and _is_this_machine(address)
    return path if looked_at and path.is_file() else None


def _is_this_machine(address: Address) -> bool:
    from facestream.server.tls import lan_addresses, local_names

    return address.is_loopback or address.host in (*local_names(), *lan_addresses())


def _film(video: Path | None) -> Film:
    from facestream.client.camera import CAMERA_FPS, Film
    from facestream.evaluation.video import frames_without_faces, read_video, video_fps

    if video is not None:
        return Film(read_video(video, MOST_FRAMES), video_fps(video) or CAMERA_FPS)
    say(
        "Without --video the cameras see a made-up scene with nobody in it: "
        "with people in view a server has more to do"
    )
    return Film(frames_without_faces(FRAMES_WITHOUT_VIDEO))


def _lines(result: dict[str, Any]) -> Iterator[Any]:
    """The result for people."""
    latency = result["latency_ms"]
    yield (
        f"{result['fps_total']:.1f} answered frames a second in all: {result['clients']} clients "
        f"that want {result['fps']:g} each, measured for {result['seconds']:.0f} s"
    )
    yield (
        f"from sending to the result: half within {_ms(latency['p50'])} ms, "
        f"95 % within {_ms(latency['p95'])}, 99 % within {_ms(latency['p99'])}"
    )
    yield f"fairness {result['fairness']:.2f}: answered frames, slowest client over fastest"
    yield _ends_line(result)
    yield from (f"error {code}: {n}" for code, n in result["error_codes"].items())
    yield ""
    yield table(CLIENTS, (_client_row(i, row) for i, row in enumerate(result["per_client"], 1)))
    if result["answered"]:
        yield ""
        yield "the way of a frame; what is outside the server is network and this program"
        yield table(("", "median ms", "p95 ms"), _stage_rows(result))
        yield _work_line(result)


def _ends_line(result: dict[str, Any]) -> str:
    names = ("answered", "superseded", "expired", "failed", "unanswered", "lost")
    ends = ", ".join(f"{result[name]} {name}" for name in names if result[name])
    return f"of {result['sent']} frames sent: {ends or 'none'}"


def _client_row(number: int, row: dict[str, Any]) -> tuple[Any, ...]:
    flow = row["flow"]
    return (
        *(number, row["sent"], row["answered"], row["superseded"] + row["expired"], row["errors"]),
        *(f"{row['fps']:.1f}", _ms(row["latency_ms"]["p95"])),
        *(f"{flow['rate']:.1f}", flow["width"], flow["quality"], flow["window"]),
    )


def _stage_rows(result: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, typical in (*result["stages_ms"].items(), ("outside", result["outside_ms"])):
        yield name, f"{typical['median']:.1f}", f"{typical['p95']:.1f}"


def _work_line(result: dict[str, Any]) -> str:
    return (
        f"{result['faces_per_frame']:.1f} faces a frame; {result['embeddings_computed']} embeddings"
        f" computed, {result['embeddings_carried']} carried; {result['scans_full']:.0%} of the "
        f"frames searched in full; {result['batch']:.1f} frames a batch"
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"
