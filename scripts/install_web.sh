#!/usr/bin/env bash
# Installs the page's libraries by npm and copies what the browser loads to web/vendor.
set -euo pipefail
cd "$(dirname "$0")/../web"
source ../scripts/messages.sh

step "Installing the browser libraries"
npm ci --omit=dev --no-audit --no-fund --loglevel=error ||
    fail "npm ci failed in web/: check the network and 'npm config list', then run make again"
npm run --silent vendor || fail "npm run vendor failed in web/: see above"
