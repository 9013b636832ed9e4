-- $4 readings at most of each span of time of a sensor, by the primary key (sensor_id, time).
SELECT asked.position, page.sensor_id, page.time, page.value, page.flag, page.received_at, page.journal_id, page.seq
FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[])
    WITH ORDINALITY AS asked (sensor_id, starts, ends, position)
CROSS JOIN LATERAL (
    SELECT reading.sensor_id, reading.time, reading.value, reading.flag, reading.received_at, reading.journal_id, reading.seq
    FROM reading
    WHERE reading.sensor_id = asked.sensor_id AND reading.time >= asked.starts AND reading.time < asked.ends
    ORDER BY reading.time ASC
    LIMIT $4
) AS page
ORDER BY asked.position, page.time ASC
