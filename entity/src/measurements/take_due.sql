-- Up to $4 windows of $1 seconds that begin at $2 or later and were due at $3, the newest first. By the primary key.
WITH ripe AS (
    SELECT window_start, sensor_id
    FROM quality_due
    WHERE window_seconds = $1 AND window_start >= $2 AND due_at <= $3
    ORDER BY window_start DESC, sensor_id
    LIMIT $4
)
DELETE FROM quality_due
USING ripe
WHERE quality_due.window_seconds = $1
  AND quality_due.window_start = ripe.window_start
  AND quality_due.sensor_id = ripe.sensor_id
RETURNING quality_due.sensor_id, quality_due.window_start, quality_due.is_neighbour
