"""The notebook on thresholds: that it runs, what it finds, and what is committed of it."""

from __future__ import annotations

import ast
import base64
import importlib
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "threshold_selection.ipynb"
PEOPLE = 300  # about 550 photos, half a minute; fewer hold too few with more than five photos
ENCRYPTED = Config({"KernelManager": {"transport_encryption": "auto"}})  # else the kernel warns
MAX_BYTES = 400_000
ABSOLUTE_PATH = re.compile(r"""(?:^|[\s"'(=:])(?:/(?!/)[\w.-]+/|~/|[A-Z]:\\)""")

TELL = """
import json

json.dumps(
    {
        "mated_mean": float(mated_mean),
        "non_mated_mean": float(non_mated_mean),
        "best_threshold": float(best_threshold),
        "chosen_threshold": float(chosen_threshold),
        "rising": [float(threshold) for threshold in rising],
        "fmr": fmr.tolist(),
        "fnmr": fnmr.tolist(),
        "pairs": int(mated_pairs.sum() + non_mated_pairs.sum()),
        "embeddings": len(rows),
        "identities": len(identities),
        "probes": len(probes),
        "strangers": len(strangers),
        "strangers_named": strangers_named,
        "careless": careless,
        "known_named": known_named,
        "searched": int(searched.sum()),
        "fpirs": [result.fpir for _, result in wishes],
        "fnirs": [result.fnir for _, result in wishes],
    }
)
"""


@pytest.fixture(scope="module")
def committed() -> NotebookNode:
    notebook: NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    return notebook


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(notebook: NotebookNode) -> list[str]:
    """All that is written in it for people: sources, and outputs but for pictures."""
    found = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        found.append(output.get("text", ""))
        found += [text for kind, text in output.get("data", {}).items() if kind != "image/png"]
    return found


# What is committed.


def test_each_code_cell_is_plain_python_that_compiles(committed: NotebookNode) -> None:
    for cell in code_cells(committed):
        compile(cell.source, cell.id, "exec")


def test_everything_it_imports_is_there(committed: NotebookNode) -> None:
    nodes = [node for cell in code_cells(committed) for node in ast.walk(ast.parse(cell.source))]
    whole = [node.names for node in nodes if isinstance(node, ast.Import)]
    modules: dict[str, list[str]] = {alias.name: [] for names in whole for alias in names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            modules.setdefault(node.module, []).extend(alias.name for alias in node.names)
    assert {"matplotlib.pyplot", "sklearn.datasets", "facestream.vision.pipeline"} <= set(modules)
    for module, members in modules.items():
        imported = importlib.import_module(module)
        assert [name for name in members if not hasattr(imported, name)] == []


def test_its_form_is_sound_and_any_python_3_kernel_runs_it(committed: NotebookNode) -> None:
    nbformat.validate(committed)
    assert committed.metadata.kernelspec.name == "python3"


def test_it_was_run_from_top_to_bottom_without_an_error(committed: NotebookNode) -> None:
    cells = code_cells(committed)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for output in outputs(committed)}
    assert kinds <= {"stream", "display_data", "execute_result"}
    assert not [output for output in outputs(committed) if output.get("name") == "stderr"]


def test_it_tells_nothing_of_the_machine_and_the_moment_of_the_run(
    committed: NotebookNode,
) -> None:
    assert not [line for text in texts(committed) for line in text.splitlines() if path_in(line)]
    assert not any(cell.metadata for cell in committed.cells)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", False),
        ("LFW_PHOTOS=/home/somebody/photos", True),
        ("FileNotFoundError: '/tmp/x/y'", True),
        ("in ~/photos", True),
        (r"C:\Users", True),
        ("[docs](../docs/accuracy.md), 3 of 5, and/or, x / y / z", False),
        ('Path(get_data_home()) / "lfw_home" / "lfw"', False),
    ],
)
def test_paths_of_a_machine_are_recognised(line: str, found: bool) -> None:
    assert path_in(line) is found


