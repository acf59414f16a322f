"""The helper page's server, on a real socket: what it gives away, and what it does not."""

from __future__ import annotations

import base64
import plistlib
import re
import socket
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from facestream.errors import BadCertificate
from facestream.server import mobileconfig, trust
from facestream.server.authority import Authority, read_authority
from facestream.server.tls import CertificateFiles, server_certificate, ssl_context

HTTPS_PORT = 8443


@pytest.fixture
def files(tmp_path: Path) -> CertificateFiles:
    return server_certificate(tmp_path, ["attic"], [], datetime.now(UTC))


@pytest.fixture
def authority(files: CertificateFiles) -> Authority:
    return read_authority(files.ca)


class Helper(NamedTuple):
    """A helper page that answers, and a browser's half."""

    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        return await self.http.get(self.url + path, allow_redirects=False, **options)


@pytest_asyncio.fixture
async def helper(authority: Authority) -> AsyncIterator[Helper]:
    app = trust.build_trust_app(authority, HTTPS_PORT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with trust.running(app, listening), aiohttp.ClientSession() as http:
            yield Helper(url, http)


# --- the certificate ------------------------------------------------------------------------------


def test_authority_is_what_devices_show_of_it(files: CertificateFiles) -> None:
    certificate = x509.load_pem_x509_certificate(files.ca.read_bytes())
    authority = read_authority(files.ca)
    assert authority.name == "facestream on attic"
    assert authority.der == certificate.public_bytes(Encoding.DER)
    assert authority.fingerprint.replace(":", "").lower() == sha256(authority.der).hexdigest()
    assert re.fullmatch(r"([0-9A-F]{2}:){31}[0-9A-F]{2}", authority.fingerprint)


def test_what_else_is_in_the_file_is_not_given_away(files: CertificateFiles) -> None:
    files.ca.write_bytes(files.ca.read_bytes() + files.key.read_bytes())
    authority = read_authority(files.ca)
    assert b"PRIVATE KEY" not in authority.pem
    assert authority.pem.count(b"BEGIN") == 1


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_file_that_is_no_certificate_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    with pytest.raises(BadCertificate, match=r"ca\.pem"):
        read_authority(tmp_path / "ca.pem")


# --- the profile ----------------------------------------------------------------------------------


def identifiers(profile: bytes) -> set[str]:
    parsed = plistlib.loads(profile)
    parts = [parsed, *parsed["PayloadContent"]]
    return {part[key] for part in parts for key in ("PayloadUUID", "PayloadIdentifier")}


def test_profile_holds_the_certificate_as_a_root(authority: Authority) -> None:
    profile = plistlib.loads(mobileconfig.profile(authority))
    assert profile["PayloadType"] == "Configuration"
    assert profile["PayloadVersion"] == 1
    assert profile["PayloadDisplayName"] == "facestream on attic"
    assert not profile["PayloadRemovalDisallowed"]
    [root] = profile["PayloadContent"]
    assert root["PayloadType"] == "com.apple.security.root"
    assert root["PayloadVersion"] == 1
    assert root["PayloadContent"] == authority.der


def test_profile_carries_the_certificate_in_base64(authority: Authority) -> None:
    text = re.sub(rb"\s", b"", mobileconfig.profile(authority))
    assert b"<data>" + base64.b64encode(authority.der) + b"</data>" in text


def test_profile_installed_twice_takes_its_own_place(
    authority: Authority, files: CertificateFiles
) -> None:
    again = mobileconfig.profile(read_authority(files.ca))
    assert identifiers(again) == identifiers(mobileconfig.profile(authority))
    assert len(identifiers(again)) == 4


def test_profile_of_another_server_takes_nobodys_place(
    authority: Authority, tmp_path: Path
) -> None:
    made = server_certificate(tmp_path / "other", ["attic"], [], datetime.now(UTC))
    other = mobileconfig.profile(read_authority(made.ca))
    assert not identifiers(other) & identifiers(mobileconfig.profile(authority))


# --- what is served -------------------------------------------------------------------------------


async def test_each_system_gets_the_certificate_as_it_knows_it(
    helper: Helper, authority: Authority
) -> None:
    profile = await helper.get("/facestream.mobileconfig")
    assert profile.content_type == "application/x-apple-aspen-config"
    assert await profile.read() == mobileconfig.profile(authority)
    assert "Content-Disposition" not in profile.headers

    der = await helper.get("/facestream-ca.crt")
    assert der.content_type == "application/x-x509-ca-cert"
    assert await der.read() == authority.der
    assert der.headers["Content-Disposition"] == 'attachment; filename="facestream-ca.crt"'

    pem = await helper.get("/facestream-ca.pem")
    assert pem.content_type == "application/x-x509-ca-cert"
    assert x509.load_pem_x509_certificate(await pem.read()).public_bytes(Encoding.DER) == (
        authority.der
    )


async def test_page_learns_where_the_app_is_and_what_to_compare(
    helper: Helper, authority: Authority
) -> None:
    about = await (await helper.get("/about.json")).json()
    assert about == {
        "https_port": HTTPS_PORT,
        "name": "facestream on attic",
        "fingerprint": authority.fingerprint,
    }


async def test_page_and_all_that_it_loads_is_served(helper: Helper) -> None:
    page = await helper.get("/")
    assert (page.status, page.content_type) == (200, "text/html")
    html = await page.text()
    loaded = set(re.findall(r'(?:href|src)="(/[^"]+)"', html))
    assert {"/trust.css", "/main.js", "/styles/tokens.css", "/facestream.mobileconfig"} <= loaded
    for path in loaded:
        response = await helper.get(path)
        assert response.status == 200, path
        if response.content_type.endswith("javascript"):
            for module in re.findall(r"from '\.{1,2}(/[^']+)'", await response.text()):
                assert (await helper.get(module)).status == 200, module


@pytest.mark.parametrize(
    "path",
    [
        "/index.html",
        "/favicon.ico",
        "/js/main.js",
        "/js/",
        "/styles/base.css",
        "/ws",
        "/reach",
        "/metrics",
        "/api/gallery",
        "/tls/ca-key.pem",
        "/token",
        "//evil.example",
        "/..%2f..%2fstyles%2fbase.css",
        "/?token=x",
    ],
)
async def test_any_other_path_leads_to_the_page(helper: Helper, path: str) -> None:
    response = await helper.get(path)
    if path.startswith("/?"):
        assert response.status == 200
    else:
        assert (response.status, response.headers["Location"]) == (302, "/")
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/about.json", "/facestream.mobileconfig", "/nothing"])
async def test_it_can_only_be_read(helper: Helper, path: str) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await helper.http.request(method, helper.url + path, data=b"x")).status == 405
    assert (await helper.http.head(helper.url + path, allow_redirects=False)).status < 400


