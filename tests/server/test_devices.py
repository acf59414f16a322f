from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from facestream.errors import NoSuchToken, StoreFailed, Unauthorised
from facestream.server.access import read_or_create_token, renew_token
from facestream.server.devices import DEVICE_SECONDS, Devices
from facestream.server.roles import Role
from facestream.server.tokens import RegisterFile, new_grant


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@contextmanager
def devices_in(folder: Path, clock: Clock, main: str | None = None) -> Iterator[Devices]:
    devices = Devices(folder, clock, main)
    yield devices
    devices.close()


async def test_nobody_is_known_at_first(tmp_path: Path, clock: Clock) -> None:
    with devices_in(tmp_path, clock) as devices:
        assert devices.role_of("") is None
        assert devices.role_of("some-token") is None
        assert devices.role_of("\udcff") is None
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
async def test_device_has_its_role_after_a_restart_too(
    tmp_path: Path, clock: Clock, role: Role
) -> None:
    with devices_in(tmp_path, clock) as devices:
        token = await devices.add(role)
        assert devices.role_of(token) is role
    with devices_in(tmp_path, clock) as devices:
        assert devices.role_of(token) is role
        assert devices.role_of(token[:-1]) is None


async def test_nobody_becomes_an_admin_so(tmp_path: Path, clock: Clock) -> None:
    with devices_in(tmp_path, clock) as devices:
        assert devices.role_of(await devices.add(Role.ADMIN)) is Role.VIEWER


async def test_file_is_private_and_holds_no_token(tmp_path: Path, clock: Clock) -> None:
    with devices_in(tmp_path, clock) as devices:
        token = await devices.add(Role.VIEWER)
    assert sorted(os.listdir(tmp_path)) == ["devices.json", "devices.lock"]
    file = tmp_path / "devices.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token not in file.read_text()


async def test_device_is_forgotten_after_its_time(tmp_path: Path, clock: Clock) -> None:
    with devices_in(tmp_path, clock) as devices:
        token = await devices.add(Role.VIEWER)
        clock.now_s += DEVICE_SECONDS - 1
        assert devices.role_of(token) is Role.VIEWER
        clock.now_s += 1
        assert devices.role_of(token) is None
        await devices.add(Role.VIEWER)
    assert (tmp_path / "devices.json").read_text().count("sha256") == 1


async def test_one_device_too_many_takes_the_place_of_the_first(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facestream.server.tokens.MOST_TOKENS", 3)
    with devices_in(tmp_path, clock) as devices:
        tokens = [await devices.add(Role.VIEWER) for _ in range(4)]
        roles = [devices.role_of(token) for token in tokens]
        assert roles == [None, *[Role.VIEWER] * 3]
    with devices_in(tmp_path, clock) as devices:
        assert [devices.role_of(token) for token in tokens] == roles


async def test_devices_that_join_at_once_are_all_kept(tmp_path: Path, clock: Clock) -> None:
    with devices_in(tmp_path, clock) as devices:
        tokens = await asyncio.gather(*[devices.add(Role.OPERATOR) for _ in range(20)])
    with devices_in(tmp_path, clock) as devices:
        assert {devices.role_of(token) for token in tokens} == {Role.OPERATOR}


async def test_device_that_cannot_be_stored_is_not_let_in(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with devices_in(folder, clock) as devices:
        token = await devices.add(Role.VIEWER)
        os.rename(folder, tmp_path / "gone")
        with pytest.raises(StoreFailed):
            await devices.add(Role.VIEWER)
        assert devices.role_of(token) is Role.VIEWER
        assert len(devices._known) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"devices": [{}]}',
        b'{"devices": [{"sha256": "%s", "role": "owner",' % (b"0" * 64)
        + b' "created_at_ms": 0, "expires_at_ms": 9000000000000}]}',
    ],
)
async def test_file_that_cannot_be_used_lets_nobody_in_and_is_replaced(
    tmp_path: Path, clock: Clock, content: bytes
) -> None:
    (tmp_path / "devices.json").write_bytes(content)
    with devices_in(tmp_path, clock) as devices:
        assert devices._known == {}
        token = await devices.add(Role.VIEWER)
    with devices_in(tmp_path, clock) as devices:
        assert devices.role_of(token) is Role.VIEWER


async def test_change_by_another_process_is_noticed(tmp_path: Path, clock: Clock) -> None:
    token, made = new_grant(Role.ADMIN, "by hand", "hand", 0, None)
    with devices_in(tmp_path, clock) as devices:
        joined = await devices.add(Role.VIEWER)
        RegisterFile(tmp_path).change(lambda grants: [*grants, made], devices.now_ms())
        await devices.refresh()
        assert (devices.role_of(token), devices.role_of(joined)) == (Role.ADMIN, Role.VIEWER)
        RegisterFile(tmp_path).change(lambda grants: [made], devices.now_ms())
        await devices.refresh()
        assert (devices.role_of(token), devices.role_of(joined)) == (Role.ADMIN, None)


async def test_holder_is_out_when_the_token_is_revoked_or_its_time_is_over(
    tmp_path: Path, clock: Clock
) -> None:
    with devices_in(tmp_path, clock, "the-main-token-of-it") as devices:
        revoked = devices.holder(await devices.add(Role.VIEWER))
        expired = devices.holder(await devices.add(Role.OPERATOR))
        assert (devices.still(revoked), devices.still(expired)) == (True, True)
        await devices.revoke(revoked.token_id)
        clock.now_s += DEVICE_SECONDS
        assert (devices.still(revoked), devices.still(expired)) == (False, False)
        with pytest.raises(NoSuchToken):
            await devices.revoke(revoked.token_id)


async def test_renewed_main_token_replaces_the_old_one(tmp_path: Path, clock: Clock) -> None:
    old = read_or_create_token(tmp_path)
    with devices_in(tmp_path, clock, old) as devices:
        holder = devices.holder(old)
        assert (holder.token_id, holder.role) == ("main", Role.ADMIN)
        new = renew_token(tmp_path)
        await devices.refresh()
        assert not devices.still(holder)
        with pytest.raises(Unauthorised):
            devices.holder(old)
        assert devices.still(devices.holder(new))
        (tmp_path / "token").write_text("too short")
        await devices.refresh()
        (tmp_path / "token").unlink()
        await devices.refresh()
        assert devices.still(devices.holder(new))


async def test_where_everybody_is_let_in_nobody_is_put_out(tmp_path: Path, clock: Clock) -> None:
    read_or_create_token(tmp_path)
    with devices_in(tmp_path, clock) as devices:
        await devices.refresh()
        assert devices.open_to_all
        assert devices.still(devices.holder(None))


async def test_last_use_is_written_at_most_once_an_hour(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "devices.json"
    with devices_in(tmp_path, clock, "the-main-token-of-it") as devices:
        token = await devices.add(Role.VIEWER)
        await devices.refresh()
        assert RegisterFile(tmp_path).read()[0].last_used_at_ms is None
        devices.holder(token)
        await devices.refresh()
        first_ms = devices.now_ms()
        written = file.read_bytes()
        clock.now_s += 3599
        devices.holder(token)
        await devices.refresh()
        assert file.read_bytes() == written
        assert devices.grants()[0].last_used_at_ms == devices.now_ms()
        clock.now_s += 1
        devices.holder(token)
        await devices.refresh()
        assert RegisterFile(tmp_path).read()[0].last_used_at_ms == devices.now_ms() > first_ms
