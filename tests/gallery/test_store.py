import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from facestream.errors import (
    BadName,
    DataFolderInUse,
    NoExamples,
    NoSuchIdentity,
    StoreFailed,
)
from facestream.gallery import store as store_module
from facestream.gallery.records import IdentitySummary, NewTemplate, Source
from facestream.gallery.schema import SCHEMA_VERSION
from facestream.gallery.store import FILE_NAME, GalleryStore

from .fakes import DIMENSION, FINGERPRINT, new_templates, unit_rows


@pytest.fixture
def store(tmp_path: Path) -> Iterator[GalleryStore]:
    with closing(GalleryStore.open(tmp_path, clock=lambda: 1_700_000_000.0)) as store:
        yield store


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file())


def reopened(folder: Path) -> GalleryStore:
    return GalleryStore.open(folder)


def test_a_new_gallery_is_empty(store: GalleryStore) -> None:
    assert store.identities() == []
    assert store.fingerprints() == {}
    assert store.revision == 0
    templates = store.templates(FINGERPRINT, DIMENSION)
    assert templates.embeddings.shape == (0, DIMENSION)
    assert templates.identity_ids == ()


def test_what_was_added_comes_back_bit_for_bit(store: GalleryStore, tmp_path: Path) -> None:
    new = new_templates(3)
    added = store.add(" Anna  Thal ", new)
    store.close()

    with closing(reopened(tmp_path)) as again:
        assert again.identities() == [added.identity]
        assert added.identity == IdentitySummary(added.identity.identity_id, "Anna Thal", 3)
        templates = again.templates(FINGERPRINT, DIMENSION)
        assert tuple(templates.template_ids) == added.template_ids
        assert templates.identity_ids == (added.identity.identity_id,) * 3
        assert np.array_equal(templates.embeddings, np.stack([t.embedding for t in new]))
        assert again.fingerprints() == {FINGERPRINT: 3}


def test_quality_source_date_and_crop_are_kept(store: GalleryStore, tmp_path: Path) -> None:
    row = unit_rows(1)[0]
    store.add("Anna", [NewTemplate(row, FINGERPRINT, 7.5, Source.PHOTO, b"a crop")])
    store.close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        kept = file.execute("SELECT sharpness, source, created_at_ms FROM template").fetchall()
        assert kept == [(7.5, "photo", 1_700_000_000_000)]
        assert file.execute("SELECT jpeg FROM crop").fetchall() == [(b"a crop",)]


def test_a_name_equal_but_for_case_and_unicode_form_gets_the_templates(
    store: GalleryStore,
) -> None:
    first = store.add("René", new_templates(2)).identity
    second = store.add("RENE\u0301", new_templates(3, seed=1)).identity
    assert second == IdentitySummary(first.identity_id, "René", 5)
    assert store.identities() == [second]


def test_identities_are_sorted_by_name(store: GalleryStore) -> None:
    for name in ("bea", "Anna", "Cäsar", "משה", "🙂"):
        store.add(name, new_templates(1))
    names = [identity.display_name for identity in store.identities()]
    assert names == ["Anna", "bea", "Cäsar", "משה", "🙂"]


def test_templates_of_another_fingerprint_are_not_mixed_in(store: GalleryStore) -> None:
    store.add("Anna", new_templates(2))
    store.add("Anna", new_templates(3, fingerprint="other"))
    assert store.fingerprints() == {FINGERPRINT: 2, "other": 3}
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 2
    assert store.identities()[0].templates == 5


def test_each_change_raises_the_revision_by_one_and_nothing_else_does(
    store: GalleryStore,
) -> None:
    identity = store.add("Anna", new_templates(1)).identity
    store.add("Bea", new_templates(1))
    assert store.revision == 2
    store.delete(identity.identity_id)
    assert store.revision == 3
    store.clear()
    assert store.revision == 4
    with pytest.raises(NoSuchIdentity):
        store.delete(identity.identity_id)
    with pytest.raises(BadName):
        store.add("", new_templates(1))
    with pytest.raises(NoExamples):
        store.add("Anna", [])
    assert store.revision == 4
    assert store.identities() == []


@pytest.mark.parametrize("identity_id", ["", "nobody", "\ud800", "é"])
def test_deleting_somebody_unknown_says_so(store: GalleryStore, identity_id: str) -> None:
    store.add("Anna", new_templates(1))
    with pytest.raises(NoSuchIdentity):
        store.delete(identity_id)
    assert len(store.identities()) == 1


