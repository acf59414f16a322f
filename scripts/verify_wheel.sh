#!/usr/bin/env bash
# Builds sdist and wheel, and proves each: installed alone, with what it asks for, in a fresh environment outside the
# checkout, where there is no Node.js, it serves and recognises. Fetches about 1 GB; `tests/test_wheel.py` is the quick form.
#   scripts/verify_wheel.sh [WHAT]   WHAT: wheel, sdist, or both if it is left out
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh
here="$PWD" work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset PYTHONPATH

step "Building sdist and wheel"
python -m build --outdir "$work/dist" . >"$work/log" || { cat "$work/log"; fail "the build failed: see above"; }
ls -l "$work/dist"

prove() {
    local bin="$work/$1/bin"
    step "Installing $(basename "$2") with what it asks for"
    python -m venv "$work/$1"
    (cd "$work" && PATH="$bin" python -m pip --quiet install "$2") || fail "pip could not install $2: see above"
    step "Serving from it, and recognising through it"
    "$here/scripts/prove_installed.sh" "$bin" "$here/.venv/test-pictures"
}

what="${1:-wheel sdist}"
[[ $what != *wheel* ]] || prove wheel "$work"/dist/*.whl
# pip builds a wheel of it first, in an environment of its own, with nothing in PATH that could fetch or bundle
[[ $what != *sdist* ]] || prove sdist "$work"/dist/*.tar.gz
step "Proven: $what"
