#!/usr/bin/env bash
# Builds docker/Dockerfile and proves the image, on a machine without a Docker engine: as root, with Debian's buildah and debootstrap.
#
#     sudo scripts/verify_image.sh [--gpu] [--notebook] [--base-only]
#
# --gpu        also builds Dockerfile.gpu, with 3 GB of CUDA, and proves that image, too: without a GPU it falls back to the CPU
# --notebook   also builds the notebook's image, and lets a kernel of its JupyterLab compute
#
# The base. A public registry may be out of reach, so a base is made by debootstrap, Debian bookworm like the real one, and tagged with
# the name that the Dockerfile asks for. The real one has a Python of its own in /usr/local; PYTHON_HOME=/a/python/3.13 is copied
# there, without it the base has Debian's Python 3.11. Everything after `FROM` is what a registry's base gets, too.
#
# The run. buildah's chroot isolation knows neither a read-only root nor a network of its own. So the image's root is mounted and run by
# hand with what Docker would set: a bind mount that is read-only, fresh tmpfs on /tmp and /data, namespaces for network (loopback only),
# processes and mounts, uid and gid 10001, no capability, no-new-privileges, and the environment and commands of the image's own
# configuration. What is not checked: Docker's seccomp profile, its cgroup limits, and ports being published.
#
# pip's and npm's configuration of this machine is used to build, as secrets; folders that it names as file:// are lent.
# Everything lies under WORK (default: /tmp/facestream-image), which is kept: a second run is quicker. Remove it by hand.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/messages.sh

WORK="${WORK:-/tmp/facestream-image}"
gpu= notebook= base_only=
for option in "$@"; do
    case "$option" in
        --gpu) gpu=1 ;;
        --notebook) notebook=1 ;;
        --base-only) base_only=1 ;;
        *) fail "there is no option $option; see the head of scripts/verify_image.sh" ;;
    esac
done

[ "$(id -u)" = 0 ] || fail "this needs root, to make file systems: run it by sudo"
for program in buildah debootstrap unshare python3; do
    command -v "$program" >/dev/null || fail "$program is missing: apt-get install --no-install-recommends buildah crun debootstrap"
done
[ -f scripts/recognise_through.py ] || fail "scripts/recognise_through.py is missing"

BASE="$(sed -n 's/^ARG PYTHON_IMAGE=//p' docker/Dockerfile)"
buildah() { command buildah --storage-driver vfs --root "$WORK/store" --runroot "$WORK/run" "$@"; }
# What `buildah images` says of sizes takes minutes with vfs.
size() {
    local container
    container="$(buildah from --pull-never "$1")"
    du -sh "$(buildah mount "$container")" | cut -f1
    buildah rm "$container" >/dev/null
}
mkdir -p "$WORK"

# --- the base -------------------------------------------------------------------------------------

make_base() {
    local root="$WORK/base" mirror
    step "Making a base in the place of $BASE"
    mirror="$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
        sed -nE 's/^(URIs: *|deb +(\[[^]]*\] +)?)(http[^ ]+\/debian)\/?( .*)?$/\3/p' | head -1)"
    rm -rf "$root"
    debootstrap --variant=minbase --include=ca-certificates,netbase,python3,python3-pip,python3-venv,tzdata \
        bookworm "$root" ${mirror:+"$mirror"} >"$WORK/debootstrap.log" || fail "debootstrap failed: see $WORK/debootstrap.log"
    if [ -n "${PYTHON_HOME:-}" ]; then
        cp -a "$PYTHON_HOME/." "$root/usr/local/"
        sed -i '1s|^#!.*|#!/usr/local/bin/python3|' "$root"/usr/local/bin/pip*
        chroot "$root" ldconfig
    else
        ln -s /usr/bin/python3 "$root/usr/local/bin/python"
    fi
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
    local container
    container="$(buildah from scratch)"
    buildah add --quiet "$container" "$root" / >/dev/null
    buildah commit --quiet --rm "$container" "$BASE" >/dev/null
    rm -rf "$root"
}
buildah inspect --type image "$BASE" >/dev/null 2>&1 || make_base
[ -z "$base_only" ] || exit 0

# --- the build ------------------------------------------------------------------------------------

# As `pip config list` and npm have it, environment included. Both files stay outside of the checkout and of the image.
install -m 0600 /dev/null "$WORK/pip.conf"
install -m 0600 /dev/null "$WORK/npmrc"
python3 - >"$WORK/pip.conf" <<'PY'
import ast, subprocess, sys
wanted = ("cert", "index-url", "extra-index-url", "find-links", "trusted-host", "timeout", "default-timeout")
listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True).stdout
found = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
print("[global]")
for key, value in {key.rpartition(".")[2]: value for key, value in found.items()}.items():
    if key in wanted:
        print(key, "=", " ".join(ast.literal_eval(value).split()))
PY
if command -v npm >/dev/null; then
    cat "$(npm config get globalconfig)" "$(npm config get userconfig)" 2>/dev/null >"$WORK/npmrc" || true
fi
lent=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
while read -r folder; do
    [ ! -d "$folder" ] || lent+=(--volume "$folder:$folder:ro")
