from __future__ import annotations

import pytest

from facestream.hosts import checked_host, in_url, split_at_commas


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("attic", "attic"),
        ("Faces.Example.ORG", "faces.example.org"),
        (" 192.168.1.20 ", "192.168.1.20"),
        ("FD00:0:0::20", "fd00::20"),
    ],
)
def test_host_is_a_name_or_an_address(written: str, host: str) -> None:
    assert checked_host(written) == host


@pytest.mark.parametrize(
    "written", ["", "https://attic", "attic:8443", "[fd00::20]", "attic/", "two words", "a..b", "*"]
)
def test_what_is_neither_a_name_nor_an_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="neither a host name nor an IP address"):
        checked_host(written)


def test_only_an_address_of_ipv6_gets_brackets() -> None:
    assert [in_url(host) for host in ("attic", "10.0.0.7", "fd00::20")] == [
        *("attic", "10.0.0.7", "[fd00::20]"),
    ]


def test_values_are_split_at_commas_and_lists_stay_as_they_are() -> None:
    assert split_at_commas("") == []
    assert split_at_commas("attic, 10.0.0.7,") == ["attic", "10.0.0.7"]
    assert split_at_commas(["attic"]) == ["attic"]
