"""What Dockerfiles and compose.yaml promise. scripts/verify_image.sh builds and runs an image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from facestream.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
DOCKERFILES = ("Dockerfile", "Dockerfile.gpu")
SERVERS = ("facestream", "facestream-gpu")


def stages(name: str) -> dict[str, list[str]]:
    """The instructions of each stage, lines joined; what is before the first is under "", and the
    last one, which has no name, under "final"."""
    text = re.sub(r"\\\n\s*", "", (DOCKER / name).read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found: dict[str, list[str]] = {"": []}
    stage = ""
    for line in lines:
        if line.startswith("FROM "):
            stage = line.partition(" AS ")[2] or "final"
            found[stage] = []
        found[stage].append(line)
    return found


@pytest.fixture(params=DOCKERFILES)
def dockerfile(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    return stages(request.param)


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    return loaded


def defaults() -> dict[str, str]:
    lines = (DOCKER / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


# --- Dockerfiles ----------------------------------------------------------------------------------


def test_base_is_named_once_with_its_version(dockerfile: dict[str, list[str]]) -> None:
    (base,) = [line for line in dockerfile[""] if line.startswith("ARG PYTHON_IMAGE=")]
    assert re.fullmatch(r"ARG PYTHON_IMAGE=\S+/python:3\.\d+-slim-\w+", base)
    for stage, lines in dockerfile.items():
        if stage:
            assert re.fullmatch(
                rf"FROM (\$\{{PYTHON_IMAGE\}}|{'|'.join(dockerfile)})( AS \w+)?", lines[0]
            )


def test_every_package_is_installed_by_its_hash(dockerfile: dict[str, list[str]]) -> None:
    installs = [
        command
        for lines in dockerfile.values()
        for line in lines
        if line.startswith("RUN")
        for command in line.split("&&")
        if "pip install" in command
    ]
    assert installs
    for command in installs:
        assert "--no-deps" in command
        assert "--require-hashes" in command or "--no-index" in command, command


def test_both_images_are_made_of_the_same_wheel_in_the_same_way() -> None:
    cpu, gpu = (stages(name) for name in DOCKERFILES)
    assert cpu["packages"] == gpu["packages"]
    assert cpu["wheel"] == gpu["wheel"]
    assert any("scripts/lock/run.txt" in line for line in cpu["packages"])
    assert any("scripts/lock/gpu.txt" in line for line in gpu["cuda"])


def test_image_runs_as_nobody_and_says_how_it_is_used(dockerfile: dict[str, list[str]]) -> None:
    final = dockerfile["final"]
    for line in (
        "USER 10001:10001",
        "VOLUME /data",
        "EXPOSE 8443 8480",
        "STOPSIGNAL SIGTERM",
        'ENTRYPOINT ["facestream"]',
        'CMD ["serve"]',
    ):
        assert line in final
    assert final.index("USER 10001:10001") > max(
        number for number, line in enumerate(final) if line.startswith("RUN")
    )
    (environment,) = [line for line in final if line.startswith("ENV")]
    assert "FACESTREAM_DATA=/data SQLITE_TMPDIR=/data" in environment
    (health,) = [line for line in final if line.startswith("HEALTHCHECK")]
    assert "curl" not in health
    assert (DOCKER / "healthcheck.py").is_file()


def test_image_exposes_the_ports_of_the_settings(dockerfile: dict[str, list[str]]) -> None:
    settings = Settings()
    assert f"EXPOSE {settings.port} {settings.helper_port}" in dockerfile["final"]


def test_image_for_a_gpu_asks_for_one() -> None:
    (environment,) = [line for line in stages("Dockerfile.gpu")["final"] if line.startswith("ENV")]
    for variable in (
        "NVIDIA_VISIBLE_DEVICES=all",
        "NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        "FACESTREAM_DEVICE=gpu",
    ):
        assert variable in environment


def test_whatever_is_copied_gets_into_the_build() -> None:
    """The ignore file lets in only what it names."""
    for name in DOCKERFILES:
        ignored = (DOCKER / f"{name}.dockerignore").read_text().splitlines()
        let_in = {line[1:] for line in ignored if line.startswith("!")}
        assert "*" in ignored
        for path in let_in:
            assert (ROOT / path).exists(), path
        for line in (line for lines in stages(name).values() for line in lines):
            if line.startswith("COPY") and "--from" not in line:
                *_, source, _ = line.split()
                if source != ".":
                    assert any(Path(source).is_relative_to(path) for path in let_in), source


def test_no_gallery_and_no_secret_of_a_checkout_gets_into_the_build() -> None:
    for name in DOCKERFILES:
        ignored = (DOCKER / f"{name}.dockerignore").read_text().splitlines()
        assert ignored == (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
        assert not {"!.git", "!tests", "!.venv", "!docker"} & set(ignored)


# --- compose.yaml ---------------------------------------------------------------------------------


def test_up_alone_starts_the_one_for_a_cpu() -> None:
    active = set(defaults()["COMPOSE_PROFILES"].split(","))
    services = compose()["services"]
    started = [name for name, service in services.items() if active & set(service["profiles"])]
    assert started == ["facestream"]


def test_no_profile_starts_two_servers_on_one_port() -> None:
    services = compose()["services"]
    profiles = [service["profiles"] for service in services.values()]
    assert profiles == [["cpu"], ["gpu"], ["notebook"]]


@pytest.mark.parametrize("name", [*SERVERS, "notebook"])
def test_container_may_do_no_more_than_it_must(name: str) -> None:
    service = compose()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert "mem_limit" in service
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert not {"privileged", "network_mode", "pid", "devices"} & service.keys()


@pytest.mark.parametrize("name", SERVERS)
def test_server_has_its_volume_its_ports_and_its_health_check(name: str) -> None:
    service = compose()["services"][name]
    assert service["volumes"] == ["data:/data"]
    assert service["ports"] == ["8443:8443", "8480:8480"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    grace_s = int(service["stop_grace_period"].removesuffix("s"))
    assert grace_s > Settings().shutdown_seconds
    assert "data" in compose()["volumes"]


def test_health_check_is_the_image_s() -> None:
    for name, dockerfile in zip(SERVERS, DOCKERFILES, strict=True):
        (line,) = [line for line in stages(dockerfile)["final"] if line.startswith("HEALTHCHECK")]
        check = compose()["services"][name]["healthcheck"]
        assert str(check["test"]).replace("'", '"') == f'["CMD", {line.partition("CMD [")[2]}'
        assert f"--start-period={check['start_period']}" in line


def test_every_variable_of_a_server_is_a_setting() -> None:
    for name in SERVERS:
        for variable in compose()["services"][name]["environment"]:
            assert variable.removeprefix("FACESTREAM_").lower() in Settings.model_fields


def test_gpu_is_reserved_for_the_one_that_needs_it() -> None:
    services = compose()["services"]
    reservations = services["facestream-gpu"]["deploy"]["resources"]["reservations"]
    assert reservations["devices"] == [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]
    assert "deploy" not in services["facestream"]


def test_notebook_can_be_reached_from_this_machine_only_and_changes_no_gallery() -> None:
    service = compose()["services"]["notebook"]
    assert service["ports"] == ["127.0.0.1:8888:8888"]
    assert "data:/data:ro" in service["volumes"]


def test_images_are_of_a_version_and_never_of_whatever_is_latest() -> None:
    for path in (*DOCKER.iterdir(), ROOT / "docs" / "deploy" / "kubernetes.yaml"):
        assert ":latest" not in path.read_text()
    for service in compose()["services"].values():
        assert ":${FACESTREAM_VERSION:-dev}" in service["image"]