def test_ids_are_never_used_twice(store: GalleryStore) -> None:
    first = store.add("Anna", new_templates(2))
    store.clear()
    second = store.add("Anna", new_templates(2))
    assert not set(first.template_ids) & set(second.template_ids)
    assert first.identity.identity_id != second.identity.identity_id


def test_one_fingerprint_has_one_dimension(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    wrong = NewTemplate(unit_rows(1, 8)[0], FINGERPRINT, 1.0, Source.CAMERA)
    with pytest.raises(ValueError, match=r"must have shape \(16,\), got \(8,\)"):
        store.add("Bea", [*new_templates(1), wrong])
    assert [identity.display_name for identity in store.identities()] == ["Anna"]
    with pytest.raises(StoreFailed, match="does not have 8 numbers"):
        store.templates(FINGERPRINT, 8)


@pytest.mark.parametrize(
    "embedding",
    [
        np.zeros(4, np.float32),
        np.full(4, np.nan, np.float32),
        np.ones(4, np.float32),
        np.full(4, 0.5, np.float64),
        np.full((1, 4), 0.5, np.float32),
    ],
)
def test_only_a_unit_float32_embedding_becomes_a_template(embedding: np.ndarray) -> None:
    with pytest.raises(ValueError, match="embedding must have"):
        NewTemplate(embedding, FINGERPRINT, 1.0, Source.CAMERA)


def test_file_and_folder_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "data"
    with closing(GalleryStore.open(folder)) as store:
        store.add("Anna", new_templates(1))
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        for path in folder.glob("gallery.sqlite*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def secrets_of(name: str, seed: int) -> tuple[list[NewTemplate], list[bytes]]:
    """Templates, and every byte string by which their person could be found again."""
    crop = np.random.default_rng(seed).bytes(5000)
    templates = new_templates(4, seed=seed, crop_jpeg=crop)
    traces = [name.encode(), name.casefold().encode(), crop[:64], crop[-64:], crop[2500:2564]]
    return templates, traces + [t.embedding[:4].tobytes() for t in templates]


def test_a_deleted_person_leaves_no_bytes(store: GalleryStore, tmp_path: Path) -> None:
    templates, traces = secrets_of("Zacharias Unique", seed=1)
    others, other_traces = secrets_of("Somebody Else", seed=2)
    store.add("Somebody Else", others)
    identity = store.add("Zacharias Unique", templates).identity
    assert all(trace in bytes_of(tmp_path) for trace in traces + other_traces)

    store.delete(identity.identity_id)

    assert [trace for trace in traces if trace in bytes_of(tmp_path)] == []
    assert all(trace in bytes_of(tmp_path) for trace in other_traces)
    assert not store.scrub_due


def test_clearing_leaves_no_bytes_of_anybody(store: GalleryStore, tmp_path: Path) -> None:
    traces = []
    for seed in range(20):
        templates, more = secrets_of(f"Person Number{seed}", seed)
        store.add(f"Person Number{seed}", templates)
        traces += more
    store.clear()
    assert [trace for trace in traces if trace in bytes_of(tmp_path)] == []
    store.close()
    assert [trace for trace in traces if trace in bytes_of(tmp_path)] == []


def test_a_scrub_that_failed_is_done_at_the_next_change_or_opening(
    store: GalleryStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def deleted_under_a_reader(store: GalleryStore, name: str, seed: int) -> list[bytes]:
        templates, traces = secrets_of(name, seed)
        identity = store.add(name, templates).identity
        with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM identity").fetchall()
            store.delete(identity.identity_id)
        assert store.scrub_due
        assert identity not in store.identities()
        return traces

    store._connection.execute("PRAGMA busy_timeout = 10")
    traces = deleted_under_a_reader(store, "Zacharias Unique", 1)
    assert "may still be in the file" in caplog.text
    store.add("Bea", new_templates(1, seed=5))
    assert not store.scrub_due
    assert [trace for trace in traces if trace in bytes_of(tmp_path)] == []

    traces = deleted_under_a_reader(store, "Yolanda Unique", 2)
    store.close()
    with closing(reopened(tmp_path)) as again:
        assert not again.scrub_due
    assert [trace for trace in traces if trace in bytes_of(tmp_path)] == []


def test_copies_of_rows_that_sqlite_moved_are_deleted_too(
    store: GalleryStore, tmp_path: Path
) -> None:
    """With `secure_delete` alone two of these names stay in the file (SQLite 3.40.1)."""
    walk = random.Random(9)
    live: list[str] = []
    gone: list[str] = []
    connection = store._connection
    connection.execute("BEGIN")
    for step in range(4000):
        if not live or walk.random() < (0.7 if step < 2500 else 0.2):
            live.append(f"{walk.getrandbits(64):016x}" * walk.randint(1, 5))
            connection.execute("INSERT INTO identity VALUES (?, ?, ?, 0)", (live[-1],) * 3)
        else:
            gone.append(live.pop(walk.randrange(len(live))))
            connection.execute("DELETE FROM identity WHERE id = ?", (gone[-1],))
    connection.execute("COMMIT")

    store.delete(live[0])

    content = bytes_of(tmp_path)
    assert [name for name in [*gone, live[0]] if name[:16].encode() in content] == []


def test_sqlites_safety_settings_are_on(store: GalleryStore) -> None:
    def setting(name: str) -> object:
        return store._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert setting("journal_mode") == "wal"
    assert setting("synchronous") == 2  # FULL
    assert setting("secure_delete") == 1
    assert setting("foreign_keys") == 1
    assert setting("user_version") == SCHEMA_VERSION


def test_a_second_owner_is_refused_at_once(store: GalleryStore, tmp_path: Path) -> None:
    with pytest.raises(DataFolderInUse, match=rf"{tmp_path}.*\(process {os.getpid()}\)"):
        GalleryStore.open(tmp_path)
    store.close()
    reopened(tmp_path).close()


def test_an_owner_in_another_process_is_named(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from facestream.gallery.store import GalleryStore\n"
        "store = GalleryStore.open(pathlib.Path(sys.argv[1])); print('open', flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "open\n"
        with pytest.raises(DataFolderInUse, match=rf"process {owner.pid}\b"):
            GalleryStore.open(tmp_path)
        owner.kill()
        owner.wait()
        reopened(tmp_path).close()  # the lock dies with its process


ENROL_FOR_EVER = """
import pathlib, sys
from facestream.gallery.store import GalleryStore
sys.path.insert(0, sys.argv[2])
from gallery.fakes import new_templates
store = GalleryStore.open(pathlib.Path(sys.argv[1]))
n = 0
while True:
    n += 1
    store.add(f"Person {n}", new_templates(5, seed=n, crop_jpeg=b"x" * 3000))
    print(n, flush=True)
    if n % 7 == 0:
        print(f"deleting {n - 3}", flush=True)
        (gone,) = [i for i in store.identities() if i.display_name == f"Person {n - 3}"]
        store.delete(gone.identity_id)
        print(f"deleted {n - 3}", flush=True)
"""


@pytest.mark.parametrize("acknowledgements", [1, 40, 95])
def test_whatever_was_acknowledged_survives_kill_9(tmp_path: Path, acknowledgements: int) -> None:
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", ENROL_FOR_EVER, str(tmp_path), str(tests)],
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        lines = [owner.stdout.readline() for _ in range(acknowledgements)]
        os.kill(owner.pid, signal.SIGKILL)
        lines += owner.stdout.readlines()

    words = [line.split() for line in lines if line.endswith("\n")]
    added = {int(word[0]) for word in words if len(word) == 1}
    deleting = {int(word[1]) for word in words if word[0] == "deleting"}
    deleted = {int(word[1]) for word in words if word[0] == "deleted"}
    assert added
    with closing(reopened(tmp_path)) as store:
        identities = store.identities()
        known = {int(identity.display_name.split()[1]) for identity in identities}
        assert added - deleting <= known
        assert not known & deleted
        assert known <= added | {max(added) + 1}  # the last one was stored, and its word got lost
        assert {identity.templates for identity in identities} <= {5}
        assert len(store.templates(FINGERPRINT, DIMENSION)) == 5 * len(known)
        assert not store.scrub_due


def damaged(folder: Path) -> Path:
    with closing(GalleryStore.open(folder)) as store:
        for seed in range(30):
            store.add(f"Person {seed}", new_templates(5, seed=seed, crop_jpeg=b"x" * 3000))
    return folder / FILE_NAME


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but something dear" * 100)
    with pytest.raises(StoreFailed, match=r"gallery\.sqlite cannot be opened: the file is damaged"):
        GalleryStore.open(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == b"not a database, but something dear" * 100


@pytest.mark.parametrize("page", [1, 2, 10, 40])
def test_a_damaged_page_is_noticed_when_opening(tmp_path: Path, page: int) -> None:
    path = damaged(tmp_path)
    content = bytearray(path.read_bytes())
    content[page * 4096 : page * 4096 + 512] = b"\xa5" * 512
    path.write_bytes(content)
    with pytest.raises(StoreFailed, match="damaged"):
        GalleryStore.open(tmp_path)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    path.write_bytes(path.read_bytes()[: 5 * 4096 + 100])
    with pytest.raises(StoreFailed, match="damaged"):
        GalleryStore.open(tmp_path)


def test_a_damaged_embedding_is_not_searched(store: GalleryStore) -> None:
    store.add("Anna", new_templates(2))
    store._connection.execute("UPDATE template SET embedding = zeroblob(64) WHERE id = 2")
    with pytest.raises(StoreFailed, match="unit length"):
        store.templates(FINGERPRINT, DIMENSION)


def test_a_refused_folder_is_free_again(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)
    with pytest.raises(StoreFailed):
        GalleryStore.open(tmp_path)
    (tmp_path / FILE_NAME).unlink()
    reopened(tmp_path).close()


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        file.execute("CREATE TABLE recipe (text TEXT)")
    with pytest.raises(StoreFailed, match="not a facestream gallery"):
        GalleryStore.open(tmp_path)


def test_a_gallery_of_a_newer_facestream_is_refused(tmp_path: Path) -> None:
    path = damaged(tmp_path)
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreFailed, match="newer facestream"):
        GalleryStore.open(tmp_path)


def test_a_folder_or_file_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match="cannot be made"):
        GalleryStore.open(tmp_path / "file" / "data")
    (tmp_path / "data" / FILE_NAME).mkdir(parents=True)
    with pytest.raises(StoreFailed, match="Is a directory"):
        GalleryStore.open(tmp_path / "data")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs rights that this process does not have")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_refuses_the_change_and_keeps_the_rest(small_disk: Path) -> None:
    crop = os.urandom(50_000)
    with closing(GalleryStore.open(small_disk)) as store:
        acknowledged = 0

        def fill() -> None:
            nonlocal acknowledged
            for n in range(100):
                store.add(f"Person {n}", new_templates(2, crop_jpeg=crop))
                acknowledged += 1

        with pytest.raises(StoreFailed, match="the disk is full"):
            fill()
        assert acknowledged == store.revision == len(store.identities()) > 0
    with closing(reopened(small_disk)) as store:
        assert len(store.identities()) == acknowledged
        assert len(store.templates(FINGERPRINT, DIMENSION)) == 2 * acknowledged


def test_a_disk_that_may_only_be_read_is_refused(small_disk: Path) -> None:
    reopened(small_disk).close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreFailed, match="Read-only file system"):
        GalleryStore.open(small_disk)


def test_a_file_at_its_limit_refuses_the_change_wholly(store: GalleryStore) -> None:
    store.add("Anna", new_templates(1))
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreFailed, match="the disk is full"):
        store.add("Bea", new_templates(5, crop_jpeg=b"x" * 9000))
    assert [identity.display_name for identity in store.identities()] == ["Anna"]
    assert store.revision == 1
    store.add("Cleo", new_templates(1))
    assert len(store.templates(FINGERPRINT, DIMENSION)) == 2


def test_a_closed_store_says_so_and_closes_again(store: GalleryStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreFailed, match="closed"):
        store.identities()


def test_the_store_does_not_bring_tensorflow() -> None:
    program = f"import {store_module.__name__}, sys; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_reader_beside_the_owner_sees_what_the_owner_commits(
    store: GalleryStore, tmp_path: Path
) -> None:
    with closing(GalleryStore.open_for_reading(tmp_path)) as reader:
        assert reader.identities() == []
        store.add("Anna", new_templates(2))
        assert reader.identities() == store.identities()
        assert len(reader.templates(FINGERPRINT, DIMENSION)) == 2


def test_a_reader_can_change_nothing(store: GalleryStore, tmp_path: Path) -> None:
    store.add("Anna", new_templates(1))
    store.close()
    with closing(GalleryStore.open_for_reading(tmp_path)) as reader:
        with pytest.raises(StoreFailed):
            reader.add("Bert", new_templates(1))
        with pytest.raises(StoreFailed):
            reader.clear()
        assert [identity.display_name for identity in reader.identities()] == ["Anna"]


def test_a_reader_of_a_folder_without_gallery_sees_nobody_and_makes_nothing(
    tmp_path: Path,
) -> None:
    with closing(GalleryStore.open_for_reading(tmp_path / "nowhere")) as reader:
        assert reader.identities() == []
    assert not (tmp_path / "nowhere").exists()


def test_a_reader_refuses_a_damaged_file(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(StoreFailed, match="damaged"):
        GalleryStore.open_for_reading(tmp_path)
