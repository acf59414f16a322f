"""Templates and people, in and out of the file."""

import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import (
    BadName,
    NoExamples,
    NoSuchIdentity,
    StoreFailed,
)
from facestream.gallery import store as store_module
from facestream.gallery.records import (
    IdentityDetail,
    IdentitySummary,
    Kind,
    NewTemplate,
    Source,
    TemplateSummary,
)
from facestream.gallery.schema import SCHEMA_VERSION
from facestream.gallery.store import GalleryStore

from .fakes import (
    DIMENSION,
    FINGERPRINT,
    Clock,
    content_of_crop,
    crop,
    new_templates,
    rejection,
    unit_rows,
)


def test_a_new_gallery_is_empty(store: GalleryStore) -> None:
    assert store.identities() == []
    assert store.fingerprints() == {}
    assert store.revision == 0
    templates = store.templates(FINGERPRINT, DIMENSION)
    assert templates.embeddings.shape == (0, DIMENSION)
    assert templates.identity_ids == ()


def test_what_was_added_comes_back_bit_for_bit(store: GalleryStore, folder: Path) -> None:
    new = new_templates(3)
    added = store.add(" Anna  Thal ", new)
    store.close()

    with closing(GalleryStore.open(folder)) as again:
        assert again.identities() == [added.identity]
        assert added.identity == IdentitySummary(added.identity.identity_id, "Anna Thal", 3)
        templates = again.templates(FINGERPRINT, DIMENSION)
        assert tuple(templates.template_ids) == added.template_ids
        assert templates.identity_ids == (added.identity.identity_id,) * 3
        assert np.array_equal(templates.embeddings, np.stack([t.embedding for t in new]))
        assert again.fingerprints() == {FINGERPRINT: 3}


def test_quality_source_date_and_crop_are_kept(store: GalleryStore, folder: Path) -> None:
    row = unit_rows(1)[0]
    store.add("Anna", [NewTemplate(row, FINGERPRINT, 7.5, Source.PHOTO, crop(1))])
    store.close()
    with closing(GalleryStore.open(folder)) as again:
        [person] = again.everybody()
        [kept] = person.templates
        assert (kept.sharpness, kept.source, kept.kind) == (7.5, Source.PHOTO, Kind.EXAMPLE)
        assert kept.created_at_ms == 1_700_000_000_000
        for one in (kept.crop, again.crop(kept.template_id), again.portrait(person.identity_id)):
            assert one is not None
            assert content_of_crop(one) == content_of_crop(crop(1))


def test_a_name_equal_but_for_case_and_unicode_form_gets_the_templates(
    store: GalleryStore,
) -> None:
    first = store.add("René", new_templates(2)).identity
    second = store.add("RENE\u0301", new_templates(3, seed=1)).identity
    assert second == IdentitySummary(first.identity_id, "René", 5)
    assert store.identities() == [second]


def test_identities_are_sorted_by_name(store: GalleryStore) -> None:
    for name in ("bea", "Anna", "Cäsar", "משה", "🙂"):
        store.add(name, new_templates(1))
    names = [identity.display_name for identity in store.identities()]
    assert names == ["Anna", "bea", "Cäsar", "משה", "🙂"]


def test_templates_of_another_fingerprint_are_not_mixed_in(store: GalleryStore) -> None:
    store.add("Anna", new_templates(2))
    store.add("Anna", new_templates(3, fingerprint="other"))
    assert store.fingerprints() == {FINGERPRINT: 2, "other": 3}
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 2
    assert store.identities()[0].templates == 5


def test_each_change_raises_the_revision_by_one_and_nothing_else_does(
    store: GalleryStore,
) -> None:
    identity = store.add("Anna", new_templates(1)).identity
    store.add("Bea", new_templates(1))
    assert store.revision == 2
    store.delete(identity.identity_id)
    assert store.revision == 3
    store.clear()
    assert store.revision == 4
    with pytest.raises(NoSuchIdentity):
        store.delete(identity.identity_id)
    with pytest.raises(BadName):
        store.add("", new_templates(1))
    with pytest.raises(NoExamples):
        store.add("Anna", [])
    assert store.revision == 4
    assert store.identities() == []


@pytest.mark.parametrize("identity_id", ["", "nobody", "\ud800", "é"])
def test_deleting_somebody_unknown_says_so(store: GalleryStore, identity_id: str) -> None:
    store.add("Anna", new_templates(1))
    with pytest.raises(NoSuchIdentity):
        store.delete(identity_id)
    assert len(store.identities()) == 1


def test_ids_are_never_used_twice(store: GalleryStore) -> None:
    first = store.add("Anna", new_templates(2))
    store.clear()
    second = store.add("Anna", new_templates(2))
    assert not set(first.template_ids) & set(second.template_ids)
    assert first.identity.identity_id != second.identity.identity_id


def test_there_is_no_picture_where_none_is_kept(store: GalleryStore) -> None:
    added = store.add("Anna", new_templates(1))
    assert store.crop(added.template_ids[0]) is None
    assert store.portrait(added.identity.identity_id) is None
    assert [store.crop(unknown) for unknown in (0, -1, 77, 2**63, 2**70)] == [None] * 5
    assert [store.portrait(unknown) for unknown in ("", "nobody", "\ud800")] == [None] * 3


