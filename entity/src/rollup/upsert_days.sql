-- Each day whole, from reading_1h by its primary key (sensor_id, bucket), in the order of time.
-- m2 of parts: their own, and what their means are away from the mean of all (Chan and others 1979).
INSERT INTO reading_1d (sensor_id, bucket, count, sum, m2, min, max, first, last, count_suspect, count_fail)
SELECT due.sensor_id, due.bucket, whole.*
FROM unnest($1::int4[], $2::timestamptz[]) AS due (sensor_id, bucket)
CROSS JOIN LATERAL (
    SELECT sum(count)::int8 AS count,
           sum(sum),
           sum(m2 + count * away * away),
           min(min),
           max(max),
           (array_agg(first) FILTER (WHERE count > 0))[1],
           (array_agg(last) FILTER (WHERE count > 0))[count(*) FILTER (WHERE count > 0)],
           sum(count_suspect)::int8,
           sum(count_fail)::int8
    FROM (
        SELECT reading_1h.*,
               sum / nullif(count, 0) - sum(sum) OVER () / nullif(sum(count) OVER (), 0)::float8 AS away
        FROM reading_1h
        WHERE reading_1h.sensor_id = due.sensor_id
          AND reading_1h.bucket >= due.bucket
          AND reading_1h.bucket < due.bucket + INTERVAL '24 hours'
          -- The bounds of them all: as constants they leave out the other chunks of a hypertable.
          AND reading_1h.bucket >= $3
          AND reading_1h.bucket < $4
        ORDER BY reading_1h.bucket
    ) AS part
) AS whole
WHERE whole.count IS NOT NULL
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
