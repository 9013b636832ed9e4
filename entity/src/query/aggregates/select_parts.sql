-- $2, $3, $4: pieces, each of a width in seconds (of a rollup's buckets, or 0 for readings), from a start up to a stop;
-- $5 to $6: all of them; $7: the flags of the readings that belong to it.
-- What is wanted besides the counts: $8 sums, $9 squares too, $10 lowest and highest, $11 first and last, $12 what lies
-- between neighbours; for that the last reading since $13 before all of it, and the first one up to $14 behind it; $15 the
-- times of first and last.
-- A bucket that is noted is read from the next finer place. By the primary keys (sensor_id, bucket) and (sensor_id, time):
-- OFFSET 0 keeps it so, or the planner, which can't know how few spans there are, may read a whole rollup for a hash join.
-- $5 and $6 once more in each place: as constants they leave out the other chunks of a hypertable.
WITH asked AS (
    SELECT unnest($1::int4[]) AS sensor_id
),
piece AS (
    SELECT width, start, stop
    FROM unnest($2::int4[], $3::timestamptz[], $4::timestamptz[]) AS piece (width, start, stop)
),
note AS MATERIALIZED (
    SELECT bucket, wide, sensor_ids
    FROM rollup_dirty
    WHERE bucket >= $5 AND bucket < $6 AND (wide OR sensor_ids && $1::int4[])
),
dirty_minute AS MATERIALIZED (
    -- A wide note is taken for all sensors: true for most, harmless for the others, and quick.
    SELECT asked.sensor_id, note.bucket
    FROM (SELECT DISTINCT bucket FROM note WHERE wide) AS note
    CROSS JOIN asked
    UNION
    SELECT noted.sensor_id, note.bucket
    FROM note
    CROSS JOIN LATERAL unnest(note.sensor_ids) AS noted (sensor_id)
    JOIN asked ON asked.sensor_id = noted.sensor_id
    WHERE NOT note.wide
),
dirty_hour AS MATERIALIZED (
    SELECT sensor_id, date_bin('1 hour', bucket, '2000-01-01 00:00:00+00') AS bucket
    FROM dirty_minute
    UNION
    SELECT due.sensor_id, due.bucket
    FROM asked
    JOIN rollup_due AS due ON due.sensor_id = asked.sensor_id AND due.width_seconds = 3600
        AND due.bucket >= $5 AND due.bucket < $6
),
dirty_day AS MATERIALIZED (
    SELECT sensor_id, date_bin('24 hours', bucket, '2000-01-01 00:00:00+00') AS bucket
    FROM dirty_hour
    UNION
    SELECT due.sensor_id, due.bucket
    FROM asked
    JOIN rollup_due AS due ON due.sensor_id = asked.sensor_id AND due.width_seconds = 86400
        AND due.bucket >= $5 AND due.bucket < $6
),
part AS (
    SELECT rollup.*
    FROM piece
    CROSS JOIN asked
    CROSS JOIN LATERAL (
        SELECT sensor_id, bucket, count, sum, m2, min, max, first, last, first_at, last_at, area,
               increase, count_suspect, count_fail
        FROM reading_1d AS day
        WHERE day.sensor_id = asked.sensor_id AND day.bucket >= piece.start AND day.bucket < piece.stop
          AND day.bucket >= $5 AND day.bucket < $6
        OFFSET 0
    ) AS rollup
    WHERE piece.width = 86400
      AND (rollup.sensor_id, rollup.bucket) NOT IN (SELECT sensor_id, bucket FROM dirty_day)
    UNION ALL
    SELECT rollup.*
    FROM (
        SELECT asked.sensor_id, piece.start, piece.stop
        FROM piece
        CROSS JOIN asked
        WHERE piece.width = 3600
        UNION ALL
        SELECT dirty_day.sensor_id, dirty_day.bucket, dirty_day.bucket + INTERVAL '24 hours'
        FROM dirty_day
        JOIN piece ON piece.width = 86400 AND dirty_day.bucket >= piece.start AND dirty_day.bucket < piece.stop
    ) AS span
    CROSS JOIN LATERAL (
        SELECT sensor_id, bucket, count, sum, m2, min, max, first, last, first_at, last_at, area,
               increase, count_suspect, count_fail
        FROM reading_1h AS hour
        WHERE hour.sensor_id = span.sensor_id AND hour.bucket >= span.start AND hour.bucket < span.stop
          AND hour.bucket >= $5 AND hour.bucket < $6
        OFFSET 0
    ) AS rollup
    WHERE (rollup.sensor_id, rollup.bucket) NOT IN (SELECT sensor_id, bucket FROM dirty_hour)
    UNION ALL
    SELECT rollup.*
    FROM (
        SELECT asked.sensor_id, piece.start, piece.stop
        FROM piece
        CROSS JOIN asked
        WHERE piece.width = 60
        UNION ALL
        SELECT dirty_hour.sensor_id, dirty_hour.bucket, dirty_hour.bucket + INTERVAL '1 hour'
        FROM dirty_hour
        JOIN piece ON piece.width >= 3600 AND dirty_hour.bucket >= piece.start AND dirty_hour.bucket < piece.stop
    ) AS span
    CROSS JOIN LATERAL (
        SELECT sensor_id, bucket, count, sum, m2, min, max, first, last, first_at, last_at, area,
               increase, count_suspect, count_fail
        FROM reading_1m AS minute
        WHERE minute.sensor_id = span.sensor_id AND minute.bucket >= span.start AND minute.bucket < span.stop
          AND minute.bucket >= $5 AND minute.bucket < $6
        OFFSET 0
    ) AS rollup
    WHERE (rollup.sensor_id, rollup.bucket) NOT IN (SELECT sensor_id, bucket FROM dirty_minute)
    UNION ALL
    SELECT span.sensor_id, span.start, raw.count, raw.sum, raw.variance * raw.count, raw.min, raw.max,
           raw.earliest[2], raw.latest[2], raw.first_at, raw.last_at, line.area, line.increase, raw.count_suspect,
           raw.count_fail
    FROM (
        SELECT asked.sensor_id, piece.start, piece.stop
        FROM piece
        CROSS JOIN asked
        WHERE piece.width = 0
        UNION ALL
        SELECT dirty_minute.sensor_id, dirty_minute.bucket, dirty_minute.bucket + INTERVAL '1 minute'
        FROM dirty_minute
        JOIN piece ON piece.width >= 60 AND dirty_minute.bucket >= piece.start AND dirty_minute.bucket < piece.stop
    ) AS span
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE counted) AS count,
               sum(addend) FILTER (WHERE counted AND $8) AS sum,
               var_pop(addend) FILTER (WHERE counted AND $9) AS variance,
               min(value) FILTER (WHERE counted AND $10) AS min,
               max(value) FILTER (WHERE counted AND $10) AS max,
               -- Of constant size, unlike an array of all: the seconds come first, and doubles hold the microseconds.
               min(ARRAY[date_part('epoch', time), value]) FILTER (WHERE counted AND $11) AS earliest,
               max(ARRAY[date_part('epoch', time), value]) FILTER (WHERE counted AND $11) AS latest,
               min(time) FILTER (WHERE counted AND $15) AS first_at,
               max(time) FILTER (WHERE counted AND $15) AS last_at,
               count(*) FILTER (WHERE flag = 3) AS count_suspect,
               count(*) FILTER (WHERE flag = 4) AS count_fail
        FROM (
            SELECT time, value, flag, flag = ANY ($7) AS counted,
                   CASE WHEN abs(value) >= 1e130 THEN 'NaN' WHEN abs(value) < 1e-130 THEN 0 ELSE value END AS addend
            FROM reading
            WHERE reading.sensor_id = span.sensor_id AND reading.time >= span.start AND reading.time < span.stop
              AND reading.time >= $5 AND reading.time < $6
        ) AS met
    ) AS raw
    CROSS JOIN LATERAL (
        -- Once more, in the order of time, and only where it is wanted.
        SELECT sum(coalesce(seconds * (before + addend) / 2, 0)) AS area,
               sum(CASE WHEN addend < before AND before <> 'NaN' THEN addend ELSE addend - before END) AS increase
        FROM (
            SELECT addend,
                   lag(addend) OVER neighbours AS before,
                   date_part('epoch', time - lag(time) OVER neighbours) AS seconds
            FROM (
                SELECT time,
                       CASE WHEN abs(value) >= 1e130 THEN 'NaN' WHEN abs(value) < 1e-130 THEN 0 ELSE value END AS addend
                FROM reading
                WHERE $12
                  AND reading.sensor_id = span.sensor_id AND reading.time >= span.start AND reading.time < span.stop
                  AND reading.time >= $5 AND reading.time < $6
                  AND reading.flag = ANY ($7)
            ) AS met
            WINDOW neighbours AS (ORDER BY time)
        ) AS pair
    ) AS line
    WHERE raw.count + raw.count_suspect + raw.count_fail > 0
),
gathered AS (
    -- Packed as packed.rs reads it, which takes no null: without readings all but the counts mean nothing. Of the last
    -- two, null says something.
    SELECT sensor_id, string_agg(timestamptz_send(bucket), '') AS buckets,
           string_agg(int8send(count), '') AS counts,
           string_agg(float8send(coalesce(sum, 0)), '') FILTER (WHERE $8) AS sums,
           string_agg(float8send(coalesce(m2, 0)), '') FILTER (WHERE $9) AS m2s,
           string_agg(float8send(coalesce(min, 0)), '') FILTER (WHERE $10) AS mins,
           string_agg(float8send(coalesce(max, 0)), '') FILTER (WHERE $10) AS maxs,
           string_agg(float8send(coalesce(first, 0)), '') FILTER (WHERE $11) AS firsts,
           string_agg(float8send(coalesce(last, 0)), '') FILTER (WHERE $11) AS lasts,
           string_agg(timestamptz_send(coalesce(first_at, bucket)), '') FILTER (WHERE $15) AS firsts_at,
           string_agg(timestamptz_send(coalesce(last_at, bucket)), '') FILTER (WHERE $15) AS lasts_at,
           array_agg(area) FILTER (WHERE $12) AS areas,
           array_agg(increase) FILTER (WHERE $12) AS increases,
           string_agg(int8send(count_suspect), '') AS counts_suspect,
           string_agg(int8send(count_fail), '') AS counts_fail
    FROM part
    GROUP BY sensor_id
)
SELECT asked.sensor_id, gathered.buckets, gathered.counts, gathered.sums, gathered.m2s, gathered.mins, gathered.maxs,
       gathered.firsts, gathered.lasts, gathered.firsts_at, gathered.lasts_at, gathered.areas, gathered.increases,
       gathered.counts_suspect, gathered.counts_fail, before.time, before.value, behind.time, behind.value
FROM asked
LEFT JOIN gathered ON gathered.sensor_id = asked.sensor_id
LEFT JOIN LATERAL (
    SELECT reading.time, reading.value
    FROM reading
    WHERE $12 AND reading.sensor_id = asked.sensor_id AND reading.time >= $13 AND reading.time < $5
      AND reading.flag = ANY ($7)
    ORDER BY reading.time DESC
    LIMIT 1
) AS before ON true
LEFT JOIN LATERAL (
    SELECT reading.time, reading.value
    FROM reading
    WHERE $12 AND reading.sensor_id = asked.sensor_id AND reading.time >= $6 AND reading.time <= $14
      AND reading.flag = ANY ($7)
    ORDER BY reading.time
    LIMIT 1
) AS behind ON true
WHERE gathered.sensor_id IS NOT NULL OR (before.time IS NOT NULL AND behind.time IS NOT NULL)
