#!/bin/bash
# As the official image of PostgreSQL starts, as far as docker-compose.yml relies on it: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB, and the scripts of /docker-entrypoint-initdb.d when the volume is empty.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
    install --directory --owner=postgres --group=postgres --mode=0700 "$PGDATA"
    install --directory --owner=postgres --group=postgres /var/run/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    # Over its socket only, so that nobody takes it for ready.
    pg_ctl --wait --options="-c listen_addresses=''" start >/dev/null
    [ "$POSTGRES_DB" = postgres ] || createdb --username="$POSTGRES_USER" "$POSTGRES_DB"
    for script in /docker-entrypoint-initdb.d/*.sh; do
        "$script"
    done
    pg_ctl --wait --mode=fast stop >/dev/null
fi
exec postgres -c listen_addresses='*'
