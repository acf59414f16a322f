#!/usr/bin/env bash
# The same for the notebook's image: JupyterLab, and a kernel that computes in it.
#
#     verify_notebook_inside.sh ROOT WORK NAME
set -euo pipefail
cd "$(dirname "$0")"
source messages.sh
root="$1" work="$2" name="$3"
source in_image.sh

step "What the notebook's image holds, and what its user may do"
rm -rf "$work/notebooks"
cp -a "$image/notebooks" "$work/notebooks" # a new volume begins as what is in the image
mount --bind "$work/notebooks" "$image/notebooks"
prove_confined /notebooks
in_image test -w /notebooks/threshold_selection.ipynb || fail "the notebook cannot be changed"

step "JupyterLab with the root read-only and no network"
started=$SECONDS
start
await python -c 'import urllib.request; urllib.request.urlopen("http://localhost:8888/login", timeout=5)'
echo "it answers after $((SECONDS - started)) s"
in_image python /tmp/proof/compute_through.py http://localhost:8888 proof /tmp/proof/obama.jpg ||
    { cat "$work/$name.server.log" >&2; fail "no kernel computes"; }

step "Stopping it by SIGTERM"
stop
echo "ended with 0"
