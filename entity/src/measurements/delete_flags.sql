-- By the primary key (sensor_id, time, test).
DELETE FROM reading_flag
USING unnest($1::int4[], $2::timestamptz[]) AS measured (sensor_id, window_start)
WHERE reading_flag.sensor_id = measured.sensor_id
  AND reading_flag.time >= measured.window_start
  AND reading_flag.time < measured.window_start + $3 * INTERVAL '1 second'
