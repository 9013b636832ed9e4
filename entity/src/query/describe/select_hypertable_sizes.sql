-- The same of hypertables, compressed chunks included.
SELECT
    wanted.oid,
    approximate_row_count(wanted.oid::oid::regclass)::float8,
    hypertable_approximate_size(wanted.oid::oid::regclass)
FROM unnest($1::int8[]) AS wanted (oid)
