"""Makes `protocol_v1.json`: each message as fields and as MessagePack bytes, without our codec.

Run it after a change of the protocol, then read the difference in the file:

    python tests/golden/make_protocol_v1.py

The packer below follows https://github.com/msgpack/msgpack/blob/master/spec.md and knows only what
the protocol uses: the shortest form of every type, floats always of 64 bits.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

FACE = {
    "track": 7,
    "embedding": "computed",
    "box_xyxy": [-3.5, 10.25, 96.75, 130.0],
    "landmarks_xy": [[20.5, 50.0], [60.5, 51.0], [40.0, 70.25], [25.0, 95.5], [58.0, 96.0]],
    "score": 0.9990234375,
    "name": "Zoë Łukasik 李",
    "identity_id": "id-zoe",
    "similarity": 0.8125,
    "confidence": 0.96875,
    "reason": None,
    "candidates": [
        {"identity_id": "id-zoe", "display_name": "Zoë Łukasik 李", "similarity": 0.8125},
        {"identity_id": "id-bob", "display_name": "Bob", "similarity": 0.125},
    ],
}
STRANGER = {
    "track": 300,
    "embedding": "carried",
    "box_xyxy": [400.0, 20.0, 480.5, 121.5],
    "landmarks_xy": [[420.0, 60.0], [455.0, 60.5], [437.0, 80.0], [424.0, 99.0], [452.0, 99.5]],
    "score": 0.75,
    "name": None,
    "identity_id": None,
    "similarity": -0.0625,
    "confidence": 0.0,
    "reason": "too_far",
    "candidates": [],
}
TIMINGS = {
    "upload": 12.5,
    "queued": 1.5,
    "decode": 2.25,
    "wait": 0.0,
    "detect": 7.5,
    "embed": 6.0,
    "search": 0.125,
    "answer": 0.5,
    "total": 30.375,
    "batch": 2,
}
FLOW = {"rate": 12.5, "width": 640, "quality": 80, "window": 2}
ZOE = {"identity_id": "id-zoe", "display_name": "Zoë Łukasik 李", "templates": 10}
CROWD = [
    {"identity_id": f"id-{i}", "display_name": f"Person {i}", "templates": 100 * i}
    for i in range(17)  # more than 15: a longer array header; templates: ints of 1, 2 and 3 bytes
]


LOOK_ALIKE = {
    "identity_id": "id-zoe",
    "display_name": "Zoë Łukasik 李",
    "similarity": 0.625,
    "confidence": 0.75,
}
EXPLAINED: dict[str, Any] = {
    "type": "face_explained",
    "request": 6,
    "track": 7,
    "name": "Zoë Łukasik 李",
    "identity_id": "id-zoe",
    "similarity": 0.625,
    "confidence": 0.875,
    "reason": None,
    "threshold": 0.5,
    "lead_needed": 0.0625,
    "candidates": [
        {
            "identity_id": "id-zoe",
            "display_name": "Zoë Łukasik 李",
            "similarity": 0.625,
            "threshold": 0.5,
            "templates": 10,
            "votes": 4,
            "rejected": False,
        }
    ],
    "examples": [
        {
            "identity_id": "id-zoe",
            "display_name": "Zoë Łukasik 李",
            "similarity": 0.75,
            "template_id": 300,
            "crop_jpeg": b"\xff\xd8crop\xff\xd9",
        },
        {
            "identity_id": "id-zoe",
            "display_name": "Zoë Łukasik 李",
            "similarity": 0.6875,
            "template_id": 2,
            "crop_jpeg": None,
        },
    ],
}


def hello(identities: list[dict[str, Any]], revision: int) -> dict[str, Any]:
    return {
        "type": "hello",
        "protocol": 1,
        "server": "facestream 0.1.0",
        "session_id": "9f8c2a",
        "resumed": revision > 0,
        "role": "viewer" if revision else "admin",
        "flow": FLOW,
        "examples_wanted": 10,
        "min_examples": 10,
        "keeps_crops": revision == 0,
        "limits": {"message_bytes": 2097152, "picture_pixels": 12582912, "name_length": 100},
        "embedder": "mobilefacenet",
        "fingerprint": "d8ba40c0127fb8ca9917e8fddc79bbbda063657bc92a496d34da0bc8a760443b",
        "gallery": {"revision": revision, "identities": identities},
        "gallery_problem": None if revision else "The disk is full.",
        "foreign_templates": revision,
    }


def result(faces: list[dict[str, Any]], seq: int) -> dict[str, Any]:
    return {
        "type": "result",
        "seq": seq,
        "captured_ms": 1234.5,
        "size_wh": [640, 480],
        "scan": "full" if faces else "tracks",
        "faces": faces,
        "timings_ms": TIMINGS,
    }


def progress(
    seq: int | None,
    verdict: str,
    accepted: int,
    example: Any = None,
    coach: str | None = None,
    look_alike: Any = None,
) -> dict[str, Any]:
    return {
        "type": "enrol_progress",
        "seq": seq,
        "verdict": verdict,
        "accepted": accepted,
        "wanted": 10,
        "example": example,
        "poses": {"front": accepted, "left": 0, "right": 0, "up": 0, "down": 0},
        "coach": coach,
        "look_alike": look_alike,
    }


def gallery(cleared: bool, removed: list[str], upserted: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "gallery",
        "revision": 4,
        "cleared": cleared,
        "removed": removed,
        "upserted": upserted,
    }


def error(code: str, message: str, retryable: bool, seq: Any, request: Any) -> dict[str, Any]:
    return {
        "type": "error",
        "code": code,
        "message": message,
        "retryable": retryable,
        "seq": seq,
        "request": request,
    }


def frame(seq: int, captured_ms: float, jpeg: bytes) -> dict[str, Any]:
    return {"type": "frame", "seq": seq, "captured_ms": captured_ms, "jpeg": jpeg}


def commit(name: str, keep: list[str] | None) -> dict[str, Any]:
    return {"type": "enrol_commit", "request": 3, "display_name": name, "keep": keep}


CLIENT: dict[str, dict[str, Any]] = {
    "hello": {"type": "hello", "client": "facestream-web 0.1.0", "resume": None},
    "hello, unicode": {"type": "hello", "client": "Köln 📱", "resume": None},
    "hello, resume": {"type": "hello", "client": "facestream-web 0.1.0", "resume": "9f8c2a"},
    "frame": frame(0, 1234.5, bytes.fromhex("ffd8ffe000104a46494600ffd9")),
    "frame, empty jpeg": frame(1, 0.25, b""),
    "frame, bin 16": frame(200, 99.75, bytes(range(256)) + b"tail"),
    "frame, largest seq": frame(2**53 - 1, -0.5, b"\xff\xd8"),
    "enrol_begin": {"type": "enrol_begin", "request": 1, "wanted": 5},
    "enrol_begin, nil": {"type": "enrol_begin", "request": 70000, "wanted": None},
    "enrol_commit": commit("Ada", ["e1", "e2"]),
    "enrol_commit, nil": commit("Ada", None),
    "enrol_commit, keep nothing": commit("Ada", []),
    "enrol_commit, unicode name": commit("Zoë Łukasik-Ørsted 李 नमस्ते", None),
    "enrol_commit, empty name": commit("", None),
    "enrol_more": {"type": "enrol_more", "request": 4, "keep": ["e1"]},
    "enrol_cancel": {"type": "enrol_cancel", "request": 4},
    "face_why": {"type": "face_why", "request": 6, "track": 7},
    "face_reject": {"type": "face_reject", "request": 6, "track": 0, "identity_id": "id-zoe"},
    "gallery_delete": {"type": "gallery_delete", "request": 5, "identity_id": "id-zoe"},
    "gallery_clear": {"type": "gallery_clear", "request": 2**32},
    "gallery_undo": {"type": "gallery_undo", "request": 8, "undo_id": "5f1e"},
}

SERVER: dict[str, dict[str, Any]] = {
    "hello, empty gallery": hello([], 0),
    "hello, one identity": hello([ZOE], 1),
    "hello, many identities": hello(CROWD, 123456),
    "result, no face": result([], 0),
    "result, one face": result([FACE], 128),
    "result, two faces": result([FACE, STRANGER], 65536),
    "dropped": {"type": "dropped", "seq": 1, "reason": "superseded"},
    "dropped, expired": {"type": "dropped", "seq": 2, "reason": "expired"},
    "flow": {"type": "flow", "flow": FLOW},
    "enrol_progress, started": progress(None, "started", 0),
    "enrol_progress, accepted": progress(
        12, "accepted", 1, {"example_id": "e1", "crop_jpeg": b"\xff\xd8crop\xff\xd9"}, "turn_left"
    ),
    "enrol_progress, complete": progress(
        90, "complete", 10, {"example_id": "e10", "crop_jpeg": b""}, look_alike=LOOK_ALIKE
    ),
    "enrol_progress, several_faces": progress(13, "several_faces", 1),
    "enrol_committed": {"type": "enrol_committed", "request": 3, "revision": 4, "identity": ZOE},
    "face_explained": EXPLAINED,
    "face_explained, nobody known": {
        **EXPLAINED,
        "name": None,
        "identity_id": None,
        "reason": "gallery_empty",
        "candidates": [],
        "examples": [],
    },
    "ok": {"type": "ok", "request": 5, "undo": None},
    "ok, to be undone": {"type": "ok", "request": 5, "undo": {"undo_id": "5f1e", "seconds": 60.0}},
    "gallery, upserted": gallery(False, [], [ZOE]),
    "gallery, removed": gallery(False, ["id-bob", "id-eve"], []),
    "gallery, cleared": gallery(True, [], []),
    "error": error("bad_message", "frame.seq: Field required", False, None, None),
    "error, of a frame": error("worker_failed", "the computation failed", True, 17, None),
    "error, of a request": error("bad_name", "a name must not be empty", False, None, 3),
}


def pack(value: Any) -> bytes:
    """The shortest MessagePack form of `value`."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return pack_uint(value)
    if isinstance(value, float):
        return b"\xcb" + struct.pack(">d", value)
    if isinstance(value, str):
        raw = value.encode()
        return head(len(raw), 0xA0, 32, b"\xd9\xda\xdb") + raw
    if isinstance(value, bytes):
        return head(len(value), 0, 0, b"\xc4\xc5\xc6") + value
    if isinstance(value, list):
        return head(len(value), 0x90, 16, b"\x00\xdc\xdd") + b"".join(map(pack, value))
    if isinstance(value, dict):
        pairs = b"".join(pack(key) + pack(item) for key, item in value.items())
        return head(len(value), 0x80, 16, b"\x00\xde\xdf") + pairs
    raise TypeError(type(value).__name__)


