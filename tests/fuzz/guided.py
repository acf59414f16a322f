"""Inputs that atheris chooses by which lines they reach: a target's name -> a crash, or none.

    python -m tests.fuzz.guided pictures -runs=100000
    python -m tests.fuzz.guided archives -max_total_time=120 path/of/one/input

What follows the name are the options of libFuzzer. A crash is an error that is not ours, an input
that takes 30 s, or more than 1 GB: the program ends with a status that is not 0, says where it
stands, and leaves the input in a file. Linux on x86-64 only. Nothing may be imported before atheris
has hooked imports, so targets are imported inside.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["NAMES", "fuzz"]

NAMES = ("messages", "parcels", "pictures", "archives", "bodies")
LIMITS = ("-timeout=30", "-rss_limit_mb=1024", "-max_len=8192", "-print_final_stats=1")
SILENT = "-close_fd_mask=2"
"""For libpng and OpenCV, which talk; libFuzzer and the traceback are heard all the same."""

INSTRUMENTED = ["facestream"]

Take = Callable[[bytes], object]
Mutate = Callable[[bytes, random.Random], bytes]


def main() -> None:
    name, *options = sys.argv[1:]
    if name not in NAMES:
        sys.exit("the first argument is one of " + ", ".join(NAMES))
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz import seeds
        from tests.fuzz.mutations import message, mutated
        from tests.fuzz.targets import TARGETS, is_ours
    if name == "bodies":
        begin = _body_seeds()
        fuzz(_bodies(), begin, options, lambda raw, rng: mutated(rng, [raw, *begin]))
        return

    def take(raw: bytes) -> None:
        try:
            TARGETS[name].take(raw)
        except Exception as error:
            if not is_ours(error):
                raise

    begin = {
        "messages": [*seeds.client_messages(), *seeds.server_messages()],
        "parcels": seeds.bodies(),
        "pictures": seeds.pictures(),
        "archives": seeds.archives(),
    }[name]
    own: dict[str, Mutate] = {
        "messages": lambda raw, rng: message(rng, [raw]),
        "pictures": lambda raw, rng: mutated(rng, [raw, *begin]),
        "archives": _archive,
    }
    fuzz(take, begin, [*options, SILENT] if name == "pictures" else options, own.get(name))


def fuzz(
    take: Take, begin: Sequence[bytes], options: Sequence[str], own: Mutate | None = None
) -> None:
    """Ends the process. own: how half of the inputs are made, beside libFuzzer's ways."""
    import atheris

    def mutator(raw: bytes, most: int, seed: int) -> bytes:
        rng = random.Random(seed)
        if own is not None and rng.random() < 0.5:
            try:
                return own(raw, rng)[:most]
            except Exception:  # it makes something only out of what is nearly valid
                pass
        mutated: bytes = atheris.Mutate(raw, most)
        return mutated

    with tempfile.TemporaryDirectory() as folder:
        for number, raw in enumerate(begin):
            (Path(folder) / str(number)).write_bytes(raw)
        given = [*LIMITS, f"-artifact_prefix={tempfile.gettempdir()}{os.sep}", *options]
        files = [one for one in given if not one.startswith("-")]
        how: dict[str, Any] = {} if own is None else {"custom_mutator": mutator}
        atheris.Setup([sys.argv[0], *given, *([] if files else [folder])], take, **how)
        atheris.Fuzz()


def _archive(raw: bytes, rng: random.Random) -> bytes:
    """Another part, with all hashes made anew."""
    import atheris

    from facestream.gallery.archive_format import MANIFEST
    from tests.fuzz import seeds

    parts = seeds.parts_of(raw)
    name = rng.choice(list(parts))
    parts[name] = atheris.Mutate(parts[name], len(parts[name]) + 64)
    return seeds.sealed(parts) if name == MANIFEST else seeds.hashed(parts)


def _bodies() -> Take:
    """Every model of a JSON body reads it, or says what is wrong with it."""
    from pydantic import ValidationError

    from facestream.server.rest_models import Body

    models = Body.__subclasses__()

    def take(raw: bytes) -> None:
        for model in models:
            try:
                read = model.model_validate_json(raw)
            except ValidationError:
                continue
            assert model.model_validate_json(read.model_dump_json(exclude_unset=True)) == read

    return take


def _body_seeds() -> list[bytes]:
    return [
        b'{"display_name":"Ada","note":null,"expires_at_ms":1}',
        b'{"into":"a1"}',
        b'{"template_ids":[1,2],"into":"a1"}',
        b'{"template_ids":[1],"display_name":"Bob"}',
        b'{"confirm":"clear"}',
        b'{"undo_id":"u1"}',
        b'{"role":"viewer","minutes":10,"name":"phone"}',
        b'{"code":"abc"}',
        b'{"role":"admin","name":"x","days":null}',
    ]


if __name__ == "__main__":
    main()
