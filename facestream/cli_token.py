"""`facestream token`: who has access, on the command line.

Works on the data folder, with a running server or without one: it notices within a second.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from facestream.cli_audit import audited
from facestream.cli_options import AsJson, Config, Data, settings_of
from facestream.console import fail, say, show, table
from facestream.errors import StoreFailed
from facestream.files import create_private_folder
from facestream.server.roles import Role
from facestream.server.tokens import (
    DAY_MS,
    MAIN_ID,
    MAIN_NAME,
    Grant,
    RegisterFile,
    find_grant,
    new_grant,
    with_grant,
)
from facestream.settings import Settings

__all__ = ["token_app"]

token_app = typer.Typer(help="Who has access.", no_args_is_help=True)

DAYS = 30


@token_app.command("create")
def token_create(
    role: Annotated[Literal["viewer", "operator", "admin"], typer.Option()] = "viewer",
    name: Annotated[str, typer.Option(help="What to call it: Anna's phone.")] = "",
    days: Annotated[
        int | None, typer.Option(help="It is good for so many days.", min=1, show_default="30")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="It never expires.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a token. It is printed this once; the server keeps its hash only."""
    if never and days is not None:
        fail("bad_usage", "say --days or --never", status=2)
    settings = settings_of(data=data, config=config)
    now_ms = _now_ms()
    expires_at_ms = None if never else now_ms + (days or DAYS) * DAY_MS
    _make_folder(settings)
    with audited(settings, "token create") as target:
        token, grant = new_grant(Role(role), name, "hand", now_ms, expires_at_ms)
        target.update(token_id=grant.token_id, role=grant.role)
        RegisterFile(settings.data).change(lambda grants: with_grant(grants, grant), now_ms)
    print(token)
    say(f"{grant.shown_name} ({grant.token_id}): {grant.role}, until {_date(expires_at_ms)}")
    say(f"Link, if the server runs with these settings: {_link(settings, token)}")


@token_app.command("list")
def token_list(data: Data = None, as_json: AsJson = False, config: Config = None) -> None:
    """List who has access, and who had it last."""
    folder = settings_of(data=data, config=config).data
    now_ms = _now_ms()
    rows = [one.as_json() for one in _grants(folder) if one.holds_at(now_ms)]
    rows = [*_main(folder), *rows]
    show(
        as_json,
        rows,
        lambda: [
            table(
                ("id", "name", "role", "since", "last used", "expires"),
                (
                    (
                        one["token_id"],
                        one["name"],
                        one["role"],
                        _date(one["created_at_ms"]),
                        _date(one["last_used_at_ms"], "" if one["by"] == "start" else "never"),
                        _date(one["expires_at_ms"]),
                    )
                    for one in rows
                ),
            )
        ],
    )


@token_app.command("revoke")
def token_revoke(
    token: Annotated[
        str, typer.Argument(help="Its id or name; `token list` has them. main: as `renew`.")
    ],
    data: Data = None,
    config: Config = None,
) -> None:
    """Take a token back. What is open with it is closed."""
    settings = settings_of(data=data, config=config)
    if token == MAIN_ID:
        _renew(settings)
        return
    with audited(settings, "token revoke") as target:
        find = partial(find_grant, wanted=token)
        gone, _ = RegisterFile(settings.data).revoke(find, _now_ms())
        target.update(token_id=gone.token_id)
    print(f"{gone.shown_name} ({gone.token_id}) has no access any more")


@token_app.command("renew")
def token_renew(data: Data = None, config: Config = None) -> None:
    """Replace the token of the link printed at start; whoever used that link is out."""
    _renew(settings_of(data=data, config=config))


def _renew(settings: Settings) -> None:
    from facestream.server.access import renew_token

    with audited(settings, "token renew") as target:
        target.update(token_id=MAIN_ID)
        token = renew_token(settings.data)
    print(token)
    say(f"Link, if the server runs with these settings: {_link(settings, token)}")


def _grants(folder: Path) -> tuple[Grant, ...]:
    try:
        return RegisterFile(folder).read()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreFailed(f"the tokens cannot be read: {error.strerror}.") from error


def _main(folder: Path) -> list[dict[str, Any]]:
    """The token of the file `token`, if there is one; what it is, nobody is told."""
    try:
        made_s = (folder / "token").stat().st_mtime
    except OSError:
        return []
    return [
        {
            "token_id": MAIN_ID,
            "name": MAIN_NAME,
            "role": Role.ADMIN.value,
            "by": "start",
            "created_at_ms": int(made_s * 1000),
            "expires_at_ms": None,
            "last_used_at_ms": None,
        }
    ]


def _link(settings: Settings, token: str) -> str:
    from urllib.parse import urlencode

    from facestream.server.access import TOKEN_PARAMETER
    from facestream.server.banner import reachable_hosts
    from facestream.server.tls import lan_addresses

    own, others = reachable_hosts(settings.host, lan_addresses())
    scheme = "https" if settings.tls else "http"
    return f"{scheme}://{(others or own)[0]}:{settings.port}/?{urlencode({TOKEN_PARAMETER: token})}"


def _make_folder(settings: Settings) -> None:
    try:
        create_private_folder(settings.data)
    except OSError as error:
        reason = error.strerror
        raise StoreFailed(f"the data folder {settings.data} cannot be made: {reason}.") from error


def _date(at_ms: int | None, none: str = "never") -> str:
    return none if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d}"


def _now_ms() -> int:
    return int(time.time() * 1000)
