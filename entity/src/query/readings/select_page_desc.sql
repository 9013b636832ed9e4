-- All sensors, a window of time: by the BRIN index on time, then sorted. Where the window has $9 readings or more, only the
-- count says something: the caller takes a shorter one.
SELECT sensor_id, time, value, flag, received_at, journal_id, seq, count(*) OVER ()
FROM (
    SELECT sensor_id, time, value, flag, received_at, journal_id, seq
    FROM reading
    WHERE time >= $1 AND time < $2
      AND ($3::int2[] IS NULL OR flag = ANY($3))
      AND ($4::float8 IS NULL OR value >= $4)
      AND ($5::float8 IS NULL OR value <= $5)
      AND ($6::timestamptz IS NULL OR (time, sensor_id) < ($6, $7::int4))
    LIMIT $9
) AS page
ORDER BY time DESC, sensor_id DESC
LIMIT $8
