from __future__ import annotations

import pytest

from facestream.errors import JoinLinkOver
from facestream.server.invitations import MOST_CODES, Invitations
from facestream.server.roles import Role


class Clock:
    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def invitations(clock: Clock) -> Invitations:
    return Invitations(clock)


@pytest.mark.parametrize("code", ["", "unknown", "\udcff"])
def test_unknown_code_grants_nothing(invitations: Invitations, code: str) -> None:
    with pytest.raises(JoinLinkOver):
        invitations.look(code)
    with pytest.raises(JoinLinkOver):
        invitations.take(code)


def test_code_grants_its_role_once(invitations: Invitations, clock: Clock) -> None:
    code, made = invitations.make(Role.OPERATOR, 60)
    assert made.until_s == clock.now_s + 60
    assert invitations.take(code) == made
    with pytest.raises(JoinLinkOver):
        invitations.take(code)


def test_looking_uses_nothing_up(invitations: Invitations) -> None:
    code, made = invitations.make(Role.VIEWER, 60)
    assert [invitations.look(code) for _ in range(3)] == [made] * 3
    assert invitations.take(code) == made


def test_code_is_over_when_its_time_is(invitations: Invitations, clock: Clock) -> None:
    code, _ = invitations.make(Role.VIEWER, 60)
    clock.now_s += 59.9
    invitations.look(code)
    clock.now_s += 0.1
    with pytest.raises(JoinLinkOver):
        invitations.take(code)


def test_code_that_was_given_back_is_good_again(invitations: Invitations) -> None:
    code, made = invitations.make(Role.VIEWER, 60)
    invitations.give_back(code, invitations.take(code))
    assert invitations.take(code) == made


def test_one_code_too_many_takes_the_place_of_the_first(invitations: Invitations) -> None:
    codes = [invitations.make(Role.VIEWER, 60)[0] for _ in range(MOST_CODES + 1)]
    with pytest.raises(JoinLinkOver):
        invitations.look(codes[0])
    for code in codes[1:]:
        invitations.look(code)
