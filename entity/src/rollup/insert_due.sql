-- What waits already, waits since then.
INSERT INTO rollup_due (width_seconds, sensor_id, bucket)
SELECT $1, sensor_id, bucket
FROM unnest($2::int4[], $3::timestamptz[]) AS due (sensor_id, bucket)
ON CONFLICT (sensor_id, width_seconds, bucket) DO NOTHING
