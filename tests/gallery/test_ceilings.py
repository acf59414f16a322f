import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery.ceilings import (
    CAPACITIES,
    GROUP,
    PROBE_COUNTS,
    CodedProbes,
    CodedTemplates,
)
from facestream.gallery.codes import encode
from facestream.records import Float32

from .fakes import unit_rows

CAPACITY = CAPACITIES[0]


def ceilings_of(templates: Float32, probes: Float32) -> Float32:
    """(groups, b), of the groups with templates."""
    coded = CodedTemplates.of(templates, CAPACITY)
    ceilings: Float32 = coded.ceilings(CodedProbes.of(probes)).numpy()
    return ceilings[: -(-len(templates) // GROUP), : len(probes)]


def highest_of(templates: Float32, probes: Float32) -> Float32:
    """(groups, b), the highest similarity in each group."""
    similarities = templates.astype(np.float64) @ probes.astype(np.float64).T
    starts = np.arange(0, len(templates), GROUP)
    return np.maximum.reduceat(similarities, starts, axis=0)


@given(
    m=st.integers(1, 300),
    b=st.integers(1, 9),
    spikes=st.floats(0, 50),
    length=st.floats(0.01, 100),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60)
def test_no_similarity_in_a_group_is_above_its_ceiling(
    m: int, b: int, spikes: float, length: float, seed: int
) -> None:
    """Also for rows with one large number, which leaves few steps to the others."""
    templates, probes = unit_rows(m, 192, seed), unit_rows(b, 192, seed + 1)
    templates[:, 0] += spikes * (np.arange(m) % 2)
    templates /= np.linalg.norm(templates, axis=1, keepdims=True)
    probes[:, 1] += spikes * (np.arange(b) % 2)
    probes *= np.float32(length)
    assert np.all(ceilings_of(templates, probes) >= highest_of(templates, probes))


def along(missing: Float32) -> Float32:
    """Unit rows in much the same direction, whose codes miss nothing: numbers of one size."""
    return np.where(missing < 0, -1, 1).astype(np.float32) / np.float32(np.sqrt(missing.shape[1]))


def missing_of(embeddings: Float32) -> Float32:
    codes = encode(embeddings)
    return embeddings - codes.scales[:, np.newaxis] * codes.values


def test_a_ceiling_holds_for_a_probe_along_all_that_the_code_of_a_template_misses() -> None:
    template = unit_rows(1, 192)
    probe = along(missing_of(template))
    assert ceilings_of(template, probe) >= highest_of(template, probe)


def test_a_ceiling_holds_for_a_template_along_all_that_the_code_of_a_probe_misses() -> None:
    probe = unit_rows(1, 192)
    template = along(missing_of(probe))
    assert ceilings_of(template, probe) >= highest_of(template, probe)


def test_a_ceiling_is_close_to_the_highest_similarity() -> None:
    templates, probes = unit_rows(1000, 192), unit_rows(8, 192, seed=1)
    above = ceilings_of(templates, probes) - highest_of(templates, probes)
    assert above.max() < 0.03


def test_the_ceiling_where_no_template_is_is_below_all() -> None:
    coded = CodedTemplates.of(unit_rows(GROUP, 192), CAPACITY)
    ceilings = coded.ceilings(CodedProbes.of(unit_rows(1, 192))).numpy()
    assert np.isfinite(ceilings[0]).all()
    assert np.all(ceilings[1:] == -np.inf)


def test_codes_can_be_put_after_others() -> None:
    templates, probes = unit_rows(100, 192), CodedProbes.of(unit_rows(8, 192, seed=1))
    at_once = CodedTemplates.of(templates, CAPACITY)
    one_after_the_other = CodedTemplates.of(templates[:37], CAPACITY).replaced(37, templates[37:])
    assert np.array_equal(one_after_the_other.ceilings(probes), at_once.ceilings(probes))


@pytest.mark.parametrize("b", [0, 1, 8, 9, PROBE_COUNTS[-1]])
def test_probes_are_filled_up_to_a_known_number(b: int) -> None:
    assert CodedProbes.of(unit_rows(b)).values.shape[0] in PROBE_COUNTS


def test_every_capacity_is_made_of_whole_groups() -> None:
    assert all(capacity % GROUP == 0 for capacity in CAPACITIES)
