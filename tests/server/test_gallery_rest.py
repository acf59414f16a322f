"""The gallery over HTTP: a real server, a real gallery on disk, fake faces."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from facestream.client import Server, connect
from facestream.gallery.records import Crop, IdentitySummary, NewTemplate, Source
from facestream.server import protocol as wire
from facestream.server.rest_models import IdentityFields
from tests.engine.fakes import FakeEngine, FakeRecogniser, picture
from tests.server.conftest import TOKEN, Client, Serve, Serving

JPEG = b"\xff\xd8 a crop \xff\xd9"


class Api:
    """Asks a server for JSON, and checks the status of the answer."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving

    @property
    def engine(self) -> FakeEngine:
        return self.serving.engine

    async def __call__(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{self.serving.url}/api/gallery{path}"
        async with self.serving.http.request(method, url, headers=headers, **options) as answer:
            body = await answer.read()
            assert answer.status == status, body
            return await answer.json() if "json" in answer.content_type else body

    async def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> None:
        error = await self(method, path, status, **options)
        assert (error["code"], bool(error["message"])) == (code, True)

    async def add(self, name: str, n: int = 2, axis: int = 0, crop: bool = True) -> IdentitySummary:
        """Somebody with n examples near an axis."""
        rows = np.eye(4, dtype=np.float32)[[axis] * n]
        rows[:, (axis + 1) % 4] = np.linspace(0.05, 0.2, n)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        examples = [
            NewTemplate(
                row, FakeRecogniser.fingerprint, 50.0, Source.CAMERA, Crop(JPEG) if crop else None
            )
            for row in rows
        ]
        return (await self.engine.desk.add(name, examples)).upserted[-1]

    async def names(self) -> list[tuple[str, int]]:
        people = (await self("GET", ""))["identities"]
        return [(one["display_name"], one["templates"]) for one in people]

    async def examples(self, identity: IdentitySummary) -> list[dict[str, Any]]:
        person = await self("GET", f"/identities/{identity.identity_id}")
        found: list[dict[str, Any]] = person["examples"]
        return found


@pytest_asyncio.fixture
async def api(serve: Serve, tmp_path: Path) -> Api:
    engine = FakeEngine(
        folder=tmp_path, data=tmp_path, max_batch=4, examples_wanted=2, shutdown_seconds=2.0
    )
    return Api(await serve(engine, data=tmp_path))


@pytest_asyncio.fixture
async def server(api: Api) -> AsyncIterator[Server]:
    """Its client, for what need not be said byte by byte."""
    async with connect(api.serving.url, token=TOKEN) as server:
        yield server


async def test_a_person_is_shown_with_all_examples(api: Api) -> None:
    ada = await api.add("Ada")
    person = await api("GET", f"/identities/{ada.identity_id}")
    assert (person["display_name"], person["templates"]) == ("Ada", 2)
    assert (person["note"], person["expires_at_ms"]) == (None, None)
    assert person["created_at_ms"] > 1.7e12
    [first, _] = person["examples"]
    assert first == {
        "template_id": first["template_id"],
        "kind": "example",
        "created_at_ms": first["created_at_ms"],
        "source": "camera",
        "sharpness": 50.0,
        "has_crop": True,
        "searched": True,
    }
    assert await api("GET", f"/examples/{first['template_id']}.jpg") == JPEG
    assert await api("GET", f"/identities/{ada.identity_id}/portrait.jpg") == JPEG


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    blind = await api.add("Blind", crop=False)
    [example, _] = await api.examples(blind)
    portrait = f"/identities/{blind.identity_id}/portrait.jpg"
    await api.refused("GET", portrait, 404, "no_such_example")
    await api.refused("GET", f"/examples/{example['template_id']}.jpg", 404, "no_such_example")
    await api.refused("GET", "/examples/999999.jpg", 404, "no_such_example")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/merge"), ("PATCH", "")):
        body = {"json": {"into": blind.identity_id}} if path else {"json": {}}
        await api.refused(method, f"/identities/nobody{path}", 404, "no_such_identity", **body)
    await api.refused(
        "POST", "/examples/delete", 404, "no_such_example", json={"template_ids": [99]}
    )


async def test_a_person_gets_another_name_a_note_and_a_date(api: Api) -> None:
    ada = await api.add("Ada")
    path = f"/identities/{ada.identity_id}"
    change = await api("PATCH", path, json={"display_name": " Ada  Lovelace "})
    assert (change["identity"]["display_name"], change["undo"]) == ("Ada Lovelace", None)
    await api("PATCH", path, json={"note": "agreed on paper", "expires_at_ms": 4 * 10**12})
    person = await api("GET", path)
    assert (person["display_name"], person["note"], person["expires_at_ms"]) == (
        "Ada Lovelace",
        "agreed on paper",
        4 * 10**12,
    )
    await api("PATCH", path, json={"note": None})
    assert (await api("GET", path))["note"] is None
    assert api.engine.desk.snapshot().index.names[ada.identity_id] == "Ada Lovelace"


async def test_a_name_of_somebody_else_is_refused_and_a_person_can_be_merged_instead(
    api: Api,
) -> None:
    ada, bob = await api.add("Ada"), await api.add("Bob", 3, axis=1)
    path = f"/identities/{bob.identity_id}"
    await api.refused("PATCH", path, 409, "name_taken", json={"display_name": "ADA"})
    change = await api("POST", f"{path}/merge", json={"into": ada.identity_id})
    assert change["identity"] == {
        "identity_id": ada.identity_id,
        "display_name": "Ada",
        "templates": 5,
    }
    assert await api.names() == [("Ada", 5)]


async def test_a_deletion_is_undone_once(api: Api) -> None:
    ada = await api.add("Ada")
    await api.add("Bob", axis=1)
    before = await api("GET", f"/identities/{ada.identity_id}")
    undo = (await api("DELETE", f"/identities/{ada.identity_id}"))["undo"]
    assert undo["seconds"] == 60
    assert await api.names() == [("Bob", 2)]
    await api("POST", "/undo", json={"undo_id": undo["undo_id"]})
    assert await api("GET", f"/identities/{ada.identity_id}") == before
    await api.refused("POST", "/undo", 409, "nothing_to_undo", json={"undo_id": undo["undo_id"]})


async def test_examples_are_moved_and_deleted(api: Api, server: Server) -> None:
    ada, bob = await api.add("Ada", 3), await api.add("Bob", 1, axis=1)
    examples = (await server.person(ada.identity_id)).examples
    first, second, third = [one.template_id for one in examples]
    moved = await server.move_examples([first], into=bob.identity_id)
    assert moved.identity == IdentityFields(
        identity_id=bob.identity_id, display_name="Bob", templates=2
    )
    await server.move_examples([second], display_name="Cleo")
    undo = (await server.delete_examples([third])).undo
    assert undo is not None
    assert await api.names() == [("Ada", 0), ("Bob", 2), ("Cleo", 1)]
    await server.undo(undo.undo_id)
    assert await api.names() == [("Ada", 1), ("Bob", 2), ("Cleo", 1)]


async def test_clearing_asks_for_the_word(api: Api) -> None:
    await api.add("Ada")
    await api.refused("POST", "/clear", 400, "not_confirmed", json={"confirm": "yes"})
    assert await api.names() == [("Ada", 2)]
    undo = (await api("POST", "/clear", json={"confirm": "clear"}))["undo"]
    assert await api.names() == []
    await api("POST", "/undo", json={"undo_id": undo["undo_id"]})
    assert await api.names() == [("Ada", 2)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/clear", b"no json"),
        ("/clear", b"[]"),
        ("/clear", b'{"confirm": 1}'),
        ("/clear", b'{"confirm": "clear", "more": 1}'),
        ("/clear", b'{"confirm": "' + b"x" * 70_000 + b'"}'),
        ("/examples/delete", b'{"template_ids": []}'),
        ("/examples/delete", b'{"template_ids": [0]}'),
        ("/examples/delete", b'{"template_ids": ["1"]}'),
        ("/examples/move", b'{"template_ids": [1]}'),
        ("/examples/move", b'{"template_ids": [1], "into": "a", "display_name": "b"}'),
        ("/import?mode=both", b""),
        ("/photos?name=Ada", b""),
    ],
)
async def test_a_bad_body_is_refused(api: Api, path: str, body: bytes) -> None:
    await api.add("Ada")
    await api.refused("POST", path, 400, "bad_message", data=body)
    assert await api.names() == [("Ada", 2)]


