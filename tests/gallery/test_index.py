from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery import index as index_module
from facestream.gallery.index import BLOCK_CAPACITIES, GalleryIndex, Neighbours, trace_count
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

from .fakes import DIMENSION, stored, unit_rows

NAMES = {f"id{i}": f"Person {i}" for i in range(5)}


def templates_of(n: int, seed: int = 0, first_id: int = 1) -> StoredTemplates:
    embeddings = unit_rows(n, seed=seed)
    return stored(embeddings, [f"id{i % 5}" for i in range(n)], first_id)


def assert_equals_brute_force(
    found: Neighbours, probes: Float32, templates: StoredTemplates, k: int
) -> None:
    similarities = probes.astype(np.float64) @ templates.embeddings.astype(np.float64).T
    k = min(k, len(templates))
    assert found.similarities.shape == (len(probes), k)
    assert found.identity_ids.shape == found.template_ids.shape == (len(probes), k)
    best = -np.sort(-similarities, axis=1)[:, :k]
    np.testing.assert_allclose(found.similarities, best, atol=1e-5)
    identity_of = dict(zip(templates.template_ids.tolist(), templates.identity_ids, strict=True))
    row_of = {template_id: row for row, template_id in enumerate(templates.template_ids.tolist())}
    for b, template_ids in enumerate(found.template_ids.tolist()):
        assert len(set(template_ids)) == k
        assert [identity_of[i] for i in template_ids] == found.identity_ids[b].tolist()
        own = similarities[b, [row_of[i] for i in template_ids]]
        np.testing.assert_allclose(own, best[b], atol=1e-5)


@pytest.mark.parametrize("b", [0, 1, 7])
def test_a_search_among_nobody_finds_nobody(b: int) -> None:
    found = GalleryIndex.empty(DIMENSION).search(unit_rows(b), 5)
    assert found.similarities.shape == (b, 0)
    assert found.similarities.dtype == np.float32
    assert found.identity_ids.shape == found.template_ids.shape == (b, 0)


@pytest.mark.parametrize(("m", "k", "columns"), [(3, 5, 3), (8, 5, 5)])
def test_no_probes_get_no_neighbours(m: int, k: int, columns: int) -> None:
    found = GalleryIndex.of(templates_of(m), NAMES).search(unit_rows(0), k)
    assert found.similarities.shape == (0, columns)


@given(
    sizes=st.lists(st.integers(0, 400), max_size=4),
    b=st.integers(0, 70),
    k=st.integers(1, 80),
    seed=st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_any_search_equals_brute_force(sizes: list[int], b: int, k: int, seed: int) -> None:
    index = GalleryIndex.empty(DIMENSION)
    parts = []
    for n in sizes:
        parts.append(templates_of(n, seed + len(parts), first_id=1 + 1000 * len(parts)))
        index = index.appended(parts[-1], NAMES)
    together = StoredTemplates(
        np.concatenate([np.empty(0, np.int64), *(p.template_ids for p in parts)]),
        sum((p.identity_ids for p in parts), ()),
        np.concatenate([unit_rows(0), *(p.embeddings for p in parts)]),
    )
    probes = unit_rows(b, seed=seed + 99)
    assert len(index) == len(together)
    assert_equals_brute_force(index.search(probes, k), probes, together, k)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "BLOCK_CAPACITIES", (64, 128))


