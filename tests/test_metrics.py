from __future__ import annotations

import json
import re
from pathlib import Path

from facestream.metrics import Metrics
from facestream.records import STAGES
from tests.engine.fakes import FakeEngine

DASHBOARD = Path(__file__).parent.parent / "docs" / "grafana-dashboard.json"


def known_names(metrics: Metrics) -> set[str]:
    """Every name that Prometheus would know after a scrape."""
    names = set()
    for family in metrics.registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return names


async def test_the_dashboard_asks_for_metrics_that_exist() -> None:
    queries = [
        target["expr"]
        for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]
        for target in panel["targets"]
    ]
    asked = {name for query in queries for name in re.findall(r"(?:facestream|process)_\w+", query)}
    known = known_names(FakeEngine().metrics)
    assert asked - known == set()
    # and shows all of ours
    ours = {name for name in known if name.startswith("facestream_")}
    histograms = {"facestream_batch_frames_bucket"}
    histograms |= {f"facestream_queue_age_seconds_{end}" for end in ("sum", "count")}
    assert ours - asked == histograms


def test_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + dx, place["y"] + dy)
            for dx in range(place["w"])
            for dy in range(place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_stages_are_observed_in_seconds() -> None:
    metrics = Metrics()
    metrics.answered(dict.fromkeys(STAGES, 20.0))
    total = metrics.registry.get_sample_value("facestream_stage_seconds_sum", {"stage": "total"})
    assert total == 0.02


def test_two_servers_in_one_process_do_not_share_their_metrics() -> None:
    one, other = Metrics(), Metrics()
    one.frames.labels("answered").inc()
    assert b'outcome="answered"' in one.exposition()
    assert b'outcome="answered"' not in other.exposition()
