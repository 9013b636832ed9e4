#!/usr/bin/env bash
# Installs the programs that are missing, from the distribution, without starting their system services.
#
#   scripts/install-programs.sh up      what `make up` runs: PostgreSQL and Mosquitto, and a C compiler for the build
#   scripts/install-programs.sh test    the above, and what the tests call: Mosquitto's clients, Python's environments, Chromium, R, OpenSSL
#   scripts/install-programs.sh bench   the above, and what the benchmarks call: wrk
#
# Run again, it does nothing. On a terminal it asks first.
set -euo pipefail

purpose=${1:?"up, test or bench"}

# PostgreSQL's server programs are not on the PATH of Debian and its kin.
has_postgres() {
  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb >/dev/null 2>&1
}
has() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ] || [ -x "/usr/local/sbin/$1" ]; }

packages=()
has cc || packages+=(build-essential)
has_postgres || packages+=(postgresql)
has mosquitto || packages+=(mosquitto)
if [ "$purpose" != up ]; then
  has mosquitto_pub || packages+=(mosquitto-clients)
  has chromium || packages+=(chromium)
  has Rscript || packages+=(r-base-core)
  has openssl || packages+=(openssl)
  # Debian's Python can't make environments without this package.
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
fi
if [ "$purpose" = bench ]; then
  has wrk || packages+=(wrk)
fi
[ ${#packages[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Fieldbook needs programs that are missing here: ${packages[*]} (names as in Debian)." >&2
  echo "Install them with this system's package manager, then run make again." >&2
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null; then
  as_root=(sudo)
else
  echo "Fieldbook needs programs that are missing here. As root, run:" >&2
  echo "  apt-get install --no-install-recommends ${packages[*]}" >&2
  exit 1
fi

echo "Installing from the distribution: ${packages[*]} (their system services stay off)"
if [ -t 0 ] && [ -z "${CI:-}" ]; then
  read -r -p "Go on? [Y/n] " answer
  case "$answer" in "" | y | Y | yes) ;; *) exit 1 ;; esac
fi

# Debian's packages ask this file whether they may start their services (invoke-rc.d, policy-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
fi
# And PostgreSQL's makes a cluster of its own unless told not to (postgresql-common).
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${as_root[@]}" mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
log=$(mktemp)
install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >"$log" 2>&1
}
if ! install; then
  "${as_root[@]}" apt-get update -qq >>"$log" 2>&1 || true
  install || { tail -n 5 "$log" >&2; echo "apt-get could not install ${packages[*]}; its whole output is in $log" >&2; exit 1; }
fi
rm -f "$log"
# A service enabled by its package would start with the machine: that is not ours to decide.
if command -v systemctl >/dev/null; then
  for package in "${packages[@]}"; do
    case "$package" in
      postgresql | mosquitto) "${as_root[@]}" systemctl disable --quiet "$package" >/dev/null 2>&1 || true ;;
    esac
  done
fi