done < <(tr ' ' '\n' <"$WORK/pip.conf" | sed -nE 's|^(file://)?(/.*)|\2|p' | sed 's|/simple/*$||' | grep -v '^/etc/' | sort -u)

# build DOCKERFILE TAG [OPTION...]
build() {
    local start=$SECONDS
    step "Building $2 from $1 (log: $WORK/$2.log)"
    # Docker's format, for OCI's has no HEALTHCHECK. No layers: vfs would copy all of the image for each.
    buildah bud --isolation chroot --pull=never --layers=false --format docker \
        --secret "id=pip,src=$WORK/pip.conf" --secret "id=npm,src=$WORK/npmrc" "${lent[@]}" \
        --file "$1" --ignorefile "$1.dockerignore" --tag "$2" "${@:3}" . >"$WORK/$2.log" 2>&1 ||
        { tail -20 "$WORK/$2.log" >&2; fail "$1 could not be built: see $WORK/$2.log"; }
    echo "$2: $(size "$2"), in $((SECONDS - start)) s"
}
build docker/Dockerfile facestream
echo "of that the base: $(size "$BASE")"

# --- what the images say of themselves, and what they do ------------------------------------------

# read_configuration TAG EXPECTED: the image's command, environment and health check become files
read_configuration() {
    buildah inspect --type image "$1" >"$WORK/$1.json"
    python3 - "$WORK/$1" "$2" <<'PY'
import json, shlex, sys
from pathlib import Path

name, expected = sys.argv[1], json.loads(sys.argv[2])
config = json.loads(Path(f"{name}.json").read_text())["Docker"]["config"]
ports = {port.removesuffix("/tcp"): {} for port in config["ExposedPorts"]}
found = {**{key: config.get(key) for key in expected}, "ExposedPorts": ports}
if found != expected:
    sys.exit(f"expected {expected}, found {found}")
Path(f"{name}.environment").write_text("".join(f"{shlex.quote(each)}\n" for each in config["Env"]))
Path(f"{name}.command").write_text(shlex.join(config["Entrypoint"] + (config.get("Cmd") or [])))
if health := config.get("Healthcheck"):
    kind, *test = health["Test"]
    if kind != "CMD":
        sys.exit("the health check needs a shell")
    Path(f"{name}.health").write_text(shlex.join(test))
for label in ("title", "description", "licenses", "version") if health else ():
    if not config["Labels"].get(f"org.opencontainers.image.{label}"):
        sys.exit(f"the label {label} is missing")
PY
}

# prove TAG SCRIPT: by the script, in namespaces of its own
prove() {
    local container status=0
    container="$(buildah from --pull-never "$1")"
    unshare --net --mount --pid --fork --kill-child --propagation private \
        bash "$2" "$(buildah mount "$container")" "$WORK" "$1" || status=$?
    buildah rm "$container" >/dev/null
    [ "$status" = 0 ] || fail "$1 does not do what it should: see above"
}

pictures=.venv/test-pictures
[ -f "$pictures/obama.jpg" ] || fail "the test's photos are missing: run make tools first"
mkdir -p "$WORK/proof"
cp scripts/{recognise,compute}_through.py "$pictures"/{obama,obama2,biden}.jpg "$WORK/proof/"
chmod -R a+rX "$WORK/proof"

# prove_server TAG
prove_server() {
    step "Reading the configuration of $1"
    read_configuration "$1" '{"User": "10001:10001", "StopSignal": "SIGTERM", "Entrypoint": ["facestream"], "Cmd": ["serve"],
        "Volumes": {"/data": {}}, "ExposedPorts": {"8443": {}, "8480": {}}}'
    [ -f "$WORK/$1.health" ] || fail "there is no health check"
    echo "user, ports, volume, signal, entry point, health check and labels are as they should be"
    prove "$1" scripts/verify_image_inside.sh
}
prove_server facestream

# --- the others -----------------------------------------------------------------------------------

if [ -n "$notebook" ]; then
    build docker/Dockerfile facestream-notebook --target notebook
    read_configuration facestream-notebook '{"User": "10001:10001", "Entrypoint": ["notebook"],
        "Volumes": {"/notebooks": {}}, "ExposedPorts": {"8888": {}}}'
    echo FACESTREAM_NOTEBOOK_TOKEN=proof >>"$WORK/facestream-notebook.environment"
    prove facestream-notebook scripts/verify_notebook_inside.sh
fi
if [ -n "$gpu" ]; then
    build docker/Dockerfile.gpu facestream-gpu
    prove_server facestream-gpu
    grep -F 'on the CPU: no GPU was found' "$WORK/facestream-gpu.server.log" || grep -F 'on the GPU' "$WORK/facestream-gpu.server.log" ||
        fail "it does not say what it computes on"
fi
if command -v docker-compose >/dev/null; then
    step "Reading docker/compose.yaml with $(docker-compose --version | head -1)"
    docker-compose -f docker/compose.yaml --profile gpu config >"$WORK/compose.yaml"
    grep -A3 -- '- capabilities:' "$WORK/compose.yaml" | grep -q 'gpu' || fail "compose.yaml reserves no GPU"
    echo "the GPU is reserved"
else
    step "There is no docker-compose here, so docker/compose.yaml was not read"
fi
step "The image is as it should be"
