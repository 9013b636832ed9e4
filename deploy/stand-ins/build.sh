#!/bin/bash
# build.sh GARAGE: makes the images of docker-compose.stand-ins.yml; GARAGE is the program. See README.md.
set -euo pipefail

readonly prefix=fieldbook-stand-in
readonly here=$(cd "$(dirname "$0")" && pwd)
garage=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Of two clients on one machine, the engine's own.
docker=$([ -x /usr/bin/docker ] && echo /usr/bin/docker || echo docker)
export DOCKER_BUILDKIT=0

base() {
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" >"$work/log" || {
        tail -n 20 "$work/log" >&2
        exit 1
    }
    # Where a network has a certificate authority of its own, builds need it, too.
    cp /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
    cp -r /usr/local/share/ca-certificates/. "$work/base/usr/local/share/ca-certificates/"
    rm -f "$work"/base/var/cache/apt/archives/*.deb
    tar -C "$work/base" -c . | "$docker" import - "$prefix/base"
}

# image NAME FILE…: builds NAME's directory with some files more.
image() {
    local name=$1
    shift
    cp -r "$here/$name" "$work/$name"
    [ $# -eq 0 ] || cp -r "$@" "$work/$name/"
    "$docker" build --quiet --network host --build-arg "BASE_IMAGE=$prefix/base" --tag "$prefix/$name" "$work/$name"
}

base
image mqtt_broker
image timescaledb
image object_store "$garage"
tar -C "$(rustc --print sysroot)" --exclude=./share -cf "$work/toolchain.tar" .
image rust "$work/toolchain.tar"
