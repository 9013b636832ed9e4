#!/bin/sh
# Makes fieldbook_reader, who may read every table there is and will be, and write none; and fieldbook_api, who reads the
# same and besides keeps the catalogue: `fieldbook migrate` lets the members of fieldbook_catalogue write its tables.
#
# The database image runs it once, when its volume is empty: before `fieldbook migrate`, so default privileges do it.
set -eu

psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
    --set=owner="$POSTGRES_USER" --set=database="$POSTGRES_DB" --set=password="$READER_PASSWORD" \
    --set=api_password="$API_PASSWORD" <<'SQL'
CREATE ROLE fieldbook_reader LOGIN PASSWORD :'password';
-- Not the lock, which is the missing privileges, but a clear word to those who try.
ALTER ROLE fieldbook_reader SET default_transaction_read_only = on;
REVOKE TEMPORARY ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO fieldbook_reader;
GRANT USAGE ON SCHEMA public TO fieldbook_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO fieldbook_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT ON TABLES TO fieldbook_reader;
CREATE ROLE fieldbook_catalogue;
CREATE ROLE fieldbook_api LOGIN PASSWORD :'api_password' IN ROLE fieldbook_reader, fieldbook_catalogue;
SQL
