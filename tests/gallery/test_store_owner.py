"""Who may change a folder, who may look into it, and what is left when its owner dies."""

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from facestream.errors import DataFolderInUse, StoreFailed
from facestream.gallery.store import FILE_NAME, GalleryStore
from tests.conftest import other_process

from .fakes import DIMENSION, FINGERPRINT, new_templates


def test_a_second_owner_is_refused_at_once(store: GalleryStore, folder: Path) -> None:
    with pytest.raises(DataFolderInUse, match=rf"{folder}.*\(process {os.getpid()}\)"):
        GalleryStore.open(folder)
    store.close()
    GalleryStore.open(folder).close()


def test_an_owner_in_another_process_is_named(folder: Path) -> None:
    program = (
        "import sys, pathlib; from facestream.gallery.store import GalleryStore\n"
        "store = GalleryStore.open(pathlib.Path(sys.argv[1])); print('ready', flush=True)\n"
        "sys.stdin.read()"
    )
    with other_process(program, folder) as owner:
        with pytest.raises(DataFolderInUse, match=rf"process {owner.pid}\b"):
            GalleryStore.open(folder)
        owner.kill()
        owner.wait()
        GalleryStore.open(folder).close()  # the lock dies with its process


ENROL_FOR_EVER = """
import pathlib, sys
from facestream.gallery.store import GalleryStore
sys.path.insert(0, sys.argv[2])
from gallery.fakes import crop, new_templates
store = GalleryStore.open(pathlib.Path(sys.argv[1]))
n = 0
while True:
    n += 1
    store.add(f"Person {n}", new_templates(5, seed=n, crop=crop(n, 3000)))
    print(n, flush=True)
    if n % 7 == 0:
        print(f"deleting {n - 3}", flush=True)
        (gone,) = [i for i in store.identities() if i.display_name == f"Person {n - 3}"]
        store.delete(gone.identity_id)
        print(f"deleted {n - 3}", flush=True)
"""


@pytest.mark.parametrize("acknowledgements", [1, 40, 95])
def test_whatever_was_acknowledged_survives_kill_9(folder: Path, acknowledgements: int) -> None:
    tests = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", ENROL_FOR_EVER, str(folder), str(tests)],
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
    with closing(GalleryStore.open(folder)) as store:
        identities = store.identities()
        known = {int(identity.display_name.split()[1]) for identity in identities}
        assert added - deleting <= known
        assert not known & deleted
        assert known <= added | {max(added) + 1}  # the last one was stored, and its word got lost
        assert {identity.templates for identity in identities} <= {5}
        assert len(store.templates(FINGERPRINT, DIMENSION)) == 5 * len(known)
        assert not store.scrub_due


def test_a_reader_beside_the_owner_sees_what_the_owner_commits(
    store: GalleryStore, folder: Path
) -> None:
    with closing(GalleryStore.open_for_reading(folder)) as reader:
        assert reader.identities() == []
        store.add("Anna", new_templates(2))
        assert reader.identities() == store.identities()
        assert len(reader.templates(FINGERPRINT, DIMENSION)) == 2


def test_a_reader_can_change_nothing(store: GalleryStore, folder: Path) -> None:
    store.add("Anna", new_templates(1))
    store.close()
    with closing(GalleryStore.open_for_reading(folder)) as reader:
        with pytest.raises(StoreFailed):
            reader.add("Bert", new_templates(1))
        with pytest.raises(StoreFailed):
            reader.clear()
        assert [identity.display_name for identity in reader.identities()] == ["Anna"]


def test_a_reader_of_a_folder_without_gallery_sees_nobody_and_makes_nothing(
    folder: Path,
) -> None:
    with closing(GalleryStore.open_for_reading(folder / "nowhere")) as reader:
        assert reader.identities() == []
    assert not (folder / "nowhere").exists()


def test_a_reader_refuses_a_damaged_file(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(b"no database" * 100)
    with pytest.raises(StoreFailed, match="damaged"):
        GalleryStore.open_for_reading(folder)
