"""What each room may not know. Read from the source: an import inside a function counts too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import facestream

PACKAGE = Path(facestream.__file__).parent
SETTINGS = "facestream.settings"


@dataclass(frozen=True)
class Rule:
    """Modules in the rooms `of`, but not those in `but`, import nothing out of `forbidden`.

    allowed: what they may import out of it nevertheless.
    """

    of: tuple[str, ...]
    forbidden: tuple[str, ...]
    but: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


INPUT_AND_OUTPUT = (
    *("aiohttp", "asyncio", "http", "multiprocessing", "os", "pathlib", "selectors", "shutil"),
    *("socket", "socketserver", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading"),
    *("time", "urllib.request"),
)
NO_SOCKET = (
    *("address", "camera", "errors", "frame_log", "frame_window", "live", "phone", "requests"),
    *("streamer", "trust"),
)
NO_REQUEST = (
    *("access", "audit_trail", "audited", "authority", "banner", "devices", "docs_page"),
    *(
        "invitations",
        "mobileconfig",
        "tokens",
        "openapi",
        "operations",
        "parcels",
        "protocol",
        "rest_models",
        "roles",
        "small_pages",
    ),
    *("tls", "tunnels"),
)
IMPORTERS = ("importlib.import_module", "import_module", "__import__")
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb")
RULES = (
    Rule(
        of=("facestream",), but=("facestream.server", "facestream.client"), forbidden=("aiohttp",)
    ),
    Rule(of=tuple(f"facestream.client.{name}" for name in NO_SOCKET), forbidden=("aiohttp",)),
    Rule(
        of=("facestream.client",),
        forbidden=(
            *("tensorflow", "keras", "facestream.engine", "facestream.gallery", SETTINGS),
            "facestream.evaluation",
        ),
    ),
    Rule(
        of=("facestream.client",),
        forbidden=("facestream.server",),
        allowed=("facestream.server.protocol", "facestream.server.rest_models"),
    ),
    Rule(
        of=tuple(f"facestream.server.{name}" for name in NO_REQUEST),
        forbidden=("aiohttp",),
    ),
    Rule(
        of=tuple(f"facestream.server.{name}" for name in ("parcels", "protocol", "rest_models")),
        forbidden=INPUT_AND_OUTPUT,
    ),
    Rule(of=("facestream.engine",), forbidden=("tensorflow", "keras", "facestream.server")),
    Rule(of=("facestream.vision",), forbidden=("asyncio", SETTINGS)),
    Rule(of=("facestream.gallery",), forbidden=("asyncio",)),
    Rule(of=("facestream.evaluation",), forbidden=("facestream.server",)),
    Rule(
        of=("facestream.fetching",),
        forbidden=("asyncio", "tensorflow", "facestream.engine", "facestream.gallery", SETTINGS),
    ),
    Rule(of=("facestream.errors",), forbidden=("facestream",)),
    Rule(of=("facestream.hosts",), forbidden=("facestream", *INPUT_AND_OUTPUT)),
)


def violations(module: str, source: str, *, is_package: bool = False) -> list[str]:
    """Sentences, one for each rule of the house that the module breaks."""
    tree = ast.parse(source)
    found = [
        f"{module}:{line} imports {name}"
        for name, line in imports(tree, module if is_package else module.rpartition(".")[0])
        if any(forbids(rule, module, name) for rule in RULES)
    ]
    if module != SETTINGS:
        found += [f"{module}:{line} reads the environment" for line in environment_reads(tree)]
    if not (ast.get_docstring(tree) or "").split("\n")[0].strip():
        found.append(f"{module}:1 does not begin with a docstring")
    return found


def forbids(rule: Rule, module: str, name: str) -> bool:
    is_meant = within(module, rule.of) and not within(module, rule.but)
    return is_meant and within(name, rule.forbidden) and not within(name, rule.allowed)


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def imports(tree: ast.Module, package: str) -> Iterator[tuple[str, int]]:
    """Absolute name and line. `from a import b` gives `a.b`, which may be a module or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, base]).rstrip(".")
            for alias in node.names:
                yield f"{base}.{alias.name}", node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in IMPORTERS:
            for argument in node.args[:1]:
                yield ast.unparse(argument).strip("'"), node.lineno


