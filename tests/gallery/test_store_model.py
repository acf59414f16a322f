"""The store against a dict, by random walks."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from facestream.gallery.names import clean_name, name_key
from facestream.gallery.records import IdentitySummary
from facestream.gallery.store import GalleryStore

from .fakes import DIMENSION, FINGERPRINT, new_templates

NAMES = st.sampled_from(["Anna", "ANNA", "anna ", "René", "Rene\u0301", "STRASSE", "straße", "🙂"])


class StoreAgainstDict(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = GalleryStore.open(self.folder)
        self.people: dict[str, tuple[IdentitySummary, list[bytes]]] = {}
        self.deleted: list[bytes] = []
        self.revision = self.seed = 0

    @rule(name=NAMES, n=st.integers(1, 3))
    def add(self, name: str, n: int) -> None:
        self.seed += 1
        new = new_templates(
            n, self.seed, crop_jpeg=bytes(np.random.default_rng(self.seed).bytes(99))
        )
        identity = self.store.add(name, new).identity
        known, embeddings = self.people.get(name_key(name), (None, []))
        embeddings = embeddings + [template.embedding.tobytes() for template in new]
        assert known is None or known.identity_id == identity.identity_id
        shown = clean_name(name) if known is None else known.display_name
        expected = IdentitySummary(identity.identity_id, shown, len(embeddings))
        assert identity == expected
        self.people[name_key(name)] = (expected, embeddings)
        self.revision += 1

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.people)))
        identity, embeddings = self.people.pop(key)
        self.store.delete(identity.identity_id)
        self.deleted += embeddings
        self.revision += 1

    @rule()
    def clear(self) -> None:
        self.store.clear()
        for _, embeddings in self.people.values():
            self.deleted += embeddings
        self.people = {}
        self.revision += 1

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = GalleryStore.open(self.folder)

    @invariant()
    def holds_what_the_dict_holds(self) -> None:
        assert self.store.revision == self.revision
        expected = [self.people[key][0] for key in sorted(self.people)]
        assert self.store.identities() == expected
        templates = self.store.templates(FINGERPRINT, DIMENSION)
        by_identity: dict[str, list[bytes]] = {}
        for identity_id, row in zip(templates.identity_ids, templates.embeddings, strict=True):
            by_identity.setdefault(identity_id, []).append(row.tobytes())
        assert by_identity == {i.identity_id: rows for i, rows in self.people.values()}

    @invariant()
    def nothing_deleted_is_left(self) -> None:
        content = b"".join(path.read_bytes() for path in self.folder.iterdir())
        assert not any(embedding[:16] in content for embedding in self.deleted)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestStoreAgainstDict = StoreAgainstDict.TestCase
TestStoreAgainstDict.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, print_blob=True
)
