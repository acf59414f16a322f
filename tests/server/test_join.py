"""Join links over HTTP: made, looked at, opened once, over."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import segno
from yarl import URL

from facestream.server.join import other_device_host, qr_svg
from facestream.server.keys import DEVICES
from facestream.server.roles import Role
from tests.server.conftest import TOKEN, Serve, Serving

ADMIN = {"Authorization": f"Bearer {TOKEN}"}


class Clock:
    """Stands still until it is told to go on."""

    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


async def invite(serving: Serving, role: str = "viewer", **fields: Any) -> dict[str, Any]:
    body = {"role": role, **fields}
    answer = await serving.http.post(f"{serving.url}/api/join", json=body, headers=ADMIN)
    assert answer.status == 200, await answer.text()
    link: dict[str, Any] = await answer.json()
    return link


def code_of(link: dict[str, Any]) -> str:
    url: str = link["url"]
    (code,) = parse_qs(urlsplit(url).query)["code"]
    return code


async def press(serving: Serving, code: str, **headers: str) -> Any:
    """What the button of the page does. Browsers say of such a form that its origin is null."""
    headers = {"Origin": "null", **headers}
    form = {"code": code}
    answer = await serving.http.post(
        f"{serving.url}/join", data=form, headers=headers, allow_redirects=False
    )
    await answer.read()
    return answer


# --- making one -----------------------------------------------------------------------------------


async def test_link_says_what_it_grants_and_until_when(serve: Serve) -> None:
    serving = await serve(now_s=Clock(), tls=False)
    link = await invite(serving, "operator", minutes=3)
    assert set(link) == {
        *("url", "role", "expires_at_ms", "qr_svg", "first_time_url", "first_time_qr_svg"),
    }
    assert (link["role"], link["expires_at_ms"]) == ("operator", (1_800_000_000 + 180) * 1000)
    assert (link["first_time_url"], link["first_time_qr_svg"]) == (None, None)
    assert re.fullmatch(r"http://[^/]+/join\?code=[\w-]{22}", link["url"])


async def test_link_lasts_ten_minutes_if_nothing_is_said(serve: Serve) -> None:
    serving = await serve(now_s=Clock())
    assert (await invite(serving))["expires_at_ms"] == (1_800_000_000 + 600) * 1000


async def test_link_leads_to_where_the_page_was_opened(serve: Serve) -> None:
    serving = await serve()
    headers = {**ADMIN, "Host": "attic.local:9443", "Origin": "https://attic.local:9443"}
    answer = await serving.http.post(
        f"{serving.url}/api/join", json={"role": "viewer"}, headers=headers
    )
    link = await answer.json()
    assert link["url"].startswith("https://attic.local:9443/join?code=")
    assert link["first_time_url"] == f"http://attic.local:8480/#{code_of(link)}"
    assert link["qr_svg"] == qr_svg(link["url"])
    assert link["first_time_qr_svg"] == qr_svg(link["first_time_url"])


async def test_there_is_no_page_for_the_first_time_where_there_is_no_helper(serve: Serve) -> None:
    serving = await serve(helper_port=0)
    assert (await invite(serving))["first_time_url"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"role": "admin"},
        {"role": "viewer", "minutes": 0},
        {"role": "viewer", "minutes": 61},
        {"role": "viewer", "minutes": "5"},
        {"role": "viewer", "seconds": 5},
    ],
)
async def test_bad_wish_is_refused(serving: Serving, body: dict[str, Any]) -> None:
    answer = await serving.http.post(f"{serving.url}/api/join", json=body, headers=ADMIN)
    assert (answer.status, (await answer.json())["code"]) == (400, "bad_message")


async def test_where_everybody_is_an_admin_the_link_is_that_of_the_page(serve: Serve) -> None:
    serving = await serve(token=None, tls=False)
    answer = await serving.http.post(f"{serving.url}/api/join", json={"role": "viewer"})
    link = await answer.json()
    assert (link["role"], link["expires_at_ms"]) == ("admin", None)
    assert re.fullmatch(r"http://[^/]+/", link["url"])


@pytest.mark.parametrize(
    ("opened", "listened", "addresses", "host"),
    [
        ("localhost", "0.0.0.0", [], "localhost"),
        ("192.168.1.20", "0.0.0.0", ["10.0.0.2"], "192.168.1.20"),
        ("attic.local", "0.0.0.0", ["10.0.0.2"], "attic.local"),
        ("localhost", "0.0.0.0", ["10.0.0.2", "192.168.1.20"], "10.0.0.2"),
        ("127.0.0.1", "0.0.0.0", ["10.0.0.2"], "10.0.0.2"),
        ("::1", "::", ["10.0.0.2", "fd00::20"], "[fd00::20]"),
        ("fd00::20", "::", [], "[fd00::20]"),
        ("localhost", "192.168.1.20", ["10.0.0.2", "192.168.1.20"], "192.168.1.20"),
        ("127.0.0.1", "127.0.0.1", ["10.0.0.2"], "127.0.0.1"),
    ],
)
def test_host_is_one_that_another_device_reaches(
    opened: str, listened: str, addresses: list[str], host: str
) -> None:
    assert other_device_host(opened, listened, addresses) == host


def test_other_device_is_led_to_the_public_name() -> None:
    addresses, public = ["172.17.0.2"], ("attic.local", "10.0.0.7")
    assert other_device_host("localhost", "0.0.0.0", addresses, public) == "attic.local"
    assert other_device_host("10.0.0.7", "0.0.0.0", addresses, public) == "10.0.0.7"


def test_qr_code_is_dark_on_light_with_its_quiet_zone() -> None:
    svg = qr_svg("https://192.168.1.20:8443/join?code=abc")
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" ')
    assert "style" not in svg
    assert 'fill="#fff"' in svg
    assert 'stroke="#000"' in svg
    modules = segno.make("https://192.168.1.20:8443/join?code=abc", error="l", micro=False)
    side = modules.symbol_size(border=4)[0]
    assert f'viewBox="0 0 {side} {side}"' in svg


# --- opening one ----------------------------------------------------------------------------------


async def test_looking_shows_a_button_and_uses_nothing_up(serving: Serving) -> None:
    link = await invite(serving)
    path = URL(link["url"]).path_qs
    for _ in range(3):
        page = await serving.get(path)
        assert (page.status, page.content_type) == (200, "text/html")
        assert page.headers["Cache-Control"] == "no-store"
        html = await page.text()
        assert html.count("<button") == 1
        assert f'value="{code_of(link)}"' in html
        assert "<script" not in html
        assert "style=" not in html
    assert (await press(serving, code_of(link))).status == 303


@pytest.mark.parametrize("role", ["viewer", "operator"])
async def test_button_lets_the_device_in_with_that_role(serving: Serving, role: str) -> None:
    joined = await press(serving, code_of(await invite(serving, role)))
    assert (joined.status, joined.headers["Location"]) == (303, "/")
    cookie = joined.cookies["facestream_token"]
    assert cookie["httponly"]
    assert cookie["secure"]  # Settings.tls
    assert (cookie["samesite"], cookie["max-age"]) == ("Strict", str(30 * 24 * 3600))
    client = await serving.client(headers={"Cookie": f"facestream_token={cookie.value}"})
    assert client.hello is not None
    assert client.hello.role == role


async def test_link_works_once(serving: Serving) -> None:
    link = await invite(serving)
    await press(serving, code_of(link))
    for answer in (
        await press(serving, code_of(link)),
        await serving.get(URL(link["url"]).path_qs),
    ):
        assert (answer.status, answer.content_type) == (410, "text/html")
        assert "set-cookie" not in answer.headers
        assert "Add a phone" in await answer.text()


async def test_link_is_over_after_its_minutes(serve: Serve) -> None:
    clock = Clock()
    serving = await serve(now_s=clock)
    link = await invite(serving, minutes=1)
    clock.now_s += 60
    assert (await serving.get(URL(link["url"]).path_qs)).status == 410
    assert (await press(serving, code_of(link))).status == 410


@pytest.mark.parametrize("code", ["", "unknown", "<script>", "é\x00"])
async def test_unknown_code_gets_the_helpful_page(serving: Serving, code: str) -> None:
    for answer in (await press(serving, code), await serving.get("/join", params={"code": code})):
        assert answer.status == 410
        assert "<script>" not in await answer.text()
    assert (await serving.get("/join")).status == 410
    assert (await press(serving, "")).status == 410


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"\xff\x00code=%zz", "application/x-www-form-urlencoded", 410),
        (b"code=x", "application/x-www-form-urlencoded; charset=none-such", 410),
        (b"no parts", "multipart/form-data", 410),
        (b"code=" + b"x" * 2000, "application/x-www-form-urlencoded", 400),
    ],
)
async def test_form_that_is_none_is_no_fault_of_the_server(
    serving: Serving, body: bytes, content_type: str, status: int
) -> None:
    headers = {"Content-Type": content_type}
    answer = await serving.http.post(f"{serving.url}/join", data=body, headers=headers)
    assert (answer.status, bool(await answer.read())) == (status, True)


async def test_device_is_let_in_after_a_restart_too(serve: Serve) -> None:
    clock = Clock()
    first = await serve(now_s=clock)
    joined = await press(first, code_of(await invite(first)))
    headers = {"Cookie": f"facestream_token={joined.cookies['facestream_token'].value}"}
    second = await serve(now_s=clock)
    assert (await second.get("/api/session", headers=headers)).status == 200
    clock.now_s += 30 * 24 * 3600
    assert (await second.get("/api/session", headers=headers)).status == 401


async def test_who_may_do_more_keeps_that_and_the_link_stays_good(serving: Serving) -> None:
    link = await invite(serving)
    cookie = f"facestream_token={TOKEN}"
    tried = await press(serving, code_of(link), Cookie=cookie)
    assert (tried.status, tried.headers["Location"]) == (303, "/")
    assert "set-cookie" not in tried.headers
    viewer = await serving.app[DEVICES].add(Role.VIEWER)
    again = await press(serving, code_of(link), Cookie=f"facestream_token={viewer}")
    assert "set-cookie" in again.headers  # its days begin anew


async def test_where_nothing_can_be_written_the_join_is_refused_and_the_rest_goes_on(
    serve: Serve, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    serving = await serve(data=folder)
    link = await invite(serving)
    folder.rename(tmp_path / "gone")
    failed = await press(serving, code_of(link))
    assert (failed.status, failed.content_type) == (500, "text/html")
    assert "data folder" in await failed.text()
    assert (await serving.get("/api/session", token=True)).status == 200
    (tmp_path / "gone").rename(folder)
    assert (await press(serving, code_of(link))).status == 303
