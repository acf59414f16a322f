# Makes an image's root what Docker would make of it, in namespaces of its own; verify_*_inside.sh source this.
# Before: root (the image's root), work (the folder of verify_image.sh), name (the image's, as its files in work are called).
# After: image, the read-only root, and functions to run programs in it.
image="$work/root"
mapfile -t environment < <(xargs -n1 printf '%s\n' <"$work/$name.environment")

ip link set lo up
[ "$(ip -o link | grep -vc ' lo:')" = 0 ] || fail "there is a network but loopback"

mkdir -p "$image"
mount --bind "$root" "$image"
mount -o remount,bind,ro "$image"
mount -t proc proc "$image/proc"
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs "$image/dev"
for device in null zero random urandom; do
    touch "$image/dev/$device"
    mount --bind "/dev/$device" "$image/dev/$device"
done
mkdir "$image/dev/shm"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$image/dev/shm" # as Docker has it
mount -t tmpfs -o mode=1777,size=512m,nosuid,nodev,noexec tmpfs "$image/tmp"
mount -t tmpfs -o mode=0700,uid=10001,gid=10001,nosuid,nodev tmpfs "$image/data"
mkdir "$image/tmp/proof"
mount --bind "$work/proof" "$image/tmp/proof"

# In the image as its user, with its environment: PROGRAM [ARGUMENT...]
as_user=(env -i "${environment[@]}" chroot "$image" /usr/bin/setpriv --reuid 10001 --regid 10001 --clear-groups
    --bounding-set -all --inh-caps -all --no-new-privs)
in_image() { "${as_user[@]}" "$@"; }
# One that must fail.
refused() { ! in_image "$@" >/dev/null 2>&1; }

# What the user may do anywhere: nothing but write to /tmp and to the folders named.
prove_confined() {
    local folder program
    [ "$(in_image id -u):$(in_image id -g):$(in_image id -G)" = 10001:10001:10001 ] || fail "it does not run as 10001"
    in_image id
    [ "$(in_image sh -c 'sed -n "s/^CapEff:\t//p" /proc/self/status')" = 0000000000000000 ] || fail "it has capabilities"
    for folder in / /opt/venv /usr /usr/local/lib /etc /var/tmp /home /root; do
        refused touch "$folder/x" || fail "$folder can be written to"
    done
    for folder in /tmp "$@"; do
        in_image sh -c "touch $folder/x && rm $folder/x" || fail "$folder cannot be written to"
    done
    for program in gcc cc g++ c++ clang make npm node; do
        refused sh -c "command -v $program" || fail "$program is in the image"
    done
    echo "nothing but /tmp $* can be written to; no compiler, no npm"
}

# The image's own command, in the background: `process` is its id, "$work/$name.server.log" what it says.
start() {
    eval "set -- $(cat "$work/$name.command")"
    "${as_user[@]}" "$@" >"$work/$name.server.log" 2>&1 &
    process=$! # each of these programs becomes the next one
    trap 'kill -KILL "$process" 2>/dev/null || true' EXIT
}

# Until PROGRAM [ARGUMENT...] in the image succeeds; `answer` is what it said.
await() {
    for _ in $(seq 120); do
        answer="$(in_image "$@" 2>&1)" && return
        kill -0 "$process" 2>/dev/null || { cat "$work/$name.server.log" >&2; fail "the server ended"; }
        sleep 1
    done
    fail "there is no answer: $answer"
}

# SIGTERM, after which it must end with 0.
stop() {
    local status=0
    kill -TERM "$process"
    wait "$process" || status=$?
    [ "$status" = 0 ] || { cat "$work/$name.server.log" >&2; fail "it ended with $status"; }
}
