-- Every sensor, and its newest reading not after $1, where that is after $2 (null for any).
-- By the primary key of reading (sensor_id, time), backwards: one probe a sensor. Without $2, of a sensor that is silent one
-- a chunk until a reading is found; with it, chunks that end before it are not opened at all.
SELECT sensor.id, sensor.declared, sensor.expected_interval_seconds, learnt_interval.interval_seconds, newest.time, newest.received_at
FROM sensor
LEFT JOIN learnt_interval ON learnt_interval.sensor_id = sensor.id
LEFT JOIN LATERAL (
    SELECT reading.time, reading.received_at
    FROM reading
    WHERE reading.sensor_id = sensor.id
      AND reading.time <= $1
      AND reading.time > coalesce($2::timestamptz, '-infinity')
    ORDER BY reading.time DESC
    LIMIT 1
) AS newest ON true
