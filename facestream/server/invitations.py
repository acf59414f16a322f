"""Codes of join links -> the role that each of them grants, once and for some minutes. No I/O."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from facestream.errors import JoinLinkOver
from facestream.server.roles import Role
from facestream.server.tokens import hash_of

__all__ = ["MOST_CODES", "Invitation", "Invitations"]

CODE_BYTES = 16  # as the access token: nobody guesses it in its minutes
MOST_CODES = 32


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code grants, and to whom, if that was said. `until_s`: Unix time in seconds."""

    role: Role
    until_s: float
    name: str = ""


class Invitations:
    """The codes that are outstanding; in memory, so none outlives the server.

    Owned by the application. Bound: `MOST_CODES`. Policy: the one made first goes.

    Args:
        now_s: the Unix time in seconds.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._open: OrderedDict[str, Invitation] = OrderedDict()

    def make(self, role: Role, seconds: float, name: str = "") -> tuple[str, Invitation]:
        """A new code."""
        code = secrets.token_urlsafe(CODE_BYTES)
        invitation = Invitation(role, self._now_s() + seconds, name)
        self._put(code, invitation)
        return code, invitation

    def look(self, code: str) -> Invitation:
        """What the code grants; it stays good. Raises JoinLinkOver."""
        invitation = self._open.get(hash_of(code))
        if invitation is None or invitation.until_s <= self._now_s():
            raise JoinLinkOver("this link was used already, is too old, or was never one")
        return invitation

    def take(self, code: str) -> Invitation:
        """What the code grants; from now on nobody else gets that by it. Raises JoinLinkOver."""
        invitation = self.look(code)
        del self._open[hash_of(code)]
        return invitation

    def give_back(self, code: str, invitation: Invitation) -> None:
        """The code was taken, and nobody got anything by it."""
        self._put(code, invitation)

    def _put(self, code: str, invitation: Invitation) -> None:
        self._open[hash_of(code)] = invitation
        if len(self._open) > MOST_CODES:
            self._open.popitem(last=False)
