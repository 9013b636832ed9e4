-- Values that are served now.
DELETE FROM reading_conflict AS conflict
USING unnest($1::int4[], $2::timestamptz[], $3::float8[]) AS served (sensor_id, time, value)
WHERE conflict.sensor_id = served.sensor_id AND conflict.time = served.time AND conflict.value = served.value
