"""Why a face has its name, and "not this person": a real gallery, a real search, fake faces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from facestream.engine import engine_session
from facestream.engine.engine_session import EngineSession
from facestream.errors import NoSuchFace, NoSuchIdentity
from facestream.gallery.decision import DecisionPolicy, decide
from facestream.gallery.records import Crop, Kind, NewTemplate, Source
from facestream.records import Reason
from tests.engine.fakes import FakeEngine, FakeRecogniser, faces, picture, turns
from tests.gallery.fakes import synthetic_calibration

FACE = faces(1).embeddings[0]
POLICY = DecisionPolicy.from_calibration(synthetic_calibration(), 0.01)


def example(*embedding: float, crop: Crop | None = None) -> NewTemplate:
    row = np.array(embedding, np.float32)
    row /= np.linalg.norm(row)
    return NewTemplate(row, FakeRecogniser.fingerprint, 50.0, Source.CAMERA, crop)


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[FakeEngine]:
    engine = FakeEngine(folder=tmp_path)
    await engine.start()
    yield engine
    await engine.stop(1.0)


@pytest_asyncio.fixture
async def session(engine: FakeEngine) -> EngineSession:
    """It has one face in view, of track 0."""
    engine.recogniser.decide_by = POLICY
    session = engine.session()
    await session.submit(0, 0.0, picture(1))
    return session


async def test_an_empty_gallery_explains_itself(session: EngineSession) -> None:
    why = await session.why(0)
    assert why.explanation.decision.reason is Reason.GALLERY_EMPTY
    assert (why.explanation.candidates, why.explanation.nearest, why.crops) == ((), (), {})


async def test_a_name_is_explained_by_the_nearest_examples_and_the_runner_up(
    engine: FakeEngine, session: EngineSession
) -> None:
    await engine.desk.add("Ada", [example(1, 0.1, 0, 0, crop=Crop(b"ada")), example(1, 0, 0.2, 0)])
    await engine.desk.add("Bob", [example(0.5, 1, 0, 0)])
    await session.submit(1, 0.0, picture(1))
    why = await session.why(0)
    found = why.explanation
    assert found.decision.named is not None
    assert found.decision.named.display_name == "Ada"
    assert [one.candidate.display_name for one in found.candidates] == ["Ada", "Bob"]
    assert [(one.templates, one.votes, one.rejected) for one in found.candidates] == [
        (2, 2, False),
        (1, 1, False),
    ]
    assert [one.display_name for one in found.nearest] == ["Ada", "Ada", "Bob"]
    assert found.candidates[0].candidate.similarity > found.threshold > 0
    assert why.crops == {found.nearest[0].template_id: b"ada"}


@pytest.mark.parametrize("track", [1, 2**40])
async def test_a_face_that_is_not_in_view_cannot_be_asked_about(
    session: EngineSession, track: int
) -> None:
    with pytest.raises(NoSuchFace):
        await session.why(track)


async def test_a_rejected_face_loses_the_name_and_the_person_keeps_it(
    engine: FakeEngine, session: EngineSession
) -> None:
    change = await engine.desk.add("Ada", [example(1, 0.6, 0, 0)] * 3)
    ada = change.upserted[0].identity_id
    await session.submit(1, 0.0, picture(1))
    assert (await session.why(0)).explanation.decision.named is not None

    rejecting = asyncio.create_task(session.reject(0, ada))
    await turns()
    await session.submit(2, 0.0, picture(1))
    rejected = await rejecting
    assert rejected.undo is not None

    index = engine.desk.snapshot().index
    [of_face, of_ada] = decide(index, np.stack([FACE, example(1, 0.6, 0, 0).embedding]), POLICY)
    assert (of_face.named, of_face.reason) == (None, Reason.REJECTED)
    assert of_ada.named is not None
    detail = await engine.desk.read(lambda gallery: gallery.store.detail(ada))
    assert [one.kind for one in detail.templates] == [*[Kind.EXAMPLE] * 3, Kind.REJECTION]
    assert detail.templates[-1].has_crop
    assert detail.identity.templates == 3

    undo_id = rejected.undo.undo_id
    await engine.desk.change(lambda gallery: gallery.undo(undo_id))
    [again] = decide(engine.desk.snapshot().index, FACE[np.newaxis], POLICY)
    assert again.named is not None


async def test_rejecting_looks_at_the_next_frame_thoroughly_and_only_at_that(
    engine: FakeEngine, session: EngineSession
) -> None:
    ada = (await engine.desk.add("Ada", [example(1, 0, 0, 0)])).upserted[0].identity_id
    rejecting = asyncio.create_task(session.reject(0, ada))
    await turns()
    await session.submit(1, 0.0, picture(1))
    await rejecting
    await session.submit(2, 0.0, picture(1))
    assert [view.thorough for view in engine.recogniser.views] == [False, True, False]


async def test_rejecting_without_a_next_frame_ends(
    session: EngineSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_session, "NEXT_FRAME_S", 0.01)
    with pytest.raises(NoSuchFace):
        await session.reject(0, "anybody")


async def test_rejecting_a_face_that_left_or_a_person_who_is_gone_is_refused(
    session: EngineSession,
) -> None:
    cases = ((0, 0, NoSuchFace), (5, 1, NoSuchFace), (0, 1, NoSuchIdentity))
    for seq, (track, content, error) in enumerate(cases, start=1):
        rejecting = asyncio.create_task(session.reject(track, "nobody"))
        await turns()
        await session.submit(seq, 0.0, picture(content))
        with pytest.raises(error):
            await rejecting


async def test_no_picture_is_kept_where_crops_are_not(tmp_path: Path) -> None:
    engine = FakeEngine(folder=tmp_path, crops=False)
    await engine.start()
    identity = (await engine.desk.add("Ada", [example(1, 0, 0, 0, crop=Crop(b"x"))])).upserted[0]
    detail = await engine.desk.read(lambda gallery: gallery.store.detail(identity.identity_id))
    assert [one.has_crop for one in detail.templates] == [False]
    await engine.stop(1.0)
