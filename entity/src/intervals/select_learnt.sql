-- By the primary key.
SELECT sensor_id, interval_seconds, learnt_at, time_min, time_max, readings
FROM learnt_interval
WHERE sensor_id = ANY ($1)
