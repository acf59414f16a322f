"""How `make test` shares the tests out between processes: by file, and the longest first."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

__all__ = ["ByFixture", "turn"]

OF_LFW = frozenset(
    f"tests/evaluation/test_{name}.py" for name in ("held_out", "identification", "verification")
)
"""They share the embeddings of LFW, which take a minute: one process makes them, once."""

LONGEST = (
    *sorted(OF_LFW),
    "tests/test_chaos.py",
    "tests/evaluation/test_tracking.py",
    "tests/vision/test_mtcnn.py",
    "tests/test_notebook.py",
    "tests/test_wheel.py",
    "tests/test_cli.py",
    "tests/server/test_serve.py",
    "tests/server/test_fuzzing.py",
    "tests/fuzz/test_fuzz.py",
    "tests/gallery/test_store_owner.py",
)
"""Were one of these among the last, all processes but one would be idle to the end."""


class ByFixture(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """A file is run by one process, and so are files that share what is slow to make."""

    def _split_scope(self, nodeid: str) -> str:
        file = str(super()._split_scope(nodeid))
        return "of LFW" if file in OF_LFW else file


def turn(nodeid: str) -> int:
    """By what to sort tests, those of one file staying together."""
    file, *_ = nodeid.split("::")
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
