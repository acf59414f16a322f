from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery import block as block_module
from facestream.gallery import blocks as blocks_module
from facestream.gallery.ceilings import CAPACITIES, GROUP
from facestream.gallery.index import GalleryIndex, Neighbours, trace_count
from facestream.gallery.records import StoredTemplates
from facestream.records import Float32

from .fakes import DIMENSION, same_index, stored, unit_rows

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
@settings(max_examples=40)
def test_any_search_equals_brute_force(sizes: list[int], b: int, k: int, seed: int) -> None:
    index = GalleryIndex.empty(DIMENSION)
    parts: list[StoredTemplates] = []
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


def use_small_blocks(patch: pytest.MonkeyPatch) -> None:
    for module in (block_module, blocks_module):
        patch.setattr(module, "CAPACITIES", (64, 256))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    use_small_blocks(monkeypatch)


@given(m=st.integers(0, 1400), b=st.integers(1, 9), k=st.integers(1, 200), gone=st.integers(0, 5))
@settings(max_examples=30)
def test_a_search_over_many_blocks_equals_brute_force(m: int, b: int, k: int, gone: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        use_small_blocks(patch)
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


@pytest.mark.parametrize("m", [CAPACITIES[0] + d for d in (-1, 0, 1)] + [CAPACITIES[1] + 1])
def test_a_search_at_the_border_of_a_block_equals_brute_force(m: int) -> None:
    templates, probes = templates_of(m), unit_rows(3, seed=8)
    probes[1] = templates.embeddings[-1]
    found = GalleryIndex.of(templates, NAMES).search(probes, 5)
    assert_equals_brute_force(found, probes, templates, 5)
    assert found.template_ids[1, 0] == templates.template_ids[-1]


@pytest.mark.usefixtures("small_blocks")
def test_appending_copies_no_embeddings_and_leaves_the_old_index_as_it_was() -> None:
    old = GalleryIndex.of(templates_of(300), NAMES)
    probe = unit_rows(1, seed=1)
    before = old.search(probe, 3)
    new = old.appended(stored(probe, ["new"], 1000), {"new": "New"})

    assert new.search(probe, 1).identity_ids.tolist() == [["new"]]
    assert old.search(probe, 3).template_ids.tolist() == before.template_ids.tolist()
    assert (len(old), len(new)) == (300, 301)
    assert "new" not in old.names
    assert new.names["new"] == "New"
    full, tail = new.blocks._blocks
    assert full is old.blocks._blocks[0]
    assert np.shares_memory(tail.rows.embeddings, old.blocks._blocks[1].rows.embeddings)


def test_two_galleries_that_grew_from_one_know_nothing_of_each_other() -> None:
    old = GalleryIndex.of(templates_of(100), NAMES)
    a, b = unit_rows(2, seed=1)
    with_a = old.appended(stored(a[np.newaxis], ["a"], 1000), {"a": "A"})
    with_b = old.appended(stored(b[np.newaxis], ["b"], 2000), {"b": "B"})
    with_both = with_a.appended(stored(b[np.newaxis], ["b"], 3000), {"b": "B"})
    probes = np.stack([a, b])
    nearest = {
        index: index.search(probes, 1).template_ids[:, 0].tolist()
        for index in (old, with_a, with_b, with_both)
    }
    assert nearest[with_a][0] == 1000
    assert nearest[with_b][1] == 2000
    assert nearest[with_both] == [1000, 3000]
    assert nearest[old] == [nearest[with_b][0], nearest[with_a][1]]
    assert "b" not in with_a.names


def test_a_gallery_goes_on_as_it_was_when_somebody_is_deleted_from_a_later_one() -> None:
    old = GalleryIndex.of(templates_of(100), NAMES)
    probes = unit_rows(3, seed=1)
    before = old.search(probes, 5)
    less = old.without("id0")
    grown = less.appended(stored(probes, ["new"] * 3, 1000), {"new": "New"})
    assert grown.search(probes, 1).template_ids[:, 0].tolist() == [1000, 1001, 1002]
    assert "id0" not in less.search(probes, 80).identity_ids
    assert old.search(probes, 5).template_ids.tolist() == before.template_ids.tolist()


def test_a_large_gallery_is_not_copied_to_be_searched() -> None:
    m = CAPACITIES[-1]
    templates = StoredTemplates(np.arange(m), ("id0",) * m, np.ones((m, 1), np.float32))
    (block,) = GalleryIndex.of(templates, NAMES).blocks._blocks
    assert np.shares_memory(block.rows.embeddings, templates.embeddings)


@pytest.mark.usefixtures("small_blocks")
def test_a_removal_copies_only_the_blocks_it_is_about() -> None:
    index = GalleryIndex.of(templates_of(512), NAMES)
    index = index.appended(stored(unit_rows(3), ["x"] * 3, 1000), {"x": "X"})
    less = index.without("x")
    assert len(less) == 512
    assert all(a is b for a, b in zip(less.blocks._blocks, index.blocks._blocks[:2], strict=True))
    assert "x" not in less.names
    assert "x" not in less.template_counts


def test_removing_somebody_who_has_no_template_here_changes_nothing() -> None:
    index = GalleryIndex.of(templates_of(7), NAMES)
    assert same_index(index.without("foreign"), index)
    assert index.without("foreign").blocks is index.blocks


def test_names_and_counts_are_of_those_who_have_templates() -> None:
    index = GalleryIndex.of(templates_of(7), {**NAMES, "foreign": "Made by another model"})
    assert dict(index.names) == NAMES
    assert dict(index.template_counts) == {"id0": 2, "id1": 2, "id2": 1, "id3": 1, "id4": 1}
    more = index.appended(templates_of(1), {"id0": "Renamed"})
    assert more.template_counts["id0"] == 3
    assert more.names["id0"] == "Renamed"
    with pytest.raises(TypeError):
        index.names["id0"] = "x"  # type: ignore[index]


def test_nothing_is_compiled_anew_whatever_the_gallery_and_the_probes_grow_to() -> None:
    index = GalleryIndex.empty(DIMENSION)
    index.warm_up()
    before = trace_count()
    assert before > 0
    sizes = (1, 255, CAPACITIES[0], CAPACITIES[1], 10, CAPACITIES[2], CAPACITIES[3] + 1)
    for n, b, k in zip(sizes, (1, 3, 8, 9, 33, 130, 2), (1, 5, 7, 70, 2, 3, 4), strict=True):
        index = index.appended(templates_of(n), NAMES)
        index.search(unit_rows(b), k)
    index.without("id0").search(unit_rows(2), 5)
    assert trace_count() == before


def test_probes_searched_together_find_what_each_finds_alone() -> None:
    index = GalleryIndex.of(templates_of(3000), NAMES)
    probes = unit_rows(70, seed=3)
    together = index.search(probes, 5)
    for row, probe in enumerate(probes):
        alone = index.search(probe[np.newaxis], 5)
        assert alone.similarities[0].tolist() == together.similarities[row].tolist()
        assert alone.template_ids[0].tolist() == together.template_ids[row].tolist()


@pytest.mark.parametrize("m", [6, 2 * blocks_module.GROUPS_AT_A_TIME * GROUP + 6])
def test_of_equal_templates_the_oldest_are_found_in_order(m: int) -> None:
    row = unit_rows(1)
    gallery = GalleryIndex.of(stored(np.repeat(row, m, axis=0), ["id0"] * m), NAMES)
    found = gallery.search(row, 6)
    assert found.template_ids.tolist() == [[1, 2, 3, 4, 5, 6]]
    np.testing.assert_allclose(found.similarities, 1.0, atol=1e-6)


@pytest.mark.parametrize("broken", [np.nan, np.inf, 0.0])
def test_a_broken_probe_harms_neither_itself_nor_its_neighbours(broken: float) -> None:
    index = GalleryIndex.of(templates_of(300), NAMES)
    probes = unit_rows(3, seed=4)
    expected = index.search(probes, 5)
    probes[1] = broken
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


def test_a_search_is_not_disturbed_by_enrolments_in_another_thread() -> None:
    probes = unit_rows(4, seed=5)
    index = GalleryIndex.of(templates_of(40), NAMES)
    before = index.search(probes, 40)

    def enrol_everybody_again() -> int:
        grown = index
        for i in range(60):
            ids = [f"new{i}"] * 4
            grown = grown.appended(stored(probes, ids, 1000 + 4 * i), {ids[0]: "New"})
        return len(grown)

    with ThreadPoolExecutor(1) as enroller:
        enrolling = enroller.submit(enrol_everybody_again)
        while not enrolling.done():
            found = index.search(probes, 40)
            assert found.template_ids.tolist() == before.template_ids.tolist()
    assert enrolling.result() == 280


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


# --- people and rejections ------------------------------------------------------------------------


def of_three() -> GalleryIndex:
    """id0 has the examples 1 and 4 and the rejection 50, id1 2 and 5, id2 3; id9 has 51 only."""
    examples = stored(unit_rows(5), ["id0", "id1", "id2", "id0", "id1"])
    rejections = stored(unit_rows(2, seed=1), ["id0", "id9"], 50)
    return GalleryIndex.of(examples, NAMES).rejecting(rejections)


def owners(index: GalleryIndex) -> dict[int, str]:
    return {
        int(template_id): identity_id
        for rows in index.blocks
        for template_id, identity_id in zip(rows.template_ids, rows.identity_ids, strict=True)
    }


def rejected(index: GalleryIndex) -> dict[str, list[int]]:
    return {key: own.template_ids.tolist() for key, own in index.rejections.items()}


def anew(owner_of: dict[int, str], rejections: dict[str, list[int]]) -> GalleryIndex:
    """The examples and rejections of `of_three` as other people's, from the beginning."""
    rows = {**dict(enumerate(unit_rows(5), 1)), **dict(enumerate(unit_rows(2, seed=1), 50))}

    def some(owner_of: dict[int, str]) -> StoredTemplates:
        ids = np.array(sorted(owner_of), np.int64)
        embeddings = np.array([rows[i] for i in ids.tolist()], np.float32).reshape(-1, DIMENSION)
        return StoredTemplates(ids, tuple(owner_of[i] for i in ids.tolist()), embeddings)

    names = {**NAMES, "id9": "Person 9", "new": "New"}
    others = {i: key for key, own in rejections.items() for i in own}
    return GalleryIndex.of(some(owner_of), names).rejecting(some(others))


def test_a_new_name_is_that_of_the_same_examples() -> None:
    index = of_three()
    renamed = index.renamed("id0", "Anna")
    assert renamed.names["id0"] == "Anna"
    assert index.names["id0"] == "Person 0"
    assert renamed.blocks is index.blocks
    assert index.renamed("id9", "Nobody") is index  # without an example nobody is searched for


def test_rejections_are_added_to_those_that_somebody_has() -> None:
    index = of_three()
    more = index.rejecting(stored(unit_rows(2, seed=2), ["id1", "id0"], 60))
    assert rejected(more) == {"id0": [50, 61], "id1": [60], "id9": [51]}
    assert rejected(index) == {"id0": [50], "id9": [51]}
    assert same_index(index.rejecting(StoredTemplates.none(DIMENSION)), index)


def test_a_face_is_rejected_when_it_is_more_like_a_rejection_than_like_the_person() -> None:
    index, rejection = of_three(), unit_rows(2, seed=1)[0]
    assert index.rejects("id0", rejection, 0.9)
    assert not index.rejects("id0", unit_rows(1)[0], 1.0)
    assert not index.rejects("id1", rejection, -1.0)


@pytest.mark.parametrize(
    ("template_ids", "examples", "rejections"),
    [([], [], []), ([99], [], []), ([1, 5, 51, 99], [1, 5], [51])],
)
def test_templates_are_found_by_their_ids(
    template_ids: list[int], examples: list[int], rejections: list[int]
) -> None:
    taken = of_three().taken(template_ids)
    assert [one.template_ids.tolist() for one in taken] == [examples, rejections]
    assert [one.embeddings.shape[1] for one in taken] == [DIMENSION, DIMENSION]


def test_all_examples_of_one_person_are_given() -> None:
    own = of_three().templates_of("id0")
    assert own.template_ids.tolist() == [1, 4]
    assert np.array_equal(own.embeddings, unit_rows(5)[[0, 3]])
    assert len(of_three().templates_of("id9")) == 0


def test_removed_templates_are_gone_from_examples_rejections_and_sums() -> None:
    index = of_three()
    less = index.without_templates([1, 3, 50, 99])
    assert same_index(less, anew({2: "id1", 4: "id0", 5: "id1"}, {"id9": [51]}))
    assert same_index(index, of_three())
    assert "id2" not in less.names
    assert index.without_templates([]).blocks is index.blocks
    none = index.without_templates([1, 2, 3, 4, 5, 50, 51])
    assert same_index(none, GalleryIndex.empty(DIMENSION))


def test_who_is_removed_takes_their_rejections_along() -> None:
    assert rejected(of_three().without("id0")) == {"id9": [51]}
    assert rejected(of_three().without("id9")) == {"id0": [50]}


def test_moved_templates_are_those_of_somebody_else() -> None:
    moved = of_three().moved([1, 2, 50], "id2", "Person 2")
    expected = {1: "id2", 2: "id2", 3: "id2", 4: "id0", 5: "id1"}
    assert same_index(moved, anew(expected, {"id2": [50], "id9": [51]}))
    new = of_three().moved([1, 4], "new", "New")
    expected = {1: "new", 2: "id1", 3: "id2", 4: "new", 5: "id1"}
    assert same_index(new, anew(expected, {"id0": [50], "id9": [51]}))
    assert "id0" not in new.names
    assert same_index(of_three().moved([99], "id2", "Person 2"), of_three())


def test_who_is_merged_leaves_examples_and_rejections() -> None:
    merged = of_three().merged("id0", "id1", "Person 1")
    expected = {1: "id1", 2: "id1", 3: "id2", 4: "id1", 5: "id1"}
    assert same_index(merged, anew(expected, {"id1": [50], "id9": [51]}))
    nobody = of_three().merged("id9", "id1", "Person 1")
    assert owners(nobody) == owners(of_three())
    assert rejected(nobody) == {"id0": [50], "id1": [51]}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from("mgf"), st.integers(0, 4), st.integers(0, 4)),
        max_size=6,
    ),
    m=st.integers(1, 400),
)
@settings(max_examples=25)
def test_after_any_changes_a_search_equals_brute_force(
    steps: list[tuple[str, int, int]], m: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        use_small_blocks(patch)
        all_templates = templates_of(m)
        index = GalleryIndex.of(all_templates, NAMES)
        expected = dict(zip(range(1, m + 1), all_templates.identity_ids, strict=True))
        for step, (what, a, b) in enumerate(steps):
            some = list(expected)[step::7]
            if what == "f":
                index = index.without_templates(some)
                expected = {i: key for i, key in expected.items() if i not in some}
            elif what == "g":
                index = index.merged(f"id{a}", f"id{b}", f"Person {b}") if a != b else index
                expected = {i: f"id{b}" if k == f"id{a}" else k for i, k in expected.items()}
            else:
                index = index.moved(some, f"id{b}", f"Person {b}")
                expected = {i: f"id{b}" if i in some else k for i, k in expected.items()}
        assert owners(index) == expected
        ids = np.array(sorted(expected), np.int64)
        kept = StoredTemplates(
            ids, tuple(expected[i] for i in ids.tolist()), all_templates.embeddings[ids - 1]
        )
        assert same_index(index, GalleryIndex.of(kept, NAMES))
        probes = unit_rows(2, seed=7)
        assert_equals_brute_force(index.search(probes, 5), probes, kept, 5)


# --- one probe, without TensorFlow ----------------------------------------------------------------


@given(m=st.integers(0, 900), k=st.integers(1, 80), seed=st.integers(0, 100))
@settings(max_examples=25)
def test_the_nearest_by_numpy_are_those_that_a_search_finds(m: int, k: int, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        use_small_blocks(patch)
        index = GalleryIndex.of(templates_of(m), NAMES).without(f"id{seed % 7}")
        probe = unit_rows(1, seed=seed)
        searched, exactly = index.search(probe, k), index.blocks.nearest_exactly(probe[0], k)
    assert exactly.similarities.tolist() == searched.similarities.tolist()
    assert exactly.template_ids.tolist() == searched.template_ids.tolist()
    assert exactly.identity_ids.tolist() == searched.identity_ids.tolist()
    assert exactly.similarities.dtype == np.float32
