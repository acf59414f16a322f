"""What others install: wheel and sdist, built as `make wheel` does, opened, and run alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path, PurePosixPath

import pytest

from facestream import __version__
from facestream.server import pages
from facestream.server.trust import SHARED
from facestream.vision.weights import MODELS, SHIPPED_WEIGHTS
from scripts import third_party
from tests.conftest import PICTURES, ROOT

WEB = "facestream/web"
PAGE_PARTS = {*pages.FILES, *pages.FOLDERS, "trust"}
LINKS = (
    re.compile(r"""(?:src|href)="\.?/?([^"#?:{]+)[^"]*\""""),
    re.compile(r"""(?:from|import\()\s*['"](\.{1,2}/[^'"]+)['"]"""),
    re.compile(r"""@import\s+(?:url\()?['"]?([^'");]+)"""),
)
"""Of HTML, of modules, of style sheets."""
NO_FILES = ("/", "data", "facestream.mobileconfig", "facestream-ca.crt", "facestream-ca.pem")
"""What the server makes, and pictures inside the link."""


def build(what: str, into: Path, source: Path = ROOT) -> Path:
    """Build without fetching anything: neither a backend, nor by npm, which is not in PATH."""
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{what}", "--outdir", str(into)]
    surroundings = {**os.environ, "PATH": str(Path(sys.executable).parent), "PYTHONPATH": ""}
    run = subprocess.run(
        [*command, str(source)], env=surroundings, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    [built] = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of an environment with the wheel; other packages are those of the tests, by a path.

    Of a path in a .pth file no further .pth file is read, so the editable install is not seen.
    """
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    [packages] = home.glob("lib/python*/site-packages")
    (packages / "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    into = ["--python", str(home / "bin" / "python"), "install", "--ignore-installed"]
    command = [*pip, *into, "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": ""})
    return home / "bin"


def test_the_wheel_is_for_every_machine_and_bears_the_version(wheel: Path) -> None:
    assert wheel.name == f"facestream-{__version__}-py3-none-any.whl"


def test_every_file_of_the_page_is_inside_and_is_the_same(content: dict[str, bytes]) -> None:
    files = [path for path in (ROOT / "web").rglob("*") if path.is_file()]
    served = {
        path.relative_to(ROOT / "web").as_posix(): path.read_bytes()
        for path in files
        if path.relative_to(ROOT / "web").parts[0] in PAGE_PARTS and path.name[0] != "."
    }
    inside = {
        name.removeprefix(f"{WEB}/"): body for name, body in content.items() if name.startswith(WEB)
    }
    assert len(inside) > 100
    assert inside == served


def test_every_file_that_a_page_names_is_inside(content: dict[str, bytes]) -> None:
    links = [
        (PurePosixPath(name), link)
        for name, body in content.items()
        if name.startswith(WEB) and name.endswith((".html", ".js", ".mjs", ".css"))
        for pattern in LINKS
        for link in pattern.findall(body.decode())
        if link not in NO_FILES
    ]
    missing = [(page, link) for page, link in links if not resolve(page, link) & content.keys()]
    assert len(links) > 200
    assert missing == []
    assert {f"{WEB}/{path}" for path in SHARED} <= content.keys()


def resolve(page: PurePosixPath, link: str) -> set[str]:
    """Where a browser looks: beside the file, or from the root; both pages have theirs at `/`."""
    beside = PurePosixPath(os.path.normpath(page.parent / link))
    return {str(beside), f"{WEB}/{link}"}


def test_the_default_weights_are_inside_and_no_others(content: dict[str, bytes]) -> None:
    hashes = {
        name.removeprefix("facestream/models/"): hashlib.sha256(body).hexdigest()
        for name, body in content.items()
        if name.startswith("facestream/models/")
    }
    assert hashes == {file.name: file.sha256 for file in SHIPPED_WEIGHTS}
    shipped = {model.name for model in MODELS if set(model.files) <= set(SHIPPED_WEIGHTS)}
    assert shipped == {"mtcnn", "mobilefacenet"}


def test_nothing_of_the_developers_is_inside(content: dict[str, bytes]) -> None:
    others = ("test/", "tests/", "node_modules", "package", "scripts/", "lock/", ".pyc", "/.")
    names = [name for name in content if name != "facestream/fetching/packages.py"]
    assert [name for name in names for other in others if other in name] == []
    assert {name.split("/")[0] for name in content} == {
        "facestream",
        f"facestream-{__version__}.dist-info",
    }
    text = [name for name, body in content.items() if str(ROOT).encode() in body]
    assert text == []


def test_types_and_licences_are_inside(content: dict[str, bytes]) -> None:
    about = f"facestream-{__version__}.dist-info"
    assert "facestream/py.typed" in content
    assert content[f"{about}/licenses/LICENSE"] == (ROOT / "LICENSE").read_bytes()
    assert f"{about}/licenses/facestream/THIRD_PARTY_LICENSES.md" in content
    metadata = message_from_bytes(content[f"{about}/METADATA"])
    assert metadata["License-Expression"] == "MIT"
    asked = metadata.get_all("Requires-Dist") or []
    assert "tensorflow>=2.20" in asked
    assert not any("tensorflow-cpu" in line or "litert-cpu" in line for line in asked)
    assert {"dev", "gpu"} <= set(metadata.get_all("Provides-Extra") or [])


def test_all_that_others_made_is_listed_with_its_licence(content: dict[str, bytes]) -> None:
    listed = content["facestream/THIRD_PARTY_LICENSES.md"].decode()
    by_hand = listed.partition(third_party.BEGIN)[0]
    for file in SHIPPED_WEIGHTS:
        assert f"{file.name}`" in by_hand
        assert f"{file.package} |" in by_hand
    for library, version in json.loads(content[f"{WEB}/vendor/versions.json"]).items():
        assert f"npm {library} {version} | ISC |" in by_hand
        folder = f"{WEB}/vendor/{library.partition('/')[2]}"
        assert content[f"{folder}/LICENSE"].decode().strip() in by_hand
    vendored = {name.split("/")[3] for name in content if name.startswith(f"{WEB}/vendor/")}
    assert vendored == {"msgpack", "versions.json"}


def test_the_list_of_packages_is_that_of_the_lock() -> None:
    """`make licences` writes it anew."""
    listed = third_party.FILE.read_text("utf-8")
    assert third_party.with_packages(listed, third_party.LOCK.read_text("utf-8")) == listed
    assert "not known" not in listed


def test_a_new_package_and_another_version_come_onto_the_list() -> None:
    lock = "attrs==2.0 \\\n    --hash=sha256:00\nnumpy==9.9 ; python_version < '4' \\\n"
    before = f"By hand.\n{third_party.BEGIN}| numpy | 9.8 | BSD |\n| gone | 1 | MIT |\n"
    known = {"attrs": "MIT"}
    after = third_party.with_packages(before, lock, lambda name, version: known.get(name))
    rows = "| attrs | 2.0 | MIT |\n| numpy | 9.9 | BSD |\n"
    assert after == f"By hand.\n{third_party.BEGIN}\n{third_party.HEADING}{rows}"


def test_a_wheel_from_the_sdist_is_the_same_to_the_byte(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [source] = (tmp_path / "unpacked").iterdir()
    again = build("wheel", tmp_path / "dist", source)
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_holds_the_tests_and_nothing_that_is_installed(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert len(names) == len(set(names))
    assert {"tests/test_wheel.py", "scripts/hatch_build.py", "scripts/lock/run.txt"} <= set(names)
    assert [name for name in names if ".venv" in name or "node_modules" in name] == []
    assert [name for name in names if name.endswith(".dat")] == []


def test_the_installed_wheel_serves_and_recognises_without_checkout_and_node(
    installed: Path,
) -> None:
    command = ["bash", str(ROOT / "scripts" / "prove_installed.sh"), str(installed), str(PICTURES)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 faces named rightly" in run.stdout


def test_the_installed_wheel_keeps_what_it_fetches_in_the_data_folder(
    installed: Path, tmp_path: Path
) -> None:
    def models(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed / "facestream"), "models", *arguments]
        options = ["--data", str(tmp_path / "data")]
        surroundings = {"PATH": str(installed), "HOME": str(tmp_path)}
        return subprocess.run(
            [*command, *options],
            env=surroundings,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def rows() -> dict[str, bool]:
        return {
            row["model"]: row["installed"] for row in json.loads(models("list", "--json").stdout)
        }

    assert rows() == {"mtcnn": True, "mobilefacenet": True, "dlib": False, "facenet": False}
    refused = models("fetch", "facenet", "--url", "http://127.0.0.1:9/facenet.zip")
    assert refused.returncode == 1
    assert f"put it into {tmp_path / 'data' / 'models'}" in refused.stderr.replace("\n", " ")
    [file] = [file for model in MODELS if model.name == "dlib" for file in model.files]
    (tmp_path / "data" / "models" / file.name).symlink_to(
        ROOT / "facestream" / "models" / file.name
    )
    assert rows()["dlib"]


def test_what_the_build_imports_needs_nothing_that_is_installed() -> None:
    script = "import facestream.fetching.packages, facestream.vision.weights"
    command = [sys.executable, "-S", "-c", script]  # -S: without site-packages
    subprocess.run(command, cwd=ROOT, env={"PYTHONDONTWRITEBYTECODE": "1"}, check=True)