def test_a_portrait_is_the_sharpest_example_and_no_rejection(store: GalleryStore) -> None:
    rows = unit_rows(3)
    identity = store.add(
        "Anna",
        [
            NewTemplate(row, FINGERPRINT, sharpness, Source.CAMERA, crop(seed))
            for seed, (row, sharpness) in enumerate(zip(rows, (5.0, 9.0, 7.0), strict=True))
        ],
    ).identity
    face = NewTemplate(
        unit_rows(1, seed=8)[0], FINGERPRINT, 50.0, Source.CAMERA, crop(8), Kind.REJECTION
    )
    store.reject(identity.identity_id, face)
    portrait = store.portrait(identity.identity_id)
    assert portrait is not None
    assert portrait.jpeg == crop(1).jpeg


def test_examples_and_rejections_are_stored_as_what_they_are(store: GalleryStore) -> None:
    anna = store.add("Anna", new_templates(2)).identity
    added = store.reject(anna.identity_id, rejection(seed=9))
    assert added.identity.templates == 2  # a rejection is no example
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 2
    kept = store.templates(FINGERPRINT, DIMENSION, Kind.REJECTION)
    assert kept.identity_ids == (anna.identity_id,)
    assert np.array_equal(kept.embeddings[0], rejection(seed=9).embedding)
    with pytest.raises(ValueError, match="of the kind example"):
        store.add("Anna", [rejection(seed=9)])
    with pytest.raises(ValueError, match="of the kind rejection"):
        store.reject(anna.identity_id, new_templates(1)[0])


def test_who_is_known_and_when_everything_came_is_told_in_detail(
    store: GalleryStore, clock: Clock
) -> None:
    anna = store.add("Anna", new_templates(1, crop=crop())).identity
    clock.pass_days(1)
    store.reject(anna.identity_id, rejection(seed=9))
    store.edit(anna.identity_id, {"note": "said yes", "expires_at_ms": 2_000_000_000_000})
    detail = store.detail(anna.identity_id)
    assert detail == IdentityDetail(
        anna,
        "said yes",
        1_700_000_000_000,
        2_000_000_000_000,
        (
            TemplateSummary(
                1,
                Kind.EXAMPLE,
                1_700_000_000_000,
                Source.CAMERA,
                12.5,
                has_crop=True,
                models=frozenset({FINGERPRINT}),
            ),
            TemplateSummary(
                2,
                Kind.REJECTION,
                1_700_086_400_000,
                Source.CAMERA,
                12.5,
                has_crop=False,
                models=frozenset({FINGERPRINT}),
            ),
        ),
    )
    with pytest.raises(NoSuchIdentity):
        store.detail("nobody")


def test_embeddings_of_another_model_are_added_once_and_none_is_lost(store: GalleryStore) -> None:
    store.add("Anna", new_templates(3, crop=crop()))
    store.add("Bea", new_templates(1, seed=4))
    assert [one for one, _ in store.foreign_crops("new")] == [1, 2, 3]
    assert [one for one, _ in store.foreign_crops("new", after=1, limit=1)] == [2]
    assert store.foreign_templates("new") == 4
    before = store.revision

    rows = unit_rows(3, dimension=8, seed=5)
    store.add_embeddings("new", [(1, rows[0]), (3, rows[1]), (999, rows[2])])
    store.add_embeddings("new", [(1, rows[2])])  # it has one, which stays

    assert store.fingerprints() == {FINGERPRINT: 4, "new": 2}
    assert [one for one, _ in store.foreign_crops("new")] == [2]
    new = store.templates("new", 8)
    assert new.template_ids.tolist() == [1, 3]
    assert np.array_equal(new.embeddings, rows[:2])
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 4
    assert store.revision == before
    assert store.foreign_templates(FINGERPRINT) == 0


def test_an_embedding_that_would_spoil_the_gallery_is_not_added(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    for broken in (np.zeros(8, np.float32), np.full(8, np.nan, np.float32)):
        with pytest.raises(ValueError, match="unit length"):
            store.add_embeddings("new", [(1, broken)])
    assert store.fingerprints() == {FINGERPRINT: 1}


def test_one_fingerprint_has_one_dimension(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    wrong = NewTemplate(unit_rows(1, 8)[0], FINGERPRINT, 1.0, Source.CAMERA)
    with pytest.raises(ValueError, match=r"must have shape \(16,\), got \(8,\)"):
        store.add("Bea", [*new_templates(1), wrong])
    assert [identity.display_name for identity in store.identities()] == ["Anna"]
    with pytest.raises(StoreFailed, match="does not have 8 numbers"):
        store.templates(FINGERPRINT, 8)


@pytest.mark.parametrize(
    "embedding",
    [
        np.zeros(4, np.float32),
        np.full(4, np.nan, np.float32),
        np.ones(4, np.float32),
        np.full(4, 0.5, np.float64),
        np.full((1, 4), 0.5, np.float32),
    ],
)
def test_only_a_unit_float32_embedding_becomes_a_template(embedding: np.ndarray) -> None:
    with pytest.raises(ValueError, match="embedding must have"):
        NewTemplate(embedding, FINGERPRINT, 1.0, Source.CAMERA)


def test_file_and_folder_are_their_owners_alone(folder: Path) -> None:
    folder = folder / "a" / "data"
    with closing(GalleryStore.open(folder)) as store:
        store.add("Anna", new_templates(1))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.glob("gallery.sqlite*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_sqlites_safety_settings_are_on(store: GalleryStore) -> None:
    def setting(name: str) -> object:
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert setting("journal_mode") == "wal"
    assert setting("synchronous") == 2  # FULL
    assert setting("secure_delete") == 1
    assert setting("foreign_keys") == 1
    assert setting("user_version") == SCHEMA_VERSION


def test_a_closed_store_says_so_and_closes_again(store: GalleryStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.identities()


def test_the_store_does_not_bring_tensorflow() -> None:
    program = f"import {store_module.__name__}, sys; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
