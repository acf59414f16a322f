#!/usr/bin/env bash
# Creates .venv with the newest Python that TensorFlow has wheels for. PYTHON=... chooses another.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh

usable() { command -v "$1" >/dev/null && "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

for python in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    usable "$python" && break
    python=
done
[ -n "$python" ] || fail "there is no Python 3.11, 3.12 or 3.13 here: install one, or name it: PYTHON=/path/to/python3.11 make run"

step "Creating .venv ($("$python" --version))"
# Debian's Python comes without ensurepip, which venv needs.
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    scripts/install_debian.sh "$package" ||
        fail "this Python cannot make a virtual environment: as root, apt-get install $package; then run make again"
fi
"$python" -m venv .venv || fail "python -m venv failed: see above; remove .venv and run make again"
mkdir -p .venv/stamps