def path_in(line: str) -> bool:
    return ABSOLUTE_PATH.search(line) is not None


def test_it_is_small_and_has_its_figures(committed: NotebookNode) -> None:
    assert NOTEBOOK.stat().st_size < MAX_BYTES
    figures = [o.data["image/png"] for o in outputs(committed) if "image/png" in o.get("data", {})]
    assert len(figures) == 4
    assert all(base64.b64decode(figure).startswith(b"\x89PNG") for figure in figures)


def test_links_lead_to_files(committed: NotebookNode) -> None:
    links = [link for text in texts(committed) for link in re.findall(r"\]\((\.[^)#]+)", text)]
    assert links
    assert [link for link in links if not (NOTEBOOK.parent / link).exists()] == []


# What it does.


@pytest.fixture(scope="module")
def executed(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """A run on some of the people, in a folder which is none of the project's."""
    notebook: NotebookNode = nbformat.read(NOTEBOOK, as_version=4)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    notebook.cells.append(nbformat.v4.new_code_cell(TELL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LFW_PHOTOS", str(shared / "lfw-dev" / "images"))
        patch.setenv("LFW_MAX_PEOPLE", str(PEOPLE))
        patch.delenv("PYTHONASYNCIODEBUG", raising=False)  # the kernel would tell of its own loop
        folder = str(tmp_path_factory.mktemp("elsewhere"))
        client = NotebookClient(
            notebook, timeout=240, config=ENCRYPTED, resources={"metadata": {"path": folder}}
        )
        client.execute()
    return notebook


@pytest.fixture(scope="module")
def told(executed: NotebookNode) -> dict[str, Any]:
    """Values in the kernel after the last cell."""
    text = ast.literal_eval(executed.cells[-1].outputs[0].data["text/plain"])
    values: dict[str, Any] = json.loads(text)
    return values


def test_every_cell_runs_and_none_complains(executed: NotebookNode) -> None:
    cells = code_cells(executed)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert [o for o in outputs(executed) if o.get("name") == "stderr"] == []


def test_thresholds_lie_between_the_means_of_the_two_kinds_of_pairs(told: dict[str, Any]) -> None:
    for name in ("best_threshold", "chosen_threshold"):
        assert told["non_mated_mean"] < told[name] < told["mated_mean"]
    assert all(told["non_mated_mean"] < t < told["mated_mean"] for t in told["rising"])


def test_the_threshold_rises_with_the_gallery(told: dict[str, Any]) -> None:
    assert len(told["rising"]) >= 4
    assert (np.diff(told["rising"]) > 0).all()


def test_each_two_photos_are_compared_once(told: dict[str, Any]) -> None:
    assert told["pairs"] == told["embeddings"] * (told["embeddings"] - 1) // 2


def test_one_error_falls_and_the_other_rises_with_the_threshold(told: dict[str, Any]) -> None:
    fmr, fnmr = np.array(told["fmr"]), np.array(told["fnmr"])
    assert (np.diff(fmr) <= 0).all()
    assert (np.diff(fnmr) >= 0).all()
    assert [fmr[0], fmr[-1], fnmr[0], fnmr[-1]] == [1, 0, 0, 1]


def test_known_people_are_named_and_strangers_are_not(told: dict[str, Any]) -> None:
    assert told["identities"] >= 2
    assert told["searched"] == told["probes"] + told["strangers"]
    assert told["known_named"] >= 0.8 * told["probes"]
    assert told["strangers_named"] <= 0.02 * told["strangers"]
    assert told["strangers_named"] <= told["careless"]


def test_a_higher_rate_names_more_strangers_and_misses_fewer_known_people(
    told: dict[str, Any],
) -> None:
    assert told["fpirs"] == sorted(told["fpirs"])
    assert told["fnirs"] == sorted(told["fnirs"], reverse=True)
