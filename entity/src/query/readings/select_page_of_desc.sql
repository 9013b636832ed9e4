-- $8 readings at most, of some sensors, by the primary key (sensor_id, time). Where there are $9 or more in the window, only
-- the count says something: the caller takes a shorter one.
SELECT sensor_id, time, value, flag, received_at, journal_id, seq, count(*) OVER ()
FROM (
    SELECT page.*
    FROM unnest($10::int4[]) AS asked (sensor_id)
    CROSS JOIN LATERAL (
        SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id,
               reading.seq
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id
          AND reading.time >= $1 AND reading.time < $2
          AND ($3::int2[] IS NULL OR reading.flag = ANY($3))
          AND ($4::float8 IS NULL OR reading.value >= $4)
          AND ($5::float8 IS NULL OR reading.value <= $5)
          AND ($6::timestamptz IS NULL OR (reading.time, reading.sensor_id) < ($6, $7::int4))
        ORDER BY reading.time DESC
        LIMIT $8
    ) AS page
    LIMIT $9
) AS page
ORDER BY time DESC, sensor_id DESC
LIMIT $8
