-- Each hour whole, from reading_1m by its primary key (sensor_id, bucket), in the order of time.
-- m2 of parts: their own, and what their means are away from the mean of all (Chan and others 1979).
-- Area and increase of parts: their own, and what lies between the last reading of one and the first of the next. A part
-- that does not know its area (from before there was one, its readings gone) makes both NaN.
INSERT INTO reading_1h (sensor_id, bucket, count, sum, m2, min, max, first, last, first_at, last_at, area,
                        increase, count_suspect, count_fail)
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
           min(first_at),
           max(last_at),
           sum(coalesce(area, 'NaN') + coalesce(seconds * (before + opening) / 2, 0)) FILTER (WHERE count > 0),
           CASE WHEN bool_or(count > 0 AND area IS NULL) THEN 'NaN'
                ELSE coalesce(sum(rise) + sum(increase), sum(rise), sum(increase)) END,
           sum(count_suspect)::int8,
           sum(count_fail)::int8
    FROM (
        SELECT neighbour.*,
               CASE WHEN opening < before AND before <> 'NaN' THEN opening ELSE opening - before END AS rise
        FROM (
            SELECT part.*,
                   sum / nullif(count, 0) - sum(sum) OVER () / nullif(sum(count) OVER (), 0)::float8 AS away,
                   lag(closing) OVER neighbours AS before,
                   date_part('epoch', first_at - lag(last_at) OVER neighbours) AS seconds
            FROM (
                SELECT reading_1m.*,
                       CASE WHEN abs(first) >= 1e130 THEN 'NaN' WHEN abs(first) < 1e-130 THEN 0 ELSE first END AS opening,
                       CASE WHEN abs(last) >= 1e130 THEN 'NaN' WHEN abs(last) < 1e-130 THEN 0 ELSE last END AS closing
                FROM reading_1m
                WHERE reading_1m.sensor_id = due.sensor_id
                  AND reading_1m.bucket >= due.bucket
                  AND reading_1m.bucket < due.bucket + INTERVAL '1 hour'
                  -- The bounds of them all: as constants they leave out the other chunks of a hypertable.
                  AND reading_1m.bucket >= $3
                  AND reading_1m.bucket < $4
            ) AS part
            -- Parts without readings are nobody's neighbours.
            WINDOW neighbours AS (PARTITION BY count = 0 ORDER BY bucket)
        ) AS neighbour
        ORDER BY count = 0, bucket
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
    first_at = EXCLUDED.first_at,
    last_at = EXCLUDED.last_at,
    area = EXCLUDED.area,
    increase = EXCLUDED.increase,
    count_suspect = EXCLUDED.count_suspect,
    count_fail = EXCLUDED.count_fail
