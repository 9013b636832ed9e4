-- Of each window the first $4 flags, by the primary key (sensor_id, time, test).
SELECT asked.position, found.time, found.test, found.flag
FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[])
    WITH ORDINALITY AS asked (sensor_id, window_from, window_to, position)
CROSS JOIN LATERAL (
    SELECT reading_flag.time, reading_flag.test, reading_flag.flag
    FROM reading_flag
    WHERE reading_flag.sensor_id = asked.sensor_id
      AND reading_flag.time >= asked.window_from
      AND reading_flag.time < asked.window_to
    ORDER BY reading_flag.time, reading_flag.test
    LIMIT $4
) AS found
ORDER BY asked.position, found.time, found.test