@pytest.mark.parametrize("name", ["", "   ", "x" * 300, "a\u0000b"])
async def test_a_bad_name_is_refused(api: Api, name: str) -> None:
    ada = await api.add("Ada")
    path = f"/identities/{ada.identity_id}"
    await api.refused("PATCH", path, 422, "bad_name", json={"display_name": name})
    assert await api.names() == [("Ada", 2)]


async def test_every_change_reaches_every_open_page(api: Api) -> None:
    pages = [await api.serving.client() for _ in range(2)]
    ada = await api.add("Ada")
    await api("PATCH", f"/identities/{ada.identity_id}", json={"display_name": "Eva"})
    undo = (await api("DELETE", f"/identities/{ada.identity_id}"))["undo"]
    await api("POST", "/undo", json={"undo_id": undo["undo_id"]})
    await api("POST", "/clear", json={"confirm": "clear"})
    for page in pages:
        told = [await page.expect(wire.GalleryEvent) for _ in range(5)]
        assert [[one.display_name for one in event.upserted] for event in told] == [
            ["Ada"],
            ["Eva"],
            [],
            ["Eva"],
            [],
        ]
        assert [event.removed for event in told] == [[], [], [ada.identity_id], [], []]
        assert [event.cleared for event in told] == [False] * 4 + [True]
        assert [event.revision for event in told] == [1, 2, 3, 4, 5]


