#!/bin/sh
# Makes dist/ anew: the playground's files, compressed, as the api crate embeds them.
# Needs Node and npm; the versions stand in package.json and package-lock.json.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
rm -rf dist
node build.mjs
