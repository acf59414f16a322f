import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.errors import BadWeights, MissingWeights
from facestream.gallery.calibration import Calibration, load_calibration

from .fakes import NEARER, NON_MATED_MEAN, NON_MATED_SD, synthetic_calibration

CALIBRATION = synthetic_calibration()


@pytest.mark.parametrize(("fmr", "deviations"), [(0.5, 0.0), (0.01, 2.3263), (0.001, 3.0902)])
def test_the_threshold_is_where_the_curve_has_that_rate(fmr: float, deviations: float) -> None:
    expected = NON_MATED_MEAN + deviations * NON_MATED_SD
    assert CALIBRATION.threshold_for(fmr) == pytest.approx(expected, abs=0.002)


def test_strangers_get_a_name_as_rarely_as_asked_for_whatever_the_galleries_size() -> None:
    rng = np.random.default_rng(0)
    for identities in (1, 10, 200):
        best = rng.normal(NON_MATED_MEAN, NON_MATED_SD, (20_000, identities)).max(axis=1)
        named = (best >= CALIBRATION.threshold_for(0.01, identities)).mean()
        assert named == pytest.approx(0.01, rel=0.25)


def test_no_identity_counts_as_one() -> None:
    assert CALIBRATION.threshold_for(0.01, 0) == CALIBRATION.threshold_for(0.01, 1)


def test_the_spread_is_the_standard_deviation_of_a_bell_curve() -> None:
    assert CALIBRATION.spread == pytest.approx(NON_MATED_SD, abs=0.002)


def test_who_has_more_templates_needs_more_similarity() -> None:
    one, two, four, forty = (CALIBRATION.threshold_for(0.01, 10, t) for t in (1, 2, 4, 40))
    assert four - one == pytest.approx(NEARER, abs=0.002)
    assert two == pytest.approx((one + four) / 2)  # 2 is halfway from 1 to 4 by its logarithm
    assert forty == four
    assert CALIBRATION.threshold_for(0.01, 10, 0) == one


def test_with_more_templates_the_same_similarity_is_less_certain() -> None:
    confidences = [CALIBRATION.confidence(0.42, 10, templates) for templates in (1, 2, 4)]
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] > confidences[-1] + 0.02


def test_beyond_the_measured_rates_the_threshold_errs_to_the_safe_side() -> None:
    true = NON_MATED_MEAN + 5.9978 * NON_MATED_SD  # one in 1e9; the table ends at 1e-7
    assert true <= CALIBRATION.threshold_for(1e-9) <= true + 0.05
    assert CALIBRATION.threshold_for(1e-300) == 1.0


@given(
    st.floats(1e-12, 0.999), st.floats(1e-12, 0.999), st.integers(0, 10**6), st.integers(0, 10**6)
)
def test_stricter_rates_and_larger_galleries_never_lower_the_threshold(
    fmr: float, other_fmr: float, identities: int, other_identities: int
) -> None:
    strict, lax = sorted((fmr, other_fmr))
    few, many = sorted((identities, other_identities))
    assert CALIBRATION.threshold_for(strict, many) >= CALIBRATION.threshold_for(lax, few) - 1e-12


@pytest.mark.parametrize("fmr", [0.0, 1.0, -1.0, 2.0, float("nan")])
def test_a_rate_must_lie_between_0_and_1(fmr: float) -> None:
    with pytest.raises(ValueError, match="fmr must lie between 0 and 1"):
        CALIBRATION.threshold_for(fmr)


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(0, 10**6))
def test_confidence_lies_in_0_to_1_and_rises_with_the_similarity(
    similarity: float, other: float, identities: int
) -> None:
    low, high = sorted((similarity, other))
    confidences = [CALIBRATION.confidence(s, identities) for s in (low, high)]
    assert 0 <= confidences[0] <= confidences[1] <= 1


@pytest.mark.parametrize("identities", [1, 50])
def test_confidence_is_the_share_of_right_candidates(identities: int) -> None:
    rng = np.random.default_rng(1)
    mated = rng.normal(0.65, 0.12, 100_000)
    strangers = rng.normal(NON_MATED_MEAN, NON_MATED_SD, (100_000, identities)).max(axis=1)
    for similarity in (0.3, 0.4, 0.5):
        right = (abs(mated - similarity) < 0.01).sum()
        wrong = (abs(strangers - similarity) < 0.01).sum()
        share = right / (right + wrong)
        assert CALIBRATION.confidence(similarity, identities) == pytest.approx(share, abs=0.04)


