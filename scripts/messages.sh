# What the scripts say: `step` before something slow, `fail` with one sentence of what failed and what to do.

step() { printf '\n==> %s\n' "$*"; }
fail() { printf '\nfacestream: %s\n' "$*" >&2; exit 1; }
