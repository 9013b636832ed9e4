-- Reads all sensors, of which there are few beside their readings.
SELECT sensor.id
FROM sensor
LEFT JOIN learnt_interval ON learnt_interval.sensor_id = sensor.id
WHERE sensor.expected_interval_seconds IS NULL
  AND (learnt_interval.learnt_at IS NULL OR learnt_interval.learnt_at <= $1)
ORDER BY learnt_interval.learnt_at NULLS FIRST, sensor.id
LIMIT $2
