-- By the primary keys.
SELECT sensor.id, sensor.uuid, sensor.source, sensor.name, sensor.type, sensor.active_since, sensor.expected_interval_seconds,
       learnt_interval.interval_seconds
FROM sensor
LEFT JOIN learnt_interval ON learnt_interval.sensor_id = sensor.id
WHERE sensor.id = ANY ($1)
