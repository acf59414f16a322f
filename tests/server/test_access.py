from __future__ import annotations

from pathlib import Path

import pytest

from facestream.errors import ForbiddenOrigin, StoreFailed, Unauthorised
from facestream.server.access import (
    check_host,
    check_origin,
    check_token,
    given_token,
    read_or_create_token,
)

NAMES = ("attic", "attic.local", "localhost")


def test_token_is_made_once_and_kept_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    token = read_or_create_token(folder)
    assert len(token) >= 22  # 128 bits
    assert read_or_create_token(folder) == token
    assert (folder / "token").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in folder.iterdir()] == ["token"]


def test_every_data_folder_has_its_own_token(tmp_path: Path) -> None:
    assert read_or_create_token(tmp_path / "a") != read_or_create_token(tmp_path / "b")


def test_token_may_be_written_by_a_person(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  my-own-token_1234\r\n")
    assert read_or_create_token(tmp_path) == "my-own-token_1234"


@pytest.mark.parametrize("content", [b"", b"short", b"with a space, long enough", b"\xff" * 20])
def test_unusable_token_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(StoreFailed, match="token"):
        read_or_create_token(tmp_path)
    assert (tmp_path / "token").read_bytes() == content


def test_token_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(StoreFailed, match="token"):
        read_or_create_token(tmp_path / "data")


@pytest.mark.parametrize(
    ("query", "cookies", "headers", "token"),
    [
        ({}, {}, {}, None),
        ({"token": "q"}, {}, {}, "q"),
        ({}, {"facestream_token": "c"}, {}, "c"),
        ({}, {}, {"Authorization": "Bearer h"}, "h"),
        ({}, {}, {"Authorization": "bearer  h "}, "h"),
        ({"token": "q"}, {"facestream_token": "c"}, {}, "q"),
        ({"token": "q"}, {"facestream_token": "c"}, {"Authorization": "Bearer h"}, "h"),
        ({}, {"facestream_token": "c"}, {"Authorization": "Basic eDp5"}, "c"),
        ({}, {}, {"Authorization": "Bearer"}, ""),
        ({"token": ""}, {}, {}, ""),
        ({}, {"token": "c"}, {}, None),
    ],
)
def test_token_is_taken_from_header_then_query_then_cookie(
    query: dict[str, str], cookies: dict[str, str], headers: dict[str, str], token: str | None
) -> None:
    assert given_token(query, cookies, headers) == token


def test_right_token_passes() -> None:
    check_token("my-own-token_1234", "my-own-token_1234")


@pytest.mark.parametrize(
    "given", [None, "", "my-own-token_123", "my-own-token_12345", "clé", "\udcff"]
)
def test_missing_or_wrong_token_is_unauthorised(given: str | None) -> None:
    with pytest.raises(Unauthorised):
        check_token("my-own-token_1234", given)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (None, "192.168.1.20:8443"),
        ("https://192.168.1.20:8443", "192.168.1.20:8443"),
        ("https://Attic.local:8443", "attic.local:8443"),
        ("http://localhost:8080", "localhost:8080"),
        ("https://[fd00::20]:8443", "[fd00::20]:8443"),
        ("https://attic.local", "attic.local:443"),
        ("https://attic.local:443", "attic.local"),
        ("http://attic.local", "attic.local:80"),
    ],
)
def test_own_page_passes(origin: str | None, host: str) -> None:
    check_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("", "attic.local:8443"),
        ("null", "attic.local:8443"),
        ("https://evil.example", "attic.local:8443"),
        ("https://attic.local", "attic.local:8443"),
        ("https://attic.local:9000", "attic.local:8443"),
        ("https://attic.local:8443.evil.example", "attic.local:8443"),
        ("https://attic.local.evil.example:8443", "attic.local:8443"),
        ("https://evil.example/attic.local:8443", "attic.local:8443"),
        ("file://attic.local:8443", "attic.local:8443"),
        ("attic.local:8443", "attic.local:8443"),
        ("https://attic.local:8443", ""),
        ("https://", ""),
        ("https://[fd00::20", "[fd00::20"),
        ("https://attic.local:99999", "attic.local:99999"),
    ],
)
def test_page_of_another_site_is_forbidden(origin: str, host: str) -> None:
    with pytest.raises(ForbiddenOrigin):
        check_origin(origin, host)


@pytest.mark.parametrize(
    "host", ["localhost:8443", "Attic.local", "192.168.1.20:8443", "[fd00::20]:8443"]
)
def test_own_name_and_any_address_pass(host: str) -> None:
    check_host(host, NAMES)


@pytest.mark.parametrize("host", ["", "evil.example:8443", "localhost.evil.example", "[::1"])
def test_name_of_another_site_that_points_here_is_forbidden(host: str) -> None:
    with pytest.raises(ForbiddenOrigin):
        check_host(host, NAMES)
