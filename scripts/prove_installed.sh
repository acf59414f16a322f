#!/usr/bin/env bash
# Proves that an installed facestream serves and recognises, with nothing else on the machine: no checkout, no Node.js.
#   scripts/prove_installed.sh BIN PHOTOS   BIN: the folder with its python and facestream; PHOTOS: that of the tests' photos
set -euo pipefail
bin="$(realpath --no-symlinks "$1")" photos="$(realpath "$2")" script="$(realpath "$(dirname "$0")/recognise_through.py")"
work="$(mktemp -d)"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
cp "$script" "$work/prove.py"  # away from the checkout's scripts, which Python would look into for modules
cd "$work"

alone=(env -i PATH="$bin" HOME="$work" TMPDIR="$work" PYTHONDONTWRITEBYTECODE=1)
where="$("${alone[@]}" "$bin/python" -c 'import facestream; print(facestream.__file__)')"
case "$where" in
    "${bin%/*}"/*) ;;
    *) printf 'facestream: %s is not in %s\n' "$where" "${bin%/*}" >&2; exit 1 ;;
esac

"${alone[@]}" "$bin/facestream" serve --host 127.0.0.1 --port 0 --helper-port 0 --device cpu --data "$work/data" >"$work/log" 2>&1 &
server=$!
url=
for _ in $(seq 600); do
    url="$(sed -nE 's#.*(https://127\.0\.0\.1:[0-9]+/\?token=[A-Za-z0-9_-]+).*#\1#p' "$work/log" | head -n 1)"
    [ -z "$url" ] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[ -n "$url" ] || { cat "$work/log" >&2; exit 1; }
"${alone[@]}" "$bin/python" "$work/prove.py" "$url" "$photos"/{obama,obama2,biden}.jpg --ca "$work/data/tls/ca.pem" ||
    { cat "$work/log" >&2; exit 1; }
kill "$server"
wait "$server" || { cat "$work/log" >&2; exit 1; }
server=
