INSERT INTO learnt_interval (sensor_id, interval_seconds, learnt_at, time_min, time_max, readings)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (sensor_id) DO UPDATE
SET interval_seconds = excluded.interval_seconds,
    learnt_at = excluded.learnt_at,
    time_min = excluded.time_min,
    time_max = excluded.time_max,
    readings = excluded.readings
