#!/usr/bin/env bash
# Writes scripts/lock/*.txt: every Python package with version and hashes, for all platforms, as PyPI has them.
# uv does not read pip's configuration, so no package index of this machine gets into the files.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh
command -v uv >/dev/null || fail "uv is not installed yet: run make tools first"

compile() {
    step "Resolving scripts/lock/$1.txt"
    uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" --output-file "scripts/lock/$1.txt" "${@:2}" ||
        fail "uv could not resolve scripts/lock/$1.txt: see above"
}

# On x86 under Linux the CPU's build in the place of TensorFlow's: half of the download, the same package inside.
cpu=(scripts/lock/cpu.in --override scripts/lock/cpu-override.in)

# dev first, run and notebook within it: what is tested is what is served and shown.
compile dev pyproject.toml "${cpu[@]}" --extra dev --group build
compile run pyproject.toml "${cpu[@]}" --group build --constraint scripts/lock/dev.txt
compile notebook pyproject.toml "${cpu[@]}" --extra notebook --group build --constraint scripts/lock/dev.txt
compile gpu pyproject.toml --extra gpu --constraint scripts/lock/dev.txt --constraint scripts/lock/run.txt
compile node --group node
