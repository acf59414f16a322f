"""Who has access, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facestream.audit import read_entries
from facestream.server.keys import DEVICES
from facestream.server.roles import Role
from tests.server.conftest import TOKEN, Serve, Serving
from tests.server.test_join import Clock

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
DAY_MS = 24 * 3600 * 1000


async def tokens(serving: Serving, headers: dict[str, str] = ADMIN) -> list[dict[str, Any]]:
    answer = await serving.http.get(f"{serving.url}/api/tokens", headers=headers)
    assert answer.status == 200
    listed: list[dict[str, Any]] = (await answer.json())["tokens"]
    return listed


async def create(serving: Serving, **body: Any) -> Any:
    answer = await serving.http.post(f"{serving.url}/api/tokens", json=body, headers=ADMIN)
    return answer.status, await answer.json()


async def test_list_begins_with_the_link_printed_at_start(serve: Serve) -> None:
    clock = Clock()
    serving = await serve(now_s=clock)
    now_ms = int(clock() * 1000)
    assert await tokens(serving) == [
        {
            "token_id": "main",
            "name": "the link printed at start",
            "role": "admin",
            "by": "start",
            "created_at_ms": None,
            "expires_at_ms": None,
            "last_used_at_ms": now_ms,
            "own": True,
        }
    ]


async def test_token_is_told_once_and_lets_in_with_its_role(serve: Serve) -> None:
    clock = Clock()
    serving = await serve(now_s=clock)
    now_ms = int(clock() * 1000)
    status, made = await create(serving, role="operator", name="  Anna's  phone ", days=2)
    assert status == 201
    client = await serving.client(headers={"Authorization": f"Bearer {made.pop('token')}"})
    assert client.hello is not None
    assert client.hello.role == "operator"
    (_, listed) = await tokens(serving)
    assert listed == {**made, "last_used_at_ms": now_ms, "own": False}
    assert (made["name"], made["by"]) == ("Anna's phone", "hand")
    assert (made["created_at_ms"], made["expires_at_ms"]) == (now_ms, now_ms + 2 * DAY_MS)


async def test_token_without_days_lasts_a_month_and_with_null_for_ever(serve: Serve) -> None:
    clock = Clock()
    serving = await serve(now_s=clock)
    month = (await create(serving, role="viewer"))[1]
    ever = (await create(serving, role="admin", days=None))[1]
    assert (month["expires_at_ms"] - month["created_at_ms"]) == 30 * DAY_MS
    assert (month["name"], ever["expires_at_ms"]) == ("viewer of 2027-01-15", None)


async def test_link_with_a_made_token_signs_in(serving: Serving) -> None:
    token = (await create(serving, role="viewer"))[1]["token"]
    answer = await serving.get("/", params={"token": token})
    assert (answer.status, answer.cookies["facestream_token"].value) == (302, token)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "bad_message"),
        ({"role": "owner"}, "bad_message"),
        ({"role": "viewer", "days": 0}, "bad_message"),
        ({"role": "viewer", "days": 3651}, "bad_message"),
        ({"role": "viewer", "hours": 3}, "bad_message"),
        ({"role": "viewer", "name": "\x00"}, "bad_name"),
        ({"role": "viewer", "name": "x" * 101}, "bad_name"),
    ],
)
async def test_bad_wish_is_refused(serving: Serving, body: dict[str, Any], code: str) -> None:
    assert (await create(serving, **body))[1]["code"] == code
    assert len(await tokens(serving)) == 1


async def test_revoked_token_is_gone_and_can_be_revoked_once(
    serving: Serving, tmp_path: Path
) -> None:
    made = (await create(serving, role="viewer"))[1]
    url = f"{serving.url}/api/tokens/{made['token_id']}"
    answers = [await serving.http.delete(url, headers=ADMIN) for _ in range(2)]
    assert [one.status for one in answers] == [200, 404]
    assert (await answers[1].json())["code"] == "no_such_token"
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await serving.get("/api/session", headers=headers)).status == 401
    assert len(await tokens(serving)) == 1
    assert made["token"] not in "".join(map(str, read_entries(tmp_path)))


async def test_main_token_is_not_revoked_from_afar(serving: Serving) -> None:
    answer = await serving.http.delete(f"{serving.url}/api/tokens/main", headers=ADMIN)
    assert (answer.status, (await answer.json())["code"]) == (403, "not_allowed")
    assert "facestream token renew" in (await answer.json())["message"]


async def test_name_is_no_id(serving: Serving) -> None:
    await create(serving, role="viewer", name="door")
    answer = await serving.http.delete(f"{serving.url}/api/tokens/door", headers=ADMIN)
    assert answer.status == 404


async def test_admin_by_a_made_token_sees_which_is_its_own(serving: Serving) -> None:
    token, grant = await serving.app[DEVICES].create(Role.ADMIN, "mine", None)
    listed = await tokens(serving, {"Authorization": f"Bearer {token}"})
    assert [one["token_id"] for one in listed if one["own"]] == [grant.token_id]


async def test_without_tokens_nothing_was_printed_at_start(serve: Serve) -> None:
    serving = await serve(token=None)
    assert await tokens(serving, {}) == []
