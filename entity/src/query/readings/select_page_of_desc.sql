-- $8 readings at most of each sensor, by the primary key (sensor_id, time); $10 at most of all, or any number when null.
SELECT page.sensor_id, page.time, page.value, page.flag, page.received_at, page.journal_id, page.seq
FROM unnest($9::int4[]) AS asked (sensor_id)
CROSS JOIN LATERAL (
    SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
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
ORDER BY page.time DESC, page.sensor_id DESC
LIMIT $10
