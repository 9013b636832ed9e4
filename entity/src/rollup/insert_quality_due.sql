-- The quality of these windows of $1 seconds is to be computed, once they are over.
INSERT INTO quality_due (window_seconds, window_start, due_at, sensor_id)
SELECT $1, bucket, bucket + $1 * INTERVAL '1 second', sensor_id
FROM unnest($2::int4[], $3::timestamptz[]) AS changed (sensor_id, bucket)
ON CONFLICT (window_seconds, window_start, sensor_id) DO UPDATE
SET is_neighbour = false
WHERE quality_due.is_neighbour
