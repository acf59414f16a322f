"""`facestream gallery` and `enrol --people`, as a script and as a person use them."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facestream import cli_enrol, cli_gallery
from facestream.gallery.calibration import load_calibration
from facestream.gallery.lock import FolderLock
from facestream.gallery.records import Crop, Kind, NewTemplate, Source
from facestream.gallery.store import FILE_NAME, GalleryStore
from facestream.records import Float32
from facestream.vision.images import encode_jpeg
from facestream.vision.pipeline import Pipeline
from tests.conftest import PICTURES
from tests.test_cli import Facestream, facestream

assert facestream  # the fixture

MODEL = load_calibration("mobilefacenet").fingerprint
TODAY = 1_700_000_000.0
"""In the night of 2023-11-14."""

PICTURE = encode_jpeg(np.full((64, 64, 3), 90, np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of `facestream`."""
    return tmp_path / "data"


@contextmanager
def opened(folder: Path) -> Iterator[GalleryStore]:
    with closing(GalleryStore.open(folder, clock=lambda: TODAY)) as store:
        yield store


def looks(n: int, seed: int, dimension: int = 192) -> Float32:
    """Of one person: their examples resemble each other, and nobody else's."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal(dimension) + 0.5 * rng.standard_normal((n, dimension))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def examples(n: int, seed: int, made_by: str = MODEL) -> list[NewTemplate]:
    crop = Crop(PICTURE, np.zeros((5, 2), np.float32), "a detector")
    return [NewTemplate(row, made_by, 9.0, Source.PHOTO, crop) for row in looks(n, seed)]


@pytest.fixture
def ids(folder: Path) -> dict[str, str]:
    """Anna has the examples 1 to 3, Bea 4 and 5."""
    with opened(folder) as store:
        return {
            name: store.add(name, examples(n, n)).identity.identity_id
            for name, n in (("Anna", 3), ("Bea", 2))
        }


def counts(folder: Path) -> dict[str, int]:
    with closing(GalleryStore.open_for_reading(folder)) as store:
        return {one.display_name: one.templates for one in store.identities()}


# --- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Anna", "ANNA", " anna "])
def test_a_person_is_shown_with_all_that_is_stored(
    facestream: Facestream, folder: Path, ids: dict[str, str], name: str
) -> None:
    with opened(folder) as store:
        [row] = looks(1, 9)
        store.reject(ids["Anna"], NewTemplate(row, MODEL, 1.5, Source.CAMERA, kind=Kind.REJECTION))
    shown = json.loads(facestream("gallery", "show", name, "--json").out)
    first, *_, last = shown.pop("examples")
    assert shown == {
        "identity_id": ids["Anna"],
        "name": "Anna",
        "note": None,
        "created_at_ms": 1_700_000_000_000,
        "expires_at_ms": None,
    }
    assert first == {
        "template_id": 1,
        "kind": "example",
        "created_at_ms": 1_700_000_000_000,
        "source": "photo",
        "sharpness": 9.0,
        "has_crop": True,
        "models": [MODEL],
    }
    assert (last["kind"], last["has_crop"]) == ("rejection", False)


def test_a_person_is_shown_for_people(facestream: Facestream, ids: dict[str, str]) -> None:
    run = facestream("gallery", "show", ids["Bea"])
    assert run.out.startswith(f"Bea ({ids['Bea']})\nnote: none\nsince 2023-11-14, expires: never\n")
    assert run.out.count("photo") == 2


def test_people_are_renamed(facestream: Facestream, folder: Path, ids: dict[str, str]) -> None:
    run = facestream("gallery", "rename", "anna", " Anna  Thal ")
    assert run == (0, "Anna is called Anna Thal now\n", "")
    assert counts(folder) == {"Anna Thal": 3, "Bea": 2}
    assert "[name_taken]" in facestream("gallery", "rename", "Anna Thal", "BEA").err
    assert "[bad_name]" in facestream("gallery", "rename", "Bea", "\u202e").err
    assert "[no_such_identity]" in facestream("gallery", "rename", "Cleo", "Dora").err
    assert counts(folder) == {"Anna Thal": 3, "Bea": 2}


def test_people_are_merged_when_it_is_confirmed(
    facestream: Facestream, folder: Path, ids: dict[str, str]
) -> None:
    assert "[not_confirmed]" in facestream("gallery", "merge", "Anna", "Bea").err
    assert counts(folder) == {"Anna": 3, "Bea": 2}
    run = facestream("gallery", "merge", "Anna", "Bea", "--yes")
    assert run == (0, "Bea has 5 examples now\n", "")
    assert counts(folder) == {"Bea": 5}


def test_examples_are_moved_and_forgotten(
    facestream: Facestream, folder: Path, ids: dict[str, str]
) -> None:
    run = facestream("gallery", "move", "1", "4", "--to", "Cleo")
    assert run == (0, "Cleo has 2 examples now\n", "")
    assert counts(folder) == {"Anna": 2, "Bea": 1, "Cleo": 2}
    assert "[not_confirmed]" in facestream("gallery", "forget", "1").err
    assert facestream("gallery", "forget", "1", "2", "--yes").out == (
        "Cleo has 1 examples now\nAnna has 1 examples now\n"
    )
    assert "[no_such_example]" in facestream("gallery", "forget", "1", "--yes").err
    assert "[no_such_example]" in facestream("gallery", "move", "99", "--to", "Dora").err
    assert counts(folder) == {"Anna": 1, "Bea": 1, "Cleo": 1}


def test_consent_is_noted_with_its_end(facestream: Facestream, ids: dict[str, str]) -> None:
    run = facestream("gallery", "consent", "Anna", "--note", "said yes", "--expires", "2999-12-31")
    assert run.status == 0
    assert run.out.endswith("note: said yes\nsince 2023-11-14, expires: 2999-12-31\n")
    facestream("gallery", "consent", "Anna", "--expires", "never")
    shown = json.loads(facestream("gallery", "show", "Anna", "--json").out)
    assert (shown["note"], shown["expires_at_ms"]) == ("said yes", None)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ([], 2, "bad_usage"),
        (["--expires", "31.12.2999"], 2, "bad_setting"),
        (["--expires", "2999-02-30"], 2, "bad_setting"),
        (["--note", "x" * 1001], 1, "bad_message"),
    ],
)
def test_consent_that_makes_no_sense_is_refused(
    facestream: Facestream, ids: dict[str, str], options: list[str], status: int, code: str
) -> None:
    run = facestream("gallery", "consent", "Anna", *options)
    assert run.status == status
    assert f"[{code}]" in run.err


# --- beside a server ------------------------------------------------------------------------------


@pytest.fixture
def served(folder: Path, ids: dict[str, str]) -> Iterator[None]:
    """The folder, while a server owns it."""
    lock = FolderLock.acquire(folder)
    yield
    lock.release()


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize(
    "change",
    [
        ["rename", "Anna", "Cleo"],
        ["merge", "Anna", "Bea", "--yes"],
        ["move", "1", "--to", "Bea"],
        ["forget", "1", "--yes"],
        ["consent", "Anna", "--note", "x"],
        ["delete", "Anna", "--yes"],
        ["clear", "--yes"],
        ["reembed"],
        ["restore", "2023-11-14", "--yes"],
    ],
)
def test_a_folder_in_use_is_not_changed(
    facestream: Facestream, folder: Path, change: list[str]
) -> None:
    snapshots = folder / "snapshots"
    snapshots.mkdir()
    shutil.copy(folder / FILE_NAME, snapshots / "2023-11-14.sqlite")
    run = facestream("gallery", *change)
    assert run.status == 1
    assert "[data_folder_in_use]" in run.err
    assert "Use its page, or stop it first" in run.err
    assert counts(folder) == {"Anna": 3, "Bea": 2}


@pytest.mark.usefixtures("served")
def test_a_folder_in_use_is_looked_at_verified_and_exported(
    facestream: Facestream, tmp_path: Path
) -> None:
    saved = tmp_path / "saved.zip"
    for command in (["list"], ["show", "Anna"], ["verify"], ["snapshots"], ["export", saved]):
        run = facestream("gallery", *command)
        assert run.status == 0, command
    assert saved.exists()
    run = facestream("gallery", "import", saved, "--yes")
    assert "[data_folder_in_use]" in run.err


# --- to a file and back ---------------------------------------------------------------------------


@pytest.fixture
def saved(facestream: Facestream, ids: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "saved.zip"
    run = facestream("gallery", "export", path)
    assert run == (0, f"{path}: 2 people, 5 examples\n", "")
    return path


def test_who_was_exported_comes_back(facestream: Facestream, folder: Path, saved: Path) -> None:
    facestream("gallery", "clear", "--yes")
    run = facestream("gallery", "import", saved, "--yes", "--json")
    assert json.loads(run.out) == {
        "people_new": ["Anna", "Bea"],
        "people_changed": [],
        "people_removed": [],
        "examples_new": 5,
        "examples_known": 0,
    }
    assert counts(folder) == {"Anna": 3, "Bea": 2}


def test_an_import_shows_what_it_would_do_and_asks(
    facestream: Facestream, folder: Path, saved: Path
) -> None:
    facestream("gallery", "forget", "1", "--yes")
    facestream("gallery", "delete", "Bea", "--yes")
    with opened(folder) as store:
        store.add("Cleo", examples(1, 9))
    before = counts(folder)
    run = facestream("gallery", "import", saved, "--mode", "replace", "--json")
    assert run.status == 1
    assert run.out == ""
    assert run.err.splitlines()[:4] == [
        "+ Bea",
        "  Anna: +1 examples",
        "- Cleo",
        "5 examples are new, 0 were there already",
    ]
    assert "[not_confirmed]" in run.err
    assert counts(folder) == before

    run = facestream("gallery", "import", saved, "--yes")  # merge
    assert run.out.splitlines() == [
        "+ Bea",
        "  Anna: +1 examples",
        "3 examples are new, 2 were there already",
    ]
    assert counts(folder) == {"Anna": 3, "Bea": 2, "Cleo": 1}


def test_a_file_that_is_damaged_or_missing_changes_nothing(
    facestream: Facestream, folder: Path, saved: Path
) -> None:
    content = saved.read_bytes()
    for broken in (content[:-1], b"no archive", content.replace(b"Anna", b"Anno")):
        saved.write_bytes(broken)
        run = facestream("gallery", "import", saved, "--mode", "replace", "--yes")
        assert run.status == 1
        assert "[bad_archive]" in run.err
    saved.unlink()
    assert "[bad_archive]" in facestream("gallery", "import", saved, "--yes").err
    assert counts(folder) == {"Anna": 3, "Bea": 2}


def test_examples_of_another_model_are_not_taken_in(
    facestream: Facestream, folder: Path, tmp_path: Path
) -> None:
    with opened(folder) as store:
        store.add("Anna", examples(1, 1, "another model"))
    facestream("gallery", "export", tmp_path / "saved.zip")
    run = facestream("gallery", "import", tmp_path / "saved.zip", "--yes")
    assert "[fingerprint_mismatch]" in run.err
    assert "another model" in run.err
    assert MODEL in run.err


def test_an_export_that_cannot_be_written_leaves_nothing(
    facestream: Facestream, saved: Path, tmp_path: Path
) -> None:
    run = facestream("gallery", "export", tmp_path / "nowhere" / "saved.zip")
    assert run.status == 1
    assert "[store_failed]" in run.err
    assert "cannot be written" in run.err


# --- verify ---------------------------------------------------------------------------------------


def verified(facestream: Facestream) -> tuple[int, dict[str, object]]:
    run = facestream("gallery", "verify", "--json")
    return run.status, json.loads(run.out)


def test_a_sound_gallery_is_verified_and_advice_is_no_damage(
    facestream: Facestream, ids: dict[str, str]
) -> None:
    status, found = verified(facestream)
    health = found.pop("health")
    assert (status, found) == (
        0,
        {"ok": True, "problems": [], "people": 2, "templates": 5, "foreign_templates": 0},
    )
    assert isinstance(health, dict)
    assert [one["display_name"] for one in health["few"]] == ["Bea", "Anna"]
    lines = facestream("gallery", "verify").out.splitlines()
    assert lines[:2] == ["2 people, 5 examples", "nothing is damaged"]
    assert "Bea has 2 examples only" in lines


def test_an_empty_or_missing_gallery_is_sound(facestream: Facestream, folder: Path) -> None:
    assert verified(facestream)[0] == 0
    assert not folder.exists()
    opened(folder).__enter__().close()
    assert verified(facestream)[0] == 0


def test_examples_of_another_model_are_counted(facestream: Facestream, folder: Path) -> None:
    with opened(folder) as store:
        store.add("Anna", examples(2, 1, "another model"))
    status, found = verified(facestream)
    assert (status, found["foreign_templates"]) == (0, 2)
    assert "gallery reembed" in facestream("gallery", "verify").out


DAMAGES = {
    "UPDATE embedding SET vector = zeroblob(768) WHERE template_id = 2": "example 2",
    "UPDATE embedding SET vector = x'00' WHERE template_id = 2": "example 2",
    "DELETE FROM embedding WHERE template_id = 3": "Example 3 has no embedding",
    "UPDATE crop SET jpeg = x'ffd8' WHERE template_id = 4": "picture of example 4",
    "UPDATE template SET identity_id = 'nobody' WHERE id = 5": "belongs to nobody",
    "UPDATE meta SET scrub_due = 1": "Deleted faces may still be in the file",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_in_the_rows_is_told_with_status_1(
    facestream: Facestream, folder: Path, ids: dict[str, str], damage: str
) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as file:
        file.execute(damage)
        file.commit()
    status, found = verified(facestream)
    assert (status, found["ok"]) == (1, False)
    assert isinstance(found["problems"], list)
    assert DAMAGES[damage] in " ".join(found["problems"])
    run = facestream("gallery", "verify")
    assert run.status == 1
    assert DAMAGES[damage] in run.out
    assert "nothing is damaged" not in run.out


def test_damage_of_the_file_is_told_with_status_1(
    facestream: Facestream, folder: Path, ids: dict[str, str]
) -> None:
    path = folder / FILE_NAME
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xa5" * 512 + content[8704:])
    status, found = verified(facestream)
    assert (status, found["ok"], found["people"]) == (1, False, 0)
    assert "damaged" in str(found["problems"])


# --- snapshots ------------------------------------------------------------------------------------


@pytest.fixture
def snapshot(folder: Path, ids: dict[str, str]) -> Path:
    """Of Anna and Bea; Cleo came later."""
    with opened(folder) as store:
        path = store.snapshot_if_due()
        assert path is not None
        store.add("Cleo", examples(1, 9))
    return path


def test_snapshots_are_listed(facestream: Facestream, snapshot: Path) -> None:
    rows = json.loads(facestream("gallery", "snapshots", "--json").out)
    assert rows == [{"date": "2023-11-14", "bytes": snapshot.stat().st_size}]
    assert "2023-11-14" in facestream("gallery", "snapshots").out


@pytest.mark.parametrize("damage", [None, b"damaged" * 500, b""])
def test_a_snapshot_takes_the_place_of_the_gallery(
    facestream: Facestream, folder: Path, snapshot: Path, damage: bytes | None
) -> None:
    if damage is not None:
        (folder / FILE_NAME).write_bytes(damage)
    assert "[not_confirmed]" in facestream("gallery", "restore", "2023-11-14").err
    run = facestream("gallery", "restore", "2023-11-14", "--yes")
    assert run == (0, "the gallery is what it was on 2023-11-14\n", "")
    assert counts(folder) == {"Anna": 3, "Bea": 2}
    assert verified(facestream)[0] == 0
    facestream("gallery", "delete", "Anna", "--yes")
    assert counts(folder) == {"Bea": 2}


def test_a_gallery_that_is_gone_is_restored_and_not_begun_anew(
    facestream: Facestream, folder: Path, snapshot: Path
) -> None:
    (folder / FILE_NAME).unlink()
    run = facestream("gallery", "clear", "--yes")
    assert "facestream gallery restore 2023-11-14" in run.err
    assert facestream("gallery", "restore", "2023-11-14", "--yes").status == 0
    assert counts(folder) == {"Anna": 3, "Bea": 2}


def test_what_a_crash_left_in_the_log_is_not_read_into_a_restored_gallery(
    facestream: Facestream, folder: Path, snapshot: Path, tmp_path: Path
) -> None:
    crashed = GalleryStore.open(folder)
    crashed.add("Dora", examples(2, 8))
    log = folder / f"{FILE_NAME}-wal"
    shutil.copy(log, tmp_path / "log")
    crashed.close()
    shutil.copy(tmp_path / "log", log)
    assert facestream("gallery", "restore", "2023-11-14", "--yes").status == 0
    assert counts(folder) == {"Anna": 3, "Bea": 2}
    assert verified(facestream)[0] == 0


def test_a_damaged_snapshot_is_told_and_not_restored(
    facestream: Facestream, folder: Path, snapshot: Path
) -> None:
    content = snapshot.read_bytes()
    snapshot.write_bytes(content[:8192] + b"\xa5" * 512 + content[8704:])
    assert verified(facestream)[1]["problems"] == ["The snapshot of 2023-11-14 is damaged."]
    run = facestream("gallery", "restore", "2023-11-14", "--yes")
    assert run.status == 1
    assert "[store_failed]" in run.err
    assert counts(folder) == {"Anna": 3, "Bea": 2, "Cleo": 1}


@pytest.mark.parametrize("date", ["2023-11-13", "../data/gallery", "x"])
def test_a_date_without_a_snapshot_is_refused(
    facestream: Facestream, folder: Path, snapshot: Path, date: str
) -> None:
    assert "[no_such_example]" in facestream("gallery", "restore", date, "--yes").err
    assert counts(folder) == {"Anna": 3, "Bea": 2, "Cleo": 1}


# --- with the networks ----------------------------------------------------------------------------


@pytest.fixture
def ready(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The networks, built once for all tests."""
    for module in (cli_enrol, cli_gallery):
        monkeypatch.setattr(module, "pipeline_of", lambda settings: pipeline)
    return pipeline


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Barack has two good photos and one of nobody, Joe one and a broken one, Nobody none."""
    folders = {
        "Barack": ("obama", "obama2"),
        "Joe": ("biden",),
        "Nobody": (),
        ".hidden": ("biden",),
    }
    for name, photos in folders.items():
        (tmp_path / "people" / name).mkdir(parents=True)
        for photo in photos:
            shutil.copy(PICTURES / f"{photo}.jpg", tmp_path / "people" / name / f"{photo}.JPG")
    grey = encode_jpeg(np.full((200, 200, 3), 90, np.uint8))
    (tmp_path / "people" / "Barack" / "grey.jpg").write_bytes(grey)
    (tmp_path / "people" / "Joe" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "people" / "Joe" / "notes.txt").write_text("no photo")
    (tmp_path / "people" / "photo.jpg").write_bytes(grey)
    return tmp_path / "people"


@pytest.mark.usefixtures("ready")
def test_a_folder_of_people_is_enrolled_with_a_verdict_for_each_photo(
    facestream: Facestream, folder: Path, people: Path
) -> None:
    run = facestream("enrol", "--people", people)
    assert run.status == 1  # a photo was refused
    verdicts = dict(line.rsplit("/", 1)[1].split(": ", 1) for line in run.err.splitlines())
    assert list(verdicts) == ["grey.jpg", "obama.JPG", "obama2.JPG", "biden.JPG", "broken.jpg"]
    assert verdicts["obama.JPG"] == verdicts["obama2.JPG"] == verdicts["biden.JPG"] == "accepted"
    assert verdicts["grey.jpg"].startswith("[no_face] ")
    assert verdicts["broken.jpg"].startswith("[bad_picture] ")
    rows = [line.split() for line in run.out.splitlines()]
    assert rows == [
        ["name", "added", "refused", "examples", "in", "all"],
        ["Barack", "2", "1", "2"],
        ["Joe", "1", "1", "1"],
    ]
    assert counts(folder) == {"Barack": 2, "Joe": 1}


@pytest.mark.usefixtures("ready")
def test_whose_photos_are_all_refused_is_not_enrolled(
    facestream: Facestream, folder: Path, people: Path
) -> None:
    for photo in (people / "Barack").glob("obama*"):
        photo.unlink()
    run = facestream("enrol", "--people", people)
    assert ["Barack", "0", "1", "not", "enrolled"] in [
        line.split() for line in run.out.splitlines()
    ]
    assert counts(folder) == {"Joe": 1}


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ([], 2, "bad_usage"),
        (["Anna"], 2, "bad_usage"),
        (["Anna", "x.jpg", "--people", "."], 2, "bad_usage"),
        (["--people", "nowhere"], 1, "bad_dataset"),
    ],
)
def test_wrong_usage_of_enrol_is_refused_before_the_networks_are_built(
    facestream: Facestream,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    code: str,
) -> None:
    monkeypatch.setattr(cli_enrol, "pipeline_of", lambda settings: pytest.fail("it is built"))
    run = facestream("enrol", *arguments)
    assert run.status == status
    assert f"[{code}]" in run.err


def test_without_crops_no_picture_is_stored(
    facestream: Facestream, folder: Path, ready: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACESTREAM_CROPS", "false")
    facestream("enrol", "Joe", PICTURES / "biden.jpg")
    monkeypatch.delenv("FACESTREAM_CROPS")
    facestream("enrol", "Barack", PICTURES / "obama.jpg")
    facestream("enrol", "Cleo", PICTURES / "obama2.jpg", "--no-crops")
    with closing(GalleryStore.open_for_reading(folder)) as store:
        pictures = [one.crop for person in store.everybody() for one in person.templates]
    assert [picture is None for picture in pictures] == [False, True, True]
    assert pictures[0] is not None
    assert pictures[0].detector == ready.detector


def test_examples_of_another_model_are_embedded_anew_and_the_rest_is_told(
    facestream: Facestream, folder: Path, ready: Pipeline
) -> None:
    facestream("enrol", "Barack", PICTURES / "obama.jpg")
    with opened(folder) as store:
        [person] = store.everybody()
        [template] = person.templates
        store.clear()
        foreign = replace(template, embeddings={"another model": looks(1, 1)[0]})
        without = replace(foreign, crop=None, embeddings={"another model": looks(1, 2)[0]})
        store.absorb([replace(person, templates=(foreign, without))])
    run = facestream("gallery", "reembed")
    assert run.status == 0
    assert run.out.splitlines() == [
        "1 examples were embedded by mobilefacenet",
        "1 have no picture in which a face is found, and are not searched with it",
    ]
    with opened(folder) as store:
        assert store.fingerprints() == {"another model": 2, MODEL: 1}
        [row] = store.templates(MODEL, ready.dimension).embeddings
    assert row @ template.embeddings[MODEL] > 0.99
    assert facestream("gallery", "reembed").out.startswith("0 examples were embedded")


def test_looking_does_not_bring_tensorflow(
    facestream: Facestream, ids: dict[str, str], tmp_path: Path
) -> None:
    program = (
        "import sys; from facestream import cli\n"
        "for command in (['list'], ['show', 'Anna'], ['snapshots'], ['rename', 'Anna', 'Dora']):\n"
        "    sys.argv = ['facestream', 'gallery', *command]\n"
        "    try: cli.main()\n"
        "    except SystemExit as end: assert not end.code, command\n"
        "assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)
