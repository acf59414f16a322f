#!/usr/bin/env bash
# Installs the packages of one lock file (run, dev or notebook) and facestream itself into .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh
lock="scripts/lock/$1.txt"
pip() { python -m pip --disable-pip-version-check "$@"; }

step "Installing $(grep -c == "$lock") Python packages of $lock (the first time about 300 MB, some minutes)"
# Without --no-deps pip looks for a newest "coverage[toml]" beside the locked "coverage", and refuses what it finds.
pip install --require-hashes --no-deps -r "$lock" | { grep -v '^Requirement already satisfied' || true; } ||
    fail "pip could not install $lock: check the network and 'pip config list', then run make again"

# The build backend is in the lock file, so nothing is fetched past it.
pip install --quiet --no-deps --no-build-isolation --editable . ||
    fail "pip could not install facestream itself: see above, then run make again"
# scripts/lock/cpu.in: where there is tensorflow-cpu, which is the same package, pip misses tensorflow by its name.
lacking="$(pip check | grep -v -e '^No broken' -e 'requires tensorflow, which is not installed' || true)"
[ -z "$lacking" ] || printf '%s\n' "$lacking" >&2
[ -z "$lacking" ] || fail "$lock is older than pyproject.toml: run make lock, then make again"
