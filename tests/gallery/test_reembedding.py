from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from facestream.gallery import reembedding
from facestream.gallery.records import Crop, Kind, NewTemplate
from facestream.gallery.reembedding import Reembedded, embed_crops, reembed
from facestream.gallery.store import GalleryStore
from facestream.records import Detections, Float32, Frame, UInt8
from facestream.vision.geometry import align
from facestream.vision.images import encode_jpeg
from facestream.vision.pipeline import Pipeline

from .fakes import FINGERPRINT, crop, new_templates, rejection

NEW_MODEL = "a-new-model"
SIDE = 8
FIVE_XY = np.array([[2, 2], [5, 2], [3.5, 4], [2, 6], [5, 6]], np.float32)


class FakePipeline:
    """Finds the faces at `places_xy`, and embeds the mean colour of the crop's middle."""

    fingerprint = NEW_MODEL
    detector = "the detector in use"

    def __init__(self, *places_xy: tuple[float, float]) -> None:
        self.places_xy = places_xy
        self.searched: list[tuple[int, int]] = []
        self.batches: list[int] = []
        self.broken = False

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        self.searched += [frame.size_wh for frame in frames]
        n = len(self.places_xy)
        middles = np.array(self.places_xy, np.float32).reshape(n, 1, 2)
        found = Detections(
            np.zeros((n, 4), np.float32), np.ones(n, np.float32), middles + FIVE_XY - SIDE / 2
        )
        return [found] * len(frames)

    def align(self, frames: Sequence[Frame], detections: Sequence[Detections]) -> list[UInt8]:
        return [
            align(frame.pixels_rgb, found.landmarks_xy, FIVE_XY, SIDE)
            for frame, found in zip(frames, detections, strict=True)
        ]

    def embed(self, crops_rgb: UInt8) -> Float32:
        assert crops_rgb.shape[1:] == (SIDE, SIDE, 3)
        self.batches.append(len(crops_rgb))
        middle = crops_rgb[:, SIDE // 2, SIDE // 2].astype(np.float32) + 1
        return np.zeros_like(middle) if self.broken else unit(middle)


def unit(rows: Float32) -> Float32:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)


def embedded(fake: FakePipeline, *crops: Crop) -> list[str | None]:
    """The colour that was embedded of each picture."""
    rows = embed_crops(cast(Pipeline, fake), crops)
    return [None if row is None else ("red", "green", "blue")[int(row.argmax())] for row in rows]


