from __future__ import annotations

import pytest

from facestream.engine.places import Places
from facestream.errors import Overloaded


def test_who_comes_when_all_places_are_taken_is_refused_until_one_is_free() -> None:
    places = Places(2, "too many")
    with places.one():
        with places.one(), pytest.raises(Overloaded, match="too many"), places.one():
            pass
        with places.one():
            pass


def test_a_place_is_free_again_after_an_error() -> None:
    places = Places(1, "too many")
    with pytest.raises(ZeroDivisionError), places.one():
        raise ZeroDivisionError
    with places.one():
        pass
