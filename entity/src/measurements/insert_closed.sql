-- The windows of $1 seconds from $2 to before $3, of every sensor that was there.
INSERT INTO quality_due (window_seconds, window_start, due_at, sensor_id)
SELECT $1, ended.window_start, ended.window_start + ended.width, sensor.id
FROM (
    SELECT series.window_start, $1 * INTERVAL '1 second' AS width
    FROM generate_series($2::timestamptz, $3::timestamptz - INTERVAL '1 microsecond', $1 * INTERVAL '1 second')
        AS series (window_start)
) AS ended
JOIN sensor ON sensor.active_since < ended.window_start + ended.width
ON CONFLICT (window_seconds, window_start, sensor_id) DO NOTHING
