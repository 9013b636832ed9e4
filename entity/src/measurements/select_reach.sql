-- Of each window of $3 seconds of a sensor: the last sound reading before it, when the first reading and the first sound one
-- from its beginning on were received (the later of the two), when the last window before it was computed, the last window
-- behind it that was, and, where there is any, the $4th sound reading behind the window.
-- Each by the primary keys (sensor_id, time) and (sensor_id, window_seconds, window_start, revision).
SELECT asked.sensor_id, asked.window_start, before.time, greatest(first.received_at, sound.received_at), previous.computed_at,
       later.window_start, behind.time
FROM unnest($1::int4[], $2::timestamptz[]) AS asked (sensor_id, window_start)
LEFT JOIN LATERAL (
    SELECT reading.time
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id AND reading.time < asked.window_start AND reading.flag NOT IN (4, 9)
    ORDER BY reading.time DESC
    LIMIT 1
) AS before ON true
LEFT JOIN LATERAL (
    SELECT reading.received_at
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id AND reading.time >= asked.window_start
    ORDER BY reading.time
    LIMIT 1
) AS first ON true
LEFT JOIN LATERAL (
    SELECT reading.received_at
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id AND reading.time >= asked.window_start AND reading.flag NOT IN (4, 9)
    ORDER BY reading.time
    LIMIT 1
) AS sound ON true
LEFT JOIN LATERAL (
    SELECT measured.computed_at
    FROM quality_measurement AS measured
    WHERE measured.sensor_id = asked.sensor_id
      AND measured.window_seconds = $3
      AND measured.window_start < asked.window_start
    ORDER BY measured.window_start DESC, measured.revision DESC
    LIMIT 1
) AS previous ON true
LEFT JOIN LATERAL (
    SELECT measured.window_start
    FROM quality_measurement AS measured
    WHERE measured.sensor_id = asked.sensor_id
      AND measured.window_seconds = $3
      AND measured.window_start > asked.window_start
    ORDER BY measured.window_start DESC
    LIMIT 1
) AS later ON true
LEFT JOIN LATERAL (
    SELECT reading.time
    FROM reading
    WHERE later.window_start IS NOT NULL
      AND reading.sensor_id = asked.sensor_id
      AND reading.time >= asked.window_start + $3 * INTERVAL '1 second'
      AND reading.flag NOT IN (4, 9)
    ORDER BY reading.time
    OFFSET $4 - 1
    LIMIT 1
) AS behind ON true
