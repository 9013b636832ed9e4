-- Where TimescaleDB is: chunks of a day. Its default index on time, a B-tree, is refused: up.sql says why.
-- The older form of the call, because distributions ship older versions.
SELECT create_hypertable('reading', 'time', chunk_time_interval => INTERVAL '1 day', create_default_indexes => false);