def picture(side: int = 40) -> bytes:
    """Green, with red in the middle and blue in the upper left corner."""
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[:, :, 1] = 250
    middle = slice(side // 2 - side // 5, side // 2 + side // 5)
    pixels[middle, middle] = (250, 0, 0)
    pixels[: side // 4, : side // 4] = (0, 0, 250)
    return encode_jpeg(pixels, 100)


def at(x: float, y: float) -> Float32:
    return FIVE_XY - np.float32(SIDE / 2) + np.array([x, y], np.float32)


OURS = FakePipeline.detector


def test_no_picture_is_no_work() -> None:
    fake = FakePipeline()
    assert embedded(fake) == []
    assert (fake.searched, fake.batches) == ([], [])


def test_landmarks_of_the_same_detector_are_taken_as_they_are() -> None:
    fake = FakePipeline((20, 20))
    assert embedded(fake, Crop(picture(), at(5, 5), OURS)) == ["blue"]
    assert fake.searched == []


@pytest.mark.parametrize("kept", [(at(5, 5), "another detector"), (None, None), (None, OURS)])
def test_a_face_is_looked_for_anew_where_another_detector_found_it(
    kept: tuple[Float32 | None, str | None],
) -> None:
    fake = FakePipeline((20, 20))
    assert embedded(fake, Crop(picture(), *kept)) == ["red"]
    assert fake.searched == [(40, 40)]


def test_of_several_faces_the_one_nearest_the_middle_is_the_person() -> None:
    assert embedded(FakePipeline((5, 5), (21, 19), (35, 35)), Crop(picture())) == ["red"]


def test_a_face_that_touches_the_edges_is_found_with_a_border_around_the_picture() -> None:
    class Near(FakePipeline):
        def detect(self, frames: Sequence[Frame]) -> list[Detections]:
            found = super().detect(frames)
            bordered = [frame.size_wh > (40, 40) for frame in frames]
            return [
                one if there else Detections.none()
                for one, there in zip(found, bordered, strict=True)
            ]

    fake = Near((30, 30))  # 10 of them are the border
    assert embedded(fake, Crop(picture())) == ["red"]
    assert fake.searched == [(40, 40), (60, 60)]


def test_where_no_face_is_found_anew_the_old_landmarks_do() -> None:
    assert embedded(FakePipeline(), Crop(picture(), at(5, 5), "another detector")) == ["blue"]


def test_an_old_picture_as_large_as_the_embedders_is_taken_as_it_is() -> None:
    red = np.full((SIDE + 1, SIDE + 1, 3), (250, 0, 0), np.uint8)
    fitting, larger = Crop(encode_jpeg(red[1:, 1:])), Crop(encode_jpeg(red))
    assert embedded(FakePipeline(), fitting, larger) == ["red", None]


@pytest.mark.parametrize(
    "jpeg", [b"", b"\xff\xd8 no picture", picture()[:200], encode_jpeg(np.zeros((99, 99, 3), "u1"))]
)
def test_what_cannot_be_read_is_none_and_the_others_are_embedded(
    jpeg: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reembedding, "MAX_PIXELS", 99 * 98)
    fake = FakePipeline((20, 20))
    broken, good = Crop(jpeg, at(5, 5), OURS), Crop(picture(), at(5, 5), OURS)
    assert embedded(fake, good, broken, good) == ["blue", None, "blue"]
    assert embedded(fake, broken) == [None]
    assert fake.batches == [2]


def test_all_pictures_of_a_call_are_embedded_together() -> None:
    fake = FakePipeline((20, 20))
    kinds = [Crop(picture(), at(5, 5), OURS), Crop(picture(50)), Crop(b"")] * 3
    assert embedded(fake, *kinds) == ["blue", "red", None] * 3
    assert fake.batches == [6]


def test_an_embedding_that_is_none_is_not_stored() -> None:
    fake = FakePipeline()
    fake.broken = True
    assert embedded(fake, Crop(picture(), at(5, 5), OURS)) == [None]


# --- a whole gallery ------------------------------------------------------------------------------


def with_pictures(n: int, jpeg: bytes | None = None) -> list[NewTemplate]:
    kept = Crop(picture() if jpeg is None else jpeg, at(5, 5), OURS)
    return [replace(one, crop=kept) for one in new_templates(n)]


def anew(store: GalleryStore, fake: FakePipeline | None = None) -> Reembedded:
    return reembed(store, cast(Pipeline, fake or FakePipeline()))


def test_a_gallery_without_another_models_templates_has_nothing_to_do(store: GalleryStore) -> None:
    assert anew(store) == Reembedded(0, 0, 0)


def test_every_template_with_a_face_is_embedded_and_keeps_what_it_had(store: GalleryStore) -> None:
    ada = store.add("Ada", with_pictures(20)).identity.identity_id
    store.add("Bob", [*new_templates(2, seed=5), *new_templates(3, seed=6, crop=crop())])
    store.reject(ada, replace(rejection(9), crop=Crop(picture(), at(20, 20), OURS)))
    before, revision = store.templates(FINGERPRINT, 16), store.revision
    told: list[tuple[int, int]] = []
    result = reembed(store, cast(Pipeline, FakePipeline()), lambda *now: told.append(now))
    assert result == Reembedded(done=21, without_face=3, without_crop=2)
    assert store.fingerprints() == {FINGERPRINT: 26, NEW_MODEL: 21}
    assert store.templates(NEW_MODEL, 3).embeddings.argmax(axis=1).tolist() == [2] * 20
    assert store.templates(NEW_MODEL, 3, Kind.REJECTION).embeddings.argmax(axis=1).tolist() == [0]
    assert np.array_equal(store.templates(FINGERPRINT, 16).embeddings, before.embeddings)
    assert store.revision == revision + 1
    assert (told[0], told[-1]) == ((0, 26), (24, 26))


def test_it_goes_on_where_it_was_killed(store: GalleryStore) -> None:
    store.add("Ada", with_pictures(40))

    class Killed(FakePipeline):
        def embed(self, crops_rgb: UInt8) -> Float32:
            if len(self.batches) == 2:
                raise KeyboardInterrupt
            return super().embed(crops_rgb)

    with pytest.raises(KeyboardInterrupt):
        anew(store, Killed())
    assert store.fingerprints()[NEW_MODEL] == 32
    fake = FakePipeline()
    assert anew(store, fake) == Reembedded(8, 0, 0)
    assert fake.batches == [8]


def test_pictures_without_a_face_do_not_stop_those_after_them(store: GalleryStore) -> None:
    store.add("Ada", [*with_pictures(20, b"\xff\xd8 no picture"), *with_pictures(1)])
    assert anew(store) == Reembedded(1, 20, 0)


# --- with the real networks -----------------------------------------------------------------------


def portrait(pipeline: Pipeline, frame: Frame) -> Crop:
    [found] = pipeline.detect([frame])
    kept = pipeline.portraits(frame, found)
    return Crop(encode_jpeg(kept.pixels_rgb[0]), kept.landmarks_xy[0], kept.detector)


def without_landmarks(pipeline: Pipeline, frame: Frame) -> Crop:
    """As facestream 0.1 kept it."""
    [[face]] = pipeline.align([frame], pipeline.detect([frame]))
    return Crop(encode_jpeg(face))


def another_detectors(pipeline: Pipeline, frame: Frame) -> Crop:
    return replace(portrait(pipeline, frame), detector="another")


@pytest.mark.parametrize(
    ("keep", "least"), [(portrait, 0.97), (another_detectors, 0.95), (without_landmarks, 0.95)]
)
def test_a_kept_picture_gives_nearly_the_embedding_of_the_frame(
    pipeline: Pipeline, photo: Frame, keep: Callable[[Pipeline, Frame], Crop], least: float
) -> None:
    [faces] = pipeline.faces([photo])
    [row] = embed_crops(pipeline, [keep(pipeline, photo)])
    assert row is not None
    assert float(row @ faces.embeddings[0]) > least


def test_a_picture_of_nobody_has_no_embedding(pipeline: Pipeline) -> None:
    grey = encode_jpeg(np.full((192, 192, 3), 90, np.uint8))
    assert embed_crops(pipeline, [Crop(grey)]) == [None]
