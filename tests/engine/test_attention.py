from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facestream.engine.attention import BETTER, FIRST_PAUSE_S, LEAST_FRAMES, Attention
from facestream.engine.scene import NOTHING_SEEN, Scene, Track, View
from facestream.records import Frame
from tests.engine.scenes import box, sample, track

ATTENTION = Attention(scan_s=0.5, embed_s=1.5)
FRAME = Frame(np.zeros((8, 8, 3), np.uint8))


def view(now_s: float, *tracks: Track, scanned_s: float = 0.0, **given: Any) -> View:
    """A frame after one at `now_s` - 0.1."""
    return View(FRAME, Scene(tracks, 9, scanned_s, now_s - 0.1), now_s, **given)


# --- where to look --------------------------------------------------------------------------------


def test_the_first_frame_is_searched_all_over() -> None:
    assert ATTENTION.places(View(FRAME, NOTHING_SEEN, 5.0)) is None


def test_between_scans_faces_are_sought_where_they_were_and_a_little_around() -> None:
    places = ATTENTION.places(view(0.2, track(seen_s=0.1, box_xyxy=box(100))))
    assert places is not None
    np.testing.assert_allclose(places, [[90, -10, 210, 110]], atol=1e-4)


def test_between_scans_nothing_is_sought_in_an_empty_picture() -> None:
    places = ATTENTION.places(view(0.2))
    assert places is not None
    assert places.shape == (0, 4)


@pytest.mark.parametrize(
    "why",
    [
        view(0.5, track(seen_s=0.4)),  # it is time
        view(0.3, track(seen_s=0.1)),  # one was lost in the frame before
        view(0.2, track(seen_s=0.1), thorough=True),
    ],
)
def test_the_whole_frame_is_searched_when_there_is_a_reason(why: View) -> None:
    assert ATTENTION.places(why) is None


def test_a_frame_after_a_scan_is_not_scanned_unless_it_comes_late() -> None:
    scene = Scene((track(seen_s=1.0),), 1, scanned_s=1.0, now_s=1.0)
    assert Attention(scan_s=0.1).places(View(FRAME, scene, 1.4)) is not None
    assert Attention(scan_s=0.1).places(View(FRAME, scene, 1.6)) is None


def test_a_busy_server_scans_less_often() -> None:
    known = track(seen_s=0.5)
    assert ATTENTION.places(view(0.6, known)) is None
    assert ATTENTION.places(view(0.6, known, strain=2.0)) is not None


@pytest.mark.parametrize("attention", [Attention(tracking=False), Attention(scan_s=0.0)])
def test_settings_can_ask_for_a_scan_of_every_frame(attention: Attention) -> None:
    assert attention.places(view(0.2, track(seen_s=0.1))) is None


# --- whom to embed --------------------------------------------------------------------------------


def embeds(
    known: Track | None,
    now_s: float = 0.1,
    quality: float = 1.0,
    change: float = 0.0,
    attention: Attention = ATTENTION,
    **given: Any,
) -> bool:
    return attention.needs_embedding(known, view(now_s, **given), quality, change)


def test_a_new_face_is_embedded_and_one_just_embedded_is_not() -> None:
    assert embeds(None)
    assert not embeds(track())


def test_pauses_grow_up_to_the_setting() -> None:
    for samples, pause_s in ((1, FIRST_PAUSE_S), (2, 2 * FIRST_PAUSE_S), (5, 1.5)):
        known = track(samples=(sample(),) * samples, carried=LEAST_FRAMES)
        assert not embeds(known, pause_s - 0.01)
        assert embeds(known, pause_s)


def test_pauses_do_not_grow_while_it_is_open_whether_a_face_has_a_name() -> None:
    mixed = (sample(), sample(), sample(name="Ada"))
    assert embeds(track(samples=mixed, carried=LEAST_FRAMES), FIRST_PAUSE_S)
    settled = (*mixed, sample(name="Ada"), sample(name="Ada"))
    assert not embeds(track(samples=settled, carried=LEAST_FRAMES), FIRST_PAUSE_S)


def test_time_alone_embeds_no_face_in_every_frame() -> None:
    assert not embeds(track(carried=LEAST_FRAMES - 2), 9.0)
    assert embeds(track(carried=LEAST_FRAMES - 1), 9.0)


def test_a_better_look_is_embedded() -> None:
    known = track(samples=(sample(quality=0.5), sample(quality=0.4)))
    assert not embeds(known, quality=0.5 * BETTER)
    assert embeds(known, quality=0.5 * BETTER + 0.01)


def test_a_face_that_looks_like_another_is_embedded() -> None:
    assert embeds(track(), change=1.0)


def test_a_face_with_two_names_is_embedded_until_they_agree() -> None:
    assert embeds(track(samples=(sample(name="Ada"), sample(name="Bob"))))
    assert not embeds(track(samples=(sample(name="Ada"), sample(name=None))))


def test_settings_and_captures_can_ask_for_an_embedding_in_every_frame() -> None:
    assert embeds(track(), attention=Attention(tracking=False))
    assert embeds(track(), attention=Attention(embed_s=0.0))
    assert embeds(track(), thorough=True)
