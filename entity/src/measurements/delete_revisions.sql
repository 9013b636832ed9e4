-- By the primary key. $4: how many are kept.
DELETE FROM quality_measurement
USING unnest($1::int4[], $2::timestamptz[], $5::int4[]) AS revised (sensor_id, window_start, revision)
WHERE quality_measurement.sensor_id = revised.sensor_id
  AND quality_measurement.window_seconds = $3
  AND quality_measurement.window_start = revised.window_start
  AND quality_measurement.revision <= revised.revision - $4
