"""One photo -> its faces and who they are, searched in the gallery as it is now. Knows no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from facestream.engine.places import Places
from facestream.engine.scene import View
from facestream.engine.worker import Worker
from facestream.errors import WorkerFailed
from facestream.records import Frame

if TYPE_CHECKING:  # at run time these would bring TensorFlow in
    from facestream.engine.recogniser import Recognition
    from facestream.gallery.gallery import GallerySnapshot

__all__ = ["IdentifyDesk"]

MAX_WAITING = 8
"""Photos at a time. Each holds one picture file in memory."""


class IdentifyDesk:
    """One photo at a time goes to the worker, between two batches of frames.

    Owned by the event loop. Bound: `MAX_WAITING`. Policy: refuse.

    Args:
        decode: picture file -> Frame; called in `pool`.
        snapshot: the gallery as it is now.
    """

    def __init__(
        self,
        worker: Worker,
        decode: Callable[[bytes], Frame],
        pool: ThreadPoolExecutor,
        snapshot: Callable[[], GallerySnapshot],
    ) -> None:
        self._worker = worker
        self._decode = decode
        self._pool = pool
        self._snapshot = snapshot
        self._turn = asyncio.Semaphore(1)
        self._places = Places(MAX_WAITING, "too many photos wait to be looked at")

    async def identify(
        self, receive: Callable[[], Awaitable[bytes]]
    ) -> tuple[tuple[int, int], Recognition]:
        """Width and height of the photo, and everybody in it.

        Args:
            receive: reads the picture file; called once there is a place for it in memory.

        Raises:
            Overloaded: too many photos wait; nothing was received.
            BadPicture, PictureTooLarge: see `vision.images`.
            WorkerFailed: the computation failed for this photo.
            and whatever `receive` raises.
        """
        with self._places.one():
            content = await receive()
            async with self._turn:
                return await self._recognised(content)

    async def _recognised(self, content: bytes) -> tuple[tuple[int, int], Recognition]:
        loop = asyncio.get_running_loop()
        frame = await loop.run_in_executor(self._pool, self._decode, content)
        outcome = await self._worker.run_up_to_date([View(frame)], self._snapshot)
        [result] = outcome.results
        if isinstance(result, WorkerFailed):
            raise WorkerFailed("the computation failed for this photo") from result
        return frame.size_wh, result
