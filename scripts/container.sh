#!/usr/bin/env bash
# Builds and starts containers with what this machine has: Docker, Podman or, to build only, buildah.
#
#     container.sh build DOCKERFILE TAG
#     container.sh up [OPTION...]          options of compose, such as --profile gpu
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh
have() { command -v "$1" >/dev/null; }

build() {
    local version
    version="$(sed -n 's/^__version__ = "\(.*\)"/\1/p' facestream/__init__.py)"
    if have docker; then # BuildKit finds DOCKERFILE.dockerignore itself
        DOCKER_BUILDKIT=1 docker build --file "$1" --tag "$2" --build-arg "VERSION=$version" .
    elif have podman; then # Docker's format, for OCI's has no health check
        podman build --format docker --file "$1" --ignorefile "$1.dockerignore" --tag "$2" --build-arg "VERSION=$version" .
    elif have buildah; then
        buildah build --format docker --file "$1" --ignorefile "$1.dockerignore" --tag "$2" --build-arg "VERSION=$version" .
    else
        fail "there is no docker, podman or buildah here: install one of them, or run without a container: make run"
    fi
}

up() {
    local compose=()
    if have docker && docker compose version >/dev/null 2>&1; then
        compose=(docker compose)
    elif have podman && podman compose version >/dev/null 2>&1; then
        compose=(podman compose)
    elif have docker && have docker-compose; then
        compose=(docker-compose)
    else
        fail "there is no docker compose or podman compose here: install one of them, or run without a container: make run"
    fi
    exec "${compose[@]}" -f docker/compose.yaml "$@" up
}

case "${1:-}" in
    build) build "$2" "$3" ;;
    up) up "${@:2}" ;;
    *) fail "usage: container.sh build DOCKERFILE TAG, or container.sh up [OPTION...]" ;;
esac
