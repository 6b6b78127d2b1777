#!/usr/bin/env bash
# Builds the image of the Dockerfile and tries it, without a daemon and without a registry:
#
#   deploy/ci/build_image.sh [TAG]       default tag: localhost/tenor:ci
#
# Needs buildah, debootstrap and root; where one of them is missing it says so and ends with 0.
# The base is made of Debian packages; the Python packages are fetched by this machine's pip, from
# whatever index it is set to, and checked against requirements.lock inside the build.
# TENOR_IMAGE_CACHE names a folder that keeps bases and wheels between runs. BASE, when set, is an
# image to build on instead (with BUILD_BASE, if it has no venv).
set -euo pipefail

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tag=${1:-localhost/tenor:ci}
suite=bookworm
mirror=http://deb.debian.org/debian

for tool in buildah debootstrap; do
  if ! command -v "$tool" >/dev/null; then
    echo "image: skipped: no builder ($tool is not installed)"
    exit 0
  fi
done
if [ "$(id -u)" -ne 0 ]; then
  echo "image: skipped: no builder (making a base needs root)"
  exit 0
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/tenor-image.XXXXXX")
cache=${TENOR_IMAGE_CACHE:-$work/cache}
mkdir -p "$cache/debs" "$cache/wheels" "$work/context"
containers=()

builder() {
  buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"
}

finish() {
  local code=$?
  trap - EXIT
  for container in "${containers[@]}"; do
    builder rm "$container" >/dev/null 2>&1 || true
  done
  builder rmi --all --force >/dev/null 2>&1 || true
  rm -rf "$work"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# A base image of Debian packages: debian_base NAME PACKAGES
debian_base() {
  local name=$1 packages=$2
  local archive=$cache/$name-$suite.tar.gz
  if [ ! -s "$archive" ]; then
    local root=$work/$name
    debootstrap --variant=minbase --include="$packages" --cache-dir="$cache/debs" \
      "$suite" "$root" "$mirror" >"$work/$name.log" 2>&1 || {
      tail -n 20 "$work/$name.log"
      echo "image: the base could not be made" >&2
      exit 1
    }
    rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/doc/* \
      "$root"/usr/share/man/* "$root"/usr/share/locale/*
    tar -C "$root" --exclude=./dev/* --exclude=./proc/* --exclude=./sys/* -czf "$archive.new" .
    mv "$archive.new" "$archive"
    rm -rf "$root"
  fi
  mkdir -p "$work/base"
  cp "$archive" "$work/base/$name.tar.gz"
  printf 'FROM scratch\nADD %s.tar.gz /\n' "$name" >"$work/base/$name.Dockerfile"
  builder bud --quiet --isolation chroot --tag "localhost/$name:ci" \
    --file "$work/base/$name.Dockerfile" "$work/base" >/dev/null
}

began=$SECONDS
if [ -z "${BASE:-}" ]; then
  debian_base tenor-base python3,ca-certificates
  debian_base tenor-build-base python3,python3-venv,ca-certificates
  BASE=localhost/tenor-base:ci
  BUILD_BASE=localhost/tenor-build-base:ci
fi
echo "image: base ready after $((SECONDS - began)) s"

lock=$(sha256sum <"$project/requirements.lock")
if [ "$(cat "$cache/wheels.lock" 2>/dev/null)" != "$lock" ]; then
  rm -rf "$cache/wheels"
  mkdir "$cache/wheels"
  python3 -m pip download -qq --disable-pip-version-check --require-hashes \
    --only-binary :all: --python-version 3.11 --dest "$cache/wheels" \
    --requirement "$project/requirements.lock"
  echo "$lock" >"$cache/wheels.lock"
fi
echo "image: wheels ready after $((SECONDS - began)) s"

builder bud --quiet --format docker --isolation chroot --pull-never --tag "$tag" \
  --build-arg "BASE=$BASE" --build-arg "BUILD_BASE=${BUILD_BASE:-$BASE}" \
  --build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels \
  --volume "$cache/wheels:/wheels:ro" \
  --file "$project/Dockerfile" "$project" >/dev/null
size=$(builder images --noheading --format '{{.Size}}' "$tag")
echo "image: built $tag after $((SECONDS - began)) s; its size is $size"

container=$(builder from --pull-never "$tag")
containers+=("$container")
# `run` keeps the environment of the image and adds what is named here.
inside() {
  builder run --isolation chroot --user 10001:10001 "$@"
}
answers() { # PORT [PATH]
  inside --env "TENOR_HEALTH_PORT=$1" "$container" -- python deploy/healthcheck.py "${@:2}" \
    2>/dev/null
}

inside "$container" -- python -m api --help >/dev/null
inside "$container" -- python -m workers --help >/dev/null
# Without settings a process ends at once, and says which one is missing.
if inside "$container" -- python -m api serve 2>"$work/unset.log"; then exit 1; fi
grep -q TENOR_DATABASE_URL "$work/unset.log"
inside "$container" -- sh -c '! command -v pip gcc cc make && test "$(id -u)" = 10001'
inside "$container" -- sh -c '! touch /srv/tenor/x 2>/dev/null'
inside "$container" -- python -m tenor.sandbox --help >/dev/null
echo "image: the API, the workers and the sandbox say what they take; nothing can be written"

key=$(head -c 32 /dev/urandom | base64)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# The API lives without its database; it is only not ready.
inside --env TENOR_ENVIRONMENT=production \
  --env "TENOR_DATABASE_URL=postgresql+psycopg://nobody:nothing@127.0.0.1:1/none" \
  --env "TENOR_MASTER_KEY=$key" --env "TENOR_INDEX_KEY=$key" --env "TENOR_TOKEN_KEY=$key" \
  "$container" -- python -m api serve --host 127.0.0.1 --port "$port" >"$work/api.log" 2>&1 &
serving=$!
for _ in $(seq 300); do
  answers "$port" /health/live && break
  kill -0 "$serving" 2>/dev/null || break
  sleep 0.2
done
if ! answers "$port" /health/live; then
  cat "$work/api.log"
  echo "image: the API did not answer" >&2
  exit 1
fi
if answers "$port"; then
  echo "image: the API calls itself ready without a database" >&2
  exit 1
fi
echo "image: the API serves /health/live, and is not ready without a database"
kill -TERM "$serving"
wait "$serving" || true
echo "image: done after $((SECONDS - began)) s"