def pack_uint(value: int) -> bytes:
    for limit, code, form in (
        (2**7, b"", ">B"),
        (2**8, b"\xcc", ">B"),
        (2**16, b"\xcd", ">H"),
        (2**32, b"\xce", ">I"),
        (2**64, b"\xcf", ">Q"),
    ):
        if 0 <= value < limit:
            return code + struct.pack(form, value)
    raise ValueError(value)


def head(length: int, fix: int, fix_limit: int, codes: bytes) -> bytes:
    """The bytes before a string, bin, array or map. `codes`: of its 8, 16 and 32 bit lengths."""
    if length < fix_limit:
        return bytes([fix | length])
    if length < 2**8 and codes[0]:
        return bytes([codes[0], length])
    if length < 2**16:
        return bytes([codes[1]]) + struct.pack(">H", length)
    return bytes([codes[2]]) + struct.pack(">I", length)


def for_json(value: Any) -> Any:
    """`value` with bytes as {"$bin": hex}, which JSON can hold."""
    if isinstance(value, bytes):
        return {"$bin": value.hex()}
    if isinstance(value, list):
        return [for_json(item) for item in value]
    if isinstance(value, dict):
        return {key: for_json(item) for key, item in value.items()}
    return value


def golden() -> list[dict[str, Any]]:
    """All messages, in the form of the file."""
    return [
        {
            "name": name,
            "direction": direction,
            "fields": for_json(fields),
            "hex": pack(fields).hex(),
        }
        for direction, messages in (("client", CLIENT), ("server", SERVER))
        for name, fields in messages.items()
    ]


if __name__ == "__main__":
    path = Path(__file__).with_name("protocol_v1.json")
    path.write_text(json.dumps(golden(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