def test_confidence_goes_from_none_to_almost_certain() -> None:
    assert CALIBRATION.confidence(-1.0) == 0.0
    assert CALIBRATION.confidence(0.0) < 0.01
    assert CALIBRATION.confidence(0.8) > 0.99
    assert CALIBRATION.confidence(0.45, 1000) < CALIBRATION.confidence(0.45, 1)


SOUND = {
    "similarity": [0.1, 0.2],
    "templates": [1],
    "false_match_rate": [[0.5, 0.4]],
    "false_non_match_rate": [[0.1, 0.2]],
}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"similarity": []}, "g >= 2"),
        ({"similarity": [0.1]}, "g >= 2"),
        ({"templates": []}, "t >= 1"),
        ({"templates": [1, 2]}, r"must have shape \(2, 2\)"),
        ({"false_match_rate": [[0.5, 0.4, 0.3]]}, r"must have shape \(1, 2\)"),
        ({"similarity": [0.2, 0.2]}, "similarity must ascend"),
        ({"similarity": [0.2, 1.2]}, "similarity must ascend"),
        ({"similarity": [0.1, np.nan]}, "similarity must ascend"),
        ({"templates": [0]}, "templates must ascend"),
        ({"false_match_rate": [[0.4, 0.5]]}, "false_match_rate must not ascend"),
        ({"false_match_rate": [[1.4, 0.5]]}, "false_match_rate must not ascend"),
        ({"false_non_match_rate": [[0.2, 0.1]]}, "false_non_match_rate must not descend"),
        ({"false_match_rate": [[0.5, 0.0]]}, "two different values"),
    ],
)
def test_a_table_that_is_none_is_refused(change: dict[str, list[float]], complaint: str) -> None:
    fields = {name: np.array(values) for name, values in {**SOUND, **change}.items()}
    with pytest.raises(ValueError, match=complaint):
        Calibration("fake", "f", **fields)


def written(folder: Path, **changes: object) -> Path:
    fields = {
        "embedder": "fake",
        "fingerprint": "f" * 64,
        "similarity": [0.0, 0.5, 1.0],
        "comparisons": [
            {
                "templates": 1,
                "false_match_rate": [0.5, 0.001, 0.0],
                "false_non_match_rate": [0.0, 0.1, 1.0],
                "non_mated": 1000,
            }
        ],
    }
    kept = {key: value for key, value in {**fields, **changes}.items() if value is not None}
    (folder / "fake.json").write_text(json.dumps(kept))
    return folder


def test_a_calibration_is_read_from_its_file(tmp_path: Path) -> None:
    calibration = load_calibration("fake", "f" * 64, written(tmp_path))
    assert calibration.threshold_for(0.001) == pytest.approx(0.5)


@pytest.mark.parametrize(("embedder", "weights"), [("dlib", ""), ("facenet", " --weights FILE")])
def test_a_missing_calibration_is_named_with_how_to_make_one(
    tmp_path: Path, embedder: str, weights: str
) -> None:
    with pytest.raises(MissingWeights) as missing:
        load_calibration(embedder, folder=tmp_path)
    assert str(missing.value) == (
        f"There is no calibration for the embedder {embedder}; make one with `facestream evaluate "
        f"calibrate --embedder {embedder}{weights} --images DIR --output {tmp_path / embedder}"
        ".json`."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"similarity": None},
        {"similarity": "high"},
        {"similarity": [1, 0, -1]},
        {"comparisons": []},
        {"comparisons": [{"templates": 1}]},
        {"comparisons": 7},
        {"embedder": "another"},
        {"fingerprint": "0" * 64},
    ],
)
def test_a_calibration_that_does_not_fit_is_refused(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    with pytest.raises(BadWeights, match=r"fake\.json"):
        load_calibration("fake", "f" * 64, written(tmp_path, **changes))


@pytest.mark.parametrize("text", [b"", b"[]", b"3", b"{}", b"\xff\xfe"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "fake.json").write_bytes(text)
    with pytest.raises(BadWeights, match="cannot be used"):
        load_calibration("fake", folder=tmp_path)
