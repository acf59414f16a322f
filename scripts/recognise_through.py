"""Whether a running server recognises people: enrols one, shows frames, expects the right names.

    python recognise_through.py URL PHOTO_A PHOTO_B PHOTO_C [--ca FILE] [--wait SECONDS]

URL as the server prints it, with its token. Somebody is enrolled from photo A over HTTP; photo B
is another one of the same person, photo C of a stranger: both are sent as a camera's frames over
the socket. Ends with 0 where all is as it should be, else with 1 and a sentence. The person is
deleted again. Needs nothing but an installed facestream.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from facestream.client import RequestRefused, Server, connect
from facestream.client.http import ANSWER_S, Http
from facestream.client.trust import client_tls
from facestream.errors import FacestreamError

NAME = "Wheel Proof"
READY_S = 180.0
"""A slow machine takes a minute to import TensorFlow and to run every shape."""
LOOK_S = 20.0
"""For the first frames of a server that was just started."""
ENOUGH_RESULTS = 3


class Failed(Exception):
    """The server did not do what it should; the text says what."""


async def page(server: Server, ca: Path | None) -> str:
    """What a browser gets at `/`: no request of a program, so `Server` does not have it."""
    tls = client_tls(server.address, ca=ca)
    async with Http(server.address, tls, ANSWER_S) as http:
        return (await http.ask("GET", "/")).decode()


async def names_seen(server: Server, photo: bytes) -> list[str | None]:
    """Show a photo as a camera does; the name, or None, of each face in each result."""
    names: list[str | None] = []
    results = 0
    try:
        async with asyncio.timeout(LOOK_S), server.stream() as phone:
            while results < ENOUGH_RESULTS:
                try:
                    result = await phone.recognise(photo)
                except RequestRefused as refused:
                    if not refused.retryable:
                        raise
                    continue
                results += bool(result.faces)
                names += [face.name for face in result.faces]
    except TimeoutError as error:
        raise Failed(f"only {results} results with a face came in {LOOK_S:g} s") from error
    return names


async def recognise(
    url: str, photos: Sequence[Path], ca: Path | None = None, ready_s: float = READY_S
) -> str:
    """What was seen, as a sentence. Raises Failed, and errors of the client."""
    known, again, stranger = (photo.read_bytes() for photo in photos)
    async with connect(url, ca=ca) as server:
        await server.until_ready(ready_s)
        if "<title>" not in await page(server, ca):
            raise Failed("what is served at / is not the page")
        enrolled = await server.enrol(NAME, [known])
        if enrolled.identity is None:
            raise Failed(f"photo A is not enrolled: {enrolled.photos[0].message}")
        try:
            named = await names_seen(server, again)
            if set(named) != {NAME}:
                raise Failed(f"the person of photo A was seen in photo B as {named}")
            unnamed = await names_seen(server, stranger)
            if set(unnamed) != {None}:
                raise Failed(f"the stranger in photo C was seen as {unnamed}")
        finally:
            await server.delete(enrolled.identity.identity_id)
    return f"{len(named)} faces named rightly, {len(unnamed)} of a stranger left without a name"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url")
    for letter in "abc":
        parser.add_argument(f"photo_{letter}", type=Path)
    parser.add_argument("--ca", type=Path, help="PEM file of the server's authority")
    parser.add_argument("--wait", type=float, default=READY_S, help="seconds, for /readyz")
    given = parser.parse_args()
    photos = (given.photo_a, given.photo_b, given.photo_c)
    try:
        print(f"recognised: {asyncio.run(recognise(given.url, photos, given.ca, given.wait))}")
    except (Failed, FacestreamError, OSError) as error:
        print(f"not recognised: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
