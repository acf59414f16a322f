"""Bytes of MessagePack -> how many values are in them, without making any. Performs no I/O.

Two megabytes can hold two million empty maps: 300 MB in memory, and half a second in which nobody
else is served. Bounds of single arrays do not help, as arrays hold arrays.
"""

from __future__ import annotations

import struct

__all__ = ["has_more_values"]

_FIXED = {  # first byte -> bytes that follow
    **dict.fromkeys(range(0x80), 0),  # positive fixint
    **dict.fromkeys(range(0xE0, 0x100), 0),  # negative fixint
    **{0xA0 + length: length for length in range(32)},  # fixstr
    **dict.fromkeys((0xC0, 0xC1, 0xC2, 0xC3), 0),  # nil, never used, false, true
    **{0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8},  # float, uint
    **{0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8},  # int
    **{0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17},  # fixext
}
_SIZED = {  # first byte -> how its length is written, and bytes besides
    **{0xC4: (">B", 0), 0xC5: (">H", 0), 0xC6: (">I", 0)},  # bin
    **{0xC7: (">B", 1), 0xC8: (">H", 1), 0xC9: (">I", 1)},  # ext
    **{0xD9: (">B", 0), 0xDA: (">H", 0), 0xDB: (">I", 0)},  # str
}
_HOLDING = {  # first byte -> how the number of its parts is written, and values a part
    **{0xDC: (">H", 1), 0xDD: (">I", 1)},  # array
    **{0xDE: (">H", 2), 0xDF: (">I", 2)},  # map
}


def has_more_values(raw: bytes, most: int) -> bool:
    """Whether the first object in `raw`, with all in it, states more than `most` values.

    Keys of maps count. What is cut off is not told from what is whole.
    """
    if len(raw) <= most:  # each takes a byte
        return False
    at, left, seen = 0, 1, 0
    while left and at < len(raw):
        kind = raw[at]
        at += 1
        left -= 1
        seen += 1
        if (fixed := _FIXED.get(kind)) is not None:
            at += fixed
        elif 0x80 <= kind < 0xA0:  # fixmap, fixarray
            left += 2 * (kind - 0x80) if kind < 0x90 else kind - 0x90
        else:
            how, times = _SIZED.get(kind) or _HOLDING[kind]
            size = struct.calcsize(how)
            if at + size > len(raw):
                return False
            [number] = struct.unpack_from(how, raw, at)
            at += size
            if kind in _SIZED:
                at += number + times
            else:
                left += times * number
        if seen + left > most:
            return True
    return False
