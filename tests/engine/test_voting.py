from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.engine.voting import vote
from facestream.records import Reason
from tests.engine.scenes import named, sample


def said(*names: str | None) -> str | None:
    """The verdict over samples of equal quality with these names."""
    winner = vote([sample(name=name) for name in names]).named
    return winner and winner.display_name


@pytest.mark.parametrize(
    ("names", "winner"),
    [
        (["Ada"], "Ada"),
        ([None], None),
        ([None, "Ada"], "Ada"),
        (["Ada", None], "Ada"),
        (["Ada", None, None], None),
        ([None, "Ada", "Ada", None, None], "Ada"),
        ([None, None, "Ada", None, "Bob"], None),
        (["Ada", "Ada", "Bob", "Ada"], "Ada"),
        (["Ada", "Ada", "Bob", "Bob", "Bob"], "Bob"),
        (["Ada", "Bob", None], None),
    ],
)
def test_the_most_votes_win_unless_most_are_for_nobody(
    names: list[str | None], winner: str | None
) -> None:
    assert said(*names) == winner


def test_a_good_look_outweighs_poor_ones() -> None:
    good = sample(name="Ada", quality=0.9)
    poor = [sample(name=None, quality=0.2) for _ in range(3)]
    assert vote([*poor, good]).named is not None


def test_the_decision_shown_is_the_best_one_for_the_winner() -> None:
    looks = [sample(decision=named("Ada", s)) for s in (0.7, 0.9, 0.8)]
    assert vote(looks).similarity == 0.9


def test_the_newest_look_says_why_there_is_no_name() -> None:
    assert vote([sample(name="Ada"), sample(), sample()]).reason is Reason.TOO_FAR


@given(st.lists(st.sampled_from(["Ada", "Bob", "Eve", None]), min_size=1, max_size=5))
def test_who_has_most_votes_or_nobody_is_said(names: list[str | None]) -> None:
    winner = said(*names)
    assert winner is None or names.count(winner) == max(
        names.count(name) for name in names if name is not None
    )
    decision = vote([sample(name=name) for name in names])
    assert (decision.named is None) == (decision.reason is not None)