async def test_photos_enrol_a_person_with_a_verdict_each(api: Api, server: Server) -> None:
    photos = {"good.jpg": picture(1), "empty.jpg": picture(0), "two.jpg": picture(2)}
    answer = await server.enrol("Ada", photos)
    assert [(one.file, one.verdict) for one in answer.photos] == [
        ("good.jpg", "accepted"),
        ("empty.jpg", "no_face"),
        ("two.jpg", "several_faces"),
    ]
    assert answer.identity is not None
    assert answer.identity.display_name == "Ada"
    assert await api.names() == [("Ada", 1)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"no part"),
        ("multipart/form-data; boundary=b", b"--b\r\nA: \x01\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Length: x\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\n" + b"A" * 100_000 + b"\r\n--b--\r\n"),
    ],
)
async def test_photos_in_parts_that_are_none_are_refused(api: Api, kind: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
    url = f"{api.serving.url}/api/gallery/photos?name=Ada"
    async with api.serving.http.post(url, data=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "bad_message")


async def test_save_clear_and_restore_give_the_same_gallery(
    api: Api, server: Server, tmp_path: Path
) -> None:
    ada = await api.add("Ada")
    await api.add("Bob", 3, axis=1)
    saved = tmp_path / "saved.zip"
    await server.export_to(saved)
    assert zipfile.is_zipfile(saved)
    await server.clear("clear")

    preview = await server.preview_import(saved)
    assert (preview.people_new, preview.examples_new) == (["Ada", "Bob"], 5)
    assert await api.names() == []
    done = await server.import_gallery(saved)
    assert done.model_copy(update={"revision": preview.revision}) == preview
    assert await api.names() == [("Ada", 2), ("Bob", 3)]
    again = await server.import_gallery(saved)
    assert (again.examples_new, again.examples_known) == (0, 5)

    await server.delete(ada.identity_id)
    await api.add("Cleo", axis=2)
    replaced = await server.preview_import(saved, "replace")
    assert (replaced.people_new, replaced.people_removed) == (["Ada"], ["Cleo"])
    await server.import_gallery(saved, "replace")
    assert await api.names() == [("Ada", 2), ("Bob", 3)]


@pytest.mark.parametrize("spoil", [lambda raw: raw[:-9], lambda raw: b"", lambda raw: b"PK" * 99])
async def test_a_file_that_is_no_gallery_changes_nothing(
    api: Api, spoil: Callable[[bytes], bytes]
) -> None:
    await api.add("Ada")
    saved = spoil(await api("GET", "/export"))
    for mode in ("merge", "replace"):
        await api.refused("POST", f"/import?mode={mode}", 422, "bad_archive", data=saved)
    assert await api.names() == [("Ada", 2)]


async def test_a_file_over_the_limit_is_refused(serve: Serve, tmp_path: Path) -> None:
    engine = FakeEngine(folder=tmp_path, data=tmp_path)
    api = Api(await serve(engine, data=tmp_path, max_archive_bytes=1024))
    await api.refused("POST", "/import", 413, "message_too_big", data=b"x" * 2000)


async def test_health_names_who_is_worth_a_look(api: Api) -> None:
    ada, eva = await api.add("Ada", 3), await api.add("Eva", 1)
    health = await api("GET", "/health")
    assert health["revision"] == 2
    assert [sorted(i["display_name"] for i in one["identities"]) for one in health["alike"]] == [
        ["Ada", "Eva"]
    ]
    assert [one["identity_id"] for one in health["few"]] == [eva.identity_id]
    await api("DELETE", f"/identities/{eva.identity_id}")
    health = await api("GET", "/health")
    assert (health["revision"], health["alike"], health["few"]) == (3, [], [])
    assert ada.templates == 3


async def test_templates_of_another_model_are_embedded_anew(serve: Serve, tmp_path: Path) -> None:
    engine = FakeEngine(folder=tmp_path, data=tmp_path)
    engine.recogniser.fingerprint = "another-model"
    api = Api(await serve(engine, data=tmp_path))
    rows = np.eye(4, dtype=np.float32)
    old = [NewTemplate(row, "another-model", 1.0, Source.CAMERA, Crop(JPEG)) for row in rows]
    await engine.desk.add("Ada", old)
    await engine.desk.add("Bob", [NewTemplate(rows[1], "another-model", 1.0, Source.PHOTO)])
    await engine.stop(1.0)

    api = Api(await serve(FakeEngine(folder=tmp_path, data=tmp_path), data=tmp_path))
    page: Client = await api.serving.client()
    assert page.hello is not None
    assert page.hello.foreign_templates == 5
    assert (await api("GET", "/reembedding"))["total"] == 5
    await api("POST", "/reembedding", 202)
    event = await page.expect(wire.GalleryEvent)
    assert event.revision == 3
    state = await api("GET", "/reembedding")
    assert state == {"running": False, "done": 4, "total": 5, "without_face": 1}
    assert len(api.engine.desk.snapshot().index) == 4


async def test_a_damaged_gallery_is_told_and_frames_are_answered(
    serve: Serve, tmp_path: Path
) -> None:
    (tmp_path / "gallery.sqlite").write_bytes(b"not a database" * 1000)
    api = Api(await serve(FakeEngine(folder=tmp_path, data=tmp_path), data=tmp_path))
    page = await api.serving.client()
    assert page.hello is not None
    assert "damaged" in str(page.hello.gallery_problem)
    assert isinstance(await page.answer(0, picture(1)), wire.Result)
    await api.refused("POST", "/clear", 500, "store_failed", json={"confirm": "clear"})


async def test_nothing_of_it_is_open_without_the_token(api: Api) -> None:
    app = api.serving.server.app
    paths = [
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/api/")
    ]
    assert len(paths) > 15
    for method, path in paths:
        url = api.serving.url + path.replace("{identity_id}", "a").replace("{template_id}", "1")
        async with api.serving.http.request(method, url) as answer:
            assert answer.status == 401, path


async def test_many_changes_at_once_are_all_made(api: Api) -> None:
    people = await asyncio.gather(*(api.add(f"P{i}") for i in range(10)))
    await asyncio.gather(*(api("DELETE", f"/identities/{p.identity_id}") for p in people[:5]))
    assert await api.names() == [(f"P{i}", 2) for i in range(5, 10)]


async def test_gallery_that_is_not_read_yet_is_not_shown_as_empty(serve: Serve) -> None:
    engine = FakeEngine()
    engine.recogniser.hold()
    serving = await serve(engine, ready=False)
    answer = await serving.get("/api/gallery", token=True)
    assert (answer.status, (await answer.json())["code"]) == (503, "overloaded")
