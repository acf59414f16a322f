"""All that one server offers over requests, with types. Knows the paths, and no socket.

Each method is the operation of that name in the server's OpenAPI document, docs/rest.md.
"""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Literal
from urllib.parse import quote

import aiohttp

from facestream.client.errors import ClientError, NoAnswer, Untrusted
from facestream.client.http import FILE_S, Http, read_as
from facestream.files import whole_file
from facestream.server import rest_models as rest

__all__ = ["KEEP", "Keep", "Photos", "Rest"]

READY_S = 180.0
"""For a start: TensorFlow is imported, weights are read, every shape is run."""
READY_POLL_S = 0.2
PHOTO_S = 120.0
"""For a photo: eight may wait before it, and each takes a second or two on a slow machine."""

Photos = Sequence[bytes] | Mapping[str, bytes]
"""Picture files; with a name for each, by which its verdict is told."""


class Keep:
    """The type of `KEEP`."""


KEEP = Keep()
"""In place of a value that stays as it is, as None is a value, too."""


class Rest:
    """Every method raises what `Http.ask` raises, and BadMessage where an answer is none.

    Args:
        http: open.
    """

    def __init__(self, http: Http) -> None:
        self._http = http

    # --- photos -----------------------------------------------------------------------------------

    async def identify(self, photo: bytes) -> rest.Identified:
        """Who is in a picture file: JPEG, PNG, WebP, BMP or TIFF. Nothing of it is kept."""
        content = io.BytesIO(photo)
        raw = await self._http.ask("POST", "/api/identify", data=content, answer_s=PHOTO_S)
        return read_as(rest.Identified, raw)

    async def enrol(self, display_name: str, photos: Photos) -> rest.Enrolled:
        """Add examples of one person; those photos that are accepted are on disk then."""
        named = photos.items() if isinstance(photos, Mapping) else _numbered(photos)
        form = aiohttp.FormData()
        for name, photo in named:
            form.add_field("photo", io.BytesIO(photo), filename=name)
        raw = await self._http.ask(
            "POST",
            "/api/gallery/photos",
            query={"name": display_name},
            data=form,
            answer_s=FILE_S,
        )
        return read_as(rest.Enrolled, raw)

    # --- who is known -----------------------------------------------------------------------------

    async def gallery(self) -> rest.GalleryFields:
        """Who is enrolled, sorted by name."""
        return read_as(rest.GalleryFields, await self._http.ask("GET", "/api/gallery"))

    async def person(self, identity_id: str) -> rest.Person:
        """One person with all examples."""
        return read_as(rest.Person, await self._http.ask("GET", _person(identity_id)))

    async def portrait(self, identity_id: str) -> bytes:
        """A JPEG file of a person."""
        return await self._http.ask("GET", f"{_person(identity_id)}/portrait.jpg")

    async def example_picture(self, template_id: int) -> bytes:
        """A JPEG file of an example."""
        return await self._http.ask("GET", f"/api/gallery/examples/{template_id:d}.jpg")

    async def health(self) -> rest.GalleryHealth:
        """What is worth a look in the gallery."""
        raw = await self._http.ask("GET", "/api/gallery/health", answer_s=FILE_S)
        return read_as(rest.GalleryHealth, raw)

    # --- changes ----------------------------------------------------------------------------------

    async def edit(
        self,
        identity_id: str,
        *,
        display_name: str | Keep = KEEP,
        note: str | Keep | None = KEEP,
        expires_at_ms: int | Keep | None = KEEP,
    ) -> rest.Change:
        """Another name, note or expiry date (Unix time in milliseconds; None: never)."""
        asked = {"display_name": display_name, "note": note, "expires_at_ms": expires_at_ms}
        fields = {name: value for name, value in asked.items() if not isinstance(value, Keep)}
        return await self._change("PATCH", _person(identity_id), fields)

    async def rename(self, identity_id: str, display_name: str) -> rest.Change:
        """Another name."""
        return await self.edit(identity_id, display_name=display_name)

    async def delete(self, identity_id: str) -> rest.Change:
        """Delete a person and all their examples."""
        return await self._change("DELETE", _person(identity_id))

    async def merge(self, identity_id: str, into: str) -> rest.Change:
        """Give the examples of one person to another, who stays; `into` is an id, too."""
        return await self._change("POST", f"{_person(identity_id)}/merge", {"into": into})

    async def delete_examples(self, template_ids: Sequence[int]) -> rest.Change:
        """Delete some examples."""
        body = {"template_ids": list(template_ids)}
        return await self._change("POST", "/api/gallery/examples/delete", body)

    async def move_examples(
        self,
        template_ids: Sequence[int],
        *,
        into: str | None = None,
        display_name: str | None = None,
    ) -> rest.Change:
        """Give some examples to somebody else, by id or by name; a new name makes a person."""
        target = {"into": into, "display_name": display_name}
        given = {name: value for name, value in target.items() if value is not None}
        body = {"template_ids": list(template_ids), **given}
        return await self._change("POST", "/api/gallery/examples/move", body)

    async def clear(self, confirm: str) -> rest.Change:
        """Delete everybody; `confirm` has to be the word "clear"."""
        return await self._change("POST", "/api/gallery/clear", {"confirm": confirm})

    async def undo(self, undo_id: str) -> rest.Change:
        """Take a deletion back; its answer had the id."""
        return await self._change("POST", "/api/gallery/undo", {"undo_id": undo_id})

    async def _change(self, method: str, path: str, body: Any = None) -> rest.Change:
        return read_as(rest.Change, await self._http.ask(method, path, json=body))

    # --- files ------------------------------------------------------------------------------------

    @asynccontextmanager
    async def export(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """The whole gallery as one zip file, in pieces: `async with` it, `async for` its pieces."""
        async with self._http.receive("/api/gallery/export", silent_s=FILE_S) as pieces:
            yield pieces

    async def export_to(self, path: Path) -> None:
        """The whole gallery as one zip file, which is whole or not there. Mode 0600.

        Raises:
            OSError: the file cannot be written.
        """
        async with self.export() as pieces:
            with whole_file(path) as file:
                async for piece in pieces:
                    await asyncio.to_thread(file.write, piece)

    async def import_gallery(
        self, file: Path | BinaryIO | bytes, mode: Literal["merge", "replace"] = "merge"
    ) -> rest.Absorbed:
        """Take people in out of an export: `merge` adds them, `replace` deletes all others."""
        return await self._import(file, mode, "false")

    async def preview_import(
        self, file: Path | BinaryIO | bytes, mode: Literal["merge", "replace"] = "merge"
    ) -> rest.Absorbed:
        """What `import_gallery` would do; nothing is changed."""
        return await self._import(file, mode, "true")

    async def _import(
        self, file: Path | BinaryIO | bytes, mode: str, preview: str
    ) -> rest.Absorbed:
        opened = _opened(file)
        try:
            raw = await self._http.ask(
                "POST",
                "/api/gallery/import",
                query={"mode": mode, "preview": preview},
                data=opened,
                answer_s=FILE_S,
            )
        finally:
            if opened is not file:
                opened.close()
        return read_as(rest.Absorbed, raw)

    async def reembedding(self) -> rest.Reembedding:
        """How far the templates of another model are embedded anew."""
        return read_as(rest.Reembedding, await self._http.ask("GET", "/api/gallery/reembedding"))

    async def reembed(self) -> rest.Reembedding:
        """Begin to embed the templates of another model, or go on."""
        return read_as(rest.Reembedding, await self._http.ask("POST", "/api/gallery/reembedding"))

    # --- who has access ---------------------------------------------------------------------------

    async def join_link(
        self, role: Literal["viewer", "operator"], minutes: int = 10, name: str = ""
    ) -> rest.JoinLink:
        """A link that lets one device in, for so many minutes. `name`: of the device."""
        body = {"role": role, "minutes": minutes, "name": name}
        return read_as(rest.JoinLink, await self._http.ask("POST", "/api/join", json=body))

    async def tokens(self) -> rest.Tokens:
        """Who has access."""
        return read_as(rest.Tokens, await self._http.ask("GET", "/api/tokens"))

    async def create_token(
        self,
        role: Literal["viewer", "operator", "admin"],
        name: str = "",
        days: int | None = 30,
    ) -> rest.CreatedToken:
        """A new token, which is said in this answer alone. `days`: None is for ever."""
        body = {"role": role, "name": name, "days": days}
        return read_as(rest.CreatedToken, await self._http.ask("POST", "/api/tokens", json=body))

    async def revoke_token(self, token_id: str) -> rest.RevokedToken:
        """Take a token back; what is open with it ends within two seconds."""
        path = f"/api/tokens/{quote(token_id, safe='')}"
        return read_as(rest.RevokedToken, await self._http.ask("DELETE", path))

    # --- the server -------------------------------------------------------------------------------

    async def session(self) -> rest.Session:
        """Whether the token is good, and of what the server is."""
        return read_as(rest.Session, await self._http.ask("GET", "/api/session"))

    async def liveness(self) -> rest.Liveness:
        """Whether nothing is broken, warming up included."""
        return read_as(rest.Liveness, await self._http.ask("GET", "/healthz", fine=(503,)))

    async def readiness(self) -> rest.Readiness:
        """Whether frames are answered by now."""
        return read_as(rest.Readiness, await self._http.ask("GET", "/readyz", fine=(503,)))

    async def until_ready(self, most_s: float = READY_S) -> rest.Readiness:
        """Wait until frames are answered, be it that the server is only just being started.

        Raises:
            NoAnswer: that took longer than `most_s`.
            Untrusted: waiting does not help.
        """
        deadline_s = time.monotonic() + most_s
        while True:
            last: ClientError | None = None
            try:
                answer = await self.readiness()
                if answer.ready:
                    return answer
            except Untrusted:
                raise
            except ClientError as error:
                if not error.retryable:
                    raise
                last = error
            if time.monotonic() >= deadline_s:
                raise NoAnswer(f"the server is not ready after {most_s:g} s") from last
            await asyncio.sleep(READY_POLL_S)

    async def metrics(self) -> str:
        """What Prometheus reads."""
        return (await self._http.ask("GET", "/metrics")).decode()

    async def openapi(self) -> dict[str, Any]:
        """The description of all this, as OpenAPI has it."""
        found: dict[str, Any] = json.loads(await self._http.ask("GET", "/api/docs/openapi.json"))
        return found


def _person(identity_id: str) -> str:
    return f"/api/gallery/identities/{quote(identity_id, safe='')}"


def _numbered(photos: Sequence[bytes]) -> list[tuple[str, bytes]]:
    return [(f"photo {number}", photo) for number, photo in enumerate(photos, 1)]


def _opened(file: Path | BinaryIO | bytes) -> BinaryIO:
    if isinstance(file, bytes):
        return io.BytesIO(file)
    return file.open("rb") if isinstance(file, Path) else file
