"""Stand-ins for the recogniser, the gallery and the decoder, driven by the tests.

A "JPEG" of the tests is one byte or more. The first one says what is in the picture:
0, 1, 2: so many faces; POISON: the recogniser raises; b"bad...": no picture; b"huge...": too large;
b"exit...": the decoder raises SystemExit.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from rpds import HashTrieMap

from facestream.engine.engine import Engine
from facestream.engine.engine_session import EngineSession, Listeners
from facestream.engine.flow import Flow
from facestream.engine.quality_gate import LANDMARKS_XY
from facestream.engine.recogniser import BatchTimings, Recognition
from facestream.engine.scene import NOTHING_SEEN, Sample, Track, View
from facestream.engine.worker import Model
from facestream.errors import BadName, BadPicture, NoSuchIdentity, PictureTooLarge
from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.gallery import Gallery, GalleryChange
from facestream.gallery.records import Crop, IdentitySummary, NewTemplate
from facestream.records import Candidate, Decision, Detections, Faces, Float32, Frame, Reason
from facestream.settings import Settings
from facestream.vision.portrait import PORTRAIT_SIDE, Portraits
from facestream.vision.quality import FrameLight
from tests.gallery.fakes import synthetic_calibration

DIMENSION = 4
POISON = 13
FRAME_WH = (200, 120)
DAYLIGHT = FrameLight(bright=220.0, white=0.0)
TIMINGS = BatchTimings(detect_ms=1.0, embed_ms=2.0, search_ms=3.0)


def picture(content: int = 1, extra: bytes = b"") -> bytes:
    return bytes([content]) + extra


def decode(jpeg: bytes, max_pixels: int) -> Frame:
    if jpeg.startswith(b"bad"):
        raise BadPicture("this is not a picture")
    if jpeg.startswith(b"exit"):
        raise SystemExit
    if jpeg.startswith(b"huge"):
        raise PictureTooLarge(f"over {max_pixels} pixels")
    width, height = FRAME_WH
    pixels = np.full((height, width, 3), 128, np.uint8)
    pixels[0, 0] = jpeg[0] if jpeg else 0
    return Frame(pixels)


def encode_jpeg(crop_rgb: Any) -> bytes:
    return b"crop"


def faces(n: int, person: int = 0, side: float = 80.0, sharpness: float = 1000.0) -> Faces:
    """`n` faces of one person side by side, good enough to enrol."""
    corners = np.array([[10 + 90 * i, 8] for i in range(n)], np.float32).reshape(n, 2)
    embeddings = np.zeros((n, DIMENSION), np.float32)
    embeddings[:, person] = 1.0
    return Faces(
        Detections(
            np.concatenate([corners, corners + np.float32(side)], axis=1),
            np.ones(n, np.float32),
            corners[:, np.newaxis] + np.float32(side) * LANDMARKS_XY,
        ),
        np.full(n, sharpness, np.float32),
        np.full((n, 8, 8, 3), 128, np.uint8),
        embeddings,
    )


def decision(index: Any, policy: DecisionPolicy | None = None) -> Decision:
    """Everybody is the first one in the gallery; or who they are, by a policy and a real index."""
    if policy is not None:
        return decide(index, faces(1).embeddings, policy)[0]
    if not index:
        return Decision(None, Reason.GALLERY_EMPTY, -1.0, 0.0, ())
    first = Candidate("id-0", index[0], 1.0)
    return Decision(first, None, 1.0, 1.0, (first,))


def recognition(view: View, index: Any, policy: DecisionPolicy | None = None) -> Recognition:
    """As many faces as the frame's pixels say; tracks are numbered from 0, and go on."""
    found = faces(int(view.frame.pixels_rgb[0, 0, 0]))
    said = decision(index, policy)
    tracks = tuple(
        Track(
            track_id=row,
            box_xyxy=box,
            velocity_xy=np.zeros(2, np.float32),
            seen_s=view.now_s,
            embedded_s=view.now_s,
            carried=0,
            appearance=np.zeros(1, np.float32),
            restlessness=0.0,
            samples=(Sample(embedding, 1.0, 1000.0, said),),
        )
        for row, (box, embedding) in enumerate(
            zip(found.detections.boxes_xyxy, found.embeddings, strict=True)
        )
    )
    return Recognition(
        faces=found,
        decisions=(said,) * len(tracks),
        tracks=tracks,
        embedded=(True,) * len(tracks),
        scanned=view.scene is NOTHING_SEEN or view.thorough,
        scene=replace(view.scene, tracks=tracks, next_id=len(tracks), now_s=view.now_s),
        portraits=portraits(len(found) if view.thorough else 0),
        light=DAYLIGHT,
    )


