"""Who is believed to have sent a request that came through proxies."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from facestream.server import protocol as wire
from facestream.server.keys import SESSIONS
from facestream.server.proxies import client_address, client_scheme
from tests.server.conftest import TOKEN, Serve, Serving

PROXIES = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
LOOPBACK = ["127.0.0.1"]


@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.9", "192.0.2.7", "192.0.2.9"),  # sent by the client itself
        ("127.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),  # the first was sent by the client
        ("127.0.0.1", "192.0.2.7, 10.1.2.3", "192.0.2.7"),  # two proxies of ours
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),  # a client within the trusted network
        ("127.0.0.1", "192.0.2.7, unknown", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.7, unknown, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "192.0.2.7:4711", "192.0.2.7"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:127.0.0.1", "::ffff:192.0.2.7", "192.0.2.7"),
        ("", "192.0.2.7", ""),  # a socket without an address
        ("127.0.0.1", "192.0.2.7," + "10.0.0.1," * 20 + "10.0.0.2", "10.0.0.1"),
    ],
)
def test_client_is_the_last_hop_that_is_no_proxy_of_ours(
    peer: str, header: str, client: str
) -> None:
    assert client_address(peer, header, PROXIES) == client


def test_nobody_is_believed_where_no_proxy_is_named() -> None:
    assert client_address("127.0.0.1", "192.0.2.7", ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("header", "scheme"),
    [("", None), ("https", "https"), ("http, HTTPS ", "https"), ("https, ftp", None)],
)
def test_scheme_is_what_the_last_proxy_was_spoken_to_with(header: str, scheme: str | None) -> None:
    assert client_scheme(header) == scheme


# --- on the wire ----------------------------------------------------------------------------------


def forwarded(client: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": client}


async def test_sessions_count_for_the_client_behind_a_trusted_proxy(serve: Serve) -> None:
    serving = await serve(trusted_proxies=LOOPBACK, max_sessions_per_address=1)
    here = [await serving.client(headers=forwarded(f"192.0.2.{last}")) for last in (7, 8)]
    assert len(serving.app[SESSIONS]) == len(here)
    again = await serving.connect(headers=forwarded("192.0.2.7"))
    await again.send(wire.ClientHello(client="test"))
    await again.expect_error("overloaded")


async def test_sessions_count_for_the_proxy_that_nobody_trusts(serve: Serve) -> None:
    serving = await serve(max_sessions_per_address=1)
    early = await serving.client(headers=forwarded("192.0.2.7"))
    other = await serving.connect(headers=forwarded("192.0.2.8"))
    await other.send(wire.ClientHello(client="test"))
    await other.expect_error("overloaded")
    assert not early.socket.closed


async def sign_in(serving: Serving, **headers: str) -> Any:
    answer = await serving.get(f"/?token={TOKEN}", headers=headers)
    return answer.cookies["facestream_token"]


async def test_cookie_is_for_tls_only_where_a_trusted_proxy_speaks_it(serve: Serve) -> None:
    serving = await serve(tls=False, trusted_proxies=LOOPBACK)
    assert (await sign_in(serving, **{"X-Forwarded-Proto": "https"}))["secure"]
    assert not (await sign_in(serving, **{"X-Forwarded-Proto": "http"}))["secure"]
    assert not (await sign_in(serving))["secure"]


@pytest.mark.parametrize("trusted", [[], ["192.0.2.1"]])
async def test_cookie_is_not_for_tls_where_somebody_else_says_so(
    serve: Serve, trusted: list[str]
) -> None:
    serving = await serve(tls=False, trusted_proxies=trusted)
    assert not (await sign_in(serving, **{"X-Forwarded-Proto": "https"}))["secure"]


async def test_join_link_has_the_scheme_that_the_proxy_speaks(serve: Serve) -> None:
    serving = await serve(tls=False, trusted_proxies=LOOPBACK)
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "X-Forwarded-Proto": "https",
        "Host": "faces.example.org",
    }
    answer = await serving.http.post(
        f"{serving.url}/api/join", json={"role": "viewer"}, headers=headers
    )
    link = await answer.json()
    assert link["url"].startswith("https://faces.example.org/join?code=")


async def test_page_of_the_proxy_is_ours_and_that_of_another_site_is_not(serve: Serve) -> None:
    serving = await serve(tls=False, trusted_proxies=LOOPBACK)

    async def session(origin: str) -> int:
        headers = {"Host": "faces.example.org", "X-Forwarded-Proto": "https", "Origin": origin}
        answer: aiohttp.ClientResponse = await serving.get(
            "/api/session", token=True, headers=headers
        )
        return answer.status

    assert await session("https://faces.example.org") == web.HTTPOk.status_code
    assert await session("https://evil.example") == web.HTTPForbidden.status_code
