import pytest

from facestream.client.address import Address, parse_address
from facestream.client.errors import BadAddress


@pytest.mark.parametrize(
    ("url", "socket", "token"),
    [
        ("wss://host:8443/ws", "wss://host:8443/ws", None),
        ("wss://host:8443", "wss://host:8443/ws", None),
        ("https://host:8443/?token=abc", "wss://host:8443/ws", "abc"),
        ("http://127.0.0.1:80/", "ws://127.0.0.1:80/ws", None),
        ("ws://[::1]:8443/ws?token=a%2Bb", "ws://[::1]:8443/ws", "a+b"),
        ("https://host/faces/", "wss://host/faces/ws", None),
        ("https://host/?room=1&token=abc", "wss://host/ws?room=1", "abc"),
    ],
)
def test_url_as_people_copy_it_leads_to_the_socket(
    url: str, socket: str, token: str | None
) -> None:
    assert parse_address(url) == Address(socket, token)


@pytest.mark.parametrize(
    "url",
    ["", "host:8443", "127.0.0.1:8443", "ftp://host", "wss://", "wss://host:99999", "wss://["],
)
def test_what_is_no_url_of_a_server_is_refused(url: str) -> None:
    with pytest.raises(BadAddress, match="URL"):
        parse_address(url)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("wss://localhost:1", True),
        ("wss://127.0.0.1", True),
        ("wss://127.9.9.9", True),
        ("wss://[::1]:8443", True),
        ("wss://192.168.1.5", False),
        ("wss://localhost.evil.example", False),
        ("wss://127.0.0.1.evil.example", False),
    ],
)
def test_loopback_is_this_machine_alone(url: str, loopback: bool) -> None:
    assert parse_address(url).is_loopback is loopback