@pytest.mark.parametrize("path", ["/", "/facestream-ca.crt", "/main.js", "/nothing"])
async def test_every_answer_has_the_security_headers(helper: Helper, path: str) -> None:
    headers = (await helper.get(path)).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' https://*:{HTTPS_PORT} wss://*:{HTTPS_PORT};" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-cache"
    # It would count for all ports of this host, and lock devices out of the page.
    assert "Strict-Transport-Security" not in headers


async def test_host_of_a_strangers_changes_nothing(helper: Helper) -> None:
    stranger = {"Host": "evil.example"}
    for path in ("/", "/about.json", "/facestream.mobileconfig", "/nothing"):
        ours, theirs = await helper.get(path), await helper.get(path, headers=stranger)
        assert await theirs.read() == await ours.read()
        assert theirs.status == ours.status
        assert "evil.example" not in str(theirs.headers)


# --- the point of it ------------------------------------------------------------------------------


async def test_device_that_trusts_the_download_gets_through(
    helper: Helper, files: CertificateFiles
) -> None:
    context = ssl.create_default_context(
        cadata=await (await helper.get("/facestream-ca.crt")).read()
    )
    app = web.Application()
    app.add_routes([web.get("/", _hello)])
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl_context(files))
        await site.start()
        url = f"https://127.0.0.1:{runner.addresses[0][1]}/"
        assert (await helper.http.get(url, ssl=context)).status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await helper.http.get(url)
    finally:
        await runner.cleanup()


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def test_it_stops_with_the_block_that_runs_it(authority: Authority) -> None:
    app = trust.build_trust_app(authority, HTTPS_PORT)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        async with trust.running(app, listening), aiohttp.ClientSession() as http:
            # The connection stays open, as a browser's does.
            assert (await http.get(f"http://127.0.0.1:{address[1]}/about.json")).status == 200
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=1).close()
