"""A quarter of a minute of benchmarks/chaos.py: real models, faults and broken clients."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

MINUTES = "0.25"


def test_good_clients_lose_nothing_while_the_server_is_broken(tmp_path: Path) -> None:
    script = ROOT / "benchmarks" / "chaos.py"
    done = subprocess.run(
        [sys.executable, str(script), "--minutes", MINUTES, "--log", str(tmp_path / "log")],
        capture_output=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert found["wrong"] == [], (tmp_path / "log").read_text()[-5000:]
    assert done.returncode == 0
    assert any(name.startswith("fault") for name in found["counts"])
    assert found["counts"]["frame: result"] > 0
