-- A window of time of the sensors of $6: by the primary key (sensor_id, time). Otherwise as select_window.sql.
SELECT string_agg(timestamptz_send(found.time), ''), string_agg(float8send(found.value), ''),
       string_agg(int4send(found.sensor_id), ''), string_agg(int2send(found.flag), ''),
       string_agg(timestamptz_send(found.received_at), '')
FROM (
    SELECT reading.time, reading.value, reading.sensor_id, reading.flag, reading.received_at
    FROM unnest($6::int4[]) AS asked (sensor_id)
    CROSS JOIN LATERAL (
        SELECT time, value, sensor_id, flag, CASE WHEN $8::bool THEN received_at END AS received_at
        FROM reading
        WHERE reading.sensor_id = asked.sensor_id
          AND reading.time >= $1 AND reading.time < $2
          AND ($3::int2[] IS NULL OR reading.flag = ANY($3))
          AND ($4::float8 IS NULL OR reading.value >= $4)
          AND ($5::float8 IS NULL OR reading.value <= $5)
        OFFSET 0
    ) AS reading
    LIMIT $7
) AS found
