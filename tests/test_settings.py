"""Settings that are lists, in all the ways in which they may be given."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import pytest
from pydantic import ValidationError

from facestream.settings import Settings


def test_nobody_is_trusted_and_no_name_is_public_if_nothing_is_said() -> None:
    assert (Settings().public_names, Settings().trusted_proxies) == ((), ())


def test_environment_gives_lists_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESTREAM_PUBLIC_NAMES", "Attic.local, 192.168.1.20")
    monkeypatch.setenv("FACESTREAM_TRUSTED_PROXIES", "127.0.0.1,fd00::/8")
    settings = Settings()
    assert settings.public_names == ("attic.local", "192.168.1.20")
    assert settings.trusted_proxies == (IPv4Network("127.0.0.1/32"), IPv6Network("fd00::/8"))


def test_empty_variable_is_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACESTREAM_PUBLIC_NAMES", "")
    assert Settings().public_names == ()


def test_file_gives_lists_as_lists(tmp_path: Path) -> None:
    config = tmp_path / "facestream.toml"
    config.write_text('public_names = ["attic"]\ntrusted_proxies = ["10.0.0.0/8"]\n')
    settings = Settings(config=config)
    assert settings.public_names == ("attic",)
    assert settings.trusted_proxies == (IPv4Network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PUBLIC_NAMES", "https://attic"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("PORT", "x")],
)
def test_wrong_value_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"FACESTREAM_{name}", value)
    with pytest.raises(ValidationError):
        Settings()
