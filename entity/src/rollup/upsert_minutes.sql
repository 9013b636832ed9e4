-- Each minute whole, from its readings by their primary key (sensor_id, time), which come in the order of time.
-- A minute that has no readings (any more) keeps the row that it has: retention may take readings before rollups.
INSERT INTO reading_1m (sensor_id, bucket, count, sum, m2, min, max, first, last, count_suspect, count_fail)
SELECT touched.sensor_id, touched.bucket, minute.count, minute.sum, minute.variance * minute.count, minute.min, minute.max,
       minute.served[1], minute.served[minute.count], minute.count_suspect, minute.count_fail
FROM unnest($1::int4[], $2::timestamptz[]) AS touched (sensor_id, bucket)
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE flag <> 4) AS count,
           sum(addend) FILTER (WHERE flag <> 4) AS sum,
           var_pop(addend) FILTER (WHERE flag <> 4) AS variance,
           min(value) FILTER (WHERE flag <> 4) AS min,
           max(value) FILTER (WHERE flag <> 4) AS max,
           array_agg(value) FILTER (WHERE flag <> 4) AS served,
           count(*) FILTER (WHERE flag = 3) AS count_suspect,
           count(*) FILTER (WHERE flag = 4) AS count_fail
    FROM (
        SELECT value, flag,
               -- What can be squared and added without overflow or underflow.
               CASE WHEN abs(value) >= 1e130 THEN 'NaN' WHEN abs(value) < 1e-130 THEN 0 ELSE value END AS addend
        FROM reading
        WHERE reading.sensor_id = touched.sensor_id
          AND reading.time >= touched.bucket
          AND reading.time < touched.bucket + INTERVAL '1 minute'
          -- The bounds of them all: as constants they leave out the other chunks of a hypertable.
          AND reading.time >= $3
          AND reading.time < $4
        ORDER BY reading.time
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
    count_suspect = EXCLUDED.count_suspect,
    count_fail = EXCLUDED.count_fail