def portraits(n: int) -> Portraits:
    """Of `n` faces."""
    side = PORTRAIT_SIDE
    return Portraits(
        np.zeros((n, side, side, 3), np.uint8), np.zeros((n, 5, 2), np.float32), "fake-detector"
    )


class FakeRecogniser:
    """Notes what it is asked; `hold` makes it wait in its thread until `release`."""

    fingerprint = "fake-fingerprint"
    dimension = DIMENSION
    frames_at_once = 3

    def __init__(self) -> None:
        self.threads: set[str] = {threading.current_thread().name}
        self.batches: list[list[int]] = []
        self.views: list[View] = []
        self.renewals = 0
        self.traces = 3
        self.warmed = False
        self.warm_up_error: Exception | None = None
        self.forget_one = False
        self.decide_by: DecisionPolicy | None = None
        self.fatal: BaseException | None = None  # raised once, and no Exception: the thread dies
        self.broken = False  # until it is built anew, whatever it is shown
        self.built = 0
        self.wait_s = 10.0
        self.starting = 0
        self._go = threading.Event()
        self._go.set()

    def __call__(self) -> FakeRecogniser:
        """Be one's own factory."""
        self.threads.add(threading.current_thread().name)
        self.built += 1
        self.broken = False
        return self

    def hold(self) -> None:
        self._go.clear()

    def release(self) -> None:
        self._go.set()

    def warm_up(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.starting += 1
        self._wait()
        if self.warm_up_error:
            raise self.warm_up_error
        self.warmed = True

    def recognise(
        self, views: Sequence[View], gallery: Any
    ) -> tuple[list[Recognition], BatchTimings]:
        self.threads.add(threading.current_thread().name)
        contents = [int(view.frame.pixels_rgb[0, 0, 0]) for view in views]
        self.views += views
        self.batches.append(contents)
        self._wait()
        if POISON in contents or self.broken:
            raise ValueError("poison")
        found = [recognition(view, gallery.index, self.decide_by) for view in views]
        return found[1:] if self.forget_one else found, TIMINGS

    def renewed(self, recognitions: Sequence[Recognition], gallery: Any) -> list[Recognition]:
        self.renewals += 1
        return [
            replace(r, decisions=(decision(gallery.index, self.decide_by),) * len(r.tracks))
            for r in recognitions
        ]

    def photo(self, frame: Frame) -> tuple[Faces, Portraits]:
        n = int(frame.pixels_rgb[0, 0, 0])
        self._wait()
        if n == POISON:
            raise ValueError("poison")
        return faces(n), portraits(n)

    def embed_crops(self, crops: Sequence[Crop]) -> list[Float32 | None]:
        self._wait()
        return [faces(1).embeddings[0] for _ in crops]

    def _wait(self) -> None:
        assert self._go.wait(self.wait_s), "a test forgot to release the recogniser"
        fatal, self.fatal = self.fatal, None
        if fatal is not None:
            raise fatal


class FakeGallery:
    """In memory; notes what happened in which order and thread."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.problem: str | None = None
        self.revision = 0
        self.foreign_templates = 0
        self.index: tuple[str, ...] = ()
        self.snapshot = self._snapshot()
        self.store = SimpleNamespace(snapshot_if_due=lambda: None)
        self._people: dict[str, IdentitySummary] = {}
        self._go = threading.Event()
        self._go.set()

    def hold(self) -> None:
        self._go.clear()

    def release(self) -> None:
        self._go.set()

    def expire(self) -> list[GalleryChange]:
        return []

    def add(self, display_name: str, templates: Sequence[NewTemplate]) -> GalleryChange:
        if not display_name.strip():
            raise BadName("the name is empty")
        known = [i for i in self._people.values() if i.display_name == display_name]
        before = known[0].templates if known else 0
        identity_id = known[0].identity_id if known else f"id-{len(self._people)}"
        identity = IdentitySummary(identity_id, display_name, before + len(templates))
        self._commit("add")
        self._people[identity_id] = identity
        return self._publish(upserted=(identity,))

    def delete(self, identity_id: str) -> GalleryChange:
        if identity_id not in self._people:
            raise NoSuchIdentity("there is none")
        self._commit("delete")
        del self._people[identity_id]
        return self._publish(removed=(identity_id,))

    def clear(self) -> GalleryChange:
        self._commit("clear")
        self._people.clear()
        return self._publish(cleared=True)

    def close(self) -> None:
        self.events.append("close")

    def _commit(self, what: str) -> None:
        self.threads.add(threading.current_thread().name)
        assert self._go.wait(10), "a test forgot to release the gallery"
        if self.error:
            raise self.error
        self.events.append(f"{what} on disk")

    def _snapshot(self) -> Any:
        return SimpleNamespace(
            revision=self.revision,
            index=self.index,
            people=HashTrieMap(getattr(self, "_people", {})),
            foreign_templates=self.foreign_templates,
        )

    def _publish(self, **change: Any) -> GalleryChange:
        self.revision += 1
        self.index = tuple(i.display_name for i in self._people.values())
        self.snapshot = self._snapshot()
        self.events.append("index swapped")
        return GalleryChange(self.revision, **change)


NO_AGE_S = 3600.0
"""On a busy machine any frame may come late, and only few tests are about that."""


class FakeEngine(Engine):
    """A real engine around a fake recogniser; with a fake gallery, or a real one in `folder`."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        folder: Path | None = None,
        **settings: Any,
    ) -> None:
        self.recogniser = FakeRecogniser()
        self._folder = folder
        self.gallery_file = FakeGallery()
        super().__init__(
            Settings(**{"max_frame_age_seconds": NO_AGE_S} | settings),
            make_recogniser=self.recogniser,  # type: ignore[arg-type]
            open_gallery=self._open,
            load_policy=lambda _: DecisionPolicy.from_calibration(synthetic_calibration(), 0.01),
            decode=decode,
            encode_jpeg=encode_jpeg,
            clock=clock,
        )

    def session(self, address: str = "", resume: str | None = None) -> EngineSession:
        """A session whose client does not listen."""
        return self.open_session(Ears().listeners, address, resume)[0]

    def _open(self, model: Model) -> Gallery:
        self.model_of_gallery = model
        if self._folder is not None:
            return Gallery.open_what_can_be(self._folder, model.fingerprint, model.dimension)
        return self.gallery_file  # type: ignore[return-value]


class Ears:
    """Notes what a session is told."""

    def __init__(self) -> None:
        self.changes: list[GalleryChange] = []
        self.flows: list[Flow] = []
        self.taken = 0

    @property
    def listeners(self) -> Listeners:
        return Listeners(self.changes.append, self.flows.append, self._take)

    def _take(self) -> None:
        self.taken += 1


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread does; fails after two seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen within two seconds")


async def turns(n: int = 5) -> None:
    """Let what is due on the event loop happen."""
    for _ in range(n):
        await asyncio.sleep(0)
