"""The gallery against a dict, by random walks: nothing is lost, and nothing deleted is left."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from facestream.gallery.gallery import Gallery, GalleryChange
from facestream.gallery.records import FullIdentity, FullTemplate, Kind, Source

from .fakes import (
    DIMENSION,
    FINGERPRINT,
    Clock,
    bytes_of,
    crop,
    new_templates,
    rejection,
    same_index,
    unit_rows,
)

Known = dict[str, tuple[str, dict[bytes, tuple[Kind, bytes | None]]]]
"""Identity id -> name, and by each embedding the kind and picture of its template."""


class GalleryAgainstDict(RuleBasedStateMachine):
    """`gone`: bytes that may be in no file. `old_names`: nor these, after the next deletion."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.gallery = self.opened()
        self.known: Known = {}
        self.gone: set[bytes] = set()
        self.old_names: set[bytes] = set()
        self.revision = self.serial = 0
        self.undoable: tuple[str, Known] | None = None

    def teardown(self) -> None:
        self.gallery.close()
        shutil.rmtree(self.folder)

    # --- what is done -----------------------------------------------------------------------------

    @rule(n=st.integers(1, 3), known=st.booleans(), data=st.data())
    def add(self, n: int, known: bool, data: st.DataObject) -> None:
        name = self.somebody(data, "name").upper() if known and self.known else self.new_name()
        pictures = [crop(self.next()) for _ in range(n)]
        new = [
            one
            for number, picture in enumerate(pictures)
            for one in new_templates(1, 1000 * number + self.next(), picture)
        ]
        [identity] = self.changed(self.gallery.add(name, new)).upserted
        templates = self.known.setdefault(identity.identity_id, (name, {}))[1]
        for one, picture in zip(new, pictures, strict=True):
            templates[one.embedding.tobytes()] = (Kind.EXAMPLE, picture.jpeg)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        identity_id, face = self.somebody(data), rejection(self.next())
        change = self.changed(self.gallery.reject(identity_id, face))
        assert change.undo is not None
        self.undoable = change.undo.undo_id, self.copied()
        self.known[identity_id][1][face.embedding.tobytes()] = (Kind.REJECTION, None)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        identity_id, name = self.somebody(data), self.new_name()
        old_name, templates = self.known[identity_id]
        self.changed(self.gallery.edit(identity_id, {"display_name": name, "note": name}))
        self.known[identity_id] = (name, templates)
        self.old_names |= traces_of_name(old_name)

    @precondition(lambda self: len(self.known) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        identity_id = self.somebody(data)
        into = data.draw(st.sampled_from(sorted(set(self.known) - {identity_id})))
        self.changed(self.gallery.merge(identity_id, into))
        name, templates = self.known.pop(identity_id)
        self.known[into][1].update(templates)
        self.scrubbed(traces_of_name(name))

    @precondition(lambda self: self.template_ids())
    @rule(data=st.data(), known=st.booleans())
    def move(self, data: st.DataObject, known: bool) -> None:
        chosen = self.some_templates(data)
        if known:
            into = self.somebody(data)
            self.changed(self.gallery.move(list(chosen), into))
        else:
            name = self.new_name()
            change = self.changed(self.gallery.move_to_name(list(chosen), name))
            into = change.upserted[-1].identity_id
            self.known[into] = (name, {})
        for embedding in chosen.values():
            for _, templates in list(self.known.values()):
                if embedding in templates:
                    found = templates.pop(embedding)
            self.known[into][1][embedding] = found

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        identity_id, before = self.somebody(data), self.copied()
        self.deleted(self.gallery.delete(identity_id), before)
        name, templates = self.known.pop(identity_id)
        self.scrubbed(traces_of_name(name) | traces_of(templates))

    @precondition(lambda self: self.template_ids())
    @rule(data=st.data())
    def delete_templates(self, data: st.DataObject) -> None:
        chosen, before = self.some_templates(data), self.copied()
        self.deleted(self.gallery.delete_templates(list(chosen)), before)
        for embedding in chosen.values():
            for _, templates in self.known.values():
                if embedding in templates:
                    self.scrubbed(traces_of({embedding: templates.pop(embedding)}))

    @rule()
    def clear(self) -> None:
        before = self.copied()
        self.deleted(self.gallery.clear(), before)
        for name, templates in self.known.values():
            self.scrubbed(traces_of_name(name) | traces_of(templates))
        self.known = {}

    @precondition(lambda self: self.undoable)
    @rule()
    def undo(self) -> None:
        assert self.undoable is not None
        undo_id, before = self.undoable
        rejected = traces_of(
            {
                embedding: template
                for key, (_, templates) in self.known.items()
                for embedding, template in templates.items()
                if embedding not in before[key][1]
            }
        )
        self.changed(self.gallery.undo(undo_id))
        self.known = before
        self.gone -= all_traces_of(before)
        if rejected:
            self.scrubbed(rejected)

    @rule(n=st.integers(1, 2))
    def absorb_somebody(self, n: int) -> None:
        person = self.stranger(n)
        self.absorbed([person])
        self.known[person.identity_id] = as_known(person)

    @rule()
    def absorb_everybody_again(self) -> None:
        assert not self.absorbed(list(self.gallery.store.everybody()))

    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        everybody = list(self.gallery.store.everybody())
        staying = [person for person in everybody if data.draw(st.booleans())]
        new = self.stranger(1)
        before = self.copied()
        self.absorbed([*staying, new], replace=True)
        kept = {person.identity_id for person in staying}
        self.known = {key: one for key, one in before.items() if key in kept}
        self.known[new.identity_id] = as_known(new)
        self.scrubbed(all_traces_of(before) - all_traces_of(self.known))

    @rule()
    def pass_a_day(self) -> None:
        self.clock.pass_days(1)
        self.gallery.store.snapshot_if_due()
        self.undoable = None

    @rule()
    def reopen(self) -> None:
        self.gallery.close()
        self.gallery = self.opened()
        self.undoable = None

    # --- what is always true ----------------------------------------------------------------------

    @invariant()
    def holds_what_the_dict_holds(self) -> None:
        assert self.gallery.revision == self.revision
        people = list(self.gallery.store.everybody())
        assert {person.identity_id: as_known(person) for person in people} == self.known

    @invariant()
    def is_searched_as_if_it_were_read_anew(self) -> None:
        with Gallery.open_for_reading(self.folder, FINGERPRINT, DIMENSION) as anew:
            mine, fresh = self.gallery.snapshot, anew.snapshot
            assert mine.revision == fresh.revision
            assert dict(mine.people) == dict(fresh.people)
            assert mine.foreign_templates == fresh.foreign_templates == 0
            assert same_index(mine.index, fresh.index)

    @invariant()
    def nothing_deleted_is_in_any_file(self) -> None:
        content = bytes_of(self.folder)
        assert [trace for trace in self.gone if trace in content] == []

    @invariant()
    def is_sound(self) -> None:
        problems = self.gallery.store.problems()
        assert [one for one in problems if "picture" not in one] == []  # they are not real ones
        assert not self.gallery.store.scrub_due

    # --- inside -----------------------------------------------------------------------------------

    def opened(self) -> Gallery:
        return Gallery.open(self.folder, FINGERPRINT, DIMENSION, self.clock)

    def next(self) -> int:
        self.serial += 1
        return self.serial

    def new_name(self) -> str:
        return f"Person René {self.next():06d}"

    def somebody(self, data: st.DataObject, what: str = "id") -> str:
        identity_id = data.draw(st.sampled_from(sorted(self.known)))
        return self.known[identity_id][0] if what == "name" else identity_id

    def stranger(self, n: int) -> FullIdentity:
        templates = tuple(
            FullTemplate(
                7,  # whatever it is there, it is a new one here
                Kind.EXAMPLE,
                1_600_000_000_000,
                2.5,
                Source.PHOTO,
                crop(self.next()),
                {FINGERPRINT: unit_rows(1, seed=10_000 + self.next())[0]},
            )
            for _ in range(n)
        )
        identity_id = f"{self.next():016x}"
        return FullIdentity(identity_id, self.new_name(), 1_600_000_000_000, None, None, templates)

    def template_ids(self) -> dict[int, bytes]:
        """Template id -> embedding, of all."""
        return {
            one.template_id: one.embeddings[FINGERPRINT].tobytes()
            for person in self.gallery.store.everybody()
            for one in person.templates
        }

    def some_templates(self, data: st.DataObject) -> dict[int, bytes]:
        there = self.template_ids()
        chosen = data.draw(st.sets(st.sampled_from(sorted(there)), min_size=1, max_size=4))
        return {template_id: there[template_id] for template_id in sorted(chosen)}

    def copied(self) -> Known:
        return {key: (name, dict(templates)) for key, (name, templates) in self.known.items()}

    def changed(self, change: GalleryChange) -> GalleryChange:
        self.revision += 1
        assert change.revision == self.revision
        self.undoable = None
        return change

    def deleted(self, change: GalleryChange, before: Known) -> None:
        self.changed(change)
        self.undoable = (change.undo.undo_id, before) if change.undo else None

    def absorbed(self, people: Iterable[FullIdentity], *, replace: bool = False) -> int:
        done, change = self.gallery.absorb(people, replace=replace)
        assert change is not None
        self.changed(change)
        return done.new_templates

    def scrubbed(self, traces: set[bytes]) -> None:
        self.gone |= traces | self.old_names
        self.old_names = set()


def as_known(person: FullIdentity) -> tuple[str, dict[bytes, tuple[Kind, bytes | None]]]:
    return person.display_name, {
        one.embeddings[FINGERPRINT].tobytes(): (one.kind, one.crop and one.crop.jpeg)
        for one in person.templates
    }


def traces_of_name(name: str) -> set[bytes]:
    return {name.encode(), name.casefold().encode()}


def traces_of(templates: dict[bytes, tuple[Kind, bytes | None]]) -> set[bytes]:
    """Of embeddings and pictures; the first and the last bytes of a JPEG are those of any."""
    pictures = [jpeg[at : at + 16] for _, jpeg in templates.values() if jpeg for at in (2, 150)]
    return {embedding[:16] for embedding in templates} | set(pictures)


def all_traces_of(known: Known) -> set[bytes]:
    return {
        trace
        for name, templates in known.values()
        for trace in traces_of_name(name) | traces_of(templates)
    }


TestGalleryAgainstDict = GalleryAgainstDict.TestCase
TestGalleryAgainstDict.settings = settings(max_examples=12, stateful_step_count=15, print_blob=True)
