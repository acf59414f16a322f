"""Valid bytes -> bytes that are nearly valid, by a seed. Knows no format but MessagePack."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from typing import Any

import msgpack

__all__ = ["message", "mutated", "rng_of"]

EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
MOST_STEPS = 6


def rng_of(seed: int, number: int) -> random.Random:
    """Of one input, so that it can be made again without those before it."""
    return random.Random(seed << 40 | number)


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds after a few blows, seldom mere noise."""
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(200))
    content = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, MOST_STEPS)):
        rng.choice(BLOWS)(rng, content, seeds)
    return bytes(content)


def _flip(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _flip_early(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    """In the header, where a bit decides more."""
    if content:
        content[rng.randrange(min(len(content), 64))] = rng.randrange(256)


def _lie(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    """A number that may be a length or a size."""
    how = rng.choice(("B", "<H", ">H", "<I", ">I"))
    size = struct.calcsize(how)
    if len(content) >= size:
        at = rng.randrange(len(content) - size + 1)
        struct.pack_into(how, content, at, rng.choice(EDGES) & ((1 << 8 * size) - 1))


def _cut(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    del content[rng.randrange(len(content) + 1) :]


def _drop(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    at = rng.randrange(len(content) + 1)
    del content[at : at + rng.randrange(1, 17)]


def _repeat(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    at = rng.randrange(len(content) + 1)
    content[at:at] = content[at : at + rng.randrange(1, 33)] * rng.randrange(1, 5)


def _graft(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    """A piece of another one."""
    other = rng.choice(seeds)
    at, begin = rng.randrange(len(content) + 1), rng.randrange(len(other) + 1)
    content[at : at + rng.randrange(32)] = other[begin : begin + rng.randrange(64)]


def _insert(rng: random.Random, content: bytearray, seeds: Sequence[bytes]) -> None:
    at = rng.randrange(len(content) + 1)
    content[at:at] = rng.randbytes(rng.randrange(1, 9))


Blow = Callable[[random.Random, bytearray, Sequence[bytes]], None]
BLOWS: tuple[Blow, ...] = (_flip, _flip_early, _lie, _lie, _cut, _drop, _repeat, _graft, _insert)


def message(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """A message with fields that are missing, strange or of the wrong type; or hit as bytes."""
    if rng.random() < 0.4:
        return mutated(rng, seeds)
    fields: dict[Any, Any] = msgpack.unpackb(rng.choice(seeds))
    for _ in range(rng.randint(1, 3)):
        key = rng.choice([*fields, "type", "extra"])
        act = rng.random()
        if act < 0.15:
            fields.pop(key, None)
        elif act < 0.25:
            fields[value(rng, 1)] = value(rng)
        else:
            fields[key] = value(rng)
    packed: bytes = msgpack.packb(fields, use_bin_type=rng.random() < 0.9)
    return packed


def value(rng: random.Random, depth: int = 0) -> Any:
    """Anything that MessagePack can say. No map or list is a key."""
    kind = rng.randrange(9 if depth < 3 else 7)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind == 1:
        return rng.choice((0, -1, 2**31, 2**53 - 1, 2**53, 2**63, 2**64 - 1, -(2**63)))
    if kind == 2:
        return rng.choice((0.0, -0.0, 1e308, float("nan"), float("inf"), rng.random()))
    if kind == 3:
        return rng.choice(("", "frame", "hello", "\x00", "\u202e", "é" * 100, "x" * 5000))
    if kind == 4:
        return rng.randbytes(rng.choice((0, 1, 30, 300)))
    if kind == 5:
        return msgpack.ExtType(rng.randrange(127), rng.randbytes(rng.randrange(20)))
    if kind == 6:
        return rng.choice(("enrol_commit", "gallery_clear", "face_why", "result", "gallery"))
    if depth == 0 and kind == 8:
        return {rng.choice(("a", "type", "seq")): value(rng, depth + 1) for _ in range(3)}
    return tuple(value(rng, 3) for _ in range(rng.choice((0, 1, 5, 100))))
