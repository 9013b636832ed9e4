-- One row: how many readings were stored and how much was set aside, by the segments; how many lie in quarantine; and how
-- many readings there are, each counted where an answer would take it from: days that do not wait, hours that do not wait of
-- days that do, minutes of such hours, readings of such minutes. Around what waits, coarser buckets wait too.
-- By the primary keys (sensor_id, bucket) and (sensor_id, time); $1 and $2 enclose all that waits, and as constants leave out
-- the other chunks of a hypertable.
WITH minute AS MATERIALIZED (
    SELECT DISTINCT sensor_id, bucket
    FROM rollup_dirty
    CROSS JOIN LATERAL unnest(sensor_ids) AS noted (sensor_id)
),
hour AS MATERIALIZED (
    SELECT sensor_id, bucket
    FROM rollup_due
    WHERE width_seconds = 3600
    UNION
    SELECT sensor_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00')
    FROM minute
),
day AS MATERIALIZED (
    SELECT sensor_id, bucket
    FROM rollup_due
    WHERE width_seconds = 86400
    UNION
    SELECT sensor_id, date_bin('24 hours', bucket, '2000-01-01 00:00:00+00')
    FROM hour
),
of_minute AS (
    SELECT coalesce(sum(raw.count), 0) AS readings, coalesce(sum(kept.count), 0) AS computed
    FROM minute
    CROSS JOIN LATERAL (
        SELECT count(*) AS count
        FROM reading
        WHERE reading.sensor_id = minute.sensor_id
          AND reading.time >= minute.bucket AND reading.time < minute.bucket + INTERVAL '1 minute'
          AND reading.time >= $1 AND reading.time < $2
    ) AS raw
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count + count_fail), 0) AS count
        FROM reading_1m
        WHERE reading_1m.sensor_id = minute.sensor_id AND reading_1m.bucket = minute.bucket
          AND reading_1m.bucket >= $1 AND reading_1m.bucket < $2
    ) AS kept
),
of_hour AS (
    SELECT coalesce(sum(minutes.count), 0) AS minutes, coalesce(sum(kept.count), 0) AS computed
    FROM hour
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count + count_fail), 0) AS count
        FROM reading_1m
        WHERE reading_1m.sensor_id = hour.sensor_id
          AND reading_1m.bucket >= hour.bucket AND reading_1m.bucket < hour.bucket + INTERVAL '1 hour'
          AND reading_1m.bucket >= $1 AND reading_1m.bucket < $2
    ) AS minutes
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count + count_fail), 0) AS count
        FROM reading_1h
        WHERE reading_1h.sensor_id = hour.sensor_id AND reading_1h.bucket = hour.bucket
          AND reading_1h.bucket >= $1 AND reading_1h.bucket < $2
    ) AS kept
),
of_day AS (
    SELECT coalesce(sum(hours.count), 0) AS hours, coalesce(sum(kept.count), 0) AS computed
    FROM day
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count + count_fail), 0) AS count
        FROM reading_1h
        WHERE reading_1h.sensor_id = day.sensor_id
          AND reading_1h.bucket >= day.bucket AND reading_1h.bucket < day.bucket + INTERVAL '24 hours'
          AND reading_1h.bucket >= $1 AND reading_1h.bucket < $2
    ) AS hours
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(count + count_fail), 0) AS count
        FROM reading_1d
        WHERE reading_1d.sensor_id = day.sensor_id AND reading_1d.bucket = day.bucket
          AND reading_1d.bucket >= $1 AND reading_1d.bucket < $2
    ) AS kept
)
SELECT (SELECT coalesce(sum(readings_new), 0)::int8 FROM segment),
       ((SELECT coalesce(sum(count + count_fail), 0) FROM reading_1d) - of_day.computed
           -- Those of days that are kept no longer.
           + (SELECT coalesce(sum(readings_gone), 0) FROM retention WHERE table_name = 'reading_1d'))::int8,
       (of_day.hours - of_hour.computed)::int8,
       (of_hour.minutes - of_minute.computed)::int8,
       of_minute.readings::int8,
       (SELECT coalesce(sum(quarantined), 0)::int8 FROM segment),
       (SELECT coalesce(sum(readings_refused), 0)::int8 FROM segment),
       (SELECT count(*) FROM quarantined_message)
FROM of_minute
CROSS JOIN of_hour
CROSS JOIN of_day
