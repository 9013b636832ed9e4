-- The natural key (sensor_id, time) makes loading again harmless. Rows come sorted by it.
INSERT INTO reading (time, value, received_at, seq, sensor_id, flag, journal_id)
SELECT time, value, received_at, seq, sensor_id, flag, $7
FROM unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::int2[], $5::timestamptz[], $6::int8[])
    AS new (sensor_id, time, value, flag, received_at, seq)
ON CONFLICT (sensor_id, time) DO NOTHING