def environment_reads(tree: ast.Module) -> Iterator[int]:
    written = {id(node) for node in environment_writes(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            names = [f"os.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute) and id(node) not in written:
            names = [ast.unparse(node)]
        else:
            continue
        if set(names) & set(ENVIRONMENT):
            yield node.lineno


def environment_writes(tree: ast.Module) -> Iterator[ast.expr]:
    """`os.environ` where it is only set for a library which reads it: not our settings."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Attribute() as environ, ctx=ast.Store()):
                yield environ
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Attribute() as environ, attr="setdefault")
                )
            ):
                yield environ


def source_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", source_files(), ids=module_name)
def test_module_knows_only_what_its_room_may_know(path: Path) -> None:
    is_package = path.name == "__init__.py"
    found = violations(module_name(path), path.read_text("utf-8"), is_package=is_package)
    assert found == []


def test_every_rule_is_about_modules_that_exist() -> None:
    modules = [module_name(path) for path in source_files()]
    rooms = [room for rule in RULES for room in (*rule.of, *rule.but)]
    assert [room for room in rooms if room not in modules] == []


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("facestream.cli", "import aiohttp"),
        ("facestream.cli", "from aiohttp import web"),
        ("facestream.cli", "def serve():\n    import aiohttp.web"),
        ("facestream.cli", "import importlib\nimportlib.import_module('aiohttp')"),
        ("facestream.engine.worker", "from aiohttp import web"),
        ("facestream.engine.worker", "import numpy, tensorflow as tf"),
        ("facestream.engine.worker", "from tensorflow.python import eager"),
        ("facestream.engine.worker", "from facestream.server import app"),
        ("facestream.engine.worker", "from facestream import server"),
        ("facestream.engine.worker", "from .. import server"),
        ("facestream.engine.worker", "from ..server.app import build_app"),
        ("facestream.vision.mtcnn", "import asyncio"),
        ("facestream.vision.mtcnn", "from facestream.settings import Settings"),
        ("facestream.vision.embedders.dlib", "from ...settings import Settings"),
        ("facestream.gallery.store", "if True:\n    from asyncio import Lock"),
        ("facestream.evaluation.throughput", "import facestream.server.protocol"),
        ("facestream.client.phone", "import aiohttp"),
        ("facestream.client.connection", "from facestream.server.access import given_token"),
        ("facestream.client.connection", "from facestream.server import app"),
        ("facestream.client.connection", "from facestream.engine.engine import Engine"),
        ("facestream.client.camera", "from facestream.evaluation.video import read_video"),
        ("facestream.client.trust", "from facestream.settings import Settings"),
        ("facestream.server.protocol", "import socket"),
        ("facestream.server.protocol", "from pathlib import Path"),
        ("facestream.server.rest_models", "import socket"),
        ("facestream.server.openapi", "from aiohttp import web"),
        ("facestream.server.tls", "import aiohttp"),
        ("facestream.errors", "from facestream.records import Frame"),
        ("facestream.vision.mtcnn", "import os\nos.environ['HOME']"),
        ("facestream.vision.mtcnn", "import os\nlevel = os.environ.setdefault('A', '1')"),
        ("facestream.vision.mtcnn", "import os\nos.getenv('HOME')"),
        ("facestream.vision.mtcnn", "from os import environ"),
    ],
)
def test_forbidden_import_is_found(module: str, statement: str) -> None:
    assert len(violations(module, f'"""A room."""\n{statement}\n')) == 1


@pytest.mark.parametrize("source", ["", "import json\n", '""\n', '"""\n\n"""\n'])
def test_module_without_docstring_is_found(source: str) -> None:
    assert violations("facestream.records", source) == [
        "facestream.records:1 does not begin with a docstring"
    ]


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("facestream.server.app", "from aiohttp import web"),
        ("facestream.client.connection", "import aiohttp"),
        ("facestream.client.phone", "from facestream.server import protocol as wire"),
        ("facestream.client.phone", "from facestream.server.protocol import Result"),
        ("facestream.client.rest", "from facestream.server import rest_models"),
        ("facestream.evaluation.load_run", "from facestream.client.phone import Phone"),
        ("facestream.cli", "def serve():\n    from facestream.server.serve import serve"),
        ("facestream.engine.worker", "import asyncio"),
        ("facestream.engine.worker", "from .queue import FrameQueue"),
        ("facestream.engine.worker", "import aiohttp_like, tensorflow_like"),
        ("facestream.vision.mtcnn", "import os\nos.environ['A'] = '1'"),
        ("facestream.vision.mtcnn", "import os\nos.environ.setdefault('A', '1')"),
        ("facestream.vision.mtcnn", "import os\nos.cpu_count()"),
        ("facestream.settings", "import os\nos.environ['HOME']"),
        ("facestream.errors", "from enum import Enum"),
    ],
)
def test_allowed_import_is_let_through(module: str, statement: str) -> None:
    assert violations(module, f'"""A room."""\n{statement}\n') == []
