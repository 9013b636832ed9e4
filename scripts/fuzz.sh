#!/usr/bin/env bash
# Fuzzes each target for so many seconds, one after the other, on the stable toolchain.
#
#   scripts/fuzz.sh 60            every target for 60 seconds
#   scripts/fuzz.sh 600 journal   one target for ten minutes
#
# Installs what is missing: cargo-fuzz, and a C++ compiler, which libFuzzer is built with.
set -euo pipefail

seconds=${1:?"how many seconds for each target"}
shift
case "$seconds" in '' | *[!0-9]* | 0) echo "scripts/fuzz.sh: $seconds is no number of seconds" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.."

if ! command -v c++ >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "Fuzzing needs a C++ compiler: install g++ or clang with this system's package manager." >&2
    exit 1
  fi
  as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  echo "Installing from the distribution: g++"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends g++ >/dev/null ||
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends g++ >/dev/null; }
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "Installing from crates.io: cargo-fuzz"
  cargo install cargo-fuzz --locked --version "^0.13"
fi

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo fuzz list)

# The sanitizers want a nightly compiler; libFuzzer itself does not, and the code has no unsafe block to sanitize.
flags=(--sanitizer none --codegen-units 16)
echo "Building the targets (the first time takes some minutes)"
cargo fuzz build "${flags[@]}"

failed=()
for target in "${targets[@]}"; do
  echo "== $target: $seconds s"
  # What is found goes where the next run finds it, and not among the committed files.
  mkdir -p "fuzz/target/corpus/$target"
  dictionary=()
  [ ! -e "fuzz/dictionaries/$target.dict" ] || dictionary=("-dict=fuzz/dictionaries/$target.dict")
  log=fuzz/target/$target.log
  if ! cargo fuzz run "${flags[@]}" "$target" "fuzz/target/corpus/$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len=16384 \
    -print_final_stats=1 "${dictionary[@]}" 2>&1 | tee "$log" |
    { grep -E --line-buffered 'pulse|DONE|stat::(number|average|peak)|panicked|SUMMARY' || true; }; then
    failed+=("$target")
    tail -n 40 "$log"
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "Found something in: ${failed[*]}. The inputs are in fuzz/artifacts/; fuzz/README.md says what to do with them." >&2
  exit 1
fi
echo "Nothing found in ${#targets[@]} targets."
