-- Where TimescaleDB is: longer chunks for fewer rows. Their only index is the unique key.
SELECT create_hypertable('reading_1m', 'bucket', chunk_time_interval => INTERVAL '7 days', create_default_indexes => false);
SELECT create_hypertable('reading_1h', 'bucket', chunk_time_interval => INTERVAL '90 days', create_default_indexes => false);
SELECT create_hypertable('reading_1d', 'bucket', chunk_time_interval => INTERVAL '1825 days', create_default_indexes => false);
