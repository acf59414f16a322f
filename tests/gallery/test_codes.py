import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facestream.gallery.codes import ROWS_AT_A_TIME, encode

from .fakes import unit_rows


@pytest.mark.parametrize("n", [0, 1, ROWS_AT_A_TIME + 1])
def test_an_error_is_the_length_of_what_the_code_misses(n: int) -> None:
    embeddings = unit_rows(n, 192)
    codes = encode(embeddings)
    assert codes.values.shape == (n, 192)
    assert codes.values.dtype == np.int8
    missing = embeddings - codes.scales[:, np.newaxis] * codes.values
    np.testing.assert_allclose(codes.errors, np.linalg.norm(missing, axis=1), rtol=1e-4)


def test_the_error_is_small_beside_the_embedding() -> None:
    assert encode(unit_rows(1000, 192)).errors.max() < 0.012


@given(length=st.floats(1e-30, 1e18), seed=st.integers(0, 100))
@settings(max_examples=30)
def test_embeddings_of_any_length_have_the_same_code(length: float, seed: int) -> None:
    row = unit_rows(1, seed=seed)
    longer = encode(row * np.float32(length))
    difference = longer.values.astype(int) - encode(row).values
    assert np.abs(difference).max() <= 1  # half a step may round either way
    assert longer.scales[0] == pytest.approx(length * encode(row).scales[0], rel=1e-5)


def test_the_largest_number_gets_the_largest_code() -> None:
    codes = encode(np.array([[0.6, -0.8], [0, 1], [-1, 0], [0, 0]], np.float32))
    assert codes.values.tolist() == [[95, -127], [0, 127], [-127, 0], [0, 0]]
    assert codes.errors[1:].tolist() == [0, 0, 0]
