from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from facestream.server.banner import banner

DATA = Path("/home/ann/facestream")
CA = DATA / "tls" / "ca.pem"
TOKEN = "my-own-token_1234"
BLOCKS = "█▀▄"
FINGERPRINT = ":".join(f"{octet:02X}" for octet in range(32))
ADDRESSES = ("192.168.1.20", "10.0.0.7", "fd00::20")


def text(
    host: str = "0.0.0.0",
    addresses: tuple[str, ...] = ADDRESSES,
    token: str | None = TOKEN,
    ca: Path | None = CA,
    helper_port: int | None = 8480,
    public_names: tuple[str, ...] = (),
) -> str:
    return banner(
        host=host,
        port=8443,
        helper_port=helper_port,
        addresses=addresses,
        public_names=public_names,
        token=token,
        ca=ca,
        fingerprint=None if ca is None else FINGERPRINT,
        data=DATA,
    )


def code_lines(shown: str) -> list[str]:
    return [line.strip() for line in shown.split("\n") if set(line) & set(BLOCKS)]


def other_lines(shown: str) -> list[str]:
    return [line for line in shown.split("\n") if not set(line) & set(BLOCKS)]


def as_seen(code: list[str]) -> NDArray[np.uint8]:
    """The picture that a terminal with light letters on a dark ground makes of block characters."""
    rows = []
    for line in code:
        rows.append([255 * (letter in "█▀") for letter in line])
        rows.append([255 * (letter in "█▄") for letter in line])
    return np.array(rows, np.uint8).repeat(8, axis=0).repeat(8, axis=1)


def test_banner_says_where_to_go_where_the_data_lie_and_what_to_trust() -> None:
    shown = other_lines(text())
    assert shown[1:] == [
        "",
        "  This machine    https://localhost:8443/?token=my-own-token_1234",
        "  Other devices   https://192.168.1.20:8443/?token=my-own-token_1234",
        "                  https://10.0.0.7:8443/?token=my-own-token_1234",
        "  First visit     http://192.168.1.20:8480 shows a device how to trust this server",
        "",
        "  Point a phone's camera at this.",
        "",
        "  Gallery in      /home/ann/facestream",
        "  Certificate     /home/ann/facestream/tls/ca.pem",
        "                  Install this file on a device, and its browser stops warning.",
        "                  SHA-256 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F",
        "                          10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F",
        "",
    ]


def test_code_fits_a_small_terminal() -> None:
    code = code_lines(text())
    assert 15 <= len(code) <= 20
    assert max(map(len, code)) <= 40


def test_phone_reads_the_first_address_from_the_code() -> None:
    url, _, _ = cv2.QRCodeDetector().detectAndDecode(as_seen(code_lines(text())))
    assert url == "https://192.168.1.20:8443/?token=my-own-token_1234"


@pytest.mark.parametrize(
    ("host", "addresses", "own", "others"),
    [
        ("0.0.0.0", (), "https://localhost:8443/", []),
        ("0.0.0.0", ("fd00::20",), "https://localhost:8443/", []),
        ("::", ADDRESSES, "https://localhost:8443/", ["https://[fd00::20]:8443/"]),
        ("127.0.0.1", ADDRESSES, "https://127.0.0.1:8443/", []),
        ("::1", ADDRESSES, "https://[::1]:8443/", []),
        ("localhost", ADDRESSES, "https://localhost:8443/", []),
        ("10.0.0.7", ADDRESSES, "https://10.0.0.7:8443/", ["https://10.0.0.7:8443/"]),
        ("attic.local", ADDRESSES, "https://attic.local:8443/", ["https://attic.local:8443/"]),
    ],
)
def test_only_addresses_that_are_listened_on_are_shown(
    host: str, addresses: tuple[str, ...], own: str, others: list[str]
) -> None:
    shown = text(host, addresses, token=None)
    urls = [word for word in shown.split() if word.startswith("https://")]
    assert urls == [own, *others]
    assert bool(code_lines(shown)) == bool(others)
    assert ("none: no network address" in shown) == (not others)


@pytest.mark.parametrize(
    ("host", "addresses", "url"),
    [
        ("0.0.0.0", (), "http://localhost:8480"),
        ("::", ADDRESSES, "http://[fd00::20]:8480"),
        ("127.0.0.1", ADDRESSES, "http://127.0.0.1:8480"),
        ("attic.local", ADDRESSES, "http://attic.local:8480"),
    ],
)
def test_first_visit_is_where_most_devices_get_to(
    host: str, addresses: tuple[str, ...], url: str
) -> None:
    [line] = [line for line in text(host, addresses).split("\n") if "First visit" in line]
    assert url in line.split()


def test_without_a_helper_page_none_is_told() -> None:
    assert "http://" not in text(helper_port=None)


def test_no_auth_is_said_plainly() -> None:
    shown = text(token=None)
    assert "--no-auth: all who reach this port" in shown
    assert "token" not in shown
    assert "--no-auth" not in text()


def test_no_tls_is_said_plainly_and_shows_no_code_as_phones_would_get_no_camera() -> None:
    shown = text(ca=None, helper_port=None)
    assert "--no-tls" in shown
    assert "SHA-256" not in shown
    assert "https" not in shown
    assert "Certificate" not in shown
    assert code_lines(shown) == []
    assert "--no-tls" not in text()


def test_public_names_take_the_place_of_addresses_that_others_cannot_reach() -> None:
    shown = text(public_names=("attic.local", "fd00::9"), addresses=("172.17.0.2",))
    assert "172.17.0.2" not in shown
    assert "https://attic.local:8443/" in shown
    assert "https://[fd00::9]:8443/" in shown
    assert "http://attic.local:8480 shows a device how" in shown


def test_public_names_are_not_shown_where_only_a_proxy_gets_through() -> None:
    assert "attic" not in text(host="127.0.0.1", ca=None, public_names=("attic.local",))
