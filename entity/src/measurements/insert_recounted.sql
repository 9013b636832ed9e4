-- The windows of $1 seconds from $2 on of which more came since than their measurement says: what came twice changes no reading.
INSERT INTO quality_due (window_seconds, window_start, due_at, sensor_id, is_neighbour)
SELECT $1, counted.window_start, counted.window_start + $1 * INTERVAL '1 second', counted.sensor_id, true
FROM (
    SELECT sensor_id,
           date_bin($1 * INTERVAL '1 second', hour, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS window_start,
           sum(duplicates) AS duplicates, sum(conflicting) AS conflicting, sum(refused) AS refused
    FROM sensor_intake
    WHERE hour >= $2
    GROUP BY 1, 2
) AS counted
JOIN quality_measurement AS measured
    ON measured.sensor_id = counted.sensor_id
    AND measured.window_seconds = $1
    AND measured.window_start = counted.window_start
    AND measured.superseded_at IS NULL
WHERE (measured.duplicates, measured.conflicting, measured.refused)
    IS DISTINCT FROM (counted.duplicates, counted.conflicting, counted.refused)
  AND measured.duplicates IS NOT NULL
ON CONFLICT (window_seconds, window_start, sensor_id) DO NOTHING
