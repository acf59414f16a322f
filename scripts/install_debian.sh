#!/usr/bin/env bash
# Installs Debian packages where this may be done without asking: as root, or by sudo without a password.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh

command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" = 0 ]; then
    as_root=()
elif sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    exit 1
fi

step "Installing Debian's $*"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
