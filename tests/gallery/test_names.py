import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facestream.errors import BadName
from facestream.gallery.names import MAX_NAME_LENGTH, clean_name, name_key

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Anna", "Anna"),
        ("  Anna \t von\n\u2028 Thal ", "Anna von Thal"),
        ("Rene\u0301", "René"),
        ("דָּוִד", unicodedata.normalize("NFC", "דָּוִד")),
        ("محمد علی\u200cنژاد", "محمد علی\u200cنژاد"),  # noqa: RUF001
        (FAMILY, FAMILY),
        ("山田 太郎", "山田 太郎"),
        ("\U0001fae8", "\U0001fae8"),  # newer than the Unicode tables of Python 3.11
        ("a" * MAX_NAME_LENGTH, "a" * MAX_NAME_LENGTH),
        ("e\u0301" * MAX_NAME_LENGTH, "é" * MAX_NAME_LENGTH),
    ],
)
def test_a_name_is_kept_but_for_white_space_and_unicode_form(raw: str, cleaned: str) -> None:
    assert clean_name(raw) == cleaned


@pytest.mark.parametrize(
    "raw",
    ["", " \t\n", "\u00a0", "\u200b", "\u200d\u200d", "\u0301", "\u3164", "\u2800", "\ufe0f"],
)
def test_a_name_without_anything_to_see_is_refused(raw: str) -> None:
    with pytest.raises(BadName, match="visible"):
        clean_name(raw)


@pytest.mark.parametrize("raw", ["a\x00b", "a\x1b[31m", "a\x7f", "a\ud800", "a\u202eb", "a\u2067b"])
def test_control_characters_and_direction_overrides_are_refused(raw: str) -> None:
    with pytest.raises(BadName, match="control"):
        clean_name(raw)


def test_a_name_over_the_limit_is_refused_with_its_length() -> None:
    with pytest.raises(BadName, match="101 characters; at most 100"):
        clean_name("a" * 101)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna", "ANNA"),
        ("Straße", "STRASSE"),
        ("René", "RENE\u0301"),
        ("\uff39amada", "yamada"),
        ("❤\ufe0f", "❤"),
        ("Bob\u200b", "bob"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_case_and_unicode_form_do_not_make_another_name(one: str, other: str) -> None:
    assert name_key(clean_name(one)) == name_key(clean_name(other))


@pytest.mark.parametrize(("one", "other"), [("Anna", "Änna"), ("A B", "AB"), (FAMILY, "👨👩👧")])
def test_other_letters_do_make_another_name(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(alphabet=st.characters(), max_size=120))
def test_cleaning_twice_changes_nothing_more_and_keys_are_stable(raw: str) -> None:
    try:
        name = clean_name(raw)
    except BadName:
        return
    assert clean_name(name) == name
    assert 1 <= len(name) <= MAX_NAME_LENGTH
    name.encode()
    assert name_key(name)
    assert name_key(name_key(name)) == name_key(name)
