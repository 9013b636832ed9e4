-- Where TimescaleDB's licence is `timescale`: about 9 bytes a reading instead of 110 once a chunk is a week old.
-- segmentby is the first column of the unique key, so that late readings find their batch.
ALTER TABLE reading SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'sensor_id',
    timescaledb.compress_orderby = 'time'
);
SELECT add_compression_policy('reading', INTERVAL '7 days');
