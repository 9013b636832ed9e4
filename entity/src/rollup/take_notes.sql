-- The oldest minutes that are over, up to about $1 of sensors, none noted in the last $2 seconds.
-- By the primary key (bucket, id).
WITH ripe AS (
    SELECT bucket, id, cardinality(sensor_ids) AS sensors
    FROM rollup_dirty
    WHERE bucket <= now() - INTERVAL '1 minute'
      AND noted_at <= now() - $2 * INTERVAL '1 second'
    ORDER BY bucket, id
    LIMIT 20000
),
taken AS (
    SELECT bucket, id
    FROM (SELECT bucket, id, sum(sensors) OVER (ORDER BY bucket, id) - sensors AS before FROM ripe) AS counted
    WHERE before < $1
)
DELETE FROM rollup_dirty
USING taken
WHERE rollup_dirty.bucket = taken.bucket AND rollup_dirty.id = taken.id
RETURNING rollup_dirty.bucket, rollup_dirty.sensor_ids
