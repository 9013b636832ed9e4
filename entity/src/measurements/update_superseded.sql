-- By the index quality_measurement_in_force.
UPDATE quality_measurement
SET superseded_at = $4
FROM unnest($1::int4[], $2::timestamptz[]) AS now_known (sensor_id, window_start)
WHERE quality_measurement.sensor_id = now_known.sensor_id
  AND quality_measurement.window_seconds = $3
  AND quality_measurement.window_start = now_known.window_start
  AND quality_measurement.superseded_at IS NULL
