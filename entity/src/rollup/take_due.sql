-- Up to $3 buckets of $1 seconds that are over and have waited for $2 seconds, the longest waiting first.
-- By the index on (width_seconds, noted_at), then by the primary key.
WITH ripe AS (
    SELECT sensor_id, bucket
    FROM rollup_due
    WHERE width_seconds = $1
      AND noted_at <= now() - $2 * INTERVAL '1 second'
      AND bucket <= now() - $1 * INTERVAL '1 second'
    ORDER BY noted_at
    LIMIT $3
)
DELETE FROM rollup_due
USING ripe
WHERE rollup_due.sensor_id = ripe.sensor_id AND rollup_due.width_seconds = $1 AND rollup_due.bucket = ripe.bucket
RETURNING rollup_due.sensor_id, rollup_due.bucket
