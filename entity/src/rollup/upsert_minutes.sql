-- Each minute whole, from its readings by their primary key (sensor_id, time), which come in the order of time.
-- A minute that has no readings (any more) keeps the row that it has: retention may take readings before rollups.
INSERT INTO reading_1m (sensor_id, bucket, count, sum, m2, min, max, first, last, first_at, last_at, area,
                        increase, count_suspect, count_fail)
SELECT touched.sensor_id, touched.bucket, minute.count, minute.sum, minute.variance * minute.count, minute.min, minute.max,
       minute.served[1], minute.served[minute.count], minute.first_at, minute.last_at, minute.area, minute.increase,
       minute.count_suspect, minute.count_fail
FROM unnest($1::int4[], $2::timestamptz[]) AS touched (sensor_id, bucket)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE flag <> 4) AS count,
           sum(addend) FILTER (WHERE flag <> 4) AS sum,
           var_pop(addend) FILTER (WHERE flag <> 4) AS variance,
           min(value) FILTER (WHERE flag <> 4) AS min,
           max(value) FILTER (WHERE flag <> 4) AS max,
           array_agg(value) FILTER (WHERE flag <> 4) AS served,
           min(time) FILTER (WHERE flag <> 4) AS first_at,
           max(time) FILTER (WHERE flag <> 4) AS last_at,
           sum(coalesce(seconds * (before + addend) / 2, 0)) FILTER (WHERE flag <> 4) AS area,
           sum(CASE WHEN addend < before AND before <> 'NaN' THEN addend ELSE addend - before END)
               FILTER (WHERE flag <> 4) AS increase,
           count(*) FILTER (WHERE flag = 3) AS count_suspect,
           count(*) FILTER (WHERE flag = 4) AS count_fail
    FROM (
        SELECT time, value, flag, addend,
               lag(addend) OVER neighbours AS before,
               date_part('epoch', time - lag(time) OVER neighbours) AS seconds
        FROM (
            SELECT time, value, flag,
                   -- What can be squared and added without overflow or underflow.
                   CASE WHEN abs(value) >= 1e130 THEN 'NaN' WHEN abs(value) < 1e-130 THEN 0 ELSE value END AS addend
            FROM reading
            WHERE reading.sensor_id = touched.sensor_id
              AND reading.time >= touched.bucket
              AND reading.time < touched.bucket + INTERVAL '1 minute'
              -- The bounds of them all: as constants they leave out the other chunks of a hypertable.
              AND reading.time >= $3
              AND reading.time < $4
        ) AS met
        -- Failed readings are nobody's neighbours.
        WINDOW neighbours AS (PARTITION BY flag = 4 ORDER BY time)
        ORDER BY flag = 4, time
    ) AS ordered
) AS minute
WHERE minute.count + minute.count_fail > 0
ON CONFLICT (sensor_id, bucket) DO UPDATE
SET count = EXCLUDED.count,
    sum = EXCLUDED.sum,
    m2 = EXCLUDED.m2,
    min = EXCLUDED.min,
    max = EXCLUDED.max,
    first = EXCLUDED.first,
    last = EXCLUDED.last,
    first_at = EXCLUDED.first_at,
    last_at = EXCLUDED.last_at,
    area = EXCLUDED.area,
    increase = EXCLUDED.increase,
    count_suspect = EXCLUDED.count_suspect,
    count_fail = EXCLUDED.count_fail
