"""What is fuzzed: name -> how an input is made, and what takes it. Each raises only our errors."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from facestream.errors import BadMessage, FacestreamError
from facestream.gallery.archive import check_comparable, read_archive
from facestream.gallery.archive_format import MANIFEST, PEOPLE
from facestream.server import protocol as wire
from facestream.server.parcels import unpacked
from facestream.vision.images import decode_picture
from tests.fuzz import seeds
from tests.fuzz.mutations import message, mutated

__all__ = ["TARGETS", "Target", "is_ours"]

MAX_BYTES = 2 << 20
MAX_PIXELS = 4096 * 3072


@dataclass(frozen=True)
class Target:
    """make: an input out of a seed's random numbers. take: raises what is wrong with it."""

    make: Callable[[random.Random], bytes]
    take: Callable[[bytes], object]


def is_ours(error: Exception) -> bool:
    """An error that a person may see."""
    return isinstance(error, FacestreamError) and bool(str(error)) and len(str(error)) < 5000


def _take_message(raw: bytes) -> None:
    """As a session does, and as a client in Python does."""
    about = wire.refers_to(raw)
    with suppress(BadMessage):
        wire.decode_server(raw)
    try:
        wire.encode(wire.decode_client(raw, MAX_BYTES))
    except FacestreamError as error:
        wire.encode(wire.error_message(error, **about))
        raise


def _take_picture(raw: bytes) -> None:
    width, height = decode_picture(raw, MAX_PIXELS).size_wh
    assert 0 < width * height <= MAX_PIXELS, "larger than its header said"


def _take_archive(raw: bytes) -> None:
    with read_archive(io.BytesIO(raw)) as archive:
        check_comparable(archive, seeds.MODEL)
        for _ in archive.people():
            pass


def _archives() -> Callable[[random.Random], bytes]:
    """As bytes; or a part of it, with all hashes made anew, so that what is behind them is met."""
    whole = seeds.archives()
    parts = [seeds.parts_of(raw) for raw in whole]

    def make(rng: random.Random) -> bytes:
        how = rng.random()
        if how < 0.4:
            return mutated(rng, whole)
        chosen = dict(rng.choice(parts))
        name = rng.choice([MANIFEST, PEOPLE, PEOPLE, *chosen])
        chosen[name] = mutated(rng, [chosen[name]])
        if how < 0.5:
            chosen[mutated(rng, [b"name"]).decode("latin-1").replace("\0", "") or "x"] = b""
        if how < 0.7 or name == MANIFEST:
            return seeds.sealed(chosen)
        return seeds.hashed(chosen)

    return make


def _targets() -> dict[str, Target]:
    messages = [*seeds.client_messages(), *seeds.server_messages()]
    parcels, pictures = seeds.bodies(), seeds.pictures()
    return {
        "messages": Target(lambda rng: message(rng, messages), _take_message),
        "parcels": Target(lambda rng: mutated(rng, parcels), unpacked),
        "pictures": Target(lambda rng: mutated(rng, pictures), _take_picture),
        "archives": Target(_archives(), _take_archive),
    }


TARGETS = _targets()
