"""The examples for systemd and Kubernetes: what they promise, and that they can be read."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from facestream.settings import Settings

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "deploy"


# --- systemd --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service() -> configparser.SectionProxy:
    unit = configparser.RawConfigParser(strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read(EXAMPLES / "facestream.service")
    return unit["Service"]


def test_service_is_restarted_when_it_fails_but_not_for_a_wrong_setting(
    service: configparser.SectionProxy,
) -> None:
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"  # see the head of facestream/cli.py
    assert float(service["TimeoutStopSec"]) > Settings().shutdown_seconds


def test_service_keeps_its_faces_to_itself(service: configparser.SectionProxy) -> None:
    expected = {
        "DynamicUser": "yes",
        "StateDirectory": "facestream",
        "StateDirectoryMode": "0700",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
    }
    assert {key: service[key] for key in expected} == expected
    assert "FACESTREAM_DATA=/var/lib/facestream" in (EXAMPLES / "facestream.service").read_text()


def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    unit = (EXAMPLES / "facestream.service").read_text()
    program = "/opt/facestream/bin/facestream serve"
    assert program in unit
    copy = tmp_path / "facestream.service"
    copy.write_text(unit.replace(program, "/bin/true"))  # it has to be there
    found = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert "facestream.service" not in found.stderr
    assert found.returncode == 0, found.stderr


# --- Kubernetes -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """By kind; there is one of each."""
    documents = list(yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text()))
    found = {document["kind"]: document for document in documents if document}
    assert len(found) == len(documents)
    return found


@pytest.fixture(scope="module")
def pod(objects: dict[str, Any]) -> dict[str, Any]:
    template: dict[str, Any] = objects["Deployment"]["spec"]["template"]["spec"]
    return template


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    found: dict[str, Any] = only
    return found


def test_gallery_has_one_owner(objects: dict[str, Any]) -> None:
    spec = objects["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    assert objects["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_parts_find_one_another(objects: dict[str, Any], pod: dict[str, Any]) -> None:
    deployment, service = objects["Deployment"], objects["Service"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert service["spec"]["selector"].items() <= labels.items()
    ports = {port["name"] for container in pod["containers"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    claims = [each["persistentVolumeClaim"] for each in pod["volumes"] if each["name"] == "data"]
    assert claims == [{"claimName": objects["PersistentVolumeClaim"]["metadata"]["name"]}]
    (rule,) = objects["Ingress"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert [rule["host"]] == objects["Ingress"]["spec"]["tls"][0]["hosts"]


def test_pod_is_asked_whether_it_lives_and_whether_it_is_ready(container: dict[str, Any]) -> None:
    asked = {
        probe: container[probe]["httpGet"]["path"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    assert asked == {
        "startupProbe": "/readyz",
        "readinessProbe": "/readyz",
        "livenessProbe": "/healthz",
    }
    start = container["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 300  # a GPU compiles for minutes


def test_pod_may_do_no_more_than_it_must(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001  # as in the Dockerfile
    assert pod["securityContext"]["fsGroup"] == 10001
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts == {"/data", "/tmp"}
    assert "memory" in container["resources"]["limits"]


def test_variables_of_the_pod_are_settings_with_values_that_count(
    pod: dict[str, Any], container: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in container["env"]:
        assert variable["name"].removeprefix("FACESTREAM_").lower() in Settings.model_fields
        monkeypatch.setenv(variable["name"], variable["value"])
    assert Settings().public_names == ("faces.example.org",)
    # A Service called facestream would set FACESTREAM_PORT to tcp://...
    assert pod["enableServiceLinks"] is False
