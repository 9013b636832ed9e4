#!/bin/sh
# Takes uPlot from npm: its minified build, made an ES module by one line at its end (the package has no minified one).
#
#   web/assets/uplot/update.sh 1.6.32
set -eu

version=${1:?which version, such as 1.6.32}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "uplot@$version" >/dev/null
tar -xzf "uplot-$version.tgz"
{
    cat package/dist/uPlot.iife.min.js
    printf 'export default uPlot;\n'
} >"$here/uplot.js"
cp package/dist/uPlot.min.css "$here/uplot.css"
cp package/LICENSE "$here/LICENSE"
