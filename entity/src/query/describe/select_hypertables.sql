-- Tables that TimescaleDB cuts by time, and its continuous aggregates, each with the column of time.
SELECT hypertable_schema::text, hypertable_name::text, column_name::text, false
FROM timescaledb_information.dimensions
WHERE dimension_number = 1
UNION ALL
SELECT view_schema::text, view_name::text, NULL, true
FROM timescaledb_information.continuous_aggregates
