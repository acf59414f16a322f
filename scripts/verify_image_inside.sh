#!/usr/bin/env bash
# The part of verify_image.sh that runs in namespaces of its own: the image's root, read-only, and a server in it.
#
#     verify_image_inside.sh ROOT WORK NAME
set -euo pipefail
cd "$(dirname "$0")"
source messages.sh
root="$1" work="$2" name="$3"
source in_image.sh

step "What the image holds, and what its user may do"
prove_confined /data
refused touch /usr/local/lib/facestream/x || fail "/usr/local/lib/facestream can be written to"
left="$(find "$image"/{src,wheel,dist,root,home,var/cache/apt/archives,etc/pip.conf} -type f \
    \( -name '*.whl' -o -name '.npmrc' -o -name 'pip.conf' -o -path '*/.cache/*' -o -path '*/.npm/*' -o -name '*.deb' \) 2>/dev/null || true)"
[ -z "$left" ] || fail "left over from the build: $left"
[ ! -e "$image/opt/venv/bin/pip" ] || fail "pip is in the environment"
echo "of /opt/venv: $(du -sh "$image/opt/venv" | cut -f1); the package: $(du -sh "$image"/opt/venv/lib/python3.*/site-packages/facestream | cut -f1)"

step "Serving with the root read-only and no network"
eval "health=($(cat "$work/$name.health"))"
started=$SECONDS
start
await "${health[@]}"
echo "health check: $answer, after $((SECONDS - started)) s"

token="$(cat "$image/data/token")"
in_image python /tmp/proof/recognise_through.py "https://localhost:8443/?token=$token" \
    /tmp/proof/obama.jpg /tmp/proof/obama2.jpg /tmp/proof/biden.jpg --ca /data/tls/ca.pem ||
    { cat "$work/$name.server.log" >&2; fail "it does not recognise people"; }
echo "recognised $((SECONDS - started)) s after the start; memory: $(awk '/^VmHWM/ {printf "%.0f MB", $2 / 1024}' "/proc/$process/status")"
echo "written to /tmp: $(cd "$image/tmp" && find . -path ./proof -prune -o -type f -print | sort | tr '\n' ' ')"
echo "written to /data: $(cd "$image/data" && find . -type f | sort | tr '\n' ' ')"
! grep -nEi 'read-only|permission denied|traceback' "$work/$name.server.log" || fail "the server's log tells of trouble"

step "Stopping it by SIGTERM"
stop
refused "${health[@]}" || fail "the health check succeeds without a server"
echo "ended with 0; the health check now fails, as it should"