@given(m=st.integers(0, 700), b=st.integers(1, 9), k=st.integers(1, 200), gone=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_a_search_over_many_blocks_equals_brute_force(m: int, b: int, k: int, gone: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "BLOCK_CAPACITIES", (64, 128))
        all_templates = templates_of(m)
        index = GalleryIndex.of(all_templates, NAMES).without(f"id{gone}")
        keep = [row for row in range(m) if row % 5 != gone]
        kept = StoredTemplates(
            all_templates.template_ids[keep],
            tuple(all_templates.identity_ids[row] for row in keep),
            all_templates.embeddings[keep],
        )
        assert len(index) == len(kept)
        probes = unit_rows(b, seed=7)
        assert_equals_brute_force(index.search(probes, k), probes, kept, k)


@pytest.mark.usefixtures("small_blocks")
def test_appending_shares_full_blocks_and_leaves_the_old_index_as_it_was() -> None:
    old = GalleryIndex.of(templates_of(300), NAMES)
    probe = unit_rows(1, seed=1)
    before = old.search(probe, 3)
    new = old.appended(stored(probe, ["new"], 1000), {"new": "New"})

    assert new.search(probe, 1).identity_ids.tolist() == [["new"]]
    assert old.search(probe, 3).template_ids.tolist() == before.template_ids.tolist()
    assert (len(old), len(new)) == (300, 301)
    assert "new" not in old.names
    assert new.names["new"] == "New"
    shared = [block is other for block, other in zip(old._blocks, new._blocks, strict=True)]
    assert shared == [True, True, False]


@pytest.mark.usefixtures("small_blocks")
def test_a_removal_copies_only_the_blocks_it_is_about() -> None:
    index = GalleryIndex.of(templates_of(256), NAMES)
    index = index.appended(stored(unit_rows(3), ["x"] * 3, 1000), {"x": "X"})
    less = index.without("x")
    assert len(less) == 256
    assert all(a is b for a, b in zip(less._blocks, index._blocks[:2], strict=True))
    assert "x" not in less.names
    assert "x" not in less.template_counts


def test_names_and_counts_are_of_those_who_have_templates() -> None:
    index = GalleryIndex.of(templates_of(7), {**NAMES, "foreign": "Made by another model"})
    assert dict(index.names) == NAMES
    assert dict(index.template_counts) == {"id0": 2, "id1": 2, "id2": 1, "id3": 1, "id4": 1}
    more = index.appended(templates_of(1), {"id0": "Renamed"})
    assert more.template_counts["id0"] == 3
    assert more.names["id0"] == "Renamed"
    with pytest.raises(TypeError):
        index.names["id0"] = "x"  # type: ignore[index]


def test_nothing_is_traced_anew_whatever_the_gallery_and_the_probes_grow_to() -> None:
    GalleryIndex.empty(DIMENSION).warm_up()
    assert trace_count() == 1
    index = GalleryIndex.empty(DIMENSION)
    for n, b, k in ((1, 1, 1), (255, 3, 5), (1, 8, 5), (1000, 9, 2), (3000, 130, 7)):
        index = index.appended(templates_of(n), NAMES)
        index.search(unit_rows(b), k)
    GalleryIndex.of(stored(unit_rows(3, 192), ["id0"] * 3), NAMES).search(unit_rows(2, 192), 2)
    assert trace_count() == 1


def test_probes_searched_together_find_what_each_finds_alone() -> None:
    index = GalleryIndex.of(templates_of(500), NAMES)
    probes = unit_rows(70, seed=3)
    together = index.search(probes, 5)
    for row, probe in enumerate(probes):
        alone = index.search(probe[np.newaxis], 5)
        np.testing.assert_allclose(alone.similarities[0], together.similarities[row], atol=1e-6)
        assert alone.template_ids[0].tolist() == together.template_ids[row].tolist()


def test_equal_templates_are_all_found() -> None:
    row = unit_rows(1)
    index = GalleryIndex.of(stored(np.repeat(row, 6, axis=0), ["id0"] * 6), NAMES)
    found = index.search(row, 10)
    assert sorted(found.template_ids[0]) == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(found.similarities, 1.0, atol=1e-6)


def test_a_broken_probe_harms_neither_itself_nor_its_neighbours() -> None:
    index = GalleryIndex.of(templates_of(300), NAMES)
    probes = unit_rows(3, seed=4)
    expected = index.search(probes, 5)
    probes[1] = np.nan
    found = index.search(probes, 5)
    assert found.template_ids[[0, 2]].tolist() == expected.template_ids[[0, 2]].tolist()
    assert np.all(found.similarities[1] == 0)
    assert all(identity_id in NAMES for identity_id in found.identity_ids[1])


def test_an_index_made_in_one_thread_is_searched_in_another() -> None:
    probes = unit_rows(4, seed=5)
    with ThreadPoolExecutor(1) as maker, ThreadPoolExecutor(1) as searcher:
        index = maker.submit(GalleryIndex.of, templates_of(40), NAMES).result()
        found = searcher.submit(index.search, probes, 5).result()
    assert_equals_brute_force(found, probes, templates_of(40), 5)


@pytest.mark.parametrize(
    "probes",
    [unit_rows(2, 8), unit_rows(1)[0], unit_rows(2).astype(np.float64)],
)
def test_probes_of_the_wrong_kind_are_refused_with_what_is_wanted(probes: np.ndarray) -> None:
    with pytest.raises(
        ValueError, match=r"probes must have shape \(n, 16\) and dtype float32, got"
    ):
        GalleryIndex.empty(DIMENSION).search(probes, 5)


def test_at_least_one_neighbour_must_be_asked_for() -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        GalleryIndex.empty(DIMENSION).search(unit_rows(1), 0)


def test_every_capacity_is_made_of_whole_groups() -> None:
    assert all(capacity % index_module.GROUP == 0 for capacity in BLOCK_CAPACITIES)
